"""The runs of one dataflow, newest first. Reads nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from aeptui.ui.formatting import ago, count, date_time, duration, outcome_cell, size
from aeptui.ui.widgets.flow_words import began_at
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row

if TYPE_CHECKING:
    from aeptui.models.flow_runs import FlowRun

_NEVER = -1.0


class FlowRunList(Grid):
    """One row for each flow run; the row's key is its id."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(
            Column("outcome", "Outcome", width=11),
            Column("in", "Rows in", width=9, align="right"),
            Column("out", "Rows out", width=9, align="right"),
            Column("failed", "Failed", width=7, align="right"),
            Column("warnings", "Warnings", width=8, align="right", priority=4),
            Column("files", "Files", width=5, align="right", priority=3),
            Column("read", "Read", width=7, align="right", priority=5),
            Column("took", "Took", width=7, align="right", priority=1),
            Column("ago", "Started", width=11),
            Column("started", "At", width=19, priority=6),
            Column("id", "Flow run", min_width=10, priority=7),
            empty="No run yet. It starts by itself when its time comes.",
            id=id,
        )
        self._runs: dict[str, FlowRun] = {}

    def show_runs(self, runs: Sequence[FlowRun], now: datetime) -> None:
        """Show these runs; only lines that differ are painted again."""
        self._runs = {str(run.id): run for run in runs}
        self.show([_row(run, now) for run in runs])

    @property
    def highlighted(self) -> FlowRun | None:
        """The run under the cursor."""
        return self._runs.get(self.cursor_key or "")


def _row(run: FlowRun, now: datetime) -> Row:
    began = began_at(run)
    took = run.duration_s
    if took is None and run.outcome == "running" and began is not None:
        took = max(0.0, (now - began).total_seconds())
    return Row(
        str(run.id),
        (
            outcome_cell(run.outcome),
            _number(run.input_records),
            _number(run.output_records),
            _number(run.failed_records, "error"),
            _number(run.warning_records, "warning"),
            _number(run.input_files),
            Cell(size(run.input_bytes), sort=_known(run.input_bytes)),
            Cell(duration(took), sort=_known(took)),
            Cell(ago(began, now), sort=began.timestamp() if began else _NEVER),
            Cell(date_time(began), "muted"),
            Cell(str(run.id), "muted"),
        ),
        search=f"{run.outcome} {run.status} {run.id} {' '.join(error.code for error in run.errors)}",
    )


def _number(number: int | None, style: str = "") -> Cell:
    return Cell(count(number), style if number else "muted", sort=_known(number))


def _known(number: float | None) -> float:
    return _NEVER if number is None else number
