"""What the table shows: mapping rows, or what is not mapped yet. Rows are made, and tried, when they are looked at.

Which of them show, and in which order, is settled when a view or a sort is chosen, and from then on follows the edits:
a row that was mended or made stays where it is, under the cursor, until the view is chosen again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aeptui.chain.mapping_rows import as_source, shown_source, source_text
from aeptui.chain.row_memory import Rows, same_ends
from aeptui.ui.screens.pipeline_sections.mapping.trials import (
    Trial,
    Tried,
    columns_read,
    given_cell,
    with_forecast,
)
from aeptui.ui.screens.pipeline_sections.source import value_cell
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Cell, Row, sorted_places

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow
    from aeptui.chain.problems import Problem
    from aeptui.session.losses import Forecast
    from aeptui.ui.screens.pipeline_sections.state import EditorState

View = Literal["all", "problems", "unmapped", "calculated"]
VIEWS: tuple[View, ...] = ("all", "problems", "unmapped", "calculated")

NEEDS_TRIALS = frozenset({"in", "out", "state"})
"""Columns that say what comes of a row; the others say what it is."""
_MARKS = {"ok": "ok", "warning": "warning", "error": "fail", "unknown": "pending"}
_STYLES = {"ok": "ok", "warning": "warning", "error": "error", "unknown": "muted"}
_RANKS = {"error": 0, "warning": 1, "unknown": 2, "ok": 3}
COLUMN_KEYS = ("source", "target", "type", "in", "out", "state")
_CELLS = {key: at for at, key in enumerate(COLUMN_KEYS)}


class MappingRows:
    """The mapping as grid rows; the key of a row is its place in the mapping.

    Args:
        places: The rows that show without a filter, in their order; None: all.
        before: What was shown until now; what it knows of rows that did not change is kept.
    """

    def __init__(
        self,
        rows: Rows,
        trial: Trial,
        problems: Mapping[int, Problem],
        forecast: Forecast | None = None,
        *,
        places: Sequence[int] | None = None,
        before: MappingRows | None = None,
    ) -> None:
        self.rows = rows
        self.trial = trial
        self.places = range(len(rows)) if places is None else places
        self._problems = problems
        self._forecast = forecast
        self._texts: list[str] | None = None
        self._found: tuple[str, Sequence[int]] = ("", self.places)
        if before is not None and before._texts is not None:
            first, last = same_ends(before.rows, rows)
            changed = rows[first : len(rows) - last]
            self._texts = [
                *before._texts[:first], *map(_text, changed), *before._texts[len(before.rows) - last :]
            ]  # fmt: skip

    def placed(self, places: Sequence[int]) -> MappingRows:
        """The same, with these rows showing."""
        return MappingRows(self.rows, self.trial, self._problems, self._forecast, places=places, before=self)

    def __len__(self) -> int:
        return len(self.rows)

    def key(self, index: int) -> str:
        return str(index)

    def index_of(self, key: str) -> int | None:
        return int(key) if key.isdecimal() and int(key) < len(self.rows) else None

    def order(self, filter_text: str) -> Sequence[int]:
        """The rows whose source, expression and target contain all the words; none is tried for that."""
        text, found = self._found
        if not filter_text.startswith(text):
            found = self.places
        if filter_text.split():
            texts = self._texts = self._texts if self._texts is not None else [_text(row) for row in self.rows]
            for term in filter_text.casefold().split():
                found = [index for index in found if term in texts[index]]
        self._found = filter_text, found
        return found

    def tried(self, index: int, *, explained: bool = False) -> Tried:
        """The row at this place, tried; what it loses in the forecast, or a problem of the document, is added when the
        trial finds nothing that is wrong with the row itself."""
        row = self.rows[index]
        tried = self.trial.explained(row) if explained else self.trial.of(row)
        if self._forecast is not None and (tried.state in {"ok", "unknown"} or tried.is_about_value):
            tried = with_forecast(tried, self._forecast.mappings.get(row), self._forecast.readable)
        problem = self._problems.get(index)
        if problem is not None and tried.state in {"ok", "unknown"}:
            return Tried(
                problem.severity, problem.what, problem.fix, tried.type, tried.given, tried.made, tried.has_value
            )
        return tried

    def has_problem(self, index: int) -> bool:
        """Is there an error or a warning, on the sample row that is shown?"""
        return self.tried(index).state in {"error", "warning"}

    def row(self, index: int) -> Row:
        tried = self.tried(index)
        return Row(str(index), tuple(_cell(self.rows[index], key, tried) for key in COLUMN_KEYS))

    def sorted_by(self, column: str, places: Sequence[int], *, descending: bool) -> list[int]:
        """Some of the rows, in the order of a column."""
        if column in NEEDS_TRIALS:
            cells = {index: _cell(self.rows[index], column, self.tried(index)) for index in places}
        elif column == "type":
            cells = {index: Cell(self.trial.type_of(self.rows[index].target)) for index in places}
        else:
            texts = [(row.target if column == "target" else shown_source(row)).casefold() for row in self.rows]
            return sorted(places, key=texts.__getitem__, reverse=descending)
        return sorted_places(places, cells, descending=descending)

    def carried(self, rows: Rows) -> list[int]:
        """The places that show, after the mapping became `rows`: what stayed stays, and what is new shows as well."""
        if len(rows) == len(self.rows):
            return list(self.places)
        now, added = _moves(self.rows, rows)
        carried: list[int] = []
        behind: dict[int, list[int]] = {}
        first = -1
        for index in added:
            # New rows stand behind the row they were put behind.
            first = first if index - 1 in added else index - 1
            behind.setdefault(first, []).append(index)
        for index in (now[old] for old in self.places if old in now):
            carried += [index, *behind.pop(index, ())]
        for rest in behind.values():
            carried += rest
        return carried


def _moves(before: Sequence[MappingRow], after: Sequence[MappingRow]) -> tuple[dict[int, int], dict[int, None]]:
    """Where each row that stayed stands now, and the places of those that are new."""
    old_ids, new_ids = {id(row) for row in before}, {id(row) for row in after}
    now: dict[int, int] = {}
    old = 0
    added: dict[int, None] = {}
    for new, row in enumerate(after):
        if id(row) in old_ids:
            while old < len(before) and before[old] is not row and id(before[old]) not in new_ids:
                old += 1
        if old < len(before) and before[old] is row:
            now[old] = new
            old += 1
        else:
            added[new] = None
    return now, added


def _text(row: MappingRow) -> str:
    return f"{source_text(row)} {row.target}".casefold()


def source_cell(row: MappingRow) -> Cell:
    """The column or the expression of a row."""
    return Cell(shown_source(row) or "-", "accent" if row.expression is not None else "")


def target_cell(row: MappingRow) -> Cell:
    """The target of a row."""
    return Cell(row.target or "-")


def _cell(row: MappingRow, column: str, tried: Tried) -> Cell:
    if column == "type":
        return Cell(tried.type, "muted")
    if column == "in":
        return given_cell(tried)
    if column == "out":
        return value_cell(tried.made) if tried.has_value else Cell("")
    if column == "state":
        reason = tried.reason or tried.state
        return Cell(
            f"{glyph(_MARKS[tried.state])} {reason}", _STYLES[tried.state], sort=f"{_RANKS[tried.state]}{reason}"
        )
    return target_cell(row) if column == "target" else source_cell(row)


# What is not mapped


@dataclass(frozen=True)
class Free:
    """A column that nothing is mapped from, or a required field that nothing fills; the other one is empty."""

    column: str
    target: str
    type: str

    @property
    def key(self) -> str:
        return f"from {self.column}" if self.column else f"to {self.target}"

    @property
    def mapping(self) -> MappingRow:
        """The mapping that begins here."""
        from aeptui.chain.pipeline import MappingRow

        return MappingRow(source=as_source(self.column) if self.column else None, target=self.target)


class FreeRows:
    """What was not mapped when the view was chosen; what was mapped since says so, and stays.

    Args:
        current: The sample row.
        filled: The row of the mapping that reads a column, or fills a field, by the key of what is free.
    """

    def __init__(
        self,
        free: Sequence[Free],
        rows: Sequence[MappingRow],
        current: Mapping[str, object] | None,
        filled: Mapping[str, int],
    ) -> None:
        self.free = free
        self._rows = rows
        self._current = current
        self.filled = filled
        self._keys = {one.key: index for index, one in enumerate(free)}

    def __len__(self) -> int:
        return len(self.free)

    def key(self, index: int) -> str:
        return self.free[index].key

    def index_of(self, key: str) -> int | None:
        return self._keys.get(key)

    def order(self, filter_text: str) -> Sequence[int]:
        """Those whose name contains all the words."""
        terms = filter_text.casefold().split()
        texts = ((index, f"{one.column} {one.target}".casefold()) for index, one in enumerate(self.free))
        return [index for index, text in texts if all(term in text for term in terms)]

    def sorted(self, column: str, *, descending: bool) -> FreeRows:
        """The same in the order of a column."""
        at = _CELLS[column]
        cells = {index: self.row(index).cells[at] for index in range(len(self))}
        order = sorted_places(range(len(self)), cells, descending=descending)
        return FreeRows([self.free[index] for index in order], self._rows, self._current, self.filled)

    def row(self, index: int) -> Row:
        one = self.free[index]
        place = self.filled.get(one.key)
        value = value_cell(self._current.get(one.column)) if self._current is not None and one.column else Cell("")
        if place is not None:
            row = self._rows[place]
            state = Cell(f"{glyph('ok')} mapped now", "ok")
            return Row(one.key, (source_cell(row), target_cell(row), Cell(one.type, "muted"), value, "", state))
        state = (
            Cell(f"{glyph('pending')} not mapped", "muted")
            if one.column
            else Cell(f"{glyph('warning')} required", "warning")
        )
        return Row(
            one.key, (Cell(one.column or "-"), Cell(one.target or "-"), Cell(one.type, "muted"), value, "", state)
        )


def free_of(state: EditorState, required: Sequence[str]) -> Iterator[Free]:
    """The columns that nothing is mapped from, and the required fields that nothing fills."""
    sources: set[str | None] = set()
    expressions: set[str] = set()
    for row in state.pipeline.mapping:
        if row.expression is None:
            sources.add(row.source)
        else:
            expressions.add(row.expression)
    used: set[str] = set().union(*(columns_read(text) for text in sources if text))
    used.update(*(columns_read(text, calculated=True) for text in expressions))
    preview = state.sample.preview
    for column in preview.columns if preview is not None else ():
        if column.name not in used:
            yield Free(column.name, "", column.type)
    for path in required:
        yield Free("", path, state.target.types.get(path, ""))


def filled_of(free: Sequence[Free], rows: Sequence[MappingRow]) -> dict[str, int]:
    """The first row that reads a column, or fills a field, of those that were free."""
    columns = {one.column: one.key for one in free if one.column}
    targets = {one.target: one.key for one in free if one.target}
    found: dict[str, int] = {}
    for place, row in enumerate(rows):
        if row.target in targets:
            found.setdefault(targets[row.target], place)
        for column in columns_read(source_text(row), calculated=row.expression is not None):
            if column in columns:
                found.setdefault(columns[column], place)
    return found
