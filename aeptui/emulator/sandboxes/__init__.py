"""Sandbox management: which sandboxes exist. Creating and resetting them is not served."""
