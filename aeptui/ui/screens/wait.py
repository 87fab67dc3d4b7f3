"""Something takes a while: says what, and how far it is, and esc stops it. Nothing is shown of what takes no time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from aeptui.errors import AeptuiError
from aeptui.ui.screens.dialog import DialogScreen
from aeptui.ui.widgets.cells import printable

_UNSEEN_S = 0.4
"""Work that takes no longer than this flashes nothing."""
Say = Callable[[str], None]
T = TypeVar("T")


class WaitScreen(DialogScreen["T | AeptuiError | None"]):
    """Dismisses with what the work answers, or the error it ended with, or None when it was stopped.

    Args:
        title: What is being done.
        to_do: Does it; it may say how far it is.
    """

    DEFAULT_CSS = """
    WaitScreen {
        background: transparent;
        #wait-box { width: 64; visibility: hidden; }
        &.-seen #wait-box { visibility: visible; }
        .dialog-keys { margin-top: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "stop", tooltip="Stop it; nothing is changed"),
    ]
    takes_keys = False
    """Keys typed ahead are for what comes next."""

    def __init__(self, title: str, to_do: Callable[[Say], Awaitable[T]]) -> None:
        super().__init__()
        self._title = title
        self._to_do = to_do
        self._answers: list[T | AeptuiError] = []
        """What the work ended with, from then until it is told."""

    def compose(self) -> ComposeResult:
        with Vertical(id="wait-box", classes="dialog"):
            yield Static(Content(printable(f"{self._title} ...")), classes="dialog-title")
            yield Static("", id="wait-words")
            yield Static(Content("esc stops it"), classes="dialog-keys")

    def on_mount(self) -> None:
        self.set_timer(_UNSEEN_S, lambda: self.add_class("-seen"))
        self._run()

    @work
    async def _run(self) -> None:
        try:
            self._answers.append(await self._to_do(self._say))
        except AeptuiError as error:
            self._answers.append(error)
        self._leave()

    def on_screen_resume(self) -> None:
        self._leave()

    def _leave(self) -> None:
        """Answer, unless another screen is on top: then once that is gone."""
        if self._answers and self.app.screen is self:
            self.dismiss(self._answers.pop())

    def _say(self, words: str) -> None:
        if self.is_mounted:
            self.query_one("#wait-words", Static).update(Content(printable(words)))

    def action_stop(self) -> None:
        self.dismiss(None)
