"""All keys of the screen it was opened from, under what that screen is for. Made from the bindings, so always true."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.screens.dialog import DialogScreen
from aeptui.ui.widgets.cells import fit
from aeptui.ui.widgets.key_line import own_key_name

KeyHelp = tuple[str, str]
"""The keys of one action, and what it does."""


class HelpScreen(DialogScreen[None]):
    """Scrollable; any of esc, ?, q closes it."""

    DEFAULT_CSS = """
    HelpScreen {
        #help-box { width: 76; max-width: 100%; padding: 1 1 1 2; scrollbar-size-vertical: 1; }
        .dialog-title { color: $text-primary; }
        #help-text { margin: 1 1 0 0; }
        #help-keys { margin: 1 1 0 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q", "dismiss", "close", tooltip="Close help"),
        Binding("down,j", "scroll(1)", "down", show=False, tooltip="Scroll down"),
        Binding("up,k", "scroll(-1)", "up", show=False, tooltip="Scroll up"),
        Binding("pagedown,space", "scroll(10)", "page down", show=False, tooltip="Scroll one page down"),
        Binding("pageup", "scroll(-10)", "page up", show=False, tooltip="Scroll one page up"),
    ]

    def __init__(self, title: str, text: str, keys: tuple[KeyHelp, ...]) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self.keys = keys

    @classmethod
    def about(cls, screen: BaseScreen[Any]) -> HelpScreen:
        """Help for a screen as it is now, with its focused widget's keys."""
        return cls(screen.heading or "Help", flowing(screen.HELP), active_keys(screen))

    def compose(self) -> ComposeResult:
        lines: list[Content] = []
        for keys, what in self.keys:
            lines.append(Content.assemble((fit(keys, 16), "bold $text-accent"), " ", what))
        with VerticalScroll(id="help-box", classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            if self._text:
                yield Static(Content(self._text), id="help-text")
            yield Static(Content("\n").join(lines), id="help-keys")

    def action_scroll(self, lines: int) -> None:
        self.query_one("#help-box", VerticalScroll).scroll_relative(y=lines, animate=False)


def flowing(text: str) -> str:
    """A text of any width: a line that ends within a sentence goes on with the next one."""
    return re.sub(r"(?<![.:\n])\n(?!\n)", " ", text.strip())


def active_keys(screen: Screen[Any]) -> tuple[KeyHelp, ...]:
    """Every action that a key reaches on this screen now: keys of one action together, those of every screen last."""
    general = {binding.action for binding in BaseScreen.BINDINGS if isinstance(binding, Binding)}
    together: dict[tuple[int, str], tuple[list[str], str]] = {}
    for active in sorted(
        screen.active_bindings.values(),
        key=lambda active: active.node is screen.app or active.binding.action in general,
    ):
        binding = active.binding
        text = binding.tooltip or binding.description
        if not text:
            continue
        keys, _ = together.setdefault((id(active.node), binding.action), ([], text))
        keys.append(own_key_name(binding))
    return tuple((" ".join(dict.fromkeys(keys)), text) for keys, text in together.values())
