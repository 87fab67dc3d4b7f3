"""Each fault, seen through HTTP by a client that knows nothing of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.emulator.faulty_line import CAT, DP, FS, SR, Pair, faulty
from tests.faults import FIVE

__all__ = ["faulty"]


# -- which calls


@pytest.mark.parametrize(
    ("which", "struck"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"nth": 2}, [2]),
        ({"nth": [2, 5]}, [2, 5]),
        ({"every": 3}, [3, 6]),
        ({"first": 2}, [1, 2]),
        ({"from": 5}, [5, 6]),
    ],
)
async def test_a_fault_strikes_the_calls_it_counts_and_no_other(
    faulty: Pair, which: dict[str, Any], struck: list[int]
) -> None:
    rule = faulty.plan.add(route="/flows", do="answer", status=503, **which)
    answers = []
    for _ in range(6):
        answers.append((await faulty.get(f"{FS}/flows")).status_code)
        await faulty.get(f"{FS}/runs")
    assert [number for number, status in enumerate(answers, 1) if status == 503] == struck
    assert (rule.seen, rule.fired) == (6, len(struck))
    assert faulty.plan.fired == {"1": len(struck)}


LOYAL = {"name": "loyal", "data": {"format": "json"}}
PATCHED = [{"op": "add", "path": "/state"}]


@pytest.mark.parametrize(
    ("target", "struck", "spared"),
    [
        ({"method": "post"}, ("POST", f"{FS}/flows", {}), ("GET", f"{FS}/flows", None)),
        ({"method": ["PUT", "DELETE"]}, ("DELETE", f"{FS}/flows/x", None), ("PATCH", f"{FS}/flows/x", [])),
        ({"route": "/flows/*"}, ("GET", f"{FS}/flows/x", None), ("GET", f"{FS}/flows/x/action", None)),
        ({"route": "/flows/*/action"}, ("POST", f"{FS}/flows/x/action", {}), ("POST", f"{FS}/runs/x/action", {})),
        ({"route": "/flows"}, ("GET", f"{FS}/flows/", None), ("GET", f"{FS}/flows/flows", None)),
        ({"route": f"{FS}/**"}, ("GET", f"{FS}/flows/x/y", None), ("GET", f"{CAT}/dataSets", None)),
        ({"route": "/token/v3"}, ("POST", "/ims/token/v3", None), ("POST", "/ims/token/v2", None)),
        (
            {"query": {"property": "name==loy*"}},
            ("GET", f"{FS}/flows?limit=2&property=id==1&property=name==loyal", None),
            ("GET", f"{FS}/flows?limit=2&property=id==1&name=name==loyal", None),
        ),
        (
            {"body": {"name": "loy*", "data.format": "json"}},
            ("POST", f"{FS}/flows", LOYAL),
            ("POST", f"{FS}/flows", {**LOYAL, "name": "disloyal"}),
        ),
        ({"body": {"path": "/state"}}, ("PATCH", f"{FS}/flows/x", PATCHED), ("PATCH", f"{FS}/flows/x", [])),
        ({"sandbox": "prod"}, ("GET", f"{FS}/flows", None), ("dev", f"{FS}/flows", None)),
    ],
)
async def test_calls_are_told_by_method_route_query_body_and_sandbox(
    faulty: Pair, target: dict[str, Any], struck: tuple[str, str, Any], spared: tuple[str, str, Any]
) -> None:
    rule = faulty.plan.add(**target, do="answer", status=418)

    async def status(method: str, path: str, body: Any) -> int:
        sandbox = "dev" if method == "dev" else "prod"
        method = "GET" if method == "dev" else method
        headers = {"x-sandbox-name": sandbox}
        return int((await faulty.http.request(method, path, json=body, headers=headers)).status_code)

    assert await status(*struck) == 418
    assert await status(*spared) != 418
    assert (rule.seen, rule.fired) == (1, 1)


async def test_of_two_faults_the_first_answers_and_the_second_does_not_count_as_fired(faulty: Pair) -> None:
    first = faulty.plan.add(name="busy", route="/flows", first=1, do="answer", status=429)
    second = faulty.plan.add(name="down", route="/flows", do="answer", status=503)
    answers = [(await faulty.get(f"{FS}/flows")).status_code for _ in range(2)]
    assert answers == [429, 503]
    assert (first.seen, first.fired, second.seen, second.fired) == (2, 1, 2, 1)
    assert faulty.plan.fired == {"busy": 1, "down": 1}


async def test_the_same_plan_does_the_same_each_time_and_tells_who_listens(faulty: Pair) -> None:
    heard: list[str] = []
    faulty.plan.heard = lambda rule, call: heard.append(f"{rule.name} {call.method} {call.path}")
    faulty.plan.add(route="/flows", every=2, do="answer", status=500)
    for _ in range(4):
        await faulty.get(f"{FS}/flows")
    assert heard == [f"1 GET {FS}/flows"] * 2
    faulty.plan.clear()
    assert [(await faulty.get(f"{FS}/flows")).status_code for _ in range(2)] == [200, 200]


# -- answers


async def test_a_429_comes_with_and_without_retry_after(faulty: Pair) -> None:
    faulty.plan.add(route="/flows", nth=1, do="answer", status=429, headers={"Retry-After": 2})
    faulty.plan.add(route="/flows", nth=2, do="answer", status=429)
    one, two = await faulty.get(f"{FS}/flows"), await faulty.get(f"{FS}/flows")
    assert (one.status_code, one.headers["retry-after"]) == (429, "2")
    assert (two.status_code, "retry-after" in two.headers, two.content) == (429, False, b"")


async def test_answers_are_html_json_or_nothing_and_keep_the_request_id(faulty: Pair) -> None:
    faulty.plan.add(route="/flows", nth=1, do="answer", status=502, text="<html>Bad Gateway</html>")
    faulty.plan.add(route="/flows", nth=2, do="answer", status=503)
    faulty.plan.add(route="/flows", nth=3, do="answer", status=200, json={"items": []})
    answers = [await faulty.get(f"{FS}/flows", headers={"x-request-id": "mine"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [502, 503, 200]
    assert answers[0].headers["content-type"].startswith("text/html")
    assert answers[1].content == b""
    assert answers[2].json() == {"items": []}
    assert {answer.headers["x-request-id"] for answer in answers} == {"mine"}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("401013", 401, "401013"),
        ("FLOW-1404-412", 412, "FLOW-1404-412"),
        ("FLOW-1404", 412, "FLOW-1404-412"),
        ("FLOW-1422", 400, "FLOW-1422-400"),
        ("CONNECTORS-1360", 400, "CONNECTORS-1360-400"),
        ("XDM-1012-404", 404, "XDM-1012-404"),
        ("MAPPER-3700-400", 400, "MAPPER-3700-400"),
    ],
)
async def test_an_error_by_its_code_has_the_shape_of_its_service(
    faulty: Pair, error: str, status: int, code: str
) -> None:
    faulty.plan.add(route="/flows", first=1, do="answer", error=error, message="on purpose")
    refused = await faulty.get(f"{FS}/flows")
    body = refused.json()
    assert refused.status_code == status
    assert (body.get("error_code") or body["type"].rpartition("/")[2]) == code
    assert "on purpose" in refused.text
    assert (await faulty.get(f"{FS}/flows")).status_code == 200


async def test_the_token_call_can_be_struck_too(faulty: Pair) -> None:
    faulty.plan.add(route="/ims/token/v3", body={"scope": "openid"}, first=1, do="answer", status=503)
    form = {
        "grant_type": "client_credentials",
        "client_id": faulty.platform.client_id,
        "client_secret": faulty.platform.client_secret,
        "scope": "openid",
    }
    answers = [(await faulty.http.post("/ims/token/v3", data=form)).status_code for _ in range(2)]
    assert answers == [503, 200]


# -- a POST in doubt


async def test_a_500_after_the_create_leaves_the_object_there(faulty: Pair) -> None:
    rule = faulty.plan.add(method="POST", route="/sourceConnections", do="answer", status=500, applied=True)
    base = await faulty.base()
    body = {
        "name": "made",
        "baseConnectionId": base["id"],
        "data": {"format": "delimited"},
        "params": {"path": "/people", "type": "folder"},
        "connectionSpec": base["connectionSpec"],
    }
    assert (await faulty.post(f"{FS}/sourceConnections", body)).status_code == 500
    assert await faulty.names(f"{FS}/sourceConnections") == ["made"]
    refused = await faulty.post(f"{FS}/sourceConnections", {**body, "data": {"format": "odd"}})
    assert refused.status_code == 400, "what was not applied is answered as it is"
    assert (rule.seen, rule.fired) == (2, 1)


@pytest.mark.parametrize(("at", "made"), [("before", []), ("after", ["files"]), ("body", ["files"])])
async def test_a_line_is_cut_before_after_and_in_the_middle_of_the_answer(
    faulty: Pair, at: str, made: list[str]
) -> None:
    faulty.plan.add(method="POST", route="/sourceConnections", first=1, do="cut", at=at)
    with pytest.raises(ConnectionError):
        await faulty.source("/people")
    assert await faulty.names(f"{FS}/sourceConnections") == made


async def test_a_late_change_is_made_after_a_look_that_does_not_find_it(faulty: Pair) -> None:
    faulty.plan.add(method="POST", route="/sourceConnections", first=1, do="late", reads=1)
    with pytest.raises(TimeoutError):
        await faulty.source("/people")
    assert await faulty.names(f"{FS}/connections?property=name==none") == []
    assert await faulty.names(f"{FS}/sourceConnections") == []
    assert await faulty.names(f"{FS}/sourceConnections") == ["files"]
    assert await faulty.names(f"{FS}/sourceConnections") == ["files"]


async def test_a_late_change_can_be_a_matter_of_time(faulty: Pair) -> None:
    faulty.plan.add(method="POST", route="/sourceConnections", do="late", seconds=30)
    before = faulty.clock.monotonic()
    with pytest.raises(TimeoutError):
        await faulty.source("/people")

    async def made() -> list[str] | None:
        return await faulty.names(f"{FS}/sourceConnections") or None

    assert await faulty.until(made) == ["files"]
    assert faulty.clock.monotonic() == before + 30


async def _posts(faulty: Pair) -> list[tuple[str, str, Any]]:
    """(route, list, body) of every POST that the chain sends."""
    flow = await faulty.flow_body()
    schema = await faulty.schema(title="Others")
    dataset = await faulty.dataset(schema, "others")
    base = await faulty.base()
    spec = base["connectionSpec"]
    full = "application/vnd.adobe.xed-full+json;version=1"
    reference = {"id": schema, "contentType": full}
    source = {
        "name": "new",
        "baseConnectionId": base["id"],
        "data": {"format": "delimited"},
        "params": {"path": "/people", "type": "folder"},
        "connectionSpec": spec,
    }
    target = {
        "name": "new",
        "data": {"schema": {"id": schema, "version": full}},
        "params": {"dataSetId": dataset},
        "connectionSpec": {"id": faulty.LAKE, "version": "1.0"},
    }
    mapping = {"sourceType": "ATTRIBUTE", "source": "first", "destination": "person.name.firstName"}
    auth = {"specName": base["auth"]["specName"], "params": {"host": "a", "userName": "b", "password": "c"}}
    composed = {"type": "object", "title": "new", "description": "", "allOf": [{"$ref": faulty.PROFILE}]}
    mapping_set = {"name": "new", "outputSchema": {"schemaRef": reference}, "mappings": [mapping]}
    return [
        ("/connections", f"{FS}/connections", {"name": "new", "auth": auth, "connectionSpec": spec}),
        ("/sourceConnections", f"{FS}/sourceConnections", source),
        ("/tenant/schemas", f"{SR}/tenant/schemas", composed),
        ("/dataSets", f"{CAT}/dataSets", {"name": "new", "schemaRef": reference}),
        ("/targetConnections", f"{FS}/targetConnections", target),
        ("/mappingSets", f"{DP}/mappingSets", mapping_set),
        ("/flows", f"{FS}/flows", {**flow, "name": "new"}),
    ]


async def _look_up(faulty: Pair, route: str, path: str) -> int:
    """How many there are of what was posted, looked up as a client does: page by page."""
    if route == "/tenant/schemas":
        return await _look_up_schemas(faulty, path)
    if route == "/dataSets":
        return len((await faulty.get(path, params={"name": "new"})).json())
    if route == "/mappingSets":
        return len((await faulty.get(path, params={"limit": 10, "start": 0, "name": "new"})).json()["data"])
    found, query = 0, 'property=name=="new"'
    while query:
        body = (await faulty.get(f"{path}?{query}")).json()
        found += len(body["items"])
        query = body["_links"].get("next", {}).get("href", "").partition("?")[2]
    return found


async def _look_up_schemas(faulty: Pair, path: str) -> int:
    accept = {"Accept": "application/vnd.adobe.xed-id+json"}
    query = {"orderby": "title", "property": "title==new"}
    found = 0
    while True:
        body = (await faulty.get(path, params=query, headers=accept)).json()
        found += len(body["results"])
        if body["_page"]["next"] is None:
            return found
        query["start"] = body["_page"]["next"]


@pytest.mark.parametrize("way", FIVE)
async def test_every_post_of_the_chain_can_end_in_doubt_in_five_ways(faulty: Pair, way: str) -> None:
    looks = {
        "request lost": (0, 0),
        "answer lost": (1, 1),
        "500 after applied": (1, 1),
        "timeout, then late success": (0, 1),
        "duplicate page in the look-up": (2, 2),
    }
    for route, path, body in await _posts(faulty):
        faulty.plan.clear()
        for fault in FIVE[way](route):
            faulty.plan.add(**fault)
        try:
            answer = await faulty.post(path, body)
            assert answer.status_code == 500, (route, answer.text)
        except (ConnectionError, TimeoutError):
            assert way != "500 after applied"
        seen = (await _look_up(faulty, route, path), await _look_up(faulty, route, path))
        wanted = looks[way]
        if route in ("/dataSets", "/mappingSets") and way == "duplicate page in the look-up":
            wanted = (1, 1)  # a short page is the last one there: no client asks for another
        assert seen == wanted, route
        assert faulty.plan.rules[0].fired == 1


async def test_a_body_that_never_came_whole_is_not_handled(faulty: Pair) -> None:
    faulty.plan.add(method="POST", do="slow", seconds=1)
    messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": f"{FS}/flows", "query_string": b"", "headers": []}
    await faulty.platform.app(scope, receive, send)
    assert sent == []


# -- time


@pytest.mark.parametrize("at", ["before", "after"])
async def test_a_slow_call_takes_its_time_on_the_platforms_clock(faulty: Pair, at: str) -> None:
    faulty.plan.add(route="/flows", first=1, do="slow", seconds=40, at=at)
    before = faulty.clock.monotonic()
    assert (await faulty.get(f"{FS}/flows")).status_code == 200
    assert faulty.clock.monotonic() == before + 40
    await faulty.get(f"{FS}/flows")
    assert faulty.clock.monotonic() == before + 40


@pytest.mark.parametrize(("applied", "made"), [(False, []), (True, ["files"])])
async def test_a_call_without_any_answer_ends_when_its_client_leaves(
    faulty: Pair, applied: bool, made: list[str]
) -> None:
    rule = faulty.plan.add(method="POST", route="/sourceConnections", do="silence", applied=applied)
    waiting = asyncio.ensure_future(faulty.source("/people"))

    async def struck() -> bool | None:
        return rule.fired == 1 or None

    await faulty.until(struck)
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await faulty.names(f"{FS}/sourceConnections") == made


async def test_a_silence_with_an_end_is_a_timeout_and_the_end_of_the_platform_ends_every_other(faulty: Pair) -> None:
    faulty.plan.add(route="/flows", do="silence", seconds=60)
    rule = faulty.plan.add(route="/runs", do="silence")
    with pytest.raises(TimeoutError):
        await faulty.get(f"{FS}/flows")
    waiting = asyncio.ensure_future(faulty.get(f"{FS}/runs"))

    async def struck() -> bool | None:
        return rule.fired == 1 or None

    await faulty.until(struck)
    await faulty.platform.close()
    with pytest.raises(TimeoutError):
        await waiting
