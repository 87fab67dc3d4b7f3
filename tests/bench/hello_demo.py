"""The least Textual app there is: what start-up is compared with."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class HelloDemo(App[None]):
    """One line of text."""

    def compose(self) -> ComposeResult:
        yield Static("ready to go")


if __name__ == "__main__":
    HelloDemo().run()
