"""Mapping rows as tables: CSV files, and what spreadsheets put on the clipboard. Both ways, without loss.

A first line that names its columns is followed; else the columns are told by how they look, and may be told otherwise.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aeptui.chain.mapping_exchange import Layout, ReadRow, ReadTable, Role
from aeptui.chain.mapping_rows import as_source
from aeptui.chain.pipeline import MappingRow
from aeptui.dataprep import DataPrepError, PathError, SourcePath, parse, quote_column

COLUMNS: Final[tuple[Role, ...]] = ("source", "expression", "target")
"""The columns of our own CSV, in their order."""

_ALIASES: Final[Mapping[Role, str]] = {
    "source": "source, sources, from, input, column, columns, source column, source field, source attribute, "
    "sourceattribute, source path, source name, source or expression, source data, file column, csv column, header",
    "expression": "expression, calculated, calculated field, calculation, formula, transformation, transform",
    "target": "target, targets, to, destination, field, target field, destination field, target path, "
    "destination path, target attribute, destination attribute, xdm, xdm field, xdm path, xdm target, target xdm path, "
    "destination xdm path, destinationxdmpath, schema field, aep field",
}
_NAMES: Final = {name: role for role, names in _ALIASES.items() for name in names.split(", ")}
_FIRST: Final = 10_000
"""Characters of a first line that are looked at for names of columns."""
_GUARDED: Final = re.compile(r"'*[=+\-@\t\r\n]")
"""What a spreadsheet might run instead of showing it; the apostrophes before it are ours, but for all but the first."""
_QUOTED_CELL: Final = re.compile(r'"((?:[^"]|"")*+)"(?=\t|\r?\n|\r|$)')
_RAW_CELL: Final = re.compile(r"[^\t\r\n]*")
_COLUMN_LIKE: Final = re.compile(r"[\w$][\w $./:#%&+\-]*")


@dataclass(frozen=True)
class Surroundings:
    """What is known of source and target, to tell a column from a calculation and from a field."""

    columns: frozenset[str] | None = None
    """None: the file is not known."""
    fields: Collection[str] = field(default_factory=frozenset)


# Writing


def to_csv(rows: Iterable[MappingRow]) -> str:
    """A table for spreadsheets, RFC 4180; what they would run as a formula has an apostrophe before it.

    With other letters than ASCII's it begins with a byte order mark: without one Excel reads them wrong.
    """
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows([_guarded(cell) for cell in _cells(row)] for row in rows)
    text = file.getvalue()
    return text if text.isascii() else f"\ufeff{text}"


def to_tsv(rows: Iterable[MappingRow], *, headed: bool = False) -> str:
    """Lines to paste, here or into a spreadsheet: source, expression, target, with tabs between.

    Args:
        headed: The first line names the columns: then all is read back as it was, whatever stands in it.
    """
    lines = [[_guarded(cell) for cell in _cells(row)] for row in rows]
    if headed or (lines and _header(lines[0]) is not None):
        lines.insert(0, [*COLUMNS])  # else a first row that reads like names of columns would be taken for them
    return "\n".join("\t".join(map(_tsv_cell, cells)) for cells in lines)


def _cells(row: MappingRow) -> tuple[str, str, str]:
    return row.source or "", row.expression or "", row.target


def _guarded(cell: str) -> str:
    return f"'{cell}" if _GUARDED.match(cell) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _GUARDED.match(cell) else cell


def _tsv_cell(cell: str) -> str:
    """In quotes where there is something in it that ends a cell."""
    return '"' + cell.replace('"', '""') + '"' if cell.startswith('"') or re.search(r"[\t\r\n]", cell) else cell


# Reading


def read_table(text: str, around: Surroundings, layout: Layout | None = None, *, is_file: bool = False) -> ReadTable:
    """Read a table: what was copied from a spreadsheet, or what stands in a CSV file.

    Args:
        layout: How to read its columns; None: as its first line says, or as it looks.
        is_file: It is then comma separated unless its first line says otherwise.
    """
    text = text.removeprefix("\ufeff")
    lines, broken = _records(text, _delimiter(text, is_file))
    notes: list[str] = []
    header = _header(lines[0][1]) if lines else None
    if (
        header is not None
        and len(header) == 1
        and (len(lines) == 1 or lines[0][1][0].strip() in (around.columns or ()))
    ):
        header = None
    is_ours = bool(lines) and tuple(lines[0][1]) == COLUMNS
    if header is not None:
        ignored = [cell.strip() for cell, role in zip(lines[0][1], header, strict=True) if not role and cell.strip()]
        if ignored:
            notes.append(f"Not read: the columns {', '.join(ignored)}.")
        lines = lines[1:]
    layouts = (header,) if header is not None else _layouts(lines, around)
    chosen = layout if layout is not None else layouts[0]
    rows = [_read_line(number, cells, chosen, around, is_ours=is_ours) for number, cells in lines]
    return ReadTable((*rows, *broken), chosen, layouts, tuple(notes))


def layout_words(layout: Layout) -> str:
    """How the columns are read, in words."""
    return ", ".join(role or "not read" for role in layout)


def _delimiter(text: str, is_file: bool) -> str:
    first = re.split(r"[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0][:_FIRST]
    for candidate in "\t,;":
        if candidate in first and _header(next(csv.reader([first], delimiter=candidate), [])) is not None:
            return candidate
    if not is_file or "\t" in first:
        return "\t"
    # No expression has a semicolon.
    return ";" if ";" in first and "," not in first else ","


def _header(cells: Sequence[str]) -> Layout | None:
    """What the columns of a first line are called; None when it names no mapping."""
    found: list[Role] = [_NAMES.get(" ".join(cell.replace("_", " ").split()).casefold(), "") for cell in cells]
    # A role that is named twice is the first one's.
    roles: list[Role] = ["" if role in found[:at] else role for at, role in enumerate(found)]
    needed = 2 if len(cells) > 1 else 1
    return tuple(roles) if sum(bool(role) for role in roles) >= needed else None


def _layouts(lines: Sequence[tuple[int, Sequence[str]]], around: Surroundings) -> tuple[Layout, ...]:
    """How a table without a first line of names may be read, the likeliest first."""
    widths = [len(cells) for _, cells in lines]
    width = max(set(widths), key=lambda one: (widths.count(one), one)) if widths else 1
    if width >= 3:
        return (COLUMNS, ("source", "target", "expression"), ("target", "source", "expression"))
    if width == 2:
        there: Layout = ("source", "target")
        back: Layout = ("target", "source")
        first, second = ([cells[at] for _, cells in lines if len(cells) > at] for at in (0, 1))
        turned = _share(first, around.fields) + _share(second, around.columns or ()) > _share(
            second, around.fields
        ) + _share(first, around.columns or ())
        return (back, there) if turned else (there, back)
    only = [cells[0] for _, cells in lines]
    fields_first = _share(only, around.fields) > _share(only, around.columns or ())
    return (("target",), ("source",)) if fields_first else (("source",), ("target",))


def _share(cells: Sequence[str], known: Collection[str]) -> float:
    return sum(cell.strip() in known for cell in cells) / len(cells) if cells and known else 0.0


def _records(text: str, delimiter: str) -> tuple[list[tuple[int, list[str]]], tuple[ReadRow, ...]]:
    """Every record that is not blank, with the line it begins on; and what could not be read to its end."""
    if delimiter == "\t":
        return [record for record in _pasted(text) if any(map(str.strip, record[1]))], ()
    records: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return records, ()
        except csv.Error as error:
            what = f"From here on it cannot be read: {error}. Close the quote, or double it"
            return records, (ReadRow(number, "", None, what),)
        if any(map(str.strip, cells)):
            records.append((number, cells))
        number = reader.line_num + 1


def _pasted(text: str) -> Iterator[tuple[int, list[str]]]:
    """Cells as spreadsheets copy them: in quotes only where they hold a tab, a line break or a doubled quote.

    Whatever else begins with a quote is the cell as it is, such as `"a" + b`.
    """
    at, number, begun = 0, 1, 1
    cells: list[str] = []
    while at < len(text):
        quoted = _QUOTED_CELL.match(text, at) if text[at] == '"' else None
        if quoted is not None and re.search(r'[\t\r\n]|""', quoted[1]):
            cells.append(quoted[1].replace('""', '"'))
            number += quoted[1].count("\n")
        else:
            quoted = _RAW_CELL.match(text, at)
            assert quoted is not None  # noqa: S101  # it matches nothing, too
            cells.append(quoted[0])
        at = quoted.end()
        if text.startswith("\t", at):
            at += 1
            if at < len(text):
                continue
            cells.append("")
        if cells:
            yield begun, cells
        at += 2 if text.startswith("\r\n", at) else 1
        number += 1
        begun, cells = number, []


def _read_line(number: int, cells: Sequence[str], layout: Layout, around: Surroundings, *, is_ours: bool) -> ReadRow:
    shown = "  ".join(" ".join(cell.split()) for cell in cells if cell.strip())[:200]
    further = [cell for cell in cells[len(layout) :] if cell.strip()]
    if further:
        what = f"It has {len(cells)} columns, and {len(layout)} are read ({layout_words(layout)})"
        return ReadRow(number, shown, None, what)
    said: dict[Role, str] = {role: _unguarded(cell) for role, cell in zip(layout, cells, strict=False) if role}
    if not is_ours:
        said = {role: cell.strip() for role, cell in said.items()}
    source, expression, target = (said.get(role, "") for role in COLUMNS)
    if "target" in said and not target and len(layout) == 1:
        return ReadRow(number, shown, None, "It names no field")
    if expression:
        # In a spreadsheet a calculation begins with an equals sign.
        text = expression if is_ours else expression.removeprefix("=").strip()
        note = f"its expression is taken, its source {source[:60]} is not" if source.strip() else ""
        return ReadRow(number, shown, MappingRow(expression=text, target=target), note)
    if not source:
        return ReadRow(number, shown, MappingRow(target=target))
    row = _of_source(source, target, around, calculates=not is_ours)
    if len(layout) == 1 and not _is_likely(row, around):
        return ReadRow(number, shown, None, "This is no column of the source, and no expression")
    return ReadRow(number, shown, row)


def _of_source(text: str, target: str, around: Surroundings, *, calculates: bool) -> MappingRow:
    """A row of what stands in a source column, where people write names as they are, and expressions too."""
    if calculates and text.startswith("="):
        return MappingRow(expression=text[1:].strip(), target=target)
    if around.columns is not None and text in around.columns:
        return MappingRow(source=as_source(text), target=target)
    try:
        SourcePath.parse(text)
        return MappingRow(source=text, target=target)
    except PathError:
        pass
    if calculates:
        try:
            parse(text)
            return MappingRow(expression=text, target=target)
        except DataPrepError:
            pass
    if _COLUMN_LIKE.fullmatch(text):
        return MappingRow(source=quote_column(text), target=target)
    return MappingRow(expression=text, target=target) if calculates else MappingRow(source=text, target=target)


def _is_likely(row: MappingRow, around: Surroundings) -> bool:
    """Of a line that says nothing but a source: can it be meant as one?"""
    if row.expression is not None:
        try:
            parse(row.expression)
        except DataPrepError:
            return False
        return True
    if around.columns is None:
        return True
    path = SourcePath.parse(row.source or "")
    return path.column in around.columns or str(path.segments[0]) in around.columns
