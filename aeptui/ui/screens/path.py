"""A path to type, completed as it is typed: tab takes what is shown behind the caret. It looks at no file itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.suggester import Suggester
from textual.widgets import Input

from aeptui.ui.screens.ask import AskScreen


class Completing(Suggester):
    """Shows behind the caret how what is typed may go on.

    Args:
        complete: Answers a text that begins as what was typed, or an empty one.
    """

    def __init__(self, complete: Callable[[str], Awaitable[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        return await self._complete(value) or None


class PathScreen(AskScreen):
    """Dismisses with the path, or None for no change.

    Args:
        title: What the file is for.
        value: What stands there now.
        note: What to know, in a line or two.
        complete: Answers a path that begins as what was typed, or an empty one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "complete", priority=True, tooltip="Take the path that is shown behind the caret"),
    ]

    def __init__(self, title: str, value: str, note: str, complete: Callable[[str], Awaitable[str]]) -> None:
        super().__init__(title, value, f"{note} tab completes; ~ is your home.", _missing)
        self._complete = complete

    def make_input(self, value: str) -> Input:
        return Input(value, id="ask-text", select_on_focus=False, suggester=Completing(self._complete))

    def action_complete(self) -> None:
        """Take the completion; at the end of the text only, as it is shown only there."""
        text = self.query_one("#ask-text", Input)
        text.action_end()
        text.action_cursor_right()


def _missing(text: str) -> str:
    return "" if text.strip() else "Name a file."
