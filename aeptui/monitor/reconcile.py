"""Do the rows of a flow run add up? In the files = ingested + rejected + skipped, per file, and empty target fields.

Every number is one the platform gives, each from where it knows it: the run, its batch, the diagnostics beside the
batch, the files in the dataset. Where two of them differ, or one is not there, that is said: unknown is not 0.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from aeptui.api.errors import Forbidden, NotFound
from aeptui.monitor.null_counts import FileNulls, Nulls, count_nulls

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.models.data_access import DatasetFile
    from aeptui.models.datasets import Batch
    from aeptui.models.flow_runs import FlowRun

T = TypeVar("T")
Verdict = Literal["adds up", "does not add up", "not known"]
MOST_REJECTED = 50_000
"""Refused rows that are looked at to see which file each is in."""


@dataclass(frozen=True)
class FileRows:
    """One file the run took. The platform counts the rows of all files together: of one alone they are known only
    where there is just one."""

    path: str
    size: int | None = None
    """Bytes."""
    rows: int | None = None
    ingested: int | None = None
    rejected: int | None = None


@dataclass(frozen=True)
class Reconciliation:
    """The accounts of one flow run; None is unknown."""

    run_id: str
    flow_id: str
    flow_name: str
    batch_id: str | None
    outcome: str
    completed_at: datetime | None
    rows: int | None
    ingested: int | None
    rejected: int | None
    skipped: int | None
    files: tuple[FileRows, ...]
    nulls: tuple[FileNulls, ...]
    """One for each file of the dataset that could be looked at."""
    verdict: Verdict
    findings: tuple[str, ...]
    """What does not add up, or is not known; one sentence each."""
    notes: tuple[str, ...]
    """What was not looked at, or only in part."""

    @property
    def looked_at(self) -> int:
        """Ingested rows whose fields were looked at."""
        return sum(file.rows for file in self.nulls)

    @property
    def empty_fields(self) -> dict[str, int]:
        """In how many of them each target field is empty."""
        return Nulls(self.nulls).fields

    def to_json(self) -> dict[str, Any]:
        """As data; null is unknown."""
        completed = self.completed_at.isoformat() if self.completed_at else None
        looked_at = {"rows_looked_at": self.looked_at, "empty_fields": self.empty_fields}
        return {**asdict(self), "completed_at": completed, **looked_at}


@dataclass(frozen=True)
class _Facts:
    """What was read of one run."""

    run: FlowRun
    batch: Batch | None
    paths: tuple[str, ...]
    rejected: Mapping[str | None, int]
    """By the name the diagnostics give their file."""
    all_rejected: bool
    written: tuple[DatasetFile, ...]
    nulls: Nulls


async def reconcile(client: AepClient, run: FlowRun) -> Reconciliation:
    """Gather the numbers of a run and compare them. Reads only.

    Raises:
        ApiError: the platform does not answer. What is gone, or may not be read, is left out and said.
    """
    notes: list[str] = []

    async def maybe(asked: Awaitable[T], what: str, instead: T) -> T:
        try:
            return await asked
        except (NotFound, Forbidden) as error:
            notes.append(f"{what} cannot be read: {error.title}")
            return instead

    access, batch_id = client.data_access, run.batch_id
    flow = await maybe(client.flows.get(run.flow_id), "The dataflow", None) if run.flow_id else None
    targets: tuple[str, ...] = ()
    if flow is not None and flow.mapping_set_id and batch_id is not None:
        asked = client.mapping_sets.get(flow.mapping_set_id, version=flow.mapping_version)
        found = await maybe(asked, "The mapping set", None)
        targets = tuple(one.destination for one in found.mappings) if found is not None else ()
    if batch_id is None:
        facts = _Facts(run, None, (), {}, True, (), Nulls())
    else:
        none: tuple[Counter[str | None], bool] = (Counter(), True)
        batch, paths, (rejected, whole), written = await asyncio.gather(
            maybe(client.batches.get(batch_id), "The batch", None),
            maybe(access.input_files(batch_id), "The list of the files it read", []),
            maybe(access.failed_rows_by_file(batch_id, MOST_REJECTED), "The rows it refused", none),
            maybe(access.files(batch_id), "The list of the files it wrote", []),
        )
        nulls = await maybe(count_nulls(client, written, targets), "What it wrote", Nulls())
        facts = _Facts(run, batch, tuple(paths), rejected, whole, tuple(written), nulls)
    return _compared(facts, flow.name if flow is not None else "", notes)


def _compared(facts: _Facts, flow_name: str, notes: list[str]) -> Reconciliation:
    run = facts.run
    rejected = run.failed_records
    verdict, findings = _balance(run)
    differences = list(_differences(facts))
    if differences and verdict == "adds up":
        verdict = "does not add up"
    files, about_files = _files(facts)
    return Reconciliation(
        run_id=run.id,
        flow_id=run.flow_id,
        flow_name=flow_name,
        batch_id=run.batch_id,
        outcome=run.outcome,
        completed_at=run.completed_at,
        rows=run.input_records,
        ingested=run.output_records,
        rejected=rejected,
        skipped=run.skipped_records,
        files=files,
        nulls=facts.nulls.files,
        verdict=verdict,
        findings=(*findings, *differences),
        notes=(*notes, *about_files, *(f"{words[:1].upper()}{words[1:]}." for words in facts.nulls.left_out)),
    )


def _balance(run: FlowRun) -> tuple[Verdict, list[str]]:
    """Whether the run's own numbers add up."""
    rows, ingested, rejected, skipped = (
        run.input_records,
        run.output_records,
        run.failed_records,
        run.skipped_records,
    )
    if not run.is_terminal:
        return "not known", ["The flow run has not ended; its numbers will change."]
    unknown = {"in the files": rows, "ingested": ingested, "rejected": rejected}
    missing = [name for name, number in unknown.items() if number is None]
    if rows is None or ingested is None or rejected is None:
        return "not known", [f"The platform does not say how many rows are {_listed(missing)}."]
    known = ingested + rejected + (skipped or 0)
    if known == rows:
        return "adds up", []
    if run.outcome == "failed" and ingested == 0 and known < rows:
        return "does not add up", [
            f"The run failed and kept nothing: of {rows:,} rows in the files {rejected:,} were refused, and "
            f"{rows - known:,} that were not refused are not in the dataset either."
        ]
    parts = f"{ingested:,} ingested + {rejected:,} rejected"
    if skipped is not None:
        parts += f" + {skipped:,} skipped"
    gap = abs(rows - known)
    words = f"The files have {rows:,} rows; {parts} = {known:,} are accounted for: {gap:,} "
    words += "are missing." if known < rows else "too many."
    if skipped is None and known < rows:
        words += " How many were skipped, the platform does not say."
    return "does not add up", [words]


