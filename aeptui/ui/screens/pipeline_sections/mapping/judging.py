"""Judging a mapping: the record it makes of a sample row."""

from __future__ import annotations

import json
from typing import ClassVar

from textual.binding import Binding, BindingType

from aeptui.ui.screens.pipeline_sections.base import SampleRowRequested
from aeptui.ui.screens.pipeline_sections.mapping.table import MappingTable
from aeptui.ui.screens.pipeline_sections.mapping.trials import sample_record
from aeptui.ui.screens.pipeline_sections.source import value_text
from aeptui.ui.widgets.text_lines import Line, json_lines, line


class Judging(MappingTable):
    """Shows what comes of the rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "preview_record", "record", tooltip="The XDM record that the sample row becomes"),
        Binding("full_stop", "sample_row(1)", "next sample row", show=False, tooltip="Try it on the next sample row"),
        Binding("comma", "sample_row(-1)", "sample row before", show=False, tooltip="Try it on the row before"),
    ]

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

    def action_sample_row(self, by: int) -> None:
        self.post_message(SampleRowRequested(by))
