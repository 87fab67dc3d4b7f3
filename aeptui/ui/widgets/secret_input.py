"""A line for a secret: masked, and nothing of it goes to the clipboard, as a recording of the session would show it."""

from __future__ import annotations

from textual.widgets import Input


class SecretInput(Input):
    """Masked. What is typed here is read once, by whoever keeps it."""

    def __init__(self, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(password=True, placeholder=placeholder, id=id, select_on_focus=False)

    def action_copy(self) -> None:
        self.app.bell()

    def action_cut(self) -> None:
        self.app.bell()
