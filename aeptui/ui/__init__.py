"""The terminal user interface. Everything of Textual lives here; nothing below imports it."""
