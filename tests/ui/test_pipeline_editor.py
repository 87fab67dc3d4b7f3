"""The pipeline editor by its keys, on the sample pipelines and the sample storage."""

from __future__ import annotations

from typing import Any

import pytest

from aeptui.ui.screens.ask import AskScreen
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.pick import PickScreen
from aeptui.ui.screens.read import ReadScreen
from aeptui.ui.widgets.form import Form
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.section_list import SectionList
from aeptui.ui.widgets.text_view import TextView
from tests.ui import pipeline_stage as stage


@pytest.fixture
def editor_session() -> Any:
    """A session whose platform answers from memory."""
    return stage.StageSession()


EMPTY = 'version = 1\nname = "Nothing yet"\n'


EditorApp, HomeScreen = stage.EditorApp, stage.HomeScreen
form_values, go, open_editor, paste, quiet, text_of, until = (
    stage.form_values,
    stage.go,
    stage.open_editor,
    stage.paste,
    stage.quiet,
    stage.text_of,
    stage.until,
)


# Opening


async def test_a_complete_pipeline_opens_on_review_with_its_seven_steps(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty")
    async with app.run_test(size=(140, 40)) as pilot:
        editor = await open_editor(pilot)
        assert editor.section == "review"
        plan = editor.query_one("#review-plan", Grid)
        await until(pilot, lambda: plan.row_count == 7, "the plan")
        assert "Ready to run" in editor.query_one("#review-verdict", TextView).text
        plan.focus()
        await go(pilot, "down", "enter")
        shown = pilot.app.screen
        assert isinstance(shown, ReadScreen)
        text = shown.query_one(TextView).text
        assert "POST /data/foundation/" in text
        assert "Bearer" not in text or "$" in text


async def test_an_empty_pipeline_opens_on_source(editor_session: Any) -> None:
    await editor_session.pipelines.save("nothing", EMPTY)
    app = EditorApp(editor_session, "nothing")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        assert editor.section == "source"
        states = {entry.key: entry.state for entry in editor.query_one(SectionList).entries}
        assert states == dict.fromkeys(("source", "target", "mapping", "schedule"), "empty") | {"review": "error"}


async def test_sections_are_tabs_where_it_is_narrow_and_a_list_where_it_is_wide(editor_session: Any) -> None:
    for size, height in (((80, 24), 1), ((140, 40), 38)):
        app = EditorApp(editor_session, "loyalty", "source")
        async with app.run_test(size=size) as pilot:
            editor = await open_editor(pilot)
            assert editor.query_one(SectionList).size.height == height
            seen = [editor.section]
            for key in (
                "right_square_bracket",
                "ctrl+right",
                "right_square_bracket",
                "ctrl+left",
                "left_square_bracket",
            ):
                await go(pilot, key)
                seen.append(editor.section)
            assert seen == ["source", "target", "mapping", "schedule", "mapping", "target"]


async def test_tab_goes_from_pane_to_pane_and_then_on(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "source")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        assert editor.focused is editor.query_one("#source-form")
        await go(pilot, "tab")
        assert editor.focused is editor.query_one("#source-rows")
        await go(pilot, "tab")
        assert editor.section == "target"


# Source


async def test_the_first_rows_are_shown_under_the_form(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "source")
    async with app.run_test(size=(140, 40)) as pilot:
        editor = await open_editor(pilot)
        shown = text_of(editor.query_one("#source-rows", Grid))
        assert "MemberId" in shown.splitlines()[0]
        assert "M100003" in shown


async def test_a_source_is_chosen_by_keys_and_its_format_detected(editor_session: Any) -> None:
    await editor_session.pipelines.save("nothing", EMPTY)
    app = EditorApp(editor_session, "nothing")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await until(pilot, lambda: editor.state and editor.state.base_connections, "base connections")
        await go(pilot, "enter", "slash", *"SFTP", "enter", "enter")
        assert form_values(editor)["base_connection"] == "Sample SFTP"
        await go(pilot, "down", "enter")
        assert isinstance(pilot.app.screen, AskScreen)
        await paste(pilot, "/loyalty/members/*.tsv")
        await go(pilot, "enter")
        await quiet(pilot)
        await go(pilot, "f")
        await until(pilot, lambda: editor.state and editor.state.pipeline.source.column_delimiter == "\t", "detection")
        await quiet(pilot)
        assert "MemberId" in text_of(editor.query_one("#source-rows", Grid))


async def test_a_path_that_does_not_exist_is_said_where_the_rows_would_be(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "source")
    async with app.run_test(size=(140, 40)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "down", "enter", "ctrl+u")
        await paste(pilot, "/missing/*.tsv")
        await go(pilot, "enter")
        await quiet(pilot)
        assert editor.state is not None
        assert editor.state.sample.state == "failed"
        assert editor.state.sample.error.split()[0] in text_of(editor.query_one("#source-rows", Grid))


# Target


async def test_class_and_field_groups_are_chosen_from_what_there_is(editor_session: Any) -> None:
    await editor_session.pipelines.save("nothing", EMPTY)
    app = EditorApp(editor_session, "nothing", "target")
    async with app.run_test(size=(140, 40)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "down", "down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PickScreen), "the classes")
        await go(pilot, "slash")
        await paste(pilot, "individual profile")
        await go(pilot, "enter", "enter")
        await quiet(pilot)
        assert editor.state is not None
        assert editor.state.pipeline.schema_.class_ == "https://ns.adobe.com/xdm/context/profile"
        await go(pilot, "down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PickScreen), "the field groups")
        await go(pilot, "space", "down", "space", "enter")
        await quiet(pilot)
        assert len(editor.state.pipeline.schema_.field_groups) == 2
        assert editor.query_one("#target-fields", Grid).row_count > 0


NEW_FIELDS = """
[[schema.field]]
path = "_acme.card.level"
type = "string"

[[schema.field]]
path = "card.stores"
type = "integer"
array = true

[dataset]
"""


async def test_new_fields_stand_in_the_target_with_their_problems_and_the_name_of_their_group(
    editor_session: Any,
) -> None:
    text = (await editor_session.pipelines.load("loyalty")).text.replace("\n[dataset]\n", NEW_FIELDS)
    await editor_session.pipelines.save("own", text)
    app = EditorApp(editor_session, "own", "target")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        assert form_values(editor)["schema.new_field_group"] == "Loyalty members fields"
        form = editor.query_one("#target-form", Form)
        assert "card.stores does not begin" in text_of(form)
        assert "Fail above" in text_of(form)  # there is room for two lines more
        assert editor.state is not None
        assert editor.state.target.types["_acme.card.level"] == "string"
        assert "card.stores" not in editor.state.target.types
        await go(pilot, "down", "down", "down", "down", "down", "enter", "ctrl+u")
        await paste(pilot, "Card")
        await go(pilot, "enter")
        await quiet(pilot)
        assert editor.state.pipeline.schema_.new_field_group == "Card"
        assert editor.state.pipeline.schema_.fields[1].path == "card.stores"


# Schedule


async def test_the_schedule_shows_its_rules_and_the_next_five_runs(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "schedule")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        assert "interval" not in form_values(editor)
        await go(pilot, "right")
        assert form_values(editor)["frequency"] == "minute"
        assert form_values(editor)["interval"] == "30"
        assert editor.query_one("#schedule-times", Grid).row_count == 5
        await go(pilot, "right")
        assert (form_values(editor)["frequency"], form_values(editor)["interval"]) == ("hour", "1")
        await go(pilot, "left")
        await go(pilot, "down", "enter", "ctrl+u", "5", "enter")
        assert isinstance(pilot.app.screen, AskScreen)
        await go(pilot, "backspace", *"45", "enter")
        assert form_values(editor)["interval"] == "45"
        await go(pilot, "up", "right")
        assert (form_values(editor)["frequency"], form_values(editor)["interval"]) == ("hour", "45")
        await go(pilot, "left", "down")
        await go(pilot, "down", "down", "enter")
        assert form_values(editor)["backfill"] == "no"
        assert "older ones never get in" in editor.query_one("#schedule-words", TextView).text


# Keeping


async def test_a_draft_is_kept_on_the_way_back_and_on_quitting(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "schedule")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "right", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, HomeScreen), "home")
        assert (await editor_session.pipelines.load("loyalty")).pipeline.schedule.frequency == "minute"
        editor = await open_editor(pilot)
        assert form_values(editor)["frequency"] == "minute"
        await pilot.press("right", "q")
    assert (await editor_session.pipelines.load("loyalty")).pipeline.schedule.frequency == "hour"


async def test_saving_keeps_the_comments_of_the_file(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "schedule")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "right", "ctrl+s")
        await until(pilot, lambda: app.editor().query_one(SectionList).note == "saved", "saved")
        text = (await editor_session.pipelines.load("loyalty")).text
    assert 'frequency = "minute"' in text
    assert "# A calculated field" in text


