"""Runs: when they start, what they take, how they end, and what is left of them."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from aeptui.clock import ManualClock, SeededIds, SystemClock
from aeptui.emulator.platform import LocalPlatform


def _code(answer: Any) -> str:
    return str(answer.json()["type"].rpartition("/")[2])


async def _advanced(caller: Any, seconds: float) -> None:
    caller.clock.advance(seconds)
    caller.platform.wake()


async def test_a_run_waits_for_its_start_and_the_next_takes_only_what_is_new(caller: Any, storage: Path) -> None:
    await caller.platform.start()
    start = caller.now_s() + 60
    schedule = {"startTime": start, "frequency": "hour", "interval": 1, "backfill": True}
    flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body(scheduleParams=schedule))
    await asyncio.sleep(0)
    assert await caller.runs(flow) == []

    await _advanced(caller, 60)
    (first,) = await caller.ended(flow)
    assert first["metrics"]["fileSummary"]["inputFileCount"] == 2
    window = first["activities"][0]["durationSummary"]["extensions"]
    assert window == {"windowStart": 0, "windowEnd": start * 1000}

    (storage / "people" / "b.csv").write_text("first,born\nCyd,2001-12-01\nEve,2002-02-02\n")
    await _advanced(caller, 3600)
    second = (await caller.ended(flow, 2))[1]
    assert second["metrics"]["fileSummary"]["inputFileCount"] == 1
    assert second["metrics"]["recordSummary"]["inputRecordCount"] == 2

    await _advanced(caller, 3600)
    third = (await caller.ended(flow, 3))[2]
    assert caller.status(third) == "success"
    assert third["metrics"]["recordSummary"]["inputRecordCount"] == 0
    assert [entry["id"] for entry in third["activities"]] == ["copyActivity"]
    batches = (await caller.get(f"{caller.CAT}/batches?orderBy=desc:created")).json()
    assert len(batches) == 2


async def test_over_the_threshold_run_and_batch_fail_and_say_why(caller: Any) -> None:
    await caller.platform.start()
    body = await caller.flow_body(options={"partialIngestionPercent": "10", "errorDiagnosticsEnabled": True})
    flow = await caller.made(f"{caller.FS}/flows", body)
    (run,) = await caller.ended(flow)
    assert caller.status(run) == "failed"
    assert run["metrics"]["statusSummary"]["errors"][0]["code"] == "CONNECTOR-2001-500"
    promoted = run["activities"][1]["statusSummary"]["extensions"]
    assert [error["code"] for error in promoted["errors"]] == ["INGEST-1212-400", "MAPPER-3700-400"]
    (batch,) = (await caller.get(f"{caller.CAT}/batches")).json().values()
    assert (batch["status"], batch["recordCount"], batch["failedRecordCount"]) == ("failed", 0, 1)
    assert batch["errors"][1]["description"]
    failed = await caller.get(f"{caller.DA}/batches/{batch['id']}/failed")
    (file,) = failed.json()["data"]
    raw = await caller.get(f"{caller.DA}/batches/{batch['id']}/failed?path={file['name']}")
    assert "not a date" in raw.text


async def test_without_options_one_bad_row_fails_the_run_and_leaves_no_diagnostics(caller: Any) -> None:
    await caller.platform.start()
    flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body(options=None))
    (run,) = await caller.ended(flow)
    assert caller.status(run) == "failed"
    promoted = run["activities"][1]
    assert promoted["statusSummary"]["extensions"]["errors"][0]["code"] == "INGEST-1211-400"
    assert "manifest" not in promoted["statusSummary"]["extensions"]
    batch = promoted["targetInfo"][0]["reference"]["ids"][0]
    answer = await caller.get(f"{caller.DA}/batches/{batch}/meta?path=row_errors")
    assert answer.status_code == 404
    assert "INGEST-1211" in answer.json()["detail"]


@pytest.mark.parametrize(("path", "code"), [("/nowhere", "CONNECTOR-1001-500"), ("/people/*.zip", "133")])
async def test_a_failed_copy_makes_no_batch(caller: Any, path: str, code: str) -> None:
    await caller.platform.start()
    flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body(path))
    (run,) = await caller.ended(flow)
    assert run["metrics"]["statusSummary"]["errors"][0]["code"] == code
    assert "sizeSummary" not in run["metrics"]
    assert [list(entry) for entry in run["activities"] if "targetInfo" in entry] == []
    assert (await caller.get(f"{caller.CAT}/batches")).json() == {}


async def test_a_failed_run_is_tried_again_over_its_window_only(caller: Any, storage: Path) -> None:
    await caller.platform.start()
    flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body(options={"errorDiagnosticsEnabled": True}))
    (run,) = await caller.ended(flow)
    bad = storage / "people" / "a.csv"
    bad.write_text("first,born\nAnna,1990-01-31\nBo,1991-01-01\n")
    late = storage / "people" / "late.csv"
    late.write_text("first,born\nLou,1990-01-31\n")
    now = caller.now_s()
    for file in (bad, storage / "people" / "b.csv"):
        os.utime(file, (now - 60, now - 60))
    os.utime(late, (now + 60, now + 60))
    again = await caller.post(f"{caller.FS}/runs/{run['id']}/action?op=RE_TRIGGER")
    assert set(again.json()) == {"id", "etag"}
    second = (await caller.ended(flow, 2))[1]
    assert second["id"] == again.json()["id"]
    assert caller.status(second) == "success"
    assert second["metrics"]["recordSummary"]["outputRecordCount"] == 3
    assert _code(await caller.post(f"{caller.FS}/runs/{second['id']}/action?op=re-trigger")) == "CONNECTORS-1387-400"


async def test_a_run_on_demand_takes_the_files_of_its_window(caller: Any, storage: Path) -> None:
    await caller.platform.start()
    flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body())
    await caller.ended(flow)
    now = caller.now_s()
    os.utime(storage / "people" / "a.csv", (now - 5000, now - 5000))
    os.utime(storage / "people" / "b.csv", (now - 50, now - 50))
    times = {"startTime": str(now), "windowStartTime": str(now - 100), "windowEndTime": str(now)}
    answer = await caller.post(f"{caller.FS}/runs", {"flowId": flow, "params": times})
    assert answer.status_code == 201
    assert len(answer.json()["items"]) == 1
    second = (await caller.ended(flow, 2))[1]
    assert second["metrics"]["recordSummary"]["inputRecordCount"] == 1
    backwards = {**times, "windowEndTime": now - 200}
    assert _code(await caller.post(f"{caller.FS}/runs", {"flowId": flow, "params": backwards})) == "CONNECTORS-1381-400"
    schedule = {"startTime": now + 60, "frequency": "day", "interval": 1}
    daily = await caller.made(f"{caller.FS}/flows", await caller.flow_body(scheduleParams=schedule))
    assert _code(await caller.post(f"{caller.FS}/runs", {"flowId": daily, "params": times})) == "CONNECTORS-1386-400"


async def test_editing_a_source_connection_does_not_reach_a_flow_that_exists(caller: Any) -> None:
    body = await caller.flow_body(scheduleParams={"startTime": caller.now_s() + 60, "frequency": "once"})
    flow = await caller.made(f"{caller.FS}/flows", body)
    path = f"{caller.FS}/sourceConnections/{body['sourceConnectionIds'][0]}"
    etag = (await caller.one(path))["etag"]
    change = [{"op": "replace", "path": "/params/path", "value": "/nowhere"}]
    assert (await caller.patch(path, change, headers={"If-Match": etag})).status_code == 200
    await caller.platform.start()
    await _advanced(caller, 60)
    (run,) = await caller.ended(flow)
    assert caller.status(run) == "success"


async def test_without_backfill_only_files_newer_than_the_start_are_taken(caller: Any, storage: Path) -> None:
    await caller.platform.start()
    start = caller.now_s()
    for name, age in (("a.csv", -60), ("b.csv", 60)):
        os.utime(storage / "people" / name, (start + age, start + age))
    schedule = {"startTime": str(start * 1000), "frequency": "hour", "interval": 1, "backfill": "false"}
    flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body(scheduleParams=schedule))
    (run,) = await caller.ended(flow)
    assert [entry["path"] for entry in run["metrics"]["fileSummary"]["manifest"]["fileInfo"]] == ["/people/b.csv"]


async def test_a_disabled_flow_does_not_run_and_an_enabled_one_makes_nothing_up(caller: Any) -> None:
    await caller.platform.start()
    schedule = {"startTime": caller.now_s(), "frequency": "hour", "interval": 1}
    flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body(scheduleParams=schedule))
    await caller.ended(flow)
    await caller.post(f"{caller.FS}/flows/{flow}/action?op=disable")
    await _advanced(caller, 5 * 3600)
    await caller.post(f"{caller.FS}/flows/{flow}/action?op=enable")
    await _advanced(caller, 3600)
    runs = await caller.ended(flow, 2)
    assert len(runs) == 2
    window = runs[1]["activities"][0]["durationSummary"]["extensions"]
    assert (window["windowEnd"] - window["windowStart"]) // 1000 == 6 * 3600


async def test_a_deleted_flow_takes_its_runs_along_even_while_one_runs(caller: Any, storage: Path) -> None:
    await caller.platform.start()
    (storage / "people" / "c.csv").write_text("first,born\n" + "Al,1990-01-31\n" * 300_000)
    flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body())

    async def started() -> bool | None:
        return True if [run for run in await caller.runs(flow) if caller.status(run) == "inProgress"] else None

    await caller.until(started)
    assert (await caller.http.delete(f"{caller.FS}/flows/{flow}")).status_code == 204
    assert await caller.runs(flow) == []
    await caller.platform.close()
    assert list(caller.platform.folder.glob("datasets/*/*")) == []


async def test_closing_puts_a_running_run_back_and_the_next_opening_runs_it_again(
    tmp_path: Path, storage: Path, caller: Any
) -> None:
    await caller.platform.start()
    (storage / "people" / "c.csv").write_text("first,born\n" + "Al,1990-01-31\n" * 300_000)
    flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body())

    async def started() -> bool | None:
        return True if [run for run in await caller.runs(flow) if caller.status(run) == "inProgress"] else None

    await caller.until(started)
    await caller.platform.close()
    again = LocalPlatform.open(tmp_path / "local", storage, clock=ManualClock(), ids=SeededIds(9))
    other = await type(caller)(again).log_in()
    (run,) = await other.runs(flow)
    assert caller.status(run) == "scheduled"
    await again.start()
    (run,) = await other.ended(flow)
    assert run["metrics"]["recordSummary"]["outputRecordCount"] == 300_002
    await again.close()


async def test_time_can_run_faster(tmp_path: Path, storage: Path, platform: Any, caller: Any) -> None:
    fast = LocalPlatform.open(tmp_path / "fast", storage, clock=SystemClock(), ids=SeededIds(3), speed=3600.0)
    await fast.start()
    other = await type(caller)(fast).log_in()
    start = other.now_s() + 600
    schedule = {"startTime": start, "frequency": "minute", "interval": 30}
    flow = await other.made(f"{other.FS}/flows", await other.flow_body(scheduleParams=schedule))
    runs = await other.ended(flow, 3)
    ends = [run["activities"][0]["durationSummary"]["extensions"]["windowEnd"] // 1000 for run in runs[:3]]
    assert ends == [start, start + 1800, start + 3600]
    await other.http.aclose()
    await fast.close()


async def test_dataset_files_are_listed_and_read_in_parts(live: Any) -> None:
    flow = await live.made(f"{live.FS}/flows", await live.flow_body())
    (run,) = await live.ended(flow)
    batch = run["activities"][1]["targetInfo"][0]["reference"]["ids"][0]
    (file,) = (await live.get(f"{live.DA}/batches/{batch}/files")).json()["data"]
    assert file["records"] == "2"
    path = f"{live.DA}/files/{file['dataSetFileId']}"
    (inside,) = (await live.get(path)).json()["data"]
    head = await live.http.head(path)
    assert head.headers["content-length"] == inside["length"]
    part = await live.get(f"{path}?path={inside['name']}", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"PAR1")
    for path in ("../../../platform.db", "row_errors/../../../../platform.db"):
        assert (await live.get(f"{live.DA}/batches/{batch}/meta", params={"path": path})).status_code == 404


async def test_an_ingestion_process_that_is_killed_fails_its_run(live: Any, storage: Path) -> None:
    (storage / "people" / "c.csv").write_text("first,born\n" + "Al,1990-01-31\n" * 400_000)
    flow = await live.made(f"{live.FS}/flows", await live.flow_body())

    async def working() -> int | None:
        (run,) = await live.runs(flow) or [None]
        counted = run is not None and "recordSummary" in run["metrics"]
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
        for child in children if counted else []:
            command = Path(f"/proc/{child}/cmdline").read_text()
            if run is not None and run["id"] in command:
                return int(child)
        return None

    os.kill(await live.until(working), signal.SIGKILL)
    (run,) = await live.ended(flow)
    assert live.status(run) == "failed"
    assert run["metrics"]["statusSummary"]["errors"][0]["code"] == "CONNECTOR-2001-500"
    assert (await live.get(f"{live.CAT}/batches")).json() == {}


async def test_a_run_on_demand_keeps_its_files_when_a_fast_platform_is_closed_before_it_starts(
    tmp_path: Path, storage: Path, clock: ManualClock, caller: Any
) -> None:
    async def opened(seed: int) -> Any:
        platform = LocalPlatform.open(tmp_path / "fast", storage, clock=clock, ids=SeededIds(seed), speed=60.0)
        await platform.start()
        return await type(caller)(platform, clock).log_in()

    asked = clock.now().timestamp()
    for name, age in (("a.csv", 10), ("b.csv", 0.5)):
        os.utime(storage / "people" / name, (asked - age, asked - age))
    first = await opened(3)
    flow = await first.made(f"{first.FS}/flows", await first.flow_body())
    await first.ended(flow)
    now = first.now_s()
    times = {"startTime": now + 600, "windowStartTime": now - 60, "windowEndTime": now}
    answer = await first.post(f"{first.FS}/runs", {"flowId": flow, "params": times})
    assert answer.status_code == 201
    await first.platform.close()

    clock.advance(3600)
    second = await opened(4)
    await _advanced(second, 11)
    runs = await second.ended(flow, 2)
    assert [entry["path"] for entry in runs[1]["metrics"]["fileSummary"]["manifest"]["fileInfo"]] == ["/people/b.csv"]
    await second.platform.close()
