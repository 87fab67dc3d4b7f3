"""Starts the ingestion process and follows it to its end. Of the platform it knows nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aeptui

Document = dict[str, Any]

PATIENCE_S: Final = 3.0
"""How long a process gets to end by itself."""
LINE_LIMIT: Final = 256 * 1024 * 1024
"""The result names every file of the batch in one line."""
SHORT_LINE: Final = 64 * 1024
"""Is read at once; a longer one beside the event loop."""


class JobFailed(Exception):
    """The process gave no result, or there could be none; the text says why."""


async def ingest(folder: Path, name: str, job: Document, report: Callable[[Document], None]) -> Document:
    """Run one job in a process of its own; its result.

    The process ends with this one, even when this one is killed: it watches its standard input, which nobody writes to.
    Cancelling ends the process and waits for it.

    Raises:
        JobFailed: the process ended without a result.
    """
    text = await asyncio.to_thread(json.dumps, job)  # thousands of mappings take their time
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    with tempfile.TemporaryFile(dir=folder) as errors:  # nothing of it is left, however we end
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(text)
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "aeptui.emulator.ingest",
                str(file),
                "--end-with-stdin",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                limit=LINE_LIMIT,
                env=_environment(),
                cwd=folder,
                start_new_session=True,  # a Ctrl-C in the terminal is for the application, which then ends this process
            )
            try:
                result = await _followed(process, report)
                code = await process.wait()
            finally:
                await _ended(process)
        finally:
            file.unlink(missing_ok=True)
        if result is None:
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip().splitlines()
            raise JobFailed(said[-1] if said else f"the ingestion process {_end_of(code)} and gave no result")
        return result


def _end_of(code: int) -> str:
    if code >= 0:
        return f"ended with {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _environment() -> dict[str, str]:
    """Ours, and where this package is: it may not be installed."""
    root = str(Path(aeptui.__file__).resolve().parents[1])
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{path}" if path else root}


async def _followed(process: asyncio.subprocess.Process, report: Callable[[Document], None]) -> Document | None:
    result: Document | None = None
    stream = process.stdout
    while stream is not None and (line := await stream.readline()):
        try:
            said: Any = json.loads(line) if len(line) < SHORT_LINE else await asyncio.to_thread(json.loads, line)
        except ValueError:
            continue  # a torn line of a process that was killed
        if isinstance(said, dict) and isinstance(said.get("progress"), dict):
            report(said["progress"])
        elif isinstance(said, dict) and isinstance(said.get("result"), dict):
            result = said["result"]
    return result


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
