"""Adobe's public Postman requests, replayed over a socket: each is answered well, or `LEFT_OUT` says why not."""

from __future__ import annotations

import http.client
import json
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from tests.clients.postman import Call, calls, environment
from tests.served import Served, served

POSTMAN: Final = Path(__file__).resolve().parents[2] / "../shared/postman"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not POSTMAN.is_dir(), reason="Adobe's Postman collections are not beside the repository"),
]

FS, SR, CAT = "/data/foundation/flowservice", "/data/foundation/schemaregistry", "/data/foundation/catalog"
DP, DA, SB = "/data/foundation/conversion", "/data/foundation/export", "/data/foundation/sandbox-management"
PROFILE: Final = "https://ns.adobe.com/xdm/context/profile"
PERSON: Final = "https://ns.adobe.com/xdm/context/profile-person-details"
FULL: Final = "application/vnd.adobe.xed-full+json;version=1"
SFTP: Final = {"id": "b7bf2577-4520-42c9-bae9-cad01560f7bc", "version": "1.0"}
_BATCHES: Final = "batches are written by the ingestion of flows; Batch Ingestion is another service"
_BARE: Final = "no dataflow needs it, and the collection sends it without a token: the gateway refuses it"

LEFT_OUT: Final[dict[str, str]] = {
    "POST /ims/exchange/jwt/": "Adobe has retired it; the collection itself calls it deprecated",
    f"POST {CAT}/batches": _BATCHES,
    f"PUT {CAT}/batches/:BATCH_ID": _BATCHES,
    f"POST {CAT}/batches/:BATCH_ID": _BATCHES,
    f"PATCH {CAT}/batches/:BATCH_ID": _BATCHES,
    f"DELETE {CAT}/batches/:BATCH_ID": _BATCHES,
    f"GET {CAT}/dataSets/:id/credentials": "datasets are files of this machine; there are no credentials to them",
    f"GET {CAT}/": _BARE,
    f"POST {CAT}/": _BARE,
    f"GET {CAT}/tags/:tagNamespace": "the published file calls it deprecated",
}
"""Requests of the collections that the platform does not serve: each is answered so, which is tested too."""


class Replay:
    """The collections, their variables, and which requests have been sent."""

    def __init__(self, facts: dict[str, str]) -> None:
        self.calls: dict[str, Call] = {call.key: call for call in calls(POSTMAN)}
        (file,) = POSTMAN.glob("*.postman_environment.json")
        self.variables = {
            **environment(file),
            "API_KEY": facts["client_id"],
            "CLIENT_SECRET": facts["client_secret"],
            "IMS_ORG": facts["org_id"],
            "SANDBOX_NAME": facts["sandbox"],
            "IMS": urlsplit(facts["ims_url"]).netloc,
        }
        self._address = urlsplit(facts["url"]).netloc
        self.sent: set[str] = set()
        self.refused: list[str] = []

    def send(self, key: str, **variables: Any) -> tuple[int, dict[str, str], Any]:
        """Send a request; bodies may be given as JSON values."""
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in variables.items()}
        known = {name.replace("__", "-"): value for name, value in texts.items()}
        sent = self.calls[key].filled({**self.variables, **known})
        line = http.client.HTTPConnection(self._address, timeout=30)
        line.request(sent.method, sent.target, sent.body, sent.headers)
        with line.getresponse() as answer:
            raw, headers = answer.read(), dict(answer.getheaders())
        line.close()
        try:
            content = json.loads(raw) if raw else None
        except ValueError:
            content = raw
        return answer.status, headers, content

    def ok(self, key: str, **variables: Any) -> Any:
        """Send a request that must be answered well; its content."""
        self.sent.add(key)
        status, _, content = self.send(key, **variables)
        if not 200 <= status < 300:
            self.refused.append(f"{key}: {status} {str(content)[:300]}")
        return content

    def made(self, key: str, **variables: Any) -> str:
        """The id of what a create made."""
        before = len(self.refused)
        content = self.ok(key, **variables)
        if len(self.refused) > before:
            pytest.fail("\n".join(self.refused), pytrace=False)
        if isinstance(content, list):
            return str(content[0]).rpartition("/")[2]
        return str(content.get("id") or content.get("@id") or content.get("meta:altId"))


