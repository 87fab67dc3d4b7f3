"""Sample rows beside the records they become, and what all of them come to."""
