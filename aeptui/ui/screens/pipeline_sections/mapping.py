"""Mapping: which column or expression fills which field, tried on a sample row as it is edited."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aeptui.ui.screens.pipeline_sections.base import SampleRowRequested, Section
from aeptui.ui.screens.pipeline_sections.source import value_text
from aeptui.ui.screens.pipeline_sections.state import EditorState
from aeptui.ui.screens.pipeline_sections.trials import (
    MappingRows,
    Trial,
    as_source,
    given_cell,
    sample_record,
    sentence,
    source_text,
)
from aeptui.ui.widgets.grid import Column, Grid
from aeptui.ui.widgets.text_lines import Line, json_lines, line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from textual.widget import Widget

    from aeptui.chain.pipeline import MappingRow
    from aeptui.chain.problems import Problem

COLUMNS = (
    Column("source", "Source or expression", min_width=20),
    Column("target", "Target", min_width=20),
    Column("type", "Type", width=9, priority=2),
    Column("in", "Sample in", min_width=9, priority=3),
    Column("out", "Sample out", min_width=10, priority=1),
    Column("state", "State", min_width=12),
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


class MappingSection(Section):
    """One grid, and below it the row under the cursor in full."""

    SECTION = "mapping"
    DEFAULT_CSS = """
    MappingSection {
        #mapping-detail { height: 4; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new_row", "new", tooltip="Map one more field"),
        Binding("e", "edit_row", "edit", show=False, tooltip="Change the row under the cursor"),
        Binding(
            "d,delete",
            "delete_rows",
            "delete",
            show=False,
            tooltip="Delete the selected rows, or the one under the cursor",
        ),
        Binding("a", "auto_map", "auto-map", tooltip="Map columns to the fields they seem to mean; you choose which"),
        Binding("p", "preview_record", "record", tooltip="The XDM record that the sample row becomes"),
        Binding("J,exclamation_mark", "jump(1)", "next problem", show=False, tooltip="To the next row with a problem"),
        Binding("K", "jump(-1)", "problem before", show=False, tooltip="To the row with a problem before"),
        Binding("full_stop", "sample_row(1)", "next sample row", show=False, tooltip="Try it on the next sample row"),
        Binding("comma", "sample_row(-1)", "sample row before", show=False, tooltip="Try it on the row before"),
    ]

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
        shown = (state.pipeline.mapping, id(self._trial), problems)
        if shown != self._shown:
            self._shown = shown
            self._rows = MappingRows(state.pipeline.mapping, self._trial, problems)
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

    # Changing

    def action_new_row(self) -> None:
        from aeptui.chain.pipeline import MappingRow

        self._open_form(MappingRow(), None)

    def action_edit_row(self) -> None:
        index = self._current
        if index is not None:
            self._open_form(self.state.pipeline.mapping[index], index)

    @on(Grid.Opened, "#mapping-grid")
    def _opened(self, event: Grid.Opened) -> None:
        event.stop()
        self.action_edit_row()

    def _open_form(self, row: MappingRow, index: int | None) -> None:
        from aeptui.ui.screens.pipeline_sections.mapping_form import MappingFormScreen

        state = self.state
        taken = {one.target for place, one in enumerate(state.pipeline.mapping) if place != index}
        preview = state.sample.preview
        columns = preview.columns if preview is not None else ()
        form = MappingFormScreen(row, self._trial, columns, state.target.fields, taken, is_new=index is None)
        self.app.push_screen(form, lambda answer: self._take(answer, index))

    def _take(self, row: MappingRow | None, index: int | None) -> None:
        if row is None:
            return
        rows = self.state.pipeline.mapping
        if index is None:
            self._move_to = len(rows)
            self.edit(f"map {row.target or source_text(row)}", mapping=(*rows, row))
        else:
            self.edit(f"change mapping {index + 1}", mapping=(*rows[:index], row, *rows[index + 1 :]))

    def action_delete_rows(self) -> None:
        rows = self.state.pipeline.mapping
        current = self._current
        doomed = {int(key) for key in self._grid.selected_keys} or ({current} if current is not None else set())
        if not doomed:
            self.notify("There is no row to delete.", severity="warning")
            return
        self._grid.clear_selection()
        kept = tuple(row for index, row in enumerate(rows) if index not in doomed)
        count = len(doomed)
        what = f"delete mapping {min(doomed) + 1}" if count == 1 else f"delete {count:,} mappings"
        self.notify(f"{count:,} mapping{'s' * (count != 1)} deleted; u takes it back.")
        self._move_to = min(min(doomed), len(kept) - 1) if kept else None
        self.edit(what, mapping=kept)

    def action_auto_map(self) -> None:
        """Offer what names and sample values suggest; what is taken is one edit, so one `u` takes it back."""
        from aeptui.chain.automap import automap
        from aeptui.ui.screens.pipeline_sections.suggestions import SuggestionScreen

        state = self.state
        preview = state.sample.preview
        if preview is None or not state.target.fields:
            missing = "columns of the source" if preview is None else "fields of the schema"
            why = state.sample.error if preview is None else state.target.error
            self.notify(f"The {missing} are not known. {why}".strip(), severity="warning", markup=False)
            return
        mapping = state.pipeline.mapping
        used = {one.source for one in mapping if one.source}
        columns = [column for column in preview.columns if as_source(column.name) not in used]
        taken = {one.target for one in mapping}
        found = automap(columns, state.target.fields, taken, rows=preview.rows, platform=dict(state.target.suggested))
        if not found:
            self.notify("No free column seems to mean a field that is still free.", severity="warning")
            return

        def chosen(keys: tuple[str, ...] | None) -> None:
            from aeptui.chain.pipeline import MappingRow

            picked = [found[int(key)] for key in keys or ()]
            if picked:
                new = tuple(MappingRow(source=one.source, target=one.target) for one in picked)
                before = self.state.pipeline.mapping
                self._move_to = len(before)
                self.notify(f"{len(new):,} field{'s' * (len(new) != 1)} mapped; u takes it back.")
                self.edit(f"auto-map {len(new):,} fields", mapping=(*before, *new))

        self.app.push_screen(SuggestionScreen(found, len(columns)), chosen)

    def action_preview_record(self) -> None:
        """Show what the sample row becomes."""
        from aeptui.ui.screens.read import ReadScreen

        if self._trial.row is None:
            reason = self.state.sample.error or "The first rows of the source are not read yet."
            self.notify(f"There is no sample row. {reason}", severity="warning", markup=False)
            return
        record, said, left_out = sample_record(self.state.pipeline.mapping, self._trial)
        shown = list(json_lines(json.loads(value_text(record))))
        lines: list[Line] = [line(text, "error" if text.startswith("rejected") else "warning") for text in said]
        if left_out:
            lines.append(line(f"{left_out:,} mappings have a problem and are left out.", "warning"))
        lines += [(), *shown] if lines else shown
        self.app.push_screen(ReadScreen(f"XDM record of sample row {self.state.sample.row + 1}", lines))

    def action_jump(self, by: int) -> None:
        count = len(self.state.pipeline.mapping)
        start = self._current or 0
        for step in range(1, count + 1):
            index = (start + by * step) % count
            if self._rows.tried(index).state in {"error", "warning"} and self._grid.move_to_index(index):
                return
        self.notify("No row has a problem.")

    def action_sample_row(self, by: int) -> None:
        self.post_message(SampleRowRequested(by))


def trial_of(state: EditorState) -> Trial:
    """What the mapping of this state is tried against."""
    return Trial(state.target.types, state.sample.columns, state.sample.current, state.now)


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
