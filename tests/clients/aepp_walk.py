"""A whole dataflow made and read with aepp, the community client, against the platform named in the arguments.

A process of its own, as aepp keeps its settings in its modules. It is configured the way its users do it, by
`aepp.configure`; because that knows Adobe's hosts only, two of the settings it wrote (the platform's address and the
token endpoint) are then set to the served ones. No method of aepp is touched. What it saw is printed as one line of
JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any, Final

import aepp
from aepp import catalog, dataaccess, dataprep, flowservice, sandboxes, schema

FLOWS: Final = 250
PATIENCE_S: Final = 60
PERSON: Final = "https://ns.adobe.com/xdm/context/profile-person-details"
PATH: Final = "/loyalty/members/2026-11-01.tsv"


def configure(facts: dict[str, str]) -> None:
    """Point aepp at the platform."""
    aepp.configure(
        org_id=facts["org_id"],
        client_id=facts["client_id"],
        secret=facts["client_secret"],
        scopes="openid,AdobeID",
        sandbox=facts["sandbox"],
    )
    aepp.config.endpoints["global"] = facts["url"]
    aepp.config.config_object["oauthTokenEndpointV2"] = f"{facts['ims_url']}/ims/token/v3"


def walk(facts: dict[str, str]) -> dict[str, Any]:
    """Make everything, read it back."""
    configure(facts)
    flows, schemas, mappings = flowservice.FlowService(), schema.Schema(), dataprep.DataPrep()
    datasets, files, boxes = catalog.Catalog(), dataaccess.DataAccess(), sandboxes.Sandboxes()
    seen: dict[str, Any] = {}

    specs = flows.getConnectionSpecs()
    seen["connection specs"] = {spec["name"]: spec["id"] for spec in specs}
    seen["sandboxes"] = [box["name"] for box in boxes.getSandboxes()]
    seen["tenant"] = schemas.getTenantId()
    flow_spec = flows.getFlowSpecIdFromNames("CloudStorageToAEP", source_spec_name="sftp", target_spec_name="datalake")

    base = flows.createConnection(
        name="aepp base",
        auth={
            "specName": "Basic Authentication for sftp",
            "params": {"host": "files.example.com", "userName": "anna", "password": "not a real one"},
        },
        connectionSpec={"id": seen["connection specs"]["sftp"], "version": "1.0"},
    )["id"]
    seen["connection test"] = flows.connectionTest(base)
    seen["connections 3 at a time"] = [one["id"] for one in flows.getConnections(limit=3, n_results="inf")]
    seen["connections counted"] = flows.getConnections(limit=None, count=True)["count"]
    seen["landing zone"] = flows.exploreLandingZone()
    seen["landing zone file"] = flows.getLandingZoneContent(file=PATH)
    source = flows.createSourceConnection(
        {
            "name": "aepp source",
            "baseConnectionId": base,
            "data": {"format": "delimited", "properties": {"columnDelimiter": "\t"}},
            "params": {"path": PATH, "type": "file"},
            "connectionSpec": {"id": seen["connection specs"]["sftp"], "version": "1.0"},
        }
    )["id"]
    composed = schemas.createProfileSchema(name="aepp schema", mixinIds=[PERSON], description="made by aepp")
    seen["schema"] = composed
    seen["schema in full"] = schemas.getSchema(composed["$id"], full=True)
    seen["schema in full by altId"] = schemas.getSchema(composed["meta:altId"], full=True, schema_type="xed")
    seen["schemas"] = [one["$id"] for one in schemas.getSchemas()]
    (made,) = datasets.createDataSet(name="aepp dataset", schemaId=composed["$id"])
    dataset = made.rpartition("/")[2]
    seen["dataset"] = datasets.getDataSet(dataset)
    target = flows.createTargetConnectionDataLake("aepp target", datasetId=dataset, schemaId=composed["$id"])["id"]
    mapping = mappings.createMappingSet(
        schemaId=composed["$id"],
        mappingList=[
            {"sourceType": "ATTRIBUTE", "source": "FirstName", "destination": "person.name.firstName"},
            {"sourceType": "EXPRESSION", "source": "upper(LastName)", "destination": "person.name.lastName"},
        ],
    )["id"]
    seen["mapping rules"] = mappings.getMappingSet(mapping, mappingRulesOnly=True)
    seen["functions"] = len(mappings.getMappingSetFunctions())

    def body(name: str, **schedule: Any) -> dict[str, Any]:
        return {
            "name": name,
            "flowSpec": {"id": flow_spec, "version": "1.0"},
            "sourceConnectionIds": [source],
            "targetConnectionIds": [target],
            "transformations": [{"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": 0}}],
            "options": {"partialIngestionPercent": 50, "errorDiagnosticsEnabled": True},
            "scheduleParams": schedule,
        }

    first = flows.createFlow(flow_spec, obj=body("aepp flow", startTime=int(time.time()) + 2, frequency="once"))["id"]
    later = int(time.time()) + 86_400
    made_ids = [
        flows.createFlow(flow_spec, obj=body(f"aepp flow {number:03}", startTime=later, frequency="hour", interval=1))[
            "id"
        ]
        for number in range(1, FLOWS)
    ]
    seen["made"] = [first, *made_ids]
    for limit in (100, 7):
        seen[f"listed {limit} at a time"] = [one["id"] for one in flows.getFlows(limit=limit, n_results="inf")]
    seen["flow"] = flows.getFlow(first)
    changed = [{"op": "Replace", "path": "/name", "value": "aepp flow, renamed"}]
    flows.updateFlow(first, seen["flow"]["etag"], changed)
    seen["renamed"] = flows.getFlow(first)["name"]

    end, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while time.monotonic() < end:
        runs = flows.getRuns(prop=f"flowId=={first}")
        if runs and runs[0]["metrics"]["statusSummary"]["status"] in ("success", "failed"):
            break
        pause.wait(0.1)
    seen["runs"] = runs
    seen["run"] = flows.getRun(runs[0]["id"])
    batch = runs[0]["activities"][1]["targetInfo"][0]["reference"]["ids"][0]
    seen["batch"] = datasets.getBatch(batch)
    seen["batch files"] = files.getBatchFiles(batch)
    seen["stopped"] = flows.postFlowAction(made_ids[0], "disable")["id"]
    seen["state"] = flows.getFlow(made_ids[0])["state"]
    seen["deleted"] = flows.deleteFlow(made_ids[-1])
    return seen


if __name__ == "__main__":
    print(json.dumps(walk(json.loads(sys.argv[1]))))
