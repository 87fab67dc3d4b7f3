"""Import and export of mapping rows by the keys of the mapping section, with real files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, Static

from aeptui.chain.mapping_tables import Surroundings
from aeptui.chain.pipeline import MappingRow
from aeptui.session.mapping_exchange import read_rows
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.path import PathScreen
from aeptui.ui.screens.pick import PickScreen
from aeptui.ui.screens.pipeline_sections.exchange_editor import as_lines
from aeptui.ui.screens.pipeline_sections.mapping.taking import TakeScreen
from tests.ui import pipeline_stage as stage
from tests.ui.pipeline_stage import go, rows_of


@pytest.fixture
def editor_session() -> Any:
    """A session whose platform answers from memory."""
    return stage.StageSession()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that paths begin in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def reached(pilot: Any, kind: Any) -> Any:
    """The screen of that kind, once it is there."""
    await stage.until(pilot, lambda: isinstance(pilot.app.screen, kind), kind.__name__)
    await pilot.pause()
    return pilot.app.screen


async def picked(pilot: Any, key: str) -> None:
    """Take the row of that key from the picker."""
    screen = await reached(pilot, PickScreen)
    assert screen._grid.move_to(key), key
    await go(pilot, "enter")


async def typed(pilot: Any, path: str) -> None:
    """Type a path over the suggested one."""
    screen = await reached(pilot, PathScreen)
    screen.query_one("#ask-text", Input).value = path
    await go(pilot, "enter")


def told(app: stage.EditorApp, words: str) -> bool:
    return any(words in one.message for one in app._notifications)


def said(screen: TakeScreen) -> str:
    return str(screen.query_one("#take-said", Static).render())


async def test_rows_are_exported_once_without_a_question_and_never_replaced_without_a_yes(
    editor_session: Any, here: Path
) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        await go(pilot, "x")
        screen = await reached(pilot, PathScreen)
        assert screen.query_one("#ask-text", Input).value == "loyalty-mapping.csv"
        await go(pilot, "enter")
        file = here / "loyalty-mapping.csv"
        await stage.until(pilot, file.exists, "the file")
        assert file.stat().st_mode & 0o777 == 0o600
        read = read_rows(file.read_text("utf-8"), Surroundings(), is_file=True)
        assert tuple(one.row for one in read.rows) == rows_of(editor)

        file.write_text("mine", "utf-8")
        await stage.until(pilot, lambda: pilot.app.screen is editor, "the editor")
        await go(pilot, "space", "x")
        await typed(pilot, "loyalty-mapping.csv")
        await reached(pilot, ConfirmScreen)
        await go(pilot, "n")
        await stage.until(pilot, lambda: pilot.app.screen is editor, "the editor")
        assert file.read_text("utf-8") == "mine"
        await go(pilot, "x")
        await typed(pilot, str(file))
        await reached(pilot, ConfirmScreen)
        await go(pilot, "y")
        await stage.until(pilot, lambda: file.read_text("utf-8") != "mine", "the new file")
        assert len(read_rows(file.read_text("utf-8"), Surroundings(), is_file=True).rows) == 1  # the selected one


async def test_a_file_that_cannot_be_written_or_read_says_why(editor_session: Any, here: Path) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(140, 40)) as pilot:
        editor = await stage.open_editor(pilot)
        for path, why in (("mapping.doc", "does not say what to write"), ("no/such/a.csv", "There is no folder")):
            await go(pilot, "x")
            await typed(pilot, path)
            await stage.until(pilot, partial(told, app, why), why)
            await stage.until(pilot, lambda: pilot.app.screen is editor, "the editor")
        await go(pilot, "x")
        screen = await reached(pilot, PathScreen)
        assert screen.query_one("#ask-text", Input).value == "no/such/a.csv"
        await go(pilot, "escape", "i")
        await picked(pilot, "file")
        await typed(pilot, "nowhere.csv")
        await stage.until(pilot, partial(told, app, "There is no file"), "why")
        await stage.until(pilot, lambda: pilot.app.screen is editor, "the editor")
        await go(pilot, "i")
        await picked(pilot, "file")
        screen = await reached(pilot, PathScreen)
        assert screen.query_one("#ask-text", Input).value == "nowhere.csv"


async def test_an_exported_mapping_set_is_imported_again_through_the_same_look(editor_session: Any, here: Path) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        before = rows_of(editor)
        await go(pilot, "x")
        await typed(pilot, "set.json")
        await stage.until(pilot, (here / "set.json").exists, "the file")
        await stage.until(pilot, lambda: pilot.app.screen is editor, "the editor")
        await go(pilot, "ctrl+a", "d", "i")
        await picked(pilot, "file")
        screen = await reached(pilot, PathScreen)
        await go(pilot, *"se")
        await stage.until(pilot, lambda: screen.query_one(Input)._suggestion == "set.json", "the completion")
        await go(pilot, "tab", "enter")
        taking = await reached(pilot, TakeScreen)
        assert "13 new" in said(taking)
        await go(pilot, "enter")
        await stage.until(pilot, lambda: rows_of(editor) == before, "the rows")


async def test_rows_of_sets_dataflows_and_pipelines_are_imported_and_what_cannot_be_said_is_named(
    editor_session: Any,
) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        for origin, key in (("set", "m1"), ("dataflow", "f1")):
            await go(pilot, "i")
            await picked(pilot, origin)
            await picked(pilot, key)
            screen = await reached(pilot, TakeScreen)
            assert "1 new   1 replacing   1 no mapping" in said(screen)
            await go(pilot, "enter")
            await stage.until(pilot, lambda: len(rows_of(editor)) == 14, "the rows")
            assert rows_of(editor)[-1] == MappingRow(source="City", target="person.name.middleName")
            await go(pilot, "u")
            assert len(rows_of(editor)) == 13
        await go(pilot, "i")
        await picked(pilot, "pipeline")
        await picked(pilot, "visits")
        await reached(pilot, TakeScreen)
        await go(pilot, "w", "w", "enter")
        other = (await editor_session.pipelines.load("visits")).pipeline.mapping
        await stage.until(pilot, lambda: rows_of(editor) == other, "the rows")


def test_line_ends_come_as_terminals_send_them() -> None:
    assert as_lines("a\rb") == as_lines("a\r\nb") == as_lines("a\r\rb") == as_lines("a\nb") == "a\nb"
    assert as_lines("a\r\r\rb") == "a\n\n\nb"
