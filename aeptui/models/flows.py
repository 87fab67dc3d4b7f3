"""Flow specs and flows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field, model_validator

from aeptui.models.base import (
    CreateBody,
    Entity,
    EpochSeconds,
    Json,
    MaybeCount,
    MaybeMillis,
    SpecRef,
    items_of,
    mapping_of,
)
from aeptui.models.flow_runs import FlowRun, RunActivity, RunError


class FlowSpec(Entity):
    """What a kind of flow can join, and how it may be scheduled."""

    id: str
    name: str = ""
    version: str | None = None
    source_connection_spec_ids: tuple[str, ...] = ()
    target_connection_spec_ids: tuple[str, ...] = ()
    schedule_spec: Json = None
    attributes: Json = Field(default_factory=dict)

    @property
    def schedule_schema(self) -> Json:
        """JSON Schema of `scheduleParams`; None when such flows have no schedule."""
        return mapping_of(self.schedule_spec).get("spec")

    @property
    def is_batch(self) -> bool:
        frequency = mapping_of(self.attributes).get("frequency")
        return frequency == "batch" if frequency else self.schedule_schema is not None


class ScheduleParams(CreateBody):
    """When a flow runs. `once` has neither interval nor backfill."""

    start_time: EpochSeconds | None = None
    frequency: str = "once"
    interval: int | None = None
    backfill: bool | None = None


class Transformation(CreateBody):
    """A step between source and target; `Mapping` names a mapping set and its version."""

    name: str = "Mapping"
    params: Json


class FlowCreate(CreateBody):
    """Body of POST /flows."""

    name: str
    description: str | None = None
    flow_spec: SpecRef
    source_connection_ids: tuple[str, ...]
    target_connection_ids: tuple[str, ...]
    transformations: tuple[Transformation, ...] | None = None
    options: Json = None
    schedule_params: ScheduleParams | None = None


class LastRun(Entity):
    """A flow's own note of its newest run."""

    id: str | None = None
    state: str | None = None
    started_at: MaybeMillis = Field(default=None, alias="startedAtUTC")
    completed_at: MaybeMillis = Field(default=None, alias="completedAtUTC")


class FlowSchedule(Entity):
    """A schedule as it comes back: numbers may be strings, words in any case."""

    start_time: MaybeMillis = None
    frequency: str | None = None
    interval: MaybeCount = None
    backfill: bool | None = None


class Flow(Entity):
    """A dataflow."""

    id: str
    name: str = ""
    description: str | None = None
    state: str | None = None
    etag: str | None = None
    version: str | None = None
    schedule: FlowSchedule | None = Field(default=None, alias="scheduleParams")
    source_connection_ids: tuple[str, ...] = ()
    target_connection_ids: tuple[str, ...] = ()
    flow_spec_id: str | None = None
    mapping_set_id: str | None = None
    mapping_version: MaybeCount = None
    last_operation: Json = None
    last_run: LastRun | None = Field(default=None, alias="lastRunDetails")
    options: Json = None
    inherited_attributes: Json = None
    created_at: MaybeMillis = None
    updated_at: MaybeMillis = None

    @model_validator(mode="before")
    @classmethod
    def _lift(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        mapping: Mapping[str, Any] = {}
        for one in items_of(value.get("transformations")):
            if str(mapping_of(one).get("name", "")).lower() == "mapping":
                mapping = mapping_of(mapping_of(one).get("params"))
        lifted = {
            "flow_spec_id": mapping_of(value.get("flowSpec")).get("id"),
            "mapping_set_id": mapping.get("mappingId"),
            "mapping_version": mapping.get("mappingVersion"),
        }
        return {**{key: found for key, found in lifted.items() if found is not None}, **value}

    @property
    def is_enabled(self) -> bool:
        return (self.state or "").lower() == "enabled"

    @property
    def connector_spec_id(self) -> str | None:
        """The connection spec its source belongs to, as far as the answer says."""
        for one in items_of(mapping_of(self.inherited_attributes).get("sourceConnections")):
            found = mapping_of(mapping_of(one).get("connectionSpec")).get("id")
            if found:
                return str(found)
        return None


class FlowRunCreate(CreateBody):
    """Body of POST /runs: a run on demand, of a flow whose frequency is `once`."""

    flow_id: str
    params: Json


def run_params(start: datetime, window_start: datetime, window_end: datetime) -> dict[str, int]:
    """The parameters of a run on demand, in epoch seconds."""
    return {
        "startTime": round(start.timestamp()),
        "windowStartTime": round(window_start.timestamp()),
        "windowEndTime": round(window_end.timestamp()),
    }


__all__ = [
    "Flow",
    "FlowCreate",
    "FlowRun",
    "FlowRunCreate",
    "FlowSchedule",
    "FlowSpec",
    "LastRun",
    "RunActivity",
    "RunError",
    "ScheduleParams",
    "Transformation",
    "run_params",
]
