"""The way into the storage folder, and the only one: nothing outside of it is ever opened.

A name is checked and opened in one step, folder by folder, each held open while the next is looked up in it. So a link
that is put in a path's way after it was looked at leads nowhere. Links are followed as far as they stay inside.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final, Literal, NamedTuple

COPY_FAILED: Final = "CONNECTOR-1001-500"
NO_FILES: Final = "133"
MAX_LINKS: Final = 40
"""What systems allow in one path."""


class SourceError(Exception):
    """The source cannot be read; `code` is what the copy activity reports."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


Kind = Literal["file", "folder"]


class Entry(NamedTuple):
    """One name in a folder."""

    name: str
    is_link: bool
    kind: Kind | None
    """What it is, links followed; None for what is no data: pipes, sockets, links to nothing or in a circle."""


class LeavesStorage(OSError):
    """A path leads out of the storage."""


class NotAFile(OSError):
    """A folder, a pipe, a device or a socket."""


def segments(object_path: str) -> list[str]:
    """Split a storage path. Raises SourceError when it tries to climb out, or could never be a name."""
    parts = [part for part in object_path.split("/") if part and part != "."]
    if ".." in parts or "\0" in object_path:
        raise SourceError(COPY_FAILED, f"The path {object_path} is not allowed: it leaves the storage.")
    try:
        os.fsencode(object_path)
    except UnicodeEncodeError as error:
        shown = object_path.encode("utf-8", "backslashreplace").decode()
        raise SourceError(COPY_FAILED, f"The path {shown} is not allowed: it is no text.") from error
    return parts


def inside(storage: Path, file: Path) -> bool:
    """Whether a path, links followed, is still below the storage. For listings; what is read is opened by `opened`."""
    # Not Path.resolve: it raises RuntimeError for links in a circle.
    return Path(os.path.realpath(file)).is_relative_to(os.path.realpath(storage))


def opened(storage: Path, parts: Sequence[str]) -> IO[bytes]:
    """Open a file of the storage.

    Args:
        parts: Its path, as `segments` gives it.
    Raises:
        LeavesStorage: a link on the way leads out.
        NotAFile: it is something else; pipes and devices are not waited for.
        OSError: it is absent or unreadable.
    """
    descriptor = _reached(storage, parts)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise NotAFile(errno.EINVAL, f"{parts[-1] if parts else 'the storage'} is not a file")


def listed(storage: Path, parts: Sequence[str]) -> list[Entry]:
    """What a folder of the storage holds, by name, without the names that start with a dot. Raises as `opened` does."""
    descriptor = _reached(storage, parts)
    try:
        with os.scandir(descriptor) as entries:
            found = [Entry(one.name, one.is_symlink(), _kind(one)) for one in entries if not one.name.startswith(".")]
    finally:
        os.close(descriptor)
    return sorted(found)


def _kind(entry: os.DirEntry[str]) -> Kind | None:
    try:
        return "file" if entry.is_file() else "folder" if entry.is_dir() else None
    except OSError:
        return None


def _reached(storage: Path, parts: Sequence[str]) -> int:
    """The descriptor of what a path of the storage names."""
    root = os.path.realpath(storage)
    remaining = list(parts)
    for _ in range(MAX_LINKS):
        descriptor, link = _descend(root, remaining)
        if link is None:
            return descriptor
        # Where the link leads is looked up by name, so it may be another place a moment later. That does not matter:
        # the walk begins anew there, below the root, and follows nothing by itself.
        target = os.path.realpath(Path(root, *remaining[: link + 1]))
        if not Path(target).is_relative_to(root):
            raise LeavesStorage(errno.EACCES, "a link leads out of the storage")
        remaining = [*Path(target).relative_to(root).parts, *remaining[link + 1 :]]
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _descend(root: str, parts: Sequence[str]) -> tuple[int, int | None]:
    """(descriptor, None) of what the parts name; or (-1, place) of the first that is a link."""
    at = os.open(root, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for place, name in enumerate(parts):
            if name == ".." or "/" in name:  # `segments` gives none; a caller without it must not get out either
                raise LeavesStorage(errno.EACCES, "it leads out of the storage")
            try:
                found = os.open(name, _FLAGS, dir_fd=at)
            except OSError as error:
                if error.errno in _IS_LINK:
                    return -1, place
                if error.errno in (errno.ENXIO, errno.EOPNOTSUPP):  # what Linux and macOS say to a socket
                    raise NotAFile(errno.EINVAL, f"{name} is not a file") from error
                raise
            os.close(at)
            at = found
        kept, at = at, -1
        return kept, None
    finally:
        if at >= 0:
            os.close(at)


_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_IS_LINK: Final = frozenset((errno.ELOOP, errno.EMLINK))
"""What O_NOFOLLOW says to a link: the first on Linux and macOS, the second on FreeBSD."""
