"""Brings a live dataflow to what its pipeline says, where that can be done in place: mapping, schedule, options, state.

Everything it sends is safe to repeat: a mapping set is replaced whole, a dataflow is patched under its etag. What
cannot be changed in place is told before anything is sent.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aeptui.chain import events
from aeptui.chain.compare import Difference, differences
from aeptui.chain.events import ChainEvent, FinalStatus
from aeptui.chain.export import LiveFlow
from aeptui.chain.replay import ExecutionRecord, apply
from aeptui.chain.step import StepName
from aeptui.chain.steps import steps_of
from aeptui.chain.steps.mapping_set import mapping_rows
from aeptui.errors import AeptuiError
from aeptui.models.base import Json
from aeptui.models.mapping_sets import MappingSetCreate
from aeptui.models.schemas import SchemaRef

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.journal import Journal
    from aeptui.chain.pipeline import Pipeline
    from aeptui.clock import Clock

Emit = Callable[[ChainEvent, ExecutionRecord], None]

_IN_PLACE = {
    "[schedule] frequency": "/scheduleParams/frequency",
    "[schedule] interval": "/scheduleParams/interval",
}


@dataclass(frozen=True)
class Existing:
    """A dataflow that has the pipeline's name."""

    live: LiveFlow
    changes: tuple[Difference, ...]
    """In which it is not what the pipeline says."""
    refused: tuple[str, ...]
    """What of that cannot be changed in place, and why; one sentence each."""

    @property
    def is_same(self) -> bool:
        """Nothing is to be done."""
        return not self.changes and self.live.is_enabled

    @property
    def can_update(self) -> bool:
        """It can be brought to what the pipeline says."""
        return not self.is_same and not self.refused


def existing(pipeline: Pipeline, live: LiveFlow, *, base_connection_id: str) -> Existing:
    """How a live dataflow stands to a pipeline. Pure."""
    found = differences(pipeline, live, base_connection_id=base_connection_id)
    refused = dict.fromkeys(why for one in found if (why := _why_not(one, live)))
    return Existing(live, found, tuple(refused))


def _why_not(one: Difference, live: LiveFlow) -> str:
    if one.where.startswith("mapping "):
        if live.pipeline.schedule.frequency == "once":
            return "one that runs once has taken its files already, so another mapping needs a new one"
        return "" if live.mapping_set_id else "it has no mapping set that could be changed"
    if one.where.startswith("[mapping_set]"):
        return "another mapping set needs a new one"
    if one.where.startswith("[options]"):
        return ""
    if one.where in _IN_PLACE:
        return "the frequency cannot be changed from or to once" if "once" in (one.file, one.live) else ""
    if one.where in ("[schedule] start", "[schedule] backfill"):
        return f"{one.where} cannot be changed after the first start"
    return f"{one.where} belongs to its connections and dataset, which a dataflow keeps for life"


async def update(
    pipeline: Pipeline,
    found: Existing,
    client: AepClient,
    journal: Journal,
    emit: Emit,
    *,
    record: ExecutionRecord,
    clock: Clock,
) -> ExecutionRecord:
    """Change what differs; a step that fails is in the record and is not raised."""

    def tell(event: ChainEvent, **also: Json) -> None:
        nonlocal record
        journal.append({**event.to_json(), **also})
        record = apply(record, event)
        emit(event, record)

    def done(step: StepName, identifier: str, name: str, begun: float, version: int | None = None) -> None:
        took = (clock.monotonic() - begun) * 1000
        tell(events.StepSucceeded(record.id, clock.now(), step, identifier, name, took, "update", version))

    facts: dict[str, Json] = {
        "profile": record.profile,
        "sandbox": record.sandbox,
        "pipeline_text": record.pipeline_text,
        "pid": os.getpid(),
    }
    steps = tuple(step.name for step in steps_of(pipeline))
    tell(events.ExecutionStarted(record.id, clock.now(), record.pipeline_name, steps), **facts)
    live, step, version = found.live, "mapping_set", None
    error: AeptuiError | None = None
    try:
        if any(one.where.startswith("mapping ") for one in found.changes):
            name = live.mapping_set_name or pipeline.name
            body = MappingSetCreate.of(name, SchemaRef(id=live.schema_id), mapping_rows(pipeline))
            tell(events.StepStarted(record.id, clock.now(), "mapping_set", "update", name), body=body.to_wire())
            begun = clock.monotonic()
            version = (await client.mapping_sets.update(live.mapping_set_id, body)).version
            done("mapping_set", live.mapping_set_id, name, begun, version)
        step = "flow"
        patch = _patch(pipeline, found, version)
        tell(events.StepStarted(record.id, clock.now(), "flow", "update", pipeline.name), body=patch)
        begun = clock.monotonic()
        if patch:
            await client.flows.update(live.flow_id, patch, live.etag)
        if not live.is_enabled:
            await client.flows.enable(live.flow_id)
        done("flow", live.flow_id, pipeline.name, begun)
    except AeptuiError as trouble:
        error = trouble
        failed: StepName = "flow" if step == "flow" else "mapping_set"
        tell(events.StepFailed(record.id, clock.now(), failed, error.title, error.hint))
    status: FinalStatus = "succeeded" if error is None else "failed"
    title, hint = (error.title, "Run the pipeline again: it finds what still differs.") if error else (None, None)
    tell(events.ExecutionFinished(record.id, clock.now(), status, record.ids, None, title, hint))
    return record


def _patch(pipeline: Pipeline, found: Existing, version: int | None) -> list[Json]:
    where = {one.where for one in found.changes}
    patch: list[Json] = []
    if version is not None:
        params = {"mappingId": found.live.mapping_set_id, "mappingVersion": version}
        patch.append({"op": "replace", "path": "/transformations/0", "value": {"name": "Mapping", "params": params}})
    values = {"[schedule] frequency": pipeline.schedule.frequency, "[schedule] interval": pipeline.schedule.interval}
    patch += [
        {"op": "replace", "path": path, "value": values[name]} for name, path in _IN_PLACE.items() if name in where
    ]
    if any(name.startswith("[options]") for name in where):
        options: dict[str, Json] = {"errorDiagnosticsEnabled": pipeline.options.error_diagnostics}
        if pipeline.options.partial_ingestion_percent is not None:
            options["partialIngestionPercent"] = pipeline.options.partial_ingestion_percent
        patch.append({"op": "add", "path": "/options", "value": options})
    return patch
