"""The ingestion process: `python -m aeptui.emulator.ingest JOB`.

Standard output carries JSON lines: `{"progress": {...}}`, at most five a second, and last `{"result": {...}}`.
Exit code 0 with a result, whatever its status; 2 for an unusable job, 1 when the output cannot be written; the reason
goes to standard error. It ends by itself when the process that started it is gone.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final

from aeptui.clock import SystemClock
from aeptui.emulator.ingest.job import Job, JobError, run

SECONDS_BETWEEN_REPORTS: Final = 0.2


class _Orphaned(Exception):
    """The parent process has ended."""


class _Reporter:
    """Progress on standard output, and the watch over the parent."""

    def __init__(self, parent: int) -> None:
        self._parent = parent
        self._clock = SystemClock()
        self._last = self._clock.monotonic()

    def __call__(self, rows: int, files_done: int) -> None:
        if os.getppid() != self._parent:
            raise _Orphaned
        now = self._clock.monotonic()
        if now - self._last >= SECONDS_BETWEEN_REPORTS:
            self._last = now
            _say({"progress": {"rows": rows, "files_done": files_done}})


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=True) + "\n")
    sys.stdout.flush()


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)


def main(arguments: list[str]) -> int:
    """Run the job in the named file."""
    parent = os.getppid()
    signal.signal(signal.SIGTERM, _end)
    # Thousands of live rows and no cycles among them: looking for cycles less often makes a batch a sixth faster.
    gc.set_threshold(200_000, 20, 50)
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m aeptui.emulator.ingest JOB\n")
        return 2
    try:
        job = Job.load(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
        result = run(job, _Reporter(parent))
        _say({"result": result})
    except (JobError, json.JSONDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (BrokenPipeError, _Orphaned):
        return 1  # nobody is left to tell
    except OSError as error:
        sys.stderr.write(f"the batch cannot be written: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
