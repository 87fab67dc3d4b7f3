"""Connectors: the Data Landing Zone's container and its credentials."""
