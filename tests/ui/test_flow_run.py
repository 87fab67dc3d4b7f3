"""One flow run on its screen, by keys: how it goes on, what it says, and the rows that failed."""

from __future__ import annotations

from typing import Any

from aeptui.errors import AeptuiError
from aeptui.ids import FlowId, FlowRunId
from aeptui.ui.screens.flow import FlowScreen
from aeptui.ui.screens.flow_run import FlowRunScreen
from aeptui.ui.screens.read import ReadScreen
from aeptui.ui.widgets.failed_row_list import FailedRowList
from aeptui.ui.widgets.reason_list import ReasonList
from tests.ui import flows_stage as stage
from tests.ui import local_stage as local

DOWN = AeptuiError("The platform does not answer.", "Look at the connection.")


def one_run(run_id: str = "run-8", **world: Any) -> tuple[Any, Any]:
    """The app showing that run, and its session."""
    session = stage.StageSession(**{**stage.busy_world(), **world})
    return stage.StageApp(session, lambda given: FlowRunScreen(given, FlowId("flow-1"), FlowRunId(run_id))), session


def text_of(pilot: Any) -> str:
    return " ".join(str(local.shown(pilot.app.screen)).split())


async def with_rows(pilot: Any) -> FlowRunScreen:
    """The screen, once it shows the failed rows."""
    await local.until(pilot, lambda: "2026-11-01.tsv" in text_of(pilot), "failed rows")
    screen = pilot.app.screen
    assert isinstance(screen, FlowRunScreen)
    return screen


async def test_a_run_says_what_happened_its_numbers_and_why_rows_failed_at_80_columns() -> None:
    app, _ = one_run()
    async with app.run_test(size=(80, 24)) as pilot:
        await with_rows(pilot)
        text = text_of(pilot)
        for words in (
            "! partial 11,993 rows are in the dataset; 7 were refused.",
            "12,000 in 11,993 out 7 failed",
            "3 read 1.5 MB in 412 kB out",
            "6 h ago took 8.2 s",
            "2 Birthday is not a date: 1984-13-45",
            "1 9 columns instead of 11",
            "412 Birthday",
        ):
            assert words in text


async def test_counts_of_a_part_of_the_failed_rows_do_not_pass_for_all_of_them() -> None:
    app, _ = one_run()
    async with app.run_test(size=(80, 24)) as pilot:
        await with_rows(pilot)
        await local.until(pilot, lambda: "below: 3 of 7 failed rows" in text_of(pilot))


async def test_what_the_platform_does_not_say_is_a_dash() -> None:
    app, _ = one_run("run-9")
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "running" in text_of(pilot))
        assert "- in - out - failed - with a warning" in text_of(pilot)
        assert "- read - in - out" in text_of(pilot)


async def test_a_running_run_is_followed_until_it_ends_and_then_its_rows_are_read() -> None:
    app, session = one_run("run-9")
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "… running" in text_of(pilot))
        assert not app.screen.query_one(FailedRowList).display
        ended = stage.run(9, "success", (12_000, 11_997, 3), ago_s=9)
        session.flows.becomes((ended, *session.flows.history[1:]))
        await with_rows(pilot)
        assert "11,997 rows are in the dataset" in text_of(pilot)
        assert isinstance(app.focused, ReasonList)


async def test_a_run_that_is_not_among_the_newest_any_more_is_followed_too() -> None:
    app, session = one_run("run-9")
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "… running" in text_of(pilot))
        ended = stage.run(9, "success", (5, 5, 0), ago_s=9)

        async def alone(_run_id: str) -> Any:
            return ended

        session.flows.run = alone
        session.flows.becomes(tuple(stage.run(at) for at in range(20, 70)))
        await local.until(pilot, lambda: "✓ succeeded" in text_of(pilot))


async def test_a_run_without_failed_rows_shows_no_empty_lists() -> None:
    app, _ = one_run("run-6")
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "✓ succeeded" in text_of(pilot))
        await pilot.pause()
        assert not app.screen.query_one(ReasonList).display
        assert not app.screen.query_one(FailedRowList).display


async def test_rows_that_were_not_kept_are_not_called_no_failed_rows() -> None:
    app, _ = one_run(rows=())
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "kept none of these rows" in text_of(pilot))
        assert "No row failed" not in text_of(pilot)


async def test_rows_that_could_not_be_read_say_so_and_r_asks_again() -> None:
    app, session = one_run(rows_broken=DOWN)
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "could not be read. r asks again." in text_of(pilot))
        assert "✗ The platform does not answer." in text_of(pilot)
        assert "12,000 in" in text_of(pilot)
        session.flows.rows_broken = None
        await pilot.press("r")
        await with_rows(pilot)
        assert "does not answer" not in text_of(pilot)


async def test_a_run_that_could_not_be_read_says_so() -> None:
    app, _ = one_run(broken=DOWN)
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "The flow run could not be read." in text_of(pilot))
        assert "Look at the connection." in text_of(pilot)


async def test_enter_shows_a_reason_or_a_row_whole_and_y_copies_it() -> None:
    app, _ = one_run()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await with_rows(pilot)
        await pilot.press("y")
        assert app.clipboard == "MAPPER-3700-400 Birthday is not a date: 1984-13-45 (2)"
        await pilot.press("enter")
        await local.until(pilot, lambda: isinstance(app.screen, ReadScreen))
        await pilot.press("escape", "tab", "down", "y")
        assert isinstance(app.focused, FailedRowList)
        assert app.clipboard.splitlines() == [
            "2026-11-01.tsv, line 733",
            "MAPPER-3700-400 Birthday is not a date: 1984-13-45",
            "M100733\tAlan\tTuring\t1984-13-45",
        ]
        await pilot.press("enter")
        await local.until(pilot, lambda: isinstance(app.screen, ReadScreen))
        await pilot.pause()
        assert "M100733␉Alan␉Turing" in text_of(pilot)
        await pilot.press("escape", "tab", "y")
        assert app.focused is screen.query_one("#facts")
        assert app.clipboard == "run-8"


async def test_f_goes_to_the_dataflow_and_not_twice_over() -> None:
    session: Any = stage.StageSession(**stage.busy_world())
    app = stage.StageApp(session, lambda given: FlowScreen(given, FlowId("flow-1")))
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: isinstance(app.screen, FlowScreen))
        below = app.screen
        await app.push_screen(FlowRunScreen(session, FlowId("flow-1"), FlowRunId("run-8")))
        await with_rows(pilot)
        await pilot.press("f")
        await local.until(pilot, lambda: app.screen is below)
    app, _ = one_run()
    async with app.run_test(size=(80, 24)) as pilot:
        await with_rows(pilot)
        await pilot.press("f")
        await local.until(pilot, lambda: app.opened == [("flow", "flow-1")])


async def test_long_errors_never_push_the_failed_rows_off_a_small_screen() -> None:
    errors = [
        (f"CODE-{at}", "A long story that goes on for more than one line of eighty cells. " * 3) for at in range(9)
    ]
    history = (stage.run(8, "success", (12_000, 11_993, 7), errors=errors),)
    app, _ = one_run(history=history)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await with_rows(pilot)
        assert screen.query_one(FailedRowList).size.height >= 5
        assert "12,000 in 11,993 out 7 failed" in text_of(pilot)
