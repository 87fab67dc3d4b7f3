"""One dataflow: its facts and its runs, followed while they are shown. Opening a run shows what it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.worker import Worker

from aeptui.errors import AeptuiError
from aeptui.ids import FlowId
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.screens.flow_changes import delete_flows, toggle_enabled
from aeptui.ui.screens.starting import belongs_here
from aeptui.ui.widgets.flow_facts import FlowNames, flow_facts
from aeptui.ui.widgets.flow_run_list import FlowRunList
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.text_view import TextView
from aeptui.ui.widgets.trouble_line import TroubleLine

if TYPE_CHECKING:
    from aeptui.models.flow_runs import FlowRun
    from aeptui.models.flows import Flow
    from aeptui.session import Session

_TICK_S = 5.0
_AGAIN_S = 5.0
_LONGEST_S = 60.0


@dataclass(frozen=True)
class _Known:
    """What was read so far."""

    flow: Flow | None = None
    runs: tuple[FlowRun, ...] | None = None
    names: FlowNames | None = None


class FlowScreen(BaseScreen[None]):
    """Args:
    session: Where the dataflow is.
    flow_id: Which one.
    """

    TITLE = "Dataflow"
    HELP = (
        "One dataflow: what it reads, when, and every run it had, newest first. Runs appear and change by themselves.\n"
        "enter shows what a run did, and the rows that failed with their reasons."
    )
    AUTO_FOCUS: ClassVar[str | None] = "#runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "toggle_enabled", "enable/disable", tooltip="Enable or disable this dataflow; asks first"),
        Binding("d", "delete", "delete", tooltip="Delete this dataflow; asks first. Its dataset stays"),
        Binding("r", "refresh", "refresh", tooltip="Ask the platform again now"),
    ]

    def __init__(self, session: Session, flow_id: FlowId) -> None:
        super().__init__()
        self.session = session
        self.flow_id = flow_id
        self._known = _Known()
        self._watching: Worker[None] | None = None
        self._errors_in_a_row = 0
        self._troubles: dict[str, AeptuiError | None] = {"flow": None, "runs": None}

    def compose_body(self) -> ComposeResult:
        yield TroubleLine()
        yield TextView(id="facts", can_focus=False, most=9)
        yield FlowRunList(id="runs")

    @property
    def heading(self) -> str:
        flow = self._known.flow
        return f"Dataflow {flow.name}" if flow is not None and flow.name else "Dataflow"

    def on_mount(self) -> None:
        self.query_one(FlowRunList).loading_text = "Asking for the runs ..."
        self.set_interval(_TICK_S, self._tick)

    def on_screen_resume(self) -> None:
        self.action_refresh()

    def on_screen_suspend(self) -> None:
        if self._watching is not None:
            self._watching.cancel()

    def action_refresh(self) -> None:
        """Ask now, and follow from there."""
        self._read_flow()
        self._watching = self._watch()

    @work(group="flow", exclusive=True)
    async def _read_flow(self) -> None:
        try:
            flow = await self.session.flows.get(self.flow_id)
            self._learn(flow=flow)
            if self._known.names is None:
                self._learn(names=await self._read_names())
        except AeptuiError as error:
            self._tell("flow", error)
        else:
            self._tell("flow", None)

    async def _read_names(self) -> FlowNames:
        sources = self.session.sources
        made_by = None
        for record in await self.session.executions.list():
            if record.ids.get("flow") == self.flow_id and belongs_here(self.session, record):
                made_by = record
        return FlowNames.of(await sources.connection_specs(), await sources.base_connections(), made_by)

    @work(group="watch", exclusive=True)
    async def _watch(self) -> None:
        try:
            async for runs in self.session.flows.watch(self.flow_id):
                self._errors_in_a_row = 0
                self._tell("runs", None)
                self._learn(runs=runs)
        except AeptuiError as error:
            self._tell("runs", error)
            if self._known.runs is None:
                self.query_one(FlowRunList).loading_text = "The runs could not be read. r asks again."
            self._errors_in_a_row += 1
            self.set_timer(min(_LONGEST_S, _AGAIN_S * 2**self._errors_in_a_row), self._follow_again)

    def _tick(self) -> None:
        """Times go on where nothing else changes; only those lines are painted again."""
        if self.is_current and self._known.runs is not None:
            self.query_one(FlowRunList).show_runs(self._known.runs, self.session.clock.now())

    def _follow_again(self) -> None:
        if self.is_current:
            self._watching = self._watch()

    def _tell(self, what: str, error: AeptuiError | None) -> None:
        """That runs can be read does not mean that the dataflow still exists: each has its own trouble."""
        self._troubles[what] = error
        told = next((one for one in self._troubles.values() if one is not None), None)
        if self.query_one(TroubleLine).tell(told) and told is not None:
            self.report(told)

    def _learn(
        self,
        flow: Flow | None = None,
        runs: tuple[FlowRun, ...] | None = None,
        names: FlowNames | None = None,
    ) -> None:
        before = self._known
        self._known = _Known(flow or before.flow, before.runs if runs is None else runs, names or before.names)
        now = self.session.clock.now()
        if self._known.flow is not None:
            facts = flow_facts(self._known.flow, self._known.names, self._known.runs or ())
            self.query_one("#facts", TextView).show(facts)
        if runs is not None:
            grid = self.query_one(FlowRunList)
            grid.loading_text = ""
            grid.show_runs(runs, now)
        if flow is not None:
            self.show_heading()
            self.refresh_bindings()

    # Keys

    @on(Grid.Opened)
    def _on_opened(self, message: Grid.Opened) -> None:
        message.stop()
        self.open("flow_run", self.flow_id, message.key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"toggle_enabled", "delete"}:
            return self._known.flow is not None
        return super().check_action(action, parameters)

    @work(group="change")
    async def action_toggle_enabled(self) -> None:
        """Enable or disable it."""
        if self._known.flow is not None and await toggle_enabled(self, self.session, [self._known.flow]):
            self._read_flow()

    @work(group="change")
    async def action_delete(self) -> None:
        """Delete it, and go back."""
        if self._known.flow is not None and await delete_flows(self, self.session, [self._known.flow]):
            await self.action_back()

    def copy_text(self) -> str:
        return str(self.flow_id)
