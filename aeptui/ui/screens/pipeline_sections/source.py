"""Source: which files, how they are read, and their first rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from aeptui.ui.screens.pipeline_sections.base import ReadAgainRequested, Section
from aeptui.ui.screens.pipeline_sections.state import EditorState
from aeptui.ui.widgets.form import Form, FormField
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row

if TYPE_CHECKING:
    from textual.widget import Widget

    from aeptui.chain.problems import Problem

_DELIMITERS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "pipe", " ": "space", "\x01": "ctrl-a"}
_BY_WORD = {word: character for character, word in _DELIMITERS.items()} | {"\\t": "\t"}
_FORMAT_MEANINGS = {
    "delimited": "text with one delimiter between columns: CSV, TSV",
    "json": "one JSON object per line",
    "parquet": "Apache Parquet",
}
_COMPRESSION_MEANINGS = {
    "bzip2": ".bz2",
    "gzip": ".gz",
    "deflate": "raw deflate",
    "zipDeflate": ".zip",
    "tarGzip": ".tar.gz",
    "tar": ".tar",
}


_FIRST_FIELDS = {
    "source": "base_connection",
    "schema": "kind",
    "dataset": "kind",
    "options": "error_diagnostics",
    "schedule": "frequency",
}
"""Where a problem with a whole table is shown."""


class SourceSection(Section):
    """A form above, the first rows below."""

    SECTION = "source"
    DEFAULT_CSS = """
    SourceSection {
        #source-form { height: 10; }
        #source-rows { border-top: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "explore", "explore", tooltip="Look into the storage, and choose a file, a folder or a pattern"),
        Binding(
            "f", "detect", "detect format", tooltip="Read the beginning of the file, and fill in how it is written"
        ),
        Binding("r", "read_again", "read again", show=False, tooltip="Read the first rows again"),
    ]

    @dataclass
    class ExploreRequested(Message):
        """Look into the storage of the chosen base connection."""

    @dataclass
    class DetectRequested(Message):
        """Find out how the files are written."""

    def compose(self) -> ComposeResult:
        yield Form("Source", id="source-form")
        yield Grid(Column("none", "First rows"), empty="Choose a base connection and a path.", id="source-rows")

    def panes(self) -> Sequence[Widget]:
        return (self.query_one("#source-form"), self.query_one("#source-rows"))

    def show_state(self, state: EditorState) -> None:
        self.query_one("#source-form", Form).show_fields(source_fields(state))
        self._show_rows(state)

    def _show_rows(self, state: EditorState) -> None:
        grid = self.query_one("#source-rows", Grid)
        sample = state.sample
        columns: tuple[Column, ...] = (Column("none", "First rows"),)
        rows: list[Row] = []
        grid.empty_text = {
            "none": "Choose a base connection and a path; x looks into the storage.",
            "reading": "Reading the first rows ...",
            "failed": sample.error,
        }.get(sample.state, "The file has no rows.")
        if sample.preview is not None and sample.preview.columns:
            names = [column.name for column in sample.preview.columns]
            columns = tuple(Column(f"c{at}", name, min_width=10) for at, name in enumerate(names))
            rows = [
                Row(str(number), tuple(value_cell(row.get(name)) for name in names))
                for number, row in enumerate(sample.preview.rows, 1)
            ]
        if columns != grid.columns:
            grid.columns = columns
            grid.show(rows)
            grid.refresh()
        else:
            grid.show(rows)

    def copy_text(self) -> str:
        field = self.query_one("#source-form", Form).highlighted
        return field.value if field is not None else ""

    def go_to(self, problem: Problem) -> None:
        self.query_one("#source-form", Form).move_to(field_of(problem))

    # Changing

    @on(Form.Chosen, "#source-form")
    def _chosen(self, event: Form.Chosen) -> None:
        event.stop()
        self._set(event.key, event.value)

    @on(Form.EditRequested, "#source-form")
    def _edit_requested(self, event: Form.EditRequested) -> None:
        event.stop()
        source = self.state.pipeline.source
        if event.key == "base_connection":
            self._pick_base_connection()
        elif event.key == "name":
            name = self.state.pipeline.name
            self.ask("Name of this pipeline", name, lambda text: self._set("name", text.strip()), place="name")
        elif event.key == "path":
            self.ask(
                "Path of a file or a folder",
                source.path,
                lambda text: self._set("path", text.strip()),
                place="path",
                note="From the root of the storage, like /loyalty/members; * stands for any text in the last part.",
                check=_path_problem,
            )
        elif event.key == "column_delimiter":
            self.ask(
                "Column delimiter",
                delimiter_word(source.column_delimiter),
                lambda text: self._set("column_delimiter", text),
                place="column_delimiter",
                note="One character, or one of: tab, comma, semicolon, pipe, space.",
                check=_delimiter_problem,
            )
        elif event.key == "format":
            self.pick_word(
                "Format of the files",
                list(_FORMAT_MEANINGS.items()),
                source.format,
                lambda word: self._set("format", word),
            )
        elif source.is_stream:
            key = event.key
            self.ask(key, source.stream_params.get(key, ""), lambda text: self._set(key, text.strip()), place=key)
        elif event.key == "compression":
            words = [("none", "not compressed"), *_COMPRESSION_MEANINGS.items()]
            self.pick_word("Compression", words, source.compression or "none", lambda w: self._set("compression", w))

    def _pick_base_connection(self) -> None:
        connections = self.state.base_connections
        if connections is None:
            self.post_message(ReadAgainRequested("source"))
            self.notify(self.state.base_connections_error or "The base connections are still being read.")
            return
        from aeptui.chain.connectors import LANDING_ZONE

        names = [one.name for one in connections]
        # A name that two base connections share cannot be written into the document; their ids can.
        keys = [one.name if one.name and names.count(one.name) == 1 else str(one.id) for one in connections]
        rows = [
            Row(key, (Cell(one.name or "(no name)"), one.description or "", Cell(str(one.id), "muted")))
            for key, one in zip(keys, connections, strict=True)
        ]
        columns = (
            Column("name", "Base connection", min_width=20),
            Column("about", "Description", min_width=10, priority=2),
            Column("id", "Id", min_width=12, priority=1),
        )
        zone = (Cell(LANDING_ZONE), "Adobe's own storage for files; needs no base connection", Cell("", "muted"))
        rows.append(Row(LANDING_ZONE, zone))
        chosen = self.state.pipeline.source.base_connection
        for key, one in zip(keys, connections, strict=True):
            chosen = key if chosen in {str(one.id), one.name} else chosen
        self.pick_one("Base connection", columns, rows, chosen, lambda key: self._set("base_connection", key))

    def _set(self, key: str, value: str) -> None:
        if key == "name":
            self.edit("change the name", name=value)
            return
        from aeptui.chain.pipeline import STREAM_KEYS, Source

        source = self.state.pipeline.source
        if key in STREAM_KEYS:
            given = {name: text for name, text in {**source.stream_params, key: value}.items() if text}
            stream = Source.model_validate({"base_connection": source.base_connection, **given})
            self.edit(f"change the {key}", source=stream)
            return
        changes: dict[str, object] = {key: value}
        if key == "recursive":
            changes[key] = value == "yes"
        elif key == "column_delimiter":
            changes[key] = _BY_WORD.get(value, value) or None
        elif key in {"compression", "encoding"}:
            changes[key] = None if value in {"", "none"} else value
        elif key == "format" and value != "delimited":
            changes |= {"column_delimiter": None, "encoding": None}
        elif key == "type" and value == "file":
            changes["recursive"] = False
        source = source.model_copy(update=changes)
        label = key.replace("_", " ")
        self.edit(f"change the {label}", source=source)

    def action_explore(self) -> None:
        self.post_message(self.ExploreRequested())

    def action_detect(self) -> None:
        self.post_message(self.DetectRequested())

    def action_read_again(self) -> None:
        self.post_message(ReadAgainRequested("source"))


