"""The chain on the real local platform, over a line that can refuse an operation or lose its answer."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aeptui.chain.document import parse_pipeline
from aeptui.chain.plan import Plan
from aeptui.emulator.samples import sample_pipelines
from aeptui.errors import ExitCode
from tests.unit.chain_engine.place import CREATES, STEPS, Place, loyalty

EXECUTION = re.compile(r"aeptui:\d{8}-\d{6}-[0-9a-f]{4}")


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    yield place
    await place.client.aclose()
    await place.platform.close()


async def test_each_resource_is_created_once_in_an_order_that_what_it_needs_allows(place: Place) -> None:
    record = (await place.run()).record
    assert record.status == "succeeded"
    assert sorted(place.made()) == sorted(CREATES)
    order = {end: at for at, end in enumerate(place.made())}
    assert order["/tenant/schemas"] < order["/dataSets"] < order["/targetConnections"] < order["/flows"]
    assert order["/tenant/schemas"] < order["/mappingSets"] < order["/flows"]
    assert order["/sourceConnections"] < order["/flows"]
    assert set(record.ids) == {*STEPS, "flow_spec"}


async def test_what_is_planned_is_what_is_sent(place: Place) -> None:
    plan: Plan = await place.pipelines.plan(loyalty())
    assert not place.line.posts
    await place.run()

    planned = {step.request.path: step.request.body for step in plan.steps if step.request is not None}
    assert planned.keys() == {path for path, _ in place.line.posts}
    for path, sent in place.line.posts:
        assert_as_planned(planned[path], sent, path)


def assert_as_planned(planned: Any, sent: Any, where: str) -> None:
    """The same but for what only a run can know: ids of earlier steps, and the execution's own."""
    if isinstance(planned, dict):
        assert planned.keys() == sent.keys(), where
        for key, value in planned.items():
            assert_as_planned(value, sent[key], f"{where} {key}")
    elif isinstance(planned, list):
        assert len(planned) == len(sent), where
        for one, other in zip(planned, sent, strict=True):
            assert_as_planned(one, other, where)
    elif isinstance(planned, str) and planned.startswith("${"):
        assert sent, where
    elif isinstance(planned, str):
        assert EXECUTION.sub("", planned) == EXECUTION.sub("", sent), where
    else:
        assert planned == sent, where


async def test_the_journal_is_on_disk_before_each_request_is_sent(place: Place) -> None:
    begun: list[tuple[str, set[str]]] = []

    def look(path: str) -> None:
        (journal,) = place.paths.executions.glob("*.jsonl")
        entries = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
        begun.append((path, {str(entry["step"]) for entry in entries if entry["event"] == "step_started"}))

    place.line.before = look
    await place.run()
    for path, steps in begun:
        assert STEPS[[path.endswith(end) for end in CREATES].index(True)] in steps


@pytest.mark.parametrize(("step", "collection"), zip(STEPS, CREATES, strict=True))
async def test_a_lost_answer_is_looked_up_and_never_sent_again(place: Place, step: str, collection: str) -> None:
    place.line.lose = collection
    record = (await place.run()).record
    assert record.status == "succeeded", record.error
    assert sorted(place.made()) == sorted(CREATES)
    assert await place.exist("flows") == 1
    assert step in record.ids


async def test_a_dataflow_that_may_or_may_not_exist_is_in_doubt_and_nothing_is_sent_again(place: Place) -> None:
    place.line.cut = "/flows"
    tracking = await place.run()
    record = tracking.record
    assert (record.status, record.exit_code) == ("in_doubt", ExitCode.IN_DOUBT)
    assert place.made().count("/flows") == 1
    assert "dataflow" in (record.hint or "")
    (told,) = await place.executions.list()
    assert told.status == "in_doubt"


@pytest.mark.parametrize("at", range(len(CREATES)))
async def test_a_refused_step_ends_the_chain_with_its_reason_and_the_rest_is_skipped(place: Place, at: int) -> None:
    place.line.refuse = CREATES[at]
    record = (await place.run()).record
    states: dict[str, str] = {step.step: step.state for step in record.steps}
    assert (record.status, record.exit_code) == ("failed", ExitCode.CHAIN_FAILED)
    assert states[STEPS[at]] == "failed"
    assert "It was refused" in (record.error or "")
    assert record.hint
    assert states["flow"] in {"failed", "skipped"}
    assert await place.exist("flows") == 0


async def test_cancelling_stops_before_the_dataflow_and_says_what_exists(place: Place) -> None:
    tracking = await place.executions.start(loyalty(), watch=False)
    place.line.before = lambda path: tracking.cancel() if path.endswith("/dataSets") else None
    await tracking.wait()
    record = tracking.record
    assert (record.status, record.exit_code) == ("cancelled", ExitCode.INTERRUPTED)
    assert "dataset" in record.ids
    assert "/flows" not in place.made()
    assert {step.step: step.state for step in record.steps}["flow"] == "skipped"


async def test_a_pipeline_with_a_mistake_sends_nothing(place: Place) -> None:
    parsed = parse_pipeline(sample_pipelines()["loyalty"].replace("BirthDate", "BirthDay"), file="x.toml")
    tracking = await place.run(parsed)
    assert tracking.record.status == "failed"
    assert tracking.problems
    assert not place.line.posts
    assert not list(place.paths.executions.glob("*")) if place.paths.executions.exists() else True


async def test_options_that_the_create_dropped_are_set_afterwards(place: Place) -> None:
    place.line.forgetful = True
    record = (await place.run()).record
    flow = await place.client.flows.get(record.ids["flow"])
    assert flow.options == {"errorDiagnosticsEnabled": True, "partialIngestionPercent": 5}
    assert record.status == "succeeded"
    assert not any(step.note for step in record.steps)


async def test_options_that_cannot_be_set_are_told_and_the_dataflow_is_not_called_failed(place: Place) -> None:
    place.line.forgetful = place.line.refuse_changes = True
    record = (await place.run()).record
    assert record.status == "succeeded"
    assert "bad rows" in {step.step: step.note for step in record.steps}["flow"]
    (told,) = await place.executions.list()
    assert told.steps == record.steps
