"""The steps of an execution as they happen: state, name, id, action and duration. Only shows; starts nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from aeptui.ui.formatting import duration
from aeptui.ui.widgets.execution_words import STEP_WORDS, short_id, state_style, state_text, step_word
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row

if TYPE_CHECKING:
    from aeptui.chain.replay import StepRecord


_USUAL_HEIGHT = 1 + len(STEP_WORDS) - 2
"""A line above, and one for each step but those of a base connection and a field group, which few pipelines declare."""


class StepList(Grid):
    """One row for each step; the row's key is the step's name, such as `source_connection`."""

    DEFAULT_CSS = f"StepList {{ height: {_USUAL_HEIGHT}; }}"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(
            Column("state", "State", width=11),
            Column("step", "Step", width=17),
            Column("action", "Action", width=6),
            Column("time", "Time", width=7, align="right"),
            Column("name", "Name", min_width=8),
            Column("id", "Id", min_width=8),
            empty="No step has been planned.",
            id=id,
        )
        self._steps: dict[str, StepRecord] = {}

    def show_steps(self, steps: Sequence[StepRecord], now: datetime) -> None:
        """Show these steps; `now` is what a running one is measured against."""
        self._steps = {step.step: step for step in steps}
        self.styles.height = max(_USUAL_HEIGHT, len(steps) + 1)
        self.show([_row(step, now) for step in steps])

    def tick(self, now: datetime) -> None:
        """Bring the time of the running steps up to date, and nothing else."""
        for step in self._steps.values():
            if step.state == "running":
                self.update_row(_row(step, now))

    @property
    def highlighted(self) -> StepRecord | None:
        """The step under the cursor."""
        return self._steps.get(self.cursor_key or "")


def elapsed_ms(step: StepRecord, now: datetime) -> float | None:
    """How long a step took, or has been running; None when it has not begun."""
    if step.duration_ms is not None:
        return step.duration_ms
    if step.state == "running" and step.started_at is not None:
        return max(0.0, (now - step.started_at).total_seconds() * 1000)
    return None


def _row(step: StepRecord, now: datetime) -> Row:
    style = state_style(step.state)
    took = elapsed_ms(step, now)
    return Row(
        step.step,
        (
            Cell(state_text(step.state), style),
            Cell(step_word(step.step), "muted" if step.state in {"pending", "skipped"} else ""),
            Cell(step.action or "", "muted"),
            Cell("" if took is None else duration(took / 1000), sort=took or 0.0),
            step.name or "",
            Cell(short_id(step.id or ""), "muted"),
        ),
        search=f"{step_word(step.step)} {step.name or ''} {step.id or ''}",
    )
