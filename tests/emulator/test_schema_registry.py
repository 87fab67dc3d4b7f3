"""The registry's forms and its writes; its XDM stands in test_xdm."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

XED = "application/vnd.adobe.xed"
ORDERS = "https://ns.adobe.com/acme/mixins/order-details"
EVENT = "https://ns.adobe.com/xdm/context/experienceevent"


@pytest.mark.parametrize(
    ("path", "accept", "status", "code"),
    [
        ("global/classes", None, 406, "XDM-1008-406"),
        ("global/classes", "application/json", 406, "XDM-1008-406"),
        ("global/classes", f"{XED}-id+json", 200, ""),
        ("global/classes", f"{XED}-id+json; version=1", 400, "XDM-1006-400"),
        ("global/classes", f"{XED}-full+json", 406, "XDM-1008-406"),
        ("global/classes/_xdm.context.profile", f"{XED}+json", 400, "XDM-1007-400"),
        ("global/classes/_xdm.context.profile", f"{XED}-full+json;version=1", 200, ""),
        ("global/classes/_xdm.context.profile", f"{XED}-full+json; version=2", 404, "XDM-1012-404"),
        ("global/classes/_xdm.context.nobody", f"{XED}+json; version=1", 404, "XDM-1012-404"),
    ],
)
async def test_the_accept_header_decides(caller: Any, path: str, accept: str | None, status: int, code: str) -> None:
    answer = await caller.get(f"{caller.SR}/{path}", headers={"Accept": accept or "*/*"})
    assert answer.status_code == status
    if code:
        assert answer.json()["type"].endswith(code)
        assert answer.json()["report"]["registryRequestId"]


async def test_the_short_list_has_four_keys_and_the_encoded_id_finds_the_resource(caller: Any) -> None:
    listed = await caller.get(f"{caller.SR}/global/fieldgroups", headers={"Accept": f"{XED}-id+json"})
    assert all(set(item) == {"$id", "meta:altId", "title", "version"} for item in listed.json()["results"])
    path = f"{caller.SR}/tenant/fieldgroups/{quote(ORDERS, safe='')}"
    kept = (await caller.get(path, headers={"Accept": f"{XED}+json; version=1"})).json()
    assert kept["allOf"] == [{"$ref": "#/definitions/order-details"}]
    resolved = (await caller.get(path, headers=caller.FULL)).json()
    order = resolved["properties"]["_acme"]["properties"]["order"]["properties"]
    assert order["placedAt"]["format"] == "date-time"
    assert order["items"]["items"]["properties"]["quantity"]["meta:xdmType"] == "integer"
    bare = (await caller.get(path, headers={"Accept": f"{XED}-full-notext+json; version=1"})).json()
    assert "title" not in bare["properties"]["_acme"]["properties"]["order"]


async def test_a_schema_merges_its_class_and_field_groups(caller: Any) -> None:
    id = await caller.schema(ORDERS, base=EVENT, title="Orders")
    schema = (await caller.get(f"{caller.SR}/tenant/schemas/{quote(id, safe='')}", headers=caller.FULL)).json()
    assert {"_acme", "_id", "timestamp", "eventType", "identityMap"} <= set(schema["properties"])
    assert schema["required"] == ["_id", "timestamp"]
    assert schema["meta:class"] == EVENT
    assert schema["meta:altId"] == "_" + id.removeprefix("https://ns.adobe.com/").replace("/", ".")
    again = await caller.schema(ORDERS, base=EVENT, title="Orders")
    assert again != id
    found = await caller.get(f"{caller.SR}/tenant/schemas?property=title==Orders", headers={"Accept": f"{XED}-id+json"})
    assert [item["$id"] for item in found.json()["results"]] == [id, again]


@pytest.mark.parametrize(
    "refs",
    [
        [],
        ["https://ns.adobe.com/xdm/context/profile-person-details"],
        [EVENT, "https://ns.adobe.com/xdm/context/profile"],
        [EVENT, "https://ns.adobe.com/xdm/context/nothing"],
        [EVENT, "https://ns.adobe.com/xdm/context/profile-work-details"],
    ],
)
async def test_a_schema_without_one_class_and_fitting_groups_is_refused(caller: Any, refs: list[str]) -> None:
    body = {"type": "object", "title": "t", "description": "", "allOf": [{"$ref": ref} for ref in refs]}
    assert (await caller.post(f"{caller.SR}/tenant/schemas", body)).status_code == 400


async def test_own_fields_stand_below_the_tenant(caller: Any) -> None:
    def group(top: str) -> dict[str, Any]:
        own = {"properties": {top: {"type": "object", "properties": {"a": {"type": "string"}}}}}
        return {
            "type": "object",
            "title": "g",
            "description": "",
            "meta:intendedToExtend": [EVENT],
            "definitions": {"g": own},
            "allOf": [{"$ref": "#/definitions/g"}],
        }

    assert (await caller.post(f"{caller.SR}/tenant/fieldgroups", group("crm"))).status_code == 400
    made = (await caller.post(f"{caller.SR}/tenant/fieldgroups", group("_acme"))).json()
    await caller.schema(made["$id"], base=EVENT)
    used = await caller.http.delete(f"{caller.SR}/tenant/fieldgroups/{made['meta:altId']}")
    assert used.status_code == 400


async def test_a_primary_identity_opens_the_way_into_profile(caller: Any) -> None:
    id = await caller.schema("https://ns.adobe.com/xdm/context/profile-personal-details")
    path = f"{caller.SR}/tenant/schemas/{quote(id, safe='')}"
    tag = [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}]
    assert (await caller.patch(path, tag)).status_code == 400
    descriptor = {
        "@type": "xdm:descriptorIdentity",
        "xdm:sourceSchema": id,
        "xdm:sourceVersion": 1,
        "xdm:sourceProperty": "/personalEmail/address",
        "xdm:namespace": "Email",
        "xdm:property": "xdm:code",
        "xdm:isPrimary": True,
    }
    assert (await caller.post(f"{caller.SR}/tenant/descriptors", descriptor)).status_code == 201
    changed = await caller.patch(path, tag)
    assert changed.json()["version"] == "1.1"
    accept = {"Accept": "application/vnd.adobe.xdm-v2+json"}
    query = quote(f"@type==xdm:descriptorIdentity,xdm:sourceSchema=={id}")
    listed = await caller.get(f"{caller.SR}/tenant/descriptors?property={query}", headers=accept)
    assert [item["xdm:isPrimary"] for item in listed.json()["results"]] == [True]
    grouped = await caller.get(f"{caller.SR}/tenant/descriptors", headers={"Accept": "application/vnd.adobe.xdm+json"})
    assert list(grouped.json()) == ["xdm:descriptorIdentity"]


async def test_stats_name_organisation_and_tenant(caller: Any, platform: Any) -> None:
    await caller.schema()
    stats = (await caller.get(f"{caller.SR}/stats")).json()
    assert (stats["imsOrg"], stats["tenantId"]) == (platform.org_id, "acme")
    assert stats["counts"]["schemas"] == 1


async def test_ordered_lists_go_on_after_the_last_value(caller: Any) -> None:
    accept = {"Accept": f"{XED}-id+json"}
    seen: list[str] = []
    start: str | None = None
    while True:
        extra = f"&start={quote(start)}" if start else ""
        url = f"{caller.SR}/global/fieldgroups?orderby=title&limit=3{extra}"
        answer = (await caller.get(url, headers=accept)).json()
        seen += [item["title"] for item in answer["results"]]
        start = answer["_page"]["next"]
        if start is None:
            break
    assert seen == sorted(set(seen))
    assert len(seen) == 8
