"""One line of text to type, checked at every key. Changes nothing itself: it dismisses with what was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from aeptui.chain.typed_text import Typed, TypedText, untold
from aeptui.ui.screens.dialog import DialogScreen
from aeptui.ui.widgets.cells import printable


class AskScreen(DialogScreen[str | None]):
    """Dismisses with the text, or None for no change.

    Args:
        title: What is asked for.
        value: What stands there now.
        note: What to know, in a line or two.
        check: Answers what is wrong with a text, or empty; a wrong text is not accepted.
        typed: Is told at every key what stands there.
        resumed: What was typed before; it goes on from there.
    """

    DEFAULT_CSS = """
    AskScreen {
        #ask-box { width: 72; }
        #ask-note { color: $text-muted; }
        #ask-text { padding: 0 1; margin-top: 1; }
        #ask-problem { margin-top: 1; height: 2; color: $text-muted; }
        #ask-problem.-error { color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "leave as it is", priority=True, tooltip="Leave the value as it is"),
        Binding("enter", "accept", "accept", show=False, tooltip="Take what was typed"),
    ]

    def __init__(
        self,
        title: str,
        value: str = "",
        note: str = "",
        check: Callable[[str], str] = lambda _text: "",
        typed: Typed = untold,
        resumed: TypedText | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._begin = resumed if resumed is not None and len(resumed.texts) == 1 else TypedText((value,), caret=-1)
        self._told = self._begin.texts
        self._note = note
        self._check = check
        self._typed = typed

    def compose(self) -> ComposeResult:
        with Vertical(id="ask-box", classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            if self._note:
                yield Static(Content(self._note), id="ask-note")
            yield self.make_input(self._begin.texts[0])
            yield Static("", id="ask-problem")

    def make_input(self, value: str) -> Input:
        """The line that is typed into, with the id `ask-text`."""
        return Input(value, id="ask-text", select_on_focus=False)

    def on_mount(self) -> None:
        if self._begin.caret >= 0:
            self._input.cursor_position = self._begin.caret
        self._judge(self._begin.texts[0])

    @property
    def _input(self) -> Input:
        return self.query_one("#ask-text", Input)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if (event.value,) != self._told:
            self._told = (event.value,)
            self._typed(TypedText(self._told, caret=self._input.cursor_position))
        self._judge(event.value)

    def _judge(self, text: str) -> str:
        problem = self._check(text)
        line = self.query_one("#ask-problem", Static)
        line.set_class(bool(problem), "-error")
        line.update(Content(printable(problem) if problem else "enter takes it    esc leaves it as it is"))
        return problem

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        # What stood there when enter was pressed; keys typed ahead may have been added since.
        self._accept(event.value)

    def action_accept(self) -> None:
        """Take the text, unless something is wrong with it."""
        self._accept(self._input.value)

    def _accept(self, text: str) -> None:
        if self._judge(text):
            self.app.bell()
        else:
            self.dismiss(text)

    def action_cancel(self) -> None:
        self.dismiss(None)
