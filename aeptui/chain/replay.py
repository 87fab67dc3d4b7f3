"""The state of an execution, folded from its events: a pure function, for journals and live views alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from aeptui.chain.errors import JournalError, JournalLocked
from aeptui.chain.events import ChainEvent, FinalStatus, FlowRunSummary
from aeptui.chain.journal import SUFFIX, Journal, read_journal
from aeptui.chain.step import STEPS, USUAL_STEPS, Made, StepName
from aeptui.errors import ConfigError, ExitCode
from aeptui.ids import ExecutionId
from aeptui.models.base import Json

__all__ = [
    "ExecutionRecord",
    "ExecutionStatus",
    "FlowRunSummary",
    "StepRecord",
    "apply",
    "list_executions",
    "new_record",
    "read_execution",
    "reopened",
    "replay",
]

ExecutionStatus = Literal[
    "running", "succeeded", "failed", "in_doubt", "cancelled", "interrupted", "undone", "partly_undone"
]
"""`interrupted`: its process ended without a word. `partly_undone`: an undo had to leave something, or stopped."""
_NEVER = datetime.fromtimestamp(0, UTC)
StepState = Literal["pending", "running", "succeeded", "failed", "in_doubt", "skipped", "undone"]


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
    """It succeeded, but not quite as asked; or why an undo left it."""
    version: int | None = None
    etag: str | None = None
    body: Json = None
    """What was sent for it last, as the journal has it."""
    candidates: tuple[str, ...] = ()
    """In doubt: several carry its mark, and the user has to choose one of them."""
    maybe_applied: bool = False
    """It was sent and no outcome is known: it may exist, or appear yet."""

    @property
    def made(self) -> Made | None:
        """What it made or found; None: nothing that is known."""
        if self.state != "succeeded" or self.id is None:
            return None
        return Made(self.id, self.version, self.note, self.etag)


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
    steps: tuple[StepRecord, ...] = field(default=tuple(StepRecord(step) for step in USUAL_STEPS))
    flow_run: FlowRunSummary | None = None
    error: str | None = None
    hint: str | None = None
    pipeline_text: str = ""
    pipeline_file: str = ""
    """Where the pipeline came from; empty when it was not a file that somebody named."""
    own_batches: tuple[str, ...] = ()
    """Batches of its dataflow, as an undo noted them before it deleted the dataflow."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What `--var` gave."""

    def step(self, name: StepName) -> StepRecord:
        """One step; one that this execution does not have is pending for ever."""
        return next((one for one in self.steps if one.step == name), StepRecord(name))

    @property
    def can_resume(self) -> bool:
        """Whether something is left to do: a step, or waiting for the first run."""
        if self.status not in ("failed", "in_doubt", "cancelled", "interrupted") or not self.pipeline_text:
            return False
        if any(one.action == "update" for one in self.steps):
            return False  # running the pipeline again finds what still differs
        ended = self.flow_run is not None and self.flow_run.outcome in ("succeeded", "partial", "failed")
        return not ended

    @property
    def has_flow_run(self) -> bool:
        """Whether its first flow run can be looked at: there was one, and no undo has deleted its dataflow."""
        return self.flow_run is not None and self.step("flow").state != "undone"

    @property
    def can_undo(self) -> bool:
        """Whether something it created may exist, or an undo was stopped before it could say that nothing is left."""
        touched = any((one.action == "create" and one.state == "succeeded") or one.maybe_applied for one in self.steps)
        return self.status == "partly_undone" or (self.status != "running" and touched)

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
    pipeline_file: str = "",
    variables: Mapping[str, str] | None = None,
) -> ExecutionRecord:
    """An execution before its first event."""
    return ExecutionRecord(
        execution,
        pipeline_name,
        profile,
        sandbox,
        started_at,
        pipeline_text=pipeline_text,
        pipeline_file=pipeline_file,
        variables=dict(variables or {}),
    )


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
    steps = tuple(
        replace(step, state="in_doubt", maybe_applied=True) if step.state == "running" else step
        for step in record.steps
    )
    doubtful = [step.step.replace("_", " ") for step in steps if step.state == "in_doubt"]
    error = "Its process ended before the execution did."
    hint = f"`aeptui resume {execution}` goes on with it, `aeptui undo {execution}` takes back what it made."
    if doubtful:
        hint = f"Whether {' and '.join(doubtful)} was created is not known yet. {hint}"
    elif not record.pipeline_text:
        hint = "Nothing was sent: run the pipeline again."
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


