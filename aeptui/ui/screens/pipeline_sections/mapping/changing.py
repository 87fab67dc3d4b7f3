"""Changing mapping rows: one in its form, or the selected ones at once. Every change is one edit, so one undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType

from aeptui.ui.screens.pipeline_sections.mapping.table import MappingTable
from aeptui.ui.screens.pipeline_sections.mapping.trials import source_text
from aeptui.ui.widgets.grid import Grid

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow


class Changing(MappingTable):
    """Adds, changes and deletes rows."""

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
    ]

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
        from aeptui.ui.screens.pipeline_sections.mapping.form import MappingFormScreen

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