def source_fields(state: EditorState) -> list[FormField]:
    """The form of the source, with its problems inline."""
    from aeptui.chain.pipeline import ENCODINGS, STREAM_KEYS

    pipeline, source = state.pipeline, state.pipeline.source
    fields = [FormField("base_connection", "Base connection", *_base_connection(state), kind="pick")]
    if source.is_stream:
        fields += [FormField(key, key, source.stream_params.get(key, "")) for key in STREAM_KEYS]
        fields.append(FormField("name", "Pipeline name", pipeline.name, "what the dataflow is called", clearable=False))
        return with_problems(fields, state, "source", "review")
    fields += [
        FormField("path", "Path", source.path, "x looks into the storage"),
        FormField("type", "Path is a", source.type, "", "choice", ("file", "folder")),
    ]
    if source.type == "folder":
        recursive = "yes" if source.recursive else "no"
        fields.append(FormField("recursive", "Sub-folders too", recursive, "", "flag", ("no", "yes")))
    fields.append(
        FormField("format", "Format", source.format, "f detects it", "choice", ("delimited", "json", "parquet"))
    )
    if source.format == "delimited":
        word = delimiter_word(source.column_delimiter)
        note = "comma, when empty" if not word else ""
        fields.append(FormField("column_delimiter", "Column delimiter", word, note))
        choices = ("none", *ENCODINGS)
        note = "UTF-8, when none is named" if source.encoding is None else ""
        fields.append(FormField("encoding", "Encoding", source.encoding or "none", note, "choice", choices))
    choices = ("none", *_COMPRESSION_MEANINGS)
    fields.append(FormField("compression", "Compression", source.compression or "none", "", "choice", choices))
    fields.append(FormField("name", "Pipeline name", pipeline.name, "what the dataflow is called", clearable=False))
    return with_problems(fields, state, "source", "review")