def reopened(folder: Path, known: ExecutionRecord) -> Journal:
    """The journal of an execution, to be gone on with from what is known of it.

    Raises:
        JournalLocked: somebody writes it, or has written into it since: what is known is not all there is.
        JournalError: it is not there, or cannot be written.
    """
    journal = Journal.reopen(folder, known.id)
    try:
        entries, _ = read_journal(journal.path)
        if replay(known.id, entries, is_alive=False) != known:
            raise JournalLocked(
                f"The execution {known.id} was gone on with elsewhere in the meantime; nothing was sent.",
                "`aeptui executions` shows how it stands now; then say again what is to be done.",
            )
    except BaseException:
        journal.close()
        raise
    return journal


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
                pipeline_file=str(entry.get("pipeline_file") or record.pipeline_file),
                variables=_variables(entry.get("variables")) or record.variables,
                started_at=at or record.started_at,
                steps=_steps(record, entry.get("steps")),
            )
        case "execution_resumed":
            # What ran when its process died was never answered; it stays in doubt until it is looked up.
            steps = tuple(replace(one, **_AFRESH.get(one.state, {})) for one in record.steps)
            return replace(
                record,
                status="running",
                finished_at=None,
                error=None,
                hint=None,
                steps=steps,
                pipeline_text=str(entry.get("pipeline_text") or record.pipeline_text),
                pipeline_name=str(entry.get("pipeline") or record.pipeline_name),
            )
        case "step_started":
            return _with_step(
                record,
                entry,
                state="running",
                action=entry.get("action"),
                name=entry.get("name"),
                started_at=at,
                body=entry.get("body"),
                error=None,
                hint=None,
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
                version=entry.get("version"),
                etag=entry.get("etag"),
                maybe_applied=False,
                error=None,
                hint=None,
            )
        case "step_failed":
            return _with_step(
                record,
                entry,
                state="failed",
                error=entry.get("error"),
                hint=entry.get("hint"),
                maybe_applied=bool(entry.get("maybe_applied")),
            )
        case "step_in_doubt":
            return _with_step(
                record,
                entry,
                state="in_doubt",
                error=entry.get("error"),
                hint=entry.get("hint"),
                candidates=tuple(map(str, entry.get("found") or ())),
                maybe_applied=True,
            )
        case "flow_run_updated":
            return replace(record, flow_run=_summary(entry.get("flow_run")))
        case "execution_finished":
            steps = tuple(replace(one, **_AT_THE_END.get(one.state, {})) for one in record.steps)
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
        case "undo_started":
            known = tuple(map(str, entry.get("batches") or ())) or record.own_batches
            return replace(record, status="partly_undone", error=None, hint=None, finished_at=None, own_batches=known)
        case "step_undone":
            return _with_step(record, entry, state="undone", maybe_applied=False, note="")
        case "step_kept":
            return _with_step(record, entry, note=str(entry.get("why") or ""))
        case "undo_finished":
            status = "undone" if entry.get("status") == "undone" else "partly_undone"
            return replace(record, status=status, finished_at=at)  # type: ignore[arg-type]  # one of the two words
    return record


_AT_THE_END: dict[str, dict[str, Any]] = {
    "running": {"state": "in_doubt", "maybe_applied": True},
    "pending": {"state": "skipped"},
}
"""How a step stands when its execution has ended: nobody has noted how its request went."""
_AFRESH: dict[str, dict[str, Any]] = {
    "running": {"state": "in_doubt", "maybe_applied": True},
    "skipped": {"state": "pending"},
}
"""How a step stands when its execution is gone on with."""


def _variables(raw: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in raw.items()} if isinstance(raw, Mapping) else {}


def _with_step(record: ExecutionRecord, entry: Mapping[str, Any], **changes: Any) -> ExecutionRecord:
    name = entry.get("step")
    steps = record.steps
    if name in STEPS and all(one.step != name for one in steps):  # the pipeline has it since it changed
        steps = _steps(record, [*(one.step for one in steps), name])
    return replace(record, steps=tuple(replace(one, **changes) if one.step == name else one for one in steps))


def _steps(record: ExecutionRecord, names: object) -> tuple[StepRecord, ...]:
    """The steps of these names in their order, each as it stands; those it has when there are no names."""
    if not isinstance(names, list) or not names:
        return record.steps
    known = {one.step: one for one in record.steps}
    return tuple(known.get(name) or StepRecord(name) for name in STEPS if name in names)


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
