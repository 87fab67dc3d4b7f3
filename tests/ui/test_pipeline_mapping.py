"""The mapping section of the pipeline editor by its keys, on the sample pipelines and the sample storage."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events
from textual.app import App
from textual.widgets import Input

from aeptui.chain.automap import Suggestion
from aeptui.ui.screens.help import HelpScreen
from aeptui.ui.screens.pick import PickScreen
from aeptui.ui.screens.pipeline_sections.mapping.form.screen import MappingFormScreen
from aeptui.ui.screens.pipeline_sections.mapping.suggestions import SuggestionScreen
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.section_list import SectionList
from aeptui.ui.widgets.text_view import TextView
from tests.ui import pipeline_stage as stage


@pytest.fixture
def editor_session() -> Any:
    """A session whose platform answers from memory."""
    return stage.StageSession()


EditorApp, go, open_editor, paste, quiet, text_of, until = (
    stage.EditorApp,
    stage.go,
    stage.open_editor,
    stage.paste,
    stage.quiet,
    stage.text_of,
    stage.until,
)


async def test_an_expression_is_written_with_its_result_live(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "n")
        form = pilot.app.screen
        assert isinstance(form, MappingFormScreen)
        live = form.query_one("#form-live", TextView)
        await paste(pilot, "upper(Ci")
        assert "^" in live.text
        await go(pilot, "tab", *")")
        assert form.query_one("#form-source", Input).value == "upper(City)"
        state = editor.state
        assert state is not None
        assert state.sample.current is not None
        assert str(state.sample.current["City"]).upper() in live.text
        await go(pilot, "enter")
        await paste(pilot, "person.name.middle")
        await go(pilot, "enter")
        await quiet(pilot)
        assert editor.state is not None
        row = editor.state.pipeline.mapping[-1]
        assert (row.expression, row.target) == ("upper(City)", "person.name.middleName")
        assert editor.query_one("#mapping-grid", Grid).cursor_index == len(editor.state.pipeline.mapping) - 1


async def test_tab_after_a_finished_expression_goes_on_and_adds_nothing(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "n")
        await paste(pilot, "upper(City)")
        await go(pilot, "tab")
        source, target = (pilot.app.screen.query_one(id, Input) for id in ("#form-source", "#form-target"))
        assert source.value == "upper(City)"
        assert target.has_focus


async def test_keys_typed_ahead_in_the_form_land_where_they_were_meant_to(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        before = len(editor.state.pipeline.mapping)
        await go(pilot, "n")
        assert isinstance(pilot.app.screen, MappingFormScreen)
        names = {")": "right_parenthesis", ".": "full_stop"}
        typed = [*"upp", "tab", *"Ci", "tab", ")", "enter", *"name.middle", "enter"]
        for key in typed:  # all at once, as a slow line delivers them
            app.post_message(events.Key(names.get(key, key), key if len(key) == 1 else None))
        await until(pilot, lambda: len(editor.state.pipeline.mapping) > before, "the new row")
        await until(pilot, lambda: pilot.app.screen is editor, "the end of the form")
        row = editor.state.pipeline.mapping[-1]
        assert (row.expression, row.target) == ("upper(City)", "person.name.middleName")


async def test_leaving_the_form_with_esc_keeps_what_was_typed_and_undo_takes_it_back(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        assert editor.state is not None
        before = editor.state.pipeline
        await go(pilot, "enter", *"(", "escape")
        assert editor.state.pipeline.mapping[0].expression == "MemberId("
        await quiet(pilot)
        grid = editor.query_one("#mapping-grid", Grid)
        assert grid.row_count == len(before.mapping)
        await go(pilot, "u")
        assert editor.state.pipeline == before


async def test_auto_map_offers_pairs_and_one_undo_takes_all_back(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "ctrl+a", "d")
        assert editor.state is not None
        assert editor.state.pipeline.mapping == ()
        await go(pilot, "a")
        assert isinstance(pilot.app.screen, PickScreen)
        await go(pilot, "enter")
        found = {row.source: row.target for row in editor.state.pipeline.mapping}
        assert found["FirstName"] == "person.name.firstName"
        assert found["BirthDate"] == "person.birthDate"
        await go(pilot, "u")
        assert editor.state.pipeline.mapping == ()
        await go(pilot, "u")
        assert len(editor.state.pipeline.mapping) == 13
        await go(pilot, "U", "ctrl+y")
        assert {row.source for row in editor.state.pipeline.mapping} == set(found)


class OneSuggestionEach(App[None]):
    """Shows two sure suggestions and two doubtful ones."""

    taken: tuple[str, ...] | None = None

    def on_mount(self) -> None:
        found = [
            Suggestion("First", "person.name.firstName", 0.95, "the same name"),
            Suggestion("Region", "homeAddress.region", 0.6, "usually means it"),
            Suggestion("Mail", "personalEmail.address", 0.86, "usually means it"),
            Suggestion("City", "homeAddress.city", 0.68, "usually means it"),
        ]
        self.push_screen(SuggestionScreen(found, 9), self._take)

    def _take(self, keys: tuple[str, ...] | None) -> None:
        self.taken = keys


async def test_sure_suggestions_are_chosen_and_one_key_judges_each_doubtful_one() -> None:
    app = OneSuggestionEach()
    async with app.run_test(size=(110, 30)) as pilot:
        grid = app.screen.query_one(Grid)
        assert set(grid.selected_keys) == {"0", "2"}
        assert grid.cursor_key == "3"  # the likeliest of the doubtful ones
        await go(pilot, "y")
        assert grid.cursor_key == "1"
        await go(pilot, "n", "enter")
        assert set(app.taken or ()) == {"0", "2", "3"}


async def test_a_dialog_lists_its_keys_too() -> None:
    app = OneSuggestionEach()
    async with app.run_test(size=(80, 24)) as pilot:
        await go(pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        keys = {text: keys for keys, text in app.screen.keys}
        assert keys["Take this pair, and go to the next one"] == "y"
        assert keys["One row down"] == "down j"
        await go(pilot, "f1")
        assert isinstance(app.screen, SuggestionScreen)


async def test_what_is_cut_of_the_pair_under_the_cursor_stands_below_in_full() -> None:
    app = OneSuggestionEach()
    async with app.run_test(size=(56, 24)) as pilot:
        detail = app.screen.query_one("#pick-detail", TextView)
        await until(pilot, lambda: "usually means it" in detail.text, "the reason")
        assert "homeAddress.city" in detail.text
        await pilot.resize_terminal(140, 40)
        await until(pilot, lambda: not detail.text, "room for all of it")


async def test_the_next_problem_is_one_key_away_and_said_in_full(editor_session: Any) -> None:
    text = (await editor_session.pipelines.load("loyalty")).text
    await editor_session.pipelines.save("broken", text.replace('"homeAddress.city"', '"homeAddress.town"'))
    app = EditorApp(editor_session, "broken", "mapping")
    async with app.run_test(size=(140, 40)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "exclamation_mark")
        assert editor.query_one("#mapping-grid", Grid).cursor_key == "7"
        assert "homeAddress.town" in editor.query_one("#mapping-detail", TextView).text
        await until(
            pilot,
            lambda: {e.key: e.state for e in editor.query_one(SectionList).entries}["mapping"] == "error",
            "the state of the section",
        )


async def test_another_sample_row_changes_what_comes_out(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(140, 40)) as pilot:
        editor = await open_editor(pilot)
        before = text_of(editor.query_one("#mapping-grid", Grid))
        await go(pilot, "full_stop")
        assert text_of(editor.query_one("#mapping-grid", Grid)) != before
        await go(pilot, "comma")
        assert text_of(editor.query_one("#mapping-grid", Grid)) == before
