"""Home: every dataflow with how its last run ended. Asks again by itself, but only while it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer

from aeptui.errors import AeptuiError
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.screens.flow_changes import delete_flows, toggle_enabled
from aeptui.ui.widgets.flow_list import FlowList, flow_about
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.text_view import TextView
from aeptui.ui.widgets.trouble_line import TroubleLine

if TYPE_CHECKING:
    from aeptui.session import Session
    from aeptui.session.flows import FlowSummary

_BUSY_S = 3.0
"""Between two looks while a run is going on or about to start."""
_QUIET_S = 15.0
_LONGEST_S = 120.0
"""After errors in a row."""
_LOCAL_SPEED = 4.0
"""The local platform costs nothing to ask."""
_SOON_S = 20.0


class FlowsScreen(BaseScreen[None]):
    """Args:
    session: Where the dataflows are.
    """

    TITLE = "Dataflows"
    HELP = (
        "All dataflows of this sandbox, with how the last run of each ended. The list follows the platform by itself.\n"
        "enter shows a dataflow's runs. A dataflow comes from a pipeline: n goes there.\n"
        "e and d act on the selected dataflows, or on the one under the cursor."
    )
    AUTO_FOCUS: ClassVar[str | None] = "#flows"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new_pipeline", "new", tooltip="To the pipelines: a dataflow is made by running one"),
        Binding("e", "toggle_enabled", "enable/disable", tooltip="Enable or disable the dataflow; asks first"),
        Binding("d", "delete", "delete", tooltip="Delete the dataflow; asks first. Its dataset stays"),
        Binding("r", "refresh", "refresh", show=False, tooltip="Ask the platform again now"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._summaries: tuple[FlowSummary, ...] | None = None
        self._errors_in_a_row = 0
        self._next_look: Timer | None = None
        self._shown = False

    def compose_body(self) -> ComposeResult:
        yield TroubleLine()
        yield FlowList(id="flows")
        yield TextView("About this dataflow", id="about", can_focus=False, most=5)

    def on_mount(self) -> None:
        self.query_one(FlowList).loading_text = "Asking for the dataflows ..."
        self.query_one("#about").display = False

    # Asking again

    def on_screen_resume(self) -> None:
        self._shown = True
        self._load()

    def on_screen_suspend(self) -> None:
        self._shown = False
        self._stop_waiting()

    def action_refresh(self) -> None:
        """Ask now."""
        self._load()

    def _stop_waiting(self) -> None:
        if self._next_look is not None:
            self._next_look.stop()
            self._next_look = None

    @work(group="load", exclusive=True)
    async def _load(self) -> None:
        self._stop_waiting()
        try:
            summaries = await self.session.flows.list()
        except AeptuiError as error:
            self._fail(error)
        else:
            self._errors_in_a_row = 0
            self.query_one(TroubleLine).tell(None)
            self.query_one(FlowList).loading_text = ""
            self._summaries = summaries
            self._show()
        if self._shown:
            self._next_look = self.set_timer(self._pause_s(), self._load)

    def _fail(self, error: AeptuiError) -> None:
        self._errors_in_a_row += 1
        if self.query_one(TroubleLine).tell(error):
            self.report(error)
        if self._summaries is None:
            self.query_one(FlowList).loading_text = "The dataflows could not be read. r asks again."

    def _pause_s(self) -> float:
        now = self.session.clock.now()
        busy = any(
            any(not run.is_terminal for run in summary.runs[:1])
            or (summary.next_run is not None and (summary.next_run - now).total_seconds() < _SOON_S)
            for summary in self._summaries or ()
        )
        pause = _BUSY_S if busy else _QUIET_S
        if self.session.is_local:
            pause /= _LOCAL_SPEED
        return float(min(_LONGEST_S, pause * 2**self._errors_in_a_row))

    def _show(self) -> None:
        self.query_one(FlowList).show_flows(self._summaries or (), self.session.clock.now())
        self._show_about()
        self.refresh_bindings()

    def _show_about(self) -> None:
        summary = self.query_one(FlowList).highlighted
        about = self.query_one("#about", TextView)
        about.display = summary is not None
        if summary is not None:
            about.show(flow_about(summary, self.session.clock.now()), summary.flow.name or str(summary.flow.id))

    # Keys

    @on(Grid.Highlighted)
    def _on_highlighted(self, message: Grid.Highlighted) -> None:
        message.stop()
        self._show_about()
        self.refresh_bindings()

    @on(Grid.Opened)
    def _on_opened(self, message: Grid.Opened) -> None:
        message.stop()
        self.open("flow", message.key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"toggle_enabled", "delete"}:
            return self.is_mounted and bool(self.query_one(FlowList).chosen)
        return super().check_action(action, parameters)

    def action_new_pipeline(self) -> None:
        """To the pipelines."""
        self.go("pipelines")

    @work(group="change")
    async def action_toggle_enabled(self) -> None:
        """Enable or disable what is chosen."""
        flows = [summary.flow for summary in self.query_one(FlowList).chosen]
        if await toggle_enabled(self, self.session, flows):
            self._load()

    @work(group="change")
    async def action_delete(self) -> None:
        """Delete what is chosen."""
        flows = [summary.flow for summary in self.query_one(FlowList).chosen]
        if await delete_flows(self, self.session, flows):
            self.query_one(FlowList).clear_selection()
            self._load()

    def copy_text(self) -> str:
        return "\n".join(str(summary.flow.id) for summary in self.query_one(FlowList).chosen)
