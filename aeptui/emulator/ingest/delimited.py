"""Delimited text: header row first, RFC 4180 quotes, any one-character delimiter.

Speed comes from the common case: a block of lines without a quote is split, nothing more. Only a line with a quote is
looked at closely. A quote that is opened and not properly closed costs its own line, never the rest of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import IO, Final

from aeptui.dataprep import CellFrame
from aeptui.emulator.ingest.rows import BadRow, Block, LineBlock, Row, bad, line_blocks, uncounted, undecodable
from aeptui.emulator.ingest.storage import COPY_FAILED, SourceError

MAX_QUOTED_LINES: Final = 100
MAX_QUOTED_CHARACTERS: Final = 1024 * 1024
GATHERED_ROWS: Final = 4000
GATHERED_CHARACTERS: Final = 4 * 1024 * 1024
MAX_COLUMNS: Final = 20_000
"""Ours: a line of nothing but delimiters would be millions of columns, each a list of its own."""


class _QuoteError(Exception):
    """A quoted field that cannot be read."""


class _Lines:
    """Physical lines with a look ahead that can be taken back."""

    def __init__(self, blocks: Iterator[LineBlock]) -> None:
        self._blocks = blocks
        self.lines: list[str | bytes] = []
        self.first = 1
        self.index = 0

    def load(self) -> LineBlock | None:
        """Go to the next block; the one before must be used up."""
        block = next(self._blocks, None)
        if block is not None:
            self.first, self.lines, self.index = block.first, block.lines, 0
        return block

    def ahead(self, count: int) -> str | bytes | None:
        """The line `count` after the current one, reading on when needed; None at the end."""
        while self.index + count >= len(self.lines):
            block = next(self._blocks, None)
            if block is None:
                return None
            # What is used up goes, or a file of long quoted fields would end up whole in memory.
            self.lines = self.lines[self.index :] + block.lines
            self.first += self.index
            self.index = 0
        return self.lines[self.index + count]


def _quoted_cells(line: str, delimiter: str, lines: _Lines) -> tuple[list[str], int, str]:
    """Split a line with quoted fields; gives the cells, how many physical lines they took, and the raw text."""
    text = line
    used = 1
    cells: list[str] = []
    at = 0
    while True:
        if text[at : at + 1] != '"':
            end = text.find(delimiter, at)
            if end < 0:
                cells.append(text[at:].removesuffix("\r"))
                return cells, used, text
            cells.append(text[at:end])
            at = end + 1
            continue
        pieces: list[str] = []
        at += 1
        while True:
            end = text.find('"', at)
            if end < 0:
                following = lines.ahead(used) if used < MAX_QUOTED_LINES else None
                if not isinstance(following, str) or len(text) + len(following) > MAX_QUOTED_CHARACTERS:
                    raise _QuoteError(f"the quote opened in column {len(cells) + 1} is not closed")
                text = f"{text}\n{following}"
                used += 1
                continue
            pieces.append(text[at:end])
            at = end + 1
            if text[at : at + 1] != '"':
                break
            pieces.append('"')
            at += 1
        cells.append("".join(pieces))
        after = text[at : at + 1]
        if after == delimiter:
            at += 1
        elif not after or text[at:] == "\r":
            return cells, used, text
        else:
            opened = f"the quote opened in column {len(cells)} is not closed"
            raise _QuoteError(f"{opened}: a closing quote must be followed by a delimiter")


def split_line(line: str, delimiter: str) -> list[str] | None:
    """The cells of one line that stands alone; None when its quotes are broken."""
    try:
        return _quoted_cells(line, delimiter, _Lines(iter(())))[0]
    except _QuoteError:
        return None


def column_names(cells: list[str]) -> list[str]:
    """Names for a header's cells: an empty one becomes `_c<index>`, a repeated one gets `_2`, `_3`."""
    names: dict[str, None] = {}
    counts: dict[str, int] = {}
    for index, cell in enumerate(cells):
        candidate = name = cell or f"_c{index}"
        while candidate in names:
            counts[name] = counts.get(name, 1) + 1
            candidate = f"{name}_{counts[name]}"
        names[candidate] = None
    return list(names)


def _header(lines: _Lines, delimiter: str, encoding: str, path: str) -> list[str] | None:
    while True:
        if lines.index >= len(lines.lines) and lines.load() is None:
            return None
        line = lines.lines[lines.index]
        if isinstance(line, bytes):
            raise SourceError(
                COPY_FAILED, f"The header of {path} cannot be read: {undecodable(1, line, encoding).message}."
            )
        if line.strip("\r"):
            break
        lines.index += 1
    try:
        cells, used, _ = _quoted_cells(line, delimiter, lines)
    except _QuoteError as error:
        raise SourceError(COPY_FAILED, f"The header of {path} cannot be read: {error}.") from error
    lines.index += used
    if len(cells) > MAX_COLUMNS:
        raise SourceError(COPY_FAILED, f"{path} has {len(cells)} columns; {MAX_COLUMNS} are the most.")
    return column_names(cells)


