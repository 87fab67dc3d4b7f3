"""Flow Service's resources: lists, filters, pages, etags, and the documented codes."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

S3 = "ecadc60c-7455-4d87-84dc-2a0e293d997b"
FTP = "fb2e94c9-c031-467d-8103-6bd6e0a432f2"
ZONE = "26f526f2-58f4-4712-961d-e41bf1ccc0e8"
KINESIS = "86043421-563b-46ec-8e6c-e23184711bf6"


def _code(answer: Any) -> str:
    return str(answer.json()["type"].rpartition("/")[2])


async def test_every_page_of_250_flows_is_reached_through_tokens_that_end_in_an_equals_sign(caller: Any) -> None:
    body = await caller.flow_body()
    ids = [await caller.made(f"{caller.FS}/flows", {**body, "name": f"flow {number:03}"}) for number in range(250)]
    names: list[str] = []
    url, pages = f"{caller.FS}/flows?orderby=-name&limit=40&property=name>=flow", 0
    while url:
        answer = (await caller.get(url)).json()
        names += [item["name"] for item in answer["items"]]
        pages += 1
        href = answer["_links"].get("next", {}).get("href")
        if href:
            assert href.startswith("/flows?")
            assert href.endswith("=")
            (token,) = parse_qs(urlsplit(href).query)["continuationToken"]
            whole = await caller.get(f"{caller.FS}/flows", params={"continuationToken": token})
            cut = await caller.get(f"{caller.FS}/flows", params={"continuationToken": token.rstrip("=")})
            assert cut.json() == whole.json()  # aepp sends it without its padding
            torn = await caller.get(f"{caller.FS}/flows", params={"continuationToken": token[: len(token) // 2]})
            assert (torn.status_code, _code(torn)) == (400, "FLOW-1442-400")
        url = f"{caller.FS}{href}" if href else ""
    assert (pages, len(names)) == (7, 250)
    assert names == sorted(names, reverse=True)
    counted = await caller.get(f"{caller.FS}/flows?count=true&property=id=={ids[0]},{ids[1]}")
    assert counted.json() == {"count": 2}


async def test_a_page_neither_repeats_nor_loses_items_when_others_come_and_go(caller: Any) -> None:
    for number in range(6):
        await caller.source("/people", name=f"s{number}")
    first = (await caller.get(f"{caller.FS}/sourceConnections?limit=3")).json()
    await caller.http.delete(f"{caller.FS}/sourceConnections/{first['items'][0]['id']}")
    await caller.source("/people", name="s6")
    second = (await caller.get(f"{caller.FS}{first['_links']['next']['href']}&limit=10")).json()
    assert [item["name"] for item in (*first["items"], *second["items"])] == [f"s{number}" for number in range(7)]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("property=name==s1", 1),
        ('property=name=="s1"', 1),
        ("property=name==s1,s2", 2),
        ("property=name!=s1", 2),
        ("property=params.path==/people&property=name==s2", 1),
        ("property=params.recursive==true", 1),
        ("property=connectionSpec.id==nothing", 0),
        ("property=createdAt>0", 3),
        ("property=createdAt<=0", 0),
        ("limit=2&count=false", 2),
    ],
)
async def test_property_filters(caller: Any, query: str, count: int) -> None:
    await caller.source("/people", name="s1")
    await caller.source("/people", name="s2")
    await caller.source("/x", name="s3", params={"path": "/x", "recursive": True})
    answer = await caller.get(f"{caller.FS}/sourceConnections?{quote(query, safe='=&')}")
    assert len(answer.json()["items"]) == count


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("property=name~x", "FLOW-1440-400"),
        ("property=name", "FLOW-1440-400"),
        ("count=true&limit=1", "FLOW-1401-400"),
        ("orderby=*name", "FLOW-1432-400"),
        ("orderby=connectionSpec", "FLOW-1433-400"),
        ("limit=many", "FLOW-1441-400"),
    ],
)
async def test_query_mistakes_have_codes(caller: Any, query: str, code: str) -> None:
    assert _code(await caller.get(f"{caller.FS}/connections?{query}")) == code


async def test_specs_have_what_forms_and_choices_need(caller: Any) -> None:
    specs = (await caller.get(f"{caller.FS}/connectionSpecs")).json()["items"]
    by_name = {spec["attributes"]["connectorName"]: spec for spec in specs}
    assert len(by_name) == 14
    sftp = by_name["SFTP"]["authSpec"][0]["spec"]
    assert sftp["required"] == ["host", "userName", "password"]
    assert sftp["properties"]["password"]["format"] == "password"
    assert sftp["properties"]["port"]["type"] == "integer"
    assert by_name["Azure Blob"]["authSpec"][1]["name"] == "SAS URI Authentication"
    query = quote('name=="CloudStorageToAEP"')
    (flow_spec,) = (await caller.get(f"{caller.FS}/flowSpecs?property={query}")).json()["items"]
    batch = {spec["id"] for spec in specs if spec.get("exploreSpec", {}).get("type") == "FileSystem"}
    assert set(flow_spec["sourceConnectionSpecIds"]) == batch
    streaming = await caller.get(f"{caller.FS}/flowSpecs?property=sourceConnectionSpecIds[]=={KINESIS}")
    assert streaming.json()["items"][0]["id"] == "d69717ba-71b4-4313-b654-49f9cf126d7a"


async def test_the_sample_connections_keep_their_ids(caller: Any) -> None:
    items = (await caller.get(f"{caller.FS}/connections")).json()["items"]
    assert len(items) == 9
    assert all(item["name"].startswith("Sample ") for item in items)
    assert (await caller.base())["id"] == "508a2143-bc79-5dc6-86ea-2925298be8e9"
    caller.http.headers["x-sandbox-name"] = "dev"
    again = (await caller.get(f"{caller.FS}/connections")).json()["items"]
    assert [item["id"] for item in again] == [item["id"] for item in items]


async def test_an_etag_guards_each_change(caller: Any) -> None:
    id = await caller.source("/people")
    path = f"{caller.FS}/sourceConnections/{id}"
    etag = (await caller.one(path))["etag"]
    assert etag.startswith('"')
    change = [{"op": "Replace", "path": "/description", "value": "x"}]
    assert _code(await caller.patch(path, change)) == "FLOW-1403-400"
    done = await caller.patch(path, change, headers={"If-Match": etag})
    assert (await caller.one(path))["etag"] == done.json()["etag"] != etag
    stale = await caller.patch(path, change, headers={"If-Match": etag})
    assert (stale.status_code, _code(stale)) == (412, "FLOW-1404-412")
    now = {"If-Match": done.json()["etag"]}
    wrong_op = [{"op": "move", "path": "/name", "value": "x"}]
    assert _code(await caller.patch(path, wrong_op, headers=now)) == "FLOW-1434-400"
    wrong_path = [{"op": "replace", "path": "/id", "value": "x"}]
    assert _code(await caller.patch(path, wrong_path, headers=now)) == "FLOW-1455-400"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"connectionSpec": {"id": "none"}}, "FLOW-1413-400"),
        ({"auth": {"specName": "Basic", "params": {}}}, "FLOW-1415-400"),
        ({"auth": {"specName": "Access Key", "params": {"s3AccessKey": "a"}}}, "CONNECTORS-1308-400"),
        ({"state": "enabled"}, "FLOW-1410-400"),
    ],
)
async def test_base_connections_are_checked(caller: Any, changes: dict[str, Any], code: str) -> None:
    good = {"s3AccessKey": "a", "s3SecretKey": "b"}
    body = {
        "name": "bucket",
        "auth": {"specName": "Access Key", "params": good},
        "connectionSpec": {"id": S3, "version": "1.0"},
    }
    assert (await caller.post(f"{caller.FS}/connections", body)).status_code == 201
    assert _code(await caller.post(f"{caller.FS}/connections", {**body, **changes})) == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"data": {"format": "xml"}}, "CONNECTORS-1327-400"),
        ({"data": {"format": "delimited", "properties": {"columnDelimiter": "ab"}}}, "CONNECTORS-1331-400"),
        ({"data": {"format": "delimited", "columnDelimiter": "ab"}}, "CONNECTORS-1331-400"),
        ({"data": {"format": "parquet", "properties": {"compressionType": "gzip"}}}, "CONNECTORS-1327-400"),
        ({"params": {}}, "CONNECTORS-1304-400"),
        ({"baseConnectionId": None}, "CONNECTORS-1304-400"),
        ({"baseConnectionId": "none"}, "FLOW-1439-404"),
        ({"connectionSpec": {"id": S3}}, "FLOW-1413-400"),
        ({"connectionSpec": {"id": ZONE}}, "CONNECTORS-1332-400"),
    ],
)
async def test_source_connections_are_checked(caller: Any, changes: dict[str, Any], code: str) -> None:
    body = {
        "name": "s",
        "baseConnectionId": (await caller.base())["id"],
        "data": {"format": "JSON"},
        "params": {"path": "/people"},
        "connectionSpec": {"id": caller.SFTP},
    }
    assert (await caller.post(f"{caller.FS}/sourceConnections", body)).status_code == 201
    assert _code(await caller.post(f"{caller.FS}/sourceConnections", {**body, **changes})) == code


async def test_target_connections_are_checked(caller: Any) -> None:
    schema = await caller.schema()
    body: dict[str, Any] = {
        "name": "t",
        "data": {"schema": {"id": schema, "version": "application/vnd.adobe.xed-full+json;version=1"}},
        "params": {"dataSetId": await caller.dataset(schema)},
        "connectionSpec": {"id": caller.LAKE, "version": "1.0"},
    }
    path = f"{caller.FS}/targetConnections"
    assert (await caller.post(path, body)).status_code == 201
    assert _code(await caller.post(path, {**body, "params": {}})) == "CONNECTORS-1325-400"
    assert _code(await caller.post(path, {**body, "connectionSpec": {"id": S3}})) == "CONNECTORS-1307-400"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sourceConnectionIds": []}, "CONNECTORS-1320-400"),
        ({"sourceConnectionIds": ["a", "b"]}, "CONNECTORS-1321-400"),
        ({"targetConnectionIds": ["a"]}, "FLOW-1439-404"),
        ({"flowSpec": {"id": "none"}}, "FLOW-1413-400"),
        ({"flowSpec": {"id": "d69717ba-71b4-4313-b654-49f9cf126d7a"}}, "FLOW-1413-400"),
        ({"transformations": []}, "CONNECTORS-1328-400"),
        ({"transformations": [{"name": "Copy"}]}, "CONNECTORS-1329-400"),
        ({"transformations": [{"name": "Mapping", "params": {"mappingId": "x"}}]}, "FLOW-1419-400"),
        ({"scheduleParams": {"startTime": 1, "frequency": "once"}}, "CONNECTORS-1360-400"),
        ({"scheduleParams": {"startTime": 1, "frequency": "once", "interval": 1}}, "CONNECTORS-1361-400"),
        ({"state": "enabled"}, "FLOW-1410-400"),
    ],
)
async def test_flows_are_checked(caller: Any, changes: dict[str, Any], code: str) -> None:
    body = await caller.flow_body()
    assert _code(await caller.post(f"{caller.FS}/flows", {**body, **changes})) == code
    assert (await caller.get(f"{caller.FS}/flows?count=true")).json() == {"count": 0}


async def test_a_flow_pins_a_version_and_a_schema_of_its_mapping(caller: Any) -> None:
    body = await caller.flow_body()
    params = body["transformations"][0]["params"]
    wrong = {**body, "transformations": [{"name": "Mapping", "params": {**params, "mappingVersion": 7}}]}
    assert _code(await caller.post(f"{caller.FS}/flows", wrong)) == "FLOW-1412-400"
    other = await caller.mapping(await caller.schema(title="Other"))
    wrong = {**body, "transformations": [{"name": "Mapping", "params": {"mappingId": other, "mappingVersion": "0"}}]}
    assert _code(await caller.post(f"{caller.FS}/flows", wrong)) == "FLOW-1425-400"


async def test_a_flow_lives_is_switched_and_goes(caller: Any) -> None:
    body = await caller.flow_body(
        scheduleParams={"startTime": str(caller.now_s() + 600), "frequency": "minute", "interval": "15"}
    )
    answer = await caller.post(f"{caller.FS}/flows", body)
    assert set(answer.json()) == {"id", "etag"}
    path = f"{caller.FS}/flows/{answer.json()['id']}"
    assert answer.headers["location"] == path
    flow = await caller.one(path)
    assert flow["state"] == "enabled"
    assert flow["scheduleParams"]["interval"] == "15"
    assert flow["lastOperation"]["operation"] == "create"
    base = (await caller.base())["id"]
    assert flow["inheritedAttributes"]["sourceConnections"][0]["baseConnection"]["id"] == base
    assert _code(await caller.post(f"{path}/action?op=enable")) == "FLOW-1422-400"
    assert (await caller.post(f"{path}/action?op=DISABLE")).status_code == 200
    assert (await caller.one(path))["state"] == "disabled"
    assert _code(await caller.http.delete(f"{caller.FS}/connections/{base}")) == "FLOW-1418-400"
    source = f"{caller.FS}/sourceConnections/{body['sourceConnectionIds'][0]}"
    assert _code(await caller.http.delete(source)) == "FLOW-1447-400"
    assert (await caller.http.delete(path)).status_code == 204
    assert _code(await caller.get(path)) == "FLOW-1439-404"
    assert (await caller.http.delete(source)).status_code == 204


async def test_a_draft_is_finished_by_patches_and_published(caller: Any) -> None:
    body = await caller.flow_body()
    schedule, transformations = body.pop("scheduleParams"), body.pop("transformations")
    made = (await caller.post(f"{caller.FS}/flows?mode=draft", body)).json()
    path = f"{caller.FS}/flows/{made['id']}"
    assert (await caller.one(path))["state"] == "draft"
    assert _code(await caller.post(f"{path}/action?op=publish")) == "CONNECTORS-1328-400"
    change = [
        {"op": "add", "path": "/transformations", "value": transformations},
        {"op": "add", "path": "/scheduleParams", "value": schedule},
    ]
    assert (await caller.patch(path, change, headers={"If-Match": made["etag"]})).status_code == 200
    assert (await caller.post(f"{path}/action?op=publish")).status_code == 200
    assert (await caller.one(path))["state"] == "enabled"


async def test_after_the_first_start_the_start_is_frozen(caller: Any) -> None:
    start = caller.now_s() + 60
    schedule = {"startTime": start, "frequency": "hour", "interval": 1, "backfill": True}
    made = (await caller.post(f"{caller.FS}/flows", await caller.flow_body(scheduleParams=schedule))).json()
    path = f"{caller.FS}/flows/{made['id']}"
    later = [{"op": "replace", "path": "/scheduleParams/startTime", "value": start + 60}]
    made = (await caller.patch(path, later, headers={"If-Match": made["etag"]})).json()
    caller.clock.advance(3600)
    again = [{"op": "replace", "path": "/scheduleParams/startTime", "value": start + 9000}]
    assert _code(await caller.patch(path, again, headers={"If-Match": made["etag"]})) == "CONNECTORS-1366-400"
    slower = [{"op": "replace", "path": "/scheduleParams/interval", "value": 2}]
    assert (await caller.patch(path, slower, headers={"If-Match": made["etag"]})).status_code == 200


async def test_explore_lists_previews_and_detects(caller: Any) -> None:
    path = f"{caller.FS}/connections/{(await caller.base())['id']}/explore"
    root = (await caller.get(f"{path}?objectType=ROOT")).json()
    assert [entry["type"] for entry in root] == ["folder", "file"]
    file = "objectType=file&object=/people/a.csv"
    shown = (await caller.get(f"{path}?{file}&FileType=delimited&preview=true")).json()
    assert shown["data"][0] == {"first": "Anna", "born": "1990-01-31"}
    assert [column["name"] for column in shown["schema"]["columns"]] == ["first", "born"]
    found = (await caller.get(f"{path}?{file}&determineProperties=true")).json()
    assert found["properties"]["columnDelimiter"] == ","
    for query, code in (
        ("objectType=table", "CONNECTORS-1358-400"),
        ("objectType=folder", "CONNECTORS-1337-400"),
        ("objectType=folder&object=/../..", "CONNECTORS-1337-400"),
        (f"{file}&fileType=delimited&determineProperties=true", "CONNECTORS-1374-400"),
        (file, "CONNECTORS-1337-400"),
    ):
        assert _code(await caller.get(f"{path}?{query}")) == code
    zone = await caller.get(f"{caller.FS}/connectionSpecs/{ZONE}/explore?objectType=root")
    assert zone.json() == root
    assert _code(await caller.get(f"{caller.FS}/connectionSpecs/{S3}/explore?objectType=root")) == "CONNECTORS-1372-400"


async def test_a_connection_to_an_invalid_host_fails_its_test(caller: Any) -> None:
    auth = {
        "specName": "Basic Authentication for sftp",
        "params": {"host": "box.invalid", "userName": "u", "password": "p"},
    }
    body = {"name": "box", "auth": auth, "connectionSpec": {"id": caller.SFTP, "version": "1.0"}}
    made = await caller.made(f"{caller.FS}/connections", body)
    assert (await caller.get(f"{caller.FS}/connections/{made}/test")).json() == {"result": False}