def test_every_request_of_the_collections_is_replayed_or_left_out_for_a_reason(served: Served) -> None:
    replay = Replay(served.facts)
    replay.variables["ACCESS_TOKEN"] = replay.ok("POST /ims/token/v2")["access_token"]
    _sandboxes(replay)
    _registry(replay)
    _dataflow(replay)
    assert not replay.refused, "\n".join(replay.refused)

    assert replay.sent | set(LEFT_OUT) == set(replay.calls), "a request is neither replayed nor left out"
    assert not replay.sent & set(LEFT_OUT)
    blanks = {"BATCH_ID": "x", "id": "x", "tagNamespace": "x"}
    bodies = {"batch": "{}", "resources": "[]"}
    for key in sorted(set(LEFT_OUT) - {"POST /ims/exchange/jwt/"}):
        status = replay.send(key, **blanks, **bodies)[0]
        assert status == (403 if LEFT_OUT[key] == _BARE else 501), key


def _sandboxes(replay: Replay) -> None:
    replay.ok(f"GET {SB}/")
    replay.ok(f"GET {SB}/sandboxTypes")
    replay.ok(f"GET {SB}/sandboxes", property="state==active", orderBy="name")
    made = {"name": "rehearsal", "title": "Rehearsal", "type": "development"}
    replay.ok(f"POST {SB}/sandboxes", sandboxPayload=made)
    one = {"sandboxName": "rehearsal"}
    end = time.monotonic() + 60
    while replay.ok(f"GET {SB}/sandboxes/:sandboxName", **one)["state"] == "creating" and time.monotonic() < end:
        pass
    replay.ok(f"PATCH {SB}/sandboxes/:sandboxName", **one, action={"title": "Dress rehearsal"})
    replay.ok(f"PUT {SB}/sandboxes/:sandboxName", sandboxName="dev", action={"action": "reset"})
    replay.ok(f"DELETE {SB}/sandboxes/:sandboxName", **one)


def _registry(replay: Replay) -> None:
    """All kinds of resources: listed in both containers, made, read, replaced, changed and deleted."""
    replay.ok(f"GET {SR}/stats")
    replay.ok(f"GET {SR}/global/behaviors")
    replay.ok(f"GET {SR}/global/behaviors/:BEHAVIOR_ID", BEHAVIOR_ID="_xdm.data.record")
    text = {"type": "object", "properties": {"_acme": {"type": "object", "properties": {"a": {"type": "string"}}}}}
    group = {
        "type": "object",
        "title": "Points",
        "description": "",
        "meta:intendedToExtend": [PROFILE],
        "definitions": {"points": text},
        "allOf": [{"$ref": "#/definitions/points"}],
    }
    own = {"type": "object", "title": "Address book", "description": "", **{key: text[key] for key in ("properties",)}}
    record = {
        "type": "object",
        "title": "Product",
        "description": "",
        "allOf": [{"$ref": "https://ns.adobe.com/xdm/data/record"}],
    }
    schema = {"type": "object", "title": "Members", "description": "", "allOf": [{"$ref": PROFILE}]}
    change = [{"op": "replace", "path": "/description", "value": "changed"}]
    for words, id, body, known in (
        ("fieldgroups", "FIELD_GROUP_ID", group, "_xdm.context.profile-person-details"),
        ("mixins", "MIXIN_ID", {**group, "title": "More points"}, "_xdm.context.profile-person-details"),
        ("classes", "CLASS_ID", record, "_xdm.context.profile"),
        ("datatypes", "DATA_TYPE_ID", own, "_xdm.context.person-name"),
        ("schemas", "SCHEMA_ID", schema, ""),
    ):
        every, one = f"{SR}/:CONTAINER_ID/{words}", f"{SR}/:CONTAINER_ID/{words}/:{id}"
        for container in ("global", "tenant"):
            replay.ok(f"GET {every}", CONTAINER_ID=container, orderby="title", limit="2")
        if known:
            replay.ok(f"GET {one}", CONTAINER_ID="global", **{id: known})
        made = {id: replay.made(f"POST {SR}/tenant/{words}", payload=body)}
        replay.ok(f"GET {one}", CONTAINER_ID="tenant", **made)
        own_one = f"{SR}/tenant/{words}/:{id}"
        replay.ok(f"PUT {own_one}", **made, payload={**body, "description": "replaced"})
        replay.ok(f"PATCH {own_one}", **made, payload=change)
        if words == "schemas":
            exported = _descriptors(replay, made[id])
        replay.ok(f"DELETE {own_one}", **made)
        if words == "schemas":
            replay.ok(f"POST {SR}/rpc/import", body=exported)
    _union(replay)


