"""A flow run in words: what happened, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from aeptui.models.flow_runs import FlowRun, RunError

Severity = Literal["ok", "warning", "error", "info"]


@dataclass(frozen=True)
class Diagnosis:
    """What happened to a run."""

    headline: str
    lines: tuple[str, ...]
    """One per error the run carries."""
    next_step: str
    """Empty when there is nothing to do."""
    severity: Severity


_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        r"CONNECTORS?-1001",
        "Copying from the source failed.",
        "Test the base connection and look whether the files exist.",
    ),
    (r"CONNECTORS?-2001", "Reading or converting the rows failed.", "Look at the failed rows."),
    (r"CONNECTORS?-3001", "The batch could not be begun.", "Run it again; it is the platform's own trouble."),
    (
        r"INGEST-1212",
        "Some rows were refused.",
        "Look at the failed rows; mend files or mapping.",
    ),
    (
        r"INGEST-1211",
        "Some rows were refused, and diagnostics were off.",
        "Turn error diagnostics on in the pipeline to see which.",
    ),
    (r"INGEST-1401", "Rows could not be read.", "Check column count, quotes and encoding of those lines."),
    (r"INGEST-1555", "A required field was empty.", "Map the field, or mend the rows."),
    (r"MAPPER-3700", "Values did not fit their target's type.", "Convert them with an expression, or mend the rows."),
    (r"EMU-1601", "Values broke a rule of the schema.", "Look at the failed rows."),
    (r"^133$|-133(-|$)", "No file was found.", "Check the path, and whether files have arrived."),
)


def diagnose(run: FlowRun) -> Diagnosis:
    """What happened to a run, in plain words."""
    lines = tuple(_line(error) for error in run.errors)
    step = next((advice for error in run.errors for advice in [_advice(error)] if advice), "")
    read, written, failed = run.input_records, run.output_records, run.failed_records
    match run.outcome:
        case "scheduled":
            return Diagnosis("Waiting for its time.", lines, "", "info")
        case "running":
            so_far = f" {read:,} rows read so far." if read else ""
            return Diagnosis(f"Running.{so_far}", lines, "", "info")
        case "succeeded":
            if run.input_files == 0 or (read == 0 and written == 0):
                return Diagnosis("Nothing new to ingest.", lines, "", "ok")
            return Diagnosis(f"{_number(written)} rows are in the dataset.", lines, "", "ok")
        case "partial":
            return Diagnosis(
                f"{_number(written)} rows are in the dataset; {_number(failed)} were refused.", lines, step, "warning"
            )
        case "failed":
            headline = next((words for error in run.errors for words in [_words(error)] if words), "The run failed.")
            if failed and run.batch_id is not None:
                headline = f"Nothing was kept: {_number(failed)} rows were refused, more than the pipeline allows."
                step = "Look at the failed rows; mend them, or raise the threshold of partial ingestion."
            return Diagnosis(headline, lines, step or "Look at the errors, then run it again.", "error")
        case _:
            return Diagnosis(
                f"The platform says {run.status or 'nothing'!r}.", lines, "Look again in a minute.", "info"
            )


def _line(error: RunError) -> str:
    rows = f" ({error.record_count:,} rows)" if error.record_count is not None else ""
    words = _words(error)
    return " ".join(f"{error.code} {words} {error.message}{rows}".split())


def _words(error: RunError) -> str:
    return next((words for pattern, words, _ in _KNOWN if re.search(pattern, error.code)), "")


def _advice(error: RunError) -> str:
    return next((advice for pattern, _, advice in _KNOWN if re.search(pattern, error.code)), "")


def _number(value: int | None) -> str:
    return f"{value:,}" if value is not None else "An unknown number of"
