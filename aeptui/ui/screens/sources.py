"""Connectors by category, and the base connections of the one under the cursor. Tests them, and opens their files."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aeptui.errors import AeptuiError
from aeptui.ui.formatting import duration
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.screens.starting import pipeline_name_problem
from aeptui.ui.widgets.connection_lists import BaseConnectionList, ConnectionSpecList, TestResult
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.trouble_line import TroubleLine

if TYPE_CHECKING:
    from aeptui.models.connections import BaseConnection, ConnectionSpec
    from aeptui.session import Session
    from aeptui.ui.screens.explore import PickedPath


class SourcesScreen(BaseScreen[None]):
    """Args:
    session: What knows the sources.
    """

    TITLE = "Sources"
    HELP = (
        "Above, the connectors this organisation may use, by category; below, the base connections of the one under "
        "the cursor: accounts at a storage, with their credentials kept by the platform.\n"
        "tab goes between the two. t tests a base connection, x looks into its files."
    )
    AUTO_FOCUS: ClassVar[str | None] = "#specs"
    DEFAULT_CSS = """
    SourcesScreen {
        #connections { height: 40%; min-height: 5; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "explore", "explore", tooltip="Look into the files of this base connection"),
        Binding("t", "test", "test", tooltip="Let the platform try to reach the storage of this base connection"),
        Binding("tab", "app.focus_next", "other pane", tooltip="Between connectors and base connections"),
        Binding("r", "refresh", "refresh", show=False, tooltip="Ask the platform again"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._specs: tuple[ConnectionSpec, ...] | None = None
        self._connections: tuple[BaseConnection, ...] | None = None
        self._results: dict[str, TestResult] = {}

    def compose_body(self) -> ComposeResult:
        yield TroubleLine()
        yield ConnectionSpecList(id="specs")
        yield BaseConnectionList(id="connections")

    def on_mount(self) -> None:
        self.query_one(ConnectionSpecList).loading_text = "Asking for the connectors ..."
        self.query_one(BaseConnectionList).loading_text = "Asking for the base connections ..."

    def on_screen_resume(self) -> None:
        self.action_refresh()

    def action_refresh(self) -> None:
        """Ask again."""
        self._load()

    @work(group="load", exclusive=True)
    async def _load(self) -> None:
        try:
            self._connections = await self.session.sources.base_connections()
            self._show()
            if self._specs is None:
                self._specs = await self.session.sources.connection_specs()
                self._show()
                self._go_to_first_used()
        except AeptuiError as error:
            self._fail(error)
        else:
            self.query_one(TroubleLine).tell(None)

    def _fail(self, error: AeptuiError) -> None:
        if self.query_one(TroubleLine).tell(error):
            self.report(error)
        if self._specs is None:
            self.query_one(ConnectionSpecList).loading_text = "The connectors could not be read. r asks again."
        if self._connections is None:
            self.query_one(BaseConnectionList).loading_text = "The base connections could not be read. r asks again."

    def _go_to_first_used(self) -> None:
        """Most connectors have no base connection; begin where there is one."""
        used = {str(one.connection_spec_id) for one in self._connections or ()}
        first = next((str(spec.id) for spec in self._specs or () if str(spec.id) in used), None)
        if first is not None:
            self.query_one(ConnectionSpecList).move_to(first)

    def _show(self) -> None:
        if self._specs is not None:
            known = self._connections
            counts = Counter(str(one.connection_spec_id) for one in known) if known is not None else None
            self.query_one(ConnectionSpecList).loading_text = ""
            self.query_one(ConnectionSpecList).show_specs(self._specs, counts)
        self._show_connections()

    def _show_connections(self) -> None:
        if self._connections is None:
            return
        spec = self.query_one(ConnectionSpecList).highlighted
        grid = self.query_one(BaseConnectionList)
        mine = [one for one in self._connections if spec is None or one.connection_spec_id == str(spec.id)]
        if spec is not None:
            grid.empty_text = _why_empty(spec)
        grid.loading_text = ""
        grid.show_connections(mine, self._results, self.session.clock.now())
        self.refresh_bindings()

    # Keys

    @on(Grid.Highlighted)
    def _on_highlighted(self, message: Grid.Highlighted) -> None:
        message.stop()
        if isinstance(message.grid, ConnectionSpecList):
            self._show_connections()
        self.refresh_bindings()

    @on(Grid.Opened, "#specs")
    def _on_spec_opened(self, message: Grid.Opened) -> None:
        message.stop()
        grid = self.query_one(BaseConnectionList)
        if grid.row_count:
            grid.focus()
        else:
            self.notify(grid.empty_text, markup=False)

    @on(Grid.Opened, "#connections")
    def _on_connection_opened(self, message: Grid.Opened) -> None:
        message.stop()
        self.action_explore()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"explore", "test"}:
            return self.is_mounted and self.query_one(BaseConnectionList).highlighted is not None
        return super().check_action(action, parameters)

    def action_test(self) -> None:
        """Test the base connection under the cursor."""
        connection = self.query_one(BaseConnectionList).highlighted
        if connection is not None and self._results.get(str(connection.id), TestResult("ok")).state != "running":
            self._test(connection)

    @work(group="test")
    async def _test(self, connection: BaseConnection) -> None:
        name = connection.name or str(connection.id)
        self._note(connection, TestResult("running"))
        before = self.session.clock.monotonic()
        try:
            await self.session.sources.test(connection.id)
        except AeptuiError as error:
            self._note(connection, TestResult("failed", error.title))
            text = f"{glyph('fail')} {name} failed: {error.title}\n{error.hint}".rstrip()
            self.notify(text, severity="error", markup=False)
        else:
            took = duration(self.session.clock.monotonic() - before)
            self._note(connection, TestResult("ok", f"works ({took})"))
            self.notify(f"{glyph('ok')} {name} works: the storage answered in {took}.", markup=False, timeout=4)

    def _note(self, connection: BaseConnection, result: TestResult) -> None:
        self._results[str(connection.id)] = result
        self._show_connections()

    def action_explore(self) -> None:
        """Look into the files of the base connection under the cursor."""
        connection = self.query_one(BaseConnectionList).highlighted
        if connection is not None:
            self._explore(connection, None)

    def _explore(self, connection: BaseConnection, folder: str | None) -> None:
        from aeptui.ui.screens.explore import ExploreScreen

        def picked(answer: PickedPath | None) -> None:
            if answer is not None:
                self._begin_pipeline(connection, answer)

        self.app.push_screen(ExploreScreen(self.session, connection.id, folder, name=connection.name), picked)

    @work(group="begin")
    async def _begin_pipeline(self, connection: BaseConnection, picked: PickedPath) -> None:
        """Offer a new pipeline that reads what was picked; back to the files when it is not wanted."""
        from aeptui.ui.screens.ask import AskScreen
        from aeptui.ui.screens.explore_picking import folder_above, pipeline_text, suggested_title, what_is_read

        title = await self.app.push_screen_wait(
            AskScreen(
                "A new pipeline for this? Its name",
                suggested_title(picked.path),
                note=f"It reads {what_is_read(picked)}.",
                check=pipeline_name_problem,
            )
        )
        if title is None:
            self._explore(connection, folder_above(picked.path))
            return
        same_name = sum(one.name == connection.name for one in self._connections or ())
        base_connection = connection.name if connection.name and same_name == 1 else str(connection.id)
        try:
            name = await self.session.pipelines.new_name(title)
            await self.session.pipelines.save_draft(name, pipeline_text(title.strip(), base_connection, picked))
        except AeptuiError as error:
            self._fail(error)
            return
        self.open("pipeline", name)

    def copy_text(self) -> str:
        connection = self.query_one(BaseConnectionList).highlighted
        spec = self.query_one(ConnectionSpecList).highlighted
        if isinstance(self.focused, ConnectionSpecList):
            return str(spec.id) if spec is not None else ""
        return str(connection.id) if connection is not None else ""


def _why_empty(spec: ConnectionSpec) -> str:
    from aeptui.models.connections import DATA_LANDING_ZONE_SPEC_ID

    if str(spec.id) == DATA_LANDING_ZONE_SPEC_ID:
        return f"{spec.label} has no base connections: it belongs to the organisation."
    return f"No base connection for {spec.label} yet. It is made in the platform's Sources."
