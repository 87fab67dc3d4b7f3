"""The local platform: Adobe Experience Platform's source APIs on this machine, really ingesting files.

Importing this package imports nothing heavy; `platform.LocalPlatform` is the way in.
"""
