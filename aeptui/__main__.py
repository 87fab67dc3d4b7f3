"""`python -m aeptui` is the command `aeptui`."""

from __future__ import annotations

from aeptui.cli.main import main

if __name__ == "__main__":
    main()
