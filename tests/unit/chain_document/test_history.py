"""Undo and redo of a document's edits."""

from __future__ import annotations

from aeptui.chain.history import History
from aeptui.chain.pipeline import Pipeline


def test_undo_and_redo_walk_over_the_same_documents() -> None:
    history = History(Pipeline(name="a"))
    assert history.edit(Pipeline(name="b"), "rename")
    assert not history.edit(Pipeline(name="b"), "nothing")
    assert history.undo() == "rename"
    assert history.pipeline.name == "a"
    assert history.undo() == ""
    assert history.redo() == "rename"
    assert history.pipeline.name == "b"


def test_an_edit_after_undo_forgets_what_was_taken_back() -> None:
    history = History(Pipeline(name="a"))
    history.edit(Pipeline(name="b"), "first")
    history.undo()
    history.edit(Pipeline(name="c"), "second")
    assert history.redo() == ""
    assert history.pipeline.name == "c"
