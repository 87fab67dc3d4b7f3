"""Looks into the storage for Flow Service's explore calls: folders, the first rows of a file, and what a file is.

Reads through the same readers as ingestion, so a preview shows what a run would see; it never reads further than it
must and never leaves the storage folder.
"""

from __future__ import annotations

import io
import itertools
import math
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

from aeptui.emulator.ingest.archives import open_streams, reading
from aeptui.emulator.ingest.columnar import parquet_rows
from aeptui.emulator.ingest.delimited import delimited_rows, header_names, split_line
from aeptui.emulator.ingest.members import Member, is_text
from aeptui.emulator.ingest.rows import BadRow, Row, json_rows
from aeptui.emulator.ingest.storage import NotAFile, SourceError, inside, listed, opened, segments

DELIMITERS: Final = (",", "\t", ";", "|")
ENCODINGS: Final = ("UTF-8", "ISO-8859-1")
SHOWN_ROWS: Final = 100
SNIFFED_BYTES: Final = 64 * 1024
BATCH_ROWS: Final = 5
"""Of Parquet, where a few bytes can stand for rows of any size: so many are unpacked before they are weighed."""
SEEN_BYTES: Final = 64 * 1024 * 1024
"""A preview that needs more is given up: its first rows are not rows."""

BAD_OBJECT: Final = 1337
BAD_FORMAT: Final = 1327
BAD_DELIMITER: Final = 1331
UNREADABLE: Final = 1308
UNDETECTED: Final = 1375


class ExploreError(Exception):
    """The object cannot be shown; `code` are the four digits of the connector error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def list_folder(storage: Path, object_path: str) -> list[dict[str, Any]]:
    """The entries of a folder: folders first, each kind by name. Links that leave the storage are not shown.

    Args:
        object_path: `""` or `"/"` is the root; a trailing slash is optional.
    Raises:
        FileNotFoundError: no such folder, or it cannot be read.
    """
    try:
        parts = segments(object_path)
        found = listed(storage, parts)
    except (SourceError, OSError) as error:
        raise FileNotFoundError(object_path) from error
    base = "/" + "".join(f"{part}/" for part in parts)
    folders: list[str] = []
    files: list[str] = []
    for name, is_link, kind in found:
        # Only a link can lead out: the folder itself was reached inside, and what is no link stands in it.
        if not is_text(name) or (is_link and not inside(storage, storage.joinpath(*parts, name))):
            continue
        if kind == "folder":
            folders.append(name)
        elif kind == "file":
            files.append(name)
    return [
        *(_entry("folder", name, f"{base}{name}/", readable=False) for name in folders),
        *(_entry("file", name, base + name, readable=True) for name in files),
    ]


def _entry(kind: str, name: str, path: str, *, readable: bool) -> dict[str, Any]:
    return {"type": kind, "name": name, "path": path, "canPreview": readable, "canFetchSchema": readable}


def _file(storage: Path, object_path: str) -> Member:
    try:
        parts = segments(object_path)
        with opened(storage, parts) as stream:
            facts = os.fstat(stream.fileno())
    except NotAFile as error:
        raise ExploreError(BAD_OBJECT, f"The object {object_path} is not a file.") from error
    except PermissionError as error:
        raise ExploreError(UNREADABLE, f"The object {object_path} cannot be read: {error.strerror}.") from error
    except (SourceError, OSError) as error:  # also what leads out of the storage: not even that it is there is told
        raise ExploreError(BAD_OBJECT, f"The object {object_path} does not exist.") from error
    return Member("/" + "/".join(parts), storage, facts.st_size, facts.st_mtime_ns)


def _rows(
    member: Member, file_type: str, column_delimiter: str, compression: str | None, encoding: str
) -> Iterator[Row | BadRow]:
    with reading(member, compression):
        if file_type == "parquet":
            with member.open() as file:
                yield from parquet_rows(file, path=member.path, most=SEEN_BYTES, batch_rows=BATCH_ROWS)
            return
        for _, stream in open_streams(member, compression, at_most=SEEN_BYTES):
            if file_type == "delimited":
                yield from delimited_rows(stream, delimiter=column_delimiter, encoding=encoding, path=member.path)
            else:
                yield from json_rows(stream)


def preview_file(
    storage: Path,
    object_path: str,
    *,
    file_type: str,
    column_delimiter: str = ",",
    compression: str | None = None,
    encoding: str = "UTF-8",
    limit: int = SHOWN_ROWS,
) -> dict[str, Any]:
    """Columns and first rows of a file; rows that cannot be read are left out.

    Args:
        file_type: delimited, json or parquet, in any case.
        limit: Most rows in `data`.
    Returns:
        `{"format": "flat", "schema": {"columns": [...]}, "data": [...], "properties": {...}}`. Delimited values are
        text (an empty cell is `""`), those of JSON and Parquet keep their JSON type.
    Raises:
        ExploreError: no such file, an unknown type, a wrong delimiter, or bytes that cannot be read as said.
    """
    kind = file_type.lower()
    if kind not in ("delimited", "json", "parquet"):
        raise ExploreError(BAD_FORMAT, f"The file type {file_type} is not supported.")
    delimiter = "\t" if column_delimiter == "\\t" else column_delimiter
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise ExploreError(BAD_DELIMITER, "The column delimiter must be one character, and no quote or line end.")
    if encoding.upper() not in ENCODINGS:
        raise ExploreError(BAD_FORMAT, f"The encoding {encoding} is not supported: {' or '.join(ENCODINGS)}.")
    member = _file(storage, object_path)
    try:
        rows = _rows(member, kind, delimiter, compression, encoding)
        values = [row.values for row in itertools.islice(rows, limit) if isinstance(row, Row)]
        columns = _header(member, delimiter, compression, encoding) if kind == "delimited" else None
    except SourceError as error:
        raise ExploreError(UNREADABLE, error.message) from error
    properties: dict[str, Any] = {"fileType": kind}
    if compression:
        properties["compressionType"] = compression
    if kind == "delimited":
        properties.update(columnDelimiter=delimiter, encoding=encoding)
        values = [{name: cell if cell is not None else "" for name, cell in row.items()} for row in values]
    if kind == "parquet":
        values = [{name: _shown(value) for name, value in row.items()} for row in values]
    names = columns if columns is not None else list(dict.fromkeys(name for row in values for name in row))
    described = [_column(name, values) for name in names]
    return {"format": "flat", "schema": {"columns": described}, "data": values, "properties": properties}


def _header(member: Member, delimiter: str, compression: str | None, encoding: str) -> list[str]:
    """The column names, also of a file that has nothing but its header."""
    with reading(member, compression):
        for _, stream in open_streams(member, compression, at_most=SEEN_BYTES):
            return header_names(stream, delimiter=delimiter, encoding=encoding, path=member.path)
    return []


def _shown(value: Any) -> Any:
    """A value that JSON can carry: an infinity becomes its word."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    return value


