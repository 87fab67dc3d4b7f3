"""A small app on the real shell, for tests that need a process of its own: `python shell_demo.py [crash|busy|deaf]`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from aeptui.errors import AeptuiError
from aeptui.session import SessionFacts
from aeptui.ui.app import AeptuiApp
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.terminal import run_app
from aeptui.ui.widgets.grid import Column, Grid, Row

CANARY = "canary-7f3a-never-show-me"


class DemoSession:
    """Knows what the header shows, and that it was closed."""

    closed = False
    first_start = False

    async def unfinished(self) -> str:
        return ""

    def describe(self) -> SessionFacts:
        return SessionFacts("local", "LOCAL0000000000000000@AdobeOrg", "prod", True, "connected", "ok")

    def follow(self, changed: Callable[[], None]) -> None:
        """Nothing changes."""

    def ask_for_production(self, ask: object) -> None:
        """Nothing is ever written."""

    def ask_for_secrets(self, ask: object) -> None:
        """Nothing is ever written."""

    async def save_requests(self) -> Path:
        """There are none."""
        return Path()

    async def aclose(self) -> None:
        self.closed = True


class DemoScreen(BaseScreen[None]):
    """A list, and one key of its own."""

    TITLE = "Demo"
    HELP = "What the demo is for."
    BINDINGS = [
        Binding("n", "new", "new", tooltip="Make a new one"),
        Binding("x", "fail", "fail", tooltip="Fail in a worker"),
        Binding("c", "crash", "crash", tooltip="Crash with a secret at hand"),
    ]

    def __init__(self, session: DemoSession, name: str) -> None:
        super().__init__()
        self.session = session
        self.section = name
        self.made = 0

    @property
    def heading(self) -> str:
        return self.section

    def compose_body(self) -> ComposeResult:
        yield Grid(Column("a", "Name"))

    def on_mount(self) -> None:
        self.query_one(Grid).show([Row("1", ("one",)), Row("2", ("two",))])

    def copy_text(self) -> str:
        return self.query_one(Grid).cursor_key or ""

    def unfinished(self) -> str:
        return "An execution is running; it goes on being resumable." if "busy" in sys.argv or self.made else ""

    def action_new(self) -> None:
        self.made += 1

    def action_fail(self) -> None:
        self.run_worker(self._fail())

    async def _fail(self) -> None:
        raise AeptuiError("The platform said no [b].", "Ask again later.")

    def action_crash(self) -> None:
        secret = CANARY
        raise ValueError(f"broken with {secret}")


class ShellDemo(AeptuiApp):
    """Every section is a DemoScreen."""

    def __init__(self) -> None:
        super().__init__(self._open, known_secrets=lambda: [CANARY])
        self.opened: list[str | None] = []

    async def _open(self, profile: str | None) -> DemoSession:
        self.opened.append(profile)
        if profile == "broken":
            raise AeptuiError("No secret for profile broken.", "Add one under Profiles.")
        return DemoSession()

    def _make_screen(self, name: str, *arguments: object) -> Screen[None]:
        assert isinstance(self.session, DemoSession)
        return DemoScreen(self.session, name)


if __name__ == "__main__":
    if "deaf" in sys.argv:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.environ.setdefault("TERM", "xterm-256color")
    sys.exit(run_app(ShellDemo()))
