"""Streaming flows through HTTP: what they are made of, and that each appended record is taken exactly once."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from aeptui.clock import ManualClock, SeededIds
from aeptui.emulator.platform import LocalPlatform

STREAM_FLOW = "d69717ba-71b4-4313-b654-49f9cf126d7a"
KINESIS = "86043421-563b-46ec-8e6c-e23184711bf6"
EVENT_HUBS = "bf9f5905-92b7-48bf-bf20-455bc6b60a4e"
PUB_SUB = "70116022-a743-464a-bbfe-e226a7f8210c"
POLL_S = 5
DAY_S = 86_400

SAS = ("Azure EventHub authentication credentials", {"sasKeyName": "k", "sasKey": "s", "namespace": "ns"})
ACCOUNTS: dict[str, tuple[str, dict[str, str]]] = {
    KINESIS: (
        "Aws Kinesis authentication credentials",
        {"accessKeyId": "a", "secretKey": "s", "region": "eu-west-1"},
    ),
    EVENT_HUBS: SAS,
    PUB_SUB: ("Project Based Authentication", {"projectId": "acme", "credentials": "{}"}),
}
PARAMS: dict[str, dict[str, str]] = {
    KINESIS: {"stream": "people", "dataType": "raw"},
    EVENT_HUBS: {"eventHubName": "people", "dataType": "raw"},
    PUB_SUB: {"topicId": "people", "subscriptionId": "all", "dataType": "raw"},
}


def _code(answer: Any) -> str:
    return str(answer.json()["type"].rpartition("/")[2])


def lines(*names: str) -> str:
    return "".join(json.dumps({"first": name}) + "\n" for name in names)


class Streaming:
    """A client of a platform that runs, with the parts of streaming flows."""

    def __init__(self, caller: Any, storage: Path) -> None:
        self.caller = caller
        self.folder = storage / "streams"
        self._witnesses = 0

    def append(self, *names: str, stream: str = "people", file: str = "a.jsonl") -> Path:
        """Append records with these first names."""
        target = self.folder / stream / file
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("a", encoding="utf-8") as opened:
            opened.write(lines(*names))
        return target

    async def base(self, spec: str, account: tuple[str, dict[str, str]] | None = None) -> str:
        name, params = account or ACCOUNTS[spec]
        body = {
            "name": "stream account",
            "auth": {"specName": name, "params": params},
            "connectionSpec": {"id": spec, "version": "1.0"},
        }
        return str(await self.caller.made(f"{self.caller.FS}/connections", body))

    async def source_body(self, spec: str, params: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        return {
            "name": "stream",
            "baseConnectionId": await self.base(spec),
            "data": {"format": "json"},
            "params": PARAMS[spec] if params is None else params,
            "connectionSpec": {"id": spec, "version": "1.0"},
            **changes,
        }

    async def flow_body(self, spec: str = KINESIS, params: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        caller = self.caller
        source = await caller.made(f"{caller.FS}/sourceConnections", await self.source_body(spec, params))
        schema = await caller.schema()
        dataset = await caller.dataset(schema)
        mapping = await caller.mapping(schema, ("first", "person.name.firstName"))
        return {
            "name": "people as they come",
            "flowSpec": {"id": STREAM_FLOW, "version": "1.0"},
            "sourceConnectionIds": [source],
            "targetConnectionIds": [await caller.target(schema, dataset)],
            "transformations": [{"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": 0}}],
            **more,
        }

    async def flow(self, spec: str = KINESIS, params: dict[str, Any] | None = None, **more: Any) -> str:
        body = await self.flow_body(spec, params, **more)
        return str(await self.caller.made(f"{self.caller.FS}/flows", body))

    async def act(self, flow: str, operation: str) -> Any:
        return await self.caller.post(f"{self.caller.FS}/flows/{flow}/action?op={operation}")

    async def dataset_of(self, flow: str) -> str:
        (target,) = (await self.caller.one(f"{self.caller.FS}/flows/{flow}"))["targetConnectionIds"]
        shown = await self.caller.one(f"{self.caller.FS}/targetConnections/{target}")
        return str(shown["params"]["dataSetId"])

    async def batches(self, flow: str) -> list[dict[str, Any]]:
        dataset = await self.dataset_of(flow)
        answer = await self.caller.get(f"{self.caller.CAT}/batches?dataSet={dataset}&orderBy=asc:created&limit=100")
        return list(answer.json().values())

    async def taken(self, flow: str) -> list[str]:
        """The first names in the flow's dataset, in the order they came."""
        import pyarrow.parquet as pq

        names: list[str] = []
        dataset = await self.dataset_of(flow)
        for batch in await self.batches(flow):
            for file in sorted((self.caller.platform.folder / "datasets" / dataset / batch["id"]).glob("*.parquet")):
                names += [row["person"]["name"]["firstName"] for row in pq.read_table(file).to_pylist()]
        return names

    async def errors(self, flow: str) -> list[dict[str, Any]]:
        """What keeps the flow's stream from being read."""
        shown = await self.caller.one(f"{self.caller.FS}/flows/{flow}")
        return list(shown["lastOperation"]["status"]["errors"])

    async def moved(self, seconds: float = POLL_S) -> None:
        self.caller.clock.advance(seconds)
        self.caller.platform.wake()

    async def takes(self, flow: str, *names: str) -> None:
        """Let time pass until the flow's dataset holds as many records, and see that they are these."""

        async def there() -> list[str] | None:
            found = await self.taken(flow)
            if len(found) >= len(names):
                return found
            await self.moved()
            return None

        assert sorted(await self.caller.until(there)) == sorted(names)

    async def polled(self) -> None:
        """Let time pass until every stream has been looked at: a flow that is asked last has taken a record."""
        self._witnesses += 1
        stream = f"witness {self._witnesses}"
        witness = await self.flow(params={"stream": stream, "dataType": "raw"})
        self.append("Witness", stream=stream.replace(" ", "%20"))

        async def seen() -> bool | None:
            await self.moved()
            return True if await self.batches(witness) else None

        await self.caller.until(seen)


