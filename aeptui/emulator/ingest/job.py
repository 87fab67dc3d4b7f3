"""One batch, from files to a published folder: find, read, map, check, write, count.

The folder appears whole, by a rename, or not at all; what a killed process leaves beside it is for whoever gave it the
folder to remove. A batch that fails because of its rows is published too, with its
diagnostics and without data; one that fails while copying leaves nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from aeptui.dataprep import DataPrepError, DestinationPath, MappingRule, RowIssue, compile_mapping
from aeptui.emulator.ingest.columnar import parquet_rows
from aeptui.emulator.ingest.delimited import delimited_rows
from aeptui.emulator.ingest.diagnostics import Diagnostics
from aeptui.emulator.ingest.members import (
    Kind,
    Member,
    SourceError,
    find_members,
    open_streams,
    part_members,
    reading,
)
from aeptui.emulator.ingest.parquet import OutputFile, ParquetOutput
from aeptui.emulator.ingest.parts import Part
from aeptui.emulator.ingest.rows import BadRow, Row, json_lines, json_rows
from aeptui.emulator.ingest.validate import NOT_ALLOWED, REQUIRED, compile_validator
from aeptui.emulator.ingest.xdm import field_types

TICK_ROWS: Final = 512
"""Rows between two looks at the parent process and the progress."""
FLUSH_BYTES: Final = 16 * 1024 * 1024
"""So many bytes read end a row group early."""
_PARTIAL: Final = ".partial-"

Tick = Callable[[int, int], None]
"""Called with the rows read and the files done so far; may raise to stop the batch."""


class JobError(Exception):
    """The job itself is wrong: nothing was read."""


@dataclass(frozen=True)
class Job:
    """What to ingest, as the job file says it."""

    storage: Path
    path: str
    output: Path
    now: datetime
    schema: Mapping[str, Any]
    mappings: tuple[MappingRule, ...]
    kind: Kind = "file"
    recursive: bool = False
    format: str = "delimited"
    column_delimiter: str = ","
    compression: str | None = None
    encoding: str = "UTF-8"
    parts: tuple[Part, ...] | None = None
    """Only these parts of files, whatever `path` means; None: whole files."""
    seen: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Files not to take again: storage path -> (size, mtime_ns)."""
    modified_after: float | None = None
    """Epoch seconds, exclusive."""
    modified_before: float | None = None
    """Epoch seconds, inclusive."""
    partial_ingestion_percent: float | None = None
    """None: any bad row fails the batch."""
    error_diagnostics: bool = False

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Job:
        """Read a job file's content.

        Raises:
            JobError: something is missing or has the wrong shape.
        """
        try:
            percent, parts = data.get("partial_ingestion_percent"), data.get("parts")
            job = cls(
                storage=Path(data["storage"]),
                path=str(data["path"]),
                output=Path(data["output"]),
                now=datetime.fromtimestamp(float(data["now"]), UTC),
                schema=dict(data["schema"]),
                mappings=tuple(
                    MappingRule(entry["sourceType"], entry["source"], entry["destination"])
                    for entry in data["mappings"]
                ),
                kind="folder" if data.get("type") == "folder" else "file",
                recursive=bool(data.get("recursive", False)),
                format=str(data.get("format", "delimited")).lower(),
                column_delimiter=data.get("column_delimiter") or ",",
                compression=data.get("compression"),
                encoding=data.get("encoding") or "UTF-8",
                parts=None if parts is None else tuple(Part.load(entry) for entry in parts),
                seen={path: (int(facts[0]), int(facts[1])) for path, facts in (data.get("seen") or {}).items()},
                modified_after=data.get("modified_after"),
                modified_before=data.get("modified_before"),
                partial_ingestion_percent=None if percent is None else float(percent),
                error_diagnostics=bool(data.get("error_diagnostics", False)),
            )
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise JobError(f"the job file is not usable: {type(error).__name__} {error}") from error
        if job.format not in ("delimited", "json", "json_lines", "parquet"):
            raise JobError(f"the format {job.format} is not known")
        if len(job.column_delimiter) != 1 or job.column_delimiter in '"\n\r':
            raise JobError("the column delimiter is one character, and no quote or line end")
        try:
            "".encode(job.encoding)
        except LookupError as error:
            raise JobError(f"the encoding {job.encoding} is not known") from error
        return job

    def wants(self, member: Member) -> bool:
        """Whether a file is new, or changed, and in the window."""
        modified = member.mtime_ns / 1e9
        if self.modified_after is not None and modified <= self.modified_after:
            return False
        if self.modified_before is not None and modified > self.modified_before:
            return False
        return self.seen.get(member.path) != (member.size, member.mtime_ns)


class _Meter:
    """How many bytes were read: huge records are written before ten thousand of them fill the memory."""

    def __init__(self) -> None:
        self.total = 0

    def count(self, size: int) -> None:
        """Add what was just read."""
        self.total += size


def rows_of(job: Job, member: Member, count: Callable[[int], None]) -> Iterator[tuple[str, Row | BadRow]]:
    """Every record of one file, with the name of the part inside an archive.

    Args:
        count: Told how many bytes each block that is read takes in memory.
    Raises:
        SourceError: its bytes cannot be read.
    """
    compression = None if job.format == "parquet" else job.compression
    with reading(member, compression):
        for name, stream in open_streams(member, compression):
            for record in _reader(job, stream, f"{member.path} ({name})" if name else member.path, count):
                if member.part is not None:
                    record = record._replace(number=record.number + member.part.lines_before)
                yield name, record


