"""Widgets: nouns with a face of their own. They post messages upward and never do I/O."""
