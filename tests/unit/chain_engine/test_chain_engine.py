"""The chain on the real local platform, over a line that can refuse an operation or lose its answer."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, MutableMapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from aeptui.api.client import AepClient
from aeptui.api.http import Endpoints
from aeptui.api.request_log import RequestLog
from aeptui.chain.document import ParsedPipeline, parse_pipeline
from aeptui.chain.plan import Plan
from aeptui.clock import ManualClock, SeededIds
from aeptui.config import Paths, local_profile
from aeptui.credentials import Secret
from aeptui.emulator.platform import LocalPlatform
from aeptui.emulator.samples import sample_pipelines
from aeptui.errors import ExitCode
from aeptui.session.executions import Executions, Tracking
from aeptui.session.pipelines import Pipelines

CREATES = ("/sourceConnections", "/tenant/schemas", "/dataSets", "/targetConnections", "/mappingSets", "/flows")
EXECUTION = re.compile(r"aeptui:\d{8}-\d{6}-[0-9a-f]{4}")
STEPS = ("source_connection", "schema", "dataset", "target_connection", "mapping_set", "flow")


class Line:
    """The way to the platform: notes every POST, and breaks where it is told to."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.posts: list[tuple[str, Any]] = []
        self.refuse = ""
        """POSTs to this collection are answered with 400."""
        self.lose = ""
        """The answer of the next POST to this collection is lost; it was carried out."""
        self.cut = ""
        """The next POST to this collection never arrives, and nobody can tell."""
        self.forgetful = False
        """The platform drops the options of a flow, as its documentation of the create allows."""
        self.refuse_changes = False
        self.before: Callable[[str], None] = lambda path: None

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if self.refuse_changes and scope.get("method") == "PATCH":
            await _refuse(send)
            return
        if scope["type"] != "http" or scope["method"] != "POST" or path.startswith("/ims"):
            await self._app(scope, receive, send)
            return
        body = (await receive())["body"]
        self.before(path)
        self.posts.append((path, json.loads(body)))
        if self.forgetful and path.endswith("/flows"):
            body = json.dumps({key: value for key, value in json.loads(body).items() if key != "options"}).encode()

        async def again() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        if self.cut and path.endswith(self.cut):
            self.cut = ""
            raise httpx.ReadError("the line was cut")
        if self.refuse and path.endswith(self.refuse):
            await _refuse(send)
            return
        if self.lose and path.endswith(self.lose):
            self.lose = ""

            async def swallow(_: Any) -> None:
                return

            await self._app(scope, again, swallow)
            raise httpx.ReadError("the line was cut")
        await self._app(scope, again, send)


async def _refuse(send: Any) -> None:
    answer = json.dumps({"title": "Bad Request", "status": 400, "detail": "It was refused."}).encode()
    await send({"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": answer})


class Place:
    """A platform, a line to it, and executions over that line."""

    def __init__(self, home: Path) -> None:
        clock, ids = ManualClock(), SeededIds()
        self.paths = Paths(config=home, state=home, data=home)
        self.platform = LocalPlatform.open(self.paths.local, clock=clock, ids=ids)
        self.line = Line(self.platform.app)
        profile = local_profile()
        endpoints = Endpoints(
            platform_url=profile.platform_url,
            ims_url=profile.ims_url,
            client_id=self.platform.client_id,
            org_id=self.platform.org_id,
            sandbox=self.platform.sandbox,
            scopes=profile.scopes,
        )
        log = RequestLog()
        self.client = AepClient(
            endpoints,
            Secret(self.platform.client_secret),
            asgi_app=self.line,
            request_log=log,
            clock=clock,
            ids=SeededIds(2),
        )
        self.pipelines = Pipelines(self.paths, self.client, clock, ids, margin_s=2)
        self.executions = Executions(self.paths, profile, self.client, log, clock, ids, margin_s=2, fast=True)

    async def run(self, parsed: ParsedPipeline | None = None) -> Tracking:
        tracking = await self.executions.start(parsed or loyalty(), watch=False)
        await tracking.wait()
        return tracking

    def made(self) -> list[str]:
        """The collections something was sent to, in order."""
        return [next(end for end in CREATES if path.endswith(end)) for path, _ in self.line.posts]

    async def exist(self, collection: str) -> int:
        return sum([1 async for _ in getattr(self.client, collection).list()])


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    yield place
    await place.client.aclose()
    await place.platform.close()


def loyalty() -> ParsedPipeline:
    return parse_pipeline(sample_pipelines()["loyalty"], file="loyalty.toml")


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
