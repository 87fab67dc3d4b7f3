"""Review: everything that is wrong, what running would do step by step, and the way to run it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from aeptui.ui.formatting import counted
from aeptui.ui.screens.pipeline_sections.base import ReadAgainRequested, Section
from aeptui.ui.screens.pipeline_sections.state import EditorState, SectionName
from aeptui.ui.widgets.execution_words import STEP_WORDS
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.problem_list import problem_lines
from aeptui.ui.widgets.text_lines import Line, json_lines, line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from textual.widget import Widget

    from aeptui.chain.plan import Plan, PlannedStep
    from aeptui.chain.problems import Problem

_MARKS = {"error": "fail", "warning": "warning"}
_ACTION_STYLES = {"create": "ok", "reuse": "accent", "find": "muted"}
_ACTION_WORDS = {"create": "create", "reuse": "use existing", "find": "look up"}


class ReviewSection(Section):
    """A verdict, the problems, the plan."""

    SECTION = "review"
    DEFAULT_CSS = """
    ReviewSection {
        #review-verdict { height: 3; }
        #review-problems { height: 1fr; }
        #review-plan { height: 10; }
        &.-clean #review-problems { display: none; }
        &.-clean #review-plan { height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run_clean", "run", tooltip="Run it; ctrl+r does so from every section"),
        Binding("c", "check_again", "check again", tooltip="Check it against the platform again"),
    ]

    @dataclass
    class ProblemOpened(Message):
        """Go where this problem can be mended."""

        problem: Problem

    @dataclass
    class RunRequested(Message):
        """Run the pipeline."""

    def __init__(self, state: EditorState) -> None:
        super().__init__(state)
        self._problems: dict[str, Problem] = {}

    def compose(self) -> ComposeResult:
        yield TextView("Review", id="review-verdict", can_focus=False)
        yield Grid(
            Column("kind", "Kind", width=9),
            Column("section", "Section", width=8, priority=2),
            Column("where", "Where", min_width=14),
            Column("what", "What is wrong", min_width=24),
            Column("fix", "What to do", min_width=24, priority=1),
            empty="No problems.",
            id="review-problems",
        )
        yield Grid(
            Column("step", "Step", min_width=18),
            Column("action", "What happens", min_width=13),
            Column("name", "Name", min_width=16),
            Column("note", "Note", min_width=16, priority=1),
            empty="There is no plan yet.",
            id="review-plan",
        )

    def panes(self) -> Sequence[Widget]:
        plan = self.query_one("#review-plan", Grid)
        if not self._problems:
            return (plan,)
        problems = self.query_one("#review-problems")
        return (problems, plan) if plan.row_count else (problems,)

    def show_state(self, state: EditorState) -> None:
        problems = state.all_problems()
        self._problems = {str(at): problem for at, problem in enumerate(problems)}
        self.set_class(not problems, "-clean")
        grid = self.query_one("#review-problems", Grid)
        grid.show([_problem_row(key, problem) for key, problem in self._problems.items()])
        plan = state.review.plan if not state.review.stale else None
        steps = self.query_one("#review-plan", Grid)
        steps.empty_text = "Checking ..." if state.review.state == "reading" else "There is no plan yet."
        steps.show([_step_row(step) for step in plan.steps] if plan is not None else [])
        self.query_one("#review-verdict", TextView).show(verdict(state))
        if not problems and grid.has_focus:
            steps.focus()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "run_clean":
            return not any(one.severity == "error" for one in self.state.all_problems())
        return super().check_action(action, parameters)

    def copy_text(self) -> str:
        plan = self.state.review.plan
        if plan is not None and not self.state.review.stale:
            return plan.to_text()
        return "\n".join(str(problem) for problem in self._problems.values())

    def go_to(self, problem: Problem) -> None:
        for key, one in self._problems.items():
            if one == problem:
                self.query_one("#review-problems", Grid).move_to(key)

    @on(Grid.Opened, "#review-problems")
    def _problem_opened(self, event: Grid.Opened) -> None:
        event.stop()
        problem = self._problems[event.key]
        if home_of(problem) == "review":
            from aeptui.ui.screens.read import ReadScreen

            self.app.push_screen(ReadScreen("Problem", problem_lines(problem)))
        else:
            self.post_message(self.ProblemOpened(problem))

    @on(Grid.Opened, "#review-plan")
    def _step_opened(self, event: Grid.Opened) -> None:
        event.stop()
        plan = self.state.review.plan
        step = next((one for one in plan.steps if one.step == event.key), None) if plan is not None else None
        if plan is not None and step is not None:
            from aeptui.ui.screens.read import ReadScreen

            self.app.push_screen(ReadScreen(f"Planned: {step_words(step.step)}", request_lines(plan, step)))

    def action_run_clean(self) -> None:
        self.post_message(self.RunRequested())

    def action_check_again(self) -> None:
        self.post_message(ReadAgainRequested("review"))


