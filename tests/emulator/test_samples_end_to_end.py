"""The demo world as a new user finds it: the sample files run through their flows."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from aeptui.clock import SeededIds, SystemClock
from aeptui.emulator.platform import LocalPlatform
from aeptui.emulator.samples import sample_pipelines

EXPECTED = {"loyalty": (12_000, 11_993)}


async def _flow(caller: Any, pipeline: dict[str, Any]) -> str:
    """Make what a pipeline file describes, call by call."""
    source, schema = pipeline["source"], pipeline["schema"]
    base = await caller.base(source["base_connection"])
    names = {"column_delimiter": "columnDelimiter", "encoding": "encoding", "compression": "compressionType"}
    properties = {wire: source[name] for name, wire in names.items() if name in source}
    params = {"path": source["path"], "type": source["type"], "recursive": source.get("recursive", False)}
    source_id = await caller.source(
        source["path"],
        baseConnectionId=base["id"],
        connectionSpec=base["connectionSpec"],
        data={"format": source["format"], "properties": properties},
        params=params,
    )
    schema_id = await caller.schema(*schema["field_groups"], base=schema["class"], title=schema["title"])
    dataset = await caller.dataset(schema_id)
    mappings = [
        {"sourceType": "EXPRESSION", "source": entry["expression"], "destination": entry["target"]}
        if "expression" in entry
        else {"sourceType": "ATTRIBUTE", "source": entry["source"], "destination": entry["target"]}
        for entry in pipeline["mapping"]
    ]
    content = "application/vnd.adobe.xed-full+json;version=1"
    body = {"outputSchema": {"schemaRef": {"id": schema_id, "contentType": content}}, "mappings": mappings}
    mapping_set = await caller.made(f"{caller.DP}/mappingSets", body)
    options = pipeline["options"]
    wire_options = {
        "errorDiagnosticsEnabled": options["error_diagnostics"],
        "partialIngestionPercent": options.get("partial_ingestion_percent"),
    }
    flow = {
        "name": pipeline["name"],
        "flowSpec": {"id": caller.BATCH_FLOW, "version": "1.0"},
        "sourceConnectionIds": [source_id],
        "targetConnectionIds": [await caller.target(schema_id, dataset)],
        "transformations": [{"name": "Mapping", "params": {"mappingId": mapping_set, "mappingVersion": 0}}],
        "options": {key: value for key, value in wire_options.items() if value is not None},
        "scheduleParams": {"startTime": caller.now_s(), "frequency": "once"},
    }
    return str(await caller.made(f"{caller.FS}/flows", flow))


@pytest.mark.parametrize("name", sorted(sample_pipelines()))
async def test_each_sample_pipeline_runs_to_success(name: str, tmp_path: Path, live: Any) -> None:
    opened = LocalPlatform.open(tmp_path / "demo", clock=SystemClock(), ids=SeededIds(4))
    await opened.start()
    caller = await type(live)(opened).log_in()
    flow = await _flow(caller, tomllib.loads(sample_pipelines()[name]))
    (run,) = await caller.ended(flow)
    assert caller.status(run) == "success", run["metrics"]["statusSummary"]
    counts = run["metrics"]["recordSummary"]
    assert counts["inputRecordCount"] == counts["outputRecordCount"] + counts["failedRecordCount"] > 0
    if name in EXPECTED:
        assert (counts["inputRecordCount"], counts["outputRecordCount"]) == EXPECTED[name]
    await caller.http.aclose()
    await opened.close()
