"""A good request to every operation of the published files that the local platform serves, on a live platform.

One function for each service, called in this order. An operation that gets a handler gets a request here; how its
answer fits the file is judged by the caller's `conformance`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import quote

from tests.emulator.conftest import BATCH_FLOW, CAT, DA, DP, FS, LAKE, PERSON, PROFILE, SFTP, SR, Caller

SB: Final = "/data/foundation/sandbox-management"
ZONE: Final = "26f526f2-58f4-4712-961d-e41bf1ccc0e8"
XED: Final = {"Accept": "application/vnd.adobe.xed+json"}
ONE: Final = {"Accept": "application/vnd.adobe.xed+json; version=1"}
FULL: Final = {"Accept": "application/vnd.adobe.xed-full+json; version=1"}
CONTENT: Final = "application/vnd.adobe.xed-full+json;version=1"
Facts = dict[str, Any]


async def _ok(call: Awaitable[Any]) -> Any:
    answer = await call
    assert answer.is_success, f"{answer.request.method} {answer.request.url} {answer.status_code} {answer.text}"
    return answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else answer


async def _edited(caller: Caller, path: str, change: list[Any]) -> None:
    etag = (await caller.one(path))["etag"]
    await _ok(caller.patch(path, change, headers={"If-Match": etag}))


async def flow_service(caller: Caller, facts: Facts) -> None:
    """Every resource: made, listed, read, searched, changed, published, removed; and a run to its end."""
    body = await caller.flow_body()
    flow = await caller.made(f"{FS}/flows", body)
    (run,) = await caller.ended(flow)
    target = await caller.one(f"{FS}/targetConnections/{body['targetConnectionIds'][0]}")
    facts.update(
        schema=target["data"]["schema"]["id"],
        dataset=target["params"]["dataSetId"],
        batch=run["activities"][1]["targetInfo"][0]["reference"]["ids"][0],
    )
    kinds = {
        "connections": {"name": "box", "auth": _AUTH, "connectionSpec": {"id": SFTP, "version": "1.0"}},
        "sourceConnections": {
            "name": "files",
            "baseConnectionId": (await caller.base())["id"],
            "data": {"format": "delimited"},
            "params": {"path": "/people"},
            "connectionSpec": {"id": SFTP, "version": "1.0"},
        },
        "targetConnections": {
            "name": "lake",
            "data": target["data"],
            "params": target["params"],
            "connectionSpec": {"id": LAKE, "version": "1.0"},
        },
    }
    ahead = {**body, "scheduleParams": {"startTime": caller.now_s() + 600, "frequency": "once"}}
    for kind, one in {**kinds, "flows": ahead}.items():
        made = await caller.made(f"{FS}/{kind}?mode=draft", one)
        path = f"{FS}/{kind}/{made}"
        await _edited(caller, path, [{"op": "replace", "path": "/description", "value": "changed"}])
        await _ok(caller.post(f"{path}/action?op=PUBLISH&subOp=APPLY"))
        await _ok(caller.get(f"{FS}/{kind}?limit=1"))
        await _ok(caller.get(f"{FS}/{kind}?count=true"))
        await _ok(caller.get(path))
        await _ok(caller.http.delete(path))
    base = (await caller.base())["id"]
    for path in (f"{FS}/connections/{base}", f"{FS}/connectionSpecs/{ZONE}"):
        await _ok(caller.get(f"{path}/configs"))
        await _ok(caller.get(f"{path}/explore?objectType=root"))
        await _ok(caller.get(f"{path}/explore?objectType=folder&object=/people"))
        file = "objectType=file&object=/people/a.csv"
        await _ok(caller.get(f"{path}/explore?{file}&fileType=delimited&preview=true"))
        await _ok(caller.get(f"{path}/explore?{file}&determineProperties=true"))
    await _ok(caller.get(f"{FS}/connections/{base}/test"))
    for kind, id in (("connectionSpecs", SFTP), ("flowSpecs", BATCH_FLOW)):
        await _ok(caller.get(f"{FS}/{kind}"))
        await _ok(caller.get(f"{FS}/{kind}/{id}"))
    for kind in ("connections", "flows", "flowSpecs"):
        await _ok(caller.post(f"{FS}/{kind}/search", {"queryString": "name!=none", "limit": 1, "orderby": "-name"}))
        await _ok(caller.post(f"{FS}/{kind}/search", {"count": True}))
    now = caller.now_s()
    times = {"startTime": now, "windowStartTime": now, "windowEndTime": now}
    await _ok(caller.post(f"{FS}/runs", {"flowId": flow, "params": times}))
    empty = (await caller.ended(flow, 2))[1]
    await _ok(caller.post(f"{FS}/runs/{empty['id']}/action?op=RE_TRIGGER"))
    await caller.ended(flow, 3)
    await _ok(caller.get(f"{FS}/runs?property=flowId=={flow}&orderby=-createdAt"))
    await _ok(caller.get(f"{FS}/runs/{run['id']}"))


_AUTH: Final = {
    "specName": "Basic Authentication for sftp",
    "params": {"host": "files.test", "userName": "u", "password": "p"},
}


async def data_prep(caller: Caller, facts: Facts) -> None:
    """A mapping set: made, read in all forms, replaced, validated, previewed; and the language."""
    mappings = [
        {"sourceType": "ATTRIBUTE", "source": "first", "destination": "person.name.firstName"},
        {"sourceType": "EXPRESSION", "source": "lower(last)", "destination": "person.name.lastName"},
    ]
    body = {
        "name": "tour",
        "outputSchema": {"schemaRef": {"id": facts["schema"], "contentType": CONTENT}},
        "mappings": mappings,
    }
    made = await caller.made(f"{DP}/mappingSets", body)
    path = f"{DP}/mappingSets/{made}"
    await _ok(caller.http.put(path, json=body))
    read = await _ok(caller.get(path))
    for query in ("expandSchema=true", "version=0"):
        await _ok(caller.get(f"{path}?{query}"))
    await _ok(caller.get(f"{DP}/mappingSets?limit=1&start=0&orderBy=-createdDate&expandSchema=true"))
    await _ok(caller.get(f"{path}/mappings"))
    await _ok(caller.get(f"{path}/mappings/{read['mappings'][0]['id']}"))
    wrong = {**body, "mappings": [*mappings, {**mappings[0], "destination": "person.none"}]}
    await _ok(caller.post(f"{DP}/mappingSets/validate", wrong))
    await _ok(caller.post(f"{DP}/mappingSets/preview", {"data": [{"first": "A", "last": "B"}], "mappingSet": body}))
    await _ok(caller.post(f"{DP}/languages/el/validate", {"expression": "lower(a)"}))
    await _ok(caller.get(f"{DP}/languages/el/functions"))
    await _ok(caller.get(f"{DP}/languages/el/operators"))


async def catalog(caller: Caller, facts: Facts) -> None:
    """Datasets and batches."""
    path = f"{CAT}/dataSets/{facts['dataset']}"
    await _ok(caller.get(f"{CAT}/dataSets?limit=5"))
    await _ok(caller.get(path))
    await _ok(caller.patch(path, {"description": "changed"}))
    await _ok(caller.patch(f"{CAT}/v2/dataSets/{facts['dataset']}", {"tags": {"a": ["b"]}}))
    spare = await caller.dataset(facts["schema"], "spare")
    reference = {"id": facts["schema"], "contentType": "application/vnd.adobe.xed+json;version=1"}
    await _ok(caller.http.put(f"{CAT}/dataSets/{spare}", json={"name": "other", "schemaRef": reference}))
    await _ok(caller.http.delete(f"{CAT}/dataSets/{spare}"))
    await _ok(caller.get(f"{CAT}/batches?dataSet={facts['dataset']}"))
    await _ok(caller.get(f"{CAT}/batches/{facts['batch']}"))
    await _ok(caller.get(f"{CAT}/batches/uniques/status"))
    await _ok(caller.get(f"{CAT}/lastBatches?dataSetId={facts['dataset']}"))


async def data_access(caller: Caller, facts: Facts) -> None:
    """The files of a batch, its rejected rows, and a dataset's rows."""
    path = f"{DA}/batches/{facts['batch']}"
    (file,) = (await _ok(caller.get(f"{path}/files")))["data"]
    await _ok(caller.get(f"{path}/meta"))
    for part in ("input_files", "row_errors"):
        (entry,) = (await _ok(caller.get(f"{path}/meta?path={part}")))["data"]
        await _ok(caller.get(f"{path}/meta?path={part}/{entry['name']}"))
    inside = f"{DA}/files/{file['dataSetFileId']}"
    (part,) = (await _ok(caller.get(inside)))["data"]
    await _ok(caller.http.head(inside))
    await _ok(caller.get(f"{inside}?path={part['name']}", headers={"Range": "bytes=0-3"}))
    await _ok(caller.get(f"{DA}/datasets/{facts['dataset']}/preview"))
    broken = await caller.made(f"{FS}/flows", await caller.flow_body(options={"errorDiagnosticsEnabled": True}))
    (run,) = await caller.ended(broken)
    failed = run["activities"][1]["targetInfo"][0]["reference"]["ids"][0]
    await _ok(caller.get(f"{DA}/batches/{failed}/failed"))


