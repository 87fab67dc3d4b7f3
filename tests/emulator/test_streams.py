"""Streaming flows through HTTP: what they are made of, and that each appended record is taken exactly once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.streaming import (
    ACCOUNTS,
    EVENT_HUBS,
    KINESIS,
    PARAMS,
    PUB_SUB,
    Streaming,
    code_of,
    lines,
    streaming,
)

__all__ = ["streaming"]


# -- what a streaming flow is made of


@pytest.mark.parametrize(
    ("spec", "params"),
    [
        *PARAMS.items(),
        (
            PUB_SUB,
            {
                "topicName": "projects/acme/topics/people",
                "subscriptionName": "projects/acme/subscriptions/all",
                "dataType": "raw",
            },
        ),
    ],
)
async def test_a_flow_of_each_connector_stays_enabled_and_takes_what_is_appended(
    streaming: Streaming, spec: str, params: dict[str, str]
) -> None:
    streaming.append("Anna", "Bo")
    flow = await streaming.flow(spec, params)
    await streaming.takes(flow, "Anna", "Bo")
    streaming.append("Cyd")
    streaming.append("Dee", file="b.jsonl")
    await streaming.takes(flow, "Anna", "Bo", "Cyd", "Dee")
    shown = await streaming.caller.one(f"{streaming.caller.FS}/flows/{flow}")
    assert shown["state"] == "enabled"
    assert "lastRunDetails" not in shown


@pytest.mark.parametrize(
    ("spec", "change", "code"),
    [
        (KINESIS, {"data": {"format": "delimited"}}, 1327),
        (KINESIS, {"data": None}, 1327),
        (KINESIS, {"params": ["people"]}, 1304),
        (KINESIS, {"params": {"dataType": "raw"}}, 1304),
        (KINESIS, {"params": {"stream": "", "dataType": "raw"}}, 1304),
        (KINESIS, {"params": {"stream": 5, "dataType": "raw"}}, 1304),
        (KINESIS, {"params": {"stream": "people"}}, 1304),
        (KINESIS, {"params": {"stream": "people", "dataType": "csv"}}, 1304),
        (KINESIS, {"params": {"stream": "people", "dataType": ["raw"]}}, 1304),
        (KINESIS, {"params": {"stream": "people", "dataType": "raw", "reset": "never"}}, 1304),
        (KINESIS, {"baseConnectionId": None}, 1304),
        (EVENT_HUBS, {"params": {"consumerGroup": "all", "dataType": "raw"}}, 1304),
        (PUB_SUB, {"params": {"topicId": "people", "dataType": "raw"}}, 1304),
        (PUB_SUB, {"params": {"topicName": "projects/p/topics/", "subscriptionId": "all", "dataType": "raw"}}, 1304),
    ],
)
async def test_each_wrong_source_connection_has_its_code(
    streaming: Streaming, spec: str, change: dict[str, Any], code: int
) -> None:
    body = await streaming.source_body(spec, **change)
    answer = await streaming.caller.post(f"{streaming.caller.FS}/sourceConnections", body)
    assert (answer.status_code, code_of(answer)) == (400, f"CONNECTORS-{code}-400")


@pytest.mark.parametrize("spec", [KINESIS, EVENT_HUBS, PUB_SUB])
async def test_each_auth_parameter_of_a_stream_account_is_required(streaming: Streaming, spec: str) -> None:
    name, params = ACCOUNTS[spec]
    for missing in params:
        body = {
            "name": "account",
            "auth": {"specName": name, "params": {key: value for key, value in params.items() if key != missing}},
            "connectionSpec": {"id": spec, "version": "1.0"},
        }
        answer = await streaming.caller.post(f"{streaming.caller.FS}/connections", body)
        assert code_of(answer) == "CONNECTORS-1308-400"


async def test_the_connection_specs_say_what_a_source_connection_needs(streaming: Streaming) -> None:
    shown = await streaming.caller.one(f"{streaming.caller.FS}/connectionSpecs/{EVENT_HUBS}")
    spec = shown["sourceSpec"]["spec"]
    assert spec["required"] == ["eventHubName", "dataType"]
    assert spec["properties"]["reset"]["enum"] == ["latest", "earliest"]
    assert spec["properties"]["consumerGroup"]["default"] == "$Default"


async def test_a_changed_source_connection_is_checked_and_does_not_reach_the_flow(streaming: Streaming) -> None:
    caller = streaming.caller
    body = await streaming.flow_body()
    flow = await caller.made(f"{caller.FS}/flows", body)
    path = f"{caller.FS}/sourceConnections/{body['sourceConnectionIds'][0]}"

    async def patched(value: Any) -> Any:
        etag = (await caller.one(path))["etag"]
        change = [{"op": "replace", "path": "/params/stream", "value": value}]
        return await caller.patch(path, change, headers={"If-Match": etag})

    assert code_of(await patched("")) == "CONNECTORS-1304-400"
    assert (await patched("other")).status_code == 200
    streaming.append("Anna")
    streaming.append("Stranger", stream="other")
    await streaming.takes(flow, "Anna")


async def test_a_source_and_the_other_kind_of_flow_spec_do_not_go_together(streaming: Streaming) -> None:
    caller = streaming.caller
    stream, batch = await streaming.flow_body(), await caller.flow_body()
    stream["flowSpec"], batch["flowSpec"] = batch["flowSpec"], stream["flowSpec"]
    for body in (stream, batch):
        assert code_of(await caller.post(f"{caller.FS}/flows", body)) == "FLOW-1413-400"


async def test_a_streaming_flow_has_no_schedule_and_no_runs(streaming: Streaming) -> None:
    caller = streaming.caller
    schedule = {"startTime": caller.now_s() + 60, "frequency": "hour", "interval": 1}
    body = await streaming.flow_body()
    refused = await caller.post(f"{caller.FS}/flows", {**body, "scheduleParams": schedule})
    assert code_of(refused) == "CONNECTORS-1363-400"
    flow = await caller.made(f"{caller.FS}/flows", body)
    etag = (await caller.one(f"{caller.FS}/flows/{flow}"))["etag"]
    change = [{"op": "add", "path": "/scheduleParams", "value": schedule}]
    answer = await caller.patch(f"{caller.FS}/flows/{flow}", change, headers={"If-Match": etag})
    assert code_of(answer) == "CONNECTORS-1363-400"
    streaming.append("Anna")
    await streaming.takes(flow, "Anna")
    assert await caller.runs(flow) == []
    now = caller.now_s()
    times = {"startTime": now, "windowStartTime": now - 60, "windowEndTime": now}
    answer = await caller.post(f"{caller.FS}/runs", {"flowId": flow, "params": times})
    assert code_of(answer) == "CONNECTORS-1385-400"


async def test_raw_records_need_a_mapping(streaming: Streaming) -> None:
    body = await streaming.flow_body(transformations=[])
    assert code_of(await streaming.caller.post(f"{streaming.caller.FS}/flows", body)) == "CONNECTORS-1328-400"


async def test_records_that_are_xdm_already_need_no_mapping(streaming: Streaming) -> None:
    flow = await streaming.flow(params={"stream": "people", "dataType": "xdm"}, transformations=[])
    file = streaming.append()
    with file.open("a") as opened:
        for value in ("Anna", {"first": "Bo"}, "Cyd"):
            opened.write(json.dumps({"person": {"name": {"firstName": value}}}) + "\n")
    await streaming.takes(flow, "Anna", "Cyd")
    (batch,) = await streaming.batches(flow)
    assert (batch["status"], batch["failedRecordCount"]) == ("success", 1)


@pytest.mark.parametrize(
    ("spec", "first", "second", "free"),
    [
        (EVENT_HUBS, {}, {"consumerGroup": "$Default"}, {"consumerGroup": "other"}),
        (
            PUB_SUB,
            {"subscriptionId": "all"},
            {"subscriptionName": "projects/acme/subscriptions/all", "subscriptionId": None},
            {"subscriptionId": "some"},
        ),
    ],
)
async def test_one_flow_at_a_time_uses_a_consumer_group_or_subscription(
    streaming: Streaming, spec: str, first: dict[str, Any], second: dict[str, Any], free: dict[str, Any]
) -> None:
    caller = streaming.caller
    flow = await streaming.flow(spec, PARAMS[spec] | first)
    body = await streaming.flow_body(spec, PARAMS[spec] | second)
    refused = await caller.post(f"{caller.FS}/flows", body)
    assert code_of(refused) == "FLOW-1447-400"
    assert flow in refused.json()["errorMessage"]
    other = await streaming.flow(spec, PARAMS[spec] | free)
    assert (await streaming.act(flow, "disable")).status_code == 200
    await caller.made(f"{caller.FS}/flows", body)
    assert code_of(await streaming.act(flow, "enable")) == "FLOW-1447-400"
    streaming.append("Anna")
    await streaming.takes(other, "Anna")
    assert await streaming.taken(flow) == []


async def test_flows_in_two_sandboxes_each_read_all_of_a_stream(streaming: Streaming) -> None:
    caller = streaming.caller
    streaming.append("Anna")
    for sandbox in ("prod", "dev"):
        caller.http.headers["x-sandbox-name"] = sandbox
        flow = await streaming.flow(EVENT_HUBS)
        await streaming.takes(flow, "Anna")


async def test_a_draft_reads_nothing_before_it_is_published(streaming: Streaming) -> None:
    caller = streaming.caller
    streaming.append("Before")
    body = await streaming.flow_body(params=PARAMS[KINESIS] | {"reset": "latest"})
    flow = await caller.made(f"{caller.FS}/flows?mode=draft", body)
    streaming.append("Draft")
    await streaming.polled()
    assert await streaming.taken(flow) == []
    assert (await streaming.act(flow, "publish")).status_code == 200
    streaming.append("After")
    await streaming.takes(flow, "After")


# -- which records


async def test_a_line_that_is_still_being_written_waits_for_its_end(streaming: Streaming) -> None:
    flow = await streaming.flow()
    file = streaming.append("Anna")
    with file.open("a") as opened:
        opened.write('{"first": "B')
    await streaming.takes(flow, "Anna")
    with file.open("a") as opened:
        opened.write('o"}')
    await streaming.polled()
    assert await streaming.taken(flow) == ["Anna"]
    with file.open("a") as opened:
        opened.write("\n")
    await streaming.takes(flow, "Anna", "Bo")


async def test_latest_begins_at_the_end_of_the_last_whole_line(streaming: Streaming) -> None:
    file = streaming.append("Old", "Older")
    with file.open("a") as opened:
        opened.write('{"first": ')
    latest = await streaming.flow(params=PARAMS[KINESIS] | {"reset": "latest"})
    earliest = await streaming.flow(params=PARAMS[KINESIS] | {"reset": "earliest"})
    with file.open("a") as opened:
        opened.write('"New"}\n')
    streaming.append("Other", file="b.jsonl")
    await streaming.takes(latest, "New", "Other")
    await streaming.takes(earliest, "New", "Old", "Older", "Other")


async def test_rejected_records_are_in_the_diagnostics_and_do_not_stop_the_stream(streaming: Streaming) -> None:
    caller = streaming.caller
    flow = await streaming.flow()
    file = streaming.append("Anna")
    await streaming.takes(flow, "Anna")
    with file.open("ab") as opened:
        opened.write(b'[1,\n{"first": {"a": 1}}\n\xff\n{"first": "Bo"}\n')
    await streaming.takes(flow, "Anna", "Bo")
    with file.open("ab") as opened:
        opened.write(b"nothing good\n")
    await streaming.polled()
    streaming.append("Cyd")
    await streaming.takes(flow, "Anna", "Bo", "Cyd")
    batches = await streaming.batches(flow)
    counts = [(batch["status"], batch["recordCount"], batch["failedRecordCount"]) for batch in batches]
    assert counts == [("success", 1, 0), ("success", 1, 3), ("success", 0, 1), ("success", 1, 0)]
    found: list[tuple[int, str]] = []
    for batch in batches[1:3]:
        meta = f"{caller.DA}/batches/{batch['id']}/meta?path=row_errors"
        for entry in (await caller.get(meta)).json()["data"]:
            text = (await caller.get(f"{meta}/{entry['name']}")).text
            found += [(row["_row"], row["_filename"]) for row in map(json.loads, text.splitlines())]
    assert sorted(found) == [(line, "/streams/people/a.jsonl") for line in (2, 3, 4, 6)]


def _rotate(file: Path) -> None:
    file.rename(file.with_name("a.jsonl.1"))
    file.write_text(lines("Bo"))


def _rotate_with_a_tail(file: Path) -> None:
    old = file.with_name("a.jsonl.1")
    file.rename(old)
    with old.open("a") as opened:
        opened.write(lines("Bo"))
    file.write_text("")


def _copy_and_truncate(file: Path) -> None:
    file.write_text(lines("Bo"))


def _truncate_and_grow_past_the_place(file: Path) -> None:
    file.write_text(lines("Bo") + "\n" * 400)


def _replace(file: Path) -> None:
    file.unlink()
    file.write_text(lines("Bo"))


def _replace_by_a_longer_one(file: Path) -> None:
    file.unlink()
    file.write_text(lines("Bo") + "\n" * 400)


@pytest.mark.parametrize(
    "change",
    [
        _rotate,
        _rotate_with_a_tail,
        _copy_and_truncate,
        _truncate_and_grow_past_the_place,
        _replace,
        _replace_by_a_longer_one,
    ],
)
async def test_files_that_are_rotated_cut_or_replaced_lose_and_repeat_nothing(
    streaming: Streaming, change: Callable[[Path], None]
) -> None:
    flow = await streaming.flow()
    file = streaming.append("Anna", "Al", "Ada")
    await streaming.takes(flow, "Anna", "Al", "Ada")
    change(file)
    await streaming.takes(flow, "Anna", "Al", "Ada", "Bo")
    streaming.append("Cyd")
    await streaming.takes(flow, "Anna", "Al", "Ada", "Bo", "Cyd")
