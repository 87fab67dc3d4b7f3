"""A stage for the execution screens: any state of an execution, without a platform. Real runs are tested elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aeptui.chain.events import FlowRunSummary
from aeptui.chain.replay import ExecutionRecord, StepRecord
from aeptui.clock import ManualClock
from aeptui.errors import AeptuiError
from aeptui.ids import ExecutionId
from aeptui.session import SessionFacts
from aeptui.ui.app import AeptuiApp
from aeptui.ui.screens.base import BaseScreen

NOW = datetime(2026, 11, 23, 14, 5, 20, tzinfo=UTC)
STEPS = ("source_connection", "schema", "dataset", "target_connection", "mapping_set", "flow_spec", "flow")
PATHS = (
    "/data/foundation/flowservice/sourceConnections",
    "/data/foundation/schemaregistry/tenant/schemas",
    "/data/foundation/catalog/dataSets",
    "/data/foundation/flowservice/targetConnections",
    "/data/foundation/conversion/mappingSets",
    "/data/foundation/flowservice/flowSpecs?property=name==x",
    "/data/foundation/flowservice/flows",
)


def Run(**changes: Any) -> FlowRunSummary:  # noqa: N802 - it stands for the summary
    """A first flow run that dropped seven rows."""
    return replace(
        FlowRunSummary(
            id="a0b1c2d3-0000-4000-8000-000000000001",
            flow_id="id-of-flow",
            outcome="partial",
            input_records=12_000,
            output_records=11_993,
            failed_records=7,
            duration_s=4.2,
        ),
        **changes,
    )


def _step(step: Any, state: Any = "pending", **facts: Any) -> StepRecord:
    return StepRecord(step, state, **{"action": "create", "started_at": NOW, **facts})


def record(status: str, done: int = 7, *, now: str = "", **changes: Any) -> ExecutionRecord:
    """An execution whose first `done` steps succeeded; `now` is the state of the step after them."""
    steps = []
    for at, name in enumerate(STEPS):
        if at < done:
            steps.append(_step(name, "succeeded", id=f"id-of-{name}", name="Loyalty members", duration_ms=123.0))
        elif at == done and now:
            wrong = now in {"failed", "in_doubt"}
            steps.append(_step(name, now, error="It was refused." if wrong else None, hint="Ask." if wrong else None))
        else:
            steps.append(_step(name, started_at=None))
    open_end = status in {"running", "interrupted"}
    known: dict[str, Any] = {
        "id": ExecutionId("20261123-140512-3fa9"),
        "pipeline_name": "Loyalty members",
        "profile": "local",
        "sandbox": "prod",
        "started_at": NOW - timedelta(seconds=8),
        "finished_at": None if open_end else NOW,
        "pipeline_text": 'version = 1\nname = "Loyalty members"\n',
    }
    return ExecutionRecord(**{**known, **changes}, status=status, steps=tuple(steps))  # type: ignore[arg-type]  # a word


def requests(count: int = 7) -> tuple[Any, ...]:
    """The requests of the first steps, with bodies that tell them apart."""
    return tuple(
        SimpleNamespace(
            number=at,
            at=NOW,
            method="GET" if "flowSpecs" in path else "POST",
            path=path,
            status=201,
            duration_ms=31.5,
            attempt=1,
            request_id="request-1",
            error=None,
            request_body={"sent": STEPS[at]},
            response_body={"answered": STEPS[at]},
        )
        for at, path in enumerate(PATHS[:count])
    )


@dataclass
class Stage:
    """A tracking and a session in one: what a test changes is what the screens see."""

    record: Any
    requests: tuple[Any, ...] = ()
    problems: tuple[Any, ...] = ()
    history: Sequence[Any] = ()
    failed: Sequence[Any] = ()
    broken: AeptuiError | None = None
    tracked: bool = True
    first_start: bool = False
    cancelled: int = 0
    started: list[Any] = field(default_factory=list)
    heard_by: list[Callable[[Any], None]] = field(default_factory=list)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    production: bool | None = False
    pipelines: Any = None

    async def unfinished(self) -> str:
        return ""

    @property
    def id(self) -> str:
        return str(self.record.id)

    def subscribe(self, callback: Callable[[Any], None]) -> Callable[[], None]:
        self.heard_by.append(callback)
        return lambda: self.heard_by.remove(callback)

    def cancel(self) -> None:
        self.cancelled += 1

    def becomes(self, **changes: Any) -> None:
        """Go on: the execution changes, and its watchers hear of it."""
        for name in ("requests", "problems"):
            if name in changes:
                setattr(self, name, changes.pop(name))
        self.record = changes.pop("record", None) or replace(self.record, **changes)
        for callback in list(self.heard_by):
            callback(self)

    # The session's face

    @property
    def executions(self) -> Any:
        return self

    @property
    def flows(self) -> Any:
        return SimpleNamespace(run=self._run, failed_rows=self._failed_rows, existing=self._existing)

    async def _existing(self, parsed: Any) -> tuple[Any, ...]:
        return ()

    def tracking(self, execution_id: str) -> Any:
        return self if self.tracked else None

    def running(self) -> tuple[Any, ...]:
        return (self,) if self.record.status == "running" else ()

    async def list(self) -> tuple[Any, ...]:
        self._break()
        return tuple(self.history)

    async def load(self, execution_id: str) -> Any:
        self._break()
        return next(one for one in [*self.history, self.record] if one.id == execution_id)

    async def kept_requests(self, execution_id: str) -> Any:
        return self.requests

    async def start(self, parsed: Any) -> Any:
        self._break()
        self.started.append(parsed)
        return self

    async def _run(self, run_id: str) -> Any:
        return run_id

    async def _failed_rows(self, run: Any) -> Any:
        self._break()
        return self.failed

    def _break(self) -> None:
        if self.broken is not None:
            raise self.broken

    def describe(self) -> SessionFacts:
        return SessionFacts("local", "LOCAL@AdobeOrg", "prod", self.production, "connected", "ok")

    def follow(self, changed: Callable[[], None]) -> None:
        """Nothing changes."""

    def ask_for_production(self, ask: object) -> None:
        """Nothing is ever written."""

    def ask_for_secrets(self, ask: object) -> None:
        """Nothing is ever written."""

    async def save_requests(self) -> Path:
        """There are none."""
        return Path()

    async def aclose(self) -> None:
        pass


class StageApp(AeptuiApp):
    """The app with one screen at the bottom; every other one it is asked for is noted in `opened`."""

    def __init__(self, stage: Stage, make: Callable[[Any], BaseScreen[None]]) -> None:
        super().__init__(self._open_stage, "flows")
        self._stage = stage
        self._make = make
        self.opened: list[tuple[object, ...]] = []

    async def _open_stage(self, profile: str | None) -> Any:
        return self._stage

    def _make_screen(self, name: str, *arguments: object) -> Any:
        if name == self._start:
            return self._make(self._stage)
        self.opened.append((name, *arguments))
        return BaseScreen()
