"""What pre-flight found, one problem each with its fix. Only lists; where a problem is mended others decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.text_lines import Line, line

if TYPE_CHECKING:
    from aeptui.chain.problems import Problem

_MARKS = {"error": "fail", "warning": "warning"}


class ProblemList(Grid):
    """One row for each problem; the row's key is its position."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(
            Column("severity", "Kind", width=9),
            Column("where", "Where", min_width=14),
            Column("what", "What is wrong", min_width=40),
            Column("fix", "What to do", min_width=30, priority=1),
            empty="No problems.",
            id=id,
        )
        self._problems: dict[str, Problem] = {}

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Show these problems, in the order given."""
        self._problems = {str(at): problem for at, problem in enumerate(problems)}
        self.show([_row(key, problem) for key, problem in self._problems.items()])

    @property
    def highlighted(self) -> Problem | None:
        """The problem under the cursor."""
        return self._problems.get(self.cursor_key or "")


def problem_lines(problem: Problem) -> tuple[Line, ...]:
    """One problem in full, to read."""
    place = f"line {problem.line}, {problem.where}" if problem.line is not None else problem.where
    lines: list[Line] = [line(place, "muted"), line(problem.what, problem.severity)]
    if problem.fix:
        lines += [(), (("What to do  ", "strong"), (problem.fix, ""))]
    return tuple(lines)


def _row(key: str, problem: Problem) -> Row:
    mark = glyph(_MARKS[problem.severity])
    return Row(key, (Cell(f"{mark} {problem.severity}", problem.severity), problem.where, problem.what, problem.fix))
