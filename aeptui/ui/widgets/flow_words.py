"""A dataflow in words: when it runs, how its last runs ended. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from aeptui.ui.formatting import ago, date_time, outcome_mark

if TYPE_CHECKING:
    from aeptui.models.flow_runs import FlowRun
    from aeptui.models.flows import Flow

HISTORY_RUNS = 14
"""How many runs a history strip shows."""


def schedule_words(flow: Flow) -> str:
    """`every 30 minutes, from 2026-11-23 14:00:00`; empty when the platform named no schedule."""
    schedule = flow.schedule
    if schedule is None or not schedule.frequency:
        return ""
    unit = schedule.frequency.lower()
    start = date_time(schedule.start_time) if schedule.start_time is not None else ""
    if unit == "once":
        return f"once, {start}" if start else "once"
    every = f"every {unit}" if schedule.interval in {None, 1} else f"every {schedule.interval} {unit}s"
    return f"{every}, from {start}" if start else every


def next_run_words(flow: Flow, next_run: datetime | None, now: datetime) -> str:
    """`in 12 min`, or why there is none."""
    if next_run is not None:
        return ago(next_run, now) if next_run > now else "due now"
    if not flow.is_enabled:
        return "disabled"
    if flow.schedule is not None and (flow.schedule.frequency or "").lower() == "once":
        return "ran once" if flow.last_run is not None and flow.last_run.id else "no more"
    return "not known"


def history_strip(runs: Sequence[FlowRun], most: int = HISTORY_RUNS) -> str:
    """A glyph for each of the last runs, the newest at the right end, as a timeline reads."""
    return "".join(outcome_mark(run.outcome) for run in reversed(runs[:most]))


def began_at(run: FlowRun) -> datetime | None:
    """When it started, or at least when the platform made it."""
    return run.started_at or run.created_at
