"""Streams by name, by time, and after a stop: nothing leads out of the storage, and nothing is read twice."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aeptui.clock import ManualClock, SeededIds
from aeptui.emulator.platform import LocalPlatform
from tests.emulator.streaming import (
    DAY_S,
    KINESIS,
    PARAMS,
    POLL_S,
    Streaming,
    lines,
    streaming,
)

__all__ = ["streaming"]


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