async def schema_registry(caller: Caller, facts: Facts) -> None:
    """Each kind of resource in both containers, descriptors, unions, and the calls below /rpc."""
    await _ok(caller.get(f"{SR}/stats"))
    own = {"_acme": {"type": "object", "properties": {"tier": {"type": "string"}}}}
    group = {
        "type": "object",
        "title": "Tiers",
        "description": "",
        "meta:intendedToExtend": [PROFILE],
        "definitions": {"own": {"properties": own}},
        "allOf": [{"$ref": "#/definitions/own"}],
    }
    record = {
        "type": "object",
        "title": "Place",
        "description": "",
        "allOf": [{"$ref": "https://ns.adobe.com/xdm/data/record"}],
    }
    data_type = {"type": "object", "title": "Tier", "description": "", "properties": own}
    schema = {"type": "object", "title": "Tour", "description": "", "allOf": [{"$ref": PROFILE}, {"$ref": PERSON}]}
    bodies: dict[str, dict[str, Any]] = {
        "fieldgroups": group,
        "mixins": group,
        "classes": record,
        "datatypes": data_type,
        "schemas": schema,
    }
    for kind, body in bodies.items():
        made = await _ok(caller.post(f"{SR}/tenant/{kind}", {**body, "title": f"{body['title']} {kind}"}))
        path = f"{SR}/tenant/{kind}/{quote(made['$id'], safe='')}"
        await _ok(caller.http.put(path, json=body))
        await _ok(caller.patch(path, [{"op": "replace", "path": "/description", "value": "changed"}]))
        await _ok(caller.get(path, headers=ONE))
        await _ok(caller.get(path, headers=FULL))
        await _ok(caller.get(f"{SR}/tenant/{kind}?orderby=title&limit=1", headers=XED))
        if kind != "schemas":
            await _ok(caller.get(f"{SR}/global/{kind}?limit=2", headers=XED))
        await _ok(caller.http.delete(path))
    await _ok(caller.get(f"{SR}/global/fieldgroups?orderby=title&limit=2", headers=XED))
    await _ok(caller.get(f"{SR}/global/behaviors", headers=XED))
    await _ok(
        caller.get(f"{SR}/global/behaviors/{quote('https://ns.adobe.com/xdm/data/record', safe='')}", headers=ONE)
    )
    descriptor = {
        "@type": "xdm:descriptorIdentity",
        "xdm:sourceSchema": facts["schema"],
        "xdm:sourceVersion": 1,
        "xdm:sourceProperty": "/person/name/firstName",
        "xdm:namespace": "Email",
        "xdm:property": "xdm:code",
        "xdm:isPrimary": True,
    }
    made = await _ok(caller.post(f"{SR}/tenant/descriptors", descriptor))
    path = f"{SR}/tenant/descriptors/{made['@id']}"
    plain = {"Accept": "application/vnd.adobe.xdm+json"}
    await _ok(caller.http.put(path, json=descriptor))
    await _ok(caller.get(path, headers=plain))
    for form in ("xdm", "xdm-id", "xdm-link", "xdm-v2", "xdm-v2-id", "xdm-v2-link"):
        await _ok(caller.get(f"{SR}/tenant/descriptors", headers={"Accept": f"application/vnd.adobe.{form}+json"}))
    union = [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}]
    await _ok(caller.patch(f"{SR}/tenant/schemas/{quote(facts['schema'], safe='')}", union))
    await _ok(caller.get(f"{SR}/tenant/unions", headers=XED))
    await _ok(caller.get(f"{SR}/tenant/unions/{quote(f'{PROFILE}__union', safe='')}", headers=FULL))
    other = {**descriptor, "xdm:sourceProperty": "/person/name/lastName", "xdm:isPrimary": False}
    made = await _ok(caller.post(f"{SR}/tenant/descriptors", other))
    await _ok(caller.http.delete(f"{SR}/tenant/descriptors/{made['@id']}"))
    id = quote(facts["schema"], safe="")
    exported = await _ok(caller.get(f"{SR}/rpc/export/{id}", headers=XED))
    await _ok(caller.post(f"{SR}/rpc/import", exported, headers={"x-sandbox-name": "dev"}))
    await _ok(caller.get(f"{SR}/rpc/sampledata/{id}", headers=XED))
    await _ok(caller.get(f"{SR}/rpc/auditlog/{id}", headers=XED))


async def sandboxes(caller: Caller, facts: Facts) -> None:
    """A sandbox: made, renamed, reset and deleted; and those there are."""
    await _ok(caller.get(f"{SB}/"))
    await _ok(caller.get(f"{SB}/sandboxTypes"))
    await _ok(caller.get(f"{SB}/sandboxes?limit=1&offset=1"))
    path = f"{SB}/sandboxes/tour"
    await _ok(caller.post(f"{SB}/sandboxes", {"name": "tour", "title": "Tour", "type": "development"}))

    async def active() -> bool | None:
        return True if (await _ok(caller.get(path)))["state"] == "active" else None

    await caller.until(active)
    await _ok(caller.patch(path, {"title": "Changed"}))
    await _ok(caller.http.put(path, json={"action": "reset"}))
    await _ok(caller.http.delete(path))


STOPS: Final[tuple[Callable[[Caller, Facts], Awaitable[None]], ...]] = (
    flow_service,
    data_prep,
    catalog,
    data_access,
    schema_registry,
    sandboxes,
)