@pytest.fixture
async def streaming(caller: Any, storage: Path) -> Streaming:
    await caller.platform.start()
    return Streaming(caller, storage)


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
    assert (answer.status_code, _code(answer)) == (400, f"CONNECTORS-{code}-400")


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
        assert _code(answer) == "CONNECTORS-1308-400"


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

    assert _code(await patched("")) == "CONNECTORS-1304-400"
    assert (await patched("other")).status_code == 200
    streaming.append("Anna")
    streaming.append("Stranger", stream="other")
    await streaming.takes(flow, "Anna")


async def test_a_source_and_the_other_kind_of_flow_spec_do_not_go_together(streaming: Streaming) -> None:
    caller = streaming.caller
    stream, batch = await streaming.flow_body(), await caller.flow_body()
    stream["flowSpec"], batch["flowSpec"] = batch["flowSpec"], stream["flowSpec"]
    for body in (stream, batch):
        assert _code(await caller.post(f"{caller.FS}/flows", body)) == "FLOW-1413-400"


async def test_a_streaming_flow_has_no_schedule_and_no_runs(streaming: Streaming) -> None:
    caller = streaming.caller
    schedule = {"startTime": caller.now_s() + 60, "frequency": "hour", "interval": 1}
    body = await streaming.flow_body()
    refused = await caller.post(f"{caller.FS}/flows", {**body, "scheduleParams": schedule})
    assert _code(refused) == "CONNECTORS-1363-400"
    flow = await caller.made(f"{caller.FS}/flows", body)
    etag = (await caller.one(f"{caller.FS}/flows/{flow}"))["etag"]
    change = [{"op": "add", "path": "/scheduleParams", "value": schedule}]
    answer = await caller.patch(f"{caller.FS}/flows/{flow}", change, headers={"If-Match": etag})
    assert _code(answer) == "CONNECTORS-1363-400"
    streaming.append("Anna")
    await streaming.takes(flow, "Anna")
    assert await caller.runs(flow) == []
    now = caller.now_s()
    times = {"startTime": now, "windowStartTime": now - 60, "windowEndTime": now}
    answer = await caller.post(f"{caller.FS}/runs", {"flowId": flow, "params": times})
    assert _code(answer) == "CONNECTORS-1385-400"


async def test_raw_records_need_a_mapping(streaming: Streaming) -> None:
    body = await streaming.flow_body(transformations=[])
    assert _code(await streaming.caller.post(f"{streaming.caller.FS}/flows", body)) == "CONNECTORS-1328-400"


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
    assert _code(refused) == "FLOW-1447-400"
    assert flow in refused.json()["errorMessage"]
    other = await streaming.flow(spec, PARAMS[spec] | free)
    assert (await streaming.act(flow, "disable")).status_code == 200
    await caller.made(f"{caller.FS}/flows", body)
    assert _code(await streaming.act(flow, "enable")) == "FLOW-1447-400"
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


