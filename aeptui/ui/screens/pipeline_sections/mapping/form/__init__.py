"""The form of one mapping row: an editor of expressions that completes, tries, mends and asks while one types."""
