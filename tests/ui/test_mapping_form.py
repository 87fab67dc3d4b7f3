"""The expression editor by its keys: completion, signatures, fixes, sample rows, and what the service says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual._compositor import Compositor
from textual.widgets import Input

from aeptui.session.mappings import ServiceWord
from aeptui.ui.screens.help import HelpScreen
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.screen import TargetPickerScreen
from aeptui.ui.widgets.expression_input import ExpressionInput
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.text_view import TextView
from tests.ui import pipeline_stage as stage
from tests.ui.pipeline_stage import EditorApp, go, open_editor, paste, quiet, until


@pytest.fixture
def editor_session() -> Any:
    """A session whose platform answers from memory."""
    return stage.StageSession()


def source(app: Any) -> ExpressionInput:
    return app.screen.query_one("#form-source", ExpressionInput)  # type: ignore[no-any-return]


def live(app: Any) -> str:
    return app.screen.query_one("#form-live", TextView).text  # type: ignore[no-any-return]


def service(app: Any) -> str:
    return app.screen.query_one("#form-service", TextView).text  # type: ignore[no-any-return]


async def opened(pilot: Any, *keys: str) -> Any:
    """The editor, with the form of a new row open and keys typed into it."""
    editor = await open_editor(pilot)
    await go(pilot, "n", *keys)
    return editor


async def test_a_completed_function_is_called_and_its_bracket_is_not_doubled(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, *"low", "tab")
        assert (source(app).value, source(app).cursor_position) == ("lower()", 6)
        await go(pilot, *"Em", "tab", ")")
        assert (source(app).value, source(app).cursor_position) == ("lower(Email)", 12)
        await go(pilot, "home", *"tri", "tab")
        assert source(app).value == "trim(lower(Email))"
        await go(pilot, "ctrl+z", "ctrl+z")
        assert source(app).value == "lower(Email)"
        await go(pilot, "ctrl+y")
        assert source(app).value == "trilower(Email)"


async def test_the_call_at_the_caret_shows_how_it_is_made_while_it_is_made(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, *"iif", "tab", *"Tier, ")
        assert "iif(condition, if_true, if_false) -> any" in live(app)
        shown = app.screen.query_one("#form-live", TextView)
        strong = [text for line in shown._lines for text, style in line if style == "strong"]
        assert strong == ["if_true"]
        await go(pilot, "home")
        assert "iif(condition" not in live(app)


async def test_two_rows_without_a_target_are_not_in_each_others_way(editor_session: Any) -> None:
    editor_session.pipelines.put_mapping('[[mapping]]\nsource = "Email"\ntarget = ""\n')
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, *"City")
        assert "no target yet" in live(app)


async def test_a_mistake_is_marked_and_mended_by_one_key(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await paste(pilot, 'uper(concat(Ctiy, "x"')
        assert "^" in live(app)
        await go(pilot, "ctrl+x")
        assert source(app).cursor_position == len("uper(concat")
        await until(pilot, lambda: "ctrl+f  write" in live(app), "the offer")
        await go(pilot, "ctrl+f")
        assert source(app).value == 'upper(concat(City, "x"))'
        assert "^" not in live(app)


async def test_sample_rows_are_walked_and_a_failing_one_is_found(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(140, 40)) as pilot:
        editor = await opened(pilot)
        rows = editor.state.sample.preview.rows
        await paste(pilot, 'iif(MemberId == "' + rows[7]["MemberId"] + '", to_integer(City), 1)')
        await until(pilot, lambda: "49 ok, 1 null by an error" in live(app), "all rows")
        assert "row 1 of 50" in live(app)
        await go(pilot, "ctrl+x")
        await until(pilot, lambda: "row 8 of 50" in live(app), "the failing row")
        assert "is not a whole number" in live(app)
        await go(pilot, "ctrl+n", "ctrl+down", "ctrl+up")
        await until(pilot, lambda: "row 9 of 50" in live(app), "the row after it")


async def test_the_service_is_asked_once_typing_rests_and_a_difference_is_shown(editor_session: Any) -> None:
    editor_session.mappings.word_of = lambda _row, _sample: ServiceWord("record", record={"loyalty": {"tier": "OTHER"}})
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "end", "up", "up", "enter", "end", *" + 'x'")
        await until(pilot, lambda: "differs" in service(app), "the service's word")
        assert [row.expression for row in editor_session.mappings.asked] == ["upper(nvl(Tier, \"bronze\")) + 'x'"]
        assert 'it makes "OTHER", here comes "SILVERx"' in service(app)
        editor_session.mappings.word_of = lambda _row, _sample: ServiceWord("record", ("No such function",))
        await go(pilot, "backspace", "'")
        assert "differs" not in service(app)
        await until(pilot, lambda: "it says No such function" in service(app), "the other word")


async def test_an_answer_that_comes_after_typing_went_on_is_not_shown(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    waiting, given_up = asyncio.Event(), asyncio.Event()

    async def never(*_arguments: object) -> ServiceWord:
        waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        return ServiceWord("nothing")

    editor_session.mappings.word = never
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, *"City")
        await until(pilot, waiting.is_set, "the question")
        assert "once typing rests" in service(app)
        await go(pilot, "backspace")
        await until(pilot, given_up.is_set, "giving it up")
        assert source(app).value == "Cit"


async def test_a_long_expression_wraps_and_the_caret_stays_in_sight(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await paste(pilot, "concat(" + "City,\n" * 660 + "City)")
        line = source(app)
        assert len(line.value) > 3900
        await pilot.pause()
        assert line.size.height == 6
        assert line.line_count > 50
        last = line.render_line(5).text
        assert last.rstrip().endswith("City)")
        await go(pilot, "home")
        assert line.render_line(0).text.startswith("concat(")
        await go(pilot, "alt+down", "x")
        assert line.value.index("x") >= 50


async def test_a_key_paints_only_what_it_changed_in_the_form_and_nothing_below_it(
    editor_session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[int] = []
    render = Compositor.render_update

    def spy(compositor: Compositor, *arguments: Any, **options: Any) -> Any:
        update: Any = render(compositor, *arguments, **options)
        if update is not None:
            spans = getattr(update, "spans", [(0, 0, 80 * 24)])
            painted.append(sum(end - start for _, start, end in spans))
        return update

    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await paste(pilot, "concat('a', Fi")
        await until(pilot, lambda: "agrees" in service(app) or "can say nothing" in service(app), "a rest")
        await go(pilot, "r")
        monkeypatch.setattr(Compositor, "render_update", spy)
        await go(pilot, "s")
        assert source(app).value == "concat('a', Firs"
        assert 0 < sum(painted) < 80 * 4


async def test_the_target_may_be_chosen_in_the_tree_and_the_keys_are_listed(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, *"City", "ctrl+g")
        assert isinstance(app.screen, HelpScreen)
        assert any("ctrl+f" in keys for keys, _ in app.screen.keys)
        await go(pilot, "escape", "ctrl+o")
        picker: Any = app.screen
        assert isinstance(picker, TargetPickerScreen)
        picker.dismiss("person.name.middleName")
        await pilot.pause()
        assert app.screen.query_one("#form-target", Input).value == "person.name.middleName"


async def test_a_row_with_a_type_error_is_mended_in_the_table_by_one_key(editor_session: Any) -> None:
    text = (await editor_session.pipelines.load("loyalty")).text
    wrong = text.replace('source = "City"\ntarget = "homeAddress.city"', 'source = "City"\ntarget = "person.birthDate"')
    wrong = wrong.replace('source = "BirthDate"\ntarget = "person.birthDate"', 'source = "BirthDate"\ntarget = "x.y"')
    await editor_session.pipelines.save("planted", wrong)
    app = EditorApp(editor_session, "planted", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "J", "J")
        grid = editor.query_one("#mapping-grid", Grid)
        assert grid.cursor_key == "7"
        await go(pilot, "m")
        await quiet(pilot)
        assert (editor.state.pipeline.mapping[7].source, editor.state.pipeline.mapping[7].target) == (
            "City",
            "homeAddress.city",
        )
        await go(pilot, "u")
        assert editor.state.pipeline.mapping[7].target == "person.birthDate"
