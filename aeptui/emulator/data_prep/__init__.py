"""Data Prep: mapping sets, their checks and previews, and the mapping language's catalogue."""
