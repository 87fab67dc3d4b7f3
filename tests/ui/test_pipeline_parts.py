"""The parts of the pipeline editor that need no session: history, trials, completion, times, pickers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.screen import Screen

from aeptui.chain.history import History
from aeptui.chain.live_mapping_checks import Sample as LiveSample
from aeptui.chain.live_mapping_checks import live_mapping_problems
from aeptui.chain.mapping_rows import rule_of
from aeptui.chain.pipeline import MappingRow, Pipeline, Schedule, SchemaChoice, Source
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem
from aeptui.dataprep import compile_mapping
from aeptui.errors import AeptuiError
from aeptui.ui.screens.ask import AskScreen
from aeptui.ui.screens.pick import PickScreen
from aeptui.ui.screens.pipeline_sections.exploring import detect_format, folder_of, with_format, with_picked
from aeptui.ui.screens.pipeline_sections.mapping.completion import Sources, Suggestion, Suggestions, Targets
from aeptui.ui.screens.pipeline_sections.mapping.rows import MappingRows
from aeptui.ui.screens.pipeline_sections.mapping.tallies import mapper_of
from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial, row_of, sentence
from aeptui.ui.screens.pipeline_sections.reading import mapping_problems
from aeptui.ui.screens.pipeline_sections.schedule import meaning, parse_start
from aeptui.ui.screens.pipeline_sections.source import field_of
from aeptui.ui.screens.pipeline_sections.state import EditorState, section_entries
from aeptui.ui.screens.pipeline_sections.target_choices import take_choice
from aeptui.ui.widgets.form import Form, FormField
from aeptui.ui.widgets.grid import Column, Grid, Row

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
ROW = {"Email": "Ada@Example.com", "Age": "36", "Born": "not a day", "First Name": "Ada"}
TYPES = {"personalEmail.address": "string", "person.age": "integer", "person.birthDate": "date", "person": "object"}


def trial(row: dict[str, object] | None = None) -> Trial:
    return Trial(TYPES, tuple(ROW), dict(ROW) if row is None else row, NOW)


# History


def test_undo_and_redo_walk_over_the_same_documents() -> None:
    history = History(Pipeline(name="a"))
    assert history.edit(Pipeline(name="b"), "rename")
    assert not history.edit(Pipeline(name="b"), "nothing")
    assert history.undo() == "rename"
    assert history.pipeline.name == "a"
    assert history.undo() == ""
    assert history.redo() == "rename"
    assert history.pipeline.name == "b"


def test_an_edit_after_undo_forgets_what_was_taken_back() -> None:
    history = History(Pipeline(name="a"))
    history.edit(Pipeline(name="b"), "first")
    history.undo()
    history.edit(Pipeline(name="c"), "second")
    assert history.redo() == ""
    assert history.pipeline.name == "c"


# Trials


def test_a_copied_column_is_made_of_the_type_of_its_target() -> None:
    tried = trial().of(MappingRow(source="Age", target="person.age"))
    assert (tried.state, tried.given, tried.made, tried.type) == ("ok", "36", 36, "integer")


def test_an_expression_runs_on_the_sample_row() -> None:
    tried = trial().of(MappingRow(expression="lower(Email)", target="personalEmail.address"))
    assert (tried.state, tried.made) == ("ok", "ada@example.com")


def test_a_value_that_cannot_become_the_type_says_that_the_row_would_be_rejected() -> None:
    tried = trial().of(MappingRow(source="Born", target="person.birthDate"))
    assert tried.state == "error"
    assert tried.is_about_value
    assert "rejected" in tried.reason


def test_an_expression_that_fails_on_the_row_is_a_warning_because_the_row_is_kept() -> None:
    tried = trial().of(MappingRow(expression='date(Born, "yyyy-MM-dd")', target="person.birthDate"))
    assert tried.state == "warning"
    assert "null" in tried.reason


def test_a_wrong_expression_says_where() -> None:
    tried = trial().of(MappingRow(expression="lower(Email", target="personalEmail.address"))
    assert tried.state == "error"
    assert tried.position is not None


def test_an_unknown_field_names_the_nearest_one_when_it_is_looked_at() -> None:
    row = MappingRow(source="Email", target="personalEmail.adress")
    assert "personalEmail.address" in sentence(trial().explained(row))


def test_a_row_is_tried_once() -> None:
    subject = trial()
    row = MappingRow(source="Age", target="person.age")
    assert subject.of(row) is subject.of(row)


@pytest.mark.parametrize(
    ("text", "is_copy"),
    [("Email", True), ("${First Name}", True), ("lower(Email)", False), ("Age + 1", False), ('"x"', False)],
)
def test_what_names_a_column_is_copied_and_all_else_is_calculated(text: str, is_copy: bool) -> None:
    assert (row_of(text, "t", tuple(ROW)).source is not None) is is_copy


def test_grid_rows_are_made_only_when_they_are_looked_at() -> None:
    subject = trial()
    rows = tuple(MappingRow(expression=f"concat(Email, {number})", target="person.age") for number in range(10_000))
    source = MappingRows(rows, subject, {})
    assert len(source) == 10_000
    assert source.row(9_999).key == "9999"
    assert len(subject._known) == 1


# Completion

COLUMNS: Any = [SimpleNamespace(name=name, type="string") for name in ROW]
FIELDS: Any = [
    SimpleNamespace(path=path, type=type_name, title="", required=path == "person.age", is_leaf=type_name != "object")
    for path, type_name in TYPES.items()
]


def listed(found: Suggestions) -> list[Suggestion]:
    return [one for one in map(found.at, range(len(found))) if one is not None]


def test_columns_come_before_functions_and_are_quoted_when_they_have_to_be() -> None:
    found = listed(Sources(COLUMNS).find("fir", 3, ROW))
    assert found[0].text == "${First Name}"
    found = listed(Sources(COLUMNS).find("lo", 2, ROW))
    assert any(one.text == "lower" and one.is_call for one in found)


def test_the_word_at_the_caret_is_completed_inside_an_expression() -> None:
    text = "lower(Em"
    assert listed(Sources(COLUMNS).find(text, len(text), ROW))[0].text == "Email"


def test_fields_that_are_free_come_first_and_every_word_has_to_occur() -> None:
    paths = [one.text for one in listed(Targets(FIELDS, {"person.age"}).find("person"))]
    assert paths.index("person.birthDate") < paths.index("person.age")
    assert [one.text for one in listed(Targets(FIELDS, set()).find("person birth"))] == ["person.birthDate"]


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


async def test_the_list_of_mapping_problems_ends_somewhere_and_names_rows() -> None:
    rows = tuple(MappingRow(source="Email", target=f"nowhere.at{number}") for number in range(1000))
    state = EditorState(Pipeline(mapping=rows), NOW)
    found = await mapping_problems(state, (), Places({("mapping", 1): 7}), trial())
    assert 100 < len(found) < 1000
    assert [(problem.row, problem.line) for problem in found[:3]] == [(0, 1), (1, 7), (2, 1)]
    assert {problem.section for problem in found} == {"mapping"}


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


async def test_the_editor_and_the_live_check_tell_of_a_row_in_the_same_words_so_that_it_is_listed_once() -> None:
    rows = (
        MappingRow(source="Email", target="personalEmail.adress"),
        MappingRow(source="Emial", target="personalEmail.address"),
        MappingRow(expression="lower(Emial)", target="person.age"),
    )
    subject = trial()
    found = await mapping_problems(EditorState(Pipeline(mapping=rows), NOW), (), Places(), subject)
    live = live_mapping_problems(Pipeline(mapping=rows), Places(), fields=TYPES, sample=LiveSample(tuple(ROW)))
    assert [(one.where, one.what, one.fix) for one in found] == [(one.where, one.what, one.fix) for one in live if one]


@pytest.mark.parametrize(
    "target",
    ["a.n", "a", "a.nothing", "a.list[0].n", "a.list[*].n", "a.list[0].no", "a.list", "a.map.any", "a.free.any", "b"],
)
def test_a_row_is_tallied_with_the_fields_around_its_target_as_with_all_of_them(target: str) -> None:
    types = {"a": "object", "a.n": "integer", "a.list": "array", "a.list[*].n": "integer", "a.list[*].t": "string"}
    types |= {"a.map": "map", "a.free": "object", "c": "string", "c.d": "string"}
    values: dict[str, object] = {"C": "x", "N": "7", "O": {"n": "x", "m": 1}, "L": [{"n": "x"}, {"n": "1"}]}
    for source in values:
        row = MappingRow(source=f"{source}[*].n" if "*" in target else source, target=target)
        mapper = mapper_of(row, Trial(types, None, None, NOW))
        whole = compile_mapping([rule_of(row)], types, NOW)
        assert mapper is not None
        assert mapper(values) == whole(values)