async def test_saving_asks_before_it_replaces_what_was_changed_outside(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "d")
        file = editor_session.pipelines.file("loyalty")
        file.write_text("# by hand\n")
        await go(pilot, "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen), "the question")
        await go(pilot, "enter", "n", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen), "the question once more")
        assert file.read_text() == "# by hand\n"
        await go(pilot, "y")
        await until(pilot, lambda: "[[mapping]]" in file.read_text(), "the saved pipeline")
        assert file.with_name("loyalty.toml.1").read_text() == "# by hand\n"
        await quiet(pilot)


# Review and running


async def test_enter_on_a_problem_goes_where_it_is_mended(editor_session: Any) -> None:
    text = (await editor_session.pipelines.load("loyalty")).text
    broken = text.replace('frequency = "once"', 'frequency = "minute"\ninterval = 5').replace(
        'target = "homeAddress.city"', 'target = ""'
    )
    await editor_session.pipelines.save("broken", broken)
    app = EditorApp(editor_session, "broken", "review")
    async with app.run_test(size=(140, 40)) as pilot:
        editor = await open_editor(pilot)
        problems = editor.query_one("#review-problems", Grid)
        await until(pilot, lambda: editor.state and editor.state.review.state == "read", "the check")
        assert problems.row_count == 2
        await go(pilot, "enter")
        assert editor.section == "mapping"
        assert editor.query_one("#mapping-grid", Grid).cursor_key == "7"
        await go(pilot, "left_square_bracket", "right_square_bracket", "right_square_bracket", "right_square_bracket")
        await go(pilot, "down", "enter")
        assert editor.section == "schedule"
        assert editor.query_one("#schedule-form", Form).cursor_key == "interval"