def _base_connection(state: EditorState) -> tuple[str, str]:
    """What stands there in words, and the note: the other name of the same thing."""
    from aeptui.chain.connectors import is_landing_zone

    chosen = state.pipeline.source.base_connection
    if is_landing_zone(chosen):
        return chosen, "needs no base connection"
    declared = state.pipeline.base_connection
    if declared is not None:
        return state.pipeline.account, "made by this pipeline, where there is none of that name"
    for one in state.base_connections or ():
        if chosen in {str(one.id), one.name}:
            return one.name or chosen, ""
    if state.base_connections is None:
        return chosen, state.base_connections_error or "reading the base connections ..."
    return chosen, "" if chosen else "enter shows what there is"


def with_problems(fields: list[FormField], state: EditorState, *sections: str) -> list[FormField]:
    """The fields, each with the first problem that is about it in its note."""
    from dataclasses import replace

    found: dict[str, Problem] = {}
    for problem in state.all_problems():
        if problem.section in sections:
            key = field_of(problem)
            if key not in found or (found[key].severity != "error" and problem.severity == "error"):
                found[key] = problem
    result = []
    for field in fields:
        problem_here = found.get(field.key)
        if problem_here is not None:
            field = replace(field, state=problem_here.severity, note=problem_here.what)
        result.append(field)
    return result


def field_of(problem: Problem) -> str:
    """The form field a problem is about: `path` of `[source] path`, `dataset.name` of `[dataset] name`."""
    if problem.where.startswith("new field "):
        return "schema.field"
    table, _, key = problem.where.rpartition("]")
    table = table.strip(" [")
    if table.startswith("base_connection"):
        return "base_connection"
    name = key.strip() or _FIRST_FIELDS.get(table, "")
    return f"{table}.{name}" if table in {"schema", "dataset", "options"} else name


def delimiter_word(delimiter: str | None) -> str:
    """A delimiter as it is shown and typed."""
    return "" if delimiter is None else _DELIMITERS.get(delimiter, delimiter)


def _delimiter_problem(text: str) -> str:
    value = _BY_WORD.get(text, text)
    return "" if len(value) <= 1 else "Exactly one character, or tab, comma, semicolon, pipe, space."


def _path_problem(text: str) -> str:
    return "" if not text.strip() or text.strip().startswith("/") else "A path starts with /."


def value_cell(value: object) -> Cell:
    """A value of a row, as a grid shows it: null is said, text is shown as it is."""
    if value is None:
        return Cell("null", "muted")
    if isinstance(value, str):
        return Cell(value)
    return Cell(value_text(value))


def value_text(value: object) -> str:
    """A value in one line of JSON; text without its quotes."""
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return value.isoformat() if isinstance(value, date) else str(value)
