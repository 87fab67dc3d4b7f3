"""The local platform on a port: a plain curl goes through the whole chain."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.served import Served, add_profile, served

CANARY = "canary-7d1f0c52-never-to-be-seen"
FS = "/data/foundation/flowservice"


def test_curl_goes_through_the_whole_chain(served: Served) -> None:
    (base,) = served.call("GET", f'{FS}/connections?property=name=="Sample%20SFTP"')["items"]
    spec = {"id": base["connectionSpec"]["id"], "version": "1.0"}
    source = {
        "name": "curl source",
        "baseConnectionId": base["id"],
        "data": {"format": "delimited", "properties": {"columnDelimiter": "\t"}},
        "params": {"path": "/loyalty/members/2026-11-01.tsv", "type": "file"},
        "connectionSpec": spec,
    }
    source_id = served.call("POST", f"{FS}/sourceConnections", source)["id"]
    parts = ["https://ns.adobe.com/xdm/context/profile", "https://ns.adobe.com/xdm/context/profile-person-details"]
    schema = {"type": "object", "title": "curl", "description": "", "allOf": [{"$ref": part} for part in parts]}
    schema_id = served.call("POST", "/data/foundation/schemaregistry/tenant/schemas", schema)["$id"]
    full = "application/vnd.adobe.xed-full+json;version=1"
    dataset = {"name": "curl", "schemaRef": {"id": schema_id, "contentType": full}}
    (reference,) = served.call("POST", "/data/foundation/catalog/dataSets", dataset)
    target = {
        "name": "curl target",
        "data": {"schema": {"id": schema_id, "version": full}},
        "params": {"dataSetId": reference.rpartition("/")[2]},
        "connectionSpec": {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"},
    }
    target_id = served.call("POST", f"{FS}/targetConnections", target)["id"]
    mapping = {
        "name": "curl",
        "outputSchema": {"schemaRef": {"id": schema_id, "contentType": full}},
        "mappings": [{"sourceType": "ATTRIBUTE", "source": "FirstName", "destination": "person.name.firstName"}],
    }
    mapping_id = served.call("POST", "/data/foundation/conversion/mappingSets", mapping)["id"]
    (flow_spec,) = served.call("GET", f'{FS}/flowSpecs?property=name=="CloudStorageToAEP"')["items"]
    flow = {
        "name": "curl",
        "flowSpec": {"id": flow_spec["id"], "version": "1.0"},
        "sourceConnectionIds": [source_id],
        "targetConnectionIds": [target_id],
        "transformations": [{"name": "Mapping", "params": {"mappingId": mapping_id, "mappingVersion": 0}}],
        "options": {"partialIngestionPercent": 5, "errorDiagnosticsEnabled": True},
        "scheduleParams": {"startTime": int(time.time()) + 2, "frequency": "once"},
    }
    flow_id = served.call("POST", f"{FS}/flows", flow)["id"]

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        runs = served.call("GET", f"{FS}/runs?property=flowId=={flow_id}")["items"]
        status = runs[0]["metrics"]["statusSummary"]["status"] if runs else ""
        if status in ("success", "failed"):
            break
    assert status == "success", runs
    counts = runs[0]["metrics"]["recordSummary"]
    assert counts["inputRecordCount"] == counts["outputRecordCount"] + counts["failedRecordCount"] > 1_000


def test_a_second_process_is_told_which_one_has_the_platform(served: Served, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "aeptui", "local", "serve", "--data", str(tmp_path / "platform")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert str(served.process.pid) in done.stderr


def test_a_secret_is_in_no_file_no_plan_and_no_message(served: Served, tmp_path: Path) -> None:
    """A profile like any remote one, whose secret comes from the environment: once right, once a canary."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    facts = served.facts
    add_profile(home, facts)
    pipelines = home / "pipelines"
    pipelines.mkdir()
    from aeptui.emulator.samples import sample_pipelines

    (pipelines / "products.toml").write_text(sample_pipelines()["products"], "utf-8")

    def aeptui(secret: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "AEPTUI_HOME": str(home), "AEPTUI_CLIENT_SECRET": secret}
        return subprocess.run(
            [sys.executable, "-m", "aeptui", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    right = facts["client_secret"]
    refused = aeptui(right, "run", "products", "--profile", "remote", "--json", "--no-watch")
    assert refused.returncode == 2
    assert "--yes-production prod" in refused.stderr
    assert served.call("GET", f"{FS}/sourceConnections")["items"] == []
    outputs = [
        refused,
        aeptui(right, "plan", "products", "--profile", "remote", "--format", "curl"),
        aeptui(right, "run", "products", "--profile", "remote", "--json", "--no-watch", "--yes-production", "prod"),
        aeptui(CANARY, "run", "products", "--profile", "remote"),
    ]

    assert [done.returncode for done in outputs] == [2, 0, 0, 3], [done.stderr for done in outputs]
    seen = "".join(done.stdout + done.stderr for done in outputs)
    kept = "".join(file.read_text("utf-8", "ignore") for file in home.rglob("*") if file.is_file())
    assert "execution_finished" in kept
    for secret in (right, CANARY):
        assert secret not in seen
        assert secret not in kept


def test_a_damaged_database_is_told_in_words(tmp_path: Path) -> None:
    data = tmp_path / "platform"
    data.mkdir()
    (data / "platform.db").write_bytes(b"this is no database, but long enough to look like a file" * 50)
    command = [sys.executable, "-m", "aeptui", "local", "serve", "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


__all__ = ["served"]
