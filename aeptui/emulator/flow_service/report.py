"""What a run and its batch look like, from what the ingestion process reported. Pure.

The shapes are those of Flow Service's runs and of Catalog's batches; numbers are the process's own.
"""

from __future__ import annotations

from typing import Any, Final

from aeptui.emulator.world import CLIENT_ID, ORG_ID

Document = dict[str, Any]

COPY_FAILED: Final = "CONNECTOR-1001-500"
INGEST_FAILED: Final = "CONNECTOR-2001-500"
ROWS_FAILED: Final = "INGEST-1212-400"
ROWS_FAILED_QUIETLY: Final = "INGEST-1211-400"


def waiting(status: str, *, started_ms: int | None = None) -> Document:
    """The metrics of a run without a result: most summaries are missing, as on the platform."""
    metrics: Document = {"statusSummary": {"status": status, "errors": []}}
    if started_ms is not None:
        metrics["durationSummary"] = {"startedAtUTC": started_ms}
    return metrics


def _duration(started_ms: int, completed_ms: int) -> Document:
    return {"startedAtUTC": started_ms, "completedAtUTC": completed_ms}


def _records(result: Document) -> Document:
    return {
        "inputRecordCount": result["input_records"],
        "outputRecordCount": result["output_records"],
        "failedRecordCount": result["failed_records"],
        "warningRecordCount": result["warning_records"],
        "skippedRecordCount": 0,
        "failedInfo": [
            {"code": error["code"], "message": error["message"], "details": {"recordCount": error["recordCount"]}}
            for error in result["errors"]
        ],
    }


def _files(result: Document) -> Document:
    failed = sum(1 for file in result["files"] if file["failed"])
    return {
        "inputFileCount": len(result["files"]),
        "outputFileCount": len(result["output_files"]),
        "skippedFileCount": 0,
        "failedFileCount": failed,
        "manifest": {"fileInfo": [{"path": file["path"], "outputBytes": file["size"]} for file in result["files"]]},
    }


def failed_early(code: str, message: str, *, connector: str, source: str, started_ms: int, ended_ms: int) -> Document:
    """`{metrics, activities}` of a run whose copy failed: no sizes, no files, no batch."""
    status = {"status": "failed", "errors": [{"code": code, "message": message}]}
    duration = _duration(started_ms, ended_ms)
    metrics: Document = {
        "durationSummary": duration,
        "recordSummary": {"failedInfo": [{"code": code, "message": message}]},
        "statusSummary": {**status, "extensions": {"errorDetail": message}},
    }
    activity = _copy(connector, source, {"durationSummary": duration, "statusSummary": status}, ended_ms)
    return {"metrics": metrics, "activities": [activity]}


def _copy(connector: str, source: str, summaries: Document, ended_ms: int) -> Document:
    reference = {"type": "AdfRunId", "ids": [f"copy-{source}"]}
    info = {"id": source, "type": "SourceConnection", "reference": reference}
    return {
        "id": "copyActivity",
        "name": f"{connector} Copy Activity",
        "updatedAtUTC": ended_ms,
        **summaries,
        "sourceInfo": [info],
    }


