"""What an execution reports, as it happens. The same facts go into the journal and to `--json`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from aeptui.chain.step import Action, StepName
from aeptui.ids import ExecutionId
from aeptui.models.base import Json

if TYPE_CHECKING:
    from aeptui.models.flow_runs import FlowRun

FinalStatus = Literal["succeeded", "failed", "in_doubt", "cancelled"]
UndoStatus = Literal["undone", "partly_undone"]


@dataclass(frozen=True)
class _Event:
    event: ClassVar[str]
    execution: ExecutionId
    at: datetime

    def facts(self) -> dict[str, Json]:
        """What this kind of event tells."""
        return {}

    def to_json(self) -> dict[str, Json]:
        """One JSON object."""
        return {"event": self.event, "execution": self.execution, "at": self.at.isoformat(), **self.facts()}


@dataclass(frozen=True)
class ExecutionStarted(_Event):
    """Pre-flight is green; the first request is next."""

    event: ClassVar[str] = "execution_started"
    pipeline_name: str
    steps: tuple[StepName, ...]

    def facts(self) -> dict[str, Json]:
        return {"pipeline": self.pipeline_name, "steps": list(self.steps)}


@dataclass(frozen=True)
class ExecutionResumed(_Event):
    """An execution that stopped half way goes on: what it has made stays, what is not known is looked up."""

    event: ClassVar[str] = "execution_resumed"
    pipeline_name: str
    done: tuple[StepName, ...]

    def facts(self) -> dict[str, Json]:
        return {"pipeline": self.pipeline_name, "done": list(self.done)}


@dataclass(frozen=True)
class StepStarted(_Event):
    """A step is about to send its request."""

    event: ClassVar[str] = "step_started"
    step: StepName
    action: Action
    name: str

    def facts(self) -> dict[str, Json]:
        return {"step": self.step, "action": self.action, "name": self.name}


@dataclass(frozen=True)
class StepSucceeded(_Event):
    """A step has its resource."""

    event: ClassVar[str] = "step_succeeded"
    step: StepName
    id: str
    name: str
    duration_ms: float
    action: Action
    version: int | None = None
    adopted: bool = False
    """Its answer was lost, and the resource was found by its marker."""
    note: str = ""
    """What is not quite as it was asked for."""
    etag: str | None = None

    def facts(self) -> dict[str, Json]:
        return {
            "step": self.step,
            "id": self.id,
            "name": self.name,
            "duration_ms": round(self.duration_ms, 1),
            "action": self.action,
            "version": self.version,
            "adopted": self.adopted,
            "note": self.note,
            "etag": self.etag,
        }


@dataclass(frozen=True)
class _StepTrouble(_Event):
    step: StepName
    error: str
    hint: str

    def facts(self) -> dict[str, Json]:
        return {"step": self.step, "error": self.error, "hint": self.hint}


@dataclass(frozen=True)
class StepFailed(_StepTrouble):
    """A step failed."""

    event: ClassVar[str] = "step_failed"
    maybe_applied: bool = False
    """Its answer was lost and nothing was found; it may still appear, so a resume looks again."""

    def facts(self) -> dict[str, Json]:
        return {**super().facts(), "maybe_applied": self.maybe_applied}


@dataclass(frozen=True)
class StepInDoubt(_StepTrouble):
    """Nobody knows whether a step's resource exists, or which of several is the one."""

    event: ClassVar[str] = "step_in_doubt"
    found: tuple[str, ...] = ()
    """The ids to choose from."""

    def facts(self) -> dict[str, Json]:
        return {**super().facts(), "found": list(self.found)}


@dataclass(frozen=True)
class StepWaiting(_Event):
    """A step waits for the platform's own lists to catch up: nothing is sent twice meanwhile."""

    event: ClassVar[str] = "step_waiting"
    step: StepName
    why: Literal["look_up", "not_visible_yet"]
    """A lost answer is looked up; or what an earlier step made cannot be seen yet by another service."""
    attempt: int
    attempts: int
    wait_s: float

    def facts(self) -> dict[str, Json]:
        return {
            "step": self.step,
            "why": self.why,
            "attempt": self.attempt,
            "attempts": self.attempts,
            "wait_s": self.wait_s,
        }


@dataclass(frozen=True)
class FlowRunSummary:
    """The first flow run in numbers; None is unknown."""

    id: str
    flow_id: str
    outcome: str
    status: str = ""
    input_records: int | None = None
    output_records: int | None = None
    failed_records: int | None = None
    warning_records: int | None = None
    duration_s: float | None = None

    @classmethod
    def of(cls, run: FlowRun) -> FlowRunSummary:
        """The summary of a run."""
        return cls(
            id=run.id,
            flow_id=run.flow_id,
            outcome=run.outcome,
            status=run.status,
            input_records=run.input_records,
            output_records=run.output_records,
            failed_records=run.failed_records,
            warning_records=run.warning_records,
            duration_s=run.duration_s,
        )

    def to_json(self) -> dict[str, Json]:
        """One JSON object."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class FlowRunUpdated(_Event):
    """The first flow run changed."""

    event: ClassVar[str] = "flow_run_updated"
    run: FlowRunSummary

    def facts(self) -> dict[str, Json]:
        return {"flow_run": self.run.to_json()}


@dataclass(frozen=True)
class ExecutionFinished(_Event):
    """The last event."""

    event: ClassVar[str] = "execution_finished"
    status: FinalStatus
    ids: dict[StepName, str] = field(default_factory=dict)
    flow_run: FlowRunSummary | None = None
    error: str | None = None
    hint: str | None = None

    def facts(self) -> dict[str, Json]:
        return {
            "status": self.status,
            "ids": dict(self.ids),
            "flow_run": self.flow_run.to_json() if self.flow_run is not None else None,
            "error": self.error,
            "hint": self.hint,
        }


@dataclass(frozen=True)
class UndoStarted(_Event):
    """What an execution made is about to be deleted, the last first."""

    event: ClassVar[str] = "undo_started"
    steps: tuple[StepName, ...]

    def facts(self) -> dict[str, Json]:
        return {"steps": list(self.steps)}


@dataclass(frozen=True)
class StepUndone(_Event):
    """A resource is gone."""

    event: ClassVar[str] = "step_undone"
    step: StepName
    id: str

    def facts(self) -> dict[str, Json]:
        return {"step": self.step, "id": self.id}


@dataclass(frozen=True)
class StepKept(_Event):
    """A resource stays."""

    event: ClassVar[str] = "step_kept"
    step: StepName
    id: str
    why: str

    def facts(self) -> dict[str, Json]:
        return {"step": self.step, "id": self.id, "why": self.why}


@dataclass(frozen=True)
class UndoFinished(_Event):
    """The last event of an undo."""

    event: ClassVar[str] = "undo_finished"
    status: UndoStatus

    def facts(self) -> dict[str, Json]:
        return {"status": self.status}


ChainEvent: TypeAlias = (
    ExecutionStarted
    | ExecutionResumed
    | StepStarted
    | StepWaiting
    | StepSucceeded
    | StepFailed
    | StepInDoubt
    | FlowRunUpdated
    | ExecutionFinished
    | UndoStarted
    | StepUndone
    | StepKept
    | UndoFinished
)
