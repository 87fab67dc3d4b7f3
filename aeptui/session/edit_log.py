"""The file of an edit log: appended to by one process at a time, read by any.

Every line is handed to the operating system at once, by a thread of its own so that a slow disk holds no key up, and in
order. From then on it outlives this process, however it ends. The disk itself is waited for in the background: a power
cut may lose the last moment, a killed process loses nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from aeptui.errors import AeptuiError
from aeptui.session.saved_text import put_aside

SUFFIX = ".edits"


class EditLogError(AeptuiError):
    """Edits cannot be kept at the moment. They are still in memory, and are kept with the next one that can be."""


class OpenElsewhere(EditLogError):
    """Another editor has this pipeline open, and keeps its edits."""


class EditLog:
    """An open log, to be appended to. Its lock ends with it, or with the process.

    Args:
        told: Called on the event loop when edits cannot be kept, with the reason, and with None when they can again.
    """

    def __init__(self, path: Path, told: Callable[[EditLogError | None], None]) -> None:
        self.path = path
        self._told = told
        self._descriptor = -1
        self._waiting = b""
        """Lines that the disk did not take."""
        self._trouble: EditLogError | None = None
        self._writer = ThreadPoolExecutor(1, "edit-log")
        self._syncing: asyncio.Future[None] | None = None
        self._sync_again = False
        self.size = 0
        """Bytes of the log, with what was handed over and may not be in the file yet."""

    # Opening: what happens off the event loop, before anything is appended

    def lock(self) -> bytes:
        """Take the file, made when it is not there, and read it.

        Raises:
            OpenElsewhere: another editor has it.
            OSError: it cannot be made or read.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                _take(descriptor, self.path)
                if _is_there(descriptor, self.path):
                    data = self.path.read_bytes()
                    self._descriptor, self.size = descriptor, len(data)
                    return data
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # whoever had it took it away just now

    def cut(self, size: int) -> None:
        """Leave only so many bytes of it."""
        self.size = size
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, size)

    def set_aside(self, data: bytes) -> Path:
        """Keep what stood in the log under another name; answers which."""
        return put_aside(self.path, data)

    # Appending

    def append(self, *lines: Mapping[str, Any]) -> None:
        """Write lines, in order and together; returns at once."""
        self._hand_over(lines, anew=False)

    def begin_anew(self, *lines: Mapping[str, Any]) -> None:
        """Drop all that was written, and begin with these lines; returns at once."""
        self.size = 0
        self._hand_over(lines, anew=True)

    def _hand_over(self, lines: Iterable[Mapping[str, Any]], *, anew: bool) -> None:
        data = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
        encoded = data.encode("utf-8", "surrogatepass")
        self.size += len(encoded)
        self._writer.submit(self._write, encoded, asyncio.get_running_loop(), anew=anew)

    async def flush(self) -> None:
        """Until every line is on the disk.

        Raises:
            EditLogError: it does not take them.
        """
        await asyncio.get_running_loop().run_in_executor(self._writer, self._sync)
        if self._trouble is not None:
            raise self._trouble

    async def close(self, *, remove: bool) -> None:
        """Give the file up, and take it away when it has said all it had to say. May be called again."""
        self._sync_again = False
        if self._syncing is not None:
            await asyncio.wait({self._syncing})
        await asyncio.get_running_loop().run_in_executor(None, partial(self.close_now, remove=remove))

    def close_now(self, *, remove: bool) -> None:
        """The same for who is off the event loop, when nothing was appended."""
        self._writer.shutdown(wait=True)
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            if remove and not self._waiting and _is_there(descriptor, self.path):
                self.path.unlink(missing_ok=True)
            os.close(descriptor)

    # In the writer's thread

    def _write(self, data: bytes, loop: asyncio.AbstractEventLoop, *, anew: bool) -> None:
        self._waiting = data if anew else self._waiting + data
        try:
            if anew and self._descriptor >= 0:
                os.ftruncate(self._descriptor, 0)
            self._put()
        except OSError as error:
            if self._trouble is None:
                self._trouble = EditLogError(
                    f"Edits of {self.path.stem} cannot be kept in {self.path.parent}: {error.strerror or error}.",
                    "Nothing is lost as long as the editor is open. Make room, or make the folder writable; "
                    "the next edit is kept with all before it.",
                )
                loop.call_soon_threadsafe(self._told, self._trouble)
        else:
            if self._trouble is not None:
                self._trouble = None
                loop.call_soon_threadsafe(self._told, None)
            loop.call_soon_threadsafe(self._sync_soon, loop)

    def _put(self) -> None:
        if self._descriptor < 0:
            self._lock_late()
        whole = os.fstat(self._descriptor)
        if not whole.st_nlink:
            raise FileNotFoundError(errno.ENOENT, "its edit log was deleted")
        left = self._waiting
        try:
            while left:  # a disk that is nearly full takes a part, and says so only at the next write
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, whole.st_size)
            raise
        self._waiting = b""

    def _lock_late(self) -> None:
        """Take the file, which could not be taken when the editor opened."""
        try:
            found = self.lock()
        except OpenElsewhere as error:
            raise OSError(errno.EBUSY, "another editor has it open") from error
        if found:
            os.close(self._descriptor)
            self._descriptor = -1
            raise OSError(errno.EEXIST, "there are edits in it that could not be read before")

    def _sync(self) -> None:
        with contextlib.suppress(OSError):
            if self._descriptor >= 0:
                os.fsync(self._descriptor)

    # The disk is waited for once at a time, however fast lines come

    def _sync_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._syncing is not None:
            self._sync_again = True
        elif self._descriptor >= 0:
            self._syncing = loop.run_in_executor(None, self._sync)
            self._syncing.add_done_callback(lambda _done: self._synced(loop))

    def _synced(self, loop: asyncio.AbstractEventLoop) -> None:
        self._syncing = None
        if self._sync_again:
            self._sync_again = False
            self._sync_soon(loop)


def read_log(path: Path) -> bytes:
    """A log as it stands, its lock not asked for; empty when there is none.

    Raises:
        OSError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def is_open(path: Path) -> bool:
    """Has an editor this log?"""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _take(descriptor, path)
        except OpenElsewhere:
            return True
        finally:
            os.close(descriptor)
    return False


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OpenElsewhere(
            f"{path.stem} is open in another editor, which keeps its edits.",
            "Nothing can be changed here until it is closed there; then open it here again.",
        ) from error
    except OSError:
        return  # a file system without locks; whoever uses one has to see to it


def _is_there(descriptor: int, path: Path) -> bool:
    """Is the open file still the one of that name?"""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
