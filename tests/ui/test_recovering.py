"""Going on with what stopped half way, and taking it back, by keys, on a real local platform."""

from __future__ import annotations

from pathlib import Path

from aeptui.chain.document import parse_pipeline
from aeptui.chain.events import ChainEvent
from aeptui.emulator.samples import sample_pipelines
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.execution import ExecutionScreen
from aeptui.ui.screens.executions import ExecutionsScreen
from aeptui.ui.widgets.grid import Grid
from tests.ui.local_stage import LocalApp, messages, shown, until


async def half_way(app: LocalApp) -> None:
    """An execution that was cancelled once its dataset was there."""
    executions = app.local_session.executions
    parsed = parse_pipeline(sample_pipelines()["loyalty"])

    def stop(event: ChainEvent) -> None:
        if event.to_json().get("step") == "dataset" and event.event == "step_succeeded":
            tracking.cancel()

    tracking = await executions.start(parsed, watch=False, on_event=stop)
    assert (await tracking.wait()).status == "cancelled"


async def test_o_goes_on_to_the_end_and_u_takes_all_of_it_back(tmp_path: Path) -> None:
    app = LocalApp(tmp_path, start="executions")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.session is not None)
        await half_way(app)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ExecutionsScreen) and app.screen.query_one(Grid).row_count)
        assert "o goes on, u takes it back" in shown(app.screen)

        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, ExecutionScreen) and "11,993 out" in shown(app.screen))
        assert len([flow async for flow in app.local_session._client.flows.list()]) == 1

        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Delete 6 resources?" in shown(app.screen)
        assert "mapping set" in shown(app.screen)
        await pilot.press("enter")  # a dangerous question takes only y
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, ExecutionScreen) and "undone" in shown(app.screen))
        for collection in ("flows", "datasets", "schemas", "source_connections", "target_connections", "mapping_sets"):
            assert not [one async for one in getattr(app.local_session._client, collection).list()]


async def test_a_no_deletes_nothing(tmp_path: Path) -> None:
    app = LocalApp(tmp_path, start="executions")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.session is not None)
        await half_way(app)
        await pilot.press("r")
        await until(pilot, lambda: app.screen.query(Grid) and app.screen.query_one(Grid).row_count)
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, ExecutionsScreen))
        assert len([one async for one in app.local_session._client.datasets.list()]) == 1


async def test_what_a_dead_process_left_is_told_at_the_next_start(tmp_path: Path) -> None:
    app = LocalApp(tmp_path, start="executions")
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session is not None)
        await half_way(app)
    (journal,) = (tmp_path / "executions").glob("*.jsonl")
    lines = journal.read_text("utf-8").splitlines()
    journal.write_text("\n".join(lines[:-1]) + "\n", "utf-8")  # its process ended without a word
    again = LocalApp(tmp_path, start="flows")
    async with again.run_test() as pilot:
        await until(pilot, lambda: "stopped half way" in messages(again))
        assert "4 shows it" in messages(again)
