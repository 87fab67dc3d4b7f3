"""What is typed into a form or a question is told at every key, and can be gone on with in a new one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from textual.app import App
from textual.widgets import Input

from aeptui.chain.pipeline import MappingRow, Pipeline
from aeptui.chain.typed_text import TypedText
from aeptui.ui.screens.pipeline_sections.mapping.form.fixes import Around
from aeptui.ui.screens.pipeline_sections.mapping.form.screen import MappingFormScreen
from aeptui.ui.screens.pipeline_sections.mapping.trials import trial_of
from aeptui.ui.screens.pipeline_sections.state import EditorState
from aeptui.ui.widgets.grid import Grid
from tests.ui import pipeline_stage as stage


def form(told: list[TypedText], resumed: TypedText | None = None) -> MappingFormScreen:
    trial = trial_of(EditorState(Pipeline(), stage.NOW))
    return MappingFormScreen(MappingRow(), trial, Around(), is_new=True, typed=told.append, resumed=resumed)


async def test_the_form_of_a_row_tells_both_lines_at_every_key() -> None:
    told: list[TypedText] = []
    app: App[Any] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(form(told))
        await stage.go(pilot, "C", "i", "enter", "x", "shift+tab", "left", "t")
    assert [(one.texts, one.line, one.caret) for one in told] == [
        (("C", ""), 0, 1),
        (("Ci", ""), 0, 2),
        (("Ci", ""), 1, 0),
        (("Ci", "x"), 1, 1),
        (("Ci", "x"), 0, 2),
        (("Cti", "x"), 0, 2),
    ]


async def test_the_form_of_a_row_goes_on_with_what_was_typed_where_the_caret_was() -> None:
    told: list[TypedText] = []
    app: App[Any] = App()
    answers: list[MappingRow | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(form(told, TypedText(("City", "ome"), 1, 0, "calculate")), answers.append)
        await pilot.pause()
        await stage.go(pilot, "h")
        assert isinstance(app.focused, Input)
        assert app.focused.value == "home"
        await stage.go(pilot, "escape")
    assert answers == [MappingRow(expression="City", target="home")]
    assert told[-1] == TypedText(("City", "home"), 1, 1, "calculate")


async def test_a_form_that_is_on_its_way_or_gone_may_be_told_what_was_read() -> None:
    told: list[TypedText] = []
    app: App[Any] = App()
    trial = trial_of(EditorState(Pipeline(), stage.NOW))
    columns: Any = (SimpleNamespace(name="Town", type="string"),)
    async with app.run_test(size=(80, 24)) as pilot:
        opened = form(told)
        opened.learn(trial, Around(columns=columns), 0)
        await app.push_screen(opened)
        await stage.until(pilot, lambda: "Town" in stage.text_of(opened.query_one("#form-list", Grid)), "what was read")
        await stage.go(pilot, "enter", "x", "escape")
        await stage.until(pilot, lambda: not opened.is_attached, "its end")
        last = told[-1]
        opened.learn(trial, Around(), 0)
        await pilot.pause()
    assert told[-1] is last