def home_of(problem: Problem) -> SectionName:
    """The section whose form mends a problem; review when none does."""
    if problem.where == "name":
        return "source"
    return "target" if problem.where.startswith("[options]") else problem.section


def verdict(state: EditorState) -> list[Line]:
    """Can it run? In two lines."""
    problems, review = state.all_problems(), state.review
    errors = sum(one.severity == "error" for one in problems)
    warnings = len(problems) - errors
    said = f" and {counted(warnings, 'warning')}" if warnings else ""
    if review.state == "reading":
        mark = glyph("running")
        return [line(f"{mark} Checking connection, files, schema and schedule on the platform ...", "running")]
    if errors:
        text = f"{glyph('fail')} {counted(errors, 'problem')}{said} before it can run."
        return [line(text, "error"), line("enter goes where it is mended.", "muted")]
    if review.state == "failed":
        return [line(f"{glyph('warning')} It could not be checked: {review.error}", "warning"), line("c checks again.")]
    if review.state == "none" or review.stale:
        return [line("Not checked against the platform yet; c checks it, ctrl+r runs it.", "muted")]
    ready = f"{glyph('ok')} Ready to run{', with' + said.removeprefix(' and') if said else ''}. Nothing is created yet."
    return [
        line(ready, "warning" if warnings else "ok"),
        line("r runs it; enter on a step shows its request.", "muted"),
    ]


def step_words(step: str) -> str:
    """A step's name, as it is read."""
    return STEP_WORDS.get(step, step).capitalize()


def _problem_row(key: str, problem: Problem) -> Row:
    kind = Cell(f"{glyph(_MARKS[problem.severity])} {problem.severity}", problem.severity)
    return Row(key, (kind, problem.section, problem.where, problem.what, Cell(problem.fix, "muted")))


def _step_row(step: PlannedStep) -> Row:
    action = Cell(_ACTION_WORDS.get(step.action, step.action), _ACTION_STYLES.get(step.action, ""))
    note = step.note or (str(step.resource_id) if step.resource_id else "")
    return Row(step.step, (step_words(step.step), action, step.name, Cell(note, "muted")))


def request_lines(plan: Plan, step: PlannedStep) -> list[Line]:
    """The request of a step as it would be sent; placeholders stand for what is not known before."""
    lines: list[Line] = [(("What happens  ", "muted"), (_ACTION_WORDS.get(step.action, step.action), "strong"))]
    if step.name:
        lines.append((("Name          ", "muted"), (step.name, "")))
    if step.note:
        lines.append((("Note          ", "muted"), (step.note, "")))
    if step.resource_id:
        lines.append((("Id            ", "muted"), (str(step.resource_id), "")))
    if step.needs:
        lines.append((("After         ", "muted"), (", ".join(map(step_words, step.needs)), "")))
    undo = "deletes it" if step.action == "create" else "leaves it as it is"
    lines.append((("Undo          ", "muted"), (undo, "")))
    request = step.request
    if request is None:
        return [*lines, (), line("Nothing is sent for this step.", "muted")]
    lines += [(), line(f"{request.method} {request.path}", "accent")]
    lines += [((f"{name}: ", "key"), (str(value), "")) for name, value in request.headers.items()]
    if request.body is not None:
        lines += [(), *json_lines(request.body)]
    return lines
