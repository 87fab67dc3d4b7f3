"""The ingestion process: `python -m aeptui.emulator.ingest JOB [--end-with-stdin]`.

Standard output carries JSON lines: `{"progress": {...}}`, at most five a second, and last `{"result": {...}}`.
Exit code 0 with a result, whatever its status; 2 for an unusable job, 1 when the output cannot be written; the reason
goes to standard error.

With `--end-with-stdin` standard input is the line to the process that started it: at its end, which a killed process
cannot help, the ingestion stops where it is. Nobody is left to publish what it has, so nothing is cleaned up either;
whoever opens the platform next does that. Only the file of the job is deleted, as soon as it was read.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from aeptui.clock import SystemClock

if TYPE_CHECKING:
    from aeptui.emulator.ingest.run import Progress

SECONDS_BETWEEN_REPORTS: Final = 0.2


MEMORY_MB: Final = 2048
"""More than what starting up takes. A batch has been seen to take 200, with rows of megabytes 500."""
END_WITH_STDIN: Final = "--end-with-stdin"
FORECAST_NICENESS: Final = 10
"""Nobody waits for a forecast with empty hands: the keyboard goes first."""


class _Reporter:
    """Progress on standard output."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._last = self._clock.monotonic()

    def __call__(self, progress: Progress) -> None:
        now = self._clock.monotonic()
        if now - self._last >= SECONDS_BETWEEN_REPORTS:
            self._last = now
            _say({"progress": progress._asdict()})


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=True) + "\n")
    sys.stdout.flush()


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)


def _end_with_stdin() -> None:
    """Wait for the end of standard input, then end at once: a thread has no other way to stop the main one."""
    with contextlib.suppress(OSError):
        while os.read(0, 512):
            pass
    os._exit(1)


def _limit_memory() -> None:
    """Let a file that would need far more memory than any should fail its run, and not the machine.

    Everything streams, so this is for what a library might allocate at the word of a hostile file. It needs Linux, the
    only system that counts what a process has written to.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return
    import resource

    used = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmData:"))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = used * 1024 + MEMORY_MB * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def main(arguments: list[str]) -> int:
    """Run the job in the named file."""
    signal.signal(signal.SIGTERM, _end)
    is_watched = END_WITH_STDIN in arguments
    if is_watched:
        arguments.remove(END_WITH_STDIN)
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    # Not before the watch: loading Parquet takes a while, in which the parent may go.
    from aeptui.emulator.ingest.job import Job, JobError
    from aeptui.emulator.ingest.run import run

    _limit_memory()
    # Thousands of live rows and no cycles among them: looking for cycles less often makes a batch a sixth faster.
    gc.set_threshold(200_000, 20, 50)
    if len(arguments) != 1:
        sys.stderr.write(f"usage: python -m aeptui.emulator.ingest JOB [{END_WITH_STDIN}]\n")
        return 2
    try:
        text = Path(arguments[0]).read_text(encoding="utf-8")
        if is_watched:
            Path(arguments[0]).unlink(missing_ok=True)
        job = Job.load(json.loads(text))
        if job.output is None:
            os.nice(FORECAST_NICENESS)
        result = run(job, _Reporter())
        _say({"result": result})
    except (JobError, json.JSONDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except MemoryError:
        sys.stderr.write(f"the files need more than {MEMORY_MB} MB of memory\n")
        return 1
    except BrokenPipeError:
        return 1  # nobody is left to tell
    except OSError as error:
        sys.stderr.write(f"the batch cannot be written: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
