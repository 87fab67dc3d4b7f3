"""One execution: its steps as they happen, what was sent for each, then the first flow run until it ends.

The session owns the execution; this screen watches, so leaving it ends nothing. Only `c` cancels, and asks first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.events import DescendantFocus, Key
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from aeptui.errors import AeptuiError
from aeptui.ids import ExecutionId
from aeptui.ui.screens.read import ReadScreen
from aeptui.ui.screens.recovering import RecoveringScreen
from aeptui.ui.screens.starting import belongs_here, open_editor, start_execution
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.outcome_lines import ids_text, latest_step, outcome_lines, status_line
from aeptui.ui.widgets.problem_list import ProblemList, problem_lines
from aeptui.ui.widgets.reason_list import ReasonList, reason_lines
from aeptui.ui.widgets.request_list import (
    RequestList,
    SentRequest,
    answer_text,
    request_lines,
    request_of_step,
    request_title,
)
from aeptui.ui.widgets.step_detail import step_detail
from aeptui.ui.widgets.step_list import StepList
from aeptui.ui.widgets.text_lines import Line, line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from aeptui.chain.problems import Problem
    from aeptui.chain.replay import ExecutionRecord, FlowRunSummary
    from aeptui.session import Session, Tracking

_PANES = ("steps", "problems", "reasons", "requests", "detail")
_WIDE = 110


@dataclass
class _Changed(Message):
    """The execution went on; only the last one of several counts."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, _Changed)


