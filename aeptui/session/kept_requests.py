"""The requests of an execution on disk, beside its journal: what was asked and answered, long after the process ended.

As redacted as the request log, without rows of anybody's files, readable by its owner only, and bounded. It is for
people: nothing is decided by it, so a disk that does not take it stops nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aeptui import __version__
from aeptui.chain.journal import SUFFIX
from aeptui.ids import ExecutionId

if TYPE_CHECKING:
    from aeptui.api.request_log import LoggedRequest, RequestLog
    from aeptui.config import Profile

MOST_READS = 2 * 1024 * 1024
"""Bytes after which requests that change nothing are left out: who waits for a flow run asks often."""
MOST = 4 * 1024 * 1024
"""Bytes after which everything is."""
_ROWS = re.compile(r"[?&]preview=true\b|/preview(?:\?|$)")
_NO_ROWS = "(rows of files are not kept)"
_LINE = "request"
_SESSION = "session"
_FULL = "full"


@dataclass(frozen=True)
class KeptRequests:
    """What is on disk of the requests of one execution."""

    entries: tuple[LoggedRequest, ...] = ()
    """Oldest first, numbered from 1."""
    sessions: tuple[Mapping[str, Any], ...] = ()
    """Each process that worked on it: versions, platform, profile, sandbox."""
    is_full: bool = False
    """Later ones were left out."""


def requests_file(executions: Path, execution: str) -> Path:
    """Where the requests of an execution are kept; not among the journals, which are counted by their names."""
    return executions / "requests" / f"{execution}{SUFFIX}"


@contextlib.contextmanager
def keeping(
    executions: Path, execution: ExecutionId, log: RequestLog, since: int, about: Mapping[str, Any]
) -> Iterator[None]:
    """Keep the requests of an execution: those of the log that came after the number `since`, and all inside.

    Args:
        about: What is to be known of this process.
    """
    try:
        file = _File(requests_file(executions, execution))
    except OSError:
        yield
        return
    file.write({"event": _SESSION, **about})

    def heard(entry: LoggedRequest) -> None:
        if entry.purpose == execution:
            file.keep(entry)

    for entry in log.entries:
        if entry.number > since:
            heard(entry)
    unsubscribe = log.subscribe(heard)
    try:
        yield
    finally:
        unsubscribe()
        file.close()


def about_process(profile: Profile, now: datetime) -> dict[str, Any]:
    """Which program works from when on in which place."""
    versions = {"at": now.isoformat(), "aeptui": __version__, "python": platform.python_version()}
    return {**versions, "platform_url": profile.platform_url, "profile": profile.name, "sandbox": profile.sandbox}


def read_requests(executions: Path, execution: str) -> KeptRequests:
    """The kept requests of an execution; none where there is no such file."""
    try:
        return requests_of(requests_file(executions, execution).read_bytes())
    except OSError:
        return KeptRequests()


def requests_of(data: bytes) -> KeptRequests:
    """Kept requests from a file's bytes. A line that a crash cut short is left out."""
    from aeptui.api.request_log import LoggedRequest

    known = {field.name for field in fields(LoggedRequest)}
    entries: list[LoggedRequest] = []
    sessions: list[Mapping[str, Any]] = []
    is_full = False
    for line in data.split(b"\n"):
        try:
            raw = json.loads(line)
            if raw["event"] == _LINE:
                facts = {name: value for name, value in raw.items() if name in known}
                facts |= {"number": len(entries) + 1, "at": datetime.fromisoformat(raw["at"])}
                entries.append(LoggedRequest(**facts))
            elif raw["event"] == _SESSION:
                sessions.append({name: value for name, value in raw.items() if name != "event"})
            elif raw["event"] == _FULL:
                is_full = True
        except (ValueError, TypeError, LookupError, RecursionError):
            continue
    return KeptRequests(tuple(entries), tuple(sessions), is_full)


class _File:
    """An open file of requests; silent once the disk does not take a line.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(path, flags, 0o600)
        self._size = os.fstat(self._descriptor).st_size
        self._is_full = False
        # A line that a crash cut short stays; the next one begins on a line of its own.
        if self._size and os.pread(self._descriptor, 1, self._size - 1) != b"\n":
            self._put(b"\n")

    def keep(self, entry: LoggedRequest) -> None:
        """One request, unless the file is full."""
        from aeptui.api.har import json_lines

        if _ROWS.search(entry.path):
            sent, got = (None if body is None else _NO_ROWS for body in (entry.request_body, entry.response_body))
            entry = replace(entry, request_body=sent, response_body=got)
        line = json_lines([entry]).encode("utf-8", errors="backslashreplace")
        if self._size + len(line) > (MOST_READS if entry.method == "GET" else MOST):
            if not self._is_full:
                self._is_full = True
                self.write({"event": _FULL})
            return
        self._put(line)

    def write(self, facts: Mapping[str, Any]) -> None:
        """One line of another kind."""
        self._put((json.dumps(facts, ensure_ascii=False, default=str) + "\n").encode())

    def _put(self, line: bytes) -> None:
        try:
            while line:
                written = os.write(self._descriptor, line)
                self._size += written
                line = line[written:]
        except OSError:
            self.close()  # a full disk must not stop the work that is being kept

    def close(self) -> None:
        """May be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
