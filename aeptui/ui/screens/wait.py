"""Something takes a while: says what, and how far it is, and esc stops it. Nothing is shown of what takes no time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from aeptui.errors import AeptuiError
from aeptui.ui.widgets.cells import printable

_UNSEEN_S = 0.4
"""Work that takes no longer than this flashes nothing."""
Say = Callable[[str], None]


class WaitScreen(ModalScreen[Any]):
    """Dismisses with what the work answers, or the error it ended with, or None when it was stopped.

    Args:
        title: What is being done.
        work: Does it; it may say how far it is.
    """

    DEFAULT_CSS = """
    WaitScreen {
        align: center middle;
        background: transparent;
        #wait-box {
            width: 64; max-width: 96%; height: auto; visibility: hidden;
            padding: 1 2; background: $panel; border-left: thick $primary;
        }
        &.-seen #wait-box { visibility: visible; }
        #wait-title { text-style: bold; }
        #wait-keys { margin-top: 1; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "stop", tooltip="Stop it; nothing is changed"),
    ]
    takes_keys = False
    """Keys typed ahead are for what comes next."""

    def __init__(self, title: str, work: Callable[[Say], Awaitable[Any]]) -> None:
        super().__init__()
        self._title = title
        self._done = work

    def compose(self) -> ComposeResult:
        with Vertical(id="wait-box"):
            yield Static(Content(printable(f"{self._title} ...")), id="wait-title")
            yield Static("", id="wait-words")
            yield Static(Content("esc stops it"), id="wait-keys")

    def on_mount(self) -> None:
        self.set_timer(_UNSEEN_S, lambda: self.add_class("-seen"))
        self.run_worker(self._run())

    async def _run(self) -> None:
        answer: object
        try:
            answer = await self._done(self._say)
        except AeptuiError as error:
            answer = error
        if self.is_current:
            self.dismiss(answer)

    def _say(self, words: str) -> None:
        if self.is_mounted:
            self.query_one("#wait-words", Static).update(Content(printable(words)))

    def action_stop(self) -> None:
        self.dismiss(None)
