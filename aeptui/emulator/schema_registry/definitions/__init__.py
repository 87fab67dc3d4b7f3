"""XDM in short form, and the reader that expands it to JSON Schema. Holds the standard resources this platform knows."""
