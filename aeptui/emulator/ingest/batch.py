"""The rows of one batch: mapped, checked, written or rejected, and counted.

Rows are taken many at a time, as columns. A row that something may be wrong with is looked at by itself, and what is
said about it is what the mapper and the validator say about one row; so is every row of a mapping set whose rules
depend on each other, or write into arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

from aeptui.dataprep import DestinationPath, RowIssue
from aeptui.emulator.ingest.column_checks import ColumnChecks, Values
from aeptui.emulator.ingest.diagnostics import Diagnostics
from aeptui.emulator.ingest.job import Job
from aeptui.emulator.ingest.judge import Judge, Reasons, Verdict
from aeptui.emulator.ingest.losses import Losses
from aeptui.emulator.ingest.members import Member
from aeptui.emulator.ingest.parquet import CONVERSION_ERRORS, OutputFile, ParquetOutput
from aeptui.emulator.ingest.rows import BadRow, Block, Row
from aeptui.emulator.ingest.validate import NOT_ALLOWED


class _Rejected(NamedTuple):
    """A row, or a piece of text that is none, on its way into the diagnostics."""

    number: int
    fields: dict[str, Any]
    reasons: Reasons


class Batch:
    """The counts and outputs of a batch while it runs.

    Args:
        folder: Where it is written. None: nowhere; everything else is done, so the counts are the same.
        losses: Keeps account of what the mappings lose.
    Raises:
        DataPrepError: the mappings cannot be used.
    """

    def __init__(self, job: Job, folder: Path | None, judge: Judge, losses: Losses | None = None) -> None:
        self._job = job
        self._judge = judge
        self._losses = losses
        destinations = [DestinationPath.parse(rule.destination).segments for rule in judge.rules]
        self._output = ParquetOutput(folder, job.schema, destinations, self._refused)
        self._diagnostics = Diagnostics(folder, enabled=job.error_diagnostics)
        self._columns = judge.mapper.by_columns() if destinations else None
        self._checks = ColumnChecks.of(job.schema, self._columns.destinations) if self._columns else None
        self._warned = 0
        self._warnings: dict[tuple[str, str], int] = {}
        self.rows = 0
        self.files: list[dict[str, Any]] = []

    def begin(self, member: Member) -> None:
        """The rows that follow are of this file."""
        facts: dict[str, Any] = {"path": member.path, "size": member.size, "mtime_ns": member.mtime_ns}
        self.files.append({**facts, "rows": 0, "failed": 0})

    def take(self, block: Block, member: str = "") -> None:
        """Some records of the file that was begun, with the name of the part inside an archive."""
        facts = self.files[-1]
        count = len(block.numbers) + len(block.bad)
        self.rows += count
        facts["rows"] += count
        if not self._by_columns(block, facts, member):
            self._one_by_one(block, facts, member)

    # -- many rows at once

    def _by_columns(self, block: Block, facts: dict[str, Any], member: str) -> bool:
        """Whether it could be done so; else nothing was done."""
        if self._columns is None or self._checks is None:
            return False
        frame, length = block.frame, len(block.frame)
        made, odd = self._columns(frame)
        columns: Sequence[Values] = made
        odd |= self._checks(columns, length)
        if self._judge.is_xdm:
            odd |= {place for place, values in enumerate(zip(*columns, strict=True)) if not any(map(_given, values))}
        rejected = [_unreadable(record) for record in block.bad]
        verdicts: dict[int, Verdict] = {}
        keep = [True] * length if odd else []
        for place in sorted(odd):
            values = frame.row(place)
            verdict = verdicts[place] = self._judge(values)
            if verdict.reasons:
                keep[place] = False
                rejected.append(_Rejected(block.numbers[place], values, verdict.reasons))
        if odd and not all(keep):
            columns = [list(compress(column, keep)) for column in columns]
            length = sum(keep)
        try:
            batch = self._output.batch_of(columns, length)
        except CONVERSION_ERRORS:
            return False  # some value does not fit: one by one, to learn which
        if self._losses is not None:
            self._losses.columns(block, made, verdicts, facts["path"], member)
        for entry in sorted(rejected, key=lambda entry: entry.number):
            self._reject(entry, facts, member)
        for verdict in verdicts.values():
            if verdict.warnings and not verdict.reasons:
                self._warn(verdict.warnings)
        if length:
            self._output.add_batch(batch)
        return True

    # -- one row

    def _one_by_one(self, block: Block, facts: dict[str, Any], member: str) -> None:
        for record in block.records():
            if isinstance(record, BadRow):
                self._reject(_unreadable(record), facts, member)
                continue
            verdict = self._judge(record.values)
            if self._losses is not None:
                self._losses.row(record.values, verdict, facts["path"], member, record.number)
            if verdict.reasons:
                self._reject(_Rejected(record.number, record.values, verdict.reasons), facts, member)
                continue
            if verdict.warnings:
                self._warn(verdict.warnings)
            self._output.add(verdict.record, (record, facts, member))

    def _refused(self, tag: tuple[Row, dict[str, Any], str], why: str) -> None:
        record, facts, member = tag
        reasons: Reasons = [(NOT_ALLOWED, None, f"the record cannot be stored: {why}")]
        self._reject(_Rejected(record.number, record.values, reasons), facts, member)

    def _reject(self, entry: _Rejected, facts: dict[str, Any], member: str) -> None:
        facts["failed"] += 1
        self._diagnostics.reject(entry.fields, entry.reasons, path=facts["path"], number=entry.number, member=member)
        if self._losses is not None:
            self._losses.rejected(entry.fields, entry.reasons, facts["path"], member, entry.number)

    def _warn(self, issues: Sequence[RowIssue]) -> None:
        self._warned += 1
        for issue in issues:
            key = (issue.destination, issue.code)
            self._warnings[key] = self._warnings.get(key, 0) + 1

    # -- the end

    def finish(self) -> dict[str, Any]:
        """Decide, close everything, and give the result."""
        self._output.flush()
        failed = sum(entry["failed"] for entry in self.files)
        percent = self._job.partial_ingestion_percent
        too_many = failed > 0 if percent is None else failed * 100 > percent * self.rows
        written: list[OutputFile] = []
        if too_many:
            self._output.discard()
        else:
            written = self._output.close()
        good = sum(file.records for file in written)
        diagnostics = self._diagnostics.close([entry["path"] for entry in self.files])
        return {
            "status": "failed" if too_many else "success",
            "copy_error": None,
            "files": self.files,
            "input_records": self.rows,
            "output_records": good,
            "failed_records": failed,
            "warning_records": self._warned,
            "input_bytes": sum(entry["size"] for entry in self.files),
            "output_bytes": sum(file.size for file in written),
            "output_files": [file._asdict() for file in written],
            "errors": self._diagnostics.summary(good),
            "warnings": [
                {"code": code, "destination": destination, "recordCount": count}
                for (destination, code), count in sorted(self._warnings.items())
            ],
            "diagnostics": diagnostics,
        }

    def abandon(self) -> None:
        """Let go of open files; the folder is about to be removed."""
        self._output.discard()


def _given(value: object) -> bool:
    return value is not None


def _unreadable(record: BadRow) -> _Rejected:
    return _Rejected(record.number, {"_corrupt_record": record.raw}, [(record.code, None, record.message)])
