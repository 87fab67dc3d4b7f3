"""Rows from elsewhere and to elsewhere: pasted, imported, exported. It reads and writes nothing; it asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from aeptui.ui.formatting import counted
from aeptui.ui.screens.pipeline_sections.mapping.changing import Changing

if TYPE_CHECKING:
    from aeptui.chain.mapping_exchange import Merged
    from aeptui.chain.pipeline import MappingRow
    from aeptui.chain.typed_text import Typing


PASTED = "pasted"
"""What text that was pasted is called where text is kept that is not accepted yet."""


class Exchanging(Changing):
    """Takes rows from spreadsheets, files, mapping sets, dataflows and other pipelines, and gives them away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "i",
            "import_rows",
            "import",
            show=False,
            tooltip="Take rows from a file, a mapping set, a dataflow or another pipeline; or paste them right here",
        ),
        Binding("x", "export_rows", "export", show=False, tooltip="Write the selected rows, or all, into a file"),
    ]

    @dataclass
    class Pasted(Message):
        """A text was pasted on the table."""

        text: str

    @dataclass
    class ImportRequested(Message):
        """Rows are to be taken from somewhere."""

    @dataclass
    class ExportRequested(Message):
        """These rows are to be written into a file; `all` says whether they are the whole mapping."""

        rows: tuple[MappingRow, ...]
        all: bool

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.post_message(self.Pasted(event.text))

    def resume(self, typing: Typing) -> bool:
        if typing.place != PASTED:
            return super().resume(typing)
        self.post_message(self.Pasted("\n".join(typing.text.texts)))
        return True

    def action_import_rows(self) -> None:
        self.post_message(self.ImportRequested())

    def action_export_rows(self) -> None:
        rows = self.state.pipeline.mapping
        selected = self._places_of(self._grid.selected_keys)
        if not rows:
            self.notify("There is no mapping to write.", severity="warning")
            return
        chosen = tuple(rows[place] for place in selected) or rows
        self.post_message(self.ExportRequested(chosen, len(chosen) == len(rows)))

    def take(self, verb: str, merged: Merged | None) -> None:
        """Let the mapping become what was read and judged, as one edit; None: nothing was taken."""
        if merged is None:
            return
        count = merged.count("new", "replaces")
        words = counted(count, "mapping")
        self._move_to = min(merged.first or 0, len(merged.rows) - 1) if merged.rows else None
        self.notify(f"{words} taken; u takes it back.")
        self.edit(f"{verb} {words}", mapping=merged.rows)
