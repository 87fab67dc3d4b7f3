"""Watches flows, and says in words what happened to a run. Knows no screen."""
