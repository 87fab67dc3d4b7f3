"""What of the mapping shows: views, sort and filter by their keys, and what an edit does to them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeptui.chain.pipeline import MappingRow
from aeptui.ui.screens.help import HelpScreen
from aeptui.ui.screens.pipeline_sections.mapping.form.screen import MappingFormScreen
from aeptui.ui.screens.pipeline_sections.mapping.rows import MappingRows
from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial, Tried
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.section_list import SectionList
from aeptui.ui.widgets.text_view import TextView
from tests.ui import pipeline_stage as stage
from tests.ui.pipeline_stage import EditorApp, go, open_editor, paste, quiet, text_of, until


@pytest.fixture
def editor_session() -> Any:
    """A session whose platform answers from memory."""
    return stage.StageSession()


def _grid(editor: Any) -> Grid:
    grid: Grid = editor.query_one("#mapping-grid", Grid)
    return grid


def _title(editor: Any) -> str:
    return str(editor.query_one("#mapping-detail", TextView).render_line(0).text)


async def _break(pilot: Any, row: int) -> None:
    """Make a row's target one that the schema does not have."""
    await go(pilot, "g", *(["down"] * row), "enter", "enter", "end", *"xx", "ctrl+s")
    await quiet(pilot)


async def test_the_view_of_problems_keeps_a_mended_row_until_it_is_chosen_again(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        grid = _grid(editor)
        await _break(pilot, 6)
        await _break(pilot, 2)
        await go(pilot, "f")
        assert "problems: 2 of 13" in _title(editor)
        assert grid.row_count == 2
        assert grid.cursor_key == "2"
        await go(pilot, "enter", "enter", "end", "backspace", "backspace", "ctrl+s")
        await quiet(pilot)
        assert editor.state.pipeline.mapping[2].target == "person.name.lastName"
        assert grid.row_count == 2
        assert grid.cursor_key == "2"
        await go(pilot, "escape")
        assert grid.row_count == 13
        assert grid.cursor_key == "2"
        await go(pilot, "f")
        assert "problems: 1 of 13" in _title(editor)
        assert grid.cursor_key == "6"


async def test_the_arrow_of_the_sorted_column_shows_however_narrow_it_is_and_help_names_keys_by_themselves(
    editor_session: Any,
) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        arrows = []
        for _ in range(8):
            await go(pilot, "s")
            arrows += [mark for mark in "▲▼" if mark in _grid(editor).render_line(0).text]
        assert arrows == ["▲", "▼"] * 4
        await go(pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        keys = {text: keys for keys, text in app.screen.keys}
        assert keys["The next section"] == "] ctrl+right"
        assert keys["To the next row with a problem"] == "J !"


async def test_the_cursor_goes_to_what_an_undo_or_a_redo_changed(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        grid = _grid(editor)
        await _break(pilot, 6)
        await go(pilot, "G", "d", "g", "u")
        assert grid.cursor_key == "12"
        await go(pilot, "g", "u")
        assert grid.cursor_key == "6"
        await go(pilot, "g", "U")
        assert grid.cursor_key == "6"
        await go(pilot, "g", "U")
        assert grid.cursor_key == "11"


async def test_what_was_mapped_since_it_was_shown_as_free_says_by_which_row(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "d", "d", "f", "f")
        assert "unmapped: 2   11 mapped" in _title(editor)
        await go(pilot, "enter", "enter")
        await paste(pilot, "personID")
        await go(pilot, "enter")
        await quiet(pilot)
        assert "unmapped: 0, 2 mapped now   12 mapped" in _title(editor)
        detail = editor.query_one("#mapping-detail", TextView).text
        assert "MemberId -> personID\nmapped now, in row 12; enter changes it" in detail


async def test_a_long_expression_leaves_room_to_what_is_wrong(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "n")
        await paste(pilot, f"concat({', '.join(['FirstName'] * 30)})")
        await go(pilot, "enter")
        await paste(pilot, "loyalty.lev")
        await go(pilot, "ctrl+s")
        await quiet(pilot)
        detail = editor.query_one("#mapping-detail", TextView)
        shown = [detail.render_line(y).text for y in range(detail.size.height)]
        assert "concat(FirstName" in shown[1]
        assert "-> loyalty.lev" in shown[1]
        assert "The schema has no field loyalty.lev" in shown[2]
        await go(pilot, "enter", "enter", "ctrl+u")
        await paste(pilot, "person.name.middleName")
        await go(pilot, "ctrl+s")
        await quiet(pilot)
        shown = [detail.render_line(y).text for y in range(detail.size.height)]
        assert "concat(FirstName" in shown[1]
        assert shown[2].startswith("  in ")
        assert "   out " in shown[2]
        assert shown[3].startswith("  concat(FirstName, ")


async def test_a_view_goes_with_a_filter_and_says_when_nothing_is_in_it(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        grid = _grid(editor)
        await go(pilot, "f")
        assert "No row has a problem. esc shows all." in text_of(grid)
        await go(pilot, "f", "f")
        assert "calculated: 4 of 13" in _title(editor)
        await go(pilot, "slash", *"lower", "enter")
        assert list(grid.shown_keys) == ["5"]
        await go(pilot, "escape")
        assert grid.row_count == 4
        await go(pilot, "escape")
        assert grid.row_count == 13
        assert grid.cursor_key == "5"


async def test_what_is_not_mapped_is_listed_and_enter_begins_a_mapping_with_it(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        grid = _grid(editor)
        assert editor.state.pipeline.mapping[7].source == "City"
        await go(pilot, "g", *["down"] * 7, "d", "g", "d", "f", "f")
        assert list(grid.shown_keys) == ["from MemberId", "from City", "to personID"]
        assert "! required" in text_of(grid)
        await go(pilot, "space", "d", "down", "enter")
        form = pilot.app.screen
        assert isinstance(form, MappingFormScreen)
        assert form.row.source == "City"
        await go(pilot, "enter")
        await paste(pilot, "homeAddress.city")
        await go(pilot, "enter")
        await quiet(pilot)
        assert editor.state.pipeline.mapping[-1] == MappingRow(source="City", target="homeAddress.city")
        assert grid.cursor_key == "from City"
        assert "mapped now" in text_of(grid)
        await go(pilot, "f", "f", "f")
        await go(pilot, "f")
        assert "homeAddress.city" not in text_of(grid)


async def test_a_sort_by_state_puts_problems_first_and_an_edit_moves_no_row(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(140, 40)) as pilot:
        editor = await open_editor(pilot)
        grid = _grid(editor)
        await _break(pilot, 6)
        grid.sort_by("state")
        await pilot.pause()
        order = grid.shown_keys
        assert order[0] == "6"
        await go(pilot, "g", "enter", "enter", "end", "backspace", "backspace", "ctrl+s")
        await quiet(pilot)
        assert grid.shown_keys == order
        await go(pilot, "down", "d")
        await quiet(pilot)
        gone = int(order[1])
        assert grid.shown_keys == tuple(str(int(key) - (int(key) > gone)) for key in order if key != order[1])


async def test_the_next_problem_is_the_next_one_in_the_order_shown(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        grid = _grid(editor)
        await _break(pilot, 6)
        await _break(pilot, 2)
        grid.sort_by("source", descending=True)
        await go(pilot, "g", "J")
        first = grid.cursor_key
        await go(pilot, "J")
        assert [editor.state.pipeline.mapping[row].source for row in (6, 2)] == ["Phone", "LastName"]
        assert (first, grid.cursor_key) == ("6", "2")


class CountingTrial(Trial):
    """Counts the rows that are tried."""

    tries = 0

    def of(self, row: MappingRow) -> Tried:
        CountingTrial.tries += 1
        return super().of(row)


def test_a_filter_tries_no_row_and_an_edit_keeps_what_it_looks_into() -> None:
    rows = tuple(MappingRow(source=f"Column{at}", target=f"field{at}") for at in range(500))
    CountingTrial.tries = 0
    trial = CountingTrial({}, None, None, stage.NOW)
    before = MappingRows(rows, trial, {})
    assert list(before.order("column49 FIELD")) == [49, *range(490, 500)]
    assert list(before.order("column49 FIELD498")) == [498]
    assert list(before.order("column4")) == [4, *range(40, 50), *range(400, 500)]
    after = (*rows[:3], MappingRow(expression="lower(Other)", target="field3"), *rows[5:])
    now = MappingRows(after, trial, {}, before=before)
    assert list(now.order("other")) == [3]
    assert list(now.order("column4")) == [*range(39, 49), *range(399, 499)]
    assert CountingTrial.tries == 0


@given(st.data())
def test_rows_that_show_go_on_to_show_whatever_is_put_in_or_taken_out(data: st.DataObject) -> None:
    pool = [MappingRow(source=f"C{at}") for at in range(12)]
    rows = tuple(pool[:8])
    places = data.draw(st.lists(st.integers(0, 7), unique=True))
    kept = [row for row in rows if data.draw(st.booleans())]
    for new in pool[8 : 8 + data.draw(st.integers(0, 4))]:
        kept.insert(data.draw(st.integers(0, len(kept))), new)
    after = tuple(kept)
    shown = MappingRows(rows, Trial({}, None, None, stage.NOW), {}, places=places).carried(after)
    if len(after) == len(rows):
        assert shown == places
        return
    stayed = [rows[place] for place in places if rows[place] in after]
    assert [after[place] for place in shown if after[place] in rows] == stayed
    assert {after[place] for place in shown} == {*stayed, *(row for row in after if row not in rows)}
    assert len(set(shown)) == len(shown)


async def test_rows_are_tried_in_helpings_with_the_keys_between_them(
    editor_session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aeptui.chain.helpings.HELPING_S", -1.0)
    monkeypatch.setattr("aeptui.chain.helpings.REST_S", 0.1)
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        grid = _grid(editor)
        await _break(pilot, 6)
        await go(pilot, "g")
        await pilot.press("f", "down", "down")
        assert grid.row_count == 13
        assert grid.cursor_index == 2
        await until(pilot, lambda: grid.row_count == 1, "the view of problems")
        assert "problems: 1 of 13" in _title(editor)
        await go(pilot, "escape", "g", "J")
        await until(pilot, lambda: grid.cursor_key == "6", "the next problem")


async def test_esc_calls_the_trying_of_rows_off_and_stays_in_the_section(
    editor_session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        grid = _grid(editor)
        monkeypatch.setattr("aeptui.chain.helpings.HELPING_S", -1.0)
        monkeypatch.setattr("aeptui.chain.helpings.REST_S", 3600.0)
        grid.sort_by("state")
        await go(pilot, "f")
        assert [worker.group for worker in editor.workers if worker.is_running].count("tries") == 1
        await go(pilot, "escape")
        assert not [worker for worker in editor.workers if worker.group == "tries" and worker.is_running]
        assert pilot.app.screen is editor
        assert (grid.row_count, grid.cursor_key) == (13, "0")
        assert "13 mapped" in _title(editor)


async def test_a_check_that_takes_long_says_how_far_it_is(editor_session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        sections = editor.query_one(SectionList)
        said: list[str] = []
        editor.watch(sections, "note", lambda text: said.append(text), init=False)
        monkeypatch.setattr("aeptui.chain.helpings.HELPING_S", -1.0)
        monkeypatch.setattr("aeptui.chain.helpings.TELL_S", -1.0)
        await go(pilot, "c")
        await until(pilot, lambda: any(text.startswith("checking rows: ") for text in said), "the check")
        await quiet(pilot)
        assert sections.note == "draft"


async def test_a_problem_of_the_review_is_gone_to_whatever_was_shown_before(
    editor_session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        grid = _grid(editor)
        await _break(pilot, 6)
        await go(pilot, "f", "f", "f", "slash", *"lower", "enter")
        assert grid.shown_keys == ("5",)
        monkeypatch.setattr("aeptui.chain.helpings.HELPING_S", -1.0)
        grid.sort_by("state")
        await until(pilot, lambda: not any(worker.group == "tries" for worker in editor.workers), "the sort")
        await go(pilot, "right_square_bracket", "right_square_bracket")
        await until(pilot, lambda: editor.section == "review" and not pilot.app.screen.query(".-busy"), "the review")
        await quiet(pilot)
        await go(pilot, "enter")
        await until(pilot, lambda: grid.cursor_key == "6" and grid.row_count == 13, "the row")
