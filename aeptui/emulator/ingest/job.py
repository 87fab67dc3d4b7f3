"""What to ingest: the job file, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aeptui.dataprep import MappingRule
from aeptui.emulator.ingest.members import Member
from aeptui.emulator.ingest.parts import Part
from aeptui.emulator.ingest.storage import Kind


def _rule(entry: Mapping[str, Any]) -> MappingRule:
    return MappingRule(entry["sourceType"], entry["source"], entry["destination"])


class JobError(Exception):
    """The job itself is wrong: nothing was read."""


@dataclass(frozen=True)
class Job:
    """What to ingest, as the job file says it."""

    storage: Path
    path: str
    output: Path | None
    """None: nothing is written; it is told what would be, and what every mapping would lose."""
    now: datetime
    schema: Mapping[str, Any]
    mappings: tuple[MappingRule, ...] | None
    """None: the records are XDM already."""
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
                output=None if data["output"] is None else Path(data["output"]),
                now=datetime.fromtimestamp(float(data["now"]), UTC),
                schema=dict(data["schema"]),
                mappings=None if data["mappings"] is None else tuple(_rule(entry) for entry in data["mappings"]),
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
