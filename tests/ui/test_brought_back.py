"""The editor after its process was killed: edits are there, and what was being typed is open again."""

from __future__ import annotations

import resource
from typing import Any

import pytest
from textual.widgets import Input, Static

from aeptui.chain.typed_text import TypedText
from aeptui.ui.screens.ask import AskScreen
from aeptui.ui.screens.pipeline_sections.base import Section
from aeptui.ui.screens.pipeline_sections.mapping.form.screen import MappingFormScreen
from aeptui.ui.screens.pipeline_sections.mapping.many import ChangeManyScreen
from aeptui.ui.screens.pipeline_sections.mapping.taking import TakeScreen
from aeptui.ui.widgets.section_list import SectionList
from aeptui.ui.widgets.text_view import TextView
from tests.ui import pipeline_stage as stage
from tests.ui.pipeline_stage import EditorApp, StageSession, go, open_editor, paste, quiet, until

LOG = "drafts/loyalty.edits"


async def logged(session: StageSession, pilot: Any, text: bytes) -> None:
    """Wait until the edit log ends with a line that has this in it."""
    log = session.pipelines.folder / LOG
    await until(pilot, lambda: text in log.read_bytes().splitlines()[-1], f"{text!r} in the log")


def after_a_kill(session: StageSession) -> StageSession:
    return StageSession(session.pipelines.folder)


def toasts(app: Any) -> str:
    return "\n".join(one.message for one in app._notifications)


async def test_a_mapping_that_was_being_typed_is_open_again_with_its_caret() -> None:
    session = StageSession()
    app = EditorApp(session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "d", "d", "n")
        await paste(pilot, "upper(City)")
        await go(pilot, "enter")
        await paste(pilot, "person.name.mddleName")
        await go(pilot, "home", *["right"] * len("person.name.m"), "i")
        await logged(session, pilot, b"person.name.middleName")
        again = after_a_kill(session)
        rows = len(editor.state.pipeline.mapping)

    app = EditorApp(again, "loyalty")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        assert "Brought back: 2 edits and the mapping you were typing." in toasts(app)
        await until(pilot, lambda: isinstance(app.screen, MappingFormScreen), "the form")
        form = app.screen
        values = [form.query_one(line, Input).value for line in ("#form-source", "#form-target")]
        assert values == ["upper(City)", "person.name.middleName"]
        assert isinstance(app.focused, Input)
        assert (app.focused.id, app.focused.cursor_position) == ("form-target", len("person.name.mi"))
        # Columns and fields were read behind it: it knows a value, and the type of the target.
        await until(pilot, lambda: "-> " in form.query_one("#form-live", TextView).text, "a value")
        await go(pilot, "escape")
        await until(pilot, lambda: len(editor.state.pipeline.mapping) == rows + 1, "the row")
        assert editor.state.pipeline.mapping[-1].target == "person.name.middleName"
        assert editor.section == "mapping"
        await go(pilot, "u", "u", "u")
        assert len(editor.state.pipeline.mapping) == rows + 2
        await quiet(pilot)


async def test_a_question_that_was_being_answered_is_asked_again_with_the_answer_so_far() -> None:
    session = StageSession()
    app = EditorApp(session, "loyalty", "source")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "down", "enter", *"/x")
        assert isinstance(app.screen, AskScreen)
        await logged(session, pilot, b"/x")
        again = after_a_kill(session)

    app = EditorApp(again, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await until(pilot, lambda: isinstance(app.screen, AskScreen), "the question")
        assert "Brought back: what you were typing (Path of a file or a folder)." in toasts(app)
        await go(pilot, "y", "enter")
        await until(pilot, lambda: editor.state.pipeline.source.path.endswith("/xy"), "the path")
        await quiet(pilot)


@pytest.mark.parametrize("way_out", ["escape", "enter"])
async def test_what_was_accepted_or_left_is_not_asked_again(way_out: str) -> None:
    session = StageSession()
    app = EditorApp(session, "loyalty", "source")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "down", "enter", *"/x", way_out)
        await logged(session, pilot, b"change the path" if way_out == "enter" else b'{"typing":null}')
        again = after_a_kill(session)

    app = EditorApp(again, "loyalty", "source")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        assert not isinstance(app.screen, AskScreen)
        assert editor.state.pipeline.source.path.endswith("/x") == (way_out == "enter")