def _differences(facts: _Facts) -> Iterator[str]:
    """Where two places of the platform tell different numbers of the same thing."""
    run, batch = facts.run, facts.batch
    if batch is not None:
        pairs = (
            ("in the files", run.input_records, batch.input_records),
            ("ingested", run.output_records, batch.output_records),
            ("rejected", run.failed_records, batch.failed_records),
        )
        for words, of_run, of_batch in pairs:
            if of_run is not None and of_batch is not None and of_run != of_batch:
                yield f"The flow run says {of_run:,} rows {words}, its batch says {of_batch:,}."
    records = [file.records for file in facts.written]
    if facts.written and run.output_records is not None and all(one is not None for one in records):
        held = sum(one or 0 for one in records)
        if held != run.output_records:
            yield f"The flow run says {run.output_records:,} rows ingested, the dataset's files hold {held:,}."
    if not facts.nulls.left_out and facts.nulls.files and run.output_records is not None:
        counted = facts.nulls.rows
        if counted != run.output_records:
            yield f"The flow run says {run.output_records:,} rows ingested, {counted:,} were counted in the dataset."
    kept = sum(facts.rejected.values())
    if run.failed_records is not None and kept > run.failed_records:
        yield f"{run.failed_records:,} rows were rejected, {kept:,} are in the diagnostics."
    if facts.paths and run.input_files is not None and len(facts.paths) != run.input_files:
        yield f"The flow run says {run.input_files:,} files read, {len(facts.paths):,} are listed beside its batch."


def _files(facts: _Facts) -> tuple[tuple[FileRows, ...], list[str]]:
    """Each file as far as the platform tells of it, and what it does not tell."""
    run, notes = facts.run, list[str]()
    sizes = dict(run.files_taken)
    paths = facts.paths or tuple(sizes)
    if not paths:
        if run.input_files != 0:
            notes.append("Which files it read, the platform does not say.")
        return (), notes
    kept = sum(facts.rejected.values())
    by_path, nameless = _by_path(facts.rejected, paths)
    each_known = facts.all_rejected and not nameless and kept == run.failed_records
    if run.failed_records and not kept:
        notes.append("Which file a rejected row is in is not known: diagnostics were off, or it was too long ago.")
    elif nameless:
        notes.append(f"Of {nameless:,} rejected rows the diagnostics do not name the file.")
    elif not facts.all_rejected:
        notes.append(f"Only the first {kept:,} rejected rows were looked at; per file there may be more.")
    elif run.failed_records is not None and kept < run.failed_records:
        notes.append(
            f"Of {run.failed_records:,} rejected rows {kept:,} are in the diagnostics; per file there may be more."
        )
    alone = len(paths) == 1
    if not alone:
        notes.append("The platform counts the rows of all files together, not of each.")
    rows = []
    for path in paths:
        rejected = by_path.get(path, 0) if each_known else by_path.get(path)
        if alone:
            rows.append(FileRows(path, sizes.get(path), run.input_records, run.output_records, run.failed_records))
        else:
            rows.append(FileRows(path, sizes.get(path), rejected=rejected))
    return tuple(rows), notes


def _by_path(rejected: Mapping[str | None, int], paths: tuple[str, ...]) -> tuple[dict[str, int], int]:
    """Refused rows by file, and how many are in none of them: samples show names without a folder, or none."""
    known = set(paths)
    short = Counter(path.rpartition("/")[2] for path in paths)
    by_name = {path.rpartition("/")[2]: path for path in paths if short[path.rpartition("/")[2]] == 1}
    found: dict[str, int] = {}
    nameless = 0
    for name, number in rejected.items():
        path = name if name in known else by_name.get((name or "").rpartition("/")[2])
        if path is None:
            nameless += number
        else:
            found[path] = found.get(path, 0) + number
    return found, nameless


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
