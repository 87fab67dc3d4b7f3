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
    assert (await caller.post(f"{caller.DP}/mappingSets", body)).status_code == 200


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