def _column(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A column with the type of its first value."""
    value = next((row[name] for row in rows if row.get(name) is not None), None)
    match value:
        case bool():
            word = "boolean"
        case int():
            word = "integer"
        case float():
            word = "number"
        case dict():
            word = "object"
        case list():
            word = "array"
        case _:
            word = "string"
    if word == "integer" and any(isinstance(row.get(name), float) for row in rows):
        word = "number"
    return {"name": name, "type": word, "xdm": {"type": word}}


_MAGIC: Final = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"PK\x03\x04", "zipDeflate"))


def _compression(head: bytes) -> str | None:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    return "tar" if head[257:262] == b"ustar" else None


def determine_properties(storage: Path, object_path: str) -> dict[str, Any]:
    """Guess what a file is, from its first bytes.

    Returns:
        `fileType`, and where they apply `compressionType`, `columnDelimiter`, `encoding`.
    Raises:
        ExploreError: no such file, or nothing can be said about it.
    """
    member = _file(storage, object_path)
    with reading(member, None), member.open() as stream:
        head = stream.read(SNIFFED_BYTES)
    if head.startswith(b"PAR1"):
        return {"fileType": "parquet"}
    compression = _compression(head)
    if compression is not None:
        try:
            head, compression = _unpacked(member, compression)
        except SourceError as error:
            raise ExploreError(UNDETECTED, error.message) from error
    found: dict[str, Any] = {"compressionType": compression} if compression else {}
    sample, encoding = _text(head)
    start = sample.lstrip()
    if not start or "\0" in sample:
        raise ExploreError(UNDETECTED, f"What {member.path} holds cannot be detected.")
    if start[0] in "{[":
        return {"fileType": "json", **found}
    return {"fileType": "delimited", **found, "columnDelimiter": _delimiter(sample), "encoding": encoding}


def _unpacked(member: Member, compression: str) -> tuple[bytes, str]:
    with reading(member, compression):
        head = _first_bytes(member, compression)
        if compression == "gzip" and head[257:262] == b"ustar":
            return _first_bytes(member, "tarGzip"), "tarGzip"
    return head, compression


def _first_bytes(member: Member, compression: str) -> bytes:
    for _, stream in open_streams(member, compression, at_most=SEEN_BYTES):
        return io.BufferedReader(cast(io.RawIOBase, stream)).read(SNIFFED_BYTES)
    return b""


def _text(head: bytes) -> tuple[str, str]:
    """The sample as text, without a line that is cut off at its end."""
    whole = head[: head.rfind(b"\n") + 1] if len(head) >= SNIFFED_BYTES and b"\n" in head else head
    try:
        return whole.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        lines = whole.split(b"\n")
    valid = sum(_is_utf8(line) for line in lines)
    # A few broken lines in a UTF-8 file do not make it Latin-1: look whether any line needs UTF-8.
    if any(not line.isascii() and _is_utf8(line) for line in lines) and valid * 2 > len(lines):
        return whole.decode("utf-8-sig", "replace"), "UTF-8"
    return whole.decode("iso-8859-1"), "ISO-8859-1"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(sample: str) -> str:
    """The delimiter that cuts most lines into as many cells as the header has, and into more than one."""
    lines = [line.rstrip("\r") for line in sample.split("\n")[:200] if line.strip()]
    best = (0.0, 0, ",")
    for candidate in DELIMITERS:
        counts = Counter(len(cells) for line in lines if (cells := split_line(line, candidate)) is not None)
        width = len(split_line(lines[0], candidate) or [])
        if width > 1:
            best = max(best, (counts[width] / len(lines), width, candidate), key=lambda found: found[:2])
    return best[2]
