"""The preview by its keys: sample rows beside the records they become, judged by ingestion's own code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from textual import events
from textual.screen import Screen

from aeptui.chain.pipeline import MappingRow
from aeptui.errors import ConfigError
from aeptui.session.preview import Preview
from aeptui.ui.screens.pipeline_sections.mapping.preview.lines import record_lines
from aeptui.ui.screens.pipeline_sections.mapping.preview.screen import PreviewScreen
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.key_line import KeyLine
from aeptui.ui.widgets.text_view import TextView
from tests.ui import pipeline_stage as stage
from tests.ui.pipeline_stage import EditorApp, go, open_editor, text_of, until

BAD: dict[int, dict[str, Any]] = {2: {"BirthDate": "31/02/1990"}, 4: {"Email": None}}
"""What is planted in some of the sample rows, by place."""


@pytest.fixture
def editor_session() -> Any:
    """A session whose sample has a date that is none, and whose preview is real."""
    session = stage.StageSession()
    read = session.sources.sample

    async def sample(source: Any) -> Any:
        found = await read(source)
        rows = [{**row, **BAD.get(place, {})} for place, row in enumerate(found.rows[:10])]
        return SimpleNamespace(columns=found.columns, rows=tuple(rows))

    session.sources.sample = sample  # type: ignore[method-assign]
    return session


async def preview(pilot: Any) -> PreviewScreen:
    """Open it, and wait until all rows are judged."""
    await go(pilot, "p")
    screen = pilot.app.screen
    assert isinstance(screen, PreviewScreen)
    await until(pilot, lambda: screen._found is not None, "the statistics")
    await pilot.pause()
    return screen


def record(screen: PreviewScreen) -> str:
    return text_of(screen.query_one("#preview-record", Grid))


def line_with(text: str, word: str) -> str:
    return next(line for line in text.splitlines() if word in line)


def said(screen: Screen[Any], id: str) -> str:
    return screen.query_one(id, TextView).text


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_was_read_stands_beside_what_is_written(editor_session: Any, size: tuple[int, int]) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=size) as pilot:
        editor = await open_editor(pilot)
        screen = await preview(pilot)
        assert editor.state.sample.current is not None
        member = editor.state.sample.current["MemberId"]
        line = line_with(record(screen), "personID")
        assert line.index(f"MemberId  '{member}'") < line.index(f'"personID": "{member}"')
        assert "10 rows: 9 whole, 0 with nulls, 1 rejected" in said(screen, "#preview-head")


async def test_a_rejected_value_is_marked_at_its_place_with_the_reason(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        screen = await preview(pilot)
        await go(pilot, "exclamation_mark")
        assert "row 3: rejected" in said(screen, "#preview-head")
        line = line_with(record(screen), '"birthDate"')
        assert line.startswith(">")
        assert "BirthDate  '31/02/1990'" in line
        assert "null  ✗ rejected" in line
        assert "rejected: column BirthDate: the text '31/02/1990' cannot become a date" in said(
            screen, "#preview-detail"
        )


async def test_a_failing_expression_is_a_null_with_a_warning(editor_session: Any) -> None:
    text = (await editor_session.pipelines.load("loyalty")).text
    text = text.replace('source = "BirthDate"', "expression = \"date(BirthDate, 'yyyy-MM-dd')\"")
    await editor_session.pipelines.save("calculated", text)
    app = EditorApp(editor_session, "calculated", "mapping")
    async with app.run_test(size=(140, 40)) as pilot:
        await open_editor(pilot)
        screen = await preview(pilot)
        await go(pilot, "exclamation_mark")
        assert "row 3: with nulls" in said(screen, "#preview-head")
        line = line_with(record(screen), '"birthDate"')
        assert "null  ! null" in line
        assert "null: date: '31/02/1990'" in line


async def test_each_line_of_the_statistics_leads_to_its_first_row(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(140, 40)) as pilot:
        editor = await open_editor(pilot)
        screen = await preview(pilot)
        rows = editor.state.sample.preview.rows
        keys = screen.query_one(KeyLine)
        assert ("tab", "statistics") in keys.hints
        await go(pilot, "tab")
        assert {("enter", "first such row"), ("tab", "record")} < {*keys.hints}
        grid = screen.query_one("#preview-statistics", Grid)
        rejected, *quiet = text_of(grid).splitlines()[1:]
        assert all(word in rejected for word in ("person.birthDate", "✗ rejected", "1", "10.0 %", "'31/02/1990'"))
        without = sum(not row["Phone"] for row in rows)
        phone = next(line for line in quiet if "mobilePhone.number" in line)
        assert f"{without}   {without * 10:.1f} %" in phone
        await go(pilot, "enter")
        assert screen.heading.startswith("Preview: row 3 of 10")
        assert line_with(record(screen), '"birthDate"').startswith(">")
        await go(pilot, "tab", "slash", *"mobile", "enter", "enter")
        first = next(place for place, row in enumerate(rows) if not row["Phone"])
        assert screen.heading.startswith(f"Preview: row {first + 1} of 10")
        assert "null in the input" in line_with(record(screen), '"number"')


async def test_rows_are_reached_by_number_and_one_by_one_and_the_mapping_goes_on_with_the_last(
    editor_session: Any,
) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        screen = await preview(pilot)
        await go(pilot, "g", "7", "enter")
        assert screen.heading == "Preview: row 7 of 10"
        await go(pilot, "full_stop", "right", "right", "right", "comma")
        assert screen.heading == "Preview: row 10 of 10"
        await go(pilot, "escape")
        assert editor.state.sample.row == 9
        assert pilot.app.screen is editor


async def test_the_keyboard_is_answered_while_many_rows_are_judged(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        sample = editor.state.sample
        many = SimpleNamespace(columns=sample.preview.columns, rows=sample.preview.rows * 2_000)
        editor._update(sample=replace(sample, preview=many))
        app.post_message(events.Key("p", "p"))
        # Not through the pilot, which lets everything end before it goes on.
        await soon(lambda: bool(showing(app)) and showing(app)[0]._judged is not None)
        (screen,) = showing(app)
        app.post_message(events.Key("full_stop", "."))
        await soon(lambda: screen.heading == "Preview: row 2 of 20,000")
        assert 0 < len(screen._fates) < 20_000
        assert "judging" in said(screen, "#preview-head")
        app.post_message(events.Key("escape", None))
        await soon(lambda: app.screen is editor)
        assert len(screen._fates) < 20_000


def showing(app: Any) -> list[PreviewScreen]:
    return [screen for screen in app.screen_stack if isinstance(screen, PreviewScreen)]


async def soon(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds, giving way to everything else at each look."""
    for _ in range(1_000_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("It never came to pass.")


async def test_a_schema_that_cannot_be_read_is_said_and_esc_leads_back(editor_session: Any) -> None:
    async def full(_schema: Any, _dataset: Any = None) -> Any:
        raise ConfigError("No schema is chosen yet.", "Choose one in the section Target.")

    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        editor_session.schemas.full = full
        await go(pilot, "p")
        await until(pilot, lambda: "No schema is chosen" in said(pilot.app.screen, "#preview-head"), "the reason")
        await go(pilot, "escape")
        assert pilot.app.screen is editor


def nested(*rows: MappingRow, sample: dict[str, Any]) -> list[tuple[str, str]]:
    """What stands left and right, for a schema with an array of objects."""
    item = {"type": "object", "properties": {"sku": {"type": "string"}, "n": {"type": "integer"}}}
    items = {"type": "array", "items": item}
    schema = {"type": "object", "properties": {"items": items, "all": items, "_id": {"type": "string"}}}
    judged = Preview(rows, schema, stage.NOW, [sample], only_text=False).judged(0)
    return [(line.input, line.record.strip()) for line in record_lines(judged)]


def test_what_is_written_into_arrays_stands_beside_each_element() -> None:
    lines = nested(
        MappingRow(source="lines[*].s", target="items[*].sku"),
        MappingRow(source="lines", target="all"),
        MappingRow(source="none", target="_id"),
        sample={"lines": [{"s": "a"}, {"s": "b"}], "other": 1},
    )
    assert ("lines[*].s  an array of 2", '"sku": "a"') in lines
    assert ("lines[*].s  an array of 2", '"sku": "b"') in lines
    assert ("lines  an array of 2", '"all": [') in lines
    assert ("none  null", '"_id": null') in lines
    assert ("other  1", "") in lines
