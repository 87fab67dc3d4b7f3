"""The one question before a production sandbox is changed: its name, typed. A `y` comes too easily at 3 a.m."""

from __future__ import annotations

from aeptui.ui.screens.ask import AskScreen
from aeptui.ui.widgets.cells import printable


class ProductionScreen(AskScreen):
    """Dismisses with the name once it is right, or with None: then nothing is sent.

    Args:
        sandbox: The production sandbox that is about to be changed.
    """

    DEFAULT_CSS = """
    ProductionScreen #ask-box { border-left: thick $error; }
    """

    def __init__(self, sandbox: str) -> None:
        name = printable(sandbox)
        super().__init__(
            f"PRODUCTION: type {name} to change it",
            note=f"Adobe says {name} is a production sandbox. What is created, changed or deleted there is real.\n"
            "You are asked once, until you leave or change the profile. esc sends nothing.",
            check=lambda text: "" if text.strip() == sandbox else f"Nothing is sent before {name} stands here.",
        )