def _union(replay: Replay) -> None:
    """A schema that is in Profile, so that there is a union."""
    parts = [{"$ref": PROFILE}, {"$ref": "https://ns.adobe.com/xdm/context/identitymap"}]
    body = {"type": "object", "title": "In Profile", "description": "", "allOf": parts}
    made = {"SCHEMA_ID": replay.made(f"POST {SR}/tenant/schemas", payload=body)}
    tag = [{"op": "add", "path": "/meta:immutableTags", "value": ["union"]}]
    replay.ok(f"PATCH {SR}/tenant/schemas/:SCHEMA_ID", **made, payload=tag)
    (union,) = replay.ok(f"GET {SR}/tenant/unions")["results"]
    replay.ok(f"GET {SR}/tenant/unions/:UNION_ID", UNION_ID=union["meta:altId"])


def _descriptors(replay: Replay, schema: str) -> Any:
    """Those of a schema, and what else can be asked about it; what it is exported as."""
    content = replay.send(f"GET {SR}/:CONTAINER_ID/schemas/:SCHEMA_ID", CONTAINER_ID="tenant", SCHEMA_ID=schema)[2]
    body = {
        "@type": "xdm:descriptorIdentity",
        "xdm:sourceSchema": content["$id"],
        "xdm:sourceVersion": 1,
        "xdm:sourceProperty": "/_id",
        "xdm:namespace": "Email",
        "xdm:property": "xdm:code",
        "xdm:isPrimary": True,
    }
    replay.ok(f"GET {SR}/:CONTAINER_ID/descriptors", CONTAINER_ID="tenant")
    made = {"DESCRIPTOR_ID": replay.made(f"POST {SR}/tenant/descriptors", descriptorPayload=body)}
    replay.ok(f"GET {SR}/:CONTAINER_ID/descriptors/:DESCRIPTOR_ID", CONTAINER_ID="tenant", **made)
    changed = {**body, "xdm:isPrimary": False}
    replay.ok(f"PUT {SR}/tenant/descriptors/:DESCRIPTOR_ID", **made, descriptorPayload=changed)
    replay.ok(f"DELETE {SR}/tenant/descriptors/:DESCRIPTOR_ID", **made)
    replay.ok(f"GET {SR}/rpc/sampledata/:SCHEMA_ID", SCHEMA_ID=schema)
    replay.ok(f"GET {SR}/rpc/auditlog/:RESOURCE_ID", RESOURCE_ID=schema)
    return replay.ok(f"GET {SR}/rpc/export/:RESOURCE_ID", RESOURCE_ID=schema)


