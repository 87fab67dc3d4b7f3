"""What every dialog looks like: a box over the screen it is about. What is in it, and how wide, each says itself."""

from __future__ import annotations

from typing import TypeVar

from textual.screen import ModalScreen

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
