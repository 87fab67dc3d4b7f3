"""What every dialog looks like: a box over the screen it is about. What is in it, and how wide, each says itself."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

T = TypeVar("T")


class DialogScreen(ModalScreen[T]):
    """Subclasses fill the one container that has the class `dialog`; lines to type into have no borders there."""

    DEFAULT_CSS = """
    DialogScreen {
        align: center middle;
        .dialog {
            max-width: 96%; height: auto; max-height: 90%;
            padding: 1 2; background: $panel; border-left: thick $primary;
        }
        .dialog-title { text-style: bold; }
        .dialog-keys { color: $text-muted; }
        Input { border: none; height: 1; padding: 0; background: $surface; }
        Input:focus { border: none; background: $primary-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,question_mark", "keys", "keys", show=False, tooltip="All keys of this dialog"),
    ]

    def action_keys(self) -> None:
        """List them all; the line at the bottom has room for a few."""
        from aeptui.ui.screens.help import HelpScreen, active_keys

        title = next((str(one.content) for one in self.query(".dialog-title").results(Static)), "Keys")
        self.app.push_screen(HelpScreen(title, "", active_keys(self)))
