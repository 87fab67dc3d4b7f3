"""One batch, from files to a published folder.

The folder appears whole, by a rename, or not at all; what a killed process leaves beside it is for whoever gave it the
folder to remove. A batch that fails because of its rows is published too, with its diagnostics and without data; one
that fails while copying leaves nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

from aeptui.dataprep import DataPrepError
from aeptui.emulator.ingest.archives import allowed, reading, unpacked
from aeptui.emulator.ingest.batch import Batch
from aeptui.emulator.ingest.columnar import parquet_rows
from aeptui.emulator.ingest.delimited import delimited_blocks
from aeptui.emulator.ingest.job import Job, JobError
from aeptui.emulator.ingest.members import Member, find_members, part_members
from aeptui.emulator.ingest.rows import Block, in_blocks, json_lines, json_rows
from aeptui.emulator.ingest.storage import COPY_FAILED, SourceError

BLOCK_ROWS: Final = 2000
BLOCK_BYTES: Final = 4 * 1024 * 1024
"""So many bytes read end a block of rows early: of huge records two thousand would fill the memory."""
_PARTIAL: Final = ".partial-"

Tick = Callable[[int, int], None]
"""Called with the rows read and the files done so far; may raise to stop the batch."""


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


def _take(job: Job, batch: Batch, member: Member, tick: Tick) -> None:
    """Read one file to its end.

    Raises:
        SourceError: its bytes cannot be read, or are others at the end than they were at the start.
    """
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
            tick(batch.rows, done)
        if before is not None and _changed(before, os.fstat(stream.fileno())):
            raise SourceError(COPY_FAILED, f"{member.path} was changed while it was read.")
    tick(batch.rows, done + 1)


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
    batch: Batch | None = None
    try:
        if job.parts is None:
            members = find_members(job.storage, job.path, kind=job.kind, recursive=job.recursive)
        else:
            members = part_members(job.storage, job.parts)
        partial.mkdir(mode=0o700)  # customers' data, on a machine others use
        batch = Batch(job, partial)
        for member in members:
            if job.wants(member):
                _take(job, batch, member, tick)
        result = batch.finish()
        partial.rename(job.output)
        return result
    except SourceError as error:
        return _copy_failed(error)
    except DataPrepError as error:
        raise JobError(f"the mappings cannot be used: {error}") from error
    finally:
        if partial.exists():
            if batch is not None:
                batch.abandon()
            shutil.rmtree(partial, ignore_errors=True)
