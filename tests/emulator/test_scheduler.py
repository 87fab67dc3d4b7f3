"""When flows run, through HTTP, on a clock that only the test moves: closed platforms, disabled flows, odd clocks."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from aeptui.clock import ManualClock, SeededIds
from aeptui.emulator.platform import LocalPlatform

HOUR = 3600
Reopen = Callable[..., Awaitable[Any]]


def _code(answer: Any) -> str:
    return str(answer.json()["type"].rpartition("/")[2])


def windows(runs: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """(start, end) of each run's window, epoch seconds."""
    found = [run["activities"][0]["durationSummary"]["extensions"] for run in runs]
    return [(item["windowStart"] // 1000, item["windowEnd"] // 1000) for item in found]


def paths(run: dict[str, Any]) -> list[str]:
    return [entry["path"] for entry in run["metrics"]["fileSummary"]["manifest"]["fileInfo"]]


@pytest.fixture
async def reopen(tmp_path: Path, storage: Path, clock: ManualClock, caller: Any) -> AsyncIterator[Reopen]:
    """Close the platform, let time pass, open it again on the same folder; the new client."""
    opened: list[Any] = [caller]

    async def again(seconds: float, **options: Any) -> Any:
        await opened[-1].platform.close()
        clock.advance(seconds)
        platform = LocalPlatform.open(
            tmp_path / "local", storage, clock=clock, ids=SeededIds(len(opened) + 50), **options
        )
        await platform.start()
        opened.append(await type(caller)(platform, clock).log_in())
        return opened[-1]

    yield again
    for one in opened[1:]:
        await one.http.aclose()
        await one.platform.close()


async def moved(caller: Any, seconds: float) -> None:
    """Let time pass while the platform is open."""
    caller.clock.advance(seconds)
    caller.platform.wake()
    await caller.log_in()  # a token is good for a day


async def hourly(caller: Any, *, start: int, **more: Any) -> str:
    schedule = {"startTime": start, "frequency": "hour", "interval": 1, **more}
    return str(await caller.made(f"{caller.FS}/flows", await caller.flow_body(scheduleParams=schedule)))


async def settled(caller: Any, flow: str, count: int) -> list[dict[str, Any]]:
    """The runs of a flow once so many have ended; and no other one is there."""
    runs = await caller.ended(flow, count)
    assert len(runs) == count
    return list(runs)


# -- the platform was closed


async def test_with_backfill_missed_windows_are_made_up_for_and_each_file_is_taken_once(
    caller: Any, storage: Path, reopen: Reopen
) -> None:
    await caller.platform.start()
    start = caller.now_s()
    flow = await hourly(caller, start=start)
    await settled(caller, flow, 1)
    (storage / "people" / "late.csv").write_text("first,born\nLou,1990-01-31\n")
    other = await reopen(5 * HOUR + 60)
    runs = await settled(other, flow, 6)
    assert windows(runs)[1:] == [(start + n * HOUR, start + (n + 1) * HOUR) for n in range(5)]
    assert [paths(run) for run in runs[1:]] == [["/people/late.csv"], [], [], [], []]


async def test_without_backfill_missed_windows_do_not_run_and_the_next_one_reaches_back(
    caller: Any, storage: Path, reopen: Reopen
) -> None:
    await caller.platform.start()
    start = caller.now_s()
    flow = await hourly(caller, start=start, backfill=False)
    await settled(caller, flow, 1)
    other = await reopen(5 * HOUR + 60)
    late = storage / "people" / "late.csv"
    late.write_text("first,born\nLou,1990-01-31\n")
    os.utime(late, (start + HOUR, start + HOUR))
    await moved(other, HOUR - 60)
    runs = await settled(other, flow, 2)
    assert windows(runs)[1] == (start, start + 6 * HOUR)
    assert paths(runs[1]) == ["/people/late.csv"]
    await moved(other, HOUR)
    assert windows(await settled(other, flow, 3))[2] == (start + 6 * HOUR, start + 7 * HOUR)


async def test_windows_passed_over_twice_are_still_reached_back_to(caller: Any, reopen: Reopen) -> None:
    await caller.platform.start()
    start = caller.now_s()
    flow = await hourly(caller, start=start, backfill=False)
    await settled(caller, flow, 1)
    await reopen(2 * HOUR + 60)
    other = await reopen(2 * HOUR)
    await moved(other, HOUR)
    assert windows(await settled(other, flow, 2))[1] == (start, start + 5 * HOUR)


async def test_without_backfill_a_missed_first_run_takes_what_appeared_since_the_start_time(
    caller: Any, storage: Path, reopen: Reopen
) -> None:
    start = caller.now_s() + 600
    flow = await hourly(caller, start=start, backfill=False)
    for name, age in (("a.csv", -60), ("b.csv", 60)):
        os.utime(storage / "people" / name, (start + age, start + age))
    other = await reopen(2 * HOUR)
    assert await other.runs(flow) == []
    await moved(other, HOUR)
    (run,) = await settled(other, flow, 1)
    assert paths(run) == ["/people/b.csv"]
    assert windows([run]) == [(start, start + 2 * HOUR)]


async def test_once_runs_late_when_the_platform_was_closed_at_its_time(caller: Any, reopen: Reopen) -> None:
    start = caller.now_s() + 60
    schedule = {"startTime": start, "frequency": "once"}
    flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body(scheduleParams=schedule))
    other = await reopen(7 * 24 * HOUR)
    assert windows(await settled(other, flow, 1)) == [(0, start)]
    await moved(other, 7 * 24 * HOUR)
    assert len(await other.runs(flow)) == 1


# -- the flow was disabled


async def test_a_disabled_flow_makes_nothing_up_though_the_platform_was_closed_too(caller: Any, reopen: Reopen) -> None:
    await caller.platform.start()
    start = caller.now_s()
    flow = await hourly(caller, start=start)
    await settled(caller, flow, 1)
    await caller.post(f"{caller.FS}/flows/{flow}/action?op=disable")
    other = await reopen(3 * HOUR + 60)
    await moved(other, HOUR)
    await other.post(f"{caller.FS}/flows/{flow}/action?op=enable")
    await moved(other, HOUR)
    assert windows(await settled(other, flow, 2))[1] == (start, start + 5 * HOUR)


@pytest.mark.parametrize("backfill", [True, False])
async def test_a_flow_disabled_over_its_start_has_one_first_run_when_it_is_enabled(caller: Any, backfill: bool) -> None:
    await caller.platform.start()
    start = caller.now_s() + 60
    flow = await hourly(caller, start=start, backfill=backfill)
    await caller.post(f"{caller.FS}/flows/{flow}/action?op=disable")
    await moved(caller, 5 * HOUR)
    await caller.post(f"{caller.FS}/flows/{flow}/action?op=enable")
    assert windows(await settled(caller, flow, 1)) == [(0 if backfill else start, start + 4 * HOUR)]
    await moved(caller, HOUR)
    assert windows(await settled(caller, flow, 2))[1] == (start + 4 * HOUR, start + 5 * HOUR)


# -- the schedule is changed


async def changed(caller: Any, flow: str, path: str, value: Any) -> Any:
    etag = (await caller.one(f"{caller.FS}/flows/{flow}"))["etag"]
    change = [{"op": "replace", "path": f"/scheduleParams/{path}", "value": value}]
    return await caller.patch(f"{caller.FS}/flows/{flow}", change, headers={"If-Match": etag})


async def test_a_shorter_interval_counts_from_the_change_and_makes_nothing_up(caller: Any) -> None:
    await caller.platform.start()
    start = caller.now_s()
    schedule = {"startTime": start, "frequency": "week", "interval": 1}
    flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body(scheduleParams=schedule))
    await settled(caller, flow, 1)
    await moved(caller, 48 * HOUR + 60)
    assert (await changed(caller, flow, "frequency", "hour")).status_code == 200
    await moved(caller, HOUR)
    assert windows(await settled(caller, flow, 2))[1] == (start, start + 49 * HOUR)
    assert (await changed(caller, flow, "interval", 2)).status_code == 200
    await moved(caller, HOUR)
    assert windows(await settled(caller, flow, 3))[2] == (start + 49 * HOUR, start + 50 * HOUR)
    await moved(caller, 2 * HOUR)
    assert windows(await settled(caller, flow, 4))[3] == (start + 50 * HOUR, start + 52 * HOUR)


