"""What every screen has: a header line, a key line, the common keys. Holds nothing of any one screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from aeptui.errors import AeptuiError
from aeptui.ui.crash import scrub
from aeptui.ui.widgets.header import HeaderLine
from aeptui.ui.widgets.key_line import KeyLine

T = TypeVar("T")

ERROR_TOAST_S = 8.0
"""Long enough to read two lines and look up."""


@dataclass
class ScreenRequested(Message):
    """Open a screen above this one, by the app's name for it, such as `flow`; `arguments` follow the session."""

    name: str
    arguments: tuple[object, ...] = ()


@dataclass
class SectionRequested(Message):
    """Go to one of the app's sections: flows, pipelines, sources, executions, profiles."""

    name: str


@dataclass
class ProfileRequested(Message):
    """Close this session and open another profile; None is the same one again."""

    profile: str | None


class BaseScreen(Screen[T]):
    """Subclasses set `TITLE` and `HELP`, and compose their middle in `compose_body`."""

    TITLE: ClassVar[str | None] = ""
    HELP: ClassVar[str] = ""
    """What this screen is for, in a few lines; shown above the keys on `?`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", key_display="?", tooltip="What this screen is for, and all its keys"),
        Binding("escape", "back", "back", key_display="esc", tooltip="Back to where you came from; nothing is lost"),
        Binding("q", "quit_app", "quit", show=False, tooltip="Leave aeptui; asks first when something is running"),
        Binding("y", "copy", "copy", show=False, tooltip="Send the main value to the terminal's clipboard"),
        # Textual's own, with words.
        Binding("tab", "app.focus_next", "next", show=False, tooltip="To the next part of the screen"),
        Binding("shift+tab", "app.focus_previous", "previous", show=False, tooltip="To the part before"),
        Binding(
            "ctrl+c,super+c", "screen.copy_text", "copy", show=False, tooltip="Copy what is selected with the mouse"
        ),
    ]

    def _compositor_refresh(self) -> None:
        super()._compositor_refresh()
        if self is not self.app.screen:
            # Textual leaves a covered screen dirty as a whole once anything in it changed: every message to it would
            # then paint it and what lies above it anew. It is painted when it comes to the top again.
            self._repaint_required = False

    def compose(self) -> ComposeResult:
        header = HeaderLine()
        header.screen_title = self.heading
        yield header
        yield from self.compose_body()
        yield KeyLine()

    def compose_body(self) -> ComposeResult:
        """Everything between header and key line."""
        yield from ()

    @property
    def takes_keys(self) -> bool:
        """False while what the keys are about is still on its way; keys typed meanwhile wait for it, for a moment."""
        return True

    @property
    def heading(self) -> str:
        """What the header calls this screen; a screen about one thing may name it."""
        return self.TITLE or ""

    def show_heading(self) -> None:
        """Bring the header up to date after `heading` changed."""
        if self.is_mounted:
            self.query_one(HeaderLine).screen_title = self.heading

    def open(self, name: str, *arguments: object) -> None:
        """Open another screen above this one: `self.open("flow", flow_id)`."""
        self.post_message(ScreenRequested(name, arguments))

    def go(self, section: str) -> None:
        """Go to a section of the app."""
        self.post_message(SectionRequested(section))

    def report(self, error: AeptuiError) -> None:
        """Show an error as a toast: what happened, and what to do. For workers that catch their own."""
        text = f"{error.title}\n{error.hint}" if error.hint else error.title
        self.notify(scrub(text), severity="error", timeout=ERROR_TOAST_S, markup=False)

    def unfinished(self) -> str:
        """One sentence about what leaving would lose or leave running; empty: nothing. Asked when quitting."""
        return ""

    def copy_text(self) -> str:
        """What `y` copies; empty: nothing. Never a secret: a terminal recording would show it."""
        return ""

    def action_help(self) -> None:
        """Open help for this screen."""
        from aeptui.ui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen.about(self))

    async def action_back(self) -> None:
        """One screen back; at the bottom of the stack nothing happens."""
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    async def action_quit_app(self) -> None:
        """Leave; the app asks when something would be lost."""
        await self.app.action_quit()

    def action_copy(self) -> None:
        """Send `copy_text` by OSC 52. No terminal acknowledges it, so it says "sent"."""
        text = self.copy_text()
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(f"{len(text):,} characters sent to the terminal's clipboard.")
        else:
            self.notify("There is nothing to copy here.", severity="warning")
