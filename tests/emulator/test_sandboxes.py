"""Sandbox management, and that nothing crosses from one sandbox into another."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from aeptui.clock import ManualClock, SeededIds
from aeptui.emulator.platform import LocalPlatform

SB = "/data/foundation/sandbox-management"
DEV = {"x-sandbox-name": "dev"}
ONE = {"Accept": "application/vnd.adobe.xed+json; version=1"}
LIST = {"Accept": "application/vnd.adobe.xed+json"}
DESCRIPTORS = {"Accept": "application/vnd.adobe.xdm-v2+json"}
JSON_PATCH = {"content-type": "application/json-patch+json"}


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rpartition("/")[2]


async def test_sandboxes_are_listed_by_state_and_page(caller: Any) -> None:
    await caller.post(f"{SB}/sandboxes", {"name": "third", "title": "Third", "type": "development"})
    active = (await caller.get(f"{SB}/")).json()["sandboxes"]
    assert [item["name"] for item in active] == ["prod", "dev"]
    every = (await caller.get(f"{SB}/sandboxes?orderBy=desc:name&limit=2")).json()
    assert [item["name"] for item in every["sandboxes"]] == ["third", "prod"]
    assert every["_links"]["next"]["templated"] is True
    assert "{offset}" in every["_links"]["next"]["href"]
    last = (await caller.get(f"{SB}/sandboxes?orderBy=desc:name&limit=2&offset=2")).json()
    assert ([item["name"] for item in last["sandboxes"]], "next" in last["_links"]) == (["dev"], False)
    filtered = (await caller.get(f"{SB}/sandboxes?property=type==production")).json()["sandboxes"]
    assert [item["isDefault"] for item in filtered] == [True]
    types = (await caller.get(f"{SB}/sandboxTypes")).json()["sandboxTypes"]
    assert [item["id"] for item in types] == ["production", "development"]
    assert _code(await caller.get(f"{SB}/sandboxes?limit=0")) == (400, "SMS-3001-400")
    assert _code(await caller.get(f"{SB}/sandboxes/none")) == (404, "SMS-2001-404")
    without = await caller.http.get(f"{SB}/", headers={"x-sandbox-name": ""})
    assert without.status_code == 200


async def test_a_new_sandbox_is_empty_and_soon_active(caller: Any) -> None:
    made = await caller.post(f"{SB}/sandboxes", {"name": "rehearsal", "title": "Rehearsal", "type": "development"})
    assert (made.status_code, made.json()["state"]) == (202, "creating")
    inside = {"x-sandbox-name": "rehearsal"}
    early = await caller.get(f"{caller.CAT}/dataSets", headers=inside)
    assert early.status_code == 404
    caller.clock.advance(3)
    assert (await caller.get(f"{SB}/sandboxes/rehearsal")).json()["state"] == "active"
    assert (await caller.get(f"{caller.CAT}/dataSets", headers=inside)).json() == {}
    assert (await caller.get(f"{caller.FS}/connections", headers=inside)).json()["items"] == []
    caller.http.headers.update(inside)
    dataset = await caller.dataset(await caller.schema())
    assert dataset in (await caller.get(f"{caller.CAT}/dataSets")).json()
    renamed = await caller.patch(f"{SB}/sandboxes/rehearsal", {"title": "Once more"})
    assert (renamed.json()["title"], renamed.json()["eTag"]) == ("Once more", 2)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "Big", "title": "t", "type": "development"}, "SMS-3002-400"),
        ({"name": "a b", "title": "t", "type": "development"}, "SMS-3002-400"),
        ({"name": "../up", "title": "t", "type": "development"}, "SMS-3002-400"),
        ({"name": "x", "title": "", "type": "development"}, "SMS-3002-400"),
        ({"name": "x", "title": "t", "type": "staging"}, "SMS-3002-400"),
        ({"name": "x", "title": "t", "type": [{}]}, "SMS-3002-400"),
        ({"name": "dev", "title": "t", "type": "development"}, "SMS-3003-409"),
    ],
)
async def test_a_sandbox_that_cannot_be_is_refused(caller: Any, body: dict[str, Any], code: str) -> None:
    answer = await caller.post(f"{SB}/sandboxes", body)
    assert _code(answer) == (int(code[-3:]), code)


async def test_a_reset_empties_and_a_deletion_closes_a_sandbox(caller: Any, tmp_path: Path, storage: Path) -> None:
    default = caller.http
    assert _code(await default.delete(f"{SB}/sandboxes/prod")) == (403, "SMS-3005-403")
    assert _code(await default.put(f"{SB}/sandboxes/prod", json={"action": "reset"})) == (403, "SMS-3005-403")
    kept = await caller.dataset(await caller.schema())
    caller.http.headers.update(DEV)
    for verb in ("PUT", "DELETE"):
        schema = await caller.schema()
        await caller.dataset(schema)
        body = {"action": "reset"} if verb == "PUT" else None
        answer = await default.request(verb, f"{SB}/sandboxes/dev", json=body)
        assert (answer.status_code, answer.json()["state"]) == (202, "resetting" if verb == "PUT" else "deleted")
        if verb == "PUT":
            assert (await caller.get(f"{caller.CAT}/dataSets")).json() == {}
            assert (await caller.get(f"{caller.SR}/tenant/schemas", headers=LIST)).json()["results"] == []
    assert _code(await caller.get(f"{caller.FS}/flows")) == (404, "FLOW-2100-404")
    assert _code(await default.put(f"{SB}/sandboxes/dev", json={"action": "reset"})) == (400, "SMS-3004-400")
    assert (await caller.get(f"{SB}/sandboxes/dev")).json()["state"] == "deleted"
    caller.http.headers.update({"x-sandbox-name": "prod"})
    assert kept in (await caller.get(f"{caller.CAT}/dataSets")).json()
    await caller.platform.close()
    again = LocalPlatform.open(tmp_path / "local", storage, clock=ManualClock(), ids=SeededIds(9))
    try:
        assert again._service.world.store.list("connections", "dev") == []
    finally:
        await again.close()


async def test_a_sandbox_with_a_run_in_progress_is_not_emptied(live: Any) -> None:
    live.http.headers.update(DEV)
    flow = await live.made(f"{live.FS}/flows", await live.flow_body())
    store = live.platform._service.world.store
    (run,) = await live.ended(flow)
    kept = store.get("runs", "dev", run["id"])
    kept["metrics"]["statusSummary"]["status"] = "inProgress"
    store.put("runs", "dev", run["id"], kept)
    assert _code(await live.http.delete(f"{SB}/sandboxes/dev")) == (409, "SMS-3006-409")


async def _everything(caller: Any) -> dict[str, str]:
    """Something of every kind in the caller's sandbox: kind -> its address."""
    flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body())
    (run,) = await caller.ended(flow)
    entity = await caller.one(f"{caller.FS}/flows/{flow}")
    target = await caller.one(f"{caller.FS}/targetConnections/{entity['targetConnectionIds'][0]}")
    dataset, schema = target["params"]["dataSetId"], target["data"]["schema"]["id"]
    source = entity["sourceConnectionIds"][0]
    base = await caller.made(
        f"{caller.FS}/connections",
        {
            "name": "own",
            "auth": {
                "specName": "Basic Authentication for sftp",
                "params": {"host": "h", "userName": "u", "password": "p"},
            },
            "connectionSpec": {"id": caller.SFTP, "version": "1.0"},
        },
    )
    batch = run["activities"][1]["targetInfo"][0]["reference"]["ids"][0]
    (file,) = (await caller.get(f"{caller.DA}/batches/{batch}/files")).json()["data"]
    made: dict[str, str] = {}
    record = {"type": "object", "title": "Own", "description": ""}
    parts = [{"$ref": "https://ns.adobe.com/xdm/data/record"}]
    own = {"properties": {"_acme": {"type": "object", "properties": {"a": {"type": "string"}}}}}
    group = {"meta:intendedToExtend": [caller.PROFILE], "definitions": {"own": own}}
    bodies = {
        "classes": {**record, "allOf": parts},
        "datatypes": {**record, "properties": {"a": {"type": "string"}}},
        "fieldgroups": {**record, **group, "allOf": [{"$ref": "#/definitions/own"}]},
    }
    for kind, body in bodies.items():
        answer = await caller.post(f"{caller.SR}/tenant/{kind}", body)
        assert answer.status_code == 201, answer.text
        made[kind] = f"{caller.SR}/tenant/{kind}/{answer.json()['meta:altId']}"
    descriptor = await caller.post(
        f"{caller.SR}/tenant/descriptors",
        {
            "@type": "xdm:descriptorIdentity",
            "xdm:sourceSchema": schema,
            "xdm:sourceVersion": 1,
            "xdm:sourceProperty": "/person/name/firstName",
            "xdm:namespace": "Email",
            "xdm:isPrimary": True,
        },
    )
    schema_path = f"{caller.SR}/tenant/schemas/{quote(schema, safe='')}"
    tagged = await caller.patch(schema_path, [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}])
    assert tagged.status_code == 200, tagged.text
    return {
        **made,
        "schemas": schema_path,
        "unions": f"{caller.SR}/tenant/unions/_xdm.context.profile__union",
        "descriptors": f"{caller.SR}/tenant/descriptors/{descriptor.json()['@id']}",
        "sample data": f"{caller.SR}/rpc/sampledata/{quote(schema, safe='')}",
        "audit log": f"{caller.SR}/rpc/auditlog/{quote(schema, safe='')}",
        "export": f"{caller.SR}/rpc/export/{quote(schema, safe='')}",
        "connections": f"{caller.FS}/connections/{base}",
        "connection test": f"{caller.FS}/connections/{base}/test",
        "explore": f"{caller.FS}/connections/{base}/explore?objectType=root",
        "sourceConnections": f"{caller.FS}/sourceConnections/{source}",
        "targetConnections": f"{caller.FS}/targetConnections/{target['id']}",
        "flows": f"{caller.FS}/flows/{flow}",
        "runs": f"{caller.FS}/runs/{run['id']}",
        "mappingSets": f"{caller.DP}/mappingSets/{entity['transformations'][0]['params']['mappingId']}",
        "dataSets": f"{caller.CAT}/dataSets/{dataset}",
        "batches": f"{caller.CAT}/batches/{batch}",
        "batch files": f"{caller.DA}/batches/{batch}/files",
        "batch meta": f"{caller.DA}/batches/{batch}/meta",
        "failed": f"{caller.DA}/batches/{batch}/failed",
        "dataset file": f"{caller.DA}/files/{file['dataSetFileId']}",
        "preview": f"{caller.DA}/datasets/{dataset}/preview",
    }


