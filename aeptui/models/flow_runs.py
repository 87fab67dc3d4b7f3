"""A flow run: what it read, wrote and refused. Any summary, and any number in it, may be missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from pydantic import AliasChoices, Field

from aeptui.models.base import Entity, Json, MaybeMillis, items_of, mapping_of, read_count, read_epoch

Outcome = Literal["scheduled", "running", "succeeded", "partial", "failed", "unknown"]
"""`partial` is a success that dropped records."""

_OUTCOMES: dict[str, Outcome] = {
    "scheduled": "scheduled",
    "queued": "scheduled",
    "inprogress": "running",
    "success": "succeeded",
    "completed": "succeeded",
    "partialsuccess": "partial",
    "partialfailure": "failed",
    "failed": "failed",
}
_TERMINAL: frozenset[Outcome] = frozenset({"succeeded", "partial", "failed"})
_BATCH_IN_URL = re.compile(r"/batches/([^/?]+)/")


@dataclass(frozen=True)
class RunError:
    """Why records, or a whole run, were refused."""

    code: str
    message: str
    record_count: int | None = None


@dataclass(frozen=True)
class RunActivity:
    """One part of a run: copying from the source, or promotion into the dataset."""

    name: str
    kind: Literal["copy", "promotion", "other"]
    status: str
    started_at: datetime | None
    completed_at: datetime | None
    errors: tuple[RunError, ...] = ()


class FlowRun(Entity):
    """One run of a flow. Numbers that were not sent are None, never 0."""

    id: str
    flow_id: str = ""
    etag: str | None = Field(default=None, validation_alias=AliasChoices("etag", "eTag"))
    created_at: MaybeMillis = None
    updated_at: MaybeMillis = None
    metrics: Json = None
    raw_activities: Json = Field(default=None, validation_alias=AliasChoices("activities", "activites"))
    """The second spelling is the OpenAPI file's."""

    @property
    def status(self) -> str:
        """The platform's own word; empty when there is none."""
        return str(self._summary("statusSummary").get("status") or "")

    @property
    def outcome(self) -> Outcome:
        """What the word means; `unknown` for a word nobody documented."""
        outcome = _OUTCOMES.get(self.status.lower().replace("_", "").replace(" ", ""), "unknown")
        if outcome == "succeeded" and self.failed_records:
            return "partial"
        return outcome

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended."""
        return self.outcome in _TERMINAL

    @property
    def input_records(self) -> int | None:
        return self._count("recordSummary", "inputRecordCount")

    @property
    def output_records(self) -> int | None:
        return self._count("recordSummary", "outputRecordCount")

    @property
    def failed_records(self) -> int | None:
        return self._count("recordSummary", "failedRecordCount")

    @property
    def warning_records(self) -> int | None:
        return self._count("recordSummary", "warningRecordCount")

    @property
    def skipped_records(self) -> int | None:
        return self._count("recordSummary", "skippedRecordCount")

    @property
    def input_files(self) -> int | None:
        return self._count("fileSummary", "inputFileCount")

    @property
    def input_bytes(self) -> int | None:
        return self._count("sizeSummary", "inputBytes")

    @property
    def output_bytes(self) -> int | None:
        return self._count("sizeSummary", "outputBytes")

    @property
    def started_at(self) -> datetime | None:
        return _moment(self._summary("durationSummary").get("startedAtUTC"))

    @property
    def completed_at(self) -> datetime | None:
        return _moment(self._summary("durationSummary").get("completedAtUTC"))

    @property
    def duration_s(self) -> float | None:
        """Seconds from start to end; None while it runs."""
        if self.started_at is None or self.completed_at is None:
            return None
        return max(0.0, (self.completed_at - self.started_at).total_seconds())

    @cached_property
    def activities(self) -> tuple[RunActivity, ...]:
        """Its parts, in the order they came."""
        return tuple(_activity(mapping_of(one)) for one in items_of(self.raw_activities))

    @cached_property
    def errors(self) -> tuple[RunError, ...]:
        """Every error the run carries, wherever it stands, each once."""
        found: dict[tuple[str, str], RunError] = {}
        for error in (*_errors_of(mapping_of(self.metrics)), *(e for part in self.activities for e in part.errors)):
            known = found.get((error.code, error.message))
            if known is None or known.record_count is None:
                found[(error.code, error.message)] = error
        return tuple(found.values())

    @cached_property
    def batch_id(self) -> str | None:
        """The Catalog batch it wrote; None when copying failed and there is none."""
        for one in items_of(self.raw_activities):
            for target in items_of(mapping_of(one).get("targetInfo")):
                reference = mapping_of(mapping_of(target).get("reference"))
                ids = items_of(reference.get("ids"))
                if str(reference.get("type", "")).lower() == "batch" and ids:
                    return str(ids[0])
        for text in _texts([self.raw_activities, self.metrics]):
            match = _BATCH_IN_URL.search(text)
            if match:
                return match[1]
        return None

    @cached_property
    def files_taken(self) -> tuple[tuple[str, int | None], ...]:
        """The paths of the files it read and their bytes, as far as its manifest lists them; often it is only a link.

        The list has been seen as an array, and as a map of arrays.
        """
        summary = self._summary("fileSummary")
        manifests = (summary.get("manifest"), mapping_of(summary.get("extensions")).get("manifest"))
        found: dict[str, int | None] = {}
        for manifest in manifests:
            info = mapping_of(manifest).get("fileInfo")
            lists = info.values() if isinstance(info, Mapping) else (info,)
            for one in (mapping_of(one) for listed in lists for one in items_of(listed)):
                if one.get("path"):
                    found.setdefault(f"{one.get('pathPrefix') or ''}{one['path']}", read_count(one.get("outputBytes")))
        return tuple(found.items())

    def _summary(self, name: str) -> Mapping[str, Any]:
        return mapping_of(mapping_of(self.metrics).get(name))

    def _count(self, summary: str, name: str) -> int | None:
        count: int | None = read_count(self._summary(summary).get(name))
        return count


def _moment(value: Any) -> datetime | None:
    moment = read_epoch(value)
    return moment if isinstance(moment, datetime) else None


def _activity(raw: Mapping[str, Any]) -> RunActivity:
    durations = mapping_of(raw.get("durationSummary"))
    name = str(raw.get("name") or raw.get("id") or "")
    kind: Literal["copy", "promotion", "other"] = "other"
    if raw.get("targetInfo") or str(raw.get("id")) == "promotionActivity":
        kind = "promotion"
    elif raw.get("sourceInfo") or str(raw.get("id")) == "copyActivity":
        kind = "copy"
    return RunActivity(
        name=name,
        kind=kind,
        status=str(mapping_of(raw.get("statusSummary")).get("status") or ""),
        started_at=_moment(durations.get("startedAtUTC")),
        completed_at=_moment(durations.get("completedAtUTC")),
        errors=tuple(_errors_of(raw)),
    )


def _errors_of(holder: Mapping[str, Any]) -> Iterator[RunError]:
    status = mapping_of(holder.get("statusSummary"))
    records = mapping_of(holder.get("recordSummary"))
    lists = (status.get("errors"), mapping_of(status.get("extensions")).get("errors"), records.get("failedInfo"))
    for errors in lists:
        for error in items_of(errors):
            raw = mapping_of(error)
            code, message = str(raw.get("code") or ""), str(raw.get("message") or raw.get("details") or "")
            if code or message:
                yield RunError(code, message, read_count(raw.get("recordCount")))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
