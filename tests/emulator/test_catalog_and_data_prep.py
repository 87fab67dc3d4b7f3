"""Catalog's queries and patches; Data Prep's mapping sets and language."""

from __future__ import annotations

from typing import Any

import pytest

XED = "application/vnd.adobe.xed-full+json;version=1"


async def test_datasets_come_keyed_by_id_and_are_found_by_name_and_tag(caller: Any) -> None:
    schema = await caller.schema()
    reference = {"id": schema, "contentType": XED}
    path = f"{caller.CAT}/dataSets"
    answer = await caller.post(path, {"name": "a", "schemaRef": reference, "tags": {"aeptui": ["x1:dataset"]}})
    assert answer.status_code == 201
    (text,) = answer.json()
    assert text.startswith("@/dataSets/")
    id = text.rpartition("/")[2]
    assert len(id) == 24
    for number in range(25):
        await caller.dataset(schema, f"d{number:02}")
    found = (await caller.get(f"{path}?tags=aeptui:x1:dataset")).json()
    assert list(found) == [id]
    assert "id" not in found[id]
    assert list((await caller.get(f"{path}?tags=aeptui:*")).json()) == [id]
    assert (await caller.get(f"{path}?name=nothing")).json() == {}
    assert len((await caller.get(path)).json()) == 20
    rest = (await caller.get(f"{path}?orderBy=asc:name&start=20&limit=10&properties=name")).json()
    assert [item["name"] for item in rest.values()] == [f"d{number}" for number in range(19, 25)]
    assert len((await caller.get(f"{path}?property=name~^d0&limit=100")).json()) == 10
    for bad in ("limit=0", "limit=101", "start=-1", "limit=21&properties=observableSchema"):
        assert (await caller.get(f"{path}?{bad}")).status_code == 400
    assert (await caller.get(f"{path}/none")).status_code == 404


async def test_a_dataset_is_patched_in_both_ways(caller: Any) -> None:
    id = await caller.dataset(await caller.schema())
    path = f"{caller.CAT}/dataSets/{id}"
    operations = [{"op": "add", "path": "/description", "value": "first"}]
    refused = await caller.patch(path, operations)
    assert refused.status_code == 400
    kind = {"content-type": "application/json-patch+json"}
    assert (await caller.patch(path, operations, headers=kind)).json() == [f"@/dataSets/{id}"]
    assert (await caller.patch(path, {"tags": {"a": ["b"]}})).status_code == 200
    deep = f"{caller.CAT}/v2/dataSets/{id}"
    assert (await caller.patch(deep, {"tags": {"c": ["d"]}})).status_code == 200
    item = (await caller.get(path)).json()[id]
    assert (item["description"], item["tags"]) == ("first", {"a": ["b"], "c": ["d"]})
    stale = await caller.patch(path, {"name": "x"}, headers={"if-match": "1"})
    assert stale.status_code == 412
    profile = await caller.patch(deep, {"tags": {"unifiedProfile": ["enabled:true"]}})
    assert profile.status_code == 400


@pytest.mark.parametrize("body", [{}, {"name": "x"}, {"name": "x", "schemaRef": {"id": "none", "contentType": XED}}])
async def test_a_dataset_needs_a_name_and_a_schema(caller: Any, body: dict[str, Any]) -> None:
    assert (await caller.post(f"{caller.CAT}/dataSets", body)).status_code == 400


async def test_mapping_sets_are_written_one_way_and_read_another(caller: Any) -> None:
    schema = await caller.schema()
    body = {
        "name": "m",
        "outputSchema": {"schemaRef": {"id": schema, "contentType": XED}},
        "mappings": [
            {"sourceType": "ATTRIBUTE", "source": "a", "destination": "person.name.firstName"},
            {"sourceType": "EXPRESSION", "source": "lower(b)", "destination": "person.name.lastName"},
        ],
    }
    made = await caller.post(f"{caller.DP}/mappingSets", body)
    assert (made.status_code, made.json()["version"]) == (200, 0)
    assert len(made.json()["id"]) == 32
    path = f"{caller.DP}/mappingSets/{made.json()['id']}"
    read = (await caller.get(path)).json()
    assert [entry["sourceType"] for entry in read["mappings"]] == ["text/x.schema-path", "text/x.aep-xl"]
    assert read["mappings"][0]["destinationXdmPath"] == "person.name.firstName"
    assert "jsonSchema" not in read["outputSchema"]
    assert "jsonSchema" in (await caller.get(f"{path}?expandSchema=true")).json()["outputSchema"]
    again = await caller.http.put(path, json={**body, "mappings": read["mappings"][:1]})
    assert (again.json()["version"], len(again.json()["mappings"])) == (1, 1)
    assert len((await caller.get(f"{path}?version=0")).json()["mappings"]) == 2
    assert (await caller.get(f"{path}?version=2")).status_code == 404
    assert (await caller.get(f"{caller.DP}/mappingSets")).status_code == 400
    listed = (await caller.get(f"{caller.DP}/mappingSets?limit=10&start=0&name=m")).json()
    assert [item["id"] for item in listed["data"]] == [made.json()["id"]]
    (mapping,) = (await caller.get(f"{path}/mappings")).json()
    assert (await caller.get(f"{path}/mappings/{mapping['id']}")).json() == mapping


