"""The rows of aep-api.md sections 2.8 and 2.9 that are not told elsewhere, each through HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.test_flow_contract import code, one_of_each, patched, sftp


async def test_drafts_are_published_from_the_base_up(caller: Any) -> None:
    made = {"connections": (await caller.post(f"{caller.FS}/connections?mode=draft", sftp(caller))).json()["id"]}
    whole = await caller.flow_body(scheduleParams={"startTime": caller.now_s() + 600, "frequency": "once"})
    source = {
        "name": "s",
        "baseConnectionId": made["connections"],
        "data": {"format": "delimited"},
        "params": {"path": "/people"},
        "connectionSpec": {"id": caller.SFTP, "version": "1.0"},
    }
    assert code(await caller.post(f"{caller.FS}/sourceConnections", source)) == "FLOW-1456-400"
    answer = await caller.post(f"{caller.FS}/sourceConnections?mode=draft", source)
    made["sourceConnections"] = answer.json()["id"]
    flow = {**whole, "sourceConnectionIds": [made["sourceConnections"]]}
    assert code(await caller.post(f"{caller.FS}/flows", flow)) == "FLOW-1457-400"
    made["flows"] = (await caller.post(f"{caller.FS}/flows?mode=draft", flow)).json()["id"]
    paths = {kind: f"{caller.FS}/{kind}/{id}" for kind, id in made.items()}
    assert code(await caller.post(f"{paths['flows']}/action?op=publish")) == "FLOW-1457-400"
    assert code(await caller.post(f"{paths['sourceConnections']}/action?op=publish")) == "FLOW-1456-400"
    for kind in ("connections", "sourceConnections", "flows"):
        assert (await caller.one(paths[kind]))["state"] == "draft"
        answer = await caller.post(f"{paths[kind]}/action?op=Publish&subOp=APPLY")
        assert set(answer.json()) == {"id", "etag"}
        assert (await caller.one(paths[kind]))["state"] == "enabled"
        assert code(await caller.post(f"{paths[kind]}/action?op=publish")) == "FLOW-1422-400"


async def test_an_action_needs_no_if_match_but_minds_a_stale_one(caller: Any) -> None:
    path = (await one_of_each(caller))["flows"]
    old = {"If-Match": (await caller.one(path))["etag"]}
    assert (await caller.http.post(f"{path}/action?op=DISABLE", headers=old)).status_code == 200
    stale = await caller.http.post(f"{path}/action?op=enable", headers=old)
    assert (stale.status_code, code(stale)) == (412, "FLOW-1404-412")
    assert (await caller.http.post(f"{path}/action?op=enable")).status_code == 200
    assert (await caller.one(path))["lastOperation"]["operation"] == "enable"
    for op, expected in (("FINALIZE_UPDATE", "FLOW-1402-400"), ("finalize", "FLOW-1402-400"), ("", "FLOW-1434-400")):
        assert code(await caller.post(f"{path}/action?op={op}")) == expected


async def test_schedules_come_back_as_they_were_sent(caller: Any) -> None:
    start = caller.now_s() + 600
    for sent in (
        {"startTime": str(start), "frequency": "minute", "interval": "15", "backfill": "true"},
        {"startTime": start, "frequency": "week", "interval": 1, "backfill": False},
    ):
        flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body(scheduleParams=sent))
        assert (await caller.one(f"{caller.FS}/flows/{flow}"))["scheduleParams"] == sent


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"frequency": "once", "interval": 1}, "CONNECTORS-1361-400"),
        ({"frequency": "minute", "interval": 14}, "CONNECTORS-1362-400"),
        ({"frequency": "hour", "interval": 0}, "CONNECTORS-1362-400"),
        ({"frequency": "hour"}, "CONNECTORS-1363-400"),
        ({"frequency": "once", "backfill": True}, "CONNECTORS-1364-400"),
        ({"frequency": "month", "interval": 1}, "CONNECTORS-1397-400"),
        ({"frequency": "once", "startTime": 1}, "CONNECTORS-1360-400"),
    ],
)
async def test_wrong_schedules_have_codes(caller: Any, changes: dict[str, Any], expected: str) -> None:
    schedule = {"startTime": caller.now_s() + 600, **changes}
    answer = await caller.post(f"{caller.FS}/flows", await caller.flow_body(scheduleParams=schedule))
    assert code(answer) == expected


async def test_after_its_start_a_schedule_keeps_what_the_documents_freeze(caller: Any) -> None:
    schedule = {"startTime": caller.now_s() + 60, "frequency": "hour", "interval": 1, "backfill": True}
    flow = await caller.made(f"{caller.FS}/flows", await caller.flow_body(scheduleParams=schedule))
    path = f"{caller.FS}/flows/{flow}"
    wrong = await patched(caller, path, ("add", "/scheduleParams/every", 3))
    assert code(wrong) == "CONNECTORS-1365-400"
    caller.clock.advance(3600)
    once = await patched(
        caller,
        path,
        ("replace", "/scheduleParams/frequency", "once"),
        ("remove", "/scheduleParams/interval", None),
        ("remove", "/scheduleParams/backfill", None),
    )
    assert code(once) == "CONNECTORS-1403-400"
    back = await patched(caller, path, ("replace", "/scheduleParams/backfill", False))
    assert code(back) == "CONNECTORS-1404-400"
    assert (await patched(caller, path, ("replace", "/scheduleParams/interval", 6))).status_code == 200


async def test_options_labels_and_transformations_are_patched(caller: Any) -> None:
    body = await caller.flow_body(scheduleParams={"startTime": caller.now_s() + 600, "frequency": "once"})
    schema = (await caller.one(f"{caller.FS}/targetConnections/{body['targetConnectionIds'][0]}"))["data"]["schema"]
    del body["options"]
    path = f"{caller.FS}/flows/{await caller.made(f'{caller.FS}/flows', body)}"
    options = {"partialIngestionPercent": "10"}
    assert (await patched(caller, path, ("add", "/options", options))).status_code == 200
    assert (await patched(caller, path, ("add", "/options/errorDiagnosticsEnabled", True))).status_code == 200
    assert (await patched(caller, path, ("add", "/labels", ["core/C1"]))).status_code == 200
    for percent in (0, -1, "many", True):
        wrong = await patched(caller, path, ("replace", "/options/partialIngestionPercent", percent))
        assert wrong.status_code == 400, percent
    mapping = {"mappingId": await caller.mapping(schema["id"]), "mappingVersion": "0"}
    newer = ("replace", "/transformations/0", {"name": "Mapping", "params": mapping})
    assert (await patched(caller, path, newer)).status_code == 200
    flow = await caller.one(path)
    assert flow["options"] == {"partialIngestionPercent": 10, "errorDiagnosticsEnabled": True}
    assert flow["labels"] == ["core/C1"]
    assert flow["transformations"][0]["params"] == mapping
    assert flow["lastOperation"]["operation"] == "update"
    gone = await patched(caller, path, ("replace", "/transformations/0/params/mappingVersion", 9))
    assert code(gone) == "FLOW-1412-400"


async def test_transformations_are_those_of_the_flow_spec(caller: Any) -> None:
    body = await caller.flow_body()
    mapping = body["transformations"][0]
    for extra in ({"name": "Copy"}, 3, {"name": "Encryption"}, {"name": "Encryption", "params": {}}):
        answer = await caller.post(f"{caller.FS}/flows", {**body, "transformations": [mapping, extra]})
        assert code(answer) == "CONNECTORS-1329-400"


async def test_a_flow_into_a_dataset_that_is_gone_is_the_mistake_of_its_maker(caller: Any) -> None:
    body = await caller.flow_body()
    target = await caller.one(f"{caller.FS}/targetConnections/{body['targetConnectionIds'][0]}")
    await caller.http.delete(f"{caller.CAT}/dataSets/{target['params']['dataSetId']}")
    assert code(await caller.post(f"{caller.FS}/flows", body)) == "CONNECTORS-1325-400"


async def test_an_encrypted_flow_is_made_and_its_run_says_that_nothing_is_decrypted_here(live: Any) -> None:
    body = await live.flow_body()
    encryption = {"name": "Encryption", "params": {"publicKeyId": "k1"}}
    body["transformations"].append(encryption)
    flow = await live.made(f"{live.FS}/flows", body)
    assert (await live.one(f"{live.FS}/flows/{flow}"))["transformations"][1] == encryption
    (run,) = await live.ended(flow)
    assert live.status(run) == "failed"
    assert "decrypt" in run["metrics"]["statusSummary"]["errors"][0]["message"]


async def test_connections_are_kept_while_flows_use_them(caller: Any) -> None:
    paths = await one_of_each(caller)
    base = f"{caller.FS}/connections/{(await caller.base())['id']}"
    assert code(await caller.http.delete(base)) == "FLOW-1418-400"
    for kind in ("sourceConnections", "targetConnections"):
        assert code(await caller.http.delete(paths[kind])) == "FLOW-1447-400"


# -- 2.9: runs


async def test_runs_on_demand_have_the_codes_of_their_table(caller: Any) -> None:
    flow = (await one_of_each(caller))["flows"]
    id, now = flow.rpartition("/")[2], caller.now_s()
    times = {"startTime": now, "windowStartTime": now - 10, "windowEndTime": now}
    path = f"{caller.FS}/runs"
    assert code(await caller.post(path, {"flowId": "x", "params": times})) == "FLOW-1439-404"
    assert code(await caller.post(path, {"flowId": id})) == "CONNECTORS-1380-400"
    assert (
        code(await caller.post(path, {"flowId": id, "params": {**times, "startTime": "soon"}})) == "CONNECTORS-1380-400"
    )
    assert code(await caller.post(path, {})) == "FLOW-1405-400"
    run = (await caller.post(path, {"flowId": id, "params": times})).json()["items"][0]
    assert set(run) == {"id", "etag"}
    again = f"{path}/{run['id']}/action?op"
    assert code(await caller.post(f"{again}=Re_Trigger")) == "CONNECTORS-1387-400"
    assert code(await caller.post(f"{again}=finalize")) == "FLOW-1402-400"
    assert code(await caller.post(f"{again}=stop")) == "FLOW-1434-400"
    await caller.post(f"{flow}/action?op=disable")
    assert code(await caller.post(path, {"flowId": id, "params": times})) == "CONNECTORS-1388-400"
    assert code(await caller.post(f"{again}=re-trigger")) == "CONNECTORS-1388-400"
    states = await caller.get(f"{path}?property=metrics.statusSummary.status==scheduled&property=flowId=={id}")
    assert len(states.json()["items"]) == 1