def _accept(path: str) -> dict[str, str]:
    return ONE if "schemaregistry/tenant" in path and "descriptors" not in path else {}


async def test_what_is_in_one_sandbox_is_nowhere_in_another(live: Any) -> None:
    made = await _everything(live)
    for kind, path in made.items():
        here, there = [await live.get(path, headers={**_accept(path), **more}) for more in ({}, DEV)]
        if kind != "failed":  # its batch succeeded
            assert here.status_code == 200, (kind, here.text)
        assert there.status_code == 404, (kind, there.text)
        assert "type" in there.json(), kind
    lists = {
        "classes": (f"{live.SR}/tenant/classes", LIST),
        "datatypes": (f"{live.SR}/tenant/datatypes", LIST),
        "schemas": (f"{live.SR}/tenant/schemas", LIST),
        "unions": (f"{live.SR}/tenant/unions", LIST),
        "descriptors": (f"{live.SR}/tenant/descriptors", DESCRIPTORS),
        "sourceConnections": (f"{live.FS}/sourceConnections", {}),
        "targetConnections": (f"{live.FS}/targetConnections", {}),
        "flows": (f"{live.FS}/flows", {}),
        "runs": (f"{live.FS}/runs", {}),
        "mappingSets": (f"{live.DP}/mappingSets?limit=10&start=0", {}),
        "dataSets": (f"{live.CAT}/dataSets", {}),
        "batches": (f"{live.CAT}/batches", {}),
        "lastBatches": (f"{live.CAT}/lastBatches", {}),
    }
    for kind, (path, accept) in lists.items():
        counts = []
        for more in ({}, DEV):
            body = (await live.get(path, headers={**accept, **more})).json()
            found = body.get("results", body.get("items", body.get("data", body)))
            counts.append(len(found))
        assert (counts[0] > 0, counts[1]) == (True, 0), kind
    for kind, path in made.items():
        if kind in ("sample data", "audit log", "export", "explore", "unions") or "foundation/export" in path:
            continue
        gone = await live.http.delete(path, headers=DEV)
        assert gone.status_code in (404, 405, 501), (kind, gone.text)
        still = await live.get(path, headers=_accept(path))
        assert still.status_code == 200, kind


