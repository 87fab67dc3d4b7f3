"""Polls for runs: often while something moves, seldom while nothing does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from aeptui.clock import Clock

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.models.flow_runs import FlowRun

_GROWTH = 1.5
_SHOWN_RUNS = 50


class Pace:
    """How long to wait before the next look.

    Args:
        fast: The platform is in this process; looking costs next to nothing.
    """

    def __init__(self, *, fast: bool) -> None:
        self._shortest_s = 0.2 if fast else 2.0
        self._longest_s = 2.0 if fast else 15.0
        self._wait_s = self._shortest_s

    def next_s(self, *, changed: bool) -> float:
        """Seconds to wait: the shortest after a change, then longer and longer."""
        self._wait_s = self._shortest_s if changed else min(self._longest_s, self._wait_s * _GROWTH)
        return self._wait_s


async def watch_run(
    client: AepClient, flow_id: str, *, clock: Clock, after: str | None = None, fast: bool = False
) -> AsyncIterator[FlowRun]:
    """The first run of a flow, again each time it changed, until it has ended.

    Args:
        after: Wait for the first run that is newer than this one.
    """
    pace = Pace(fast=fast)
    followed: str | None = None
    last: FlowRun | None = None
    while True:
        run = await client.flow_runs.get(followed) if followed else await _first_run(client, flow_id, after)
        changed = run is not None and run != last
        if run is not None and changed:
            followed, last = run.id, run
            yield run
            if run.is_terminal:
                return
        await clock.sleep(pace.next_s(changed=changed))


async def watch_flow(
    client: AepClient, flow_id: str, *, clock: Clock, fast: bool = False
) -> AsyncIterator[tuple[FlowRun, ...]]:
    """The newest runs of a flow, at once and again each time any of them changed; for ever."""
    pace = Pace(fast=fast)
    last: tuple[FlowRun, ...] | None = None
    while True:
        runs = tuple([run async for run in client.flow_runs.list(flow_id=flow_id, limit=_SHOWN_RUNS)])
        changed = runs != last
        if changed:
            last = runs
            yield runs
        await clock.sleep(pace.next_s(changed=changed))


async def _first_run(client: AepClient, flow_id: str, after: str | None) -> FlowRun | None:
    runs = [run async for run in client.flow_runs.list(flow_id=flow_id, limit=_SHOWN_RUNS)]
    newer = []
    for run in runs:
        if run.id == after:
            break
        newer.append(run)
    return newer[-1] if newer else None
