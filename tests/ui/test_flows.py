"""The list of dataflows by keys: what is shown, how it follows the platform, what each key does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widget import Widget

from aeptui.errors import AeptuiError
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.flow_run import FlowRunScreen
from aeptui.ui.screens.flows import FlowsScreen
from aeptui.ui.widgets.failed_row_list import FailedRowList
from aeptui.ui.widgets.flow_list import FlowList
from aeptui.ui.widgets.flow_run_list import FlowRunList
from aeptui.ui.widgets.reason_list import ReasonList
from aeptui.ui.widgets.trouble_line import TroubleLine
from tests.ui import flows_stage as stage
from tests.ui import local_stage as local

DOWN = AeptuiError("The platform does not answer.", "Look at the connection.")


def home(**world: Any) -> tuple[Any, Any]:
    """The app showing the list, and its session."""
    session = stage.StageSession(**world)
    return stage.StageApp(session, FlowsScreen), session


def text_of(pilot: Any) -> str:
    return str(local.shown(pilot.app.screen))


async def ready(pilot: Any, kind: type[Widget] = FlowList, rows: int = 1) -> Any:
    """The grid, once it shows something."""

    def there() -> bool:
        found = pilot.app.screen.query(kind)
        return bool(found) and getattr(found.first(), "row_count", 0) >= rows

    await local.until(pilot, there, f"{rows} rows in {kind.__name__}")
    return pilot.app.screen.query_one(kind)


# The list


async def test_each_dataflow_shows_its_state_its_last_run_and_its_next_at_80_columns() -> None:
    app, _ = home(**stage.busy_world())
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await local.until(pilot, lambda: "newest at the right" in text_of(pilot), "the facts of the first dataflow")
        lines = [" ".join(line.split()) for line in text_of(pilot).splitlines()]
        assert "> Loyalty members ✓ enabled … running - - in 5 h" in lines
        assert "Products ✓ enabled ✗ failed 12,000 12,000 -" in lines
        assert "Web visits · disabled ✓ succeeded 12,000 0 -" in lines
        assert any(line.startswith("Orders of the web") and "! partial 12,000 7 in 2 days" in line for line in lines)
        assert "Runs ✓✓✓✓✓✓✗!… newest at the right, 2 s ago" in lines


async def test_with_more_room_each_dataflow_shows_its_history() -> None:
    app, _ = home(**stage.busy_world())
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        (line,) = [line for line in text_of(pilot).splitlines() if "> " in line]
        assert line.rstrip().endswith("✓✓✓✓✓✓✗!…")
        assert "2 s ago" in line


async def test_names_from_the_platform_are_shown_and_not_obeyed() -> None:
    app, _ = home(**stage.busy_world())
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        assert "[b]Not[/b] yet␛[31m" in text_of(pilot)


async def test_an_empty_list_says_what_to_do_next() -> None:
    app, _ = home()
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "No dataflows yet: press 2 for pipelines" in text_of(pilot))


async def test_a_list_that_could_not_be_read_says_so_and_not_that_it_is_empty() -> None:
    app, session = home(broken=DOWN)
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "could not be read" in text_of(pilot))
        assert "No dataflows yet" not in text_of(pilot)
        assert "✗ The platform does not answer." in text_of(pilot)
        assert "Look at the connection." in text_of(pilot)
        session.flows.broken = None
        session.flows.summaries = stage.busy_world()["summaries"]
        await pilot.press("r")
        await ready(pilot)
        assert "does not answer" not in text_of(pilot)


async def test_when_the_platform_goes_away_the_rows_stay_and_the_error_is_told_once() -> None:
    app, session = home(**stage.busy_world())
    async with app.run_test(size=(80, 24)) as pilot:
        grid = await ready(pilot)
        session.flows.broken = DOWN
        for _ in range(3):
            due = session.flows.asked + 1
            await pilot.press("r")
            while session.flows.asked < due:
                await pilot.pause(0.02)
        await local.until(pilot, lambda: app.screen.query_one(TroubleLine).display)
        assert grid.row_count == 5
        assert len(app._notifications) == 1


async def test_the_list_asks_again_by_itself_but_not_while_another_screen_is_shown() -> None:
    app, session = home(**stage.busy_world())
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        asked = session.flows.asked
        await local.until(pilot, lambda: session.flows.asked > asked + 1, "asking again by itself")
        await pilot.press("question_mark")
        await pilot.pause()
        assert app.screen_stack[-2]._next_look is None
        asked = session.flows.asked
        await pilot.press("escape")
        await local.until(pilot, lambda: session.flows.asked > asked, "asking when it is shown again")


async def test_asking_again_paints_only_the_row_that_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    app, session = home(**stage.busy_world())
    async with app.run_test(size=(80, 24)) as pilot:
        grid = await ready(pilot)
        await local.until(pilot, lambda: "newest at the right" in text_of(pilot), "the layout with all its panes")
        painted: list[int | None] = []
        original = grid.refresh

        def refresh(*regions: object, **options: bool) -> Widget:
            painted.extend([getattr(region, "y", None) for region in regions] or [None])
            result: Widget = original(*regions, **options)
            return result

        monkeypatch.setattr(grid, "refresh", refresh)
        world = session.flows.summaries
        changed = stage.summary(stage.flow(3, "Products"), [stage.run(30, rows=(500, 500, 0))])
        session.flows.summaries = (*world[:2], changed, *world[3:])
        await pilot.press("r")
        await local.until(pilot, lambda: "500" in text_of(pilot))
        assert painted == [3]


async def test_filter_and_sort_find_a_dataflow_among_many() -> None:
    many = tuple(
        stage.summary(stage.flow(at, f"Flow {at:03}"), [stage.run(at, rows=(at, at, 0), of=f"flow-{at}")])
        for at in range(1, 201)
    )
    app, _ = home(summaries=many)
    async with app.run_test(size=(80, 24)) as pilot:
        grid = await ready(pilot, rows=200)
        await pilot.press("slash", *"w 19")
        await pilot.press("enter")
        assert grid.row_count == 12  # 019, 119, 190 to 199
        await pilot.press("escape")
        grid.sort_by("rows", descending=True)
        await pilot.press("home")
        assert grid.cursor_key == "flow-200"


async def test_enter_opens_a_dataflow_and_n_goes_to_the_pipelines() -> None:
    app, _ = home(**stage.busy_world())
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("down", "enter")
        await local.until(pilot, lambda: app.opened == [("flow", "flow-2")])
        await pilot.press("escape")
        await pilot.press("n")
        await local.until(pilot, lambda: app.current_mode == "pipelines")


async def test_y_copies_the_ids_of_what_is_selected() -> None:
    app, _ = home(**stage.busy_world())
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("y")
        assert app.clipboard == "flow-1"
        await pilot.press("space", "down", "down", "space", "y")
        assert app.clipboard == "flow-1\nflow-3"


async def asked_to_confirm(pilot: Any) -> str:
    await local.until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    await pilot.pause()
    return " ".join(text_of(pilot).split())


async def test_disabling_asks_first_and_no_changes_nothing() -> None:
    app, session = home(**stage.busy_world())
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("e")
        assert "Disable Loyalty members?" in await asked_to_confirm(pilot)
        await pilot.press("escape")
        await pilot.press("e")
        await asked_to_confirm(pilot)
        assert session.flows.changes == []
        await pilot.press("y")
        await local.until(pilot, lambda: session.flows.changes == [("flow-1", False)])
        await local.until(pilot, lambda: "Disabled Loyalty members." in local.messages(app))


async def test_of_a_mixed_selection_e_enables_those_that_are_not() -> None:
    app, session = home(**stage.busy_world())
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("space", "down", "down", "down", "space", "e")
        assert "Enable Web visits?" in await asked_to_confirm(pilot)
        await pilot.press("enter")
        await local.until(pilot, lambda: session.flows.changes == [("flow-4", True)])


async def test_deleting_takes_a_deliberate_key_and_names_what_goes() -> None:
    app, session = home(**stage.busy_world())
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("space", "down", "down", "space", "d")
        question = await asked_to_confirm(pilot)
        assert "Delete 2 dataflows?" in question
        assert "Loyalty members, Products" in question
        await pilot.press("enter")
        assert session.flows.changes == []
        await pilot.press("y")
        await local.until(pilot, lambda: session.flows.changes == [("flow-1", "deleted"), ("flow-3", "deleted")])


async def test_in_a_production_sandbox_every_change_says_so() -> None:
    app, session = home(**stage.busy_world())
    session.production = True
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("e")
        assert "PRODUCTION sandbox prod" in await asked_to_confirm(pilot)
        await pilot.press("enter")
        assert isinstance(app.screen, ConfirmScreen)


async def test_a_change_that_is_refused_is_told() -> None:
    app, session = home(**stage.busy_world())
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("d")
        await asked_to_confirm(pilot)
        session.flows.broken = AeptuiError("You may not delete dataflows.", "Ask for the permission.")
        await pilot.press("y")
        await local.until(pilot, lambda: "You may not delete dataflows." in local.messages(app))


# On the local platform


async def run_pipeline(session: Any, name: str) -> Any:
    tracking = await session.executions.start(await session.pipelines.load(name))
    record = await tracking.wait()
    assert record.status == "succeeded", record
    return record


async def test_a_real_run_can_be_followed_from_home_to_the_reasons_of_its_bad_rows(tmp_path: Path) -> None:
    app = local.LocalApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "No dataflows yet" in text_of(pilot))
        record = await run_pipeline(app.local_session, "loyalty")
        grid = await ready(pilot)
        await local.until(pilot, lambda: "partial" in text_of(pilot))
        assert grid.cursor_key == record.ids["flow"]
        assert "! partial 12,000 7" in " ".join(text_of(pilot).split())
        await pilot.press("enter")
        await ready(pilot, FlowRunList)
        await local.until(pilot, lambda: "Sample SFTP (SFTP)" in text_of(pilot) and "11,993" in text_of(pilot))
        await pilot.press("enter")
        rows = await ready(pilot, FailedRowList, 7)
        assert isinstance(app.screen, FlowRunScreen)
        assert rows.total_count == 7
        text = " ".join(text_of(pilot).split())
        assert "12,000 in 11,993 out 7 failed" in text
        assert "expected 11 columns, found 9" in text
        assert app.screen.query_one(ReasonList).row_count >= 2


async def test_a_real_dataflow_is_disabled_enabled_and_deleted_by_keys(tmp_path: Path) -> None:
    app = local.LocalApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "No dataflows yet" in text_of(pilot))
        await run_pipeline(app.local_session, "products")
        await pilot.press("r")
        await ready(pilot)
        steps: list[tuple[str, Callable[[], bool]]] = [
            ("e", lambda: "· disabled" in text_of(pilot)),
            ("e", lambda: "✓ enabled" in text_of(pilot)),
            ("d", lambda: "No dataflows yet" in text_of(pilot)),
        ]
        for key, done in steps:
            await pilot.press(key)
            await asked_to_confirm(pilot)
            await pilot.press("y")
            await local.until(pilot, done, key)
