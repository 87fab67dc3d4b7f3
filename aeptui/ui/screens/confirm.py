"""A question with two answers. Says what will happen, and makes the dangerous answer the deliberate one."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from aeptui.ui.screens.dialog import DialogScreen


class ConfirmScreen(DialogScreen[bool]):
    """Dismisses with True for yes.

    Args:
        question: One sentence ending in a question mark.
        detail: What exactly will happen.
        yes_label: The verb, such as "Delete"; shown beside its key.
        danger: Enter then does not confirm, only `y` does.
    """

    DEFAULT_CSS = """
    ConfirmScreen {
        #confirm-box { width: 64; }
        #confirm-detail { margin-top: 1; color: $text-muted; }
        #confirm-keys { margin-top: 1; }
        &.-danger #confirm-box { border-left: thick $error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", tooltip="Yes, do it"),
        Binding("enter", "enter", "yes", tooltip="Yes; not for dangerous questions"),
        Binding("n,escape", "answer(False)", "no", tooltip="No, leave everything as it is"),
    ]

    def __init__(self, question: str, detail: str = "", yes_label: str = "Yes", danger: bool = False) -> None:
        super().__init__(classes="-danger" if danger else None)
        self._question = question
        self._detail = detail
        self._yes_label = yes_label
        self._danger = danger

    def compose(self) -> ComposeResult:
        keys = Content.assemble(
            ("y" if self._danger else "y / enter", "bold $text-accent"),
            f" {self._yes_label}    ",
            ("n / esc", "bold $text-accent"),
            " no",
        )
        with Vertical(id="confirm-box", classes="dialog"):
            yield Static(Content(self._question), id="confirm-question", classes="dialog-title")
            if self._detail:
                yield Static(Content(self._detail), id="confirm-detail")
            yield Static(keys, id="confirm-keys")

    def action_enter(self) -> None:
        if not self._danger:
            self.dismiss(True)

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