class ExecutionScreen(RecoveringScreen):
    """Args:
    session: What runs executions and remembers them.
    execution_id: The execution to show, running or long over.
    """

    TITLE = "Execution"
    HELP = (
        "The seven steps that make a dataflow, each with the request sent for it and the answer, then the first\n"
        "flow run until it ends. Leaving this screen stops nothing; c cancels, and asks first.\n"
        "Tab goes to the next pane: steps, why rows failed, requests, detail."
    )
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]
    AUTO_FOCUS: ClassVar[str | None] = "#steps"
    DEFAULT_CSS = """
    ExecutionScreen {
        #status { height: 1; background: $surface; }
        #reasons, #problems { display: none; }
        &.-explained #reasons { display: block; }
        &.-refused #problems { display: block; height: 1fr; }
        &.-refused #steps { display: none; }
        &.-refused #requests { display: none; }
        &.-narrow {
            #left { height: auto; }
            #requests { display: none; }
            &.-requests #detail { display: none; }
            &.-requests #requests { display: block; height: 1fr; }
            &.-requests #left { height: 1fr; }
            &.-refused #left { height: 3fr; }
            &.-refused #detail { height: 2fr; }
        }
        &.-wide {
            #body { layout: horizontal; }
            #left { width: 3fr; height: 1fr; }
            #requests { height: 1fr; min-height: 4; }
            #detail { width: 2fr; border-left: solid $surface-lighten-2; }
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "open_flow_run", "flow run", tooltip="Open the first flow run: metrics, activities, failed rows"),
        Binding(
            "g", "go_on", "go on", tooltip="Go on where it stopped: look up what is not known, make what is missing"
        ),
        Binding("u", "take_back", "undo", tooltip="Delete what it created; lists it first, and asks"),
        Binding("c", "cancel", "cancel", tooltip="Stop before the next request; asks first"),
        Binding("r", "run_again", "run again", tooltip="Run the same pipeline as a new execution"),
        Binding("e", "edit_pipeline", "edit", tooltip="Edit the pipeline this came from"),
        Binding("tab", "next_pane(1)", "next pane", tooltip="Next pane: steps, why rows failed, requests, detail"),
        Binding("shift+tab", "next_pane(-1)", "previous pane", show=False, tooltip="Back to the pane before"),
    ]

    def __init__(self, session: Session, execution_id: ExecutionId) -> None:
        super().__init__()
        self.session = session
        self.execution_id = execution_id
        self.record: ExecutionRecord | None = None
        self._tracking: Tracking | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._timer: Timer | None = None
        self._error: AeptuiError | None = None
        self._explained_run: object = None
        self._subject = "steps"
        self._touched = False
        self._starting = False
        self._kept: tuple[SentRequest, ...] = ()

    def compose_body(self) -> ComposeResult:
        yield TextView(id="status", can_focus=False)
        with Container(id="body"):
            with Vertical(id="left"):
                yield StepList(id="steps")
                yield TextView(id="outcome", can_focus=False, most=7)
                yield ProblemList(id="problems")
                yield ReasonList(id="reasons")
                yield RequestList(id="requests")
            yield TextView("Request and answer", id="detail")

    def on_mount(self) -> None:
        self._timer = self.set_interval(1.0, self._tick, pause=True)
        self._follow()

    def _follow(self) -> None:
        """Watch it where it runs in this process, else read its journal."""
        self.on_unmount()
        self._tracking = self.session.executions.tracking(self.execution_id)
        if self._tracking is None:
            self.query_one(StepList).loading_text = "Reading the journal ..."
            self._load()
        else:
            self._unsubscribe = self._tracking.subscribe(lambda _: self.post_message(_Changed()))
            self._show()

    def on_unmount(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    @work(group="load", exclusive=True)
    async def _load(self) -> None:
        try:
            self.record = await self.session.executions.load(self.execution_id)
            self._kept = await self.session.executions.kept_requests(self.execution_id)
        except AeptuiError as error:
            self._fail(error)
        self._show()

    def _fail(self, error: AeptuiError) -> None:
        self._error = error
        self.report(error)

    # Showing

    @on(_Changed)
    def _on_changed(self, message: _Changed) -> None:
        message.stop()
        self._show()

    def _show(self) -> None:
        if not self.is_attached:
            return
        if self._tracking is not None:
            self.record = self._tracking.record
        record = self.record
        if record is None:
            lines = (line(self._error.title, "error"), line(self._error.hint)) if self._error else ()
            self.query_one("#outcome", TextView).show(lines)
            self.query_one(StepList).loading_text = "This execution cannot be shown." if self._error else ""
            return
        steps = self.query_one(StepList)
        steps.show_steps(record.steps, self.session.clock.now())
        if not self._touched and (latest := latest_step(record)):
            steps.move_to(latest)
        self.query_one(RequestList).show_requests(self._requests)
        self._show_outcome(record)
        self._show_status()
        self._show_detail(keep_place=True)
        if self._timer is not None:
            self._timer.resume() if record.status == "running" else self._timer.pause()
        self.refresh_bindings()

    def _show_status(self) -> None:
        if self.record is not None:
            self.query_one("#status", TextView).show([status_line(self.record, self.session.clock.now())])

    def _show_outcome(self, record: ExecutionRecord) -> None:
        problems = self._problems
        lines = outcome_lines(record, problems, offered=belongs_here(self.session, record))
        if self._error is not None:
            lines = (*lines, line(self._error.in_full, "error"))
        self.query_one("#outcome", TextView).show(lines)
        self.query_one(ProblemList).show_problems(problems)
        if problems and not self.has_class("-refused"):
            self.add_class("-refused")
            self.query_one(ProblemList).focus()
        run = record.flow_run
        ended = run is not None and run.outcome in {"succeeded", "partial", "failed"}
        unexplained = run is not None and ended and run.failed_records and self._explained_run != run.id
        if run is not None and unexplained and belongs_here(self.session, record):
            self._explained_run = run.id
            self._explain(run)

    @work(group="reasons", exclusive=True)
    async def _explain(self, run: FlowRunSummary) -> None:
        """Fetch the bad rows of a run that ended, and say why they failed."""
        from aeptui.monitor.failed_rows import reasons

        try:
            rows = await self.session.flows.failed_rows(await self.session.flows.run(run.id))
        except AeptuiError as error:
            self._fail(error)
            self._show()
            return
        found = reasons(rows)
        self.query_one(ReasonList).show_reasons(found)
        self.set_class(bool(found), "-explained")
        if found and not self._touched:
            # Nobody has gone anywhere yet, so the examples of the bad rows may take the detail's place.
            self.query_one(ReasonList).focus()

    def _tick(self) -> None:
        self._show_status()
        self.query_one(StepList).tick(self.session.clock.now())

    @property
    def _requests(self) -> tuple[SentRequest, ...]:
        return tuple(self._tracking.requests) if self._tracking is not None else self._kept

    @property
    def _problems(self) -> tuple[Problem, ...]:
        return tuple(self._tracking.problems) if self._tracking is not None else ()

    # The detail follows the pane that was last in focus

    @on(Grid.Highlighted)
    def _on_highlighted(self, message: Grid.Highlighted) -> None:
        message.stop()
        if message.grid.id == self._subject:
            self._show_detail()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        pane = event.widget.id
        if pane in _PANES:
            self.set_class(pane == "requests", "-requests")
            if pane != "detail":
                self._subject = pane
                self._show_detail()

    def on_key(self, event: Key) -> None:
        self._touched = True

    def _show_detail(self, *, keep_place: bool = False) -> None:
        title, lines = self._detail()
        self.query_one("#detail", TextView).show(lines, title, keep_place=keep_place)

    def _detail(self) -> tuple[str, tuple[Line, ...]]:
        if self._subject == "reasons" and (reason := self.query_one(ReasonList).highlighted):
            return "Why these rows failed", reason_lines(reason)
        if self._subject == "problems" and (problem := self.query_one(ProblemList).highlighted):
            return "Problem", problem_lines(problem)
        if self._subject == "requests":
            chosen = self.query_one(RequestList).highlighted
            return (request_title(chosen), request_lines(chosen)) if chosen else ("Request and answer", ())
        step = self.query_one(StepList).highlighted
        if step is None:
            return "Request and answer", ()
        return step_detail(step, self._requests, is_live=self._tracking is not None)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        record = self.record
        if action not in {"open_flow_run", "cancel", "run_again", "edit_pipeline"}:
            return super().check_action(action, parameters)
        if record is None:
            return False
        running = record.status == "running"
        if action == "open_flow_run":
            return record.has_flow_run and belongs_here(self.session, record)
        if action == "cancel":
            return running and self._tracking is not None
        if action == "run_again":
            return not running and bool(record.pipeline_text) and belongs_here(self.session, record)
        return True

    def action_next_pane(self, direction: int) -> None:
        narrow_hidden = {"requests"} if self.has_class("-narrow") and not self.has_class("-refused") else set()
        panes: list[Widget] = [
            pane
            for name in _PANES
            if (pane := self.query_one(f"#{name}")).display or name in narrow_hidden or name == "detail"
        ]
        at = next((index for index, pane in enumerate(panes) if pane.has_focus), -direction)
        pane = panes[(at + direction) % len(panes)]
        self.set_class(pane.id == "requests", "-requests")
        pane.focus()

    @on(Grid.Opened)
    def _on_opened(self, message: Grid.Opened) -> None:
        message.stop()
        if message.grid.id == "reasons":
            self.action_open_flow_run()
        elif message.grid.id == "problems":
            self.action_edit_pipeline()
        elif request := self._chosen_request(message.grid):
            self.app.push_screen(ReadScreen(request_title(request), request_lines(request), answer_text(request)))

    def _chosen_request(self, grid: Grid) -> SentRequest | None:
        if isinstance(grid, RequestList):
            return grid.highlighted
        step = self.query_one(StepList).highlighted
        return request_of_step(step.step, self._requests) if step is not None else None

    def action_open_flow_run(self) -> None:
        if self.record is not None and self.record.flow_run is not None:
            self.open("flow_run", self.record.ids.get("flow", ""), self.record.flow_run.id)

    @work(group="edit", exclusive=True)
    async def action_edit_pipeline(self) -> None:
        problem = self.query_one(ProblemList).highlighted if self._problems else None
        try:
            await open_editor(self, self.session, self.record.pipeline_name if self.record is not None else "", problem)
        except AeptuiError as error:
            self._fail(error)
            self._show()

    @work(group="cancel", exclusive=True)
    async def action_cancel(self) -> None:
        from aeptui.ui.screens.confirm import ConfirmScreen

        question = ConfirmScreen(
            "Cancel this execution?",
            "It stops before its next request. What has been created stays, and is listed here.",
            yes_label="Cancel it",
            danger=True,
        )
        if await self.app.push_screen_wait(question) and self._tracking is not None:
            self._tracking.cancel()

    def action_run_again(self) -> None:
        if self.record is not None and not self._starting:
            self._starting = True
            self._start_again(self.record)

    @work(group="start")
    async def _start_again(self, record: ExecutionRecord) -> None:
        from aeptui.chain.document import parse_pipeline

        try:
            tracking = await start_execution(self, self.session, parse_pipeline(record.pipeline_text))
        except AeptuiError as error:
            self._fail(error)
            self._show()
            return
        finally:
            self._starting = False
        if tracking is not None:
            self.open("execution", tracking.id)

    @property
    def chosen(self) -> ExecutionRecord | None:
        return self.record

    def recovered(self, record: ExecutionRecord, error: AeptuiError | None) -> None:
        if error is not None:
            self._fail(error)
            self._show()
            return
        self._error = None
        self._follow()

    def copy_text(self) -> str:
        return ids_text(self.record) if self.record is not None else ""

    def unfinished(self) -> str:
        record = self._tracking.record if self._tracking is not None else None
        if record is None or record.status != "running":
            return ""
        return f"{record.pipeline_name} is still running. Leaving aeptui stops it between two requests."
