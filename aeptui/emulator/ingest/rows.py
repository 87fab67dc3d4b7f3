"""Records of a byte stream, one at a time: delimited text, JSON and Parquet.

A reader never raises for bad data in a record: it yields a BadRow and goes on with the next one. It raises SourceError
only when nothing more can be read (no header, not a Parquet file). It never holds more than a block or one record.
"""

from __future__ import annotations

import codecs
import heapq
import json
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, Final, NamedTuple

from aeptui.dataprep import Frame, RowFrame

CORRUPT: Final = "INGEST-1401-400"
BLOCK_BYTES: Final = 256 * 1024
MAX_RECORD_BYTES: Final = 8 * 1024 * 1024
"""A longer line or JSON document is a corrupt record."""
MAX_RAW_CHARACTERS: Final = 4096
"""How much of a corrupt record is kept in the row errors."""


class Row(NamedTuple):
    """A readable record."""

    number: int
    """Physical line where it starts, counted from 1; in Parquet the row."""
    values: dict[str, Any]


class BadRow(NamedTuple):
    """A record that cannot be read."""

    number: int
    raw: str
    code: str
    message: str


def bad(number: int, raw: str | bytes, message: str) -> BadRow:
    """A corrupt record; bytes that are not text are shown as escapes, long ones cut."""
    text = raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw
    return BadRow(number, text[:MAX_RAW_CHARACTERS].rstrip("\r"), CORRUPT, message)


class Block(NamedTuple):
    """Some records of a file. Between them rows and bad rows have every record once; both are in the file's order."""

    numbers: Sequence[int]
    """Where each row of the frame starts, as in `Row`."""
    frame: Frame
    bad: list[BadRow]

    def records(self) -> Iterator[Row | BadRow]:
        """One by one, in the file's order."""
        rows = (Row(number, self.frame.row(place)) for place, number in enumerate(self.numbers))
        return heapq.merge(rows, self.bad, key=_number)

    def after(self, lines: int) -> Block:
        """The same records of a text with so many lines before."""
        numbers = [number + lines for number in self.numbers]
        return Block(numbers, self.frame, [record._replace(number=record.number + lines) for record in self.bad])


def _number(record: Row | BadRow) -> int:
    return record.number


def in_blocks(records: Iterator[Row | BadRow], is_full: Callable[[int], bool]) -> Iterator[Block]:
    """Records that come one by one, put together.

    Args:
        is_full: Asked after each record with how many the block has.
    """
    rows: list[Row] = []
    broken: list[BadRow] = []
    for record in records:
        if isinstance(record, Row):
            rows.append(record)
        else:
            broken.append(record)
        if is_full(len(rows) + len(broken)):
            yield _block(rows, broken)
            rows, broken = [], []
    if rows or broken:
        yield _block(rows, broken)


def _block(rows: list[Row], broken: list[BadRow]) -> Block:
    return Block([row.number for row in rows], RowFrame([row.values for row in rows]), broken)


class LineBlock(NamedTuple):
    """Consecutive physical lines without their line ends; a line that cannot be decoded stays bytes."""

    first: int
    lines: list[str | bytes]
    text: str | None
    """The whole block, when all of it could be decoded."""


def uncounted(_size: int) -> None:
    """Takes no notice of what is read."""


def line_blocks(stream: IO[bytes], encoding: str, count: Callable[[int], None] = uncounted) -> Iterator[LineBlock]:
    """Cut a stream into blocks of whole lines, each about 256 KiB, or one long line."""
    number = 1
    rest = b""
    at_start = True
    ended = False
    while not ended:
        data = stream.read(BLOCK_BYTES)
        ended = not data
        count(len(data))
        data = rest + data
        if at_start and data:
            at_start = False
            if codecs.lookup(encoding).name == "utf-8" and data.startswith(codecs.BOM_UTF8):
                data = data[3:]
        cut = len(data) if ended else data.rfind(b"\n") + 1
        if not cut and len(data) > MAX_RECORD_BYTES:
            yield LineBlock(number, [data[:MAX_RAW_CHARACTERS] + b"..."], None)
            number += 1
            rest = _skip_line(stream)
            continue
        rest = data[cut:]
        if not cut:
            continue
        body = data[: cut - 1] if data[cut - 1 : cut] == b"\n" else data[:cut]
        block = _decode(number, body, encoding)
        number += len(block.lines)
        yield block


def _skip_line(stream: IO[bytes]) -> bytes:
    while data := stream.read(BLOCK_BYTES):
        cut = data.find(b"\n")
        if cut >= 0:
            return data[cut + 1 :]
    return b""


