"""What was appended to the files of a stream since they were last read. Looks at files; remembers nothing on disk.

A stream's files are the `*.jsonl` of its folder, and `*.jsonl.1`, `*.jsonl.2` .. that a rotation leaves; names that
start with a dot are not data, and no link is followed. A line counts when its line end is there: a line that is still
being written waits. A file is known by device and inode, so a renamed one goes on where it was. One that has become
shorter, or whose bytes before the place are not those that were read there, is another file and begins anew; so does a
file that got the inode of a deleted one. Two files that agree in those bytes cannot be told apart.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final, NamedTuple

from aeptui.emulator.ingest.parts import Part
from aeptui.emulator.ingest.storage import inside, opened

_NAMES: Final = re.compile(r"[^.].*\.jsonl(\.[0-9]+)?")
_MARKED_BYTES: Final = 4096
"""So many bytes at the start of a file, and as many before the place, tell whether it is the file that was read."""
_BLOCK_BYTES: Final = 1 << 20


class Position(NamedTuple):
    """How far a file was read."""

    offset: int
    lines: int
    """Lines since the flow began to read it."""
    mark: str
    """What the bytes before the offset come to."""


_START: Final = Position(0, 0, "")


class Found(NamedTuple):
    """New lines of one file."""

    file: str
    part: Part
    then: Position
    """Where the file was read to, once they are recorded."""


class Look(NamedTuple):
    """One look at a stream."""

    found: list[Found]
    more: bool
    """More was there than was asked for."""
    problem: str | None
    """Why a file, or the folder, was not read."""


class Stream:
    """The folder of one stream, as one flow reads it."""

    def __init__(self, storage: Path, path: str) -> None:
        self._storage = storage
        self._path = path
        self._idle: dict[str, tuple[int, int]] = {}
        """Files that had nothing new: their size and time then."""

    def look(self, known: Mapping[str, Position], most_bytes: int) -> Look:
        """The whole lines after the known positions.

        Args:
            most_bytes: Enough for now; a longer line is taken nevertheless.
        """
        found: list[Found] = []
        idle: dict[str, tuple[int, int]] = {}
        left = most_bytes
        try:
            names = self._names()
        except OSError as error:
            return Look([], False, f"{self._path} cannot be read: {error.strerror or error}.")
        problem = None
        for name in names:
            if left <= 0:
                return Look(found, True, problem)
            try:
                with self._opened(name) as stream:
                    entry = self._appended(name, stream, known, left, idle)
            except FileNotFoundError:
                continue  # rotated away this moment
            except OSError as error:
                problem = f"{self._path}/{name} cannot be read: {error.strerror or error}."
                continue
            if entry is not None:
                found.append(entry)
                left -= entry.part.end - entry.part.start
        self._idle = idle
        return Look(found, left <= 0, problem)

    def ends(self) -> dict[str, Position]:
        """Where each file ends now, after its last whole line."""
        ends: dict[str, Position] = {}
        try:
            names = self._names()
        except OSError:
            return ends
        for name in names:
            try:
                with self._opened(name) as stream:
                    offset = _last_line_end(stream)
                    if offset:
                        ends[_file_id(stream)] = Position(offset, 0, _mark(stream, offset))
            except OSError:
                continue  # when it can be read, it is new
        return ends

    @property
    def _folder(self) -> Path:
        return self._storage.joinpath(*self._path.split("/")[1:])

    def _opened(self, name: str) -> IO[bytes]:
        return opened(self._storage, [*self._path.split("/")[1:], name])

    def _names(self) -> list[str]:
        """The stream's files, the one that changed longest ago first."""
        if not self._folder.is_dir():
            return []
        if not inside(self._storage, self._folder):
            raise OSError("it is a link that leaves the storage")
        times: dict[str, int] = {}
        with os.scandir(self._folder) as entries:
            for entry in entries:
                try:
                    if _NAMES.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                        times[entry.name] = entry.stat(follow_symlinks=False).st_mtime_ns
                except FileNotFoundError:
                    continue
        return sorted(times, key=lambda name: (times[name], name))

    def _appended(
        self, name: str, stream: IO[bytes], known: Mapping[str, Position], most: int, idle: dict[str, tuple[int, int]]
    ) -> Found | None:
        facts, file = os.fstat(stream.fileno()), _file_id(stream)
        state = (facts.st_size, facts.st_mtime_ns)
        if self._idle.get(file) == state:
            idle[file] = state
            return None
        at = known.get(file, _START)
        if at.offset > facts.st_size or _mark(stream, at.offset) != at.mark:
            at = _START
        end, lines = _whole_lines(stream, at.offset, most)
        if end == at.offset:
            idle[file] = state
            return None
        part = Part(f"{self._path}/{name}", facts.st_dev, facts.st_ino, at.offset, end, at.lines)
        return Found(file, part, Position(end, at.lines + lines, _mark(stream, end)))


def _file_id(stream: IO[bytes]) -> str:
    facts = os.fstat(stream.fileno())
    return f"{facts.st_dev}:{facts.st_ino}"


def _mark(stream: IO[bytes], offset: int) -> str:
    if not offset:
        return ""
    size = min(offset, _MARKED_BYTES)
    seen = os.pread(stream.fileno(), size, 0) + os.pread(stream.fileno(), size, offset - size)
    return hashlib.sha256(seen).hexdigest()


def _whole_lines(stream: IO[bytes], start: int, most: int) -> tuple[int, int]:
    """(where the last whole line after `start` ends, how many there are)."""
    stream.seek(start)
    end = at = start
    lines = 0
    while block := stream.read(_BLOCK_BYTES):
        if cut := block.rfind(b"\n") + 1:
            lines += block.count(b"\n")
            end = at + cut
        at += len(block)
        if end > start and at - start >= most:
            break
    return end, lines


def _last_line_end(stream: IO[bytes]) -> int:
    at = os.fstat(stream.fileno()).st_size
    while at:
        size = min(at, _BLOCK_BYTES)
        cut = os.pread(stream.fileno(), size, at - size).rfind(b"\n") + 1
        if cut:
            return at - size + cut
        at -= size
    return 0
