"""One change for many mapping rows, by its keys: seen before it is made, one edit, one undo."""

from __future__ import annotations

from typing import Any

import pytest
from textual.widgets import Input, Static

from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.pipeline_sections.mapping.many import ChangeManyScreen
from aeptui.ui.widgets.choice_line import ChoiceLine
from aeptui.ui.widgets.grid import Grid
from tests.ui import pipeline_stage as stage
from tests.ui.pipeline_stage import go, rows_of


@pytest.fixture
def editor_session() -> Any:
    """A session whose platform answers from memory."""
    return stage.StageSession()


def said(screen: Any) -> str:
    return str(screen.query_one("#many-said", Static).render())


async def changing(pilot: Any, kind: str = "wrap") -> ChangeManyScreen:
    """The screen with one kind of change chosen."""
    screen = pilot.app.screen
    assert isinstance(screen, ChangeManyScreen)
    line = screen.query_one("#many-kind", ChoiceLine)
    while line.value != kind:
        await go(pilot, "right")
    return screen


async def shows(pilot: Any, screen: ChangeManyScreen, words: str) -> None:
    await stage.until(pilot, lambda: words in said(screen), words)


async def test_selected_rows_are_wrapped_in_an_expression_seen_before_and_taken_back_at_once(
    editor_session: Any,
) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        before = rows_of(editor)
        await go(pilot, "j", "space", "j", "V", "b", "enter")
        screen = await changing(pilot)
        await shows(pilot, screen, "Write an expression with {}")
        await go(pilot, *"uppe")
        text = screen.query_one("#many-text-1", Input)
        await stage.until(pilot, lambda: text._suggestion == "upper({})", "the suggestion")
        await go(pilot, "tab")
        await shows(pilot, screen, "2 change")
        grid = stage.text_of(screen.query_one(Grid))
        assert "= upper(FirstName)" in grid
        assert rows_of(editor) == before
        await go(pilot, "enter")
        await stage.until(pilot, lambda: pilot.app.screen is editor, "the end")
        assert [row.expression for row in rows_of(editor)[1:3]] == ["upper(FirstName)", "upper(LastName)"]
        assert rows_of(editor)[3:] == before[3:]
        assert set(editor.query_one("#mapping-grid", Grid).selected_keys) == {"1", "2"}  # for what comes next
        await go(pilot, "u")
        assert rows_of(editor) == before


async def test_without_a_selection_the_rows_shown_are_changed_and_odd_names_are_quoted(editor_session: Any) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        await go(pilot, "slash", *"name", "enter", "b")
        screen = await changing(pilot, "source")
        assert "3 shown mappings at once" in str(screen.query_one("#many-title", Static).render())
        await go(pilot, "enter", *"Name", "enter", "space", *"Name")
        await shows(pilot, screen, "3 change   3 would be wrong")
        await go(pilot, "ctrl+s")
        await stage.until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen), "the question")
        await go(pilot, "y")
        await stage.until(pilot, lambda: pilot.app.screen is editor, "the end")
        assert [row.source for row in rows_of(editor)[1:3]] == ["${First Name}", "${Last Name}"]


async def test_targets_are_moved_under_another_object_and_a_wrong_result_is_asked_about(editor_session: Any) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        before = rows_of(editor)
        await go(pilot, "j", "space", "j", "V", "b")
        screen = await changing(pilot, "move")
        assert screen.query_one("#many-text-1", Input).value == "person.name"  # where they all stand
        await go(pilot, "tab", "tab", *"homeAddress")
        await shows(pilot, screen, "2 would be wrong")
        assert "homeAddress.firstName" in stage.text_of(screen.query_one(Grid))
        await go(pilot, "enter")
        await stage.until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen), "the question")
        await go(pilot, "n")
        assert pilot.app.screen is screen
        assert rows_of(editor) == before
        await go(pilot, "enter")
        await stage.until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen), "the question")
        await go(pilot, "y")
        await stage.until(pilot, lambda: pilot.app.screen is editor, "the end")
        assert [row.target for row in rows_of(editor)[1:3]] == ["homeAddress.firstName", "homeAddress.lastName"]


async def test_copies_become_expressions_and_copies_again(editor_session: Any) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        before = rows_of(editor)
        await go(pilot, "b")
        screen = await changing(pilot, "expression")
        await shows(pilot, screen, "9 change   4 stay as they are")
        assert "2016-10-25T00:00" in stage.text_of(screen.query_one(Grid))  # as the table writes it
        await go(pilot, "enter")
        await stage.until(pilot, lambda: pilot.app.screen is editor, "the end")
        assert all(row.expression for row in rows_of(editor))
        await go(pilot, "b")
        screen = await changing(pilot, "copy")
        await go(pilot, "enter")
        await stage.until(pilot, lambda: pilot.app.screen is editor, "the end")
        assert rows_of(editor) == before


async def test_a_change_of_nothing_says_so_and_a_field_that_another_row_writes_is_seen_as_wrong(
    editor_session: Any,
) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.open_editor(pilot)
        await go(pilot, "j", "space", "b")
        screen = await changing(pilot, "target")
        await go(pilot, "enter", *"zzz", "enter", "enter")
        await stage.until(pilot, lambda: any("None of" in one.message for one in app._notifications), "the word")
        assert pilot.app.screen is screen
        await go(pilot, *"last", "shift+tab", "ctrl+u", *"first")
        await shows(pilot, screen, "1 would be wrong")
        assert "row 3 writes it" in stage.text_of(screen.query_one(Grid))


async def test_esc_leaves_a_change_of_many_rows_and_it_goes_on_there_the_next_time(editor_session: Any) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        await go(pilot, "j", "space", "b", "right", "enter", *"Name", "enter", *"Nom", "escape", "j", "space", "b")
        screen = await changing(pilot, "source")
        assert [screen.query_one(f"#many-text-{number}", Input).value for number in (1, 2)] == ["Name", "Nom"]
        await shows(pilot, screen, "2 change")
        await go(pilot, "enter")
        await stage.until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen), "the question")
        await go(pilot, "y")
        await stage.until(pilot, lambda: pilot.app.screen is editor, "the end")
        assert [row.source for row in rows_of(editor)[1:3]] == ["FirstNom", "LastNom"]
        await go(pilot, "b")
        await changing(pilot, "wrap")
        assert not pilot.app.screen.query_one("#many-text-1", Input).value
