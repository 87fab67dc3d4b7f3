"""Auto-map: what names and sample values suggest is offered, and what is taken is one edit."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from aeptui.chain.mapping_rows import as_source
from aeptui.ui.formatting import counted
from aeptui.ui.screens.pipeline_sections.mapping.table import MappingTable, no_fields


class AutoMapping(MappingTable):
    """Suggests fields for the columns that are still free."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "auto_map", "auto-map", tooltip="Map columns to the fields they seem to mean; you choose which"),
    ]

    def action_auto_map(self) -> None:
        """Offer what names and sample values suggest; what is taken is one edit, so one `u` takes it back."""
        from aeptui.chain.automap import automap
        from aeptui.ui.screens.pipeline_sections.mapping.suggestions import SuggestionScreen

        state = self.state
        preview = state.sample.preview
        if preview is None or not state.target.fields:
            missing = "source's columns" if preview is None else "schema's fields"
            why = state.sample.error if preview is None else no_fields(state)
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
                words = counted(len(new), "field")
                self.notify(f"{words} mapped; u takes it back.")
                self.edit(f"auto-map {words}", mapping=(*before, *new))

        self.app.push_screen(SuggestionScreen(found, len(columns)), chosen)
