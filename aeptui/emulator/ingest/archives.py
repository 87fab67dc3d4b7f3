"""The bytes of one source file: unpacked, member after member, and never more than a file of its size may hold.

Everything is streamed, so a bomb could not fill the memory; the limits are there so that it cannot run for hours or
fill the disk with what became of it either.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, cast

from aeptui.emulator.ingest.members import Member
from aeptui.emulator.ingest.storage import COPY_FAILED, SourceError

FREE_BYTES: Final = 1024**3
MAX_RATIO: Final = 250
"""A file may unpack to FREE_BYTES and this many times its size. Logs reach 20 to 200, the same line again and again
1,000: a gigabyte of it in a megabyte is fine, for it is read in a minute; a terabyte of it in a gigabyte is not."""
MAX_BYTES: Final = 50 * 1024**3
"""And never to more: at some 10 MB a second of the worst rows that is more than an hour's work."""
MAX_MEMBERS: Final = 100_000
MAX_DIRECTORY_BYTES: Final = 16 * 1024**2
"""Of a zip's table of contents, which is read at once: some 100 bytes for each member."""
MAX_HEADER_BYTES: Final = 1024**2
"""Of what a tar says about one member before its content: long names, attributes, tables of holes."""


MAX_PIECES: Final = 10_000
"""Of a file with holes; a file in more pieces is full enough."""


class BombError(OSError):
    """A file holds far more than its size allows."""


class _Counted(io.RawIOBase):
    """A stream from which only so many bytes can be read."""

    def __init__(self, stream: IO[bytes], allowed: int) -> None:
        self._stream = stream
        self._allowed = allowed
        self._left = allowed
        self._header_left: int | None = None

    def readable(self) -> bool:
        return True

    @property
    def left(self) -> int:
        """How many are left."""
        return self._left

    def limit(self, size: int | None) -> None:
        """Until this is said again, at most so many bytes more; None ends it."""
        self._header_left = size

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # the io protocol hands over a writable buffer
        data = self._stream.read(len(view))
        view[: len(data)] = data
        self._left -= len(data)
        if self._left < 0:
            raise BombError(f"it unpacks to more than {self._allowed} bytes, far more than a file of its size may hold")
        if self._header_left is not None:
            self._header_left -= len(data)
            if self._header_left < 0:
                raise BombError(f"what it says about one member takes more than {MAX_HEADER_BYTES} bytes")
        return len(data)


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


Streams = Iterator[tuple[str, IO[bytes]]]


def _counted(stream: IO[bytes] | io.RawIOBase, allowed: int) -> IO[bytes]:
    return cast(IO[bytes], _Counted(cast(IO[bytes], stream), allowed))


def _plain(stream: IO[bytes], allowed: int) -> Streams:
    yield "", _counted(stream, allowed)


def _gzip(stream: IO[bytes], allowed: int) -> Streams:
    with gzip.open(stream, "rb") as inner:
        yield "", _counted(cast(IO[bytes], inner), allowed)


def _bzip2(stream: IO[bytes], allowed: int) -> Streams:
    yield "", _counted(cast(IO[bytes], bz2.BZ2File(stream)), allowed)


def _deflate(stream: IO[bytes], allowed: int) -> Streams:
    yield "", _counted(_Inflated(stream), allowed)


def _zip(stream: IO[bytes], allowed: int) -> Streams:
    _check_directory(stream)
    try:
        with zipfile.ZipFile(stream) as archive:
            for info in archive.infolist():
                if info.is_dir() or _hidden(info.filename):
                    continue
                if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise zipfile.BadZipFile(f"{info.filename} is packed by another method than deflate")
                with archive.open(info) as inner:
                    counted = _Counted(inner, allowed)
                    yield info.filename, cast(IO[bytes], counted)
                    allowed = counted.left
    except (struct.error, UnicodeDecodeError, OverflowError) as error:
        raise zipfile.BadZipFile(str(error)) from error


def _check_directory(stream: IO[bytes]) -> None:
    """Refuse a table of contents that would fill the memory, before it is read. That there is none, zipfile says."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - 66_000))
    tail = stream.read()
    stream.seek(0)
    members = length = 0
    at = tail.rfind(b"PK\x05\x06")
    if 0 <= at <= len(tail) - 22:
        members, length = struct.unpack_from("<HL", tail, at + 10)
    at = tail.rfind(b"PK\x06\x06")  # the record for what does not fit into those fields
    if 0 <= at <= len(tail) - 56:
        more = struct.unpack_from("<QQ", tail, at + 32)
        members, length = max(members, more[0]), max(length if length < 0xFFFFFFFF else 0, more[1])
    if members > MAX_MEMBERS or MAX_DIRECTORY_BYTES < length < 0xFFFFFFFF:
        raise BombError(f"it has {members} members, described in {length} bytes: too many")


class _TarInfo(tarfile.TarInfo):
    """A header of a tar. A damaged one is an error; by itself tarfile takes it for the end and says nothing."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _TarInfo:
        try:
            return super().frombuf(buf, encoding, errors)
        except (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError) as error:  # type: ignore[attr-defined]  # documented, and missing in the stubs
            raise tarfile.ReadError(f"a header is damaged: {error}") from error


