"""Lists, flow runs and new resources as oddly as a platform can show them, by a plan of faults."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aeptui.emulator.platform import LocalPlatform
from tests.emulator.faulty_line import CAT, DP, FS, SR, Pair, faulty

__all__ = ["faulty"]


# -- pages


async def _walk(faulty: Pair, path: str, most: int = 12) -> list[str]:
    """The names of all pages, a token followed as the client of section 2.2 does: with the query repeated."""
    names: list[str] = []
    _, _, fixed = path.partition("?")
    url = path
    for _ in range(most):
        body = (await faulty.get(url)).json()
        names += [item["name"] for item in body["items"]]
        href = body["_links"].get("next", {}).get("href")
        if href is None:
            return names
        url = f"{path.partition('?')[0]}?{href.partition('?')[2]}&{fixed}"
    return names


async def test_a_page_comes_twice_and_then_the_walk_goes_on_without_loss(faulty: Pair) -> None:
    path = f"{FS}/connections?limit=4&orderby=name"
    all_names = await _walk(faulty, path)
    assert len(all_names) > 8
    rule = faulty.plan.add(route="/connections", nth=2, do="page_twice")
    assert await _walk(faulty, path) == [*all_names[:8], *all_names[4:8], *all_names[8:]]
    faulty.plan.clear()
    faulty.plan.add(route="/connections", do="page_twice")
    pages = [all_names[at : at + 4] for at in range(0, len(all_names), 4)]
    assert await _walk(faulty, path) == [name for page in pages for name in (*page, *page)]
    assert rule.fired == 1


async def test_a_token_that_repeats_never_gets_on(faulty: Pair) -> None:
    faulty.plan.add(route="/connections", do="token_repeats")
    path = f"{FS}/connections?limit=4&orderby=name"
    names = await _walk(faulty, path, most=5)
    assert names == names[:4] * 5
    body = (await faulty.get(path)).json()
    assert body["_links"]["next"]["href"].endswith("=")


async def test_a_token_expires(faulty: Pair) -> None:
    rule = faulty.plan.add(route="/connections", first=1, do="token_expires")
    first = (await faulty.get(f"{FS}/connections?limit=4")).json()
    url = f"{FS}{first['_links']['next']['href']}"
    refused = await faulty.get(url)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (400, "FLOW-1442-400")
    assert (await faulty.get(url)).status_code == 200
    assert (rule.seen, rule.fired) == (2, 1)


async def test_a_page_by_offset_comes_twice_and_the_later_ones_a_page_later(faulty: Pair) -> None:
    schema = await faulty.schema()
    made = [await faulty.dataset(schema, f"d{number}") for number in range(5)]

    async def walk() -> list[str]:
        found: list[str] = []
        for start in range(0, 12, 2):
            page = list((await faulty.get(f"{CAT}/dataSets?orderBy=asc:name&limit=2&start={start}")).json())
            found += page
            if len(page) < 2:
                break
        return found

    assert await walk() == made
    faulty.plan.add(route="/dataSets", nth=2, do="page_twice")
    assert await walk() == [*made[:2], *made[:2], *made[2:]]
    assert await walk() == made


async def test_sandboxes_call_their_offset_by_another_name(faulty: Pair) -> None:
    path = "/data/foundation/sandbox-management/?limit=1&offset="

    async def page(offset: int) -> list[str]:
        return [item["name"] for item in (await faulty.get(f"{path}{offset}")).json()["sandboxes"]]

    faulty.plan.add(route="/data/foundation/sandbox-management", nth=2, do="page_twice")
    assert [await page(number) for number in range(4)] == [["prod"], ["prod"], ["dev"], []]


# -- flows and runs


async def _run(faulty: Pair) -> str:
    await faulty.platform.start()
    flow = await faulty.made(f"{FS}/flows", await faulty.flow_body())
    await faulty.ended(flow)
    return str(flow)


async def test_flow_runs_are_shown_as_oddly_as_the_platform_can(faulty: Pair) -> None:
    flow = await _run(faulty)
    (true,) = await faulty.runs(flow)
    calls = [f"{FS}/runs?property=flowId=={flow}", f"{FS}/runs/{true['id']}"]

    async def shown(**fault: Any) -> list[dict[str, Any]]:
        faulty.plan.clear()
        faulty.plan.add(**fault)
        return [(await faulty.get(call)).json()["items"][0] for call in calls]

    for run in await shown(do="summaries_missing"):
        assert set(run["metrics"]) == {"statusSummary"}
        assert all("recordSummary" not in activity for activity in run["activities"])
    for run in await shown(do="summaries_missing", summaries=["fileSummary", "statusSummary"]):
        assert set(run["metrics"]) == {"durationSummary", "sizeSummary", "recordSummary"}
    for run in await shown(do="counts_minus_one"):
        assert run["metrics"]["recordSummary"]["outputRecordCount"] == -1
        assert run["metrics"]["sizeSummary"] == {"inputBytes": -1, "outputBytes": -1}
        assert run["metrics"]["durationSummary"] == true["metrics"]["durationSummary"]
    for run in await shown(do="unknown_status", word="pondering"):
        assert run["metrics"]["statusSummary"]["status"] == "pondering"
    for run in await shown(do="seconds_for_ms"):
        duration = true["metrics"]["durationSummary"]
        assert run["metrics"]["durationSummary"]["startedAtUTC"] == duration["startedAtUTC"] // 1000
        assert run["activities"][0]["updatedAtUTC"] == true["activities"][0]["updatedAtUTC"] // 1000
        assert run["createdAt"] == true["createdAt"]
    assert faulty.plan.fired == {"1": 2}
    faulty.plan.clear()
    assert await faulty.runs(flow) == [true]


async def test_a_new_flow_is_initializing_for_some_reads_and_refuses_changes_meanwhile(faulty: Pair) -> None:
    faulty.plan.add(do="initializing", reads=2)
    flow = await faulty.made(f"{FS}/flows", await faulty.flow_body())
    refused = await faulty.post(f"{FS}/flows/{flow}/action?op=disable")
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (400, "FLOW-1422-400")
    one = await faulty.one(f"{FS}/flows/{flow}")
    assert (one["state"], one["lastOperation"]["status"]["value"]) == ("initializing", "inProgress")
    change = [{"op": "replace", "path": "/name", "value": "x"}]
    refused = await faulty.patch(f"{FS}/flows/{flow}", change, headers={"If-Match": one["etag"]})
    assert refused.status_code == 400
    (listed,) = (await faulty.get(f"{FS}/flows")).json()["items"]
    assert listed["state"] == "initializing"
    assert (await faulty.one(f"{FS}/flows/{flow}"))["state"] == "enabled"
    assert (await faulty.post(f"{FS}/flows/{flow}/action?op=disable")).status_code == 200


# -- eventual consistency


async def test_a_new_resource_is_in_no_list_and_no_count_for_some_reads(faulty: Pair) -> None:
    faulty.plan.add(method="POST", route="/sourceConnections", do="lag", reads=3)
    id = await faulty.source("/people")
    path = f"{FS}/sourceConnections"
    assert await faulty.names(path) == []
    assert (await faulty.get(f"{path}?count=true")).json() == {"count": 0}
    assert (await faulty.one(f"{path}/{id}"))["name"] == "files", "by its id it is there"
    faulty.http.headers["x-sandbox-name"] = "dev"
    assert await faulty.names(path) == [], "a read of another sandbox does not count"
    faulty.http.headers["x-sandbox-name"] = "prod"
    assert await faulty.names(f'{path}?property=name=="files"') == []
    assert await faulty.names(path) == ["files"]
    assert (await faulty.get(f"{path}?count=true")).json() == {"count": 1}


async def test_it_may_be_missing_by_its_id_too(faulty: Pair) -> None:
    faulty.plan.add(method="POST", route="/sourceConnections", do="lag", reads=2, get=True)
    id = await faulty.source("/people")
    for _ in range(2):
        refused = await faulty.get(f"{FS}/sourceConnections/{id}")
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (404, "FLOW-1439-404")
    assert (await faulty.one(f"{FS}/sourceConnections/{id}"))["id"] == id


async def test_a_change_and_a_deletion_are_seen_late(faulty: Pair) -> None:
    id = await faulty.source("/people")
    path = f"{FS}/sourceConnections"
    etag = (await faulty.one(f"{path}/{id}"))["etag"]
    faulty.plan.add(method=["PATCH", "DELETE"], do="lag", reads=2, get=True)
    change = [{"op": "replace", "path": "/name", "value": "renamed"}]
    changed = await faulty.patch(f"{path}/{id}", change, headers={"If-Match": etag})
    assert changed.status_code == 200
    assert await faulty.names(path) == ["files"]
    stale = await faulty.one(f"{path}/{id}")
    assert (stale["name"], stale["etag"]) == ("files", etag)
    assert await faulty.names(path) == ["renamed"]
    assert (await faulty.http.delete(f"{path}/{id}")).status_code == 204
    assert await faulty.names(f'{path}?property=name=="other"') == []
    assert await faulty.names(path) == ["renamed"]
    assert await faulty.names(path) == []
    assert (await faulty.get(f"{path}/{id}")).status_code == 404


async def test_lists_by_offset_lag_without_short_pages(faulty: Pair) -> None:
    schema = await faulty.schema()
    made = [await faulty.dataset(schema, f"d{number}") for number in range(4)]
    faulty.plan.add(method=["POST", "DELETE"], route="/dataSets", do="lag", reads=1)
    faulty.plan.add(method="DELETE", route="/dataSets/*", do="lag", reads=1)
    new = await faulty.dataset(schema, "c")
    path = f"{CAT}/dataSets?orderBy=asc:name"
    assert list((await faulty.get(f"{path}&limit=2")).json()) == made[:2]
    assert list((await faulty.get(f"{path}&limit=2")).json()) == [new, made[0]]
    assert (await faulty.http.delete(f"{CAT}/dataSets/{new}")).status_code == 200
    assert list((await faulty.get(f"{path}&limit=9")).json()) == [*made, new]
    assert list((await faulty.get(f"{path}&limit=9")).json()) == made


@pytest.mark.parametrize("kind", ["schema", "dataset", "mapping"])
async def test_what_every_service_makes_can_lag(faulty: Pair, kind: str) -> None:
    schema = await faulty.schema(title="Before")
    faulty.plan.add(method="POST", do="lag", reads=1, get=True)
    accept = {"Accept": "application/vnd.adobe.xed+json"}
    if kind == "schema":
        id, path = await faulty.schema(title="After"), f"{SR}/tenant/schemas"
    elif kind == "dataset":
        id, path = await faulty.dataset(schema), f"{CAT}/dataSets"
    else:
        id, path = await faulty.mapping(schema), f"{DP}/mappingSets?limit=10&start=0"
    lists = [await faulty.get(path, headers=accept if kind == "schema" else None) for _ in range(2)]
    assert [answer.status_code for answer in lists] == [200, 200]
    assert [id in json.dumps(answer.json()) for answer in lists] == [False, True]


async def test_a_wrong_token_stays_wrong_whatever_lags(faulty: Pair) -> None:
    faulty.plan.add(method="POST", do="lag", reads=5, get=True)
    id = await faulty.source("/people")
    faulty.http.headers["Authorization"] = "Bearer wrong"
    for path in (f"{FS}/sourceConnections", f"{FS}/sourceConnections/{id}"):
        assert (await faulty.get(path)).status_code == 401


# -- without a plan


async def test_a_platform_without_a_plan_has_no_line_before_it(platform: LocalPlatform) -> None:
    assert type(platform.app).__name__ == "Gateway"