async def test_the_old_form_of_a_mapping_set_is_understood(caller: Any) -> None:
    body = {
        "version": 0,
        "id": None,
        "xdmSchema": await caller.schema(),
        "xdmVersion": "1.0",
        "mappings": [{"sourceAttribute": "a", "destinationXdmPath": "person.name.firstName", "identity": False}],
    }
    made = await caller.made(f"{caller.DP}/mappingSets", body)
    read = (await caller.get(f"{caller.DP}/mappingSets/{made}")).json()
    assert (read["xdmSchema"], read["xdmVersion"]) == (body["xdmSchema"], "1.0")
    assert read["outputSchema"]["schemaRef"]["id"] == body["xdmSchema"]
    (mapping,) = read["mappings"]
    assert (mapping["source"], mapping["sourceAttribute"], mapping["identity"]) == ("a", "a", False)
    assert mapping["destination"] == mapping["destinationXdmPath"] == "person.name.firstName"


async def test_validation_answers_for_each_mapping_in_order(caller: Any) -> None:
    content = {"id": await caller.schema(), "contentType": XED}
    pairs = [("a", "person.name.firstName"), ("a", "person.name.nickname"), ("b", "person.birthDate")]
    mappings = [{"sourceType": "ATTRIBUTE", "source": a, "destination": b} for a, b in pairs]
    mappings.append({"sourceType": "EXPRESSION", "source": "lower(", "destination": "person.name.lastName"})
    body = {"outputSchema": {"schemaRef": content}, "mappings": mappings}
    answer = (await caller.post(f"{caller.DP}/mappingSets/validate", body)).json()["validationResponse"]
    assert [entry["status"] for entry in answer] == ["SUCCESS", "FAILED", "SUCCESS", "FAILED"]
    assert answer[1]["errors"][0]["destination"] == "person.name.nickname"
    assert (await caller.post(f"{caller.DP}/mappingSets", body)).status_code == 400
    assert (await caller.post(f"{caller.DP}/mappingSets?validate=false", body)).status_code == 200


async def test_a_preview_shows_rows_as_they_would_be_ingested(caller: Any) -> None:
    mapping = {"sourceType": "EXPRESSION", "source": "upper(a)", "destination": "person.name.firstName"}
    born = {"sourceType": "ATTRIBUTE", "source": "b", "destination": "person.birthDate"}
    reference = {"schemaRef": {"id": await caller.schema(), "contentType": XED}}
    body = {
        "data": [{"a": "x", "b": "1990-01-31"}, {"a": "y", "b": "never"}],
        "mappingSet": {"outputSchema": reference, "mappings": [mapping, born]},
    }
    good, bad = (await caller.post(f"{caller.DP}/mappingSets/preview", body)).json()
    assert good == {"data": {"person": {"name": {"firstName": "X"}, "birthDate": "1990-01-31"}}, "errors": None}
    assert bad["errors"][0]["destination"] == "person.birthDate"


async def test_the_language_describes_itself(caller: Any) -> None:
    functions = (await caller.get(f"{caller.DP}/languages/el/functions")).json()
    concat = next(entry for entry in functions if entry["function"] == "concat")
    assert concat["params"][0]["position"] == 1
    operators = (await caller.get(f"{caller.DP}/languages/el/operators")).json()
    assert {entry["numberOfOperands"] for entry in operators} == {1, 2}
    path = f"{caller.DP}/languages/el/validate"
    good = await caller.post(path, {"expression": 'concat(a,"-",b)'})
    assert good.json() == {"validationStatus": "succeeded", "error": "none"}
    assert (await caller.post(path, {"expression": "concat(("})).json()["validationStatus"] == "failed"


async def _set(caller: Any, **more: Any) -> str:
    reference = {"schemaRef": {"id": await caller.schema(), "contentType": XED}}
    mapping = {"sourceType": "ATTRIBUTE", "source": "a", "destination": "person.name.firstName"}
    return str(
        await caller.made(f"{caller.DP}/mappingSets", {"outputSchema": reference, "mappings": [mapping], **more})
    )


