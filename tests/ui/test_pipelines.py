"""The list of pipelines by keys: run, new, duplicate, delete and back."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from aeptui.chain.document import ParsedPipeline, parse_pipeline
from aeptui.errors import AeptuiError
from aeptui.ui.screens.ask import AskScreen
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.pipelines import PipelinesScreen
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.text_view import TextView
from tests.ui import execution_stage as stage
from tests.ui import local_stage as local


@dataclass
class Saved:
    """The face of a saved pipeline."""

    name: str
    title: str
    path: str
    has_draft: bool
    problems: int
    pipeline: Any
    modified_at: Any = stage.NOW - timedelta(minutes=7)


def text_of(name: str) -> str:
    return (
        f'# kept\nversion = 1\nname = "{name}"\n[source]\npath = "/{name}/*.tsv"\n'
        '[schedule]\nfrequency = "minute"\ninterval = 30\n'
    )


@dataclass
class Shelf:
    """Pipelines by name, in memory."""

    texts: dict[str, str]
    drafts: dict[str, str] = field(default_factory=dict)
    broken: AeptuiError | None = None

    async def list(self) -> tuple[Saved, ...]:
        if self.broken is not None:
            raise self.broken
        found = {**self.texts, **self.drafts}
        return tuple(
            Saved(name, parsed.name, f"/p/{name}.toml", name in self.drafts, int(name == "visits"), parsed)
            for name, text in sorted(found.items())
            for parsed in [parse_pipeline(text).pipeline]
        )

    async def load(self, name: str) -> ParsedPipeline:
        return parse_pipeline(self.drafts.get(name) or self.texts[name])

    async def new_name(self, title: str) -> str:
        return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")

    async def save(self, name: str, text: str) -> None:
        self.texts[name] = text

    async def bring_back(self, name: str, text: str) -> str:
        await asyncio.sleep(0)
        await self.save(name, text)
        return name

    async def save_draft(self, name: str, text: str) -> None:
        self.drafts[name] = text

    async def delete(self, name: str) -> str:
        return self.texts.pop(name)


def world_of(*names: str, **options: Any) -> tuple[Any, Shelf]:
    shelf = Shelf({name: text_of(name) for name in names}, **options)
    return stage.Stage(stage.record("running", 0), pipelines=shelf), shelf


def app_of(world: Any) -> Any:
    return stage.StageApp(world, PipelinesScreen)


async def settled(pilot: Pilot[Any]) -> PipelinesScreen:
    for _ in range(100):
        await pilot.pause()
        if isinstance(pilot.app.screen_stack[0], PipelinesScreen):
            break
    await pilot.app.workers.wait_for_complete()
    for _ in range(3):
        await pilot.pause()
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, PipelinesScreen)
    return screen


def lines(screen: PipelinesScreen) -> list[str]:
    grid = screen.query_one(Grid)
    return [grid.render_line(y).text.rstrip() for y in range(grid.size.height)]


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_each_pipeline_says_what_it_reads_when_it_runs_and_how_it_stands(size: tuple[int, int]) -> None:
    world, shelf = world_of("bookings", "loyalty", "visits")
    shelf.drafts["orders"] = text_of("orders")
    async with app_of(world).run_test(size=size) as pilot:
        screen = await settled(pilot)
        seen = lines(screen)
        assert "✓ ready" in seen[1]
        assert "/bookings/*.tsv" in seen[1]
        assert "30 minutes" in seen[1]
        assert "draft" in seen[3]
        assert "✗ 1 problem" in seen[4]


async def test_the_cursor_begins_on_the_ready_sample_and_two_keys_reach_a_running_execution() -> None:
    world, _ = world_of("bookings", "loyalty", "visits")
    async with app_of(world).run_test() as pilot:
        screen = await settled(pilot)
        assert screen.query_one(Grid).cursor_key == "loyalty"
        await pilot.press("r")
        await settled(pilot)
        assert [parsed.pipeline.name for parsed in world.started] == ["loyalty"]
        assert pilot.app.opened == [("execution", world.id)]


async def test_the_cursor_stays_where_it_was_left() -> None:
    world, _ = world_of("bookings", "loyalty", "visits")
    async with app_of(world).run_test() as pilot:
        screen = await settled(pilot)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert pilot.app.opened == [("pipeline", "visits")]
        await pilot.press("escape")
        await settled(pilot)
        assert screen.query_one(Grid).cursor_key == "visits"


@pytest.mark.parametrize(
    ("production", "words"), [(True, "This is the PRODUCTION sandbox prod."), (None, "production one is not known")]
)
async def test_where_production_may_be_at_stake_a_run_is_confirmed_first(production: bool | None, words: str) -> None:
    world, _ = world_of("loyalty")
    world.production = production
    async with app_of(world).run_test() as pilot:
        await settled_without_workers(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert words in " ".join(local.shown(pilot.app.screen).replace("█", " ").split())
        await pilot.press("n")
        await settled(pilot)
        assert world.started == []
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("y")
        await settled(pilot)
        assert len(world.started) == 1


async def settled_without_workers(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen_stack[0], PipelinesScreen))
    await until(pilot, lambda: pilot.app.screen.query_one(Grid).row_count > 0)


async def until(pilot: Pilot[Any], holds: Any) -> None:
    for _ in range(200):
        await pilot.pause()
        if holds():
            return
    raise AssertionError("It did not come about.")


async def test_a_new_pipeline_asks_for_a_name_and_opens_as_a_draft() -> None:
    world, shelf = world_of("loyalty")
    async with app_of(world).run_test() as pilot:
        await settled(pilot)
        await pilot.press("n")
        assert isinstance(pilot.app.screen, AskScreen)
        await pilot.press("enter")  # without a name nothing happens
        assert isinstance(pilot.app.screen, AskScreen)
        await pilot.press(*"Shop", "space", *"visits", "enter")
        await settled(pilot)
        assert parse_pipeline(shelf.drafts["shop-visits"]).pipeline.name == "Shop visits"
        assert pilot.app.opened == [("pipeline", "shop-visits")]


async def test_a_duplicate_keeps_everything_but_the_name() -> None:
    world, shelf = world_of("loyalty")
    async with app_of(world).run_test() as pilot:
        screen = await settled(pilot)
        await pilot.press("D")
        await pilot.pause()
        assert pilot.app.screen.query_one(Input).value == "loyalty copy"
        await pilot.press("enter")
        await settled(pilot)
        text = shelf.texts["loyalty-copy"]
        assert "# kept" in text
        assert parse_pipeline(text).pipeline.source.path == "/loyalty/*.tsv"
        assert parse_pipeline(text).pipeline.name == "loyalty copy"
        assert screen.query_one(Grid).cursor_key == "loyalty-copy"


async def test_deleting_asks_first_and_can_be_undone() -> None:
    world, shelf = world_of("loyalty", "visits")
    async with app_of(world).run_test() as pilot:
        screen = await settled(pilot)
        await pilot.press("u")  # nothing to undo yet
        await pilot.press("d", "n")
        assert "loyalty" in shelf.texts
        await pilot.press("d", "y")
        await settled(pilot)
        assert "loyalty" not in shelf.texts
        assert screen.query_one(Grid).row_count == 1
        await pilot.press("u", "u")  # the second one has nothing left
        await settled(pilot)
        assert shelf.texts["loyalty"] == text_of("loyalty")
        assert screen.query_one(Grid).cursor_key == "loyalty"


async def test_pipelines_that_cannot_be_read_are_an_error_not_an_empty_list() -> None:
    world, _ = world_of("loyalty", broken=AeptuiError("The folder cannot be read.", "Look at its rights."))
    async with app_of(world).run_test() as pilot:
        screen = await settled(pilot)
        assert "could not be read" in "\n".join(lines(screen))
        assert "The folder cannot be read." in screen.query_one("#problem", TextView).text
        await pilot.press("r", "d", "D", "e")
        assert world.started == []


async def test_every_key_has_help() -> None:
    for binding in PipelinesScreen.BINDINGS:
        assert binding.tooltip, binding  # type: ignore[union-attr]  # ours are all Binding objects


async def test_deleting_on_disk_is_told_once_and_u_brings_the_file_back(tmp_path: Path) -> None:
    app = local.LocalApp(tmp_path, "pipelines")
    file = tmp_path / "pipelines" / "orders.toml"
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "visits" in local.shown(app.screen))
        text = file.read_text("utf-8")
        await pilot.press("down", "d", "y")
        await local.until(pilot, lambda: "Deleted orders" in local.messages(app))
        await local.until(pilot, lambda: app.screen.query_one(Grid).row_count == 3)
        assert not file.exists()
        await pilot.press("u")
        await local.until(pilot, lambda: "> orders" in local.shown(app.screen))
        assert file.read_text("utf-8") == text
        assert "There is no" not in local.messages(app)


async def test_what_comes_back_takes_no_name_that_another_one_has_by_now(tmp_path: Path) -> None:
    app = local.LocalApp(tmp_path, "pipelines")
    folder = tmp_path / "pipelines"
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "visits" in local.shown(app.screen))
        text = (folder / "orders.toml").read_text("utf-8")
        await pilot.press("down", "d", "y")
        await local.until(pilot, lambda: "Deleted orders" in local.messages(app))
        (folder / "orders.toml").write_text("# another one\n")
        await pilot.press("u")
        await local.until(pilot, lambda: "There is another orders now, so it is orders-2." in local.messages(app))
        assert (folder / "orders-2.toml").read_text("utf-8") == text
        assert (folder / "orders.toml").read_text("utf-8") == "# another one\n"
