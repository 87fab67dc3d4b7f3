"""Undo and redo of a pipeline's edits. Keeps whole documents: frozen, they share what did not change."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aeptui.chain.pipeline import Pipeline

_MOST = 500
"""Edits remembered."""


class History:
    """The edits of one document, oldest first."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._done: list[tuple[str, Pipeline]] = []
        self._undone: list[tuple[str, Pipeline]] = []
        self.pipeline = pipeline

    def edit(self, pipeline: Pipeline, what: str) -> bool:
        """Note an edit; False when it changes nothing."""
        if pipeline == self.pipeline:
            return False
        self._done.append((what, self.pipeline))
        del self._done[:-_MOST]
        self._undone.clear()
        self.pipeline = pipeline
        return True

    def undo(self) -> str:
        """Take the last edit back; answers what it was, empty when there is none."""
        return self._move(self._done, self._undone)

    def redo(self) -> str:
        """Make the edit that was taken back last again; answers what it was, empty when there is none."""
        return self._move(self._undone, self._done)

    def _move(self, source: list[tuple[str, Pipeline]], target: list[tuple[str, Pipeline]]) -> str:
        if not source:
            return ""
        what, pipeline = source.pop()
        target.append((what, self.pipeline))
        self.pipeline = pipeline
        return what
