"""Imports what commands need, once: imported only by the process that the others are forked from."""

from __future__ import annotations

import gc
import importlib
from typing import Final

NEEDED: Final = (
    "aeptui.cli.history",
    "aeptui.cli.main",
    "aeptui.cli.recover",
    "aeptui.cli.run_many",
    "aeptui.chain.compare",
    "aeptui.chain.undo",
    "aeptui.emulator.explore",
    "aeptui.emulator.platform",
    "aeptui.emulator.samples",
    "aeptui.monitor.watch",
    "aeptui.session.session",
    "concurrent.futures.thread",
    "jsonschema.validators",
    "pyarrow.parquet",
    "rfc3339_validator",
    "tests.killed.lives",
)

for _name in NEEDED:
    importlib.import_module(_name)
gc.freeze()  # looking through all of it again would copy its memory into each process
