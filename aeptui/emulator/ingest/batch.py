"""The rows of one batch: mapped, checked, written or rejected, and counted.

Rows are taken many at a time, as columns. A row that something may be wrong with is looked at by itself, and what is
said about it is what the mapper and the validator say about one row; so is every row of a mapping set whose rules
depend on each other, or write into arrays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import compress
from pathlib import Path
from typing import Any, Final, NamedTuple

from aeptui.dataprep import DestinationPath, MappingRule, RowIssue, compile_mapping, quote_column
from aeptui.emulator.ingest.column_checks import ColumnChecks
from aeptui.emulator.ingest.diagnostics import Diagnostics
from aeptui.emulator.ingest.job import Job
from aeptui.emulator.ingest.members import Member
from aeptui.emulator.ingest.parquet import CONVERSION_ERRORS, OutputFile, ParquetOutput
from aeptui.emulator.ingest.rows import BadRow, Block, Row
from aeptui.emulator.ingest.validate import NOT_ALLOWED, REQUIRED, compile_validator
from aeptui.emulator.ingest.xdm import field_types

Reasons = list[tuple[str, str | None, str]]
"""(code, column or None, message); the first decides under which code a row counts."""


class _Verdict(NamedTuple):
    """What becomes of one row; with reasons it is rejected."""

    record: dict[str, Any]
    reasons: Reasons
    warnings: tuple[RowIssue, ...]


class _Rejected(NamedTuple):
    """A row, or a piece of text that is none, on its way into the diagnostics."""

    number: int
    fields: dict[str, Any]
    reasons: Reasons


class Batch:
    """The counts and outputs of a batch while it runs."""

    def __init__(self, job: Job, folder: Path) -> None:
        """Raises DataPrepError when the mappings cannot be used."""
        self._job = job
        self._is_xdm = job.mappings is None
        rules = _copies(job.schema) if job.mappings is None else job.mappings
        self._mapper = compile_mapping(rules, field_types(job.schema), job.now)
        self._violations = compile_validator(job.schema)
        destinations = [DestinationPath.parse(rule.destination).segments for rule in rules]
        self._output = ParquetOutput(folder, job.schema, destinations, self._refused)
        self._diagnostics = Diagnostics(folder, enabled=job.error_diagnostics)
        self._columns = self._mapper.by_columns() if destinations else None
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
        columns, odd = self._columns(frame)
        odd |= self._checks(columns, length)
        if self._is_xdm:
            odd |= {place for place, values in enumerate(zip(*columns, strict=True)) if not any(map(_given, values))}
        rejected = [_unreadable(record) for record in block.bad]
        warnings: list[tuple[RowIssue, ...]] = []
        keep = [True] * length if odd else []
        for place in sorted(odd):
            values = frame.row(place)
            verdict = self._judged(values)
            if verdict.reasons:
                keep[place] = False
                rejected.append(_Rejected(block.numbers[place], values, verdict.reasons))
            elif verdict.warnings:
                warnings.append(verdict.warnings)
        if odd and not all(keep):
            columns = [list(compress(column, keep)) for column in columns]
            length = sum(keep)
        try:
            batch = self._output.batch_of(columns, length)
        except CONVERSION_ERRORS:
            return False  # some value does not fit: one by one, to learn which
        for entry in sorted(rejected, key=lambda entry: entry.number):
            self._reject(entry, facts, member)
        for issues in warnings:
            self._warn(issues)
        if length:
            self._output.add_batch(batch)
        return True

    # -- one row

    def _one_by_one(self, block: Block, facts: dict[str, Any], member: str) -> None:
        for record in block.records():
            if isinstance(record, BadRow):
                self._reject(_unreadable(record), facts, member)
                continue
            verdict = self._judged(record.values)
            if verdict.reasons:
                self._reject(_Rejected(record.number, record.values, verdict.reasons), facts, member)
                continue
            if verdict.warnings:
                self._warn(verdict.warnings)
            self._output.add(verdict.record, (record, facts, member))

    def _judged(self, values: Mapping[str, Any]) -> _Verdict:
        made = self._mapper(values)
        if made.errors:
            return _Verdict(made.record, [(one.code, one.destination, one.message) for one in made.errors], ())
        if self._is_xdm and not made.record:
            return _Verdict({}, [(NOT_ALLOWED, None, "the schema has none of the fields of the record")], ())
        found = self._violations(made.record)
        why = {issue.destination: issue.message for issue in made.warnings} if found else {}
        reasons: Reasons = [
            (code, column, f"{message} ({why[column]})" if code == REQUIRED and column in why else message)
            for code, column, message in found
        ]
        return _Verdict(made.record, reasons, made.warnings)

    def _refused(self, tag: tuple[Row, dict[str, Any], str], why: str) -> None:
        record, facts, member = tag
        reasons: Reasons = [(NOT_ALLOWED, None, f"the record cannot be stored: {why}")]
        self._reject(_Rejected(record.number, record.values, reasons), facts, member)

    def _reject(self, entry: _Rejected, facts: dict[str, Any], member: str) -> None:
        facts["failed"] += 1
        self._diagnostics.reject(entry.fields, entry.reasons, path=facts["path"], number=entry.number, member=member)

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


def _copies(schema: Mapping[str, Any]) -> list[MappingRule]:
    """The rules for records that are XDM already: every top-level field is copied, with all that is in it.

    What the documents say ends with "content must already be XDM-shaped". Inferred is the rest: values become the type
    of their field as mapped ones do, fields that the schema does not have are left out, and a record that has no field
    of the schema at all is rejected, for it would be a row of nothing.
    """
    names = list(schema.get("properties", {}))
    return [MappingRule("ATTRIBUTE", quote_column(name), _SPECIAL.sub(r"\\\g<0>", name)) for name in names]


_SPECIAL: Final = re.compile(r"[\\.\[]")


def _given(value: object) -> bool:
    return value is not None


def _unreadable(record: BadRow) -> _Rejected:
    return _Rejected(record.number, {"_corrupt_record": record.raw}, [(record.code, None, record.message)])
