"""The first rows of a file as a table, and its format in words. Reads nothing itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.text_lines import Line

if TYPE_CHECKING:
    from aeptui.models.connections import FileFormat, FilePreview

_DELIMITERS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "pipe", " ": "space", "\x01": "ctrl-a"}
_BY_WORD = {word: character for character, word in _DELIMITERS.items()} | {"\\t": "\t"}
_NOTHING = (Column("none", "First rows"),)


class FilePreviewGrid(Grid):
    """Columns as the file names them; wide tables scroll sideways."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.back_to_files", "files", show=False, tooltip="Back to the files"),
        Binding("g", "screen.pick_pattern", "pattern", show=False, tooltip="Pick the files of a pattern"),
    ]

    def __init__(self, id: str | None = None) -> None:
        super().__init__(*_NOTHING, empty="A file's first rows show here.", id=id)
        self._preview: FilePreview | None = None

    def show_preview(self, preview: FilePreview) -> None:
        """Show these rows."""
        if preview is self._preview:
            return
        self._preview = preview
        names = [column.name for column in preview.columns]
        columns = tuple(
            Column(f"c{at}", f"{column.name} ({column.type})" if column.type != "string" else column.name, min_width=8)
            for at, column in enumerate(preview.columns)
        )
        self.empty_text = "The file has no rows."
        rows = [
            Row(str(at), tuple(value_cell(row.get(name)) for name in names)) for at, row in enumerate(preview.rows, 1)
        ]
        self._show(columns or _NOTHING, rows)

    def show_nothing(self, why: str) -> None:
        """Show no rows, and say why."""
        self._preview = None
        self.empty_text = why
        self._show(_NOTHING, [])

    def _show(self, columns: tuple[Column, ...], rows: list[Row]) -> None:
        other = columns != self.columns
        self.columns = columns
        if other:
            self._model.sort_column = None
            self.scroll_to(x=0, animate=False, force=True, immediate=True)
        self.show(rows)
        self.refresh()


def value_cell(value: object) -> Cell:
    """A value as a cell: null is said, text is shown as it is."""
    if value is None:
        return Cell("null", "muted")
    if isinstance(value, str):
        return Cell(value)
    return Cell(json.dumps(value, ensure_ascii=False, default=str))


def delimiter_word(delimiter: str | None) -> str:
    """`tab` for a tab; comma where none is named."""
    return _DELIMITERS.get(delimiter or ",", delimiter or "")


def delimiter_of(word: str) -> str:
    """The character that is meant by a word or itself."""
    return _BY_WORD.get(word.strip().casefold(), word if word == " " else word.strip() or word)


def format_line(file_format: FileFormat, *, detected: bool, rows: int | None) -> Line:
    """`delimited  tab  UTF-8  not compressed`, each with the key that changes it."""
    runs: list[tuple[str, str]] = []

    def add(key: str, text: str) -> None:
        runs.extend([(f"{key} ", "key"), (f"{text}   ", "")])

    add("t", file_format.format)
    if file_format.format == "delimited":
        add("l", delimiter_word(file_format.column_delimiter))
        add("u", file_format.encoding or "UTF-8")
    if file_format.format != "parquet":
        add("c", file_format.compression or "not compressed")
    runs.append(("detected" if detected else "as you said; r detects again", "muted" if detected else "accent"))
    if rows is not None:
        runs.append((f"   first {rows:,} rows" if rows else "", "muted"))
    return tuple(runs)
