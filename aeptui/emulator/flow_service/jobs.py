"""What one ingestion process is told to do: the job file of a run. It decides nothing about runs."""

from __future__ import annotations

from pathlib import Path

from aeptui.emulator.errors import ServiceError
from aeptui.emulator.flow_service.connections import source_format, source_properties
from aeptui.emulator.flow_service.schedule import epoch_seconds
from aeptui.emulator.flow_service.state import Document, FlowService
from aeptui.emulator.flow_service.streams import folder_of
from aeptui.emulator.ingest.process import JobFailed


def job_of(service: FlowService, sandbox: str, flow: Document, run: Document, output: Path) -> Document:
    """The job file's content.

    Args:
        output: Where the process leaves the batch; only `Runs.finish` puts it among the dataset's.
    Raises:
        JobFailed: something the flow needs is gone.
    """
    source = flow["_source"]
    try:
        kind, properties = source_format(source), source_properties(source)
    except ServiceError as error:
        raise JobFailed(_said(error)) from error
    params, options = source["params"], flow.get("options") or {}
    start, end = run["_window"]
    return {
        **_into_dataset(service, sandbox, flow, output),
        "path": params["path"],
        "type": params.get("type") or ("folder" if "*" in params["path"] else "file"),
        "recursive": str(params.get("recursive", False)).lower() == "true",
        "format": kind,
        "column_delimiter": properties.get("columnDelimiter", ","),
        "compression": properties.get("compressionType"),
        "encoding": properties.get("encoding", "UTF-8"),
        **_which_files(service, flow, run, start, end),
        "partial_ingestion_percent": options.get("partialIngestionPercent"),
        "error_diagnostics": bool(options.get("errorDiagnosticsEnabled")),
    }


def stream_job(service: FlowService, sandbox: str, flow: Document, parts: list[Document], output: Path) -> Document:
    """The job file's content for what was appended to a stream. No record is worth the others: none fails the batch.

    Raises:
        JobFailed: something the flow needs is gone.
    """
    return {
        **_into_dataset(service, sandbox, flow, output),
        "path": folder_of(flow["_source"]),
        "format": "json_lines",
        "parts": parts,
        "partial_ingestion_percent": 100,
        "error_diagnostics": True,
    }


def _into_dataset(service: FlowService, sandbox: str, flow: Document, output: Path) -> Document:
    """What every job says about where its rows go."""
    world = service.world
    try:
        dataset = service.catalog.need_dataset(sandbox, flow["_target"]["params"]["dataSetId"])
        schema = service.schemas.schema(sandbox, dataset["schemaRef"]["id"])
    except ServiceError as error:
        raise JobFailed(_said(error)) from error
    if schema is None:
        raise JobFailed(f"The schema {dataset['schemaRef']['id']} was not found.")
    return {
        "storage": str(world.storage),
        "mappings": _mappings(service, sandbox, flow),
        "schema": schema,
        "output": str(output),
        "now": world.time.now(),
    }


def _said(error: ServiceError) -> str:
    return str(error.body.get("errorMessage") or error.body.get("detail"))


def _which_files(service: FlowService, flow: Document, run: Document, start: int, end: int) -> Document:
    """Scheduled runs take what no run took before; the other two look at file times, as their window says.

    File times are the outside's. What a moment of the platform is there can be told only while that platform is open:
    one that runs faster stands still while it is closed. So those that must last were noted in their time.
    """
    time, store = service.world.time, service.world.store
    if run["_kind"] == "on-demand":
        after, before = run.get("_between") or (time.real(start), time.real(end))
        return {"seen": {}, "modified_after": after, "modified_before": before}
    seen = {path: list(facts) for path, facts in store.seen_files(flow["id"], start, end).items()}
    params = flow.get("scheduleParams") or {}
    backfill = str(params.get("backfill", True)).lower() == "true"
    after = None if backfill else flow.get("_began", time.real(epoch_seconds(params["startTime"]) or 0))
    return {"seen": seen, "modified_after": after, "modified_before": run.get("_before")}


def _mappings(service: FlowService, sandbox: str, flow: Document) -> list[Document] | None:
    """The rules of the flow's mapping set; None when it has none: then its records must be XDM already."""
    if any(entry.get("name") == "Encryption" for entry in flow.get("transformations") or []):
        raise JobFailed("The flow has an Encryption transformation; the local platform has no keys to decrypt files.")
    for entry in flow.get("transformations") or []:
        if entry.get("name") == "Mapping":
            params = entry["params"]
            version = params.get("mappingVersion")
            known = service.mapping_sets.get(sandbox, params["mappingId"], None if version is None else int(version))
            if known is None:
                raise JobFailed(f"The mapping set {params['mappingId']} was not found.")
            return [{key: item[key] for key in ("sourceType", "source", "destination")} for item in known["mappings"]]
    return None
