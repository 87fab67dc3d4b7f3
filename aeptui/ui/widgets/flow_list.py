"""All dataflows, one line each, with how the last run of each ended. Reads nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from aeptui.ui.formatting import UNKNOWN, ago, count, outcome_cell, outcome_mark, state_cell
from aeptui.ui.widgets.flow_words import HISTORY_RUNS, began_at, history_strip, next_run_words, schedule_words
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.text_lines import Line, line

if TYPE_CHECKING:
    from aeptui.models.flow_runs import FlowRun
    from aeptui.session.flows import FlowSummary

_NEVER = -1.0


class FlowList(Grid):
    """One row for each dataflow; the row's key is its id."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(
            Column("name", "Dataflow", min_width=14),
            Column("state", "State", width=10),
            Column("outcome", "Last run", width=11),
            Column("rows", "Rows in", width=9, align="right"),
            Column("failed", "Failed", width=7, align="right"),
            Column("ran", "Started", width=11, priority=2),
            Column("next", "Next run", width=10, priority=1),
            Column("history", "Runs", width=HISTORY_RUNS, priority=3),
            multi_select=True,
            empty="No dataflows yet: press 2 for pipelines; r on one of them makes its dataflow.",
            id=id,
        )
        self._summaries: dict[str, FlowSummary] = {}

    def show_flows(self, summaries: Sequence[FlowSummary], now: datetime) -> None:
        """Show these dataflows; only lines that differ are painted again."""
        self._summaries = {str(summary.flow.id): summary for summary in summaries}
        self.show([_row(summary, now) for summary in summaries])

    @property
    def highlighted(self) -> FlowSummary | None:
        """The dataflow under the cursor."""
        return self._summaries.get(self.cursor_key or "")

    @property
    def chosen(self) -> tuple[FlowSummary, ...]:
        """The selected dataflows, else the one under the cursor."""
        selected = tuple(self._summaries[key] for key in self.selected_keys if key in self._summaries)
        if selected or self.highlighted is None:
            return selected
        return (self.highlighted,)


def last_run(summary: FlowSummary) -> FlowRun | None:
    """The newest run."""
    return summary.runs[0] if summary.runs else None


def flow_about(summary: FlowSummary, now: datetime) -> tuple[Line, ...]:
    """What the columns have no room for: when, how the runs ended, and the last one in words."""
    from aeptui.monitor.diagnose import diagnose

    flow, run = summary.flow, last_run(summary)
    nothing = "no run yet"
    lines: list[Line] = [
        (
            ("Next run  ", "muted"),
            (f"{next_run_words(flow, summary.next_run, now)}   ", "strong"),
            (schedule_words(flow) or "no schedule", ""),
        ),
        (("Runs      ", "muted"), (history_strip(summary.runs) or nothing, ""), (_newest(run, now), "muted")),
    ]
    if run is not None:
        # The headline says the outcome in a sentence; the word stands in the list already.
        style = outcome_cell(run.outcome).style
        lines.append((("Last run  ", "muted"), (f"{outcome_mark(run.outcome)} {diagnose(run).headline}", style)))
    return tuple(lines) if flow.state else (line("The platform says nothing of its state."), *lines)


def _newest(run: FlowRun | None, now: datetime) -> str:
    if run is None:
        return ""
    return f"   newest at the right, {ago(began_at(run), now)}"


def _row(summary: FlowSummary, now: datetime) -> Row:
    flow, run = summary.flow, last_run(summary)
    began = began_at(run) if run is not None else None
    failed = run.failed_records if run is not None else None
    rows = run.input_records if run is not None else None
    following = summary.next_run
    return Row(
        str(flow.id),
        (
            flow.name or str(flow.id),
            state_cell(flow.state),
            outcome_cell(run.outcome) if run is not None else Cell("no run yet", "muted"),
            Cell(count(rows), "" if rows else "muted", sort=_NEVER if rows is None else rows),
            Cell(count(failed), "error" if failed else "muted", sort=_NEVER if failed is None else failed),
            Cell(ago(began, now), sort=began.timestamp() if began else _NEVER),
            Cell(ago(following, now) if following else UNKNOWN, sort=following.timestamp() if following else _NEVER),
            Cell(history_strip(summary.runs), "muted"),
        ),
        search=f"{flow.name} {flow.state or ''} {run.outcome if run is not None else ''} {flow.id}",
    )
