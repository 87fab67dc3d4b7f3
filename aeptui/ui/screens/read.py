"""Something to read over the screen: a request, a record, an explanation. `y` copies it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from aeptui.ui.screens.dialog import DialogScreen
from aeptui.ui.widgets.text_lines import Line
from aeptui.ui.widgets.text_view import TextView


class ReadScreen(DialogScreen[None]):
    """Lines under a title.

    Args:
        title: What this is.
        lines: Shown as they are, never interpreted.
        copy_text: What `y` copies; never a secret. Empty: the lines.
    """

    DEFAULT_CSS = """
    ReadScreen {
        #read-box { width: 110; height: 90%; padding: 0; }
        TextView { background: $panel; }
        .dialog-keys { padding: 0 2; height: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "close", tooltip="Back to where you came from"),
        Binding("y", "copy", "copy", tooltip="Send all of it to the terminal's clipboard"),
    ]

    def __init__(self, title: str, lines: Sequence[Line], copy_text: str = "") -> None:
        super().__init__()
        self._title = title
        self._lines = tuple(lines)
        self._copy = copy_text

    def compose(self) -> ComposeResult:
        with Vertical(id="read-box", classes="dialog"):
            yield TextView(self._title)
            yield Static(Content("y copy    esc back"), classes="dialog-keys")

    def on_mount(self) -> None:
        view = self.query_one(TextView)
        view.show(self._lines)
        view.focus()

    def action_copy(self) -> None:
        """Send it by OSC 52. No terminal acknowledges it, so it says "sent"."""
        text = self._copy or self.query_one(TextView).text
        self.app.copy_to_clipboard(text)
        self.notify(f"{len(text):,} characters sent to the terminal's clipboard.")
