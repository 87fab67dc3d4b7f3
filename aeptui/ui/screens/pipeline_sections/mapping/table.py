"""The table of mapping rows, tried on a sample row as they are edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from aeptui.chain.mapping_checks import above, target_field
from aeptui.chain.mapping_rows import source_text
from aeptui.ui.screens.pipeline_sections.base import Section
from aeptui.ui.screens.pipeline_sections.mapping.rows import FreeRows, MappingRows, View, filled_of
from aeptui.ui.screens.pipeline_sections.mapping.trials import given_cell, sentence, trial_of
from aeptui.ui.screens.pipeline_sections.source import value_text
from aeptui.ui.screens.pipeline_sections.state import EditorState
from aeptui.ui.widgets.cells import cut, printable, width
from aeptui.ui.widgets.grid import Column, Grid
from aeptui.ui.widgets.text_lines import Line, line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from textual.widget import Widget

    from aeptui.chain.pipeline import MappingRow, Pipeline
    from aeptui.chain.problems import Problem
    from aeptui.session.losses import Forecast

COLUMNS = (
    Column("source", "Source or expression", min_width=20),
    Column("target", "Target", min_width=20),
    Column("type", "Type", width=9, priority=2),
    Column("in", "Sample in", min_width=9, priority=3),
    Column("out", "Sample out", min_width=10, priority=1),
    Column("state", "State", min_width=18),
)


_SHORTEST = 20
"""Cells that a source keeps of its line, however long its target is."""


class MappingGrid(Grid):
    """The grid of mapping rows; its key line belongs to what one does with them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "edit", tooltip="Change the row under the cursor"),
        Binding("slash", "open_filter", "filter", show=False, tooltip="Show only rows that contain some words"),
        Binding("space", "toggle_row", "select", show=False, tooltip="Select or unselect the row"),
    ]

    @dataclass
    class SortChosen(Message):
        """The rows are to be put in the order of a column; None: in their own."""

        grid: MappingGrid

        @property
        def control(self) -> MappingGrid:
            return self.grid

    @dataclass
    class AllRequested(Message):
        """Esc, and no filter to take away: everything is to be shown."""

        grid: MappingGrid

        @property
        def control(self) -> MappingGrid:
            return self.grid

    shows_part = False
    """Do not all rows show, filter apart?"""
    shows_free = False
    """Does it show what is not mapped? That cannot be selected."""

    @property
    def sorted_by(self) -> tuple[str | None, bool]:
        """The column that decides the order, and whether it goes down."""
        column = self._model.sort_column
        return (self.columns[column].key if column is not None else None), self._model.sort_descending

    @property
    def places(self) -> Sequence[int]:
        """Places of the rows shown, in their order."""
        return self._model.places

    def move_to_index(self, index: int) -> bool:
        """Put the cursor on that row of the mapping; False when it does not show."""
        return self.move_to(str(index))

    def _sort(self) -> None:
        # Some orders are known only when every row was tried: whoever knows the rows puts them in order.
        self.post_message(self.SortChosen(self))

    def forget_sort(self) -> None:
        """Rows are to stand in their own order again."""
        self._model.sort_column = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "clear_filter" and self.shows_part:
            return True
        if self.shows_free and action in {"toggle_row", "toggle_all", "select_range", "extend"}:
            return False
        return super().check_action(action, parameters)

    def action_clear_filter(self) -> None:
        if self.filter_text or self._filter_open:
            super().action_clear_filter()
        elif self.shows_part:
            self.post_message(self.AllRequested(self))