async def test_writes_cannot_reach_into_another_sandbox(live: Any) -> None:
    made = await _everything(live)
    body = await live.flow_body()
    source, target = body["sourceConnectionIds"][0], body["targetConnectionIds"][0]
    mapping = body["transformations"][0]["params"]["mappingId"]
    dataset = made["dataSets"].rpartition("/")[2]
    schema = await live.schema()
    reference = {"id": schema, "contentType": "application/vnd.adobe.xed+json;version=1"}
    lake = {"id": live.LAKE, "version": "1.0"}
    tag = [{"op": "add", "path": "/tags/a", "value": ["b"]}]
    attempts = [
        ("POST", f"{live.FS}/flows", body, {}),
        ("POST", f"{live.FS}/runs", {"flowId": made["flows"].rpartition("/")[2]}, {}),
        ("POST", f"{live.CAT}/dataSets", {"name": "x", "schemaRef": reference}, {}),
        ("POST", f"{live.DP}/mappingSets", {"outputSchema": {"schemaRef": reference}, "mappings": []}, {}),
        (
            "POST",
            f"{live.FS}/targetConnections",
            {"name": "x", "params": {"dataSetId": dataset}, "connectionSpec": lake},
            {},
        ),
        ("PATCH", made["dataSets"], tag, JSON_PATCH),
        ("PATCH", made["schemas"], [{"op": "replace", "path": "/title", "value": "x"}], {}),
        ("PATCH", made["flows"], [{"op": "replace", "path": "/name", "value": "x"}], {"if-match": '"x"'}),
        ("POST", f"{made['flows']}/action?op=disable", None, {}),
    ]
    for verb, path, content, headers in attempts:
        answer = await live.http.request(verb, path, json=content, headers={**DEV, **headers})
        assert answer.status_code in (400, 404), (verb, path, answer.status_code, answer.text)
    for id, kind in ((source, "sourceConnections"), (target, "targetConnections")):
        assert (await live.get(f"{live.FS}/{kind}/{id}", headers=DEV)).status_code == 404
    assert (await live.get(f"{live.DP}/mappingSets/{mapping}", headers=DEV)).status_code == 404


@pytest.mark.parametrize("name", [None, "nowhere"])
@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        ("flowservice/flows", "FLOW"),
        ("schemaregistry/stats", "XDM"),
        ("catalog/dataSets", "CATALOG"),
        ("conversion/mappingSets?limit=1&start=0", "MAPPER"),
        ("export/batches/x/files", "DATA-ACCESS"),
    ],
)
async def test_a_missing_or_unknown_sandbox_is_told_by_the_service(
    caller: Any, path: str, prefix: str, name: str | None
) -> None:
    if name is None:
        del caller.http.headers["x-sandbox-name"]
    else:
        caller.http.headers["x-sandbox-name"] = name
    answer = await caller.get(f"/data/foundation/{path}")
    status, code = (400, 2105) if name is None else (404, 2100)
    assert _code(answer) == (status, f"{prefix}-{code}-{status}")
    body = answer.json()
    assert ("errorMessage" in body) == (prefix == "FLOW")
    assert ("registryRequestId" in body["report"]) == (prefix == "XDM")