def finished(
    result: Document,
    *,
    connector: str,
    source: str,
    target: str,
    batch: str | None,
    diagnostics: bool,
    window: tuple[int, int],
    started_ms: int,
    ended_ms: int,
) -> Document:
    """`{metrics, activities}` of a run that reached its batch.

    Args:
        batch: None when there was nothing to take, so no batch was made.
        diagnostics: Whether the flow asked for them; else the failed rows are only counted.
        window: (start, end) in epoch seconds.
    """
    duration, records, files = _duration(started_ms, ended_ms), _records(result), _files(result)
    size = {"inputBytes": result["input_bytes"], "outputBytes": result["output_bytes"]}
    good = result["status"] == "success"
    errors = row_errors(result, diagnostics=diagnostics)
    root = (
        [] if good else [{"code": INGEST_FAILED, "message": "Too many rows could not be parsed, validated or mapped."}]
    )
    extensions: Document = {"errors": errors} if errors else {}
    if batch is not None and result["failed_records"] and diagnostics:
        base = f"/data/foundation/export/batches/{batch}/meta?path="
        extensions["manifest"] = {"failedRecords": f"{base}row_errors", "sampleErrors": f"{base}row_error_samples.json"}
    status: Document = {"status": result["status"], "errors": root, "extensions": extensions}
    window_ms = {"windowStart": window[0] * 1000, "windowEnd": window[1] * 1000}
    copied: Document = {
        "durationSummary": {**duration, "extensions": window_ms},
        "sizeSummary": {"inputBytes": result["input_bytes"], "outputBytes": result["input_bytes"]},
        "recordSummary": {},
        "fileSummary": {"inputFileCount": len(result["files"]), "outputFileCount": len(result["files"])},
        "statusSummary": {"status": "success", "errors": []},
    }
    metrics: Document = {
        "durationSummary": duration,
        "sizeSummary": size,
        "recordSummary": records,
        "fileSummary": files,
        "statusSummary": status,
    }
    activities = [_copy(connector, source, copied, ended_ms)]
    if batch is not None:
        info = {"id": target, "type": "TargetConnection", "reference": {"type": "Batch", "ids": [batch]}}
        activities.append(
            {
                "id": "promotionActivity",
                "name": "Promotion Activity",
                "updatedAtUTC": ended_ms,
                "durationSummary": duration,
                "sizeSummary": size,
                "recordSummary": records,
                "fileSummary": files,
                "statusSummary": status,
                "targetInfo": [info],
            }
        )
    return {"metrics": metrics, "activities": activities}


def row_errors(result: Document, *, diagnostics: bool) -> list[Document]:
    """What the failed rows are summed up as: one line for all, then one for each reason."""
    failed = result["failed_records"]
    if not failed:
        return []
    if diagnostics:
        head = {"code": ROWS_FAILED, "message": f"{failed} rows failed; download the diagnostics to see them."}
    else:
        head = {"code": ROWS_FAILED_QUIETLY, "message": f"{failed} rows failed; error diagnostics are not enabled."}
    head["recordCount"] = failed
    given = [error for error in result["errors"] if error["code"] not in (ROWS_FAILED, ROWS_FAILED_QUIETLY)]
    return [head, *({key: error[key] for key in ("code", "recordCount", "message")} for error in given)]


def batch_document(
    id: str,
    dataset: str,
    result: Document,
    *,
    format: str,
    options: Document,
    view: str,
    started_ms: int,
    ended_ms: int,
) -> Document:
    """The Catalog batch of a run, with the platform's note of its files."""
    diagnostics = bool(options.get("errorDiagnosticsEnabled"))
    percent = options.get("partialIngestionPercent")
    tags: dict[str, list[str]] = {"acp_enableErrorDiagnostics": ["true" if diagnostics else "false"]}
    if percent is not None:
        tags["acp_partialIngestionPercent"] = [str(percent)]
    errors = [
        {"code": error["code"], "description": error["message"], "recordCount": error["recordCount"]}
        for error in row_errors(result, diagnostics=diagnostics)
    ]
    files = [
        {**file, "dataSetFileId": f"{id}-{number}", "dataSetViewId": view}
        for number, file in enumerate(result["output_files"], 1)
    ]
    return {
        "id": id,
        "externalId": id,
        "status": result["status"],
        "imsOrg": ORG_ID,
        "created": started_ms,
        "updated": ended_ms,
        "started": started_ms,
        "completed": ended_ms,
        "createdClient": CLIENT_ID,
        "createdUser": CLIENT_ID,
        "updatedUser": CLIENT_ID,
        "relatedObjects": [{"type": "dataSet", "id": dataset}],
        "inputFormat": {"format": "csv" if format == "delimited" else format},
        "tags": tags,
        "version": "1.0.0",
        "metrics": {
            "inputByteSize": result["input_bytes"],
            "inputFileCount": len(result["files"]),
            "inputRecordCount": result["input_records"],
            "outputByteSize": result["output_bytes"],
            "outputFileCount": len(result["output_files"]),
            "outputRecordCount": result["output_records"],
            "failedRecordCount": result["failed_records"],
        },
        "recordCount": result["output_records"],
        "failedRecordCount": result["failed_records"],
        "size": result["output_bytes"],
        "errors": errors,
        "_files": files,
    }
