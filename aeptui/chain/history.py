"""Undo and redo of a pipeline's edits. Keeps whole documents: frozen, they share what did not change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aeptui.chain.edits import Way
    from aeptui.chain.pipeline import Pipeline

MOST = 500
"""Edits remembered."""

Step = tuple[str, "Pipeline"]
"""An edit in a few words, and the document that taking it back, or making it again, leads to."""


class History:
    """The edits of one document, oldest first.

    Args:
        done: What can be taken back, the last one last.
        undone: What can be made again, the next one last.
    """

    def __init__(self, pipeline: Pipeline, done: Sequence[Step] = (), undone: Sequence[Step] = ()) -> None:
        self._done = list(done[-MOST:])
        self._undone = list(undone[-MOST:])
        self.pipeline = pipeline

    def edit(self, pipeline: Pipeline, what: str) -> bool:
        """Note an edit; False when it changes nothing."""
        if pipeline == self.pipeline:
            return False
        self.note(pipeline, what)
        return True

    def note(self, pipeline: Pipeline, what: str) -> None:
        """Note an edit, whatever it changes."""
        self._done.append((what, self.pipeline))
        del self._done[:-MOST]
        self._undone.clear()
        self.pipeline = pipeline

    def undo(self) -> str:
        """Take the last edit back; answers what it was, empty when there is none."""
        return self._move(self._done, self._undone)

    def redo(self) -> str:
        """Make the edit that was taken back last again; answers what it was, empty when there is none."""
        return self._move(self._undone, self._done)

    def repeat(self, way: Way, pipeline: Pipeline, what: str) -> None:
        """Come to a document the way somebody came to it before, though this history may reach back less far."""
        if way == "edit":
            self.note(pipeline, what)
            return
        source, target = (self._done, self._undone) if way == "undo" else (self._undone, self._done)
        del source[-1:]
        target.append((what, self.pipeline))
        self.pipeline = pipeline

    def _move(self, source: list[Step], target: list[Step]) -> str:
        if not source:
            return ""
        what, pipeline = source.pop()
        target.append((what, self.pipeline))
        self.pipeline = pipeline
        return what