async def test_a_pipeline_with_errors_is_not_run(editor_session: Any) -> None:
    await editor_session.pipelines.save("nothing", EMPTY)
    app = EditorApp(editor_session, "nothing")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "ctrl+r")
        await until(pilot, lambda: editor.section == "review" and editor.state.review.state == "read", "the check")
        await pilot.pause()
        assert [name for name, _ in app.opened if name == "execution"] == []


@pytest.mark.parametrize(("section", "key"), [("review", "r"), ("review", "ctrl+r"), ("mapping", "ctrl+r")])
async def test_running_opens_the_execution(editor_session: Any, section: str, key: str) -> None:
    app = EditorApp(editor_session, "loyalty", section)
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        if section == "review":
            await until(pilot, lambda: editor.state and editor.state.review.plan is not None, "the plan")
        await go(pilot, key)
        await until(pilot, lambda: [name for name, _ in app.opened if name == "execution"], "the execution")
        (arguments,) = [arguments for name, arguments in app.opened if name == "execution"]
        assert editor_session.executions.tracking(arguments[0]) is not None


async def test_every_key_says_what_it_does(editor_session: Any) -> None:
    for section in ("source", "target", "mapping", "schedule", "review"):
        app = EditorApp(editor_session, "loyalty", section)
        async with app.run_test(size=(80, 24)) as pilot:
            await open_editor(pilot)
            own = [
                active.binding
                for active in pilot.app.screen.active_bindings.values()
                if type(active.node).__module__.startswith("aeptui.ui.screens.pipeline")
            ]
            assert own
            textual_own = {"ctrl+c", "super+c"}
            assert {binding.key for binding in own if not binding.tooltip} <= textual_own