async def test_single_mappings_are_added_changed_and_removed_each_in_a_new_version(caller: Any) -> None:
    id = await _set(caller)
    path = f"{caller.DP}/mappingSets/{id}"
    last = {"sourceType": "EXPRESSION", "source": "upper(b)", "destination": "person.name.lastName"}
    added = (await caller.post(f"{path}/mappings", last)).json()
    assert (added["sourceType"], added["destinationXdmPath"]) == ("text/x.aep-xl", "person.name.lastName")
    one = f"{path}/mappings/{added['id']}"
    changed = (await caller.http.put(one, json={**last, "source": "lower(b)"})).json()
    assert (changed["id"], changed["version"], changed["source"]) == (added["id"], 1, "lower(b)")
    assert (await caller.get(one)).json() == changed
    assert (await caller.http.delete(one)).status_code == 204
    assert (await caller.get(one)).status_code == 404
    assert (await caller.http.delete(one)).status_code == 404
    sizes = [len((await caller.get(f"{path}?version={number}")).json()["mappings"]) for number in range(4)]
    assert sizes == [1, 2, 2, 1]
    assert (await caller.get(path)).json()["version"] == 3
    for wrong in ({**last, "destination": "person.none"}, {**last, "source": "upper("}, {"source": "a"}, {}):
        assert (await caller.post(f"{path}/mappings", wrong)).status_code == 400
    assert (await caller.get(path)).json()["version"] == 3
    for missing in (f"{caller.DP}/mappingSets/x/mappings", f"{path}/mappings/x"):
        method = "POST" if missing.endswith("mappings") else "PUT"
        assert (await caller.http.request(method, missing, json=last)).status_code == 404


async def test_a_flow_keeps_the_version_it_is_pinned_to_when_one_mapping_changes(caller: Any) -> None:
    flow = await caller.flow_body()
    params = flow["transformations"][0]["params"]
    path = f"{caller.DP}/mappingSets/{params['mappingId']}"
    first, _ = (await caller.get(f"{path}/mappings")).json()
    assert (await caller.http.delete(f"{path}/mappings/{first['id']}")).status_code == 204
    for version, status in ((0, 201), ("1", 201), (2, 400)):
        pinned = {"name": "Mapping", "params": {**params, "mappingVersion": version}}
        answer = await caller.post(f"{caller.FS}/flows", {**flow, "transformations": [pinned]})
        assert answer.status_code == status


async def test_mapping_sets_are_filtered_by_schema_and_status_and_paged(caller: Any) -> None:
    ids = [await _set(caller, name=f"m{number}") for number in range(3)]
    schema = (await caller.get(f"{caller.DP}/mappingSets/{ids[0]}")).json()["xdmSchema"]
    path = f"{caller.DP}/mappingSets?limit=2&start=0"
    found = (await caller.get(path, params={"limit": 2, "start": 0, "property": f"xdmSchema=={schema}"})).json()
    assert [item["id"] for item in found["data"]] == ids[:1]
    none = (await caller.get(path, params={"limit": 2, "start": 0, "property": "status==DRAFT"})).json()
    assert none["data"] == []
    first = (await caller.get(path)).json()
    assert [item["id"] for item in first["data"]] == ids[:2]
    rest = (await caller.get(f"{caller.DP}{first['_links']['next']['href']}")).json()
    assert [item["id"] for item in rest["data"]] == ids[2:]
    assert "next" not in rest["_links"]
    for wrong in ("limit=1", "start=0", "limit=0&start=0", "limit=1&start=-1", "limit=x&start=0"):
        assert (await caller.get(f"{caller.DP}/mappingSets?{wrong}")).status_code == 400
    for wrong in ("property=status", "orderBy=name"):
        assert (await caller.get(f"{path}&{wrong}")).status_code == 400


async def test_an_expression_is_tried_on_sample_data(caller: Any) -> None:
    path = f"{caller.DP}/languages/el/validate"
    id = await _set(caller)
    body = {"expression": "to_integer(a) + 1", "sampleData": '{"a": "7"}', "sampleDataType": "application/json"}
    assert (await caller.post(path, {**body, "mappingSetId": id})).json()["validationStatus"] == "succeeded"
    failed = (await caller.post(path, {**body, "sampleData": '{"a": "seven"}'})).json()
    assert failed["validationStatus"] == "failed"
    assert failed["error"]
    for wrong in ({"sampleData": "{"}, {"sampleData": "[1]"}, {"sampleDataType": "text/csv"}, {"expression": 3}):
        assert (await caller.post(path, {**body, **wrong})).status_code == 400
    assert (await caller.post(path, {**body, "mappingSetId": "x"})).status_code == 404


async def test_a_suggestion_maps_what_is_called_the_same(live: Any) -> None:
    flow = await live.made(f"{live.FS}/flows", await live.flow_body())
    (run,) = await live.ended(flow)
    batch = run["activities"][1]["targetInfo"][0]["reference"]["ids"][0]
    dataset = await live.dataset(await live.schema(title="Others"), "Others")
    path = f"{live.DP}/mappingSets/suggestion"
    query = {"datasetId": dataset, "batchId": batch, "excludeUnmapped": "True"}
    made = (await live.get(path, params=query)).json()
    found = {mapping["source"]: (mapping["destination"], mapping["matchScore"]) for mapping in made["mappings"]}
    assert found["person.name.firstName"] == ("person.name.firstName", 1.0)
    assert "id" not in made
    assert (await live.post(f"{live.DP}/mappingSets", made)).status_code == 200
    everything = (await live.get(path, params={**query, "excludeUnmapped": "False"})).json()
    assert len(everything["mappings"]) >= len(made["mappings"])
    assert (await live.get(path)).status_code == 400
    for wrong in ({"datasetId": "x"}, {"batchId": "x"}):
        assert (await live.get(path, params={**query, **wrong})).status_code == 404
