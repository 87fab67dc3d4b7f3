"""The chain: a pipeline document, its checks, and the engine that turns it into a running dataflow.

Usable from any script: no Textual, no httpx. It is imported by module; this package re-exports nothing.
"""