class MappingTable(Section):
    """One grid, and below it the row under the cursor in full.

    What is done with rows is added by classes on top; `MappingSection` joins them.
    """

    SECTION = "mapping"
    DEFAULT_CSS = """
    MappingTable {
        #mapping-detail { height: 4; }
        &.-forecast #mapping-detail { height: 6; }
    }
    """

    def __init__(self, state: EditorState) -> None:
        super().__init__(state)
        self._trial = state.trial or trial_of(state)
        self._rows = MappingRows((), self._trial, {})
        self._free: FreeRows | None = None
        """What was not mapped, while that is shown."""
        self._view: View = "all"
        self._unfilled: tuple[object, object, list[str]] = (None, None, [])
        self._shown: tuple[object, ...] = ()
        self._move_to: int | None = None
        self._title = ""

    def compose(self) -> ComposeResult:
        empty = "Nothing is mapped: a maps by name, n adds one, i imports; or paste rows."
        yield MappingGrid(*COLUMNS, multi_select=True, empty=empty, id="mapping-grid")
        yield TextView(id="mapping-detail", can_focus=False)

    def panes(self) -> Sequence[Widget]:
        return (self._grid,)

    @property
    def _grid(self) -> MappingGrid:
        return self.query_one("#mapping-grid", MappingGrid)

    def show_state(self, state: EditorState) -> None:
        self._trial = state.trial or trial_of(state)
        self._title = self._summary()
        problems = row_problems(state)
        found = state.forecast.valid(state.pipeline)
        shown = (state.pipeline.mapping, id(self._trial), problems, found)
        if shown != self._shown:
            self._shown = shown
            self._take_rows(state, problems, found)
            self._grid.show(self._source)
        if self._move_to is not None:
            self._grid.move_to_index(self._move_to)
            self._move_to = None
        self._show_detail()

    @property
    def _source(self) -> MappingRows | FreeRows:
        return self._rows if self._free is None else self._free

    def _take_rows(self, state: EditorState, problems: Mapping[int, Problem], forecast: Forecast | None) -> None:
        """The rows as they are now, in the view and the order that were chosen."""
        rows, before = state.pipeline.mapping, self._rows
        as_they_come = self._view in {"all", "unmapped"} and self._grid.sorted_by[0] is None
        places = None if as_they_come else before.places if rows is before.rows else before.carried(rows)
        self._rows = MappingRows(rows, self._trial, problems, forecast, places=places, before=before)
        if self._free is not None:
            free = self._free.free
            self._free = FreeRows(free, rows, state.sample.current, filled_of(free, rows))

    @on(Grid.Highlighted, "#mapping-grid")
    def _highlighted(self, event: Grid.Highlighted) -> None:
        event.stop()
        self._show_detail()

    def _show_detail(self) -> None:
        self.query_one("#mapping-detail", TextView).show(self._detail(), title=self._title)

    def _summary(self) -> str:
        state = self.state
        parts = [self._view_words()]
        missing = self._missing_required()
        if missing and self._view != "unmapped":
            parts.append(f"required and not mapped: {', '.join(missing)}")
        if state.sample.state == "reading":
            parts.append("reading sample rows")
        elif state.sample.preview is not None and state.sample.preview.rows:
            count = len(state.sample.preview.rows)
            parts.append(f"sample row {state.sample.row % count + 1} of {count}")
        else:
            parts.append("no sample rows")
        return "   ".join(parts)

    def _view_words(self) -> str:
        """What is shown, and how much of it there is."""
        count = len(self.state.pipeline.mapping)
        if self._free is not None:
            filled = len(self._free.filled)
            now = f", {filled:,} mapped now" if filled else ""
            return f"unmapped: {len(self._free) - filled:,}{now}   {count:,} mapped"
        return f"{count:,} mapped" if self._view == "all" else f"{self._view}: {len(self._rows.places):,} of {count:,}"

    def _missing_required(self) -> list[str]:
        rows, fields = self.state.pipeline.mapping, self.state.target.fields
        if self._unfilled[0] is not rows or self._unfilled[1] is not fields:
            self._unfilled = (rows, fields, missing_required(self.state))
        return self._unfilled[2]

    def _detail(self) -> list[Line]:
        index = self._current
        if index is None:
            return self._free_detail()
        row, tried = self.state.pipeline.mapping[index], self._rows.tried(index, explained=True)
        arrow = (" -> ", "muted")
        target = row.target or "no target yet"
        rest: Line = (arrow, (target, "strong"))
        if tried.type:
            rest += ((f"  {tried.type}", "muted"),)
        if tried.reason:
            rest += (("   m mend  enter edit", "muted"),)
        # A long expression leaves room to its value, or to what is wrong; all of it comes last.
        room = self.size.width - 3 - sum(width(text) for text, _ in rest)
        whole = printable(source_text(row))
        source = cut(whole, max(_SHORTEST, room))
        first: Line = ((source or "no source yet", "strong"), *rest)
        made = "null" if tried.made is None else printable(_cut(tried.made))
        # Both in one line: neither pushes the other out.
        room = self.size.width - 3 - len("in    out ")
        given = cut(printable(given_cell(tried).text), max(_SHORTEST, room - min(width(made), room // 2)))
        made = cut(made, max(_SHORTEST, room - width(given)))
        values: Line = (("in ", "muted"), (given, ""), ("   out ", "muted"), (made, ""))
        # Values of a row that is wrong say nothing, and the reason needs the room.
        has_values = tried.has_value and (tried.state != "error" or tried.is_about_value)
        lines = [first, values] if has_values else [first]
        if tried.reason:
            lines.append(line(sentence(tried), tried.state))
        if source != whole:
            lines.append(line(whole, "muted"))
        return lines

    def _free_detail(self) -> list[Line]:
        at = self._free.index_of(self._grid.cursor_key or "") if self._free is not None else None
        if self._free is None or at is None:
            return []
        one = self._free.free[at]
        place = self._free.filled.get(one.key)
        row = one.mapping if place is None else self.state.pipeline.mapping[place]
        source, target = source_text(row) or "no source yet", row.target or "no target yet"
        words = (
            "enter begins a mapping with it" if place is None else f"mapped now, in row {place + 1:,}; enter changes it"
        )
        return [((source, "strong"), (" -> ", "muted"), (target, "strong")), line(words, "muted")]

    @property
    def _current(self) -> int | None:
        """The row of the mapping under the cursor; None where there is none."""
        key = self._grid.cursor_key
        index = int(key) if key is not None and key.isdecimal() else None
        return index if index is not None and index < len(self.state.pipeline.mapping) else None

    def pick_in_tree(self, row: MappingRow, index: int | None, then: Callable[[str | None], None]) -> None:
        """Let a target be chosen in the schema's tree for a row that is being typed.

        Args:
            index: Its place in the mapping; None: it is a new one.
        """

    def go_to(self, problem: Problem) -> None:
        if problem.row is not None:
            self.show_all()
            if not self._grid.move_to_index(problem.row):
                self._move_to = problem.row  # it shows when all do

    def go_to_change(self, before: Pipeline) -> None:
        rows = self.state.pipeline.mapping
        if rows and rows != before.mapping:
            pairs = zip(rows, before.mapping, strict=False)
            changed = next((at for at, (row, was) in enumerate(pairs) if row is not was and row != was), None)
            shorter = min(len(rows), len(before.mapping))
            self._grid.move_to_index(min(shorter if changed is None else changed, len(rows) - 1))

    def show_all(self) -> None:
        """Take filter and view away."""
        if self._grid.filter_text:
            self._grid.action_clear_filter()


def no_fields(state: EditorState) -> str:
    """Why there are no fields to map to, and what to do."""
    if state.target.error:
        return state.target.error
    if state.target.state == "reading":
        return "They are being read."
    return "Choose a schema, or a class for a new one, in the section Target."


def row_problems(state: EditorState) -> Mapping[int, Problem]:
    """The worst problem of every mapping row that has one."""
    found: dict[int, Problem] = {}
    for problem in state.all_problems():
        if problem.section == "mapping" and problem.row is not None:
            held = found.get(problem.row)
            if held is None or (held.severity != "error" and problem.severity == "error"):
                found[problem.row] = problem
    return found


def missing_required(state: EditorState) -> list[str]:
    """Required fields at the top of the schema, or inside an object that is mapped, that nothing fills."""
    required = [one.path for one in state.target.fields if one.required]
    if not required:
        return []
    targets = {target_field(row.target) for row in state.pipeline.mapping}
    begun = {parent for target in targets for parent in above(target)}
    missing = []
    for path in required:
        parent = path.rpartition(".")[0]
        if (not parent or parent in begun) and path not in targets and path not in begun:
            missing.append(path)
    return missing


def _cut(value: object) -> str:
    return value_text(value)[:200]
