"""Watching a flow run: what is told when it changes, how often is asked, and what is said of how it ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from aeptui.clock import ManualClock
from aeptui.models.data_access import FailedRow
from aeptui.models.flow_runs import FlowRun, RunError
from aeptui.monitor.diagnose import Severity, diagnose
from aeptui.monitor.failed_rows import reasons
from aeptui.monitor.watch import watch_flow, watch_run
from tests.unit.api.wire import Asked, Say, Wire, wired


class SlowClock(ManualClock):
    """Notes how long each wait was."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await super().sleep(seconds)


def run(status: str, id: str = "run-1", **counts: Any) -> dict[str, Any]:
    metrics: dict[str, Any] = {"statusSummary": {"status": status}, "recordSummary": counts}
    return {"id": id, "flowId": "flow-1", "etag": '"1"', "createdAt": 1_795_442_400_000, "metrics": metrics}


def listed(*runs: dict[str, Any]) -> Say:
    return Say(200, {"items": list(runs)})


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with wired() as wire:
        yield wire


async def told(runs: AsyncIterator[FlowRun]) -> list[str]:
    return [run.status async for run in runs]


@pytest.mark.parametrize("ended", ["success", "failed", "partialSuccess"])
async def test_a_run_is_told_at_each_change_until_it_has_ended(wire: Wire, ended: str) -> None:
    busy = listed(run("inProgress"))
    wire.answers = [listed(), listed(run("scheduled")), listed(run("scheduled")), busy, busy, busy, listed(run(ended))]
    assert await told(watch_run(wire.client, "flow-1", clock=SlowClock())) == ["scheduled", "inProgress", ended]
    assert wire.asked[0].query["property"] == ["flowId==flow-1"]
    assert wire.asked[-1].path.endswith("/runs/run-1")


async def test_the_first_run_is_followed_also_when_others_come(wire: Wire) -> None:
    wire.answers = [listed(run("scheduled", "run-2"), run("inProgress", "run-1")), listed(run("success", "run-1"))]
    assert await told(watch_run(wire.client, "flow-1", clock=SlowClock())) == ["inProgress", "success"]


async def test_a_run_that_was_there_before_is_not_the_one_that_is_waited_for(wire: Wire) -> None:
    old = run("success", "old")
    wire.answers = [listed(old), listed(run("success", "new"), old)]
    found = [one.id async for one in watch_run(wire.client, "flow-1", clock=SlowClock(), after="old")]
    assert found == ["new"]


@pytest.mark.parametrize(("fast", "shortest", "longest"), [(False, 2.0, 15.0), (True, 0.2, 2.0)])
async def test_it_asks_less_and_less_often_while_nothing_happens_and_often_again_after_a_change(
    wire: Wire, fast: bool, shortest: float, longest: float
) -> None:
    clock = SlowClock()
    wire.answers = [*[listed()] * 12, listed(run("inProgress")), listed(run("success"))]
    await told(watch_run(wire.client, "flow-1", clock=clock, fast=fast))
    assert clock.waits[:12] == sorted(clock.waits[:12])
    assert clock.waits[11] == longest
    assert clock.waits[12] == shortest


async def test_the_runs_of_a_flow_are_told_when_any_of_them_changed(wire: Wire) -> None:
    def answer(_: Asked) -> Say:
        return listed(run("inProgress" if len(wire.asked) < 4 else "success"))

    wire.answers = [answer]
    seen: list[Sequence[str]] = []
    async for runs in watch_flow(wire.client, "flow-1", clock=SlowClock()):
        seen.append([one.status for one in runs])
        if len(seen) == 2:
            break
    assert seen == [["inProgress"], ["success"]]
    assert len(wire.asked) == 4


def ended(status: str, *errors: tuple[str, str], batch: str | None = "b1", **counts: Any) -> FlowRun:
    raw = run(status, **counts)
    raw["metrics"]["statusSummary"]["errors"] = [{"code": code, "message": text} for code, text in errors]
    if batch is not None:
        raw["activities"] = [{"targetInfo": [{"reference": {"type": "Batch", "ids": [batch]}}]}]
    return FlowRun.model_validate(raw)


@pytest.mark.parametrize(
    ("given", "headline", "severity"),
    [
        (ended("success", inputRecordCount=9, outputRecordCount=9), "9 rows are in the dataset.", "ok"),
        (ended("success", inputRecordCount=0, outputRecordCount=0), "Nothing new to ingest.", "ok"),
        (
            ended("success", ("INGEST-1212", "x"), inputRecordCount=9, outputRecordCount=7, failedRecordCount=2),
            "7 rows are in the dataset; 2 were refused.",
            "warning",
        ),
        (ended("failed", ("CONNECTOR-1001-500", "x"), batch=None), "Copying from the source failed.", "error"),
        (ended("failed", ("133", "no file"), batch=None), "No file was found.", "error"),
        (
            ended("failed", ("INGEST-1212", "x"), inputRecordCount=9, outputRecordCount=0, failedRecordCount=9),
            "Nothing was kept: 9 rows were refused, more than the pipeline allows.",
            "error",
        ),
        (ended("failed"), "The run failed.", "error"),
        (ended("inProgress"), "Running.", "info"),
        (ended("scheduled"), "Waiting for its time.", "info"),
        (ended("strange"), "The platform says 'strange'.", "info"),
        (FlowRun(id="run-1"), "The platform says 'nothing'.", "info"),
    ],
)
def test_what_happened_is_said_in_words(given: FlowRun, headline: str, severity: Severity) -> None:
    diagnosis = diagnose(given)
    assert (diagnosis.headline, diagnosis.severity) == (headline, severity)
    assert diagnosis.next_step or severity in {"ok", "info"}


def row(code: str, message: str, column: str | None = None) -> FailedRow:
    return FailedRow("raw", {}, (RunError(code, message),), "a.tsv", 1, column)


def test_rows_that_failed_for_the_same_reason_are_one_reason_whatever_their_values() -> None:
    rows = [row("3700", f"the text '{n}' cannot become a date", "BirthDate") for n in range(5)]
    rows += [row("3700", "the text 'x' cannot become a date", "JoinedOn"), row("1401", "expected 11 columns, found 9")]
    found = reasons(rows)
    assert [(reason.code, reason.count) for reason in found] == [("3700", 5), ("3700", 1), ("1401", 1)]
    assert found[0].message == "the text '0' cannot become a date"


def test_a_row_without_a_reason_is_counted_too() -> None:
    (reason,) = reasons([FailedRow("raw", {})])
    assert (reason.count, reason.message) == (1, "no reason was given")
