"""What the runs of the world `busy` came to: results as an ingestion process reports them, with invented numbers. Pure.

Runs and batches are made of them by the same code that makes those of real runs.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any, Final

from aeptui.emulator.flow_service import report
from aeptui.emulator.ingest.diagnostics import MESSAGES
from aeptui.emulator.ingest.storage import COPY_FAILED

Document = dict[str, Any]

_CODES: Final = ("INGEST-1401-400", "MAPPER-3700-400", "INGEST-1555-400")
_OLD_S: Final = 240 * 86_400
"""Runs older than this were recorded with less."""


def word(temper: Document, chance: random.Random) -> str:
    """What a run comes to: clean, nothing, dropped, rejected or uncopied."""
    words = list(temper)
    return chance.choices(words, [temper[one] for one in words])[0]


def result(word: str, pattern: str, due_s: int, rows: int, chance: random.Random) -> Document:
    """The report of an ingestion process.

    Args:
        pattern: Path of the source's files, with `{day}`, `{folder}` and `{part}` in it.
        rows: About so many rows.
    """
    count = 0 if word == "nothing" else max(1, int(rows * chance.uniform(0.6, 1.4)))
    failed = {"dropped": count // 400 + 1, "rejected": count // 5 + 1}.get(word, 0)
    failed = min(failed, count)
    size = count * chance.randrange(70, 140)
    parts = 0 if not count else 1 + count // 60_000 if "{part" in pattern else 1
    moment = datetime.fromtimestamp(due_s, UTC)
    files = [
        {
            "path": pattern.format(day=f"{moment:%Y-%m-%d}", folder=f"{moment:%Y/%m/%d}", part=part),
            "size": size // parts,
            "mtime_ns": (due_s - 300 - part) * 10**9,
            "failed": False,
        }
        for part in range(parts)
    ]
    good = 0 if word == "rejected" else count - failed
    written = size * 2 // 5 if good else 0
    return {
        "status": "failed" if word == "rejected" else "success",
        "files": files,
        "input_records": count,
        "output_records": good,
        "failed_records": failed,
        "warning_records": 0,
        "input_bytes": size,
        "output_bytes": written,
        "errors": _errors(failed, chance),
        "output_files": [],  # what it wrote is past its retention
    }


def _errors(failed: int, chance: random.Random) -> list[Document]:
    first = chance.randint(0, failed)
    pairs = zip(chance.sample(_CODES, 2), (first, failed - first), strict=True)
    return [{"code": code, "message": MESSAGES[code], "recordCount": number} for code, number in pairs if number]


def copy_failed(template: str, path: str, *, connector: str, source: str, started_ms: int, ended_ms: int) -> Document:
    """`{metrics, activities}` of a run whose copy failed."""
    return report.failed_early(
        COPY_FAILED,
        template.format(path=path),
        connector=connector,
        source=source,
        started_ms=started_ms,
        ended_ms=ended_ms,
    )


def as_recorded_then(outcome: Document, age_s: int, chance: random.Random) -> Document:
    """An outcome as its age left it: old runs lack summaries, some failed ones count -1 (aep-api.md section 2.9)."""
    if age_s < _OLD_S:
        return outcome
    metrics: Document = {key: value for key, value in outcome["metrics"].items() if key != "sizeSummary"}
    if chance.random() < 0.3:
        metrics.pop("fileSummary", None)
    if metrics["statusSummary"]["status"] == "failed":
        metrics["recordSummary"] = {**metrics["recordSummary"], "inputRecordCount": -1, "failedRecordCount": -1}
    return {**outcome, "metrics": metrics}
