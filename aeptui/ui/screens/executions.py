"""Every execution there was, newest first. Reads the history and watches those that run; opening one shows it whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from aeptui.errors import AeptuiError
from aeptui.ids import ExecutionId
from aeptui.ui.formatting import ago, count, duration
from aeptui.ui.screens.recovering import RecoveringScreen
from aeptui.ui.screens.starting import belongs_here
from aeptui.ui.widgets.execution_words import state_style, state_text
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.outcome_lines import elapsed_s, ids_text, outcome_lines
from aeptui.ui.widgets.text_lines import line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from datetime import datetime

    from aeptui.chain.replay import ExecutionRecord
    from aeptui.session import Session, Tracking


@dataclass
class _Progressed(Message):
    """A running execution went on; only the last of several counts."""

    tracking: Tracking

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, _Progressed) and message.tracking is self.tracking


class ExecutionsScreen(RecoveringScreen):
    """Args:
    session: What runs executions and remembers them.
    """

    TITLE = "Executions"
    HELP = (
        "Each pass through the chain of creating a dataflow, newest first, as its journal tells it.\n"
        "An interrupted one names what it left behind: o goes on with it, u takes it back. enter shows the steps."
    )
    AUTO_FOCUS: ClassVar[str | None] = "#executions"
    DEFAULT_CSS = """
    ExecutionsScreen {
        #problem { height: 2; display: none; }
        &.-failed #problem { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "refresh", "refresh", tooltip="Read the history again"),
        Binding("f", "open_flow_run", "flow run", tooltip="Open the first flow run of the execution"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._records: dict[str, ExecutionRecord] = {}
        self._watched: dict[str, Callable[[], None]] = {}

    def compose_body(self) -> ComposeResult:
        yield TextView(id="problem", can_focus=False)
        yield Grid(
            Column("status", "Status", width=13),
            Column("pipeline", "Pipeline", min_width=12),
            Column("rows", "Rows", width=9, align="right"),
            Column("failed", "Failed", width=7, align="right", priority=1),
            Column("took", "Took", width=7, align="right", priority=1),
            Column("started", "Started", width=14),
            Column("place", "Profile", min_width=12, priority=2),
            Column("id", "Execution", width=20, priority=3),
            empty="Nothing has been run yet. 2 shows the pipelines; r on one runs it.",
            id="executions",
        )
        yield TextView("About this execution", id="about", can_focus=False, most=12)

    def on_mount(self) -> None:
        self.query_one(Grid).loading_text = "Reading the history ..."

    def on_screen_resume(self) -> None:
        self.action_refresh()

    def on_unmount(self) -> None:
        for unsubscribe in self._watched.values():
            unsubscribe()
        self._watched.clear()

    def action_refresh(self) -> None:
        self._load()

    @work(group="load", exclusive=True)
    async def _load(self) -> None:
        try:
            records = await self.session.executions.list()
        except AeptuiError as error:
            self.report(error)
            self.query_one("#problem", TextView).show([line(error.title, "error"), line(error.hint)])
            self.query_one(Grid).loading_text = "The history could not be read. r tries again."
            self.add_class("-failed")
            return
        self.remove_class("-failed")
        grid = self.query_one(Grid)
        grid.loading_text = ""
        now = self.session.clock.now()
        self._records = {str(record.id): record for record in records}
        for tracking in self.session.executions.running():
            self._watch(tracking)
        grid.show([_row(record, now) for record in self._records.values()])
        self._show_about()

    def _watch(self, tracking: Tracking) -> None:
        key = str(tracking.id)
        self._records[key] = tracking.record
        if key not in self._watched:
            self._watched[key] = tracking.subscribe(lambda changed: self.post_message(_Progressed(changed)) and None)

    @on(_Progressed)
    def _on_progressed(self, message: _Progressed) -> None:
        message.stop()
        record = message.tracking.record
        key = str(record.id)
        self._records[key] = record
        self.query_one(Grid).update_row(_row(record, self.session.clock.now()))
        if record.status != "running" and (unsubscribe := self._watched.pop(key, None)) is not None:
            unsubscribe()
        if key == self.query_one(Grid).cursor_key:
            self._show_about()

    @property
    def _highlighted(self) -> ExecutionRecord | None:
        return self._records.get(self.query_one(Grid).cursor_key or "")

    @on(Grid.Highlighted)
    def _on_highlighted(self, message: Grid.Highlighted) -> None:
        message.stop()
        self._show_about()

    def _show_about(self) -> None:
        record = self._highlighted
        about = self.query_one("#about", TextView)
        if record is None:
            about.show((), "About this execution")
        else:
            lines = outcome_lines(record) or (line("The dataflow was made; its first run was not waited for."),)
            about.show(lines, f"{record.id}  {state_text(record.status)}")
        self.refresh_bindings()

    @on(Grid.Opened)
    def _on_opened(self, message: Grid.Opened) -> None:
        message.stop()
        self.open("execution", ExecutionId(message.key))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "open_flow_run":
            record = self._highlighted if self.is_mounted else None
            return record is not None and record.has_flow_run and belongs_here(self.session, record)
        return super().check_action(action, parameters)

    def action_open_flow_run(self) -> None:
        record = self._highlighted
        if record is not None and record.flow_run is not None:
            self.open("flow_run", record.ids.get("flow", ""), record.flow_run.id)

    @property
    def chosen(self) -> ExecutionRecord | None:
        return self._highlighted

    def recovered(self, record: ExecutionRecord, error: AeptuiError | None) -> None:
        if error is not None:
            self.report(error)
        elif self.session.executions.tracking(record.id) is not None:
            self.open("execution", record.id)
        self.action_refresh()

    def copy_text(self) -> str:
        record = self._highlighted
        return f"execution {record.id}\n{ids_text(record)}" if record is not None else ""


def _row(record: ExecutionRecord, now: datetime) -> Row:
    run = record.flow_run
    took = elapsed_s(record, now)
    failed = run.failed_records if run is not None else None
    place = " / ".join(part for part in (record.profile, record.sandbox) if part)
    rows = run.output_records if run is not None else None
    return Row(
        str(record.id),
        (
            Cell(state_text(record.status), state_style(record.status)),
            record.pipeline_name,
            Cell("" if rows is None else count(rows), sort=rows or 0),
            Cell("" if failed is None else count(failed), "error" if failed else "muted", sort=failed or 0),
            Cell("" if took is None else duration(took), sort=took or 0.0),
            Cell(ago(record.started_at, now), sort=record.started_at.timestamp()),
            Cell(place, "muted"),
            Cell(str(record.id), "muted"),
        ),
    )
