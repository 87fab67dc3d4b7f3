"""Rows that a flow run refused: where each stands, why, and its own text. Reads nothing itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.reason_list import place_of
from aeptui.ui.widgets.text_lines import Line, json_lines, line

if TYPE_CHECKING:
    from aeptui.models.data_access import FailedRow

_COLUMNS = (
    Column("line", "Line", width=8, align="right"),
    Column("reason", "Why this row failed", min_width=24),
    Column("raw", "The row", min_width=20),
    Column("column", "Field", min_width=14, priority=2),
    Column("file", "File", width=16, priority=1),
    Column("code", "Code", width=15, priority=3),
)


class FailedRowList(Grid):
    """One row for each failed row; the key is its position in what was read."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(*_COLUMNS, empty="No row failed.", id=id)
        self._rows: tuple[FailedRow, ...] = ()

    def show_failed_rows(self, rows: Sequence[FailedRow]) -> None:
        """Show these rows, in the order given."""
        self._rows = tuple(rows)
        numbered = any(row.line is not None for row in rows)
        # Where the platform counts no lines, a column of dashes says nothing.
        self.columns = _COLUMNS if numbered else _COLUMNS[1:]
        self.show([_row(str(at), row, numbered=numbered) for at, row in enumerate(rows)])
        self.refresh()

    @property
    def highlighted(self) -> FailedRow | None:
        """The failed row under the cursor."""
        return self._rows[int(self.cursor_key)] if self.cursor_key is not None else None


def row_text(row: FailedRow) -> str:
    """The row itself: its own text where that is known, else its record."""
    if row.raw:
        return row.raw
    return json.dumps(row.record, ensure_ascii=False, default=str) if row.record else ""


def failed_row_lines(row: FailedRow) -> tuple[Line, ...]:
    """One failed row, to read: where, why, and all of it."""
    lines: list[Line] = [line(place_of(row) or "The platform does not say where it stands.", "strong")]
    for error in row.errors:
        lines += [((f"{error.code}  ", "error"), (error.message, ""))]
    if row.raw:
        lines += [(), line("The row as it stands in the file", "muted"), line(row.raw)]
    if row.record:
        lines += [(), line("As a record", "muted"), *json_lines(row.record)]
    return tuple(lines)


def failed_row_text(row: FailedRow) -> str:
    """What is copied of one."""
    reasons = "\n".join(f"{error.code} {error.message}" for error in row.errors)
    return "\n".join(part for part in (place_of(row), reasons, row_text(row)) if part)


def _row(key: str, row: FailedRow, *, numbered: bool) -> Row:
    first = row.errors[0] if row.errors else None
    more = f" (and {len(row.errors) - 1} more)" if len(row.errors) > 1 else ""
    file = (row.file or "").rsplit("/", 1)[-1]
    cells = (
        Cell(f"{row.line:,}" if row.line is not None else "-", sort=-1 if row.line is None else row.line),
        Cell(f"{first.message}{more}" if first is not None else "not said", "error"),
        row_text(row),
        row.column or "",
        Cell(file, "muted"),
        Cell(first.code if first is not None else "", "muted"),
    )
    return Row(key, cells if numbered else cells[1:])
