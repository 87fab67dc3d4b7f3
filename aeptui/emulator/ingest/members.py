"""Which files a source path means.

Only `*` is a wildcard, in any segment. `..` is refused, and so is a symbolic link that leads out of the storage. Names
starting with a dot are not data (half uploaded files, editors' leftovers); neither are pipes, devices and sockets.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from aeptui.emulator.ingest.parts import Part, open_part
from aeptui.emulator.ingest.storage import (
    COPY_FAILED,
    NO_FILES,
    Entry,
    Kind,
    SourceError,
    inside,
    listed,
    opened,
    segments,
)


class Member(NamedTuple):
    """One source file."""

    path: str
    """Storage path, starting with a slash."""
    storage: Path
    """The folder that it is below of."""
    size: int
    mtime_ns: int
    part: Part | None = None
    """Only these bytes of it; `size` is theirs."""

    def open(self) -> IO[bytes]:
        """Its bytes, or those of its part."""
        stream = opened(self.storage, segments(self.path))
        return stream if self.part is None else open_part(stream, self.part)


def _pattern(segment: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(piece) for piece in segment.split("*")), re.DOTALL)


def _checked(storage: Path, file: Path) -> Path:
    if not inside(storage, file):
        raise SourceError(COPY_FAILED, f"{_shown(storage, file)} is a link that leaves the storage; it is not read.")
    return file


def _shown(storage: Path, file: Path) -> str:
    return "/" + file.relative_to(storage).as_posix()


def _children(storage: Path, folder: Path) -> list[Entry]:
    try:
        return listed(storage, folder.relative_to(storage).parts)
    except OSError as error:
        shown = _shown(storage, folder)
        raise SourceError(COPY_FAILED, f"The folder {shown} cannot be read: {error.strerror}.") from error


def _walk(storage: Path, top: Path) -> Iterator[Path]:
    """Every file below a folder. Each folder once, however many links lead to it; its own name goes before a link's."""
    walked: set[str] = set()
    links: list[Path] = []
    waiting = [top]
    while waiting or links:
        folder = waiting.pop() if waiting else links.pop(0)
        real = os.path.realpath(folder)
        if real in walked:
            continue
        walked.add(real)
        for entry in _children(storage, folder):
            path = folder / entry.name
            if entry.is_link:
                _checked(storage, path)
                if entry.kind == "folder":
                    links.append(path)
                    continue
            if entry.kind == "folder":
                waiting.append(path)
            elif entry.kind == "file":
                yield path


def _matching(storage: Path, folders: list[Path], part: str, *, files: bool = False) -> Iterator[Path]:
    """The entries of folders that a segment means. A link that leads out is refused only if it is one of them."""
    wanted = _pattern(part)
    for folder in folders:
        for entry in _children(storage, folder):
            if wanted.fullmatch(entry.name):
                path = folder / entry.name
                if entry.is_link:
                    _checked(storage, path)
                if not files or entry.kind == "file":
                    yield path


def _matches(storage: Path, parts: list[str], *, recursive: bool) -> Iterator[Path]:
    folders = [storage]
    for part in parts[:-1]:
        folders = [child for child in _matching(storage, folders, part) if child.is_dir()]
    for child in _matching(storage, folders, parts[-1]):
        if child.is_file():
            yield child
        elif child.is_dir() and recursive:
            yield from _walk(storage, child)
    if recursive:
        wanted = _pattern(parts[-1])
        for folder in folders:
            yield from (file for file in _walk(storage, folder) if wanted.fullmatch(file.name))


def find_members(storage: Path, path: str, *, kind: Kind, recursive: bool = False) -> list[Member]:
    """The files a path means, sorted by path.

    Args:
        path: A file, a folder, or a path with `*` in any segment. With `recursive`, a wildcard in the last segment
            matches file names in sub-folders too.
    Raises:
        SourceError: `CONNECTOR-1001-500` for a missing path or one that leads out, `133` when no file is there.
    """
    parts = segments(path)
    try:
        files = _files(storage, path, parts, kind=kind, recursive=recursive)
        members = [_member(storage, file) for file in files]
    except OSError as error:  # a name too long, a folder that went away meanwhile
        raise SourceError(COPY_FAILED, f"The path {path} cannot be read: {error.strerror}.") from error
    if not members:
        raise SourceError(NO_FILES, f"No files were found for the batch at {path}.")
    return sorted(members)


def _files(storage: Path, path: str, parts: list[str], *, kind: Kind, recursive: bool) -> set[Path]:
    target = storage.joinpath(*parts)
    if any("*" in part for part in parts):
        return set(_matches(storage, parts, recursive=recursive))
    if not os.path.lexists(target):
        raise SourceError(COPY_FAILED, f"The path {path} does not exist.")
    if not _checked(storage, target).is_dir():
        return {target}
    if kind == "file":
        raise SourceError(COPY_FAILED, f"The path {path} is a folder, not a file.")
    if recursive:
        return set(_walk(storage, target))
    return set(_matching(storage, [target], "*", files=True))


def _member(storage: Path, file: Path) -> Member:
    facts, path = file.stat(), _shown(storage, file)
    if not is_text(path):
        told = os.fsencode(path).decode("utf-8", "backslashreplace")
        raise SourceError(COPY_FAILED, f"The name of {told} is no text; cloud storage has no such names.")
    return Member(path, storage, facts.st_size, facts.st_mtime_ns)


def is_text(name: str) -> bool:
    """Whether a file's name is UTF-8, as it is in every cloud storage; a disk takes any bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def part_members(storage: Path, parts: Sequence[Part]) -> list[Member]:
    """The parts of files that a job names. Raises SourceError for one that is gone or outside the storage."""
    members: list[Member] = []
    for part in parts:
        file = storage.joinpath(*segments(part.path))
        try:
            facts = _checked(storage, file).stat()
        except OSError as error:
            raise SourceError(COPY_FAILED, f"{part.path} cannot be read: {error.strerror}.") from error
        members.append(Member(part.path, storage, part.end - part.start, facts.st_mtime_ns, part))
    return members
