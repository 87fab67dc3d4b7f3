"""One execution on its screen, by keys: what is shown as it happens, and what each key leads to."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot

from aeptui.chain.problems import Problem
from aeptui.errors import AeptuiError
from aeptui.ids import ExecutionId
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.execution import ExecutionScreen
from aeptui.ui.screens.read import ReadScreen
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.problem_list import ProblemList
from aeptui.ui.widgets.reason_list import ReasonList
from aeptui.ui.widgets.request_list import RequestList
from aeptui.ui.widgets.step_list import StepList
from aeptui.ui.widgets.text_view import TextView
from tests.ui import execution_stage as stage

BAD_ROWS = (
    SimpleNamespace(raw="M1\tJane", record={}, errors=(), file="/loyalty/members/1.tsv", line=412, column=None),
    SimpleNamespace(raw="", record={"Birthday": "31/31/1999"}, errors=(), file=None, line=None, column="Birthday"),
)


@pytest.fixture(autouse=True)
def _reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the stage a failed row is its own reason; how rows are grouped is tested with the monitor."""
    import aeptui.monitor.failed_rows

    def reasons(rows: Any) -> Any:
        texts = ["The row has 5 columns, the header has 9.", "Column Birthday cannot become a date."]
        return tuple(
            SimpleNamespace(code="INGEST-1401-400", message=text, count=3, example=row)
            for text, row in zip(texts, rows, strict=False)
        )

    monkeypatch.setattr(aeptui.monitor.failed_rows, "reasons", reasons)


def app_of(world: Any) -> Any:
    return stage.StageApp(world, lambda session: ExecutionScreen(session, ExecutionId(world.id)))


async def settled(pilot: Pilot[Any]) -> ExecutionScreen:
    for _ in range(100):
        await pilot.pause()
        if isinstance(pilot.app.screen_stack[0], ExecutionScreen):
            break
    await pilot.app.workers.wait_for_complete()
    for _ in range(3):
        await pilot.pause()
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, ExecutionScreen)
    return screen


def lines(screen: ExecutionScreen, selector: str) -> list[str]:
    widget = screen.query_one(selector, TextView if selector in {"#status", "#outcome", "#detail"} else Grid)
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


def picture(screen: ExecutionScreen) -> str:
    """All that can be seen, pane by pane, as a user would read it."""
    names = ("status", "steps", "outcome", "problems", "reasons", "requests", "detail")
    return "\n".join("\n".join(lines(screen, f"#{name}")) for name in names if screen.query_one(f"#{name}").display)


async def test_each_step_says_its_state_in_a_word_with_name_id_and_time() -> None:
    world = stage.Stage(stage.record("running", 3, now="running"), stage.requests(3))
    async with app_of(world).run_test(size=(140, 40)) as pilot:
        screen = await settled(pilot)
        status = lines(screen, "#status")[0]
        assert "running for 8" in status
        assert "Loyalty members" in status
        rows = lines(screen, "#steps")
        assert "✓ succeeded" in rows[1]
        assert "source connection" in rows[1]
        assert "id-of-source" in rows[1]
        assert "123 ms" in rows[1]
        assert "… running" in rows[4]
        assert "· waiting" in rows[5]
        assert screen.query_one(StepList).cursor_key == "target_connection"  # follows what happens
        assert screen.unfinished().startswith("Loyalty members is still running")


async def test_the_detail_shows_request_and_answer_of_the_step_under_the_cursor() -> None:
    world = stage.Stage(stage.record("succeeded"), stage.requests())
    async with app_of(world).run_test(size=(140, 40)) as pilot:
        screen = await settled(pilot)
        await pilot.press("home")
        for name in stage.STEPS:
            detail = "\n".join(lines(screen, "#detail"))
            assert f'"sent": "{name}"' in detail
            assert f'"answered": "{name}"' in detail
            assert f"id-of-{name}" in detail
            await pilot.press("down")
        await pilot.press("home", "enter")
        assert isinstance(pilot.app.screen, ReadScreen)
        await pilot.press("escape")
        assert screen.is_current


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_a_run_is_watched_to_its_end_and_bad_rows_are_explained_without_a_key(size: tuple[int, int]) -> None:
    world = stage.Stage(stage.record("running", 6, now="running"), stage.requests(6), failed=BAD_ROWS)
    async with app_of(world).run_test(size=size) as pilot:
        screen = await settled(pilot)
        world.becomes(record=stage.record("running", 7), requests=stage.requests())
        await settled(pilot)
        assert "waiting for the platform" in picture(screen)
        world.becomes(flow_run=stage.Run(outcome="running", output_records=None, failed_records=None))
        await settled(pilot)
        assert "… running  12,000 in" in lines(screen, "#outcome")[0]
        world.becomes(record=stage.record("succeeded", flow_run=stage.Run()))
        await settled(pilot)
        seen = picture(screen)
        for text in (
            "✓ succeeded in 8",
            "12,000 in  11,993 out  7 failed",
            "The row has 5 columns",
            "M1␉Jane",
            "line 412",
        ):
            assert text in seen
        assert screen.unfinished() == ""
        assert world.heard_by
    assert not world.heard_by


