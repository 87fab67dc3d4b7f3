"""The history of executions by keys: what each line says, and what an interrupted one left behind."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from aeptui.errors import AeptuiError
from aeptui.ui.screens.executions import ExecutionsScreen
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.text_view import TextView
from tests.ui import execution_stage as stage


def history() -> list[Any]:
    record = stage.record
    return [
        record("running", 3, now="running", id="e1"),
        record("succeeded", id="e2", flow_run=stage.Run()),
        record("failed", 2, now="failed", id="e3"),
        record("interrupted", 2, id="e4"),
        record("in_doubt", 2, now="in_doubt", id="e5"),
        record("cancelled", 0, id="e6"),
    ]


def app_of(world: Any) -> Any:
    return stage.StageApp(world, ExecutionsScreen)


async def settled(pilot: Pilot[Any]) -> ExecutionsScreen:
    for _ in range(100):
        await pilot.pause()
        if isinstance(pilot.app.screen_stack[0], ExecutionsScreen):
            break
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, ExecutionsScreen)
    return screen


def lines(widget: Grid | TextView) -> list[str]:
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_every_status_is_a_word_and_rows_are_counted(size: tuple[int, int]) -> None:
    world = stage.Stage(history()[0], history=history())
    async with app_of(world).run_test(size=size) as pilot:
        screen = await settled(pilot)
        rows = lines(screen.query_one(Grid))[1:]
        words = ("running", "succeeded", "failed", "interrupted", "in doubt", "cancelled")
        for row, word in zip(rows, words, strict=False):
            assert word in row
            assert "Loyalty members" in row
        assert "11,993" in rows[1]
        assert "7" in rows[1].split()


async def test_the_line_of_a_running_execution_follows_it_to_its_end() -> None:
    world = stage.Stage(history()[0], history=history())
    async with app_of(world).run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        assert len(world.heard_by) == 1
        world.becomes(record=stage.record("succeeded", id="e1", flow_run=stage.Run(output_records=4_321)))
        await settled(pilot)
        assert "succeeded" in lines(screen.query_one(Grid))[1]
        assert "4,321" in lines(screen.query_one(Grid))[1]
        assert not world.heard_by


async def test_an_interrupted_one_names_what_exists_and_what_to_do() -> None:
    world = stage.Stage(history()[0], history=history())
    async with app_of(world).run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        await pilot.press("down", "down", "down")
        about = "\n".join(lines(screen.query_one("#about", TextView)))
        for text in ("interrupted", "id-of-source_connection", "id-of-schema", "What to do  o goes on with it"):
            assert text in about
        assert screen.copy_text().splitlines()[:2] == ["execution e4", "source_connection id-of-source_connection"]
        await pilot.press("down")
        assert "o goes on with it" in "\n".join(lines(screen.query_one("#about", TextView)))
        await pilot.press("down")
        assert "Nothing was created." in "\n".join(lines(screen.query_one("#about", TextView)))


async def test_enter_opens_the_execution_and_f_its_flow_run() -> None:
    world = stage.Stage(history()[0], history=history())
    async with app_of(world).run_test() as pilot:
        await settled(pilot)
        await pilot.press("f", "down", "f")
        await pilot.pause()
        assert pilot.app.opened == [("flow_run", "id-of-flow", stage.Run().id)]
        await pilot.press("escape", "enter")
        await pilot.pause()
        assert pilot.app.opened[1:] == [("execution", "e2")]


async def test_what_cannot_be_read_is_said_and_r_tries_again() -> None:
    world = stage.Stage(history()[0], history=history(), broken=AeptuiError("The folder is gone.", "Bring it back."))
    async with app_of(world).run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        assert "could not be read" in "\n".join(lines(screen.query_one(Grid)))
        assert "The folder is gone." in "\n".join(lines(screen.query_one("#problem", TextView)))
        world.broken = None
        await pilot.press("r")
        await settled(pilot)
        assert screen.query_one(Grid).row_count == 6
        assert not screen.query_one("#problem").display


async def test_an_empty_history_says_how_to_begin() -> None:
    world = stage.Stage(stage.record("succeeded"))
    async with app_of(world).run_test() as pilot:
        screen = await settled(pilot)
        assert "Nothing has been run yet" in "\n".join(lines(screen.query_one(Grid)))


async def test_every_key_has_help() -> None:
    for binding in ExecutionsScreen.BINDINGS:
        assert binding.tooltip, binding  # type: ignore[union-attr]  # ours are all Binding objects
