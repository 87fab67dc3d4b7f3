"""Sandbox management: list, create, rename, reset and delete. Packages between sandboxes (/exim) are not served."""
