"""One batch, from files to a published folder; or its forecast, which does the same and writes nothing.

The folder appears whole, by a rename, or not at all; what a killed process leaves beside it is for whoever gave it the
folder to remove. A batch that fails because of its rows is published too, with its diagnostics and without data; one
that fails while copying leaves nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from aeptui.dataprep import DataPrepError
from aeptui.emulator.ingest.archives import allowed, reading, unpacked
from aeptui.emulator.ingest.batch import Batch
from aeptui.emulator.ingest.columnar import parquet_rows
from aeptui.emulator.ingest.delimited import delimited_blocks
from aeptui.emulator.ingest.job import Job, JobError
from aeptui.emulator.ingest.judge import Judge
from aeptui.emulator.ingest.losses import Losses
from aeptui.emulator.ingest.members import Member, find_members, part_members
from aeptui.emulator.ingest.rows import Block, in_blocks, json_lines, json_rows
from aeptui.emulator.ingest.storage import COPY_FAILED, SourceError

BLOCK_ROWS: Final = 2000
BLOCK_BYTES: Final = 4 * 1024 * 1024
"""So many bytes read end a block of rows early: of huge records two thousand would fill the memory."""
_PARTIAL: Final = ".partial-"


class Progress(NamedTuple):
    """How far a batch is."""

    rows: int
    files_done: int
    files: int
    bytes: int
    """Of the files as they lie there, packed or not."""
    bytes_in_all: int


Tick = Callable[[Progress], None]
"""Told how far it is, again and again; may raise to stop the batch."""


class _Meter:
    """How many bytes were read since somebody looked."""

    def __init__(self) -> None:
        self._bytes = 0

    def count(self, size: int) -> None:
        """Add what was just read."""
        self._bytes += size

    def full(self, rows: int) -> bool:
        """Whether so many rows are a block; after a yes it begins anew."""
        if rows < BLOCK_ROWS and self._bytes < BLOCK_BYTES:
            return False
        self._bytes = 0
        return True


def _blocks(job: Job, stream: IO[bytes], shown: str) -> Iterator[Block]:
    if job.format == "delimited":
        return delimited_blocks(stream, delimiter=job.column_delimiter, encoding=job.encoding, path=shown)
    meter = _Meter()
    if job.format == "json":
        return in_blocks(json_rows(stream, count=meter.count), meter.full)
    return in_blocks(json_lines(stream, count=meter.count), meter.full)


def _take_all(job: Job, batch: Batch, members: list[Member], tick: Tick) -> None:
    """Read every file to its end.

    Raises:
        SourceError: the bytes of one cannot be read, or are others at the end than they were at the start.
    """
    in_all = sum(member.size for member in members)
    before = 0
    for member in members:

        def told(done: int, read: int, before: int = before) -> None:
            tick(Progress(batch.rows, done, len(members), min(before + read, in_all), in_all))

        _take(job, batch, member, told)
        before += member.size


def _take(job: Job, batch: Batch, member: Member, told: Callable[[int, int], None]) -> None:
    """Read one file to its end; `told` gets the files done and the bytes read of this one."""
    with reading(member, None):
        stream = member.open()
    with stream:
        before = None if member.part is not None else os.fstat(stream.fileno())
        if before is not None:
            # What counts is what was opened, whatever the listing said a moment ago.
            member = member._replace(size=before.st_size, mtime_ns=before.st_mtime_ns)
            if not job.wants(member):
                return
        batch.begin(member)
        done = len(batch.files) - 1
        blocks = _read(job, member, stream)
        while True:
            with reading(member, job.compression):  # and not what becomes of the rows
                found = next(blocks, None)
            if found is None:
                break
            name, block = found
            batch.take(block if member.part is None else block.after(member.part.lines_before), name)
            told(done, stream.tell() if before is not None else 0)
        if before is not None and _changed(before, os.fstat(stream.fileno())):
            raise SourceError(COPY_FAILED, f"{member.path} was changed while it was read.")
    told(done + 1, member.size)


def _changed(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether a file was written to, even by one who set its time back.

    Another taking its name, or its being removed, shows in its last change too, but does not change what was read.
    """
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    return not same or (before.st_nlink == after.st_nlink and before.st_ctime_ns != after.st_ctime_ns)


def _read(job: Job, member: Member, stream: IO[bytes]) -> Iterator[tuple[str, Block]]:
    """The records of one file, with the name of the part of an archive that they stand in."""
    if job.format == "parquet":
        meter = _Meter()
        rows = parquet_rows(stream, path=member.path, most=allowed(stream, member, packed=True), count=meter.count)
        yield from (("", block) for block in in_blocks(iter(rows), meter.full))
        return
    for name, inner in unpacked(stream, member, job.compression):
        for block in _blocks(job, inner, f"{member.path} ({name})" if name else member.path):
            yield name, block


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


def _wanted(job: Job) -> list[Member]:
    if job.parts is None:
        members = find_members(job.storage, job.path, kind=job.kind, recursive=job.recursive)
    else:
        members = part_members(job.storage, job.parts)
    return [member for member in members if job.wants(member)]


def run(job: Job, tick: Tick) -> dict[str, Any]:
    """Ingest one batch and publish its folder; the result as the caller of the process gets it.

    Without an output it is the forecast: the same result, and with it what every mapping would lose.

    Raises:
        JobError: the mappings cannot be compiled, or the output is there already.
        OSError: the output cannot be written.
    """
    try:
        return _forecast(job, tick) if job.output is None else _run(job, job.output, tick)
    except SourceError as error:
        return _copy_failed(error)
    except DataPrepError as error:
        raise JobError(f"the mappings cannot be used: {error}") from error


def _forecast(job: Job, tick: Tick) -> dict[str, Any]:
    members = _wanted(job)
    judge = Judge(job.mappings, job.schema, job.now)
    losses = Losses(judge.rules)
    batch = Batch(job, None, judge, losses)
    try:
        _take_all(job, batch, members, tick)
        return {**batch.finish(), **losses.result()}
    finally:
        batch.abandon()


def _run(job: Job, output: Path, tick: Tick) -> dict[str, Any]:
    if output.exists():
        raise JobError(f"the batch {output.name} exists already")
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.parent / f".{output.name}{_PARTIAL}{os.getpid()}"
    batch: Batch | None = None
    try:
        members = _wanted(job)
        partial.mkdir(mode=0o700)  # customers' data, on a machine others use
        batch = Batch(job, partial, Judge(job.mappings, job.schema, job.now))
        _take_all(job, batch, members, tick)
        result = batch.finish()
        partial.rename(output)
        return result
    finally:
        if partial.exists():
            if batch is not None:
                batch.abandon()
            shutil.rmtree(partial, ignore_errors=True)
