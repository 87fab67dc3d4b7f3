"""The rows of aep-api.md sections 2.1 to 2.7 that are not told elsewhere, each through HTTP."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

S3 = "ecadc60c-7455-4d87-84dc-2a0e293d997b"
KINDS = ("connections", "sourceConnections", "targetConnections", "flows")


def code(answer: Any) -> str:
    return str(answer.json()["type"].rpartition("/")[2])


def sftp(caller: Any, **more: Any) -> dict[str, Any]:
    params = {"host": "files.test", "userName": "u", "password": "p", **more}
    auth = {"specName": "Basic Authentication for sftp", "params": params}
    return {"name": "box", "auth": auth, "connectionSpec": {"id": caller.SFTP, "version": "1.0"}}


async def patched(caller: Any, path: str, *change: tuple[str, str, Any]) -> Any:
    etag = (await caller.one(path))["etag"]
    body = [{"op": op, "path": place, "value": value} for op, place, value in change]
    return await caller.patch(path, body, headers={"If-Match": etag})


async def one_of_each(caller: Any) -> dict[str, str]:
    """Path of a resource of each kind."""
    body = await caller.flow_body(scheduleParams={"startTime": caller.now_s() + 600, "frequency": "once"})
    ids = {
        "connections": await caller.made(f"{caller.FS}/connections", sftp(caller)),
        "sourceConnections": body["sourceConnectionIds"][0],
        "targetConnections": body["targetConnectionIds"][0],
        "flows": await caller.made(f"{caller.FS}/flows", body),
    }
    return {kind: f"{caller.FS}/{kind}/{id}" for kind, id in ids.items()}


# -- 2.1: what all resources share


async def test_every_create_answers_a_location_and_an_etag_whose_value_has_quotes(caller: Any) -> None:
    answer = await caller.post(f"{caller.FS}/connections", sftp(caller))
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == {"id", "etag"}
    assert answer.headers["location"] == f"{caller.FS}/connections/{made['id']}"
    found = await caller.one(answer.headers["location"])
    assert made["etag"][0] == made["etag"][-1] == '"'
    assert found["version"] == found["etag"] == made["etag"]
    bare = {"If-Match": made["etag"].strip('"')}
    change = [{"op": "replace", "path": "/description", "value": "x"}]
    assert code(await caller.patch(f"{caller.FS}/connections/{made['id']}", change, headers=bare)) == "FLOW-1404-412"


async def test_every_resource_is_changed_in_any_spelling_of_op_and_gone_after_its_delete(caller: Any) -> None:
    paths = await one_of_each(caller)
    for path in paths.values():
        for op in ("add", "REPLACE", "Remove"):
            answer = await patched(caller, path, (op, "/description", "seen"))
            assert answer.status_code == 200, answer.text
            assert set(answer.json()) == {"id", "etag"}
            assert (await caller.one(path)).get("description") == (None if op == "Remove" else "seen")
    for path in (paths["flows"], paths["targetConnections"], paths["sourceConnections"], paths["connections"]):
        gone = await caller.http.delete(path)
        assert (gone.status_code, gone.content) == (204, b"")
        again = await caller.http.delete(path)
        assert (again.status_code, code(again)) == (404, "FLOW-1439-404")
        assert (await caller.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([], "FLOW-1405-400"),
        (None, "FLOW-1405-400"),
        ({"op": "replace"}, "FLOW-1434-400"),
        ([{"op": "test", "path": "/name", "value": "x"}], "FLOW-1434-400"),
        ([{"op": "replace", "path": "name", "value": "x"}], "FLOW-1455-400"),
        ([{"op": "replace", "path": "/state", "value": "enabled"}], "FLOW-1455-400"),
        ([{"op": "replace", "path": "/etag", "value": "x"}], "FLOW-1455-400"),
        ([{"op": "replace", "path": "/name", "value": 3}], "FLOW-1455-400"),
        ([{"op": "remove", "path": "/name"}], "FLOW-1455-400"),
        ([{"op": "replace", "path": "/description", "value": ["x"]}], "FLOW-1455-400"),
    ],
)
async def test_a_wrong_patch_changes_nothing_and_says_why(caller: Any, body: Any, expected: str) -> None:
    path = f"{caller.FS}/connections/{await caller.made(f'{caller.FS}/connections', sftp(caller))}"
    before = await caller.one(path)
    content = {} if body is None else {"json": body}
    answer = await caller.http.patch(path, headers={"If-Match": before["etag"]}, **content)
    assert code(answer) == expected
    assert await caller.one(path) == before


@pytest.mark.parametrize("kind", KINDS)
async def test_a_create_without_body_or_name_or_with_a_state_is_refused(caller: Any, kind: str) -> None:
    path = f"{caller.FS}/{kind}"
    bodies: dict[str, Any] = {
        "connections": sftp(caller),
        "sourceConnections": {
            "name": "s",
            "baseConnectionId": (await caller.base())["id"],
            "data": {"format": "json"},
            "params": {"path": "/people"},
            "connectionSpec": {"id": caller.SFTP},
        },
        "targetConnections": {"name": "t", "connectionSpec": {"id": caller.LAKE}},
        "flows": {"name": "f", "flowSpec": {"id": caller.BATCH_FLOW}},
    }
    body = bodies[kind]
    assert code(await caller.post(path, {})) == "FLOW-1405-400"
    assert code(await caller.http.post(path)) == "FLOW-1405-400"
    for name in ("", "  ", None, 7):
        assert code(await caller.post(path, {**body, "name": name})) == "FLOW-1405-400"
    assert code(await caller.post(path, {**body, "state": "disabled"})) == "FLOW-1410-400"
    assert code(await caller.post(f"{path}?mode=trial", body)) == "CONNECTORS-1368-400"
    assert code(await caller.post(path, {**body, "connectionSpec": {}, "flowSpec": {}})) == "FLOW-1413-400"


# -- 2.2: lists and searches


async def test_filters_reach_into_arrays_and_nested_objects(caller: Any) -> None:
    paths = await one_of_each(caller)
    flow = await caller.one(paths["flows"])
    source, target = flow["sourceConnectionIds"][0], flow["targetConnectionIds"][0]
    mapping = flow["transformations"][0]["params"]["mappingId"]
    dataset = (await caller.one(paths["targetConnections"]))["params"]["dataSetId"]
    for kind, expression in (
        ("flows", f"sourceConnectionIds[]=={source}"),
        ("flows", f"targetConnectionIds[]=={target}"),
        ("flows", f"transformations[].params.mappingId=={mapping}"),
        ("flows", "inheritedAttributes.properties.isSourceFlow==true"),
        ("flows", f"flowSpec.id=={caller.BATCH_FLOW}"),
        ("flows", "state==disabled,enabled"),
        ("flows", "name=people daily"),
        ("targetConnections", f"params.dataSetId=={dataset}"),
        ("sourceConnections", f"baseConnectionId=={(await caller.base())['id']}"),
    ):
        answer = await caller.get(f"{caller.FS}/{kind}", params={"property": expression})
        assert len(answer.json()["items"]) == 1, expression
        none = await caller.get(
            f"{caller.FS}/{kind}?count=true", params={"property": f"{expression}x", "count": "true"}
        )
        assert none.json() == {"count": 0}, expression
    encoded = await caller.get(f"{caller.FS}/flows?property={quote('name==people daily')}&orderby=%2Bname")
    assert len(encoded.json()["items"]) == 1


@pytest.mark.parametrize("limit", ["0", "-1", "1.5", "x"])
async def test_a_limit_is_a_whole_number_above_nought(caller: Any, limit: str) -> None:
    assert code(await caller.get(f"{caller.FS}/connections?limit={limit}")) == "FLOW-1441-400"


async def test_the_last_page_has_no_next_link_and_the_order_may_be_written_with_a_plus(caller: Any) -> None:
    everything = (await caller.get(f"{caller.FS}/connections?limit=1000")).json()
    assert everything["_links"] == {}
    up = (await caller.get(f"{caller.FS}/connections?orderby=+name")).json()["items"]
    assert [item["name"] for item in up] == sorted(item["name"] for item in everything["items"])


async def test_a_search_is_a_list_whose_query_stands_in_its_body(caller: Any) -> None:
    path = f"{caller.FS}/connections/search"
    body: dict[str, Any] = {"queryString": f"connectionSpec.id!={S3}&name!=x", "limit": 3, "orderby": "-name"}
    first = (await caller.post(path, {**body, "projectionFields": "id, name"})).json()
    assert [set(item) for item in first["items"]] == [{"id", "name"}] * 3
    names, answer = [], first
    while True:
        names += [item["name"] for item in answer["items"]]
        href = answer["_links"].get("next", {}).get("href")
        if not href:
            break
        assert href.startswith("/connections/search?continuationToken=")
        answer = (await caller.post(f"{caller.FS}{href}", body)).json()
    assert len(names) == 8
    assert names == sorted(names, reverse=True)
    assert "Sample Amazon S3" not in names
    assert (await caller.post(path, {"queryString": "property=name!=x", "count": True})).json() == {"count": 9}
    assert (await caller.post(f"{caller.FS}/flows/search", {})).json() == {"items": [], "_links": {}}
    (spec,) = (await caller.post(f"{caller.FS}/flowSpecs/search", {"queryString": "name==CloudStorageToAEP"})).json()[
        "items"
    ]
    assert spec["id"] == caller.BATCH_FLOW


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"queryString": "name~x"}, "FLOW-1440-400"),
        ({"queryString": 3}, "FLOW-1441-400"),
        ({"limit": 1001}, "FLOW-1441-400"),
        ({"limit": 0}, "FLOW-1441-400"),
        ({"limit": True}, "FLOW-1441-400"),
        ({"limit": 1, "count": True}, "FLOW-1401-400"),
        ({"orderby": "*name"}, "FLOW-1432-400"),
        ({"groupByProperty": "name"}, "FLOW-1441-400"),
    ],
)
async def test_a_wrong_search_has_the_codes_of_a_list(caller: Any, body: Any, expected: str) -> None:
    for kind in ("connections", "flows", "flowSpecs"):
        assert code(await caller.post(f"{caller.FS}/{kind}/search", body)) == expected


# -- 2.3 and 2.4: specs and base connections


async def test_configs_are_none_for_what_exists(caller: Any) -> None:
    base = (await caller.base())["id"]
    for path in (f"connections/{base}", f"connectionSpecs/{caller.SFTP}"):
        answer = await caller.get(f"{caller.FS}/{path}/configs?outputType=activationDatasets&limit=100&start=0")
        assert answer.json() == {"items": [], "pageInfo": {"hasNext": False}}
    for path in ("connections/x", "connectionSpecs/x"):
        assert code(await caller.get(f"{caller.FS}/{path}/configs")) == "FLOW-1439-404"


async def test_credentials_have_the_types_of_the_auth_spec(caller: Any) -> None:
    path = f"{caller.FS}/connections"
    good: list[dict[str, Any]] = [{"port": 22}, {"port": "22"}, {"disableChunking": True}, {"folderPath": "/x"}]
    bad: list[dict[str, Any]] = [{"port": 0}, {"port": "ssh"}, {"port": True}, {"host": 3}, {"password": {}}]
    for params in good:
        assert (await caller.post(path, sftp(caller, **params))).status_code == 201
    for params in [*bad, {"disableChunking": 3}]:
        assert code(await caller.post(path, sftp(caller, **params))) == "CONNECTORS-1308-400"


async def test_a_connection_keeps_its_spec_and_auth_type_and_renews_one_secret(caller: Any) -> None:
    path = f"{caller.FS}/connections/{await caller.made(f'{caller.FS}/connections', sftp(caller))}"
    spec = await patched(caller, path, ("replace", "/connectionSpec/id", S3))
    assert code(spec) == "FLOW-1414-400"
    kind = await patched(caller, path, ("replace", "/auth/specName", "SSH PublicKey Authentication for sftp"))
    assert code(kind) == "FLOW-1415-400"
    assert (await patched(caller, path, ("replace", "/auth/params/password", "newer"))).status_code == 200
    shown = (await caller.one(path))["auth"]["params"]
    assert (shown["host"], shown["password"]) == ("files.test", "******")


# -- 2.5 to 2.7: explore, source and target connections


async def test_explore_takes_the_spellings_that_clients_send(caller: Any) -> None:
    path = f"{caller.FS}/connections/{(await caller.base())['id']}/explore"
    file = "object=/people/a.csv&preview=True"
    for query in (
        f"objectType=FILE&{file}&FILE_TYPE=DELIMITED",
        f"OBJECTTYPE=file&{file}&FileType=delimited",
        f"objectType=file&{file}&fileType=delimited&columnDelimiter=%2C&ileType=x",
    ):
        answer = (await caller.get(f"{path}?{query}")).json()
        assert answer["data"][0] == {"first": "Anna", "born": "1990-01-31"}
    for tab in ("%09", "%5Ct"):
        answer = (await caller.get(f"{path}?objectType=file&{file}&fileType=delimited&columnDelimiter={tab}")).json()
        assert [column["name"] for column in answer["schema"]["columns"]] == ["first,born"]


@pytest.mark.parametrize(
    ("params", "fits"),
    [
        ({"path": "/a/*.csv", "type": "folder", "recursive": "true"}, True),
        ({"path": "/a.csv", "type": "file"}, True),
        ({"path": "/a"}, True),
        ({"path": "/a", "type": "bucket"}, False),
        ({"path": "/a", "recursive": "maybe"}, False),
        ({"path": 3}, False),
    ],
)
async def test_a_source_says_where_its_files_are(caller: Any, params: dict[str, Any], fits: bool) -> None:
    body = {
        "name": "s",
        "baseConnectionId": (await caller.base())["id"],
        "data": {"format": "delimited"},
        "params": params,
        "connectionSpec": {"id": caller.SFTP, "version": 1},
    }
    answer = await caller.post(f"{caller.FS}/sourceConnections", body)
    if fits:
        shown = await caller.one(f"{caller.FS}/sourceConnections/{answer.json()['id']}")
        assert shown["params"] == params
    else:
        assert code(answer) == "CONNECTORS-1304-400"


async def test_the_landing_zone_has_credentials_that_refresh(caller: Any) -> None:
    path = "/data/foundation/connectors/landingzone"
    assert (await caller.get(f"{path}?type=user_drop_zone")).json()["containerTTL"] == "7"
    url = f"{path}/credentials?type=user_drop_zone"
    first = (await caller.get(url)).json()
    assert set(first) == {"containerName", "SASToken", "SASUri", "storageAccountName", "expiryDate"}
    assert first["SASUri"].endswith(f"/{first['containerName']}?{first['SASToken']}")
    assert (await caller.get(url)).json() == first
    fresh = (await caller.post(f"{url}&action=refresh")).json()
    assert fresh["SASToken"] != first["SASToken"]
    assert (await caller.get(url)).json() == fresh
    caller.http.headers["x-sandbox-name"] = "dev"
    assert (await caller.get(url)).json()["SASToken"] != fresh["SASToken"]
    assert (await caller.get(f"{path}/credentials?type=x")).status_code == 400
    assert (await caller.post(f"{url}&action=drop")).status_code == 400
    assert (await caller.get(f"{path}/credentials?type=dlz_destination")).status_code == 501
