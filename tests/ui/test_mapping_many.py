"""What one does with many mapping rows at once, by its keys: select, double, change, paste, take back."""

from __future__ import annotations

from typing import Any

import pytest

from aeptui.chain.pipeline import MappingRow
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.text_view import TextView
from tests.ui import pipeline_stage as stage
from tests.ui.pipeline_stage import go


@pytest.fixture
def editor_session() -> Any:
    """A session whose platform answers from memory."""
    return stage.StageSession()


def grid_of(editor: Any) -> Grid:
    found = editor.query_one("#mapping-grid", Grid)
    assert isinstance(found, Grid)
    return found


def rows_of(editor: Any) -> tuple[MappingRow, ...]:
    rows = editor.state.pipeline.mapping
    assert isinstance(rows, tuple)
    return rows


async def test_a_range_is_selected_by_v_and_by_shift_and_the_number_is_said(editor_session: Any) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        await go(pilot, "space", "j", "j", "j", "V")
        assert set(grid_of(editor).selected_keys) == {"0", "1", "2", "3"}
        assert "4 selected" in editor.query_one("#mapping-detail", TextView).render_line(0).text
        await go(pilot, "shift+down", "shift+down", "shift+up")
        assert set(grid_of(editor).selected_keys) == {"0", "1", "2", "3", "4"}
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


async def test_selected_rows_are_copied_as_lines_with_tabs(editor_session: Any) -> None:
    app = stage.EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await stage.open_editor(pilot)
        await go(pilot, "space", "j", "V", "y")
        assert app.clipboard.count("\n") == 1
        first = rows_of(editor)[0]
        assert app.clipboard.split("\n")[0] == f"{first.source or ''}\t{first.expression or ''}\t{first.target}"
