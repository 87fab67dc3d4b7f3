"""The wire as pydantic: what the platform's services send and take. No I/O, no behaviour beyond pure helpers."""
