"""One pipeline for each connector of the contract: it makes a dataflow that really ingests, and is read back equal."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import aeptui.emulator.flow_service.specs as emulator_specs
from aeptui.chain.document import ParsedPipeline, parse_pipeline
from aeptui.ids import BaseConnectionId
from aeptui.models.base import SpecRef
from aeptui.models.connections import AuthBody, BaseConnectionCreate
from aeptui.session import Session

CONNECTORS = tomllib.loads((Path(emulator_specs.__file__).parent / "connectors.toml").read_text("utf-8"))["connector"]
STREAMS = {
    "Amazon Kinesis": {"stream": "people", "dataType": "raw"},
    "Azure Event Hubs": {"eventHubName": "people", "dataType": "raw", "consumerGroup": "ours"},
    "Google Pub/Sub": {"topicId": "people", "subscriptionId": "ours", "dataType": "raw"},
}
TARGET = """
[schema]
title = "People"
class = "https://ns.adobe.com/xdm/context/profile"
field_groups = ["https://ns.adobe.com/xdm/context/profile-person-details"]

[dataset]
name = "People"
"""
MAPPING = """
[[mapping]]
source = "first"
target = "person.name.firstName"

[[mapping]]
expression = "upper(first)"
target = "person.name.fullName"
"""
ONCE = '\n[schedule]\nfrequency = "once"\n'


def pipeline(connector: dict[str, Any], base_connection: str) -> str:
    head = f'version = 1\nname = "People of {connector["title"]}"\n\n[source]\nbase_connection = "{base_connection}"\n'
    if connector["title"] in STREAMS:
        source = "".join(f'{key} = "{value}"\n' for key, value in STREAMS[connector["title"]].items())
        return head + source + TARGET + MAPPING
    return head + 'path = "/people/*.csv"\ntype = "folder"\nformat = "delimited"\n' + TARGET + MAPPING + ONCE


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "a.csv").write_text("first,last\nAnna,A\nBo,B\n", "utf-8")
    (tmp_path / "streams" / "people").mkdir(parents=True)
    (tmp_path / "streams" / "people" / "a.jsonl").write_text('{"first": "Anna"}\n{"first": "Bo"}\n', "utf-8")
    opened = await Session.open("local", storage=tmp_path)
    try:
        yield opened
    finally:
        await opened.aclose()


async def base_connection(session: Session, connector: dict[str, Any]) -> str:
    """The name of one; made where the local platform has no sample of it."""
    name = f"Sample {connector['title']}"
    if connector["title"] not in STREAMS:
        return name if connector["auth"] else "Data Landing Zone"
    auth = connector["auth"][0]
    params = {text.rstrip("*"): "x" for text in auth["params"].split() if not text.endswith("?")}
    body = BaseConnectionCreate(
        name=name, auth=AuthBody(spec_name=auth["name"], params=params), connection_spec=SpecRef(id=connector["id"])
    )
    await session._client.base_connections.create(body)
    return name


async def ingested(session: Session, dataset: str) -> int:
    """How many records a dataset gets from a stream: looked at until there are some."""
    async with asyncio.timeout(60):
        while True:
            batches = [batch async for batch in session._client.batches.list(dataset)]
            done = [batch for batch in batches if (batch.status or "").lower() == "success"]
            if done:
                return sum(batch.output_records or 0 for batch in done)
            await session.clock.sleep(0.2)


def kinds(parsed: ParsedPipeline) -> list[str]:
    return [str(problem) for problem in parsed.problems]


@pytest.mark.parametrize("connector", CONNECTORS, ids=[one["name"] for one in CONNECTORS])
async def test_a_pipeline_of_each_connector_ingests_and_is_exported_equal(
    session: Session, connector: dict[str, Any]
) -> None:
    parsed = parse_pipeline(pipeline(connector, await base_connection(session, connector)))
    assert kinds(parsed) == []
    planned = json.dumps((await session.pipelines.plan(parsed)).to_json())
    assert connector["id"] in planned
    tracking = await session.executions.start(parsed)
    record = await tracking.wait()
    assert (record.status, record.error, [str(one) for one in tracking.problems]) == ("succeeded", None, [])
    if connector["title"] in STREAMS:
        assert record.flow_run is None
        assert "no first run" in record.step("flow").note
        assert await ingested(session, record.ids["dataset"]) == 2
    else:
        assert record.flow_run is not None
        assert (record.flow_run.outcome, record.flow_run.output_records) == ("succeeded", 2)
    flow = record.ids["flow"]
    exported = parse_pipeline(await session.flows.export(flow))
    assert kinds(exported) == []
    for compared in (exported, parsed):
        assert await session.flows.differences(compared, flow) == ()
    assert [one.is_same for one in await session.flows.existing(parsed)] == [True]


async def test_records_that_are_xdm_already_need_no_mapping_set(session: Session) -> None:
    connector = next(one for one in CONNECTORS if one["title"] == "Amazon Kinesis")
    text = pipeline(connector, await base_connection(session, connector)).replace(MAPPING, "")
    parsed = parse_pipeline(text.replace('"raw"', '"xdm"'))
    assert kinds(parsed) == []
    record = await (await session.executions.start(parsed)).wait()
    assert record.status == "succeeded", record.error
    assert [one.step for one in record.steps if one.step == "mapping_set"] == []
    assert await session.flows.differences(parsed, record.ids["flow"]) == ()
    again = await session.executions.load(record.id)
    assert again.ids == record.ids


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("0ed90a81-07f4-4586-8190-b40eccef1c5a", "Azure Data Lake Gen2 is b3ba5556-48be-44b7-8b85-ff2b69b46dc4"),
        ("b3ba5556-48be-44b7-8b85-ff2b69b46dc41", "Azure Data Lake Gen2 is b3ba5556-48be-44b7-8b85-ff2b69b46dc4"),
        ("d771e9c1-0000-4000-8000-000000000000", "Azure Blob is 4c10e202-c428-4796-9208-5f1f5732b1cf"),
        ("bf367b0d-0000-4000-8000-000000000000", "SFTP is b7bf2577-4520-42c9-bae9-cad01560f7bc"),
        ("4890fc95-0000-4000-8000-000000000000", "Amazon S3 is ecadc60c-7455-4d87-84dc-2a0e293d997b"),
        ("4fce964d-0000-4000-8000-000000000000", "Amazon S3 is ecadc60c-7455-4d87-84dc-2a0e293d997b"),
        ("ecadc60c-7455-4d87-84dc-2a0e293d997b", "the connection spec of Amazon S3, not a base connection"),
    ],
)
def test_an_id_that_pages_give_wrongly_is_told_with_the_right_one(wrong: str, right: str) -> None:
    sftp = next(one for one in CONNECTORS if one["name"] == "sftp")
    (problem,) = parse_pipeline(pipeline(sftp, wrong)).problems
    assert (problem.severity, problem.where, problem.line) == ("error", "[source] base_connection", 5)
    assert right in str(problem)


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ('dataType = "raw"', 'dataType = "row"', "[source] dataType", "raw, xdm"),
        ('dataType = "raw"\n', "", "[source] dataType", 'dataType = "raw"'),
        ('stream = "people"', 'topicId = "people"', "[source] topicId", "stream, dataType, reset"),
        ('stream = "people"', 'stream = "people"\npath = "/a"', "[source] path", "for files"),
        ("[schema]", '[schedule]\nfrequency = "once"\n[schema]', "[schedule]", "no schedule"),
        ("[schema]", "[options]\nerror_diagnostics = true\n[schema]", "[options]", "for batches"),
        ('"Sample Amazon Kinesis"', '"Sample SFTP"', "[source] stream", "SFTP has files"),
        ('"Sample Amazon Kinesis"', '"Data Landing Zone"', "[source] stream", "Data Landing Zone has files"),
        (
            'stream = "people"\ndataType = "raw"',
            'path = "/a"',
            "[source] base_connection",
            "Write stream, dataType, reset",
        ),
    ],
)
async def test_what_is_wrong_with_a_stream_is_told_before_anything_is_made(
    session: Session, old: str, new: str, where: str, words: str
) -> None:
    connector = next(one for one in CONNECTORS if one["title"] == "Amazon Kinesis")
    text = pipeline(connector, await base_connection(session, connector))
    assert old in text
    problems = await session.pipelines.check(parse_pipeline(text.replace(old, new)))
    told = {problem.where: str(problem) for problem in problems}
    assert words in told.get(where, ""), told


async def test_the_mapping_of_a_stream_is_changed_in_place_and_an_undo_leaves_what_it_took(session: Session) -> None:
    connector = next(one for one in CONNECTORS if one["title"] == "Azure Event Hubs")
    text = pipeline(connector, await base_connection(session, connector))
    record = await (await session.executions.start(parse_pipeline(text))).wait()
    assert await ingested(session, record.ids["dataset"]) == 2
    changed = parse_pipeline(text.replace("upper(first)", "lower(first)"))
    (found,) = await session.flows.existing(changed)
    assert (found.can_update, [one.where for one in found.changes]) == (True, ["mapping person.name.fullName"])
    updated = await (await session.executions.update(changed, found)).wait()
    assert updated.status == "succeeded", updated.error
    assert await session.flows.differences(changed, record.ids["flow"]) == ()
    items = {one.step: one for one in await session.executions.survey(record.id, changed_too=True)}
    assert items["flow"].action == "delete"
    assert items["dataset"].action == "keep"
    assert "a stream's cannot be told" in items["dataset"].why


@pytest.mark.parametrize(
    ("connector", "auth"),
    [(one, auth) for one in CONNECTORS for auth in one["auth"]],
    ids=[f"{one['name']} {auth['name']}" for one in CONNECTORS for auth in one["auth"]],
)
async def test_a_base_connection_of_each_auth_spec_can_be_declared(
    session: Session, connector: dict[str, Any], auth: dict[str, str]
) -> None:
    lines = []
    for text in auth["params"].split():
        name, _, kind = text.partition(":")
        plain = name.rstrip("*?")
        if "?" in name and not kind:
            continue
        value = {"integer": "1", "boolean": "true"}.get(kind, '"x"')
        lines.append(f"{plain} = {{ secret = 'of-{plain}' }}" if "*" in name else f"{plain} = {value}")
    declared = f'[base_connection]\nname = "Ours"\nconnector = "{connector["name"]}"\nauth = "{auth["name"]}"\n'
    declared += "\n[base_connection.params]\n" + "\n".join(lines) + "\n\n[source]\n"
    text = pipeline(connector, "Ours").replace("[source]\n", declared).replace('base_connection = "Ours"\n', "")
    parsed = parse_pipeline(text)
    assert kinds(parsed) == []

    async def typed(name: str) -> str:
        return f"typed-{name}"

    session.ask_for_secrets(typed)
    record = await (await session.executions.start(parsed, watch=False)).wait()
    assert (record.status, record.error) == ("succeeded", None)
    made = await session._client.base_connections.get(BaseConnectionId(record.ids["base_connection"]))
    assert made.connection_spec_id == connector["id"]
    assert await session.flows.differences(parsed, record.ids["flow"]) == ()
    ended = await session.executions.undo(record.id, await session.executions.survey(record.id))
    assert ended.status == "undone" or connector["title"] in STREAMS
