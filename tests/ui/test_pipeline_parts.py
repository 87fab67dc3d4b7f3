"""The parts of the pipeline editor that need no session: times, sources, states, pickers and forms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.screen import Screen

from aeptui.chain.pipeline import Pipeline, Schedule, SchemaChoice, Source
from aeptui.chain.problems import Problem
from aeptui.errors import AeptuiError
from aeptui.ui.screens.ask import AskScreen
from aeptui.ui.screens.pick import PickScreen
from aeptui.ui.screens.pipeline_sections.exploring import detect_format, folder_of, with_format, with_picked
from aeptui.ui.screens.pipeline_sections.schedule import meaning, parse_start
from aeptui.ui.screens.pipeline_sections.source import field_of
from aeptui.ui.screens.pipeline_sections.state import EditorState, section_entries
from aeptui.ui.screens.pipeline_sections.target_choices import take_choice
from aeptui.ui.widgets.form import Form, FormField
from aeptui.ui.widgets.grid import Column, Grid, Row

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


# Schedule


def test_a_start_may_be_absolute_or_from_now() -> None:
    assert parse_start("2026-11-24T06:00Z", NOW) == datetime(2026, 11, 24, 6, tzinfo=UTC)
    assert parse_start("+2h", NOW) == datetime(2026, 11, 23, 16, tzinfo=UTC)
    local = datetime(2026, 11, 24, 6, 0).astimezone()  # what the user types has no zone
    assert parse_start("2026-11-24 06:00", NOW) == local
    for wrong in ("soon", "+2x", "2026-13-01"):
        with pytest.raises(ValueError):
            parse_start(wrong, NOW)


def test_backfill_is_told_in_words() -> None:
    with_it = Schedule(frequency="minute", interval=30, backfill=True)
    without = Schedule(frequency="minute", interval=30, backfill=False)
    told = [" ".join(part for one in meaning(each, "folder") for part, _ in one) for each in (with_it, without)]
    assert "every file that is there already" in told[0]
    assert "Only files that appear after the start" in told[1]


# Source


@pytest.mark.parametrize(
    ("path", "kind", "folder"),
    [
        ("/loyalty/members/*.tsv", "folder", "/loyalty/members"),
        ("/loyalty/members", "folder", "/loyalty/members"),
        ("/loyalty/members/one.tsv", "file", "/loyalty/members"),
        ("/a/*/*.csv", "folder", "/a"),
        ("", "folder", None),
    ],
)
def test_exploring_begins_where_the_path_points(path: str, kind: Any, folder: str | None) -> None:
    assert folder_of(Source(path=path, type=kind)) == folder


def test_a_found_format_fills_the_source_and_drops_what_it_does_not_have() -> None:
    found: Any = SimpleNamespace(format="parquet", column_delimiter=None, compression=None, encoding=None)
    before = Pipeline(source=Source(column_delimiter="\t", encoding="UTF-8", compression="gzip"))
    after = with_format(before, found).source
    assert (after.format, after.column_delimiter, after.encoding, after.compression) == ("parquet", None, None, None)


def test_what_was_picked_while_exploring_becomes_the_source() -> None:
    found: Any = SimpleNamespace(format="delimited", column_delimiter="\t", compression="gzip", encoding=None)
    picked: Any = SimpleNamespace(path="/a/*.tsv.gz", type="folder", recursive=True, file_format=found)
    source = with_picked(Pipeline(source=Source(base_connection="b1", encoding="ISO-8859-1")), picked).source
    assert (source.base_connection, source.path, source.recursive) == ("b1", "/a/*.tsv.gz", True)
    assert (source.column_delimiter, source.compression, source.encoding) == ("\t", "gzip", "ISO-8859-1")


class Storage:
    """Explores a few folders, and knows one format."""

    def __init__(self, tree: dict[str, list[str]]) -> None:
        self.tree = tree
        self.sniffed = ""

    async def explore(self, _base_connection_id: str, path: str) -> list[Any]:
        root = path.rstrip("/")
        return [
            SimpleNamespace(name=name.rstrip("/"), path=f"{root}/{name.rstrip('/')}", is_folder=name.endswith("/"))
            for name in self.tree.get(root, [])
        ]

    async def sniff(self, _base_connection_id: str, path: str) -> Any:
        self.sniffed = path
        return SimpleNamespace(format="json", column_delimiter=None, compression="gzip", encoding=None)


@pytest.mark.parametrize(
    ("source", "looked_into"),
    [
        (Source(path="/a/one.csv", type="file"), "/a/one.csv"),
        (Source(path="/a", type="folder"), "/a/one.csv"),
        (Source(path="/a/t*.csv", type="folder"), "/a/two.csv"),
        (Source(path="/deep", type="folder", recursive=True), "/deep/2026/11/part.csv"),
        (Source(path="/deep/*/*/*.csv", type="folder"), "/deep/2026/11/part.csv"),
    ],
)
async def test_the_format_is_read_off_the_first_file_of_the_path(source: Source, looked_into: str) -> None:
    tree = {"/a": ["one.csv", "two.csv"], "/deep": ["2026/"], "/deep/2026": ["11/"], "/deep/2026/11": ["part.csv"]}
    storage = Storage(tree)
    session: Any = SimpleNamespace(sources=storage)
    connections: Any = (SimpleNamespace(id="b1", name="Sample"),)
    named = source.model_copy(update={"base_connection": "Sample"})
    state = EditorState(Pipeline(source=named), NOW, base_connections=connections)
    assert (await detect_format(session, state)).format == "json"
    assert storage.sniffed == looked_into


async def test_a_path_without_files_says_so() -> None:
    session: Any = SimpleNamespace(sources=Storage({}))
    connections: Any = (SimpleNamespace(id="b1", name="Sample"),)
    source = Source(base_connection="b1", path="/none/*.csv")
    state = EditorState(Pipeline(source=source), NOW, base_connections=connections)
    with pytest.raises(AeptuiError, match="No file matches"):
        await detect_format(session, state)


def test_field_groups_that_stay_keep_their_order() -> None:
    before = Pipeline(schema=SchemaChoice(field_groups=("c", "a", "b")))
    assert take_choice(before, "field_groups", ("a", "c", "d")).schema_.field_groups == ("c", "a", "d")


def test_a_problem_knows_the_field_it_is_about() -> None:
    def about(where: str) -> str:
        return field_of(Problem("error", where, None, "w", "f", "source"))

    assert about("[source] column_delimiter") == "column_delimiter"
    assert about("[dataset] name") == "dataset.name"
    assert about("[source]") == "base_connection"
    assert about("[options] partial_ingestion_percent") == "options.partial_ingestion_percent"
    assert about("[schema]") == "schema.kind"
    assert about("name") == "name"


def test_sections_say_their_state_in_a_word() -> None:
    problem = Problem("error", "[source] path", None, "The path is missing", "Write one", "source")
    pipeline = Pipeline(source=Source(base_connection="x"), schedule=Schedule(frequency="once"))
    states = {one.key: (one.state, one.words) for one in section_entries(EditorState(pipeline, NOW, (problem,)))}
    assert states["source"] == ("error", "1 problem")
    assert states["mapping"] == ("empty", "nothing yet")
    assert states["schedule"] == ("ok", "once")
    assert states["review"][0] == "error"


# Pickers and forms


class Host(App[None]):
    """Shows one screen, and keeps what it answers."""

    def __init__(self, make: Callable[[], Screen[Any]]) -> None:
        super().__init__()
        self._make = make
        self.answers: list[Any] = []

    def on_mount(self) -> None:
        self.push_screen(self._make(), self.answers.append)


ROWS = [Row(name, (name,)) for name in ("alpha", "beta", "gamma")]


async def test_one_of_many_is_filtered_and_picked() -> None:
    app = Host(lambda: PickScreen("One", [Column("name", "Name")], ROWS, chosen=("alpha",)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", "g", "a", "m", "enter", "enter")
        await pilot.pause()
    assert app.answers == [("gamma",)]


async def test_several_are_picked_in_the_order_of_the_list() -> None:
    app = Host(lambda: PickScreen("Some", [Column("name", "Name")], ROWS, chosen=("gamma",), many=True))
    async with app.run_test(size=(80, 24)) as pilot:
        assert pilot.app.screen.query_one(Grid).selected_keys == ("gamma",)
        await pilot.press("home", "space", "enter")
        await pilot.pause()
    assert app.answers == [("alpha", "gamma")]


async def test_leaving_a_picker_changes_nothing() -> None:
    app = Host(lambda: PickScreen("One", [Column("name", "Name")], ROWS))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "escape")
        await pilot.pause()
    assert app.answers == [None]


async def test_a_wrong_text_is_not_taken() -> None:
    app = Host(lambda: AskScreen("Number", "", check=lambda text: "" if text.isdigit() else "A number."))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("x", "enter")
        assert app.answers == []
        await pilot.press("backspace", "7", "enter")
        await pilot.pause()
    assert app.answers == ["7"]


class FormApp(App[None]):
    """A form, and what it said."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, str, str]] = []

    def compose(self) -> ComposeResult:
        yield Form("Things")

    def on_mount(self) -> None:
        form = self.query_one(Form)
        form.show_fields(
            [
                FormField("name", "Name", "ada"),
                FormField("size", "Size", "small", kind="choice", choices=("small", "large", "huge")),
                FormField("flag", "Flag", "no", kind="flag", choices=("no", "yes"), clearable=False),
                FormField("id", "Id", "1", kind="fact"),
            ]
        )
        form.focus()

    def on_form_chosen(self, event: Form.Chosen) -> None:
        self.said.append(("chosen", event.key, event.value))

    def on_form_edit_requested(self, event: Form.EditRequested) -> None:
        self.said.append(("edit", event.key, ""))


async def test_a_form_steps_through_choices_and_asks_for_text() -> None:
    app = FormApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter", "backspace", "down", "right", "left", "enter", "down", "enter", "backspace")
        await pilot.press("down", "enter", "backspace")
        await pilot.pause()
    assert app.said == [
        ("edit", "name", ""),
        ("chosen", "name", ""),
        ("chosen", "size", "large"),
        ("chosen", "size", "huge"),
        ("edit", "size", ""),
        ("chosen", "flag", "yes"),
    ]
