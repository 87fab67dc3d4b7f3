"""The files of the world `busy`: one folder of very many small ones, and what failed rows of late runs looked like."""

from __future__ import annotations

import os
import random
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from aeptui.emulator.ingest.diagnostics import Diagnostics
from aeptui.emulator.seeds import Progress

CLICKS: Final = "exports/clickstream"
_FIRST_DAY: Final = date(2026, 1, 1)
_MOST_ROWS: Final = 40
"""So many failed rows of a run are kept; the others are only counted."""


def write_clicks(storage: Path, count: int, progress: Progress) -> None:
    """Make the folder of very many files: all of it at once, or nothing. One that is there is left alone."""
    folder = storage / CLICKS
    if folder.exists():
        return
    made = folder.with_name(f".{folder.name}")
    shutil.rmtree(made, ignore_errors=True)  # begun by a process that was killed
    made.mkdir(parents=True)
    base = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for number in range(count):
            if number % 10_000 == 0:
                progress(f"{number:,} of {count:,} files")
            days, part = divmod(number, 250)
            text = f"eventId,pageName,clicks\nC{number:07d},/page/{number % 997},{number % 13}\n"
            name = f"clicks-{_FIRST_DAY + timedelta(days):%Y%m%d}-{part:05d}.csv"
            file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=base)
            os.write(file, text.encode())
            os.close(file)
    finally:
        os.close(base)
    made.rename(folder)


def write_failed_rows(folder: Path, result: dict[str, Any], chance: random.Random) -> None:
    """The diagnostics files of a batch, as an ingestion process writes them."""
    diagnostics = Diagnostics(folder, enabled=True)
    path = result["files"][0]["path"]
    left = _MOST_ROWS
    for error in result["errors"]:
        for _ in range(min(left, error["recordCount"])):
            left -= 1
            number = chance.randrange(2, result["input_records"] + 2)
            fields: dict[str, Any] = {"MemberId": f"M{number:06d}", "JoinedOn": "2026-13-07"}
            if error["code"] == "INGEST-1401-400":
                fields = {"_corrupt_record": f"M{number:06d}\tAnneliese\tWei"}
            diagnostics.reject(fields, [(error["code"], None, error["message"])], path=path, number=number)
    diagnostics.close([file["path"] for file in result["files"]])
