"""One dataflow by keys: its facts, its runs as they come, and what each key does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from textual.widget import Widget

from aeptui.errors import AeptuiError
from aeptui.ids import FlowId
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.flow import FlowScreen
from aeptui.ui.screens.flows import FlowsScreen
from aeptui.ui.widgets.flow_list import FlowList
from aeptui.ui.widgets.flow_run_list import FlowRunList
from tests.ui import flows_stage as stage
from tests.ui import local_stage as local

DOWN = AeptuiError("The platform does not answer.", "Look at the connection.")


def one_flow(**world: Any) -> tuple[Any, Any]:
    """The app showing the first dataflow, and its session."""
    session = stage.StageSession(**{**stage.busy_world(), **world})
    return stage.StageApp(session, lambda given: FlowScreen(given, FlowId("flow-1"))), session


def text_of(pilot: Any) -> str:
    return str(local.shown(pilot.app.screen))


async def ready(pilot: Any, kind: type[Widget] = FlowRunList, rows: int = 1) -> Any:
    """The grid, once it shows something."""

    def there() -> bool:
        found = pilot.app.screen.query(kind)
        return bool(found) and getattr(found.first(), "row_count", 0) >= rows

    await local.until(pilot, there, f"{rows} rows in {kind.__name__}")
    return pilot.app.screen.query_one(kind)


async def asked_to_confirm(pilot: Any) -> str:
    await local.until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    await pilot.pause()
    return " ".join(text_of(pilot).split())


async def test_a_dataflow_shows_its_facts_and_its_runs_at_80_columns() -> None:
    app, _ = one_flow()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, FlowRunList, 9)
        await local.until(pilot, lambda: "Loyalty dataset" in text_of(pilot))
        text = " ".join(text_of(pilot).split())
        for words in (
            "Dataflow Loyalty members",
            "State ✓ enabled",
            "Schedule every 6 hours, from",
            "Reads Sample SFTP (SFTP)",
            "Dataset Loyalty dataset dataset-1",
            "Pipeline Loyalty members execution 20261123-140512-3fa9",
            "! partial 12,000 11,993 7",
            "… running - - -",
        ):
            assert words in text


async def test_runs_appear_and_change_by_themselves_and_the_cursor_stays() -> None:
    app, session = one_flow()
    async with app.run_test(size=(80, 24)) as pilot:
        grid = await ready(pilot, FlowRunList, 9)
        await pilot.press("down", "down")
        assert grid.cursor_key == "run-7"
        ended = stage.run(9, "success", (11, 11, 0), ago_s=2)
        session.flows.becomes((stage.run(10, "queued", None, ago_s=0), ended, *session.flows.history[1:]))
        await local.until(pilot, lambda: grid.row_count == 10)
        assert grid.cursor_key == "run-7"
        assert "· scheduled" in text_of(pilot)
        assert "… running" not in text_of(pilot)


async def test_a_dataflow_that_cannot_be_read_says_so_and_r_asks_again() -> None:
    app, session = one_flow(broken=DOWN)
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "The runs could not be read. r asks again." in text_of(pilot))
        assert "✗ The platform does not answer." in text_of(pilot)
        session.flows.broken = None
        await pilot.press("r")
        await ready(pilot, FlowRunList, 9)
        assert "does not answer" not in text_of(pilot)


async def test_a_dataflow_that_is_gone_is_not_said_to_have_had_no_run() -> None:
    app, session = one_flow(history=())

    async def gone(_flow_id: str) -> Any:
        raise AeptuiError("There is no dataflow flow-1 any more.")

    session.flows.get = gone
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "✗ There is no dataflow flow-1 any more." in text_of(pilot))
        session.flows.becomes(())
        await pilot.pause(0.1)
        assert "✗ There is no dataflow flow-1 any more." in text_of(pilot)


async def test_nobody_watches_a_dataflow_while_another_screen_is_over_it() -> None:
    app, session = one_flow()
    async with app.run_test(size=(80, 24)) as pilot:
        grid = await ready(pilot, FlowRunList, 9)
        screen = app.screen
        await pilot.press("enter")
        await local.until(pilot, lambda: app.opened == [("flow_run", "flow-1", "run-9")])
        await local.until(
            pilot, lambda: not any(worker.group == "watch" for worker in screen.workers if worker.is_running)
        )
        session.flows.becomes((stage.run(10, ago_s=0), *session.flows.history))
        await pilot.press("escape")
        await local.until(pilot, lambda: grid.row_count == 10)


async def test_deleting_a_dataflow_leads_back() -> None:
    session: Any = stage.StageSession(**stage.busy_world())
    app = stage.StageApp(session, FlowsScreen)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, FlowList)
        await app.push_screen(FlowScreen(session, FlowId("flow-1")))
        await ready(pilot, FlowRunList, 9)
        await local.until(pilot, lambda: "Sample SFTP" in text_of(pilot))
        await pilot.press("d")
        await asked_to_confirm(pilot)
        await pilot.press("y")
        await local.until(pilot, lambda: isinstance(app.screen, FlowsScreen))
        assert session.flows.changes == [("flow-1", "deleted")]


async def test_times_go_on_while_nothing_else_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aeptui.ui.screens.flow._TICK_S", 0.05)
    app, session = one_flow()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, FlowRunList, 9)
        session.clock.advance(timedelta(minutes=3).total_seconds())
        await local.until(pilot, lambda: "3 min ago" in text_of(pilot))
