"""The table of mapping rows, tried on a sample row as they are edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aeptui.chain.mapping_rows import source_text
from aeptui.ui.screens.pipeline_sections.base import Section
from aeptui.ui.screens.pipeline_sections.mapping.trials import (
    MappingRows,
    given_cell,
    sentence,
    trial_of,
)
from aeptui.ui.screens.pipeline_sections.source import value_text
from aeptui.ui.screens.pipeline_sections.state import EditorState
from aeptui.ui.widgets.grid import Column, Grid
from aeptui.ui.widgets.text_lines import Line, line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from textual.widget import Widget

    from aeptui.chain.problems import Problem

COLUMNS = (
    Column("source", "Source or expression", min_width=20),
    Column("target", "Target", min_width=20),
    Column("type", "Type", width=9, priority=2),
    Column("in", "Sample in", min_width=9, priority=3),
    Column("out", "Sample out", min_width=10, priority=1),
    Column("state", "State", min_width=18),
)


class MappingGrid(Grid):
    """The grid of mapping rows; its key line belongs to what one does with them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "edit", tooltip="Change the row under the cursor"),
        Binding("slash", "open_filter", "filter", show=False, tooltip="Show only rows that contain some words"),
        Binding("space", "toggle_row", "select", show=False, tooltip="Select or unselect the row"),
    ]

    def move_to_index(self, index: int) -> bool:
        """Put the cursor on that row of the mapping; False when it is filtered out."""
        if not self.filter_text and self._model.sort_column is None:
            # The place is known: asking for the key would make every row once.
            self._move(index)
            return True
        return self.move_to(str(index))


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
        self._shown: tuple[object, ...] = ()
        self._move_to: int | None = None
        self._title = ""

    def compose(self) -> ComposeResult:
        empty = "Nothing is mapped yet: a maps by name, n maps one field."
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
            self._rows = MappingRows(state.pipeline.mapping, self._trial, problems, found)
            self._grid.show(self._rows)
        if self._move_to is not None:
            self._grid.move_to_index(self._move_to)
            self._move_to = None
        self._show_detail()

    @on(Grid.Highlighted, "#mapping-grid")
    def _highlighted(self, event: Grid.Highlighted) -> None:
        event.stop()
        self._show_detail()

    def _show_detail(self) -> None:
        self.query_one("#mapping-detail", TextView).show(self._detail(), title=self._title)

    def _summary(self) -> str:
        state = self.state
        parts = [f"{len(state.pipeline.mapping):,} mapped"]
        missing = missing_required(state)
        if missing:
            parts.append(f"required and not mapped: {', '.join(missing)}")
        if state.sample.state == "reading":
            parts.append("reading sample rows")
        elif state.sample.preview is not None and state.sample.preview.rows:
            count = len(state.sample.preview.rows)
            parts.append(f"sample row {state.sample.row % count + 1} of {count}")
        else:
            parts.append("no sample rows")
        return "   ".join(parts)

    def _detail(self) -> list[Line]:
        index = self._current
        if index is None:
            return []
        row, tried = self.state.pipeline.mapping[index], self._rows.tried(index, explained=True)
        arrow = (" -> ", "muted")
        target = row.target or "no target yet"
        first: Line = ((source_text(row) or "no source yet", "strong"), arrow, (target, "strong"))
        if tried.type:
            first += ((f"  {tried.type}", "muted"),)
        made = "null" if tried.made is None else _cut(tried.made)
        values: Line = (("in ", "muted"), (given_cell(tried).text, ""), ("   out ", "muted"), (made, ""))
        # Values of a row that is wrong say nothing, and the reason needs the room.
        has_values = tried.has_value and (tried.state != "error" or tried.is_about_value)
        lines = [first, values] if has_values else [first]
        if tried.reason:
            lines.append(line(sentence(tried), tried.state))
        return lines

    @property
    def _current(self) -> int | None:
        key = self._grid.cursor_key
        index = int(key) if key is not None else None
        return index if index is not None and index < len(self.state.pipeline.mapping) else None

    def copy_text(self) -> str:
        index = self._current
        if index is None:
            return ""
        row = self.state.pipeline.mapping[index]
        return f"{source_text(row)}\t{row.target}"

    def go_to(self, problem: Problem) -> None:
        if problem.row is not None:
            self._grid.action_clear_filter()
            self._grid.move_to_index(problem.row)


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
    targets = [row.target for row in state.pipeline.mapping]
    missing = []
    for one in state.target.fields:
        parent = one.path.rpartition(".")[0]
        needed = one.required and (not parent or any(target.startswith(f"{parent}.") for target in targets))
        filled = any(target == one.path or target.startswith((f"{one.path}.", f"{one.path}[")) for target in targets)
        if needed and not filled:
            missing.append(one.path)
    return missing


def _cut(value: object) -> str:
    return value_text(value)[:200]
