"""The world `busy`, scaled down: that it hangs together, is the same each time, survives a kill, and stays calm."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aeptui.clock import ManualClock, SeededIds
from aeptui.emulator.platform import LocalPlatform, Seed
from aeptui.emulator.schema_registry.compose import leaves
from aeptui.emulator.seeds import busy, plan
from tests.emulator.conftest import CAT, DA, DP, FS, FULL, SR, Caller, status

SIZE = plan.Size(flows=80, runs=1_600, datasets=24, schemas=18, wide_fields=130, files=400)
DAY_S = 86_400


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    """Begin worlds of this size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(busy, "size_of", lambda data: SIZE)
        yield


def opened(
    folder: Path, clock: ManualClock, seed: Seed = "busy", progress: Callable[[str], None] = lambda told: None
) -> LocalPlatform:
    """A platform on that folder."""
    return LocalPlatform.open(folder, seed=seed, clock=clock, ids=SeededIds(), progress=progress)


@pytest.fixture
async def world(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Caller]:
    """A client of a busy world of its own."""
    platform = opened(tmp_path / "local", clock)
    caller = await Caller(platform, clock).log_in()
    yield caller
    await caller.http.aclose()
    await platform.close()


async def everything(caller: Caller, kind: str, query: str = "limit=1000") -> list[dict[str, Any]]:
    """All resources of a kind, page by page."""
    found: list[dict[str, Any]] = []
    path = f"{FS}/{kind}?{query}"
    while path:
        answer = (await caller.get(path)).json()
        found += answer["items"]
        following = answer["_links"].get("next", {}).get("href", "")
        path = f"{FS}{following}" if following else ""
    return found


async def test_it_has_as_many_of_everything_as_declared(world: Caller) -> None:
    for kind, number in (("flows", SIZE.flows), ("runs", SIZE.runs)):
        assert (await world.get(f"{FS}/{kind}?count=true")).json() == {"count": number}
    assert len((await world.get(f"{CAT}/dataSets?limit=100")).json()) == SIZE.datasets
    short = {"Accept": "application/vnd.adobe.xed-id+json"}
    schemas = (await world.get(f"{SR}/tenant/schemas", headers=short)).json()["results"]
    assert len(schemas) == SIZE.schemas
    (wide,) = [schema for schema in schemas if schema["title"] == "Customer 360"]
    full = (await world.get(f"{SR}/tenant/schemas/{wide['meta:altId']}", headers=FULL)).json()
    assert sum("360." in path for path, _ in leaves(full)) == SIZE.wide_fields
    base = await world.base()
    folder = f"{FS}/connections/{base['id']}/explore?objectType=folder&object=/exports/clickstream"
    assert len((await world.get(folder)).json()) == SIZE.files


def test_declared_are_1200_dataflows_and_60000_runs() -> None:
    data = plan.declared()
    size = plan.Size(**data["size"])
    assert size == (1_200, 60_000, 400, 300, 3_000, 50_000)
    wide = data["wide"]
    assert len(wide["domains"]) * len(wide["groups"]) * len(wide["fields"]) >= size.wide_fields
    flows = plan.flows(data, size, 1_800_000_000)
    assert (len(flows), sum(len(flow.dues) for flow in flows)) == (size.flows, size.runs)
    assert len({flow.name for flow in flows}) == size.flows
    # Nothing is due when it is opened, and nothing much at any moment after it.
    ends = [flow.dues[-1] for flow in flows if flow.dues]
    assert max(ends) <= 1_800_000_000 - plan.SETTLED_S
    going_on = [flow for flow in flows if flow.state == "running" and flow.frequency != "once"]
    due_in_an_hour = sum(flow.dues[-1] + flow.dues.step < 1_800_000_000 + 3_600 for flow in going_on)
    assert 10 < due_in_an_hour < 80


