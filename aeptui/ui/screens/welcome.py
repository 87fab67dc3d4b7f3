"""The first screen of the first start: what aeptui does, and the two ways to begin. Asks for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from aeptui.ui.screens.base import BaseScreen

if TYPE_CHECKING:
    from aeptui.session import Session

_WHAT = (
    "aeptui turns files in cloud storage into a running dataflow of Adobe Experience Platform: "
    "choose a connection, look into the files, map their columns to a schema, set a schedule, run, "
    "and watch every request and then the first flow run."
)
_LOCAL = (
    "You are on the local platform: an Experience Platform inside this program, with sample files and "
    "pipelines that are ready to run. It really reads the files, and nothing leaves this machine."
)
_KEY_WIDTH = 9


class WelcomeScreen(BaseScreen[None]):
    """Args:
    session: On the local platform, at a first start.
    """

    TITLE = "Welcome"
    HELP = (
        "Begin on the local platform, where nothing can go wrong, or add a profile for your own organisation.\n"
        "A profile says where to talk to: client id, organisation, sandbox. Its secret is kept apart from it."
    )
    DEFAULT_CSS = """
    WelcomeScreen {
        VerticalScroll { padding: 1 2; scrollbar-size-vertical: 1; }
        Static { max-width: 90; margin-bottom: 1; }
        #title { color: $text-accent; text-style: bold; }
        .more { color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "begin", "begin", key_display="enter", tooltip="To the pipelines; r runs the one you choose"),
        Binding("n", "add_profile", "add a profile", tooltip="Add a profile for your own organisation"),
        Binding("q", "quit_app", "quit", tooltip="Leave aeptui; asks first when something is running"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def compose_body(self) -> ComposeResult:
        local = self.session.is_local
        with VerticalScroll(can_focus=False):
            yield Static("Welcome to aeptui", id="title", markup=False)
            yield Static(_WHAT, markup=False)
            yield Static(self._where(), markup=False)
            yield Static(
                _keys(
                    ("enter", "try it: choose a pipeline, then r runs it" if local else "to the pipelines"),
                    ("n", "add a profile for your own organisation"),
                    ("?", "help: what a screen is for, and all its keys"),
                )
            )
            yield Static(
                _keys(
                    ("1 to 5", "dataflows, pipelines, sources, executions, profiles"),
                    ("ctrl+p", "every command by its name"),
                    ("q", "leave"),
                ),
                classes="more",
            )

    def _where(self) -> str:
        if self.session.is_local:
            return _LOCAL
        facts = self.session.describe()
        return f"You are connected as {facts.profile}: {facts.org}, sandbox {facts.sandbox}."

    def action_begin(self) -> None:
        """To the pipelines; on the local platform the cursor there stands on one that is ready."""
        self.go("pipelines")

    def action_add_profile(self) -> None:
        """Add a profile, then show it among the others."""
        from aeptui.ui.screens.profile_form import ProfileFormScreen

        self.app.push_screen(ProfileFormScreen(self.session), self._added)

    def _added(self, name: str | None) -> None:
        if name is not None:
            self.go("profiles")


def _keys(*keys: tuple[str, str]) -> Content:
    lines = [Content.assemble((f"  {key:{_KEY_WIDTH}}", "bold $text-accent"), text) for key, text in keys]
    return Content("\n").join(lines)
