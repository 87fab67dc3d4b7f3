"""Screens, imported by name when they are first opened."""
