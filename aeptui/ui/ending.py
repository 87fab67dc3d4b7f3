"""Ending when the terminal goes away or someone says so: cleanup runs, the terminal is given back as it was.

Textual alone dies at once on SIGTERM and SIGHUP with the terminal left raw, and spins for ever when the terminal is
gone and SIGHUP was ignored (nohup).
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

from textual.app import App

_WATCH_S = 2.0


def end_cleanly(app: App[Any]) -> None:
    """Exit with 128 plus the number on SIGTERM and SIGHUP, and when the terminal is gone. Nothing in headless runs."""
    if app.is_headless:
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _exit, app, 128 + number)

    def watch() -> None:
        try:
            os.tcgetpgrp(0)
        except OSError:
            _exit(app, 128 + signal.SIGHUP)

    app.set_interval(_WATCH_S, watch)


def _exit(app: App[Any], code: int) -> None:
    app.exit(return_code=int(code))
