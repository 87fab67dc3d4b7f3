"""Choosing what mapping rows write to: the schema as a tree, a search over all of it, for one row or for several."""
