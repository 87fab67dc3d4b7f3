"""The journal of an execution: one append-only file of JSON lines, on disk before anything is sent.

Its writer holds a lock, so that others can tell a running execution from one whose process died.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from aeptui.chain.errors import JournalCorrupt, JournalError, JournalLocked
from aeptui.clock import Clock, IdSource
from aeptui.ids import ExecutionId
from aeptui.models.base import Json

VERSION = 1
SUFFIX = ".jsonl"
EXECUTION_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]+")


def new_execution_id(clock: Clock, ids: IdSource) -> ExecutionId:
    """An id that sorts by time, such as `20261123-140512-3fa9`."""
    return ExecutionId(f"{clock.now():%Y%m%d-%H%M%S}-{ids.hex(4)}")


class Journal:
    """An open journal, to be written."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._trouble: JournalError | None = None
        self._unsynced = False

    @classmethod
    def create(cls, folder: Path, execution: ExecutionId) -> Journal:
        """Begin a journal.

        Raises:
            JournalLocked: another process writes it.
            JournalError: the folder cannot be written.
        """
        path = folder / f"{execution}{SUFFIX}"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise JournalError(
                f"The journal {path} cannot be begun: {error.strerror or error}.",
                "Nothing was created. Make room, or make the folder writable, and run again.",
            ) from error
        _lock(descriptor, execution)
        _sync_folder(folder)
        return cls(path, descriptor)

    @classmethod
    def reopen(cls, folder: Path, execution: ExecutionId) -> Journal:
        """Go on with a journal. A line that a crash cut short is taken off, for nothing follows from it.

        Raises:
            JournalLocked: its execution is still running, here or in another process.
            JournalError: it is not there, or cannot be written.
        """
        path = folder / f"{execution}{SUFFIX}"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except OSError as error:
            raise JournalError(
                f"The journal {path} cannot be gone on with: {error.strerror or error}.",
                "Nothing was sent. Make the file and its folder writable for this user.",
            ) from error
        _lock(descriptor, execution)
        size = os.fstat(descriptor).st_size
        whole = os.pread(descriptor, size, 0).rfind(b"\n") + 1
        if whole < size:
            os.ftruncate(descriptor, whole)
        return cls(path, descriptor)

    def append(self, entry: Mapping[str, Json], *, at_once: bool = True) -> None:
        """Write one entry; it outlives this process from now on, and with `at_once` the machine, too.

        Args:
            at_once: Have it on the disk when this returns. Without it, whoever calls sees to `sync`, or to another
                entry that is to be there at once: one wait for the disk is enough for both.

        Raises:
            JournalError: the disk does not take it, or did not take one before: what follows a gap tells a lie.
        """
        left = (json.dumps({"v": VERSION, **entry}, ensure_ascii=False, default=str) + "\n").encode()
        with self._writing():
            whole = os.fstat(self._descriptor)
            if not whole.st_nlink:
                raise FileNotFoundError(errno.ENOENT, "it was deleted")
            self._unsynced = True
            try:
                while left:  # a disk that is nearly full takes a part, and says so only at the next write
                    left = left[os.write(self._descriptor, left) :]
                if at_once:
                    os.fsync(self._descriptor)
                    self._unsynced = False
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._descriptor, whole.st_size)
                raise

    def sync(self) -> None:
        """Have all that was written on the disk. If that fails, the next entry is refused with the reason."""
        if self._unsynced and self._descriptor >= 0:
            with contextlib.suppress(JournalError), self._writing():
                os.fsync(self._descriptor)
                self._unsynced = False

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Once the disk has failed, nothing more is written."""
        if self._trouble is not None:
            raise self._trouble
        try:
            yield
        except OSError as error:
            name = self.path.stem
            hint = (
                f"Make room on the disk; then `aeptui resume {name}` goes on, and `aeptui undo {name}` takes it back."
            )
            if isinstance(error, FileNotFoundError):
                hint = f"What it has made carries the mark aeptui:{name}: look for it, and delete it."
            hint = f"Nothing more is sent. {hint}"
            title = f"The journal {self.path} cannot be written: {error.strerror or error}."
            self._trouble = JournalError(title, hint)
            raise self._trouble from error

    def close(self) -> None:
        """Give up the lock. May be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def read_journal(path: Path) -> tuple[list[dict[str, Any]], bool]:
    """The entries of a journal, and whether its writer is alive. A torn last line is left out.

    Raises:
        JournalError: it cannot be read.
        JournalCorrupt: a line in the middle is no entry.
    """
    try:
        with path.open("rb") as file:
            locked = _is_locked(file.fileno())
            data = file.read()
    except OSError as error:
        raise JournalError(
            f"The journal {path} cannot be read: {error.strerror or error}.", "Make it readable for this user."
        ) from error
    return entries_of(data, path.name), locked


def entries_of(data: bytes, name: str) -> list[dict[str, Any]]:
    """The entries of a journal's bytes. A torn last line is left out.

    Raises:
        JournalCorrupt: a line in the middle is no entry.
    """
    *lines, _ = data.split(b"\n")  # the last one is empty, or the write that a crash cut short
    entries: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            if not isinstance(entry, dict):
                raise ValueError("not an object")
        except ValueError as error:
            raise JournalCorrupt(
                f"Line {number} of {name} is not a journal entry.",
                "Look at the dataflows of the sandbox to see what exists.",
                line=number,
            ) from error
        if entry.get("v") != VERSION:
            raise JournalCorrupt(
                f"{name} was written by another version of aeptui.", "Read it with that version.", line=number
            )
        entries.append(entry)
    return entries


def _lock(descriptor: int, execution: ExecutionId) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise JournalLocked(
            f"The execution {execution} is still running: its journal is being written.", "Wait for it to end."
        ) from error


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # some file systems cannot; the file itself is synced anyway
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
