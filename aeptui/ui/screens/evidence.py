"""An execution out of an archive: the same steps, ids, requests and answers, without anything that asks or changes."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from aeptui.ui.screens.execution import ExecutionScreen

_READING = frozenset({"next_pane", "copy", "help", "quit_app", "copy_text"})
"""What may be done here; a key that somebody adds to executions is not among them until it is named."""


class EvidenceScreen(ExecutionScreen):
    """Its session is an archive (`aeptui.session.replayed`), which has only what reading one execution takes."""

    TITLE = "Evidence"
    HELP = (
        "An execution out of an archive, as it was packed: its steps, what was sent for each, and the answers.\n"
        "Each part of it was compared with its hash. Nothing is asked of a platform here, and nothing can be changed.\n"
        "Tab goes to the next pane: steps, requests, detail."
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit_app", "quit", tooltip="Leave; there is nothing to go back to"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action in _READING