def _dataflow(replay: Replay) -> None:
    """All resources of a dataflow, its run, what it ingested; then everything changed and deleted."""
    replay.ok(f"GET {FS}/connectionSpecs", property="name==sftp")
    replay.ok(f"GET {FS}/connectionSpecs/:CONNECTION_SPEC_ID", CONNECTION_SPEC_ID=SFTP["id"])
    (flow_spec,) = replay.ok(f"GET {FS}/flowSpecs", property="name==CloudStorageToAEP")["items"]
    replay.ok(f"GET {FS}/flowSpecs/:FLOW_SPEC_ID", FLOW_SPEC_ID=flow_spec["id"])

    params = {"host": "files.example.com", "userName": "anna", "password": "not a real one"}
    auth = {"specName": "Basic Authentication for sftp", "params": params}
    base = replay.made(f"POST {FS}/connections", body={"name": "postman", "auth": auth, "connectionSpec": SFTP})
    replay.ok(f"GET {FS}/connections", limit="5", orderby="-createdAt", property="name==postman")
    replay.ok(f"GET {FS}/connections/:CONNECTION_ID/test", CONNECTION_ID=base)
    replay.ok(f"GET {FS}/connections/:CONNECTION_ID/explore", CONNECTION_ID=base)
    source_body = {
        "name": "postman source",
        "baseConnectionId": base,
        "data": {"format": "delimited", "properties": {"columnDelimiter": "\t"}},
        "params": {"path": "/loyalty/members/2026-11-01.tsv", "type": "file"},
        "connectionSpec": SFTP,
    }
    source = replay.made(f"POST {FS}/sourceConnections", body=source_body)
    parts = [{"$ref": PROFILE}, {"$ref": PERSON}]
    altid = replay.made(
        f"POST {SR}/tenant/schemas", payload={"type": "object", "title": "postman", "description": "", "allOf": parts}
    )
    schema = "https://ns.adobe.com/" + altid.removeprefix("_").replace(".", "/")
    reference = {"id": schema, "contentType": FULL}
    dataset = replay.made(f"POST {CAT}/dataSets", dataSet={"name": "postman", "schemaRef": reference})
    target_body = {
        "name": "postman target",
        "data": {"schema": {"id": schema, "version": FULL}},
        "params": {"dataSetId": dataset},
        "connectionSpec": {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"},
    }
    target = replay.made(f"POST {FS}/targetConnections", body=target_body)
    mapping_set = _mappings(replay, reference)
    start = int(time.time()) + 2
    flow_body = {
        "name": "postman",
        "flowSpec": {"id": flow_spec["id"], "version": "1.0"},
        "sourceConnectionIds": [source],
        "targetConnectionIds": [target],
        "transformations": [{"name": "Mapping", "params": {"mappingId": mapping_set, "mappingVersion": 1}}],
        "options": {"partialIngestionPercent": 50, "errorDiagnosticsEnabled": True},
        "scheduleParams": {"startTime": start, "frequency": "once"},
    }
    flow = replay.made(f"POST {FS}/flows", body=flow_body)
    replay.ok(f"GET {FS}/flows", limit="5", orderby="-createdAt", property=f"id=={flow}")
    (kept,) = replay.ok(f"GET {FS}/flows/:FLOW_ID", FLOW_ID=flow)["items"]
    assert kept["name"] == "postman"

    run = _first_run(replay, flow)
    assert run["metrics"]["statusSummary"]["status"] == "success"
    replay.ok(f"GET {FS}/runs/:RUN_ID", RUN_ID=run["id"])
    window = {"startTime": start + 60, "windowStartTime": start, "windowEndTime": start + 60}
    replay.ok(f"POST {FS}/runs", body={"flowId": flow, "params": window})
    _ingested(replay, dataset, _batch(run))
    # A row of that file is wrong; where no threshold is given, one is enough for a batch to fail.
    start = int(time.time()) + 2
    strict = {"options": {"errorDiagnosticsEnabled": True}, "scheduleParams": {"startTime": start, "frequency": "once"}}
    strict_flow = replay.made(f"POST {FS}/flows", body={**flow_body, **strict})
    failed = _first_run(replay, strict_flow)
    assert failed["metrics"]["statusSummary"]["status"] == "failed"
    replay.ok(f"GET {DA}/batches/:batchId/failed", batchId=_batch(failed))

    change = [{"op": "Replace", "path": "/description", "value": "changed"}]
    for kind, id, made in (
        ("connections", "CONNECTION_ID", base),
        ("sourceConnections", "SOURCE_CONNECTION_ID", source),
        ("targetConnections", "TARGET_CONNECTION_ID", target),
        ("flows", "FLOW_ID", flow),
    ):
        (item,) = replay.ok(f"GET {FS}/{kind}/:{id}", **{id: made})["items"]
        slash = "/" if kind == "connections" else ""
        replay.ok(f"PATCH {FS}/{kind}/:{id}{slash}", **{id: made, "if__match": item["etag"]}, body=change)
    for made in (flow, strict_flow):
        replay.ok(f"DELETE {FS}/flows/:FLOW_ID", FLOW_ID=made)
    replay.ok(f"DELETE {FS}/targetConnections/:TARGET_CONNECTION_ID", TARGET_CONNECTION_ID=target)
    replay.ok(f"DELETE {FS}/sourceConnections/:SOURCE_CONNECTION_ID", SOURCE_CONNECTION_ID=source)
    replay.ok(f"DELETE {FS}/connections/:CONNECTION_ID/", CONNECTION_ID=base)
    replay.ok(f"DELETE {CAT}/dataSets/:DATASET_ID", DATASET_ID=dataset)


def _batch(run: Any) -> str:
    return str(run["activities"][1]["targetInfo"][0]["reference"]["ids"][0])


def _mappings(replay: Replay, reference: dict[str, str]) -> str:
    mapping = {"sourceType": "ATTRIBUTE", "source": "FirstName", "destination": "person.name.firstName"}
    body = {"name": "postman", "outputSchema": {"schemaRef": reference}, "mappings": [mapping]}
    replay.ok(f"GET {DP}/languages/el/functions")
    replay.ok(f"GET {DP}/languages/el/operators")
    replay.ok(f"POST {DP}/languages/el/validate", body={"expression": "upper(FirstName)"})
    replay.ok(f"POST {DP}/mappingSets/validate", body=body)
    replay.ok(f"POST {DP}/mappingSets/preview", body={"data": [{"FirstName": "Anna"}], "mappingSet": body})
    made = {"MAPPING_SET_ID": replay.made(f"POST {DP}/mappingSets", body=body)}
    replay.ok(f"PUT {DP}/mappingSets/:MAPPING_SET_ID", **made, body=body)
    replay.ok(f"GET {DP}/mappingSets", name="postman")
    replay.ok(f"GET {DP}/mappingSets/:MAPPING_SET_ID", **made)
    rows = replay.ok(f"GET {DP}/mappingSets/:MAPPING_SET_ID/mappings", **made)
    row = rows["data"][0]["id"] if isinstance(rows, dict) else rows[0]["id"]
    replay.ok(f"GET {DP}/mappingSets/:MAPPING_SET_ID/mappings/:MAPPING_ID", **made, MAPPING_ID=row)
    return made["MAPPING_SET_ID"]


def _first_run(replay: Replay, flow: str) -> Any:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        runs = replay.ok(f"GET {FS}/runs", property=f"flowId=={flow}", limit="5", orderby="createdAt")["items"]
        if runs and runs[0]["metrics"]["statusSummary"]["status"] in ("success", "failed"):
            return runs[0]
    raise AssertionError("the run did not end")


def _ingested(replay: Replay, dataset: str, batch: str) -> None:
    replay.ok(f"GET {CAT}/dataSets", name="postman")
    replay.ok(f"GET {CAT}/dataSets/:DATASET_ID", DATASET_ID=dataset, properties="name,schemaRef")
    change = {"description": "changed"}
    replay.ok(f"PATCH {CAT}/dataSets/:DATASET_ID", DATASET_ID=dataset, dataSet=change)
    (kept,) = replay.ok(f"GET {CAT}/dataSets/:DATASET_ID", DATASET_ID=dataset).values()
    replaced = {name: kept[name] for name in ("name", "schemaRef")}
    replay.ok(f"PUT {CAT}/dataSets/:DATASET_ID", DATASET_ID=dataset, dataSet=replaced)
    replay.ok(f"GET {CAT}/batches", dataSet=dataset, status="success")
    replay.ok(f"GET {CAT}/batches/:BATCH_ID", BATCH_ID=batch)
    replay.ok(f"GET {CAT}/batches/uniques/:FIELD", FIELD="status", dataSet=dataset)
    files = replay.ok(f"GET {DA}/batches/:batchId/files", batchId=batch)["data"]
    replay.ok(f"GET {DA}/batches/:batchId/meta", batchId=batch, path="row_errors")
    file = {"dataSetFileId": files[0]["dataSetFileId"]}
    listed = replay.ok(f"GET {DA}/files/:dataSetFileId", **file)["data"]
    content = replay.ok(f"GET {DA}/files/:dataSetFileId", **file, path=listed[0]["name"], Range="bytes=0-3")
    assert content == b"PAR1"
    replay.ok(f"HEAD {DA}/files/:dataSetFileId", **file, path=listed[0]["name"])
    replay.ok(f"GET {DA}/datasets/:id/preview", id=dataset)


__all__ = ["served"]
