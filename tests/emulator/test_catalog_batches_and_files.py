"""Catalog's batches and dataset rules, and Data Access's files, after a flow has run."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

XED = "application/vnd.adobe.xed-full+json;version=1"
JSON_PATCH = {"content-type": "application/json-patch+json"}


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rpartition("/")[2]


async def _ingested(live: Any, **options: Any) -> tuple[str, str, dict[str, Any]]:
    """(dataset, batch, run) of a flow that has run once."""
    schema = await live.schema()
    dataset = await live.dataset(schema)
    mapping = await live.mapping(schema)
    body = await live.flow_body(
        targetConnectionIds=[await live.target(schema, dataset)],
        transformations=[{"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": 0}}],
        **({"options": options} if options else {}),
    )
    (run,) = await live.ended(await live.made(f"{live.FS}/flows", body))
    (batch,) = (await live.get(f"{live.CAT}/batches?dataSet={dataset}")).json()
    return dataset, batch, run


async def test_batches_are_filtered_counted_and_summed_up(live: Any) -> None:
    dataset, batch, _ = await _ingested(live)
    path = f"{live.CAT}/batches"
    entry = (await live.get(f"{path}/{batch}")).json()[batch]
    assert (entry["status"], entry["recordCount"], entry["failedRecordCount"]) == ("success", 2, 1)
    edge = entry["created"]
    for query, there in {
        "status=success": True,
        "status=failed": False,
        f"createdAfter={edge - 1}": True,
        f"createdAfter={edge}": False,
        f"createdBefore={edge}": False,
        f"startAfter={entry['started'] - 1}": True,
        f"endBefore={entry['completed']}": False,
        f"externalId={batch}": True,
        f"batch={batch}&dataSet={dataset}": True,
        "dataSet=none": False,
        "recordCount=2": True,
        "recordCount=3": False,
        "property=failedRecordCount>0": True,
        "tags=acp_enableErrorDiagnostics:true": True,
        "tags=acp_enableErrorDiagnostics:false": False,
        "start=1": False,
        "start=&limit=&orderBy=&property=&tags=&status=&recordCount=&createdAfter=": True,
    }.items():
        assert (batch in (await live.get(f"{path}?{query}")).json()) is there, query
    for bad in ("limit=0", "limit=101", "createdAfter=yesterday", "orderBy=up:created", "property=nothing"):
        assert _code(await live.get(f"{path}?{bad}")) == (400, "CATALOG-1000-400"), bad
    assert (await live.get(f"{path}/uniques/status")).json() == ["success"]
    assert (await live.get(f"{path}/uniques/recordCount?dataSet={dataset}")).json() == ["2"]
    last = (await live.get(f"{live.CAT}/lastBatches?dataSetId={dataset},other")).json()
    assert last[dataset]["lastSuccessfulBatchId"] == last[dataset]["lastBatchId"] == batch
    assert "lastFailedBatchId" not in last[dataset]
    assert (await live.get(f"{live.CAT}/lastBatches?lastBatchStatus=failed")).json() == {}
    assert _code(await live.get(f"{path}/none")) == (404, "CATALOG-1404-404")


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("POST", "batches"),
        ("POST", "batches/x"),
        ("PUT", "batches/x"),
        ("PATCH", "batches/x"),
        ("DELETE", "batches/x"),
        ("GET", "dataSets/x/credentials"),
        ("GET", "tags/adobe"),
        ("GET", ""),
        ("POST", ""),
    ],
)
async def test_what_is_not_served_says_why(caller: Any, verb: str, path: str) -> None:
    answer = await caller.http.request(verb, f"{caller.CAT}/{path}", json={} if verb != "GET" else None)
    assert _code(answer) == (501, "EMU-0501-501")
    assert ": " in answer.json()["detail"]


async def test_a_dataset_shows_the_fields_that_its_data_has(live: Any) -> None:
    dataset, batch, _ = await _ingested(live)
    shown = (await live.get(f"{live.CAT}/dataSets/{dataset}")).json()[dataset]
    person = shown["observableSchema"]["properties"]["person"]["properties"]
    assert person["birthDate"] == {"type": "string", "format": "date", "meta:xdmType": "date"}
    assert set(person["name"]["properties"]) == {"firstName"}
    path = f"{live.CAT}/dataSets"
    listed = (await live.get(f"{path}?properties=observableSchema,name&limit=20")).json()[dataset]
    assert listed == {"observableSchema": shown["observableSchema"], "name": "People"}
    assert "observableSchema" not in (await live.get(path)).json()[dataset]
    empty = await live.dataset(await live.schema())
    assert (await live.get(f"{path}/{empty}")).json()[empty]["observableSchema"] == {}
    link = f"{live.CAT}/{shown['files'].removeprefix('@/')}"
    ((id, file),) = (await live.get(link)).json().items()
    assert (file["batchId"], file["records"], id) == (batch, 2, f"{batch}-1")


async def test_a_dataset_is_replaced_but_not_its_identity(caller: Any) -> None:
    schema = await caller.schema()
    id = await caller.dataset(schema)
    path = f"{caller.CAT}/dataSets/{id}"
    before = (await caller.get(path)).json()[id]
    reference = {"id": schema, "contentType": XED}
    body = {"name": "New", "schemaRef": reference, "tags": {"a": ["b"]}, "viewId": "mine", "created": 1}
    assert (await caller.http.put(path, json=body)).json() == [f"@/dataSets/{id}"]
    after = (await caller.get(path)).json()[id]
    assert (after["name"], after["tags"], after["version"]) == ("New", {"a": ["b"]}, "1.0.1")
    assert (after["viewId"], after["created"]) == (before["viewId"], before["created"])
    bad: list[Any] = [{}, [], {"name": "x"}, {**body, "schemaRef": {"id": "none"}}, {**body, "tags": []}]
    bad += [{**body, "description": 1}, {**body, "enableErrorDiagnostics": "yes"}, {**body, "name": ""}]
    bad += [{**body, "schemaRef": {**reference, "contentType": 1}}, {**body, "fileDescription": {"format": "xls"}}]
    files: list[Any] = [[], {"delimiters": ","}, {"charset": 1}, {"header": 1}]
    bad += [{**body, "fileDescription": file} for file in files]
    for refused in bad:
        assert (await caller.http.put(path, json=refused)).status_code == 400, refused
    stale = await caller.http.put(path, json=body, headers={"if-match": str(before["updated"])})
    assert _code(stale) == (412, "CATALOG-1412-412")
    fresh = {"if-match": str(after["updated"])}
    assert (await caller.http.put(path, json=body, headers=fresh)).status_code == 200
    same = {"if-none-match": "*"}
    assert (await caller.http.put(path, json=body, headers=same)).status_code == 412
    deep = f"{caller.CAT}/v2/dataSets/{id}"
    ttl = {"extensions": {"adobe_lakeHouse": {"rowExpiration": {"ttlValue": "P3M"}}}}
    assert (await caller.patch(deep, ttl)).status_code == 200
    assert (await caller.patch(deep, {"tags": {"adobe/pqs/table": ["people"]}})).status_code == 200
    kept = (await caller.get(path)).json()[id]
    assert kept["extensions"] == ttl["extensions"]
    assert kept["tags"] == {"a": ["b"], "adobe/pqs/table": ["people"]}
    listed = [{"op": "add", "path": "/name", "value": "x"}]
    assert (await caller.patch(deep, listed, headers=JSON_PATCH)).status_code == 400
    for key in ("created", "imsOrg", "createdUser"):
        assert (await caller.patch(path, {key: "x"})).status_code == 400
    assert (await caller.patch(path, {"viewId": "x", "lastBatchId": "x"})).status_code == 200
    kept = (await caller.get(path)).json()[id]
    assert ("lastBatchId" in kept, kept["viewId"]) == (False, before["viewId"])
    found = await caller.get(f"{caller.CAT}/dataSets?name=New,x")
    assert found.json() == {}


async def test_profile_needs_a_schema_in_profile_whichever_way_it_is_asked_for(caller: Any) -> None:
    schema = await caller.schema("https://ns.adobe.com/xdm/context/profile-personal-details")
    reference = {"id": schema, "contentType": XED}
    profile = {"unifiedProfile": ["enabled:true", "isUpsert:true"], "unifiedIdentity": ["enabled:true"]}
    body = {"name": "p", "schemaRef": reference, "tags": profile}
    path = f"{caller.CAT}/dataSets"
    assert (await caller.post(path, body)).status_code == 400
    id = await caller.dataset(schema)
    add = [{"op": "add", "path": "/tags/unifiedProfile", "value": ["enabled: true"]}]
    assert (await caller.patch(f"{path}/{id}", add, headers=JSON_PATCH)).status_code == 400
    descriptor = {
        "@type": "xdm:descriptorIdentity",
        "xdm:sourceSchema": schema,
        "xdm:sourceVersion": 1,
        "xdm:sourceProperty": "/personalEmail/address",
        "xdm:namespace": "Email",
        "xdm:isPrimary": True,
    }
    assert (await caller.post(f"{caller.SR}/tenant/descriptors", descriptor)).status_code == 201
    tag = [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}]
    await caller.patch(f"{caller.SR}/tenant/schemas/{quote(schema, safe='')}", tag)
    assert (await caller.patch(f"{path}/{id}", add, headers=JSON_PATCH)).status_code == 200
    assert (await caller.post(path, body)).status_code == 201
    union = {"id": f"{caller.PROFILE}__union", "contentType": "application/vnd.adobe.xed+json;version=1"}
    assert (await caller.post(path, {"name": "Profile Data Export", "schemaRef": union})).status_code == 201


async def test_a_flow_whose_dataset_is_gone_fails_and_leaves_nothing(live: Any) -> None:
    dataset, batch, run = await _ingested(live)
    folder = live.platform.folder / "datasets" / dataset
    assert folder.is_dir()
    gone = await live.http.delete(f"{live.CAT}/dataSets/{dataset}")
    assert gone.json() == [f"@/dataSets/{dataset}"]
    assert not folder.exists()
    assert (await live.get(f"{live.CAT}/batches/{batch}")).status_code == 404
    assert (await live.http.delete(f"{live.CAT}/dataSets/{dataset}")).status_code == 404
    times = {"startTime": live.now_s(), "windowStartTime": 0, "windowEndTime": live.now_s()}
    again = await live.post(f"{live.FS}/runs", {"flowId": run["flowId"], "params": times})
    assert again.status_code == 201, again.text
    runs = await live.ended(run["flowId"], 2)
    assert live.status(runs[-1]) == "failed"
    assert (await live.get(f"{live.CAT}/batches?dataSet={dataset}")).json() == {}
    assert not folder.exists()


async def test_a_file_is_sent_whole_or_in_the_parts_that_are_wanted(live: Any) -> None:
    _, batch, _ = await _ingested(live)
    (file,) = (await live.get(f"{live.DA}/batches/{batch}/files")).json()["data"]
    base = f"{live.DA}/files/{file['dataSetFileId']}"
    (entry,) = (await live.get(base)).json()["data"]
    assert entry["length"] == file["size"]
    url = f"{base}?path={entry['name']}"
    whole = await live.get(url)
    content, size = whole.content, len(whole.content)
    assert (whole.status_code, content[:4], str(size)) == (200, b"PAR1", file["size"])
    head = await live.http.head(url)
    assert (head.headers["content-length"], head.headers["accept-ranges"], head.content) == (str(size), "bytes", b"")
    for wanted, first, last in (
        ("bytes=0-9", 0, 9),
        ("bytes=10-", 10, size - 1),
        ("bytes=-5", size - 5, size - 1),
        (f"bytes=-{size + 100}", 0, size - 1),
        (f"bytes=7-{size + 100}", 7, size - 1),
        (f"bytes=0-0,{size}-{size + 5}", 0, 0),
    ):
        part = await live.get(url, headers={"Range": wanted})
        assert (part.status_code, part.headers["content-range"]) == (206, f"bytes {first}-{last}/{size}"), wanted
        assert part.content == content[first : last + 1]
    several = await live.get(url, headers={"Range": "bytes=0-3,10-12"})
    assert several.status_code == 206
    assert several.headers["content-type"].startswith("multipart/byteranges")
    assert b"PAR1" in several.content
    assert content[10:13] in several.content
    for beyond in (f"bytes={size}-", f"bytes={size}-{size + 1}", "bytes=-0"):
        refused = await live.get(url, headers={"Range": beyond})
        assert _code(refused) == (416, "DATA-ACCESS-1416-416"), beyond
        assert refused.headers["content-range"] == f"bytes */{size}"
    for other in ("rows=0-9", "bytes=9-0", "bytes=x-y", "bytes=", "nonsense"):
        assert (await live.get(url, headers={"Range": other})).status_code == 200, other
    assert _code(await live.get(f"{base}?path=other")) == (404, "DATA-ACCESS-1404-404")
    assert _code(await live.get(f"{live.DA}/files/none")) == (404, "DATA-ACCESS-1404-404")


async def test_the_diagnostics_of_a_batch_are_found_step_by_step(live: Any) -> None:
    dataset, batch, _ = await _ingested(live)
    meta = f"{live.DA}/batches/{batch}/meta"
    folders = {item["name"] for item in (await live.get(meta)).json()["data"]}
    assert {"row_errors", "input_files", "row_error_samples.json"} <= folders
    (entry,) = (await live.get(f"{meta}?path=row_errors")).json()["data"]
    assert isinstance(entry["length"], str)
    link = httpx.URL(entry["_links"]["self"]["href"])
    rows = (await live.get(f"{link.raw_path.decode()}")).text.splitlines()
    assert json.loads(rows[0])["_errors"]
    for slash in ("/", "%2F"):
        assert (await live.get(f"{meta}?path=row_errors{slash}{entry['name']}")).text.splitlines() == rows
    for name in ("row_error_samples.json", "row_errors_sample.json"):
        assert (await live.get(f"{meta}?path={name}")).status_code == 200
    inputs = (await live.get(f"{meta}?path=input_files")).json()
    listed = (await live.get(f"{meta}?path=input_files%2F{inputs['data'][0]['name']}")).text.splitlines()
    assert {json.loads(line)["path"].rpartition("/")[2] for line in listed} == {"a.csv", "b.csv"}
    page = (await live.get(f"{meta}?limit=1")).json()
    assert (page["_page"]["limit"], len(page["data"])) == (1, 1)
    assert page["_links"]["page"]["templated"] is True
    rest = (await live.get(f"{page['_links']['next']['href']}")).json()
    assert rest["data"][0]["name"] not in {item["name"] for item in page["data"]}
    assert (await live.get(f"{meta}?limit=1000")).json()["_page"]["limit"] == 100
    for bad in ("limit=0", "start=-1", "limit=x"):
        assert _code(await live.get(f"{meta}?{bad}")) == (400, "DATA-ACCESS-1400-400")
    for outside in ("../../../lock", "..%2F..", "row_errors/../../x", "a%00b", "x" * 300, "/etc/passwd"):
        assert _code(await live.get(f"{meta}?path={outside}")) == (404, "DATA-ACCESS-1404-404"), outside
    preview = (await live.get(f"{live.DA}/datasets/{dataset}/preview")).json()
    assert [row["person"]["name"]["firstName"] for row in preview["data"]] == ["Anna", "Cyd"]
    assert _code(await live.get(f"{live.DA}/batches/{batch}/failed")) == (404, "DATA-ACCESS-1404-404")


async def test_without_diagnostics_there_are_no_rows_to_see(live: Any) -> None:
    _, batch, _ = await _ingested(live, partialIngestionPercent=50, errorDiagnosticsEnabled=False)
    meta = f"{live.DA}/batches/{batch}/meta"
    assert _code(await live.get(f"{meta}?path=row_errors")) == (404, "INGEST-1211-404")
    assert (await live.get(f"{meta}?path=input_files")).status_code == 200


async def test_a_failed_batch_keeps_what_is_known_of_it(live: Any) -> None:
    _, batch, run = await _ingested(live, partialIngestionPercent=1, errorDiagnosticsEnabled=True)
    assert live.status(run) == "failed"
    entry = (await live.get(f"{live.CAT}/batches/{batch}")).json()[batch]
    assert entry["status"] in ("failed", "failure")
    last = (await live.get(f"{live.CAT}/lastBatches")).json()
    assert [item["lastFailedBatchId"] for item in last.values()] == [batch]
    failed = f"{live.DA}/batches/{batch}/failed"
    (listed,) = (await live.get(failed)).json()["data"]
    rows = (await live.get(f"{failed}?path={listed['name']}")).text.splitlines()
    assert json.loads(rows[0])["_errors"]
    assert (await live.get(f"{live.DA}/batches/{batch}/files")).json()["data"] == []