def header_names(stream: IO[bytes], *, delimiter: str, encoding: str, path: str) -> list[str]:
    """Only the column names; none of an empty file. Raises like `delimited_rows`."""
    return _header(_Lines(line_blocks(stream, encoding)), delimiter, encoding, path) or []


def delimited_rows(stream: IO[bytes], *, delimiter: str, encoding: str, path: str) -> Iterator[Row | BadRow]:
    """Records of a delimited file, one by one. Takes and raises what `delimited_blocks` does."""
    for block in delimited_blocks(stream, delimiter=delimiter, encoding=encoding, path=path):
        yield from block.records()


def delimited_blocks(
    stream: IO[bytes], *, delimiter: str, encoding: str, path: str, count: Callable[[int], None] = uncounted
) -> Iterator[Block]:
    """Records of a delimited file, some thousand at a time. A cell is text, an empty one null.

    Args:
        path: Only for the message when the header cannot be read.
    Raises:
        SourceError: the header row cannot be read.
    """
    lines = _Lines(line_blocks(stream, encoding, count))
    names = _header(lines, delimiter, encoding, path)
    if names is None:
        return
    yield from _gathered(_careful(lines, names, delimiter, encoding), names)
    while (block := lines.load()) is not None:
        if block.text is None or '"' in block.text:
            yield from _gathered(_careful(lines, names, delimiter, encoding), names)
        else:
            yield _fast(block, block.text, names, delimiter)


def _fast(block: LineBlock, text: str, names: list[str], delimiter: str) -> Block:
    """A block of lines without a quote: split once, and every column is a stride of the cells."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").removesuffix("\r")
    rows = text.split("\n")
    width = len(names)
    numbers: Sequence[int] = range(block.first, block.first + len(rows))
    broken: list[BadRow] = []
    if set(map(str.count, rows, repeat(delimiter))) != {width - 1} or (width == 1 and "" in rows):
        good: list[int] = []
        for number, line in zip(numbers, rows, strict=True):
            found = line.count(delimiter) + 1
            if line and found == width:
                good.append(number)
            elif line:
                broken.append(_misfit(number, line, width, found))
        rows = [rows[number - block.first] for number in good]
        numbers = good
    cells = delimiter.join(rows).split(delimiter) if rows else []
    return Block(numbers, CellFrame(names, [cells[place::width] for place in range(width)], len(rows)), broken)


_Cells = tuple[int, list[str]]


def _gathered(records: Iterator[_Cells | BadRow], names: list[str]) -> Iterator[Block]:
    """Lines that were read one by one, as blocks; a file whose every block ends in an open quote is cut up too."""
    numbers: list[int] = []
    rows: list[list[str]] = []
    broken: list[BadRow] = []
    size = 0

    def block() -> Block:
        columns = list(zip(*rows, strict=True)) or [()] * len(names)
        return Block(numbers, CellFrame(names, columns, len(rows)), broken)

    for record in records:
        if isinstance(record, BadRow):
            broken.append(record)
            size += len(record.raw)
        else:
            numbers.append(record[0])
            rows.append(record[1])
            size += sum(map(len, record[1]))
        if len(rows) + len(broken) >= GATHERED_ROWS or size >= GATHERED_CHARACTERS:
            yield block()
            numbers, rows, broken, size = [], [], [], 0
    if rows or broken:
        yield block()


def _misfit(number: int, raw: str, width: int, found: int) -> BadRow:
    return bad(number, raw, f"expected {width} columns, found {found}")


def _careful(lines: _Lines, names: list[str], delimiter: str, encoding: str) -> Iterator[_Cells | BadRow]:
    """Lines with quotes or undecodable bytes among them; those without still take a short way."""
    width = len(names)
    quoted_start = delimiter + '"'
    while lines.index < len(lines.lines):
        block, first = lines.lines, lines.first
        for index in range(lines.index, len(block)):
            line, number = block[index], first + index
            if isinstance(line, bytes):
                yield undecodable(number, line, encoding)
                continue
            if '"' in line and (line[0] == '"' or quoted_start in line):
                break
            if not line or line == "\r":
                continue
            yield _record(number, line, line.removesuffix("\r").split(delimiter), width)
        else:
            lines.index = len(block)
            return
        lines.index = index
        try:
            cells, used, raw = _quoted_cells(line, delimiter, lines)
        except _QuoteError as error:
            yield bad(number, line, str(error))
            used = 1
        else:
            yield _record(number, raw, cells, width)
        lines.index += used


def _record(number: int, raw: str, cells: list[str], width: int) -> _Cells | BadRow:
    return (number, cells) if len(cells) == width else _misfit(number, raw, width, len(cells))
