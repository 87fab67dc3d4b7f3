"""What one does with many mapping rows at once, by its keys: select, double, change, paste, take back."""

from __future__ import annotations

from typing import Any

import pytest
from textual.widgets import Static

from aeptui.chain.pipeline import MappingRow
from aeptui.ui.screens.pipeline_sections.mapping.taking import TakeGrid, TakeScreen
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.text_view import TextView
from tests.ui import pipeline_stage as stage
from tests.ui.pipeline_stage import go, rows_of


@pytest.fixture
def editor_session() -> Any:
    """A session whose platform answers from memory."""
    return stage.StageSession()


def grid_of(editor: Any) -> Grid:
    found = editor.query_one("#mapping-grid", Grid)
    assert isinstance(found, Grid)
    return found


async def test_a_range_is_selected_by_v_and_by_shift_said_and_copied_as_lines(editor_session: Any) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        await go(pilot, "space", "j", "j", "j", "V")
        assert set(grid_of(editor).selected_keys) == {"0", "1", "2", "3"}
        assert "4 selected" in editor.query_one("#mapping-detail", TextView).render_line(0).text
        await go(pilot, "shift+down", "shift+down", "shift+up")
        assert set(grid_of(editor).selected_keys) == {"0", "1", "2", "3", "4"}
        await go(pilot, "y")
        assert app.clipboard.count("\n") == 4
        first = rows_of(editor)[0]
        assert app.clipboard.split("\n")[0] == f"{first.source or ''}\t{first.expression or ''}\t{first.target}"
        await go(pilot, "d")
        assert grid_of(editor).selected_keys == ()
        assert len(rows_of(editor)) == 8
        await go(pilot, "u")
        assert len(rows_of(editor)) == 13


async def test_a_doubled_row_stands_below_without_its_target_and_one_undo_takes_it_back(editor_session: Any) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        before = rows_of(editor)
        await go(pilot, "j", "c")
        assert rows_of(editor) == (*before[:2], before[1].model_copy(update={"target": ""}), *before[2:])
        assert grid_of(editor).cursor_key == "2"
        await go(pilot, "u", "g", "space", "j", "V", "c")
        assert [row.target == "" for row in rows_of(editor)[:4]] == [False, True, False, True]
        assert set(grid_of(editor).selected_keys) == {"1", "3"}  # the copies: they are what comes next
        await go(pilot, "u")
        assert rows_of(editor) == before
        assert grid_of(editor).selected_keys == ()


async def test_what_is_not_mapped_yet_is_no_row_that_could_be_changed(editor_session: Any) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        before = rows_of(editor)
        await go(pilot, "j", "d", "f", "f", "space", "ctrl+a", "y", "c", "b", "d")
        assert rows_of(editor) == (before[0], *before[2:])
        assert pilot.app.screen is editor
        assert app.clipboard == ""


# Pasting


async def test_pasted_rows_are_judged_before_they_are_taken_and_are_one_edit(editor_session: Any) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        before = rows_of(editor)
        await stage.paste(
            pilot,
            "Source\tTarget\r\nMemberId\tpersonID\r\nlower(City)\thomeAddress.city\r\n"
            '"upper(\n""x"")"\tperson.name.middleName\r\nCity\tno.such.field\r\n',
        )
        screen = await taking(pilot)
        await stage.until(pilot, lambda: "1 with a mistake" in said(screen), "the trial of the rows")
        assert "2 new" in said(screen)
        assert "1 replacing" in said(screen)
        assert "1 there already" in said(screen)
        lines = stage.text_of(screen.query_one(TakeGrid))
        assert "replaces City" in lines
        assert "no.such.field" in lines
        await go(pilot, "enter")
        await stage.until(pilot, lambda: len(rows_of(editor)) == len(before) + 2, "the rows")
        city = next(row for row in rows_of(editor) if row.target == "homeAddress.city")
        assert city.expression == "lower(City)"
        assert rows_of(editor)[-2].expression == 'upper(\n"x")'
        await go(pilot, "u")
        assert rows_of(editor) == before


async def test_w_chooses_what_becomes_of_fields_that_are_mapped_already(editor_session: Any) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        before = rows_of(editor)
        await stage.paste(pilot, "lower(City)\thomeAddress.city\nCity\tperson.name.middleName")
        screen = await taking(pilot)
        await go(pilot, "w")
        assert "1 left out, the field is mapped" in said(screen)
        await go(pilot, "w")
        assert "11 fewer rows than now" in said(screen)
        await go(pilot, "w", "w", "enter")
        await stage.until(pilot, lambda: len(rows_of(editor)) == len(before) + 1, "the row")
        assert rows_of(editor)[:-1] == before


async def test_a_text_that_is_no_table_says_so_changes_nothing_and_stays_offered(editor_session: Any) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        before = rows_of(editor)
        await stage.paste(pilot, "Dear all,\nplease map the files!\n")
        screen = await taking(pilot)
        assert "2 no mapping" in said(screen)
        assert "no column of the source, and no expression" in screen.query_one("#take-detail", TextView).text
        await go(pilot, "enter")
        assert pilot.app.screen is screen
        await go(pilot, "escape", "i", "end", "enter")
        await taking(pilot)
        assert rows_of(editor) == before


async def test_one_column_can_be_read_as_fields_instead_and_the_filter_takes_no_rows(editor_session: Any) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        await stage.paste(pilot, "person.name.middleName\nmobilePhone.extension")
        screen = await taking(pilot)
        assert "read as: target" in words(screen, "#take-how")
        await go(pilot, "r")
        assert "read as: source" in words(screen, "#take-how")
        await go(pilot, "r", "enter")
        await stage.until(pilot, lambda: len(rows_of(editor)) == 15, "the rows")
        assert rows_of(editor)[-1] == MappingRow(target="mobilePhone.extension")
        await go(pilot, "slash")
        await stage.paste(pilot, "home\tCity")
        assert grid_of(editor).filter_text == "home City"
        assert pilot.app.screen is editor


async def test_ten_thousand_pasted_rows_leave_the_keys_alive(editor_session: Any) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        await stage.paste(pilot, "\r".join(f"lower(City)\tloyalty.extra{number}" for number in range(10_000)))
        screen = await taking(pilot)
        assert "10,000 new" in said(screen)
        await go(pilot, "G")
        assert screen.query_one(TakeGrid).cursor_index == 9_999
        await go(pilot, "enter")
        await stage.until(pilot, lambda: len(rows_of(editor)) == 10_013, "the rows")
        assert grid_of(editor).cursor_index == 13  # the first of the new ones
        await go(pilot, "u")
        assert len(rows_of(editor)) == 13


async def taking(pilot: Any) -> TakeScreen:
    """The screen that shows what was read."""
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, TakeScreen), "the rows that were read")
    screen = pilot.app.screen
    assert isinstance(screen, TakeScreen)
    await stage.until(pilot, lambda: said(screen), "its words")
    return screen


def said(screen: TakeScreen) -> str:
    return words(screen, "#take-said")


def words(screen: Any, identifier: str) -> str:
    return str(screen.query_one(identifier, Static).render())