async def test_everything_a_dataflow_names_is_there_and_fits(world: Caller) -> None:
    flows = await everything(world, "flows")
    assert Counter(flow["state"] for flow in flows)["enabled"] > SIZE.flows // 2
    assert {flow.get("scheduleParams", {}).get("frequency") for flow in flows} >= {"once", "day", "week", "hour"}
    for flow in flows:
        (source,) = flow["sourceConnectionIds"]
        (target,) = flow["targetConnectionIds"]
        source_document = await world.one(f"{FS}/sourceConnections/{source}")
        await world.one(f"{FS}/connections/{source_document['baseConnectionId']}")
        target_document = await world.one(f"{FS}/targetConnections/{target}")
        dataset = (await world.get(f"{CAT}/dataSets/{target_document['params']['dataSetId']}")).json()
        (facts,) = dataset.values()
        schema = facts["schemaRef"]["id"]
        assert target_document["data"]["schema"]["id"] == schema
        if flow["state"] == "draft":
            continue
        params = flow["transformations"][0]["params"]
        mapping_set = (await world.get(f"{DP}/mappingSets/{params['mappingId']}")).json()
        assert mapping_set["outputSchema"]["schemaRef"]["id"] == schema
        verdicts = (await world.post(f"{DP}/mappingSets/validate", mapping_set)).json()["validationResponse"]
        assert {verdict["status"] for verdict in verdicts} == {"SUCCESS"}


async def test_runs_say_what_their_dataflow_dataset_and_batch_say(world: Caller, clock: ManualClock) -> None:
    now_ms = int(clock.now().timestamp() * 1000)
    runs = await everything(world, "runs", "limit=500")
    by_flow: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        by_flow.setdefault(run["flowId"], []).append(run)
        assert run["createdAt"] < run["updatedAt"] < now_ms
    for flow in await everything(world, "flows"):
        own = by_flow.pop(flow["id"], [])
        assert [run["createdAt"] for run in own] == sorted(run["createdAt"] for run in own)
        assert all(run["createdAt"] > flow["createdAt"] for run in own)
        last = flow.get("lastRunDetails")
        assert (last or {}).get("id") == (own[-1]["id"] if own else None)
        assert last is None or last["state"] == status(own[-1])
    assert not by_flow

    outcomes: Counter[str] = Counter()
    for run in random.Random(3).sample(runs, 300):
        metrics, records = run["metrics"], run["metrics"].get("recordSummary", {})
        promoted = [activity for activity in run["activities"] if "targetInfo" in activity]
        if not promoted:
            outcomes["failed copy" if status(run) == "failed" else "nothing new"] += 1
            continue
        outcomes["dropped" if records.get("failedRecordCount") and status(run) == "success" else status(run)] += 1
        (batch_id,) = promoted[0]["targetInfo"][0]["reference"]["ids"]
        batch = (await world.get(f"{CAT}/batches/{batch_id}")).json()[batch_id]
        assert batch["status"] == status(run)
        if records.get("inputRecordCount", -1) >= 0:
            assert batch["metrics"]["inputRecordCount"] == records["inputRecordCount"]
            assert batch["failedRecordCount"] == records["failedRecordCount"]
        assert batch["completed"] == metrics["durationSummary"]["completedAtUTC"]
    assert set(outcomes) >= {"success", "dropped", "failed copy", "nothing new"}
    assert any("sizeSummary" not in run["metrics"] for run in runs if status(run) == "success")


async def test_failed_rows_of_a_late_run_can_be_read(world: Caller, clock: ManualClock) -> None:
    since = int((clock.now().timestamp() - 20 * DAY_S) * 1000)
    runs = await everything(world, "runs", f"property=metrics.durationSummary.startedAtUTC>{since}&limit=1000")
    links = [
        extensions["manifest"]["failedRecords"]
        for run in runs
        if "manifest" in (extensions := run["metrics"]["statusSummary"].get("extensions", {}))
    ]
    assert links
    for link in links[:5]:
        (first, *_) = (await world.get(link)).json()["data"]
        batch = link.partition("/batches/")[2].partition("/")[0]
        text = (await world.get(f"{DA}/batches/{batch}/meta?path=row_errors/{first['name']}")).text
        assert '"_errors"' in text.splitlines()[0]


