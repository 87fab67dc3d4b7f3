"""What the registry makes of schemas in use: unions, changes, deletions, descriptors, and its rpc routes."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft7Validator, FormatChecker

EVENT = "https://ns.adobe.com/xdm/context/experienceevent"
RECORD = "https://ns.adobe.com/xdm/data/record"
PERSONAL = "https://ns.adobe.com/xdm/context/profile-personal-details"
ONE = {"Accept": "application/vnd.adobe.xed+json; version=1"}
SHORT = {"Accept": "application/vnd.adobe.xed-id+json"}
TAG = [{"op": "add", "path": "/meta:immutableTags-", "value": "union"}]


def _group(fields: dict[str, Any], of: str = "https://ns.adobe.com/xdm/context/profile") -> dict[str, Any]:
    own = {"properties": {"_acme": {"type": "object", "properties": fields}}}
    return {
        "type": "object",
        "title": "Own",
        "description": "",
        "meta:intendedToExtend": [of],
        "definitions": {"own": own},
        "allOf": [{"$ref": "#/definitions/own"}],
    }


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def _made(caller: Any, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await caller.post(f"{caller.SR}/tenant/{kind}", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _path(caller: Any, id: str, kind: str = "schemas") -> str:
    return f"{caller.SR}/tenant/{kind}/{quote(id, safe='')}"


async def _identity(caller: Any, schema: str, field: str = "/personalEmail/address", **changes: Any) -> Any:
    body = {
        "@type": "xdm:descriptorIdentity",
        "xdm:sourceSchema": schema,
        "xdm:sourceVersion": 1,
        "xdm:sourceProperty": field,
        "xdm:namespace": "Email",
        "xdm:property": "xdm:code",
        "xdm:isPrimary": True,
        **changes,
    }
    return await caller.post(f"{caller.SR}/tenant/descriptors", body)


async def _in_profile(caller: Any, *groups: str, title: str = "People") -> str:
    id = str(await caller.schema(PERSONAL, *groups, title=title))
    assert (await _identity(caller, id)).status_code == 201
    assert (await caller.patch(_path(caller, id), TAG)).status_code == 200
    return id


async def test_a_union_has_the_fields_of_every_schema_in_profile(caller: Any) -> None:
    assert (await caller.get(f"{caller.SR}/tenant/unions", headers=SHORT)).json()["results"] == []
    own = await _made(caller, "fieldgroups", _group({"points": {"type": "integer"}}))
    first = await _in_profile(caller)
    second = await _in_profile(caller, own["$id"], title="Members")
    await caller.schema(title="Not in Profile")
    (listed,) = (await caller.get(f"{caller.SR}/tenant/unions", headers=SHORT)).json()["results"]
    assert listed["$id"] == f"{caller.PROFILE}__union"
    for id in (listed["meta:altId"], quote(listed["$id"], safe="")):
        aepps = {"Accept": "application/vnd.adobe.xdm-full+json; version=1"}
        union = (await caller.get(f"{caller.SR}/tenant/unions/{id}", headers=aepps)).json()
        assert {"personalEmail", "_acme", "personID"} <= set(union["properties"])
        assert union["meta:class"] == caller.PROFILE
        assert {first, second} <= set(union["meta:extends"])
    kept = (await caller.get(f"{caller.SR}/tenant/unions/{listed['meta:altId']}", headers=ONE)).json()
    assert {"$ref": own["$id"]} in kept["allOf"]
    assert "properties" not in kept
    short = await caller.get(f"{caller.SR}/tenant/unions/{listed['meta:altId']}", headers=SHORT)
    assert short.json() == listed  # so Adobe's Postman collection looks one up
    without = await caller.get(f"{caller.SR}/tenant/unions/{listed['meta:altId']}")
    assert without.status_code == 406
    assert _code(await caller.get(f"{caller.SR}/tenant/unions/_xdm.x__union", headers=ONE)) == (404, "XDM-1012-404")
    stats = (await caller.get(f"{caller.SR}/stats")).json()
    assert stats["counts"]["unions"] == 1
    assert stats["classUsage"][0]["numberOfSchemas"] == 3
    assert stats["recentlyUpdatedResources"][0]["title"]


async def test_profile_cannot_be_left_and_needs_an_identity(caller: Any) -> None:
    id = await caller.schema(PERSONAL)
    assert _code(await caller.patch(_path(caller, id), TAG)) == (400, "XDM-1052-400")
    made = (await _identity(caller, id)).json()
    assert (await caller.patch(_path(caller, id), TAG)).json()["meta:immutableTags"] == ["union"]
    for path in ("/meta:immutableTags", "/meta:immutableTags/0"):
        left = await caller.patch(_path(caller, id), [{"op": "remove", "path": path}])
        assert _code(left) == (400, "XDM-1031-400")
    assert _code(await caller.http.delete(_path(caller, id))) == (400, "XDM-1040-400")
    descriptor = f"{caller.SR}/tenant/descriptors/{made['@id']}"
    assert _code(await caller.http.delete(descriptor)) == (403, "XDM-1053-403")
    related = {"op": "remove", "path": "/allOf/1"}
    assert _code(await caller.patch(_path(caller, id), [related])) == (400, "XDM-1041-400")


async def test_data_types_classes_and_groups_are_made_changed_and_removed_in_order(caller: Any) -> None:
    datatype = await _made(
        caller,
        "datatypes",
        {
            "type": "object",
            "title": "Seat",
            "description": "",
            "definitions": {"seat": {"properties": {"row": {"type": "integer"}, "place": {"type": "string"}}}},
            "allOf": [{"$ref": "#/definitions/seat"}],
        },
    )
    body = {"type": "object", "title": "Show", "description": "", "allOf": [{"$ref": RECORD}]}
    own_class = await _made(caller, "classes", body)
    assert own_class["meta:extends"] == [RECORD]
    fields = {"seat": {"$ref": datatype["$id"]}, "seats": {"type": "array", "items": {"$ref": datatype["$id"]}}}
    group = await _made(caller, "mixins", _group(fields, own_class["$id"]))
    assert group["$id"].startswith("https://ns.adobe.com/acme/mixins/")
    schema = await caller.schema(group["$id"], base=own_class["$id"], title="Shows")
    full = (await caller.get(_path(caller, schema), headers=caller.FULL)).json()
    assert full["properties"]["_acme"]["properties"]["seat"]["properties"]["row"]["type"] == "integer"
    assert full["meta:class"] == own_class["$id"]
    added = [{"op": "add", "path": "/definitions/seat/properties/floor", "value": {"type": "string", "title": "Floor"}}]
    changed = await caller.patch(_path(caller, datatype["$id"], "datatypes"), added)
    assert changed.json()["version"] == "1.1"
    full = (await caller.get(_path(caller, schema), headers=caller.FULL)).json()
    assert full["properties"]["_acme"]["properties"]["seats"]["items"]["properties"]["floor"]["title"] == "Floor"
    replaced = await caller.http.put(_path(caller, own_class["$id"], "classes"), json={**body, "title": "Event"})
    assert (replaced.json()["title"], replaced.json()["$id"]) == ("Event", own_class["$id"])
    order = [("schemas", schema), ("mixins", group["$id"])]
    order += [("datatypes", datatype["$id"]), ("classes", own_class["$id"])]
    for kind, id in order[1:]:
        assert _code(await caller.http.delete(_path(caller, id, kind))) == (400, "XDM-1040-400")
    for kind, id in order:
        assert (await caller.http.delete(_path(caller, id, kind))).status_code == 204
        assert (await caller.get(_path(caller, id, kind), headers=ONE)).status_code == 404


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"a b": {"type": "string"}}, "XDM-1026-400"),
        ({"a.b": {"type": "string"}}, "XDM-1026-400"),
        ({"a": {"title": "no type"}}, "XDM-1026-400"),
        ({"a": {"type": "text"}}, "XDM-1026-400"),
        ({"a": {"type": "array"}}, "XDM-1026-400"),
        ({"a": "string"}, "XDM-1026-400"),
        ({"a": {"type": "integer", "minimum": "1"}}, "XDM-1026-400"),
        ({"a": {"type": "integer", "minimum": None}}, "XDM-1026-400"),
        ({"a": {"type": "string", "pattern": "["}}, "XDM-1026-400"),
        ({"a": {"type": "string", "enum": "x"}}, "XDM-1026-400"),
        ({"a": {"type": "string", "meta:enum": {"x": 1}}}, "XDM-1026-400"),
        ({"a": {"type": "object", "properties": [], "required": [{}]}}, "XDM-1026-400"),
        ({"a": {"allOf": ["x"]}}, "XDM-1026-400"),
        ({"a": {"$ref": "https://ns.adobe.com/acme/datatypes/none"}}, "XDM-1022-400"),
        ({"a": {"$ref": "#/definitions/own"}}, "XDM-1022-400"),
    ],
)
async def test_a_field_that_cannot_be_is_refused(caller: Any, fields: dict[str, Any], code: str) -> None:
    answer = await caller.post(f"{caller.SR}/tenant/fieldgroups", _group(fields))
    assert _code(answer) == (400, code)
    assert answer.json()["report"]["registryRequestId"]


@pytest.mark.parametrize(
    "change",
    [
        {"required": [{}]},
        {"definitions": []},
        {"definitions": {"own": 1}},
        {"properties": "x"},
        {"allOf": [5]},
        {"allOf": [{"$ref": 5}]},
        {"meta:immutableTags": 5},
        {"meta:immutableTags": [[]]},
        {"meta:extends": [1]},
        {"description": 1},
        {"title": " "},
        {"type": "string"},
    ],
)
async def test_a_resource_with_a_part_of_a_wrong_type_is_refused(caller: Any, change: dict[str, Any]) -> None:
    body = _group({"a": {"type": "string"}})
    for kind in ("fieldgroups", "datatypes", "classes", "schemas"):
        answer = await caller.post(f"{caller.SR}/tenant/{kind}", {**body, **change})
        assert answer.status_code == 400, kind
    made = await _made(caller, "fieldgroups", body)
    path = _path(caller, made["$id"], "fieldgroups")
    (key,) = change
    patched = await caller.patch(path, [{"op": "add", "path": f"/{key}", "value": change[key]}])
    assert patched.status_code == 400
    assert (await caller.get(path, headers=ONE)).json() == made


async def test_types_that_contain_each_other_are_refused_at_once(caller: Any) -> None:
    def datatype(*refs: str) -> dict[str, Any]:
        fields = {f"f{number}": {"$ref": ref} for number, ref in enumerate(refs)}
        return {"type": "object", "title": "T", "description": "", "properties": fields}

    first = await _made(caller, "datatypes", {**datatype(), "properties": {"a": {"type": "string"}}})
    second = await _made(caller, "datatypes", datatype(first["$id"], first["$id"]))
    circle = [{"op": "add", "path": f"/properties/f{n}", "value": {"$ref": second["$id"]}} for n in range(2)]
    refused = await caller.patch(_path(caller, first["$id"], "datatypes"), circle)
    assert _code(refused) == (400, "XDM-1022-400")
    assert "itself" in refused.json()["detail"]
    known = second
    for _ in range(6):  # each ten times as large as the one before
        answer = await caller.post(f"{caller.SR}/tenant/datatypes", datatype(*[known["$id"]] * 10))
        if answer.status_code != 201:
            break
        known = answer.json()
    assert _code(answer) == (400, "XDM-1022-400")
    assert "more than" in answer.json()["detail"]
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(40):
        deep = {"type": "object", "properties": {"a": deep}}
    answer = await caller.post(f"{caller.SR}/tenant/fieldgroups", _group({"a": deep}))
    assert _code(answer) == (400, "XDM-1026-400")
    for _ in range(200):
        deep = {"a": deep}
    assert (await caller.post(f"{caller.SR}/tenant/fieldgroups", _group({"a": deep}))).status_code == 400


async def test_a_field_group_may_extend_a_standard_one(caller: Any) -> None:
    body = _group({"a": {"type": "string"}})
    body["allOf"].append({"$ref": PERSONAL})
    made = await _made(caller, "fieldgroups", body)
    schema = await caller.schema(made["$id"])
    full = (await caller.get(_path(caller, schema), headers=caller.FULL)).json()
    assert {"_acme", "homeAddress"} <= set(full["properties"])


async def test_what_data_was_ingested_with_keeps_its_fields(live: Any) -> None:
    group = await _made(live, "fieldgroups", _group({"points": {"type": "integer"}, "note": {"type": "string"}}))
    schema = await live.schema(live.PERSON, group["$id"])
    dataset = await live.dataset(schema)
    path = _path(live, group["$id"], "fieldgroups")
    note = "/definitions/own/properties/_acme/properties/note"
    free = await live.patch(path, [{"op": "replace", "path": note, "value": {"type": "number"}}])
    assert free.status_code == 200  # no data yet
    mapping = await live.mapping(schema)
    flow = await live.flow_body(
        targetConnectionIds=[await live.target(schema, dataset)],
        transformations=[{"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": 0}}],
    )
    await live.ended(await live.made(f"{live.FS}/flows", flow))
    for change in (
        {"op": "remove", "path": note},
        {"op": "replace", "path": note, "value": {"type": "string"}},
        {"op": "add", "path": "/definitions/own/properties/_acme/required", "value": ["note"]},
        {"op": "add", "path": "/definitions/own/required", "value": ["_acme"]},
    ):
        refused = await live.patch(path, [change])
        assert _code(refused) == (400, "XDM-1041-400"), change
    more = {"op": "add", "path": f"{note}2", "value": {"type": "string"}}
    assert (await live.patch(path, [more])).status_code == 200
    kept = {"op": "remove", "path": "/allOf/1"}
    assert _code(await live.patch(_path(live, schema), [kept])) == (400, "XDM-1041-400")
    assert _code(await live.http.delete(_path(live, schema))) == (400, "XDM-1040-400")


@pytest.mark.parametrize(
    ("kind", "more", "status"),
    [
        ("xdm:alternateDisplayInfo", {"xdm:title": {"en_us": "Email"}}, 201),
        ("xdm:alternateDisplayInfo", {}, 400),
        ("xdm:descriptorReferenceIdentity", {"xdm:identityNamespace": "Email"}, 201),
        ("xdm:descriptorReferenceIdentity", {}, 400),
        ("xdm:descriptorOneToOne", {"xdm:destinationSchema": "other", "xdm:destinationVersion": 1}, 201),
        ("xdm:descriptorOneToOne", {"xdm:destinationSchema": "https://ns.adobe.com/acme/schemas/no"}, 400),
        ("xdm:descriptorRelationship", {"xdm:destinationSchema": "other", "xdm:destinationProperty": "/personID"}, 201),
        ("xdm:descriptorRelationship", {"xdm:destinationSchema": "other", "xdm:destinationProperty": "/no"}, 400),
        ("xdm:descriptorDeprecated", {}, 201),
        ("xdm:descriptorDeprecated", {"xdm:sourceProperty": "/personalEmail/no"}, 400),
        ("xdm:descriptorUnheardOf", {}, 400),
    ],
)
async def test_a_descriptor_says_what_its_kind_needs(caller: Any, kind: str, more: dict[str, Any], status: int) -> None:
    schema, other = await caller.schema(PERSONAL), await caller.schema(title="Other")
    more = {key: other if value == "other" else value for key, value in more.items()}
    body = {
        "@type": kind,
        "xdm:sourceSchema": schema,
        "xdm:sourceVersion": 1,
        "xdm:sourceProperty": "/personalEmail/address",
        **more,
    }
    answer = await caller.post(f"{caller.SR}/tenant/descriptors", body)
    assert answer.status_code == status, answer.text
    if status == 201:
        path = f"{caller.SR}/tenant/descriptors/{answer.json()['@id']}"
        assert (await caller.get(path)).json()["meta:sandboxType"] == "production"
        assert _code(await caller.get(path, headers=ONE)) == (400, "XDM-1009-400")
        assert (await caller.http.put(path, json={**body, "xdm:note": "again"})).json()["xdm:note"] == "again"
        assert (await caller.http.delete(path)).status_code == 204
        assert (await caller.http.delete(path)).status_code == 404


async def test_descriptors_come_with_their_schema_and_go_with_it(caller: Any) -> None:
    schema = await caller.schema(PERSONAL)
    made = (await _identity(caller, schema)).json()
    assert _code(await _identity(caller, schema, "/workEmail/address")) == (400, "XDM-1050-400")
    assert _code(await _identity(caller, schema, "/homePhone/number")) == (400, "XDM-1051-400")
    form = {"Accept": "application/vnd.adobe.xed-full-desc+json; version=1"}
    full = (await caller.get(_path(caller, schema), headers=form)).json()
    assert [item["@id"] for item in full["meta:descriptors"]] == [made["@id"]]
    assert (await caller.http.delete(_path(caller, schema))).status_code == 204
    gone = await caller.get(f"{caller.SR}/tenant/descriptors/{made['@id']}")
    assert gone.status_code == 404
    v2 = {"Accept": "application/vnd.adobe.xdm-v2+json"}
    assert (await caller.get(f"{caller.SR}/global/descriptors", headers=v2)).json()["results"] == []
    refused = await caller.get(f"{caller.SR}/tenant/descriptors", headers=ONE)
    assert _code(refused) == (400, "XDM-1008-400")


@pytest.mark.parametrize(
    "groups",
    [
        [PERSONAL, "https://ns.adobe.com/xdm/context/profile-person-details"],
        ["https://ns.adobe.com/xdm/mixins/profile-consents", "https://ns.adobe.com/xdm/context/identitymap"],
        ["https://ns.adobe.com/xdm/mixins/profile/profile-loyalty-details"],
        ["https://ns.adobe.com/xdm/context/profile-preferences-details"],
        ["https://ns.adobe.com/acme/mixins/product-details"],
    ],
)
async def test_sample_data_is_valid_whole_and_the_same_each_time(caller: Any, groups: list[str]) -> None:
    schema = await caller.schema(*groups)
    full = (await caller.get(_path(caller, schema), headers=caller.FULL)).json()
    path = f"{caller.SR}/rpc/sampledata/{quote(schema, safe='')}"
    sample = (await caller.get(path, headers=ONE)).json()
    assert (await caller.get(path)).json() == sample
    assert sample.keys() == full["properties"].keys()
    assert list(Draft7Validator(full, format_checker=FormatChecker()).iter_errors(sample)) == []
    missing = await caller.get(f"{caller.SR}/rpc/sampledata/_acme.schemas.none")
    assert _code(missing) == (404, "XDM-1012-404")


async def test_a_schema_moves_to_another_sandbox_with_all_it_needs(caller: Any) -> None:
    datatype = await _made(
        caller,
        "datatypes",
        {"type": "object", "title": "Seat", "description": "", "properties": {"row": {"type": "integer"}}},
    )
    group = await _made(caller, "fieldgroups", _group({"seat": {"$ref": datatype["$id"]}}))
    schema = await caller.schema(group["$id"], caller.PERSON, title="Moved")
    payload = (await caller.get(f"{caller.SR}/rpc/export/{quote(schema, safe='')}", headers=ONE)).json()
    assert [item["meta:resourceType"] for item in payload] == ["datatypes", "mixins", "schemas"]
    assert "acme" not in str(payload)
    assert "_<XDM_TENANTID_PLACEHOLDER>" in payload[1]["definitions"]["own"]["properties"]
    again = await caller.post(f"{caller.SR}/rpc/import", payload)
    assert _code(again) == (400, "XDM-3005-400")
    there = {"x-sandbox-name": "dev"}
    bad: list[Any] = [{}, [], [payload[2]], [*payload[:2], {**payload[2], "allOf": []}]]
    bad += [[{**payload[0], "version": "1.x"}], [{**payload[0], "$id": "https://ns.adobe.com/other/datatypes/x"}]]
    for broken in bad:
        refused = await caller.post(f"{caller.SR}/rpc/import", broken, headers=there)
        assert _code(refused) == (400, "XDM-3005-400")
    made = await caller.post(f"{caller.SR}/rpc/import", payload, headers=there)
    assert (made.status_code, [item["$id"] for item in made.json()]) == (200, [datatype["$id"], group["$id"], schema])
    full = (await caller.get(_path(caller, schema), headers={**caller.FULL, **there})).json()
    assert full["properties"]["_acme"]["properties"]["seat"]["properties"]["row"]["type"] == "integer"
    assert full["meta:sandboxType"] == "development"
    nothing = await caller.get(f"{caller.SR}/rpc/export/_acme.schemas.none")
    assert _code(nothing) == (404, "XDM-1012-404")


async def test_the_audit_log_tells_every_change(caller: Any) -> None:
    group = await _made(caller, "fieldgroups", _group({"a": {"type": "string"}}))
    path = _path(caller, group["$id"], "fieldgroups")
    place = "/definitions/own/properties/_acme/properties"
    await caller.patch(path, [{"op": "add", "path": f"{place}/b", "value": {"type": "integer"}}])
    await caller.patch(path, [{"op": "remove", "path": f"{place}/a"}, {"op": "add", "path": "/title", "value": "New"}])
    log = f"{caller.SR}/rpc/auditlog/{quote(group['$id'], safe='')}"
    entries = (await caller.get(log)).json()
    told = [[(item["action"], item["path"]) for item in entry["updates"]] for entry in entries]
    assert told == [[("replace", "/title"), ("remove", f"{place}/a")], [("add", f"{place}/b")], [("add", "/")]]
    assert entries[0]["imsOrg"] == caller.platform.org_id
    await caller.http.delete(path)
    assert (await caller.get(log)).json()[0]["updates"][0]["action"] == "remove"
    assert (await caller.get(f"{caller.SR}/rpc/auditlog/_acme.schemas.none")).status_code == 404
    assert (await caller.get(f"{caller.SR}/rpc/auditlog/_xdm.context.profile")).json() == []


async def test_lists_sort_by_several_fields_and_go_on_after_a_number(caller: Any) -> None:
    for title in ("B", "A", "B"):
        await caller.schema(title=title)
        caller.clock.advance(60)
    url = f"{caller.SR}/tenant/schemas"
    found = (await caller.get(f"{url}?orderby=title,-created", headers=ONE | SHORT)).json()["results"]
    oldest = (await caller.get(f"{url}?orderby=created&limit=1", headers=SHORT)).json()
    assert [item["title"] for item in found] == ["A", "B", "B"]
    assert found[2]["$id"] == oldest["results"][0]["$id"]
    rest = (await caller.get(f"{url}?orderby=created&start={oldest['_page']['next']}", headers=SHORT)).json()
    assert [item["title"] for item in rest["results"]] == ["A", "B"]
    assert rest["_page"]["next"] is None
    assert rest["_links"]["next"] is None
    unsorted = (await caller.get(f"{url}?limit=1", headers=SHORT)).json()
    assert len(unsorted["results"]) == 3  # limit counts only with orderby
    for bad in ("orderby=title&limit=501", "orderby=title&limit=-1", "orderby=title&limit=x"):
        assert (await caller.get(f"{url}?{bad}", headers=SHORT)).status_code == 400
    empty = (await caller.get(f"{url}?property=&orderby=&start=&limit=", headers=SHORT)).json()
    assert len(empty["results"]) == 3  # as Adobe's Postman requests send what nobody filled in
    hidden = quote("meta:extends!=https://ns.adobe.com/xdm/data/adhoc,title==A")
    assert len((await caller.get(f"{url}?property={hidden}", headers=SHORT)).json()["results"]) == 1
    aepps = {"Accept": "application/vnd.adobe.xdm-id+json"}
    assert (await caller.get(f"{caller.SR}/global/datatypes", headers=aepps)).status_code == 200
