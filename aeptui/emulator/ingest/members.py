"""Which files a source path means, and their bytes.

Only `*` is a wildcard, in any segment. Nothing outside the storage folder is ever opened: `..` is refused, and so is a
symbolic link that leads out. Names starting with a dot are not data (half uploaded files, editors' leftovers).
"""

from __future__ import annotations

import bz2
import gzip
import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Literal, NamedTuple, cast

from aeptui.emulator.ingest.parts import Part, open_part

COPY_FAILED: Final = "CONNECTOR-1001-500"
NO_FILES: Final = "133"

Kind = Literal["file", "folder"]


class SourceError(Exception):
    """The source cannot be read; `code` is what the copy activity reports."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Member(NamedTuple):
    """One source file."""

    path: str
    """Storage path, starting with a slash."""
    file: Path
    size: int
    mtime_ns: int
    part: Part | None = None
    """Only these bytes of it; `size` is theirs."""

    def open(self) -> IO[bytes]:
        """Its bytes, or those of its part."""
        return self.file.open("rb") if self.part is None else open_part(self.file, self.part)


def segments(object_path: str) -> list[str]:
    """Split a storage path. Raises SourceError when it tries to climb out."""
    parts = [part for part in object_path.split("/") if part and part != "."]
    if ".." in parts or "\0" in object_path:
        raise SourceError(COPY_FAILED, f"The path {object_path} is not allowed: it leaves the storage.")
    return parts


def inside(storage: Path, file: Path) -> bool:
    """Whether a path, links followed, is still below the storage."""
    return file.resolve().is_relative_to(storage.resolve())


def _pattern(segment: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(piece) for piece in segment.split("*")), re.DOTALL)


def _checked(storage: Path, file: Path) -> Path:
    if not inside(storage, file):
        shown = "/" + file.relative_to(storage).as_posix()
        raise SourceError(COPY_FAILED, f"{shown} is a link that leaves the storage; it is not read.")
    return file


def _children(storage: Path, folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        shown = "/" + folder.relative_to(storage).as_posix()
        raise SourceError(COPY_FAILED, f"The folder {shown} cannot be read: {error.strerror}.") from error
    for entry in entries:
        if not entry.name.startswith("."):
            yield entry


def _walk(storage: Path, folder: Path, seen: frozenset[Path] = frozenset()) -> Iterator[Path]:
    real = folder.resolve()
    if real in seen:  # a link to a folder above: its files were listed there
        return
    for entry in _children(storage, folder):
        _checked(storage, entry)
        if entry.is_dir():
            yield from _walk(storage, entry, seen | {real})
        elif entry.is_file():
            yield entry


def _matching(storage: Path, folders: list[Path], part: str) -> Iterator[Path]:
    """The entries of folders that a segment means. A link that leads out is refused only if it is one of them."""
    wanted = _pattern(part)
    for folder in folders:
        for child in _children(storage, folder):
            if wanted.fullmatch(child.name):
                yield _checked(storage, child)


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
    target = storage.joinpath(*parts)
    if any("*" in part for part in parts):
        files = set(_matches(storage, parts, recursive=recursive))
    elif not target.exists() and not target.is_symlink():
        raise SourceError(COPY_FAILED, f"The path {path} does not exist.")
    elif not _checked(storage, target).is_dir():
        files = {target}
    elif kind == "file":
        raise SourceError(COPY_FAILED, f"The path {path} is a folder, not a file.")
    elif recursive:
        files = set(_walk(storage, target))
    else:
        files = {child for child in _children(storage, target) if _checked(storage, child).is_file()}
    members: list[Member] = []
    for file in files:
        try:
            facts = file.stat()
        except OSError as error:
            raise SourceError(COPY_FAILED, f"The path {path} cannot be read: {error.strerror}.") from error
        members.append(Member("/" + file.relative_to(storage).as_posix(), file, facts.st_size, facts.st_mtime_ns))
    if not members:
        raise SourceError(NO_FILES, f"No files were found for the batch at {path}.")
    return sorted(members)


def part_members(storage: Path, parts: Sequence[Part]) -> list[Member]:
    """The parts of files that a job names. Raises SourceError for one that is gone or outside the storage."""
    members: list[Member] = []
    for part in parts:
        file = storage.joinpath(*segments(part.path))
        try:
            facts = _checked(storage, file).stat()
        except OSError as error:
            raise SourceError(COPY_FAILED, f"{part.path} cannot be read: {error.strerror}.") from error
        members.append(Member(part.path, file, part.end - part.start, facts.st_mtime_ns, part))
    return members


class _Inflated(io.RawIOBase):
    """A deflate stream, with the zlib header or without."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        head = stream.read(2)
        zlib_header = len(head) == 2 and head[0] & 0x0F == 8 and (head[0] << 8 | head[1]) % 31 == 0
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS)
        self._pending = head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # the io protocol hands over a writable buffer
        while not self._inflate.eof:
            data = self._pending or self._stream.read(65536)
            if not data:
                raise EOFError("the deflate stream ends too early")
            chunk = self._inflate.decompress(data, len(view))
            self._pending = self._inflate.unconsumed_tail
            if chunk:
                view[: len(chunk)] = chunk
                return len(chunk)
        return 0


def _deflate(stream: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    yield "", io.BufferedReader(_Inflated(stream))


def _zip(stream: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(stream) as archive:
        for info in archive.infolist():
            if not info.is_dir() and not Path(info.filename).name.startswith("."):
                with archive.open(info) as inner:
                    yield info.filename, inner


def _tar(mode: Literal["r|", "r|gz"]) -> Callable[[IO[bytes]], Iterator[tuple[str, IO[bytes]]]]:
    def unpack(stream: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
        with tarfile.open(fileobj=stream, mode=mode) as archive:
            for info in archive:
                inner = archive.extractfile(info) if info.isreg() else None
                if inner is not None and not Path(info.name).name.startswith("."):
                    yield info.name, inner

    return unpack


def _plain(stream: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    yield "", stream


def _gzip(stream: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    with gzip.open(stream, "rb") as inner:
        yield "", cast(IO[bytes], inner)


def _bzip2(stream: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    yield "", bz2.BZ2File(stream)


_OPENERS: Final[dict[str, Callable[[IO[bytes]], Iterator[tuple[str, IO[bytes]]]]]] = {
    "": _plain,
    "gzip": _gzip,
    "bzip2": _bzip2,
    "deflate": _deflate,
    "zipdeflate": _zip,
    "targzip": _tar("r|gz"),
    "tar": _tar("r|"),
}

BROKEN_ARCHIVE: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, RuntimeError)
"""What the archive modules raise for bytes that are not theirs; zipfile's RuntimeError means a password."""


@contextmanager
def reading(member: Member, compression: str | None) -> Iterator[None]:
    """Turn what goes wrong while a member's bytes are read into a SourceError that names the file."""
    try:
        yield
    except BROKEN_ARCHIVE as error:
        how = f" as {compression}" if compression else ""
        raise SourceError(COPY_FAILED, f"{member.path} cannot be read{how}: {error}.") from error


def open_streams(member: Member, compression: str | None) -> Iterator[tuple[str, IO[bytes]]]:
    """The byte streams of one file: (name inside the archive or "", stream), one after another.

    Use them under `reading`: broken compression shows only while bytes are pulled.
    """
    opener = _OPENERS.get((compression or "").lower())
    if opener is None:
        raise SourceError(COPY_FAILED, f"{member.path}: the compression {compression} is not supported.")
    with member.open() as stream:
        yield from opener(stream)
