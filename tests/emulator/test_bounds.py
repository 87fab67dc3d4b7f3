"""What hostile requests once broke, each by itself: refused in words, and quickly."""

from __future__ import annotations

import base64
import json
import sqlite3
from typing import Any

import pytest

from tests.emulator.probing import limited

JSON = {"content-type": "application/json"}


def _code(answer: Any) -> str:
    return str(answer.json()["type"].rpartition("/")[2])


@pytest.mark.parametrize(
    "text",
    ['{"name": 1e999}', "[" * 101 + "]" * 101, '{"a":' * 101 + "1" + "}" * 101, '{"n": ' + "9" * 9_000 + "}"],
    ids=["infinite", "deep-arrays", "deep-objects", "digits"],
)
async def test_a_body_that_could_not_be_stored_or_walked_through_is_refused(caller: Any, text: str) -> None:
    for path in (f"{caller.FS}/flows", f"{caller.CAT}/dataSets", f"{caller.SR}/tenant/schemas"):
        answer = await caller.http.post(path, content=text, headers=JSON)
        assert answer.status_code == 400
        assert answer.json()["title"] == "BadRequestError"


async def test_a_body_beyond_the_bound_is_refused_whatever_it_is(caller: Any) -> None:
    for path in (f"{caller.FS}/flows", "/ims/token/v3"):
        answer = await caller.http.post(path, content=b" " * (33 << 20), headers=JSON)
        assert (answer.status_code, answer.json()["status"]) == (413, 413)


async def test_patches_cannot_add_up_to_a_document_that_is_too_deep(caller: Any) -> None:
    made = (await caller.post(f"{caller.FS}/flows", await caller.flow_body())).json()
    url = f"{caller.FS}/flows/{made['id']}"
    deep: Any = 1
    for _ in range(60):
        deep = {"a": deep}
    answer = await caller.patch(url, [{"op": "add", "path": "/options/x", "value": deep}], headers=_match(made))
    assert answer.status_code == 200
    further = [{"op": "add", "path": "/options/x" + "/a" * 60, "value": deep}]
    answer = await caller.patch(url, further, headers=_match(answer.json()))
    assert (answer.status_code, _code(answer)) == (400, "FLOW-1455-400")


@pytest.mark.parametrize("place", ["²", "٣", "9" * 5_000])
async def test_a_place_in_an_array_is_written_in_a_few_ascii_digits(caller: Any, place: str) -> None:
    made = (await caller.post(f"{caller.FS}/flows", await caller.flow_body())).json()
    change = [{"op": "replace", "path": f"/transformations/{place}", "value": {}}]
    answer = await caller.patch(f"{caller.FS}/flows/{made['id']}", change, headers=_match(made))
    assert (answer.status_code, _code(answer)) == (400, "FLOW-1455-400")


def _match(made: dict[str, str]) -> dict[str, str]:
    return {"If-Match": made["etag"]}


@pytest.mark.parametrize("version", ["²", "9" * 5_000])
async def test_a_version_is_written_in_a_few_ascii_digits(caller: Any, version: str) -> None:
    body = await caller.flow_body()
    (mapping,) = body["transformations"]
    id = mapping["params"]["mappingId"]
    assert (await caller.get(f"{caller.DP}/mappingSets/{id}", params={"version": version})).status_code == 400
    mapping["params"]["mappingVersion"] = version
    answer = await caller.post(f"{caller.FS}/flows", body)
    assert (answer.status_code, _code(answer)) == (400, "FLOW-1412-400")


async def test_a_version_in_an_accept_header_may_have_any_number_of_digits(caller: Any) -> None:
    form = {"Accept": f"application/vnd.adobe.xed-full+json;version={'9' * 5_000}"}
    answer = await caller.get(f"{caller.SR}/global/classes/_xdm.context.profile", headers=form)
    assert (answer.status_code, _code(answer)) == (404, "XDM-1012-404")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("startTime", 10**30, "1363"),
        ("startTime", 10**400, "1363"),
        ("interval", 10**30, "1362"),
        ("interval", 10**400, "1362"),
    ],
)
async def test_a_schedule_has_moments_that_a_calendar_has(caller: Any, field: str, value: int, code: str) -> None:
    body = await caller.flow_body()
    body["scheduleParams"] = {"startTime": caller.now_s() + 60, "frequency": "hour", "interval": 1, field: value}
    answer = await caller.post(f"{caller.FS}/flows", body)
    assert (answer.status_code, _code(answer)) == (400, f"CONNECTORS-{code}-400")


async def test_a_threshold_that_no_number_can_hold_is_refused(caller: Any) -> None:
    body = await caller.flow_body(options={"partialIngestionPercent": 10**400})
    assert (await caller.post(f"{caller.FS}/flows", body)).status_code == 400


async def test_a_number_that_no_index_can_hold_is_kept(caller: Any) -> None:
    schema = await caller.schema()
    reference = {"id": schema, "contentType": "application/vnd.adobe.xed-full+json;version=1"}
    mapping = {"sourceType": "ATTRIBUTE", "source": "a", "destination": "person.name.firstName"}
    body = {"name": 10**400, "outputSchema": {"schemaRef": reference}, "mappings": [mapping]}
    answer = await caller.post(f"{caller.DP}/mappingSets", body)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        {"query": 1},
        {"query": {"property": 1}},
        {"query": {"limit": []}},
        {"query": {"orderby": 1}},
        {"after": 1},
        {"after": [1, [], 0]},
        {"after": [1e999, 1, 1]},
        [],
        1,
    ],
)
async def test_a_forged_token_is_refused(caller: Any, content: Any) -> None:
    await caller.source("/people")
    token = base64.urlsafe_b64encode(json.dumps(content).replace("Infinity", "1e999").encode()).decode()
    answer = await caller.get(f"{caller.FS}/sourceConnections", params={"continuationToken": token})
    assert answer.status_code == 400


async def test_a_regular_expression_that_runs_away_is_stopped_and_told(caller: Any) -> None:
    schema = await caller.schema(title="a" * 60 + "!")
    await caller.dataset(schema, "a" * 60 + "!")
    short = {"Accept": "application/vnd.adobe.xed-id+json"}
    for path, headers, field in (
        (f"{caller.CAT}/dataSets", {}, "name"),
        (f"{caller.SR}/tenant/schemas", short, "title"),
    ):
        with limited():
            answer = await caller.get(path, params={"property": f"{field}~^(a|aa)+$"}, headers=headers)
        assert answer.status_code == 400
        assert "cannot be used" in answer.text
        good = await caller.get(path, params={"property": f"{field}~^a+!$"}, headers=headers)
        assert good.status_code == 200
        assert "aaaa!" in good.text


@pytest.mark.parametrize("expression", [" " * 30_000, "name" + " " * 30_000, " " * 30_000 + "==x"])
async def test_a_long_expression_is_read_in_one_go(caller: Any, expression: str) -> None:
    with limited():
        answer = await caller.get(f"{caller.FS}/flows", params={"property": expression})
    assert (answer.status_code, _code(answer)) == (400, "FLOW-1440-400")


async def test_what_fails_in_this_process_is_raised_to_who_called_and_says_for_which_request(caller: Any) -> None:
    store = caller.platform.folder / "platform.db"
    database = sqlite3.connect(store, isolation_level=None)
    database.execute("UPDATE documents SET body = '[1]' WHERE kind = 'sandbox'")
    database.close()
    with pytest.raises(TypeError) as caught:
        await caller.get(f"{caller.FS}/flows", headers={"x-request-id": "asked-7"})
    assert caught.value.__notes__ == [f"GET {caller.FS}/flows, request asked-7"]