def _decode(number: int, body: bytes, encoding: str) -> LineBlock:
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        lines: list[str | bytes] = []
        for line in body.split(b"\n"):
            try:
                lines.append(line.decode(encoding))
            except UnicodeDecodeError:
                lines.append(line)
        return LineBlock(number, lines, None)
    return LineBlock(number, list(text.split("\n")), text)


def undecodable(number: int, line: bytes, encoding: str) -> BadRow:
    """The bad row for a line that is not text, naming the byte."""
    try:
        line.decode(encoding)
    except UnicodeDecodeError as error:
        where = f"byte 0x{line[error.start]:02X} at position {error.start + 1} is not valid {encoding}"
        return bad(number, line, where)
    return bad(number, line, f"the line is longer than {MAX_RECORD_BYTES >> 20} MiB")


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant)
_KINDS: Final = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "an array"}


def _document(number: int, raw: str, value: Any) -> Row | BadRow:
    if type(value) is not dict:
        return bad(number, raw, f"expected a JSON object, found {_KINDS.get(type(value), 'null')}")
    if "\\ud" in raw or "\\uD" in raw:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return bad(number, raw, "the text has half a surrogate pair, which is no character")
    return Row(number, value)


def _json_line(number: int, line: str) -> Row | BadRow:
    try:
        value = _DECODER.decode(line)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return bad(number, line, f"not a JSON document: {reason}")
    return _document(number, line, value)


def json_rows(stream: IO[bytes], *, count: Callable[[int], None] = uncounted) -> Iterator[Row | BadRow]:
    """Records of a JSON file: one object per line, or an array of objects, or objects over several lines."""
    blocks = line_blocks(stream, "utf-8", count)
    for block in blocks:
        for index, line in enumerate(block.lines):
            number = block.first + index
            if isinstance(line, bytes):
                yield undecodable(number, line, "UTF-8")
                continue
            start = line.strip()
            if not start:
                continue
            if start[0] == "[" or start == "{":
                rest = LineBlock(number, block.lines[index:], None)
                yield from _sequence(rest, blocks)
                return
            yield from _lines(LineBlock(number, block.lines[index:], None))
            for later in blocks:
                yield from _lines(later)
            return


def json_lines(stream: IO[bytes], *, count: Callable[[int], None] = uncounted) -> Iterator[Row | BadRow]:
    """Records of a stream: one object per line and nothing else, so that a bad line is one bad record."""
    for block in line_blocks(stream, "utf-8", count):
        yield from _lines(block)


def _lines(block: LineBlock) -> Iterator[Row | BadRow]:
    for number, line in enumerate(block.lines, block.first):
        if isinstance(line, bytes):
            yield undecodable(number, line, "UTF-8")
        elif line and not line.isspace():
            yield _json_line(number, line)


def _joined(block: LineBlock) -> str:
    return "\n".join(line if isinstance(line, str) else line.decode("utf-8", "replace") for line in block.lines)


def _sequence(first: LineBlock, blocks: Iterator[LineBlock]) -> Iterator[Row | BadRow]:
    """Values one after another, in an array or not. After one that cannot be read there is no safe place to go on."""
    number = first.first
    buffer = _joined(first)
    at = 0
    in_array = buffer.lstrip()[:1] == "["
    opened = not in_array
    more = True
    while True:
        start = at
        while start < len(buffer) and (buffer[start] in " \t\r\n," or (buffer[start] == "[" and not opened)):
            opened = opened or buffer[start] == "["
            start += 1
        number += buffer.count("\n", at, start)
        at = start
        if at < len(buffer) and not (in_array and buffer[at] == "]"):
            try:
                value, end = _DECODER.raw_decode(buffer, at)
            except (ValueError, RecursionError) as error:
                if isinstance(error, RecursionError) or not more or len(buffer) - at > MAX_RECORD_BYTES:
                    yield bad(number, buffer[at:], f"not a JSON document, nothing after it is read: {error}")
                    return
            else:
                if isinstance(value, dict | list | str) or end < len(buffer) or not more:
                    yield _document(number, buffer[at:end], value)
                    number += buffer.count("\n", at, end)
                    at = end
                    continue
        elif at < len(buffer):
            return
        if not more:
            if in_array:
                yield bad(number, "", "the array is not closed: the file ends too early")
            return
        later = next(blocks, None)
        more = later is not None
        buffer = buffer[at:] + ("\n" + _joined(later) if later else "")
        at = 0
