"""Columns become fields: the table, what one does with its rows, the form of one row, and what trying them says."""
