"""One flow run: what happened, its numbers, and the rows that failed. Follows a run that is still going on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.worker import Worker

from aeptui.errors import AeptuiError
from aeptui.ids import FlowId, FlowRunId
from aeptui.ui.formatting import count
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.screens.read import ReadScreen
from aeptui.ui.widgets.failed_row_list import FailedRowList, failed_row_lines, failed_row_text
from aeptui.ui.widgets.flow_run_facts import flow_run_facts
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.reason_list import ReasonList, place_of, reason_lines
from aeptui.ui.widgets.reconciliation_lines import reconciliation_lines
from aeptui.ui.widgets.text_view import TextView
from aeptui.ui.widgets.trouble_line import TroubleLine

if TYPE_CHECKING:
    from aeptui.models.flow_runs import FlowRun
    from aeptui.session import Session

_NO_ROWS = "The platform kept none of these rows: error diagnostics were off, or it was too long ago."


class FlowRunScreen(BaseScreen[None]):
    """Args:
    session: Where the run is.
    flow_id: The dataflow it belongs to.
    run_id: Which run.
    """

    TITLE = "Flow run"
    HELP = (
        "One run of a dataflow: what happened in words, its numbers, and why rows failed.\n"
        "tab goes between facts, reasons and rows; enter shows one whole, y copies it: your files' own data.\n"
        "c adds up the rows: in the files = ingested + rejected + skipped; there y copies Markdown for a ticket."
    )
    AUTO_FOCUS: ClassVar[str | None] = "#facts"
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high")]
    DEFAULT_CSS = """
    FlowRunScreen {
        ReasonList { display: none; }
        FailedRowList { display: none; }
        &.-rows ReasonList { display: block; }
        &.-low #facts { max-height: 8; }
        &.-low ReasonList { max-height: 5; }
        &.-rows FailedRowList { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "other pane", show=False, tooltip="Between facts, reasons and rows"),
        Binding("r", "refresh", "refresh", tooltip="Ask the platform again now"),
        Binding("f", "open_flow", "dataflow", tooltip="To the dataflow this run belongs to"),
        Binding("c", "reconcile", "reconcile", tooltip="Do the rows add up? Which target fields are empty?"),
    ]

    def __init__(self, session: Session, flow_id: FlowId, run_id: FlowRunId) -> None:
        super().__init__()
        self.session = session
        self.flow_id = flow_id
        self.run_id = run_id
        self._run: FlowRun | None = None
        self._watching: Worker[None] | None = None

    def compose_body(self) -> ComposeResult:
        yield TroubleLine()
        yield TextView(id="facts", most=18)
        yield ReasonList(id="reasons")
        yield FailedRowList(id="rows")

    def on_mount(self) -> None:
        self.query_one("#facts", TextView).show([(("Asking for the flow run ...", "muted"),)])
        self.query_one(FailedRowList).loading_text = "Asking for the rows that failed ..."

    def on_screen_resume(self) -> None:
        if self._run is None or not self._run.is_terminal:
            self.action_refresh()

    def on_screen_suspend(self) -> None:
        if self._watching is not None and self._run is not None and not self._run.is_terminal:
            self._watching.cancel()

    def action_refresh(self) -> None:
        """Ask now; follow the run until it has ended."""
        self._watching = self._follow()

    @work(group="follow", exclusive=True)
    async def _follow(self) -> None:
        try:
            run = await self.session.flows.run(self.run_id)
            self._show_run(run)
            if not run.is_terminal:
                async for runs in self.session.flows.watch(self.flow_id or run.flow_id):
                    # Of many runs only the newest are watched.
                    found = next((one for one in runs if one.id == self.run_id), None)
                    run = found or await self.session.flows.run(self.run_id)
                    self._show_run(run)
                    if run.is_terminal:
                        break
            await self._read_failed_rows()
        except AeptuiError as error:
            if self.query_one(TroubleLine).tell(error):
                self.report(error)
            self.query_one(FailedRowList).loading_text = "The rows that failed could not be read. r asks again."
            if self._run is None:
                self.query_one("#facts", TextView).show([(("The flow run could not be read.", "muted"),)])

    def _show_run(self, run: FlowRun) -> None:
        self._run = run
        self.query_one(TroubleLine).tell(None)
        self._show_facts(run)

    def _show_facts(self, run: FlowRun, note: str = "") -> None:
        from aeptui.monitor.diagnose import diagnose

        lines = flow_run_facts(run, diagnose(run), self.session.clock.now())
        self.query_one("#facts", TextView).show(lines, f"{run.id}{note}", keep_place=True)

    async def _read_failed_rows(self) -> None:
        from aeptui.monitor.failed_rows import reasons

        run = self._run
        if run is None or not run.is_terminal or not (run.failed_records or run.outcome == "failed"):
            return
        self.set_class(bool(run.failed_records), "-rows")
        rows = await self.session.flows.failed_rows(run)
        grid, reason_list = self.query_one(FailedRowList), self.query_one(ReasonList)
        grid.loading_text = "" if rows else _NO_ROWS
        self.set_class(bool(rows or run.failed_records), "-rows")
        reason_list.show_reasons(reasons(rows))
        reason_list.display = bool(rows)
        grid.show_failed_rows(rows)
        if rows and run.failed_records is not None and len(rows) < run.failed_records:
            # Counts of a part must not pass for counts of all.
            self._show_facts(run, f"   below: {count(len(rows))} of {count(run.failed_records)} failed rows")
        if self.focused is self.query_one("#facts") and self.is_current:
            (reason_list if rows else grid).focus()

    # Keys

    @on(Grid.Opened, "#reasons")
    def _on_reason_opened(self, message: Grid.Opened) -> None:
        message.stop()
        reason = self.query_one(ReasonList).highlighted
        if reason is not None:
            self.app.push_screen(ReadScreen(f"Why rows failed: {reason.code}", reason_lines(reason)))

    @on(Grid.Opened, "#rows")
    def _on_row_opened(self, message: Grid.Opened) -> None:
        message.stop()
        row = self.query_one(FailedRowList).highlighted
        if row is not None:
            title = f"Failed row: {place_of(row)}".rstrip(": ")
            self.app.push_screen(ReadScreen(title, failed_row_lines(row), failed_row_text(row)))

    def action_reconcile(self) -> None:
        """Add up its rows."""
        self.notify("Adding up the rows ...", timeout=2)
        self._reconcile()

    @work(group="reconcile", exclusive=True)
    async def _reconcile(self) -> None:
        from aeptui.monitor.reconcile_words import markdown_of

        try:
            found = await self.session.flows.reconcile(self.run_id)
        except AeptuiError as error:
            self.report(error)
            return
        if self.is_current:
            title = f"Reconciliation of flow run {self.run_id}"
            self.app.push_screen(ReadScreen(title, reconciliation_lines(found), markdown_of(found)))

    def action_open_flow(self) -> None:
        """To its dataflow: the screen below where that is it."""
        below = self.app.screen_stack[-2] if len(self.app.screen_stack) > 1 else None
        if getattr(below, "flow_id", None) == self.flow_id:
            self.app.pop_screen()
        else:
            self.open("flow", self.flow_id or (self._run.flow_id if self._run is not None else ""))

    def copy_text(self) -> str:
        row = self.query_one(FailedRowList).highlighted
        if isinstance(self.focused, FailedRowList) and row is not None:
            return failed_row_text(row)
        reason = self.query_one(ReasonList).highlighted
        if isinstance(self.focused, ReasonList) and reason is not None:
            return f"{reason.code} {reason.message} ({reason.count})"
        return str(self.run_id)