async def test_what_is_frozen_after_the_first_start_says_so_even_while_disabled(caller: Any) -> None:
    start = caller.now_s() + 60
    flow = await hourly(caller, start=start)
    assert (await changed(caller, flow, "startTime", start + 60)).status_code == 200
    assert (await changed(caller, flow, "backfill", False)).status_code == 200
    await moved(caller, 2 * HOUR)
    for _ in ("enabled", "disabled"):
        assert _code(await changed(caller, flow, "startTime", start + 9 * HOUR)) == "CONNECTORS-1366-400"
        assert _code(await changed(caller, flow, "backfill", True)) == "CONNECTORS-1404-400"
        once = {"startTime": start + 60, "frequency": "once"}
        etag = (await caller.one(f"{caller.FS}/flows/{flow}"))["etag"]
        change = [{"op": "replace", "path": "/scheduleParams", "value": once}]
        answer = await caller.patch(f"{caller.FS}/flows/{flow}", change, headers={"If-Match": etag})
        assert _code(answer) == "CONNECTORS-1403-400"
        await caller.post(f"{caller.FS}/flows/{flow}/action?op=disable")
    assert (await changed(caller, flow, "interval", 3)).status_code == 200


# -- other clocks


async def test_a_clock_put_back_a_day_repeats_no_window(caller: Any) -> None:
    await caller.platform.start()
    start = caller.now_s()
    flow = await hourly(caller, start=start)
    await settled(caller, flow, 1)
    await moved(caller, 2 * HOUR)
    await settled(caller, flow, 3)
    await moved(caller, -24 * HOUR)
    once = {"startTime": caller.now_s() + 60, "frequency": "once"}
    second = await caller.made(f"{caller.FS}/flows", await caller.flow_body(scheduleParams=once))
    await moved(caller, 60)
    (run,) = await settled(caller, second, 1)
    assert run["metrics"]["durationSummary"]["completedAtUTC"] >= run["metrics"]["durationSummary"]["startedAtUTC"]
    assert len(await caller.runs(flow)) == 3
    await moved(caller, 25 * HOUR)
    assert windows(await settled(caller, flow, 4))[3] == (start + 2 * HOUR, start + 3 * HOUR)