def _tar(stream: IO[bytes], allowed: int) -> Streams:
    source = _Counted(stream, allowed)
    source.limit(MAX_HEADER_BYTES)  # opening reads the first header
    with tarfile.open(fileobj=cast(IO[bytes], source), mode="r|", tarinfo=_TarInfo) as archive:
        count, before = 0, 0
        while True:
            source.limit(MAX_HEADER_BYTES + before)
            try:
                info = archive.next()
            except (ValueError, LookupError) as error:
                raise tarfile.ReadError(f"a header is damaged: {error}") from error
            source.limit(None)
            if info is None:
                break
            archive.members.clear()  # type: ignore[attr-defined]  # it keeps all, and nobody asks for one again
            count += 1
            if count > MAX_MEMBERS:
                raise BombError(f"it has more than {MAX_MEMBERS} members")
            inner = archive.extractfile(info) if info.isreg() else None
            before = info.size if inner is None else 0
            if inner is None:
                continue
            if not _hidden(info.name):
                yield info.name, inner
            while inner.read(65536):
                pass  # to the next header
    while source.read(65536):
        pass  # to the end, where packed bytes have their check sum


def _tar_gzip(stream: IO[bytes], allowed: int) -> Streams:
    with gzip.open(stream, "rb") as inner:
        yield from _tar(cast(IO[bytes], inner), allowed)


def _hidden(name: str) -> bool:
    return Path(name).name.startswith(".")


_OPENERS: Final[dict[str, Callable[[IO[bytes], int], Streams]]] = {
    "": _plain,
    "gzip": _gzip,
    "bzip2": _bzip2,
    "deflate": _deflate,
    "zipdeflate": _zip,
    "targzip": _tar_gzip,
    "tar": _tar,
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
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise SourceError(COPY_FAILED, f"{member.path} cannot be read{how}: {why}.") from error


def open_streams(member: Member, compression: str | None, *, at_most: int | None = None) -> Streams:
    """Open a file and unpack it, see `unpacked`."""
    with member.open() as stream:
        yield from unpacked(stream, member, compression, at_most=at_most)


def unpacked(stream: IO[bytes], member: Member, compression: str | None, *, at_most: int | None = None) -> Streams:
    """The byte streams of one open file: (name inside the archive or "", stream), one after another.

    Use them under `reading`: broken compression shows only while bytes are pulled.

    Args:
        at_most: How many bytes may be read from all of them; else as many as a file of that size may hold.
    """
    opener = _OPENERS.get((compression or "").lower())
    if opener is None:
        raise SourceError(COPY_FAILED, f"{member.path}: the compression {compression} is not supported.")
    if at_most is None:
        at_most = allowed(stream, member, packed=bool(compression))
    yield from opener(stream, at_most)


def allowed(stream: IO[bytes], member: Member, *, packed: bool) -> int:
    """How many bytes may be read from a file. Raises BombError for one that is large only because of its holes."""
    size = member.size if member.part is not None else _stored(stream)
    most = min(FREE_BYTES + MAX_RATIO * size, MAX_BYTES)
    if packed:
        return most
    if member.size > max(most, size):
        raise BombError(f"it has {size} bytes and claims {member.size}: the rest are holes")
    return max(most, member.size)


def _stored(stream: IO[bytes]) -> int:
    """How many bytes of a file there are, its holes left out; only a large one is worth looking."""
    size = os.fstat(stream.fileno()).st_size
    if size <= FREE_BYTES or not hasattr(os, "SEEK_DATA"):
        return size
    at = stored = 0
    try:
        # Not st_blocks: some file systems count none, and some only when the bytes are on the disk.
        for _ in range(MAX_PIECES):
            start = os.lseek(stream.fileno(), at, os.SEEK_DATA)
            at = os.lseek(stream.fileno(), start, os.SEEK_HOLE)
            stored += at - start
        return stored + size - at
    except OSError as error:
        return stored if error.errno == errno.ENXIO else size  # the first says that no more data follows
    finally:
        os.lseek(stream.fileno(), 0, os.SEEK_SET)
