"""What is painted first, before anything heavy is imported: the frame, and what is being waited for."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from aeptui.errors import AeptuiError
from aeptui.ui.screens.base import BaseScreen, ProfileRequested
from aeptui.ui.widgets.cells import fit, printable
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid_line import strip_of


class OpeningNote(Widget):
    """A few lines of plain text, a little in from the corner."""

    DEFAULT_CSS = "OpeningNote { height: 1fr; color: $text-muted; }"

    lines: var[tuple[str, ...]] = var(())

    def watch_lines(self) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        text = self.lines[y - 1] if 1 <= y <= len(self.lines) else ""
        return strip_of([(fit(f"  {text}", self.size.width), self.rich_style)], self.size.width)


class OpeningScreen(BaseScreen[None]):
    """Shown until the session is open, or while it cannot be opened."""

    TITLE = "Opening"
    HELP = "The connection of the chosen profile is being opened. If it fails, this screen says why and what to do."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "retry", "try again", tooltip="Open the same profile again"),
        Binding("l", "open_local", "local platform", tooltip="Work on the local platform instead"),
    ]

    error: var[AeptuiError | None] = var(None)

    def compose_body(self) -> ComposeResult:
        yield OpeningNote()

    def on_mount(self) -> None:
        self._show()

    def watch_error(self) -> None:
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"retry", "open_local"}:
            return self.error is not None
        return super().check_action(action, parameters)

    def action_retry(self) -> None:
        self.error = None
        self.post_message(ProfileRequested(None))

    def action_open_local(self) -> None:
        self.error = None
        self.post_message(ProfileRequested("local"))

    def _show(self) -> None:
        if self.is_mounted:
            error = self.error
            lines = ["Opening ..."] if error is None else [f"{glyph('fail')} {error.title}", "", error.hint]
            self.query_one(OpeningNote).lines = tuple(printable(line) for line in lines)
            self.refresh_bindings()