async def test_sixty_times_as_fast_an_hour_is_a_minute(tmp_path: Path, storage: Path, caller: Any) -> None:
    clock = ManualClock(datetime(2026, 11, 23, 14, 0, tzinfo=UTC))
    fast = LocalPlatform.open(tmp_path / "fast", storage, clock=clock, ids=SeededIds(3), speed=60)
    other = await type(caller)(fast, clock).log_in()
    await fast.start()
    start = other.now_s()
    flow = await hourly(other, start=start)
    await settled(other, flow, 1)
    await moved(other, 59)
    assert len(await other.runs(flow)) == 1
    await moved(other, 1)
    assert windows(await settled(other, flow, 2))[1] == (start, start + HOUR)
    await other.http.aclose()
    await fast.close()


async def test_a_fast_platform_that_was_closed_for_long_misses_no_file(
    tmp_path: Path, storage: Path, caller: Any
) -> None:
    clock = ManualClock(datetime(2026, 11, 23, 14, 0, tzinfo=UTC))
    began = clock.now().timestamp()
    for name in ("a.csv", "b.csv"):
        os.utime(storage / "people" / name, (began - 60, began - 60))
    fast = LocalPlatform.open(tmp_path / "fast", storage, clock=clock, ids=SeededIds(3), speed=60)
    other = await type(caller)(fast, clock).log_in()
    await fast.start()
    flow = await hourly(other, start=other.now_s(), backfill=False)
    await settled(other, flow, 1)
    await moved(other, 120)
    await settled(other, flow, 3)
    await fast.close()

    clock.advance(5 * HOUR)
    late = storage / "people" / "late.csv"
    late.write_text("first,born\nLou,1990-01-31\n")
    os.utime(late, (began + 2 * HOUR, began + 2 * HOUR))
    fast = LocalPlatform.open(tmp_path / "fast", storage, clock=clock, ids=SeededIds(4), speed=60)
    other = await type(caller)(fast, clock).log_in()
    await fast.start()
    await moved(other, 60)
    runs = await settled(other, flow, 4)
    assert paths(runs[-1]) == ["/people/late.csv"]
    await other.http.aclose()
    await fast.close()


# -- side by side


async def test_flows_of_two_sandboxes_run_by_themselves_and_are_not_seen_in_the_other(caller: Any) -> None:
    await caller.platform.start()
    start = caller.now_s() + 60
    flows: dict[str, str] = {}
    for sandbox in ("prod", "dev"):
        caller.http.headers["x-sandbox-name"] = sandbox
        flows[sandbox] = await hourly(caller, start=start)
    await moved(caller, 60)
    for sandbox, stranger in (("prod", "dev"), ("dev", "prod")):
        caller.http.headers["x-sandbox-name"] = sandbox
        await settled(caller, flows[sandbox], 1)
        assert await caller.runs(flows[stranger]) == []
        assert (await caller.get(f"{caller.FS}/flows/{flows[stranger]}")).status_code == 404


async def test_a_flow_never_has_two_runs_at_once(caller: Any, storage: Path, reopen: Reopen) -> None:
    for number in range(3):
        (storage / "people" / f"{number}.csv").write_text("first,born\n" + "Al,1990-01-31\n" * 50_000)
    flow = await hourly(caller, start=caller.now_s())
    other = await reopen(3 * HOUR)
    most = 0

    async def over() -> list[dict[str, Any]] | None:
        nonlocal most
        runs: list[dict[str, Any]] = await other.runs(flow)
        most = max(most, sum(other.status(run) == "inProgress" for run in runs))
        return runs if len([run for run in runs if other.status(run) == "success"]) == 4 else None

    runs = await other.until(over)
    assert most == 1
    times = [run["metrics"]["durationSummary"] for run in runs]
    assert sum(run["metrics"]["recordSummary"]["inputRecordCount"] for run in runs) == 150_003
    assert all(one["completedAtUTC"] <= two["startedAtUTC"] for one, two in pairwise(times))
