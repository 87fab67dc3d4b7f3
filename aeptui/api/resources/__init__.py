"""One module per service; in each the same verbs: list, get, create, update, delete, and Adobe's own extras."""