async def test_a_user_who_is_reading_is_not_led_away_when_the_run_ends() -> None:
    world = stage.Stage(stage.record("running", 7), stage.requests(), failed=BAD_ROWS)
    async with app_of(world).run_test(size=(140, 40)) as pilot:
        screen = await settled(pilot)
        await pilot.press("home", "down")
        world.becomes(record=stage.record("succeeded", flow_run=stage.Run()))
        await settled(pilot)
        assert screen.query_one(ReasonList).display
        assert screen.query_one(StepList).has_focus
        assert screen.query_one(StepList).cursor_key == "schema"
        assert '"sent": "schema"' in picture(screen)


async def test_a_failed_step_says_what_happened_and_what_to_do() -> None:
    world = stage.Stage(stage.record("failed", 3, now="failed"), stage.requests(4))
    async with app_of(world).run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        assert "✗ failed after" in lines(screen, "#status")[0]
        assert lines(screen, "#outcome")[0].strip() == "target connection: It was refused."
        assert "What to do  Ask." in lines(screen, "#outcome")[1]
        assert screen.query_one(StepList).cursor_key == "target_connection"
        await pilot.press("r")
        await settled(pilot)
        assert len(world.started) == 1
        assert world.started[0].pipeline.name == "Loyalty members"
        assert ("execution", world.id) in pilot.app.opened


async def test_all_problems_of_a_refused_pipeline_are_listed_and_enter_leads_to_the_place() -> None:
    problems = tuple(
        Problem("error", f"[source] key{at}", at, f"Value {at} is wrong.", f"Write {at}.", "source") for at in range(7)
    )
    world = stage.Stage(stage.record("failed", 0), problems=problems)
    saved = SimpleNamespace(name="loyalty", title="Loyalty members")

    async def saved_ones() -> Any:
        return (saved,)

    world.pipelines = SimpleNamespace(list=saved_ones)
    async with app_of(world).run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        seen = picture(screen)
        assert "Nothing was created: 7 problems" in seen
        assert all(f"Value {at} is wrong." in seen for at in range(7))
        assert "Write 0." in seen
        assert screen.query_one(ProblemList).has_focus
        await pilot.press("down", "enter")
        await settled(pilot)
        assert pilot.app.opened == [("pipeline", "loyalty", "source")]


async def test_cancelling_asks_first_and_leaving_cancels_nothing() -> None:
    world = stage.Stage(stage.record("running", 2, now="running"))
    async with app_of(world).run_test() as pilot:
        await settled(pilot)
        await pilot.press("c")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("enter", "n")
        assert world.cancelled == 0
        await pilot.press("c", "y")
        assert world.cancelled == 1
    assert world.cancelled == 1


async def test_tab_walks_the_panes_and_the_request_list_takes_its_place_when_narrow() -> None:
    world = stage.Stage(stage.record("succeeded", flow_run=stage.Run(failed_records=0)), stage.requests())
    async with app_of(world).run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        assert not screen.query_one(RequestList).display
        await pilot.press("tab")
        assert screen.query_one(RequestList).has_focus
        assert screen.query_one(RequestList).display
        assert "/flowservice/flows" in picture(screen)
        await pilot.press("up", "enter")
        assert isinstance(pilot.app.screen, ReadScreen)
        await pilot.press("escape", "tab")
        assert screen.query_one("#detail").has_focus
        assert '"sent": "flow_spec"' in picture(screen)
        await pilot.press("tab")
        assert screen.query_one(StepList).has_focus
        await pilot.press("shift+tab", "shift+tab")
        assert screen.query_one(RequestList).has_focus


