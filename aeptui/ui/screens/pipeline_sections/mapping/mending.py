"""Mending the row under the cursor in the table, when there is no doubt about how. One edit, so one undo."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from aeptui.ui.screens.pipeline_sections.mapping.form.fixes import around_row, fix_of
from aeptui.ui.screens.pipeline_sections.mapping.table import MappingTable


class Mending(MappingTable):
    """Puts a row right."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "mend_row", "mend", show=False, tooltip="Mend what is wrong with the row, if a way is sure"),
    ]

    def action_mend_row(self) -> None:
        """Do what is sure to mend the row, and say what it was."""
        index = self._current
        if index is None:
            return
        state = self.state
        mapping = state.pipeline.mapping
        fix = fix_of(mapping[index], self._trial, around_row(state, index))
        if fix is None or fix.row is None:
            said = fix.what if fix is not None else "There is nothing here that is sure to help. enter opens the row."
            self.notify(said, severity="warning", markup=False)
            return
        because = f": {fix.why}" if fix.why else ""
        self.notify(f"Mended; u takes it back. It was to {fix.what}{because}.", markup=False)
        self._move_to = index
        self.edit(f"mend mapping {index + 1}", mapping=(*mapping[:index], fix.row, *mapping[index + 1 :]))
