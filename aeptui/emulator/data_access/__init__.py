"""Data Access: the files of datasets and batches, and the diagnostics of rows that were not ingested."""