def _reader(job: Job, stream: IO[bytes], shown: str, count: Callable[[int], None]) -> Iterator[Row | BadRow]:
    if job.format == "json":
        return json_rows(stream, count=count)
    if job.format == "json_lines":
        return json_lines(stream, count=count)
    if job.format == "parquet":
        return iter(parquet_rows(stream, path=shown, count=count))
    delimiter, encoding = job.column_delimiter, job.encoding
    return delimited_rows(stream, delimiter=delimiter, encoding=encoding, path=shown, count=count)


class _Batch:
    """The counts and outputs of a batch while it runs."""

    def __init__(self, job: Job, folder: Path) -> None:
        self._job = job
        self._folder = folder
        self._mapper = compile_mapping(job.mappings, field_types(job.schema), job.now)
        self._violations = compile_validator(job.schema)
        destinations = [DestinationPath.parse(rule.destination).segments for rule in job.mappings]
        self._output = ParquetOutput(folder, job.schema, destinations, self._refused)
        self._diagnostics = Diagnostics(folder, enabled=job.error_diagnostics)
        self._warned = 0
        self._warnings: dict[tuple[str, str], int] = {}
        self.rows = 0
        self.files: list[dict[str, Any]] = []

    def take(self, member: Member, tick: Tick) -> None:
        """Read one file to its end."""
        facts: dict[str, Any] = {"path": member.path, "size": member.size, "mtime_ns": member.mtime_ns}
        facts.update(rows=0, failed=0)
        self.files.append(facts)
        mapper, violations, add = self._mapper, self._violations, self._output.add
        meter = _Meter()
        first = self.rows
        for name, record in rows_of(self._job, member, meter.count):
            self.rows += 1
            if not self.rows % TICK_ROWS:
                tick(self.rows, len(self.files) - 1)
            if meter.total > FLUSH_BYTES:
                meter.total = 0
                self._output.flush()
            if isinstance(record, BadRow):
                self._reject(
                    {"_corrupt_record": record.raw}, [(record.code, None, record.message)], record, facts, name
                )
                continue
            made = mapper(record.values)
            if made.errors:
                reasons = [(issue.code, issue.destination, issue.message) for issue in made.errors]
                self._reject(record.values, reasons, record, facts, name)
                continue
            found = violations(made.record)
            if found:
                why = {issue.destination: issue.message for issue in made.warnings}
                reasons = [
                    (code, column, f"{message} ({why[column]})" if code == REQUIRED and column in why else message)
                    for code, column, message in found
                ]
                self._reject(record.values, reasons, record, facts, name)
                continue
            if made.warnings:
                self._warn(made.warnings)
            add(made.record, (record, facts, name))
        facts["rows"] = self.rows - first
        tick(self.rows, len(self.files))

    def _refused(self, tag: tuple[Row, dict[str, Any], str], why: str) -> None:
        record, facts, name = tag
        reasons = [(NOT_ALLOWED, None, f"the record cannot be stored: {why}")]
        self._reject(record.values, reasons, record, facts, name)

    def _reject(
        self,
        fields: dict[str, Any],
        reasons: Sequence[tuple[str, str | None, str]],
        record: Row | BadRow,
        facts: dict[str, Any],
        name: str,
    ) -> None:
        facts["failed"] += 1
        self._diagnostics.reject(fields, reasons, path=facts["path"], number=record.number, member=name)

    def _warn(self, issues: tuple[RowIssue, ...]) -> None:
        self._warned += 1
        for issue in issues:
            key = (issue.destination, issue.code)
            self._warnings[key] = self._warnings.get(key, 0) + 1

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


def _copy_failed(error: SourceError) -> dict[str, Any]:
    numbers = ("input_records", "output_records", "failed_records", "warning_records", "input_bytes", "output_bytes")
    return {
        "status": "failed",
        "copy_error": {"code": error.code, "message": error.message},
        "files": [],
        **dict.fromkeys(numbers, 0),
        "output_files": [],
        "errors": [],
        "warnings": [],
        "diagnostics": {"row_errors": [], "input_files": [], "samples": None},
    }


def run(job: Job, tick: Tick) -> dict[str, Any]:
    """Ingest one batch and publish its folder; the result as the caller of the process gets it.

    Raises:
        JobError: the mappings cannot be compiled, or the output is there already.
        OSError: the output cannot be written.
    """
    if job.output.exists():
        raise JobError(f"the batch {job.output.name} exists already")
    job.output.parent.mkdir(parents=True, exist_ok=True)
    partial = job.output.parent / f".{job.output.name}{_PARTIAL}{os.getpid()}"
    batch: _Batch | None = None
    try:
        if job.parts is None:
            members = find_members(job.storage, job.path, kind=job.kind, recursive=job.recursive)
        else:
            members = part_members(job.storage, job.parts)
        partial.mkdir(mode=0o700)  # customers' data, on a machine others use
        batch = _Batch(job, partial)
        for member in members:
            if job.wants(member):
                batch.take(member, tick)
        result = batch.finish()
        partial.rename(job.output)
        return result
    except SourceError as error:
        if batch is not None:
            batch.abandon()
        return _copy_failed(error)
    except DataPrepError as error:
        raise JobError(f"the mappings cannot be used: {error}") from error
    finally:
        if partial.exists():
            shutil.rmtree(partial, ignore_errors=True)
