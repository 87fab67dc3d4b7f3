"""A stage for the screens of dataflows and flow runs: every state they can be in. Real runs are tested elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aeptui.clock import ManualClock
from aeptui.errors import AeptuiError
from aeptui.models.data_access import FailedRow
from aeptui.models.flow_runs import FlowRun, RunError
from aeptui.models.flows import Flow
from aeptui.session import SessionFacts
from aeptui.ui.app import AeptuiApp
from aeptui.ui.screens.base import BaseScreen

NOW = datetime(2026, 11, 23, 14, 5, 20, tzinfo=UTC)


def epoch_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def flow(number: int = 1, name: str = "Loyalty members", state: str = "enabled", **more: Any) -> Flow:
    """A dataflow as Flow Service answers it."""
    return Flow.model_validate(
        {
            "id": f"flow-{number}",
            "name": name,
            "state": state,
            "etag": f'"{number}"',
            "createdAt": epoch_ms(NOW - timedelta(days=number)),
            "scheduleParams": {"startTime": 1795000000, "frequency": "hour", "interval": 6, "backfill": True},
            "sourceConnectionIds": ["source-1"],
            "inheritedAttributes": {
                "sourceConnections": [
                    {"id": "source-1", "connectionSpec": {"id": "sftp"}, "baseConnection": {"id": "base-1"}}
                ]
            },
            **more,
        }
    )


def run(
    number: int,
    status: str = "success",
    rows: tuple[int, int, int] | None = (12_000, 12_000, 0),
    *,
    of: str = "flow-1",
    ago_s: float = 60.0,
    errors: Sequence[tuple[str, str]] = (),
) -> FlowRun:
    """A run as Flow Service answers it; without `rows` its summaries are missing."""
    began = NOW - timedelta(seconds=ago_s)
    metrics: dict[str, Any] = {
        "durationSummary": {"startedAtUTC": epoch_ms(began)},
        "statusSummary": {"status": status, "errors": [{"code": code, "message": text} for code, text in errors]},
    }
    if rows is not None:
        metrics["durationSummary"]["completedAtUTC"] = epoch_ms(began + timedelta(seconds=8.2))
        names = ("inputRecordCount", "outputRecordCount", "failedRecordCount")
        metrics["recordSummary"] = dict(zip(names, rows, strict=True))
        metrics["fileSummary"] = {"inputFileCount": 3}
        metrics["sizeSummary"] = {"inputBytes": 1_513_753, "outputBytes": 412_000}
    return FlowRun.model_validate(
        {"id": f"run-{number}", "flowId": of, "createdAt": epoch_ms(began), "etag": f'"{status}"', "metrics": metrics}
    )


def failed_row(line: int, message: str, raw: str, code: str = "MAPPER-3700-400") -> FailedRow:
    """A row that was refused."""
    return FailedRow(raw, {}, (RunError(code, message),), "/loyalty/members/2026-11-01.tsv", line, None)


BAD_DATE = "Birthday is not a date: 1984-13-45"
ROWS = (
    failed_row(412, BAD_DATE, "M100412\tAda\tLovelace\t1984-13-45"),
    failed_row(733, BAD_DATE, "M100733\tAlan\tTuring\t1984-13-45"),
    failed_row(1201, "9 columns instead of 11", "M101201\tGrace\tHopper", "INGEST-1401-400"),
)


@dataclass
class Flows:
    """What `session.flows` answers, and what was asked of it."""

    summaries: tuple[Any, ...] = ()
    history: tuple[FlowRun, ...] = ()
    rows: tuple[FailedRow, ...] = ()
    broken: AeptuiError | None = None
    rows_broken: AeptuiError | None = None
    changes: list[tuple[str, object]] = field(default_factory=list)
    asked: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def list(self) -> tuple[Any, ...]:
        self.asked += 1
        self._break()
        return self.summaries

    async def get(self, flow_id: str) -> Flow:
        self._break()
        found: Flow = next(one.flow for one in self.summaries if one.flow.id == flow_id)
        return found

    async def run(self, run_id: str) -> FlowRun:
        self._break()
        return next(one for one in self.history if one.id == run_id)

    async def watch(self, flow_id: str) -> AsyncIterator[tuple[FlowRun, ...]]:
        while True:
            self._break()
            yield self.history
            await self.changed.wait()
            self.changed.clear()

    async def failed_rows(self, run: FlowRun, limit: int = 200) -> tuple[FailedRow, ...]:
        if self.rows_broken is not None:
            raise self.rows_broken
        return self.rows

    async def set_enabled(self, flow_id: str, enabled: bool) -> None:
        self._break()
        self.changes.append((flow_id, enabled))

    async def delete(self, flow_id: str) -> None:
        self._break()
        self.changes.append((flow_id, "deleted"))

    def becomes(self, history: tuple[FlowRun, ...]) -> None:
        """Go on: whoever watches sees these runs."""
        self.history = history
        self.changed.set()

    def _break(self) -> None:
        if self.broken is not None:
            raise self.broken


class Sources:
    """Names of what a dataflow reads."""

    async def connection_specs(self) -> tuple[Any, ...]:
        return (SimpleNamespace(id="sftp", label="SFTP"),)

    async def base_connections(self) -> tuple[Any, ...]:
        return (SimpleNamespace(id="base-1", name="Sample SFTP"),)


class Executions:
    """One execution, which made the first dataflow."""

    async def list(self) -> tuple[Any, ...]:
        step = SimpleNamespace(step="dataset", name="Loyalty dataset", id="dataset-1")
        ids = {"flow": "flow-1", "dataset": "dataset-1"}
        return (
            SimpleNamespace(
                id="20261123-140512-3fa9",
                ids=ids,
                steps=(step,),
                profile="local",
                sandbox="prod",
                pipeline_name="Loyalty members",
            ),
        )


class StageSession:
    """What these screens ask of a session."""

    is_local = True
    first_start = False

    async def unfinished(self) -> str:
        return ""

    def __init__(self, **flows: Any) -> None:
        self.clock = ManualClock(NOW)
        self.flows = Flows(**flows)
        self.sources = Sources()
        self.executions = Executions()
        self.production = False

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
        """Nothing is open."""


class StageApp(AeptuiApp):
    """The app with one screen at the bottom; every other one it is asked for is noted in `opened`."""

    def __init__(self, session: StageSession, make: Any) -> None:
        async def factory(_profile: str | None) -> Any:
            return session

        super().__init__(factory, start="flows")
        self._make = make
        self._stage = session
        self.opened: list[tuple[object, ...]] = []

    def _make_screen(self, name: str, *arguments: object) -> Any:
        if name == "flows":
            return self._make(self._stage)
        self.opened.append((name, *arguments))
        return BaseScreen()


def summary(one: Flow, runs: Sequence[FlowRun] = (), next_run: datetime | None = None) -> Any:
    """A dataflow as the overview gets it."""
    return SimpleNamespace(flow=one, runs=tuple(runs), next_run=next_run)


def busy_world() -> dict[str, Any]:
    """Five dataflows, each in another state."""
    history = (
        run(9, "inProgress", None, ago_s=2),
        run(8, "success", (12_000, 11_993, 7), ago_s=3600 * 6),
        run(7, "failed", (12_000, 0, 12_000), ago_s=3600 * 12, errors=[("CONNECTOR-2001-500", "Too many failed.")]),
        *(run(6 - at, ago_s=3600 * (18 + at * 6)) for at in range(6)),
    )
    later = NOW + timedelta(hours=5, minutes=12)
    summaries = (
        summary(flow(1), history, later),
        summary(flow(2, "Orders of the web shop in all of Europe, every day"), [history[1]], NOW + timedelta(days=2)),
        summary(flow(3, "Products", scheduleParams={"startTime": 1795000000, "frequency": "once"}), [history[2]]),
        summary(flow(4, "Web visits", "disabled"), history[3:5]),
        summary(flow(5, "[b]Not[/b] yet\x1b[31m"), (), NOW + timedelta(minutes=3)),
    )
    return {"summaries": summaries, "history": history, "rows": ROWS}
