"""Dataflows and their runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from aeptui.clock import Clock
from aeptui.ids import FlowId, FlowRunId

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.compare import Difference
    from aeptui.chain.document import ParsedPipeline
    from aeptui.chain.update import Existing
    from aeptui.models.data_access import FailedRow
    from aeptui.models.flows import Flow, FlowRun
    from aeptui.monitor.reconcile import Reconciliation

_RECENT_RUNS = 300
"""Runs read for the overview, whatever the number of flows: a flow beyond them shows what it says of itself."""


@dataclass(frozen=True)
class FlowSummary:
    """A dataflow as the overview shows it."""

    flow: Flow
    runs: tuple[FlowRun, ...]
    """Its recent runs, newest first."""
    next_run: datetime | None
    """None: it is not enabled, has ended, or its schedule is not known."""


class Flows:
    """The dataflows of the sandbox."""

    def __init__(self, client: AepClient, clock: Clock, *, fast: bool) -> None:
        self._client = client
        self._clock = clock
        self._fast = fast

    async def list(self) -> tuple[FlowSummary, ...]:
        """Every dataflow, the newest first: a request per page of flows, and the recent runs of all together."""
        flows, runs = await asyncio.gather(self._flows(), self._recent_runs())
        return tuple(FlowSummary(flow, tuple(runs[flow.id]) or _noted(flow), self._next_run(flow)) for flow in flows)

    async def get(self, flow_id: str) -> Flow:
        """One dataflow."""
        return await self._client.flows.get(FlowId(flow_id))

    async def runs(self, flow_id: str, limit: int = 50) -> tuple[FlowRun, ...]:
        """Its newest runs."""
        return tuple([run async for run in self._client.flow_runs.list(flow_id=FlowId(flow_id), limit=limit)])

    async def run(self, run_id: str) -> FlowRun:
        """One run."""
        return await self._client.flow_runs.get(FlowRunId(run_id))

    async def failed_rows(self, run: FlowRun, limit: int = 200) -> tuple[FailedRow, ...]:
        """The rows a run refused, as far as diagnostics were on."""
        from aeptui.monitor.failed_rows import failed_rows

        return await failed_rows(self._client, run, limit=limit)

    async def reconcile(self, run_id: str) -> Reconciliation:
        """Whether the rows of a run add up, per file, and which target fields are empty; only reads.

        Raises:
            NotFound: there is no such run.
        """
        from aeptui.monitor.reconcile import reconcile

        client = self._client.reading()
        return await reconcile(client, await client.flow_runs.get(FlowRunId(run_id)))

    async def export(self, flow_id: str) -> str:
        """A dataflow as the text of a pipeline file.

        Raises:
            NotFound: there is no such dataflow.
            ConfigError: it is none that a pipeline can describe.
        """
        from aeptui.chain.document import pipeline_to_toml
        from aeptui.chain.export import read_flow

        live = await read_flow(self._client.reading(), flow_id, now=self._client.now())
        head = [f"# The dataflow {live.flow_id}, as it was on {self._clock.now():%Y-%m-%d %H:%M} UTC."]
        head += [f"# Note: {note}." for note in live.notes]
        return "\n".join((*head, pipeline_to_toml(live.pipeline)))

    async def differences(self, parsed: ParsedPipeline, flow_id: str) -> tuple[Difference, ...]:
        """Where a pipeline and a live dataflow differ; none: running it would make the same.

        Raises:
            NotFound: there is no such dataflow.
        """
        from aeptui.chain.compare import differences
        from aeptui.chain.export import read_flow

        client = self._client.reading()
        live, base_id = await asyncio.gather(
            read_flow(client, flow_id, now=self._client.now()), self._base_id(parsed, client)
        )
        return differences(parsed.pipeline, live, base_connection_id=base_id)

    async def existing(self, parsed: ParsedPipeline) -> tuple[Existing, ...]:
        """The dataflows that have the pipeline's name already, and how each stands to it; only reads."""
        from aeptui.api.errors import NotFound
        from aeptui.chain.export import read_flow
        from aeptui.chain.update import existing
        from aeptui.errors import ConfigError

        name, client = parsed.pipeline.name, self._client.reading()
        if not name or parsed.errors:
            return ()
        # How a comma or a quote is written inside a filter's value is not documented.
        filters = () if set(name) & set(',"') else (f"name=={name}",)
        named = [flow.id async for flow in client.flows.list(property=filters) if flow.name == name]
        if not named:
            return ()
        base_id = await self._base_id(parsed, client)
        found = []
        for flow_id in named:
            with contextlib.suppress(ConfigError, NotFound):  # none that a pipeline can describe, or gone meanwhile
                live = await read_flow(client, flow_id, now=self._client.now())
                found.append(existing(parsed.pipeline, live, base_connection_id=base_id))
        return tuple(found)

    async def _base_id(self, parsed: ParsedPipeline, client: AepClient) -> str:
        """The id of the base connection that a pipeline names; its words where that is none or several."""
        from aeptui.chain.connectors import is_landing_zone
        from aeptui.chain.preflight_source import find_base_connection

        named = parsed.pipeline.account
        if is_landing_zone(named) or parsed.pipeline.source.id is not None:
            return ""
        base = await find_base_connection(named, client)
        return named if isinstance(base, tuple) else base.id

    async def set_enabled(self, flow_id: str, enabled: bool) -> None:
        """Let a dataflow run by its schedule, or stop it."""
        if enabled:
            await self._client.flows.enable(FlowId(flow_id))
        else:
            await self._client.flows.disable(FlowId(flow_id))

    async def delete(self, flow_id: str) -> None:
        """Delete a dataflow; its connections, mapping set and dataset stay."""
        flow = await self.get(flow_id)
        await self._client.flows.delete(FlowId(flow_id), flow.etag)

    def watch(self, flow_id: str) -> AsyncIterator[tuple[FlowRun, ...]]:
        """Its newest runs, again each time they changed."""
        from aeptui.monitor.watch import watch_flow

        return watch_flow(self._client, FlowId(flow_id), clock=self._clock, fast=self._fast)

    async def _flows(self) -> Sequence[Flow]:
        found = [flow async for flow in self._client.flows.list()]
        return sorted(found, key=lambda flow: flow.created_at.timestamp() if flow.created_at else 0.0, reverse=True)

    async def _recent_runs(self) -> Mapping[str, Sequence[FlowRun]]:
        runs = defaultdict(list)
        async for run in self._client.flow_runs.list(limit=_RECENT_RUNS):
            runs[run.flow_id].append(run)
        return runs

    def _next_run(self, flow: Flow) -> datetime | None:
        from aeptui.chain.pipeline import Schedule
        from aeptui.chain.schedule import UNITS, next_run_times

        known = flow.schedule
        if known is None or known.start_time is None or not flow.is_enabled:
            return None
        frequency = (known.frequency or "").lower()
        if frequency != "once" and frequency not in UNITS:
            return None
        schedule = Schedule.model_validate(
            {"frequency": frequency, "interval": known.interval, "start": known.start_time}
        )
        return next(iter(next_run_times(schedule, self._clock.now(), 1)), None)


def _noted(flow: Flow) -> tuple[FlowRun, ...]:
    """The newest run as far as the flow itself notes it: when it was and how it ended, nothing of its rows."""
    from aeptui.models.flow_runs import FlowRun

    last = flow.last_run
    if last is None or last.id is None:
        return ()
    times = {"startedAtUTC": last.started_at, "completedAtUTC": last.completed_at}
    duration = {name: int(moment.timestamp() * 1000) for name, moment in times.items() if moment is not None}
    metrics = {"statusSummary": {"status": last.state}, "durationSummary": duration}
    return (FlowRun.model_validate({"id": last.id, "flowId": flow.id, "metrics": metrics}),)
