"""The state of an execution, folded from its events: a pure function, for journals and live views alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from aeptui.chain.errors import JournalError
from aeptui.chain.events import ChainEvent, FinalStatus, FlowRunSummary
from aeptui.chain.journal import SUFFIX, read_journal
from aeptui.chain.step import STEPS, StepName
from aeptui.errors import ConfigError, ExitCode
from aeptui.ids import ExecutionId

__all__ = [
    "ExecutionRecord",
    "ExecutionStatus",
    "FlowRunSummary",
    "StepRecord",
    "apply",
    "list_executions",
    "new_record",
    "read_execution",
    "replay",
]

ExecutionStatus = Literal["running", "succeeded", "failed", "in_doubt", "cancelled", "interrupted"]
"""`interrupted`: its process ended without a word."""
_NEVER = datetime.fromtimestamp(0, UTC)
StepState = Literal["pending", "running", "succeeded", "failed", "in_doubt", "skipped"]


@dataclass(frozen=True)
class StepRecord:
    """One step as far as it is known."""

    step: StepName
    state: StepState = "pending"
    action: str | None = None
    id: str | None = None
    name: str | None = None
    started_at: datetime | None = None
    duration_ms: float | None = None
    error: str | None = None
    hint: str | None = None
    note: str = ""
    """It succeeded, but not quite as asked."""


@dataclass(frozen=True)
class ExecutionRecord:
    """One execution as far as it is known."""

    id: ExecutionId
    pipeline_name: str = ""
    profile: str = ""
    sandbox: str = ""
    started_at: datetime = _NEVER
    """As its id tells, where nothing else does."""
    finished_at: datetime | None = None
    status: ExecutionStatus = "running"
    steps: tuple[StepRecord, ...] = field(default=tuple(StepRecord(step) for step in STEPS))
    flow_run: FlowRunSummary | None = None
    error: str | None = None
    hint: str | None = None
    pipeline_text: str = ""

    @property
    def ids(self) -> dict[StepName, str]:
        """What exists, by step."""
        return {step.step: step.id for step in self.steps if step.id is not None and step.state == "succeeded"}

    @property
    def exit_code(self) -> ExitCode:
        """The exit code a command ends with for it."""
        if self.status == "succeeded":
            return ExitCode.DONE
        if self.status == "in_doubt":
            return ExitCode.IN_DOUBT
        if self.status == "cancelled":
            return ExitCode.INTERRUPTED
        if self.flow_run is not None and self.flow_run.outcome == "failed":
            return ExitCode.FLOW_RUN_FAILED
        return ExitCode.CHAIN_FAILED


def new_record(
    execution: ExecutionId,
    *,
    pipeline_name: str,
    profile: str,
    sandbox: str,
    started_at: datetime,
    pipeline_text: str,
) -> ExecutionRecord:
    """An execution before its first event."""
    return ExecutionRecord(execution, pipeline_name, profile, sandbox, started_at, pipeline_text=pipeline_text)


def apply(record: ExecutionRecord, event: ChainEvent) -> ExecutionRecord:
    """The record after one more event."""
    return _folded(record, event.to_json())


def replay(execution: ExecutionId, entries: Iterable[Mapping[str, Any]], *, is_alive: bool) -> ExecutionRecord:
    """The record that a journal tells.

    Args:
        is_alive: Whether its writer holds the lock.
    """
    record = ExecutionRecord(execution, started_at=_moment_of(execution))
    for entry in entries:
        record = _folded(record, entry)
    if record.status != "running" or is_alive:
        return record
    # A request that was sent without an outcome may have been carried out.
    steps = tuple(replace(step, state="in_doubt") if step.state == "running" else step for step in record.steps)
    doubtful = [step.step.replace("_", " ") for step in steps if step.state == "in_doubt"]
    error = "Its process ended before the execution did."
    hint = "Look at the dataflows of the sandbox before running it again."
    if doubtful:
        hint = f"Whether {' and '.join(doubtful)} was created is not known. {hint}"
    return replace(record, status="interrupted", steps=steps, error=error, hint=hint)


def read_execution(folder: Path, execution: ExecutionId) -> ExecutionRecord:
    """One execution from its journal; one that cannot be read says so.

    Raises:
        ConfigError: there is no such journal.
    """
    path = folder / f"{execution}{SUFFIX}"
    if "/" in execution or not path.is_file():
        raise ConfigError(f"There is no execution {execution!r} here.", "`aeptui executions` shows them.")
    try:
        entries, is_alive = read_journal(path)
        return replay(execution, entries, is_alive=is_alive)
    except JournalError as error:
        title, hint = error.title, error.hint
    except (LookupError, TypeError, ValueError) as error:
        title = f"{path.name} makes no sense as a journal: {error}."
        hint = "Look at the dataflows of the sandbox to see what exists."
    return ExecutionRecord(execution, started_at=_moment_of(execution), status="interrupted", error=title, hint=hint)


def list_executions(folder: Path) -> tuple[ExecutionRecord, ...]:
    """Every execution with a journal, newest first."""
    if not folder.is_dir():
        return ()
    names = sorted((file.stem for file in folder.glob(f"*{SUFFIX}")), reverse=True)
    return tuple(read_execution(folder, ExecutionId(name)) for name in names)


def _folded(record: ExecutionRecord, entry: Mapping[str, Any]) -> ExecutionRecord:
    at = _moment(entry.get("at"))
    match entry.get("event"):
        case "execution_started":
            return replace(
                record,
                pipeline_name=str(entry.get("pipeline") or record.pipeline_name),
                profile=str(entry.get("profile") or record.profile),
                sandbox=str(entry.get("sandbox") or record.sandbox),
                pipeline_text=str(entry.get("pipeline_text") or record.pipeline_text),
                started_at=at or record.started_at,
            )
        case "step_started":
            return _with_step(
                record, entry, state="running", action=entry.get("action"), name=entry.get("name"), started_at=at
            )
        case "step_succeeded":
            return _with_step(
                record,
                entry,
                state="succeeded",
                id=entry.get("id"),
                name=entry.get("name"),
                action=entry.get("action"),
                duration_ms=entry.get("duration_ms"),
                note=str(entry.get("note") or ""),
            )
        case "step_failed":
            return _with_step(record, entry, state="failed", error=entry.get("error"), hint=entry.get("hint"))
        case "step_in_doubt":
            return _with_step(record, entry, state="in_doubt", error=entry.get("error"), hint=entry.get("hint"))
        case "flow_run_updated":
            return replace(record, flow_run=_summary(entry.get("flow_run")))
        case "execution_finished":
            steps = tuple(replace(one, state="skipped") if one.state == "pending" else one for one in record.steps)
            if entry["status"] not in get_args(FinalStatus):
                raise ValueError(f"it ends with the status {entry['status']!r}")
            return replace(
                record,
                status=entry["status"],
                finished_at=at,
                steps=steps,
                flow_run=_summary(entry.get("flow_run")) or record.flow_run,
                error=entry.get("error"),
                hint=entry.get("hint"),
            )
    return record


def _with_step(record: ExecutionRecord, entry: Mapping[str, Any], **changes: Any) -> ExecutionRecord:
    name = entry.get("step")
    return replace(record, steps=tuple(replace(one, **changes) if one.step == name else one for one in record.steps))


def _summary(raw: object) -> FlowRunSummary | None:
    if not isinstance(raw, Mapping) or not raw.get("id"):
        return None
    known = FlowRunSummary.__dataclass_fields__
    return FlowRunSummary(**{key: value for key, value in raw.items() if key in known})


def _moment_of(execution: ExecutionId) -> datetime:
    try:
        return datetime.strptime(execution[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return _NEVER


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
