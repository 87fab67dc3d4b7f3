"""Bodies with one value of the wrong kind: refused or accepted, but never a crash."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

WRONG: tuple[Any, ...] = (None, 1, "x", [], {}, [1], {"x": 1}, True)


def _places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in items:
        yield (*path, key)
        yield from _places(child, (*path, key))


def _spoiled(body: Any) -> Iterator[Any]:
    for path in _places(body):
        for value in WRONG:
            changed = copy.deepcopy(body)
            node = changed
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = value
            yield changed


async def test_no_single_wrong_value_in_a_create_breaks_the_platform(caller: Any) -> None:
    flow = await caller.flow_body()
    schema = await caller.schema()
    base = await caller.base()
    content = "application/vnd.adobe.xed-full+json;version=1"
    reference = {"id": schema, "contentType": content}
    own = {"properties": {"_acme": {"type": "object", "properties": {"a": {"type": "string"}}}}}
    mapping = {"sourceType": "EXPRESSION", "source": "lower(a)", "destination": "person.name.firstName"}
    mapping_set = {"name": "m", "outputSchema": {"schemaRef": reference}, "mappings": [mapping]}
    params = {"s3AccessKey": "a", "s3SecretKey": "b"}
    spec = {"id": "ecadc60c-7455-4d87-84dc-2a0e293d997b", "version": "1.0"}
    bodies: list[tuple[str, Any]] = [
        (
            f"{caller.FS}/connections",
            {"name": "c", "auth": {"specName": "Access Key", "params": params}, "connectionSpec": spec},
        ),
        (
            f"{caller.FS}/sourceConnections",
            {
                "name": "s",
                "baseConnectionId": base["id"],
                "data": {"format": "delimited", "properties": {"columnDelimiter": ",", "encoding": "UTF-8"}},
                "params": {"path": "/people", "type": "folder", "recursive": True},
                "connectionSpec": base["connectionSpec"],
            },
        ),
        (
            f"{caller.FS}/targetConnections",
            {
                "name": "t",
                "data": {"schema": {"id": schema, "version": content}},
                "params": {"dataSetId": await caller.dataset(schema)},
                "connectionSpec": {"id": caller.LAKE},
            },
        ),
        (f"{caller.FS}/flows", flow),
        (f"{caller.SR}/tenant/schemas", {"type": "object", "title": "t", "allOf": [{"$ref": caller.PROFILE}]}),
        (
            f"{caller.SR}/tenant/fieldgroups",
            {
                "type": "object",
                "title": "g",
                "meta:intendedToExtend": [caller.PROFILE],
                "definitions": {"g": own},
                "allOf": [{"$ref": "#/definitions/g"}],
            },
        ),
        (f"{caller.CAT}/dataSets", {"name": "d", "schemaRef": reference, "tags": {"a": ["b"]}}),
        (f"{caller.DP}/mappingSets", mapping_set),
        (f"{caller.DP}/mappingSets/preview", {"data": [{"a": "x"}], "mappingSet": mapping_set}),
        (f"{caller.DP}/mappingSets/validate", mapping_set),
        (f"{caller.DP}/mappingSets/{flow['transformations'][0]['params']['mappingId']}/mappings", mapping),
        (
            f"{caller.DP}/languages/el/validate",
            {"expression": "a", "sampleData": '{"a": 1}', "sampleDataType": "json", "mappingSetId": None},
        ),
        *(
            (
                f"{caller.FS}/{kind}/search",
                {"queryString": "name==x", "limit": 1, "orderby": "name", "projectionFields": "id"},
            )
            for kind in ("connections", "flows", "flowSpecs")
        ),
    ]
    for url, body in bodies:
        assert (await caller.post(url, body)).is_success, url
        for spoiled in _spoiled(body):
            answer = await caller.post(url, spoiled)
            assert answer.status_code < 500, (url, spoiled, answer.text)


async def test_no_wrong_patch_breaks_the_platform(caller: Any) -> None:
    made = (await caller.post(f"{caller.FS}/flows", await caller.flow_body())).json()
    dataset = await caller.dataset(await caller.schema())
    for path in (
        "/name",
        "/transformations/0",
        "/transformations/9",
        "/scheduleParams",
        "/options/x/y",
        "/",
        "name",
        3,
    ):
        for value in WRONG:
            change = [{"op": "replace", "path": path, "value": value}]
            url = f"{caller.FS}/flows/{made['id']}"
            answer = await caller.patch(url, change, headers={"If-Match": made["etag"]})
            assert answer.status_code < 500, (path, value, answer.text)
            if answer.is_success:
                made = answer.json()
            kind = {"content-type": "application/json-patch+json"}
            answer = await caller.patch(f"{caller.CAT}/dataSets/{dataset}", change, headers=kind)
            assert answer.status_code < 500