async def test_what_a_form_tells_while_it_goes_is_not_taken_for_typing() -> None:
    session = StageSession()
    app = EditorApp(session, "loyalty", "source")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        section = editor.query_one("#section-source", Section)
        outer, outer_ends = section.typed_at("path", "Outer"), section.ends_typing(lambda _answer: None)
        inner, inner_ends = section.typed_at("name", "Inner"), section.ends_typing(lambda _answer: None)
        inner(TypedText(("a",)))
        inner_ends(None)
        inner(TypedText(("b",)))
        outer(TypedText(("c",)))
        await logged(session, pilot, b'"c"')
        outer_ends(None)
        outer(TypedText(("d",)))
        await quiet(pilot)
        await logged(session, pilot, b'{"typing":null}')
        log = (session.pipelines.folder / LOG).read_bytes()
        assert [part in log for part in (b'["a"]', b'["b"]', b'["c"]', b'["d"]')] == [True, False, True, False]


async def test_a_question_left_open_when_the_app_is_quit_is_there_at_the_next_start() -> None:
    session = StageSession()
    app = EditorApp(session, "loyalty", "source")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "down", "enter", *"/x")
    app = EditorApp(session, "loyalty", "source")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await until(pilot, lambda: isinstance(app.screen, AskScreen), "the question")
        assert app.screen.query_one(Input).value.endswith("/x")


async def test_a_pipeline_that_is_open_elsewhere_is_shown_and_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aeptui.session.edit_opening._TRIES", 0)
    session = StageSession()
    elsewhere = await session.pipelines.open("loyalty", lambda _trouble: None)
    app = EditorApp(session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        assert "loyalty is open in another editor" in toasts(app)
        rows = editor.state.pipeline.mapping
        await go(pilot, "d")
        assert editor.state.pipeline.mapping == rows
        assert toasts(app).count("loyalty is open in another editor") == 2
        await go(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, stage.HomeScreen), "the way out")
    await elsewhere.close()


async def test_rows_that_were_pasted_and_not_taken_are_offered_again() -> None:
    session = StageSession()
    app = EditorApp(session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await paste(pilot, "City\tperson.name.middleName\rlower(City)\thomeAddress.city")
        await until(pilot, lambda: isinstance(app.screen, TakeScreen), "the rows")
        await logged(session, pilot, b"person.name.middleName")
        again = after_a_kill(session)
        await go(pilot, "escape")
        await logged(session, pilot, b"null")  # left: there is nothing to bring back

    app = EditorApp(again, "loyalty")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        assert "the rows you pasted" in toasts(app)
        await until(pilot, lambda: isinstance(app.screen, TakeScreen), "the rows")
        await go(pilot, "enter")
        await until(pilot, lambda: len(editor.state.pipeline.mapping) == 14, "the row")
        await quiet(pilot)


async def test_a_change_of_many_rows_that_was_being_typed_is_open_again_for_the_same_rows() -> None:
    session = StageSession()
    app = EditorApp(session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "j", "space", "j", "V", "b", "right", "enter", *"Name", "enter", "x")
        await logged(session, pilot, b'"Name","x","selected 1-2"')
        again = after_a_kill(session)

    app = EditorApp(again, "loyalty")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await until(pilot, lambda: isinstance(app.screen, ChangeManyScreen), "the change")
        screen = app.screen
        await until(
            pilot, lambda: "2 would be wrong" in str(screen.query_one("#many-said", Static).render()), "columns"
        )
        assert app.focused is screen.query_one("#many-text-2")
        await go(pilot, "ctrl+s", "y")
        await until(pilot, lambda: editor.state.pipeline.mapping[1].source == "Firstx", "the change")
        assert editor.state.pipeline.mapping[2].source == "Lastx"
        await quiet(pilot)


async def test_a_full_disk_is_said_for_as_long_as_it_lasts_and_stops_no_editing() -> None:
    session = StageSession()
    app = EditorApp(session, "loyalty", "mapping")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        rows = len(editor.state.pipeline.mapping)
        note = editor.query_one(SectionList)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (200, limits[1]))
            await go(pilot, "d", "d")
            await until(pilot, lambda: note.note == "edits not kept", "the note")
            assert "cannot be kept" in toasts(app)
            await go(pilot, "d", "escape")
            assert app.screen is editor  # leaving would lose them
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        await go(pilot, "u")
        await until(pilot, lambda: note.note == "draft", "the note to go")
        assert "none is lost" in toasts(app)
        again = after_a_kill(session)
        assert len((await again.pipelines.load("loyalty")).pipeline.mapping) == rows - 2
