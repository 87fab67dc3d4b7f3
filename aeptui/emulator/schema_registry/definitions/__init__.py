"""XDM in short form, and the reader that expands it to JSON Schema. The standard resources are here."""