async def test_f_opens_the_flow_run_and_y_copies_every_id() -> None:
    world = stage.Stage(stage.record("succeeded", flow_run=stage.Run(failed_records=0)))
    async with app_of(world).run_test() as pilot:
        screen = await settled(pilot)
        assert screen.copy_text().splitlines()[0] == "source_connection id-of-source_connection"
        assert screen.copy_text().splitlines()[-1] == f"flow_run {stage.Run().id}"
        await pilot.press("f")
        await pilot.pause()
        assert pilot.app.opened == [("flow_run", "id-of-flow", stage.Run().id)]


async def test_an_execution_of_the_past_is_read_from_the_history() -> None:
    world = stage.Stage(stage.record("interrupted", 2), tracked=False)
    async with app_of(world).run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        seen = picture(screen)
        for text in ("! interrupted", "aeptui ended while this was going on", "id-of-schema", "What to do", "not kept"):
            assert text in seen
        assert screen.unfinished() == ""


async def test_what_ran_elsewhere_is_shown_but_nothing_is_asked_or_started_here() -> None:
    elsewhere = stage.record("succeeded", flow_run=stage.Run(), profile="acme", sandbox="dev")
    world = stage.Stage(elsewhere, failed=BAD_ROWS, tracked=False)
    async with app_of(world).run_test() as pilot:
        screen = await settled(pilot)
        assert "acme / dev" in picture(screen)
        assert not screen.query_one(ReasonList).display
        await pilot.press("f", "r")
        await settled(pilot)
        assert pilot.app.opened == []
        assert world.started == []


async def test_a_history_that_cannot_be_read_is_an_error_not_an_empty_list() -> None:
    world = stage.Stage(stage.record("failed"), tracked=False, broken=AeptuiError("Line 3 is torn.", "Delete it."))
    async with app_of(world).run_test() as pilot:
        screen = await settled(pilot)
        assert "Line 3 is torn." in picture(screen)
        assert "cannot be shown" in picture(screen)
        assert [toast.severity for toast in pilot.app._notifications] == ["error"]


async def test_while_running_only_the_time_is_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = stage.Stage(stage.record("running", 2, now="running"), stage.requests(2))
    async with app_of(world).run_test(size=(140, 40)) as pilot:
        screen = await settled(pilot)
        world.clock.advance(100)
        painted: list[tuple[str | None, tuple[int, ...]]] = []
        for widget in screen.query("*"):
            original = widget.refresh

            def refresh(*regions: Any, _id: str | None = widget.id, _original: Any = original, **options: Any) -> Any:
                painted.append((_id, tuple(region.y for region in regions)))
                return _original(*regions, **options)

            monkeypatch.setattr(widget, "refresh", refresh)
        screen._tick()
        assert painted == [("status", (0,)), ("steps", (3,))]
        await pilot.pause()
        assert "running for 1m 48s" in lines(screen, "#status")[0]


async def test_every_key_has_help() -> None:
    for binding in ExecutionScreen.BINDINGS:
        assert binding.tooltip, binding  # type: ignore[union-attr]  # ours are all Binding objects


async def test_a_question_asked_again_and_again_is_one_line_with_its_newest_answer() -> None:
    asked = [
        replace_in(stage.requests(1)[0], number=at, method="GET", path="/data/foundation/flowservice/runs", status=200)
        for at in range(1, 24)
    ]
    world = stage.Stage(stage.record("running", 7, now="running"), (*stage.requests(1), *asked))
    async with app_of(world).run_test(size=(140, 40)) as pilot:
        screen = await settled(pilot)
        requests = screen.query_one(RequestList)
        assert requests.row_count == 2
        assert "23 x /flowservice/runs" in picture(screen)
        assert requests.highlighted is asked[-1]


def replace_in(request: Any, **changes: Any) -> Any:
    return SimpleNamespace(**{**vars(request), **changes})


async def test_what_is_not_quite_as_asked_is_said_though_it_succeeded() -> None:
    done = stage.record("succeeded", flow_run=stage.Run(failed_records=0))
    noted = tuple(replace(step, note="Not quite.") if step.step == "flow" else step for step in done.steps)
    world = stage.Stage(replace(done, steps=noted), stage.requests())
    async with app_of(world).run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        assert "dataflow: Not quite." in "\n".join(lines(screen, "#outcome"))
