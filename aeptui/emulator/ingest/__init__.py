"""Real ingestion, in a process of its own: files in, a Parquet dataset with true counts and row errors out.

Streams everything and holds at most one row group in memory. Knows nothing of the platform's services: it is started
with a job file (`python -m aeptui.emulator.ingest JOB`), reports JSON lines, and never touches the source files.
"""
