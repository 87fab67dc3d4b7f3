"""Judging a mapping: the records it makes of sample rows."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from aeptui.ui.screens.pipeline_sections.base import PreviewRequested, SampleRowRequested
from aeptui.ui.screens.pipeline_sections.mapping.table import MappingTable


class Judging(MappingTable):
    """Shows what comes of the rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "preview", "preview", tooltip="Each sample row beside the record it becomes; what all lose"),
        Binding("full_stop", "sample_row(1)", "next sample row", show=False, tooltip="Try it on the next sample row"),
        Binding("comma", "sample_row(-1)", "sample row before", show=False, tooltip="Try it on the row before"),
    ]

    def action_preview(self) -> None:
        self.post_message(PreviewRequested())

    def action_sample_row(self, by: int) -> None:
        self.post_message(SampleRowRequested(by))
