"""A pipeline that makes its own base connection: tested before anything else, found again, taken back, reused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aeptui.chain.document import ParsedPipeline, parse_pipeline, pipeline_to_toml
from aeptui.chain.replay import read_execution
from aeptui.credentials import SessionVault
from aeptui.ids import ExecutionId
from aeptui.session.executions import Executions
from aeptui.session.named_secrets import Secrets
from aeptui.session.tracking import Tracking
from tests.unit.chain_engine.place import Place, loyalty

CANARY = "canary-7d1f-of-the-partner"
DECLARED = """
[base_connection]
name = "Partner SFTP"
connector = "SFTP"
auth = "Basic Authentication for sftp"

[base_connection.params]
host = "sftp.example.com"
userName = "aep"
port = 22
password = { secret = "partner" }

[source]
"""


def declared(old: str = "", new: str = "") -> ParsedPipeline:
    text = loyalty().text.replace('base_connection = "Sample SFTP"\n', "").replace("\n[source]\n", DECLARED)
    assert old in text
    return parse_pipeline(text.replace(old, new) if old else text)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    here = Place(tmp_path)
    secrets = Secrets(here.paths, (SessionVault(),))

    async def typed(name: str) -> str:
        assert name == "partner"
        return CANARY

    secrets.ask = typed
    one = here.executions
    here.executions = Executions(
        here.paths,
        one._profile,
        here.client,
        one._request_log,
        one._clock,
        one._ids,
        margin_s=2,
        fast=True,
        secrets=secrets,
    )
    try:
        yield here
    finally:
        await here.executions.aclose()
        await here.client.aclose()
        await here.platform.close()


async def bases(place: Place) -> list[str]:
    return [one.id async for one in place.client.base_connections.list() if one.name == "Partner SFTP"]


async def test_it_is_made_and_tested_first_and_its_secret_is_sent_and_kept_nowhere(place: Place) -> None:
    plan = await place.pipelines.plan(declared())
    assert [step.step for step in plan.steps][:2] == ["base_connection", "source_connection"]
    assert plan.steps[1].needs == ("base_connection",)
    shown = plan.to_text() + plan.to_curl("https://x") + json.dumps(plan.to_json())
    assert "$SECRET_PARTNER" in shown
    tracking = await place.run(declared())
    record = tracking.record
    assert (record.status, record.error) == ("succeeded", None)
    (path, sent), *rest = place.line.posts
    assert path.endswith("/connections")
    assert sent["auth"]["params"] == {
        "host": "sftp.example.com",
        "userName": "aep",
        "port": 22,
        "password": CANARY,
    }
    source = next(body for path, body in rest if path.endswith("/sourceConnections"))
    assert [source["baseConnectionId"]] == await bases(place)
    assert record.ids["base_connection"] == source["baseConnectionId"]
    tests = [one.path for one in tracking.requests if one.path.endswith("/test")]
    assert tests == [f"/data/foundation/flowservice/connections/{source['baseConnectionId']}/test"]
    logged = "".join(f"{one.request_body}{one.response_body}" for one in tracking.requests)
    journal = (place.paths.executions / f"{record.id}.jsonl").read_text("utf-8")
    assert "$SECRET_PARTNER" in journal
    assert CANARY not in shown + logged + journal
    found = [file for file in place.paths.state.rglob("*") if file.is_file() and CANARY.encode() in file.read_bytes()]
    assert found == []


async def test_run_again_it_uses_the_base_connection_that_is_there(place: Place) -> None:
    first = (await place.run(declared())).record
    again = (await place.run(declared())).record
    assert again.status == "succeeded"
    assert again.step("base_connection").action == "reuse"
    assert again.ids["base_connection"] == first.ids["base_connection"]
    assert len(await bases(place)) == 1
    plan = await place.pipelines.plan(declared())
    assert plan.steps[0].action == "reuse"


async def test_a_red_test_ends_it_before_anything_else_is_built_on_it(place: Place) -> None:
    tracking = await place.run(declared("sftp.example.com", "sftp.invalid"))
    record = tracking.record
    assert record.status == "failed"
    assert "cannot reach the storage" in (record.error or "")
    assert "aeptui undo" in (record.hint or "")
    assert record.step("source_connection").state != "succeeded"
    assert not any(path.endswith(("/sourceConnections", "/flows")) for path, _ in place.line.posts)
    kept = read_execution(place.paths.executions, record.id)
    assert kept.step("base_connection").id in await bases(place)
    items = await place.executions.survey(record.id)
    await place.executions.undo(record.id, items)
    assert await bases(place) == []


@pytest.mark.parametrize("lost", ["lose", "fail_after", "late", "cut"])
async def test_a_lost_answer_leaves_exactly_one(place: Place, lost: str) -> None:
    setattr(place.line, lost, "/connections")
    place.line.before = lambda path: None
    tracking = await place.run(declared())
    await place.line.arrive()
    if tracking.record.status != "succeeded":
        tracking = await _resumed(place, tracking)
    assert (tracking.record.status, tracking.record.error) == ("succeeded", None)
    assert await bases(place) == [tracking.record.ids["base_connection"]]
    assert tracking.record.step("base_connection").action == "create"
    items = await place.executions.survey(tracking.record.id)
    assert items[-1].step == "base_connection"
    assert items[-1].action == "delete"


async def _resumed(place: Place, tracking: Tracking) -> Tracking:
    again = await place.executions.resume(tracking.id, watch=False)
    await again.wait()
    return again


async def test_undo_takes_it_back_last_and_leaves_one_that_others_read_through(place: Place) -> None:
    record = (await place.run(declared())).record
    other = (await place.run(declared())).record
    items = await place.executions.survey(record.id)
    (kept,) = [one for one in items if one.step == "base_connection"]
    assert (kept.action, "of others reads through it" in kept.why) == ("keep", True)
    await place.executions.undo(other.id, await place.executions.survey(other.id))
    assert len(await bases(place)) == 1
    items = await place.executions.survey(record.id)
    assert [one.step for one in items if one.action == "delete"][-1] == "base_connection"
    ended = await place.executions.undo(record.id, items)
    assert (ended.status, await bases(place)) == ("undone", [])


async def test_a_run_that_stopped_after_it_goes_on_with_it(place: Place) -> None:
    place.line.refuse = "/sourceConnections"
    tracking = await place.run(declared())
    assert tracking.record.status == "failed"
    place.line.refuse = ""
    again = await _resumed(place, tracking)
    assert again.record.status == "succeeded", again.record.error
    assert await bases(place) == [again.record.ids["base_connection"]]
    assert sum(path.endswith("/connections") for path, _ in place.line.posts) == 1


async def test_without_anybody_to_ask_nothing_is_made(place: Place) -> None:
    place.executions._secrets.ask = None
    tracking = await place.executions.start(declared(), watch=False)
    await tracking.wait()
    assert tracking.error is not None
    assert "partner" in tracking.error.title
    assert "AEPTUI_SECRET_PARTNER" in tracking.error.hint
    assert place.line.posts == []


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ('connector = "SFTP"', 'connector = "SFPT"', "[base_connection] connector", "no connector"),
        (
            'connector = "SFTP"',
            'connector = "bf367b0d-0000-4000-8000-000000000000"',
            "[base_connection] connector",
            "SFTP is b7bf2577-4520-42c9-bae9-cad01560f7bc",
        ),
        ('connector = "SFTP"', 'connector = "Data Landing Zone"', "[base_connection] connector", "no base connection"),
        ("for sftp", "for ftp", "[base_connection] auth", 'Did you mean "Basic Authentication for sftp"?'),
        ("userName =", "username =", "[base_connection.params] username", 'Did you mean "userName"?'),
        ("port = 22", 'port = "x"', "[base_connection.params] port", "refused"),
        ('host = "sftp.example.com"\n', "", "[base_connection.params] host", "needs host"),
        (
            'password = { secret = "partner" }',
            'password = "hunter2-canary"',
            "[base_connection.params] password",
            "secrets set a-name",
        ),
        (
            'password = { secret = "partner" }',
            'password = { sekret = "partner" }',
            "[base_connection.params] password",
            "names a secret",
        ),
        ('name = "Partner SFTP"\n', 'nmae = "Partner SFTP"\n', "[base_connection] nmae", 'Did you mean "name"?'),
        ("[source]\n", '[source]\nbase_connection = "Sample SFTP"\n', "[source] base_connection", "one of the two"),
        ('name = "Partner SFTP"', 'name = "Sample FTP"', "[base_connection] name", "of another connector"),
    ],
)
async def test_what_is_wrong_with_it_is_told_with_its_line_and_nothing_is_made(
    place: Place, old: str, new: str, where: str, words: str
) -> None:
    parsed = declared(old, new)
    found = await place.pipelines.check(parsed)
    told = {problem.where: problem for problem in found if problem.severity == "error"}
    assert words in str(told.get(where, "")), found
    assert told[where].line
    assert "hunter2-canary" not in "".join(map(str, found))
    assert "hunter2-canary" not in pipeline_to_toml(parsed.pipeline, parsed.text)
    assert place.line.posts == []


def test_it_is_written_as_it_was_read() -> None:
    parsed = declared()
    assert pipeline_to_toml(parsed.pipeline, parsed.text) == parsed.text
    fresh = parse_pipeline(pipeline_to_toml(parsed.pipeline))
    assert (fresh.pipeline, fresh.problems) == (parsed.pipeline, ())


def test_a_journal_of_a_time_before_there_was_this_step_is_read_as_it_was(tmp_path: Path) -> None:
    usual = ["source_connection", "schema", "dataset", "target_connection", "mapping_set", "flow_spec", "flow"]
    name = "20251123-140512-3fa9"
    entry = {"v": 1, "event": "execution_started", "at": "2025-11-23T14:05:12+00:00", "pipeline": "x"}
    for steps in ({"steps": usual}, {}):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({**entry, **steps}) + "\n", "utf-8")
        record = read_execution(tmp_path, ExecutionId(name))
        assert [one.step for one in record.steps] == usual


async def test_many_pipelines_at_once_that_declare_the_same_one_make_it_once(place: Place) -> None:
    place.executions.share_checks()
    names = [f"Members {number}" for number in range(6)]
    parsed = [declared('name = "Loyalty members"', f'name = "{name}"') for name in names]
    begun = [await place.executions.start(one, watch=False) for one in parsed]
    records = [await one.wait() for one in begun]
    assert [(one.status, one.error) for one in records] == [("succeeded", None)] * len(names)
    assert len(await bases(place)) == 1
    assert sorted(one.step("base_connection").action or "" for one in records) == ["create"] + ["reuse"] * 5
    assert await place.exist("flows") == len(names)
