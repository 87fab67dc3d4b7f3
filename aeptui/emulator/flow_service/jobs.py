"""One ingestion process: its job file, its life, its report. It decides nothing about runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aeptui
from aeptui.emulator.errors import ServiceError
from aeptui.emulator.flow_service.connections import source_format, source_properties
from aeptui.emulator.flow_service.schedule import epoch_seconds
from aeptui.emulator.flow_service.state import Document, FlowService
from aeptui.emulator.flow_service.streams import folder_of

PATIENCE_S: Final = 3.0
"""How long a process gets to end by itself."""
LINE_LIMIT: Final = 256 * 1024 * 1024
"""The result names every file of the batch in one line."""


class JobFailed(Exception):
    """The process gave no result, or there could be none; the text says why."""


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


async def ingest(folder: Path, name: str, job: Document, report: Callable[[Document], None]) -> Document:
    """Run one job in a process of its own; its result.

    The process ends with this one, even when this one is killed: it watches its standard input, which nobody writes to.
    Cancelling ends the process and waits for it.

    Raises:
        JobFailed: the process ended without a result.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file, errors = folder / f"{name}.json", folder / f"{name}.err"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(job, stream)
        with errors.open("wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "aeptui.emulator.ingest",
                str(file),
                "--end-with-stdin",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                limit=LINE_LIMIT,
                env=_environment(),
                cwd=folder,
                start_new_session=True,  # a Ctrl-C in the terminal is for the application, which then ends this process
            )
        try:
            result = await _followed(process, report)
            code = await process.wait()
        finally:
            await _ended(process)
        if result is None:
            said = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise JobFailed(said[-1] if said else f"the ingestion process ended with {code} and no result")
        return result
    finally:
        file.unlink(missing_ok=True)
        errors.unlink(missing_ok=True)


def _environment() -> dict[str, str]:
    """Ours, and where this package is: it may not be installed."""
    root = str(Path(aeptui.__file__).resolve().parents[1])
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{path}" if path else root}


async def _followed(process: asyncio.subprocess.Process, report: Callable[[Document], None]) -> Document | None:
    result: Document | None = None
    stream = process.stdout
    while stream is not None and (line := await stream.readline()):
        try:
            said: Any = json.loads(line)
        except ValueError:
            continue  # a torn line of a process that was killed
        if isinstance(said, dict) and isinstance(said.get("progress"), dict):
            report(said["progress"])
        elif isinstance(said, dict) and isinstance(said.get("result"), dict):
            result = said["result"]
    return result


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
