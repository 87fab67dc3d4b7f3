"""Catalog: datasets and batches. Batches are made by flow runs only; uploading them is not served."""
