"""Why rows failed: one line for each reason, with how many rows and one of them. Counts nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aeptui.ui.formatting import count
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.text_lines import Line, json_lines, line

if TYPE_CHECKING:
    from aeptui.models.data_access import FailedRow
    from aeptui.monitor.failed_rows import Reason

_SHOWN = 6
"""Reasons visible without scrolling; there are rarely more."""


class ReasonList(Grid):
    """One row for each reason, as high as it needs to be; the row's key is its position."""

    DEFAULT_CSS = "ReasonList { height: 2; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(
            Column("count", "Rows", width=6, align="right"),
            Column("message", "Why rows failed", min_width=30),
            Column("code", "Code", width=17),
            Column("example", "For example", min_width=24, priority=1),
            id=id,
        )
        self._reasons: dict[str, Reason] = {}

    def show_reasons(self, reasons: Sequence[Reason]) -> None:
        """Show these reasons, in the order given."""
        self._reasons = {str(at): reason for at, reason in enumerate(reasons)}
        self.styles.height = 1 + max(1, min(_SHOWN, len(reasons)))
        self.show([_row(key, reason) for key, reason in self._reasons.items()])

    @property
    def highlighted(self) -> Reason | None:
        """The reason under the cursor."""
        return self._reasons.get(self.cursor_key or "")


def reason_lines(reason: Reason) -> tuple[Line, ...]:
    """One reason with its example, to read."""
    example = reason.example
    rows = "row" if reason.count == 1 else "rows"
    lines: list[Line] = [
        ((f"{count(reason.count)} {rows}  ", "strong"), (reason.code, "error")),
        line(reason.message),
        (),
        (("One of them  ", "strong"), (place_of(example), "muted")),
    ]
    if example.raw:
        lines.append(line(example.raw))
    if example.record:
        lines += json_lines(example.record)
    others = [error for error in example.errors if error.message != reason.message]
    lines += [line(f"{error.code}: {error.message}", "muted") for error in others]
    return tuple(lines)


def place_of(row: FailedRow) -> str:
    """`members-1.tsv, line 412, column Birthday`, as far as it is known."""
    parts = [(row.file or "").rsplit("/", 1)[-1]]
    if row.line is not None:
        parts.append(f"line {row.line:,}")
    if row.column:
        parts.append(f"column {row.column}")
    return ", ".join(part for part in parts if part)


def _row(key: str, reason: Reason) -> Row:
    example = ": ".join(part for part in (place_of(reason.example), reason.example.raw) if part)
    return Row(
        key,
        (
            Cell(count(reason.count), "error", sort=reason.count),
            reason.message,
            Cell(reason.code, "muted"),
            Cell(example, "muted"),
        ),
    )
