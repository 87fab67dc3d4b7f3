"""Parts of files: what was appended to a stream's file since the last batch.

A part names its file by device and inode as well as by path: when another file has taken the path meanwhile, or the
file has become shorter, the part cannot be read, and nothing else is read in its place.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from typing import IO, Any, NamedTuple


class Part(NamedTuple):
    """Whole lines of one file."""

    path: str
    """Storage path, starting with a slash."""
    device: int
    inode: int
    start: int
    """First byte."""
    end: int
    """The byte after the last one."""
    lines_before: int = 0
    """Physical lines before `start`, so that a rejected row tells its line in the file."""

    @classmethod
    def load(cls, entry: Mapping[str, Any]) -> Part:
        """Read a part from a job file. Raises KeyError, TypeError or ValueError for anything else."""
        numbers = [int(entry[name]) for name in cls._fields[1:]]
        return cls(str(entry["path"]), *numbers)


def open_part(stream: IO[bytes], part: Part) -> IO[bytes]:
    """The bytes of a part, from its open file. Raises OSError when they are not there any more, now or later."""
    facts = os.fstat(stream.fileno())
    if (facts.st_dev, facts.st_ino) != (part.device, part.inode):
        stream.close()
        raise OSError("another file has taken its place")
    stream.seek(part.start)
    return io.BufferedReader(_Bounded(stream, part.end - part.start))


class _Bounded(io.RawIOBase):
    """So many bytes of a stream, no more and no less."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # the io protocol hands over a writable buffer
        data = self._stream.read(min(len(view), self._left))
        if not data and self._left:
            raise OSError("it became shorter while it was read")
        view[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()