async def _told(caller: Caller) -> list[Any]:
    """What clients see of a world."""
    kinds = [await everything(caller, kind) for kind in ("connections", "sourceConnections", "flows", "runs")]
    datasets = (await caller.get(f"{CAT}/dataSets?limit=100")).json()
    batches = (await caller.get(f"{CAT}/batches?limit=100&orderBy=desc:created")).json()
    sets = (await caller.get(f"{DP}/mappingSets?limit=100&start=0")).json()["data"]
    for item in sets:
        item.pop("modifiedDate")
    return [*kinds, datasets, batches, sets]


async def test_it_is_the_same_each_time_also_after_being_killed_in_the_middle(tmp_path: Path) -> None:
    whole = opened(tmp_path / "whole", ManualClock())
    wanted = await _told(await Caller(whole).log_in())
    await whole.close()

    left, clock = [2, 4, 3], ManualClock()  # before the accounts, the dataflows and the end

    def killing(told: str) -> None:
        if left:
            left[0] -= 1
            if left[0] == 0:
                left.pop(0)
                raise KeyboardInterrupt

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            opened(tmp_path / "killed", clock, progress=killing)
        clock.advance(3_600)  # the world is that of its beginning
    finished = opened(tmp_path / "killed", clock, seed="demo", progress=killing)
    assert await _told(await Caller(finished).log_in()) == wanted
    await finished.close()


async def test_days_later_nothing_is_made_up_for_and_the_next_run_finds_no_new_files(
    tmp_path: Path, clock: ManualClock
) -> None:
    await opened(tmp_path / "local", clock).close()
    clock.advance(6 * DAY_S)
    platform = opened(tmp_path / "local", clock, seed="demo")
    caller = await Caller(platform, clock).log_in()
    await platform.start()
    mine = await caller.flow_body("/web/visits/2026/11/01", name="mine")
    await caller.ended(await caller.made(f"{FS}/flows", mine))  # so the scheduler has looked at all of them
    assert (await caller.get(f"{FS}/runs?count=true")).json()["count"] <= SIZE.runs + 1 + 4

    known = {run["id"] for run in await everything(caller, "runs")}
    clock.advance(2 * 3_600)
    platform.wake()

    async def new() -> list[dict[str, Any]] | None:
        runs = [run for run in await everything(caller, "runs") if run["id"] not in known]
        return runs if runs and all(status(run) in ("success", "failed") for run in runs) else None

    runs = await caller.until(new, 100)
    assert len(runs) < 12
    assert {status(run) for run in runs} == {"success"}
    assert {run["metrics"]["recordSummary"]["inputRecordCount"] for run in runs} == {0}
    await caller.http.aclose()
    await platform.close()


async def test_pages_lose_and_repeat_nothing_while_others_are_made(world: Caller) -> None:
    expected = {run["id"] for run in await everything(world, "runs")}
    once = f"{FS}/flows?limit=5&property=state==enabled&property=scheduleParams.frequency==once"
    flows = [flow["id"] for flow in (await world.get(once)).json()["items"]]
    now = world.now_s()
    for query in ("limit=70", "limit=70&orderby=-createdAt", "limit=70&orderby=-metrics.durationSummary.startedAtUTC"):
        seen: list[str] = []
        path = f"{FS}/runs?{query}"
        while path:
            answer = (await world.get(path)).json()
            seen += [run["id"] for run in answer["items"]]
            params = {"startTime": now, "windowStartTime": now - 60, "windowEndTime": now}
            body = {"flowId": flows[len(seen) % len(flows)], "params": params}
            assert (await world.post(f"{FS}/runs", body)).status_code == 201
            following = answer["_links"].get("next", {}).get("href", "")
            path = f"{FS}{following}" if following else ""
        assert len(seen) == len(set(seen))
        assert expected <= set(seen)