# -- no stream leads out of the storage


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("../outside", "..%2Foutside"),
        ("..", "%2E."),
        (".hidden", "%2Ehidden"),
        ("/etc", "%2Fetc"),
        ("a/b", "a%2Fb"),
        ("one two", "one%20two"),
        ("nul\0", "nul%00"),
        ("Größe", "Gr%C3%B6%C3%9Fe"),
    ],
)
async def test_any_name_is_a_folder_inside_the_storage(streaming: Streaming, name: str, folder: str) -> None:
    outside = streaming.folder.parent.parent / "outside"
    for stray in (outside, streaming.folder.parent, streaming.folder):
        stray.mkdir(parents=True, exist_ok=True)
        (stray / "stray.jsonl").write_text(lines("Stray"))
    safe = f"%2E{folder[1:]}" if folder.startswith("..") else folder
    streaming.append("Anna", stream=safe)
    flow = await streaming.flow(params={"stream": name, "dataType": "raw"})
    await streaming.takes(flow, "Anna")


async def test_links_and_what_is_no_data_file_are_left_alone(streaming: Streaming, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.jsonl").write_text(lines("Stray"))
    file = streaming.append("Anna")
    (file.parent / "link.jsonl").symlink_to(outside / "a.jsonl")
    (file.parent / "inner.jsonl").symlink_to(file)
    os.mkfifo(file.parent / "pipe.jsonl")
    for name in (".a.jsonl", "a.jsonl.gz", "a.json", "a.jsonl.tmp"):
        (file.parent / name).write_text(lines("Stray"))
    (streaming.folder / "linked").symlink_to(outside)
    flow = await streaming.flow()
    linked = await streaming.flow(params={"stream": "linked", "dataType": "raw"})
    await streaming.polled()
    assert await streaming.taken(flow) == ["Anna"]
    assert await streaming.errors(flow) == []
    assert await streaming.taken(linked) == []
    (error,) = await streaming.errors(linked)
    assert error["code"] == "CONNECTOR-1001-500"
    assert "link that leaves the storage" in error["message"]


# -- stopping and going on


@pytest.mark.parametrize("reset", ["earliest", "latest"])
async def test_an_enabled_flow_goes_on_where_it_was_disabled(streaming: Streaming, reset: str) -> None:
    flow = await streaming.flow(params=PARAMS[KINESIS] | {"reset": reset})
    streaming.append("Anna")
    await streaming.takes(flow, "Anna")
    await streaming.act(flow, "disable")
    streaming.append("Bo")
    await streaming.polled()
    assert await streaming.taken(flow) == ["Anna"]
    await streaming.act(flow, "enable")
    streaming.append("Cyd")
    await streaming.takes(flow, "Anna", "Bo", "Cyd")


async def test_a_new_version_of_the_mapping_counts_from_the_next_record(streaming: Streaming) -> None:
    caller = streaming.caller
    body = await streaming.flow_body()
    flow = await caller.made(f"{caller.FS}/flows", body)
    streaming.append("Anna")
    await streaming.takes(flow, "Anna")
    mapping = body["transformations"][0]["params"]["mappingId"]
    known = (await caller.get(f"{caller.DP}/mappingSets/{mapping}")).json()
    upper = {"sourceType": "EXPRESSION", "source": "upper(first)", "destination": "person.name.firstName"}
    put = {"outputSchema": {"schemaRef": known["outputSchema"]["schemaRef"]}, "mappings": [upper]}
    version = (await caller.http.put(f"{caller.DP}/mappingSets/{mapping}", json=put)).json()["version"]
    streaming.append("Bo")
    await streaming.takes(flow, "Anna", "Bo")
    etag = (await caller.one(f"{caller.FS}/flows/{flow}"))["etag"]
    change = [
        {
            "op": "replace",
            "path": "/transformations/0",
            "value": {"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": version}},
        }
    ]
    answer = await caller.patch(f"{caller.FS}/flows/{flow}", change, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    streaming.append("Cyd")
    await streaming.takes(flow, "Anna", "Bo", "CYD")


async def test_a_deleted_flow_reads_no_more_and_its_batches_stay(streaming: Streaming) -> None:
    caller = streaming.caller
    body = await streaming.flow_body()
    flow = await caller.made(f"{caller.FS}/flows", body)
    streaming.append("Anna")
    await streaming.takes(flow, "Anna")
    assert (await caller.http.delete(f"{caller.FS}/flows/{flow}")).status_code == 204
    again = await caller.made(f"{caller.FS}/flows", body)
    streaming.append("Bo")
    await streaming.takes(again, "Anna", "Anna", "Bo")


async def test_what_stops_a_stream_is_told_and_goes_away_with_it(streaming: Streaming) -> None:
    flow = await streaming.flow()
    streaming.append("Anna")
    file = streaming.folder / "people"
    other = file.with_name("moved")
    file.rename(other)
    file.symlink_to(streaming.folder.parent.parent)
    await streaming.polled()
    assert [error["code"] for error in await streaming.errors(flow)] == ["CONNECTOR-1001-500"]
    file.unlink()
    other.rename(file)
    await streaming.moved(60)
    await streaming.takes(flow, "Anna")
    assert await streaming.errors(flow) == []


async def test_a_flow_whose_dataset_is_gone_says_so_and_the_others_go_on(streaming: Streaming) -> None:
    caller = streaming.caller
    flow = await streaming.flow()
    dataset = await streaming.dataset_of(flow)
    assert (await caller.http.delete(f"{caller.CAT}/dataSets/{dataset}")).status_code == 200
    streaming.append("Anna")
    await streaming.polled()
    (error,) = await streaming.errors(flow)
    assert dataset in error["message"]
    assert (await caller.get(f"{caller.CAT}/batches?dataSet={dataset}")).json() == {}


# -- time


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The job files of the processes that were started."""
    jobs: list[str] = []
    start = asyncio.create_subprocess_exec

    async def noted(*command: Any, **options: Any) -> Any:
        jobs.append(next(part for part in command if part.endswith(".json")))
        return await start(*command, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    return jobs


async def test_nothing_is_started_while_nothing_was_appended(streaming: Streaming, started: list[str]) -> None:
    flow = await streaming.flow()
    file = streaming.append("Anna")
    with file.open("a") as opened:
        opened.write('{"torn')
    await streaming.takes(flow, "Anna")
    started.clear()
    for _ in range(3):
        await streaming.polled()
    assert len(started) == 3, "one for the record that `polled` appends elsewhere"
    assert not [job for job in started if job.endswith(f"{flow}.json")]


async def test_streams_are_looked_at_on_the_platforms_time(streaming: Streaming, started: list[str]) -> None:
    flow = await streaming.flow()
    await streaming.polled()
    for _ in range(20):  # until the round that took the last record has ended, and the next look lies ahead
        await asyncio.to_thread(int)
    started.clear()
    streaming.append("Anna")
    await streaming.moved(POLL_S - 1)
    for _ in range(20):
        await asyncio.to_thread(int)
    assert started == []
    await streaming.moved(1)

    async def looked() -> bool | None:
        return True if started else None

    await streaming.caller.until(looked)
    await streaming.takes(flow, "Anna")


async def test_a_clock_put_back_a_day_does_not_stop_the_streams(streaming: Streaming) -> None:
    flow = await streaming.flow()
    streaming.append("Anna")
    await streaming.takes(flow, "Anna")
    await streaming.moved(-DAY_S)
    assert await streaming.taken(flow) == ["Anna"]
    streaming.append("Bo")
    await streaming.takes(flow, "Anna", "Bo")


# -- another process


@pytest.fixture
async def reopened(tmp_path: Path, storage: Path, clock: ManualClock, streaming: Streaming) -> AsyncIterator[Any]:
    """Closes the platform and opens it again; the same flows."""
    opened: list[Any] = []

    async def again() -> Streaming:
        before = opened[-1] if opened else streaming.caller
        await before.platform.close()
        platform = LocalPlatform.open(tmp_path / "local", storage, clock=clock, ids=SeededIds(70 + len(opened)))
        await platform.start()
        opened.append(await type(streaming.caller)(platform, clock).log_in())
        return Streaming(opened[-1], storage)

    yield again
    for one in opened:
        await one.http.aclose()
        await one.platform.close()


async def test_a_reopened_platform_goes_on_where_it_was_closed(streaming: Streaming, reopened: Any) -> None:
    flow = await streaming.flow(params=PARAMS[KINESIS] | {"reset": "latest"})
    streaming.append("Anna")
    await streaming.takes(flow, "Anna")
    streaming.append("Bo")
    other = await reopened()
    other.append("Cyd")
    await other.takes(flow, "Anna", "Bo", "Cyd")
