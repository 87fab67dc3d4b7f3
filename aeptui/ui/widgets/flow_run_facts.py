"""What one flow run did, in a few lines: counts, times, its parts, and what happened in words. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from aeptui.ui.formatting import ago, count, date_time, duration, outcome_cell, size, state_cell
from aeptui.ui.widgets.flow_words import began_at
from aeptui.ui.widgets.text_lines import Line, line

if TYPE_CHECKING:
    from aeptui.models.flow_runs import FlowRun, RunActivity
    from aeptui.monitor.diagnose import Diagnosis

_SEVERITIES = {"ok": "ok", "warning": "warning", "error": "error", "info": "accent"}
_LABEL = 10


def flow_run_facts(run: FlowRun, diagnosis: Diagnosis, now: datetime) -> tuple[Line, ...]:
    """What happened and what to do, then the numbers, then every error as the platform says it."""
    outcome = outcome_cell(run.outcome)
    look = _SEVERITIES.get(diagnosis.severity, "")
    lines: list[Line] = [((f"{outcome.text}  ", outcome.style), (diagnosis.headline, look))]
    if diagnosis.next_step:
        lines.append(((f"{'To do':{_LABEL}}", "muted"), (diagnosis.next_step, "")))
    lines += [_rows(run), _files(run), _times(run, now)]
    parts = _parts(run.activities)
    if parts is not None:
        lines.append(parts)
    # Last, because they are long, and what they say is counted by reason below.
    lines += [line(text) for text in diagnosis.lines]
    return tuple(lines)


def _rows(run: FlowRun) -> Line:
    failed, warned = run.failed_records, run.warning_records
    return (
        (f"{'Rows':{_LABEL}}", "muted"),
        (f"{count(run.input_records)} in   {count(run.output_records)} out   ", "strong"),
        (f"{count(failed)} failed", "error" if failed else ""),
        (f"   {count(warned)} with a warning", "warning" if warned else "muted"),
    )


def _files(run: FlowRun) -> Line:
    return (
        (f"{'Files':{_LABEL}}", "muted"),
        (f"{count(run.input_files)} read   {size(run.input_bytes)} in   {size(run.output_bytes)} out", ""),
    )


def _times(run: FlowRun, now: datetime) -> Line:
    began = began_at(run)
    text = f"{date_time(began)}   {ago(began, now)}"
    took = f"   took {duration(run.duration_s)}" if run.duration_s is not None else ""
    return ((f"{'Started':{_LABEL}}", "muted"), (text, ""), (took, ""))


def _parts(activities: Iterable[RunActivity]) -> Line | None:
    runs: list[tuple[str, str]] = []
    for activity in activities:
        state = state_cell(activity.status)
        took = None
        if activity.started_at is not None and activity.completed_at is not None:
            took = max(0.0, (activity.completed_at - activity.started_at).total_seconds())
        name = {"copy": "copy", "promotion": "promotion"}.get(activity.kind, activity.name)
        runs += [(f"{name} ", ""), (state.text, state.style), (f" {duration(took)}   " if took else "   ", "muted")]
    return ((f"{'Parts':{_LABEL}}", "muted"), *runs) if runs else None
