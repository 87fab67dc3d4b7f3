"""The lines of an edit log, and what follows from them.

    {"v": 1, "text": MARK, "at": 0, "saved": MARK}
                                        the first line: the log begins at this text, while that one was saved
    {"edit": WHAT, "rows": ..., "parts": ..., "typed": true}
                                        an edit; `typed`: it took what was being typed
    {"undo": WHAT, "rows": ..., "parts": ...}
    {"redo": WHAT, "rows": ..., "parts": ...}
                                        one was taken back, or made again: what that changed
    {"text": MARK, "at": 12}            a text with this mark says all that the first 12 changes led to
    {"written": 12, "saved": MARK}      and it was written; as long as a text is saved, with which one that is
    {"typing": {...} | null}            what is being typed; null: nothing any more

A mark ties the log to the exact text it belongs to. A new text is announced before it is written, so that a crash
between the two leaves a log that knows both: whichever text is found, what it does not say yet is made again, once.
Changes are told both ways, so that those a text holds already can still be taken back.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from aeptui.chain.edits import WAYS, Change, Misfit, Way
from aeptui.chain.history import MOST, History, Step
from aeptui.chain.typed_text import Typing

if TYPE_CHECKING:
    from aeptui.chain.pipeline import Pipeline

_Leg = tuple[Change, bool]
"""A change, and whether it is the edit itself, not the taking back of it."""
VERSION: Final = 1


def mark_of(text: str) -> str:
    """What ties a log to a text; the kind of line ends does not matter, as it does not when a file is read."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def first_line(mark: str, saved: str = "") -> dict[str, Any]:
    """The line a log begins with.

    Args:
        saved: The mark of the text that is saved, which may be an older one; empty: none is.
    """
    return {"v": VERSION, "text": mark, "at": 0, "saved": saved}


def text_line(mark: str, at: int) -> dict[str, Any]:
    """The line that announces a text holding the first `at` changes."""
    return {"text": mark, "at": at}


def written_line(at: int, saved: str = "") -> dict[str, Any]:
    """The line that says that the text holding the first `at` changes was written, and which text is saved."""
    return {"written": at, "saved": saved}


def change_line(way: Way, change: Change, *, typed: bool = False) -> dict[str, Any]:
    """The line of a change.

    Args:
        typed: It took what was being typed.
    """
    return {**change.to_json(way), "typed": True} if typed else change.to_json(way)


def typing_line(typing: Typing | None) -> dict[str, Any]:
    """The line of what is being typed."""
    return {"typing": typing.to_json() if typing is not None else None}


@dataclass
class EditLines:
    """A log as far as it could be read."""

    changes: list[tuple[Way, Change]] = field(default_factory=list)
    """In order, each with how it came about."""
    starts: list[int] = field(default_factory=list)
    """At which byte of the log each of them begins."""
    texts: list[tuple[str, int]] = field(default_factory=list)
    """Mark, and how many changes a text with it holds."""
    written: int = 0
    """How many changes are certainly in a text."""
    saved: str | None = None
    """The mark of the text that was saved; empty: there was none; None: the log does not say."""
    typing: Typing | None = None
    size: int = 0
    """The bytes that could be read; what comes behind them is no line, or the one a crash cut short."""
    bad_line: int | None = None
    """The first whole line that is none, counted from 1; nothing behind it is read, for it may follow from it."""

    def place_of(self, mark: str) -> int | None:
        """How many changes that text holds; None: the log belongs to another one."""
        return next((at for known, at in reversed(self.texts) if known == mark and at <= len(self.changes)), None)

    @property
    def is_kept(self) -> bool:
        """Is everything in a text that was written, and so nothing lost with the log?"""
        return self.typing is None and self.bad_line is None and len(self.changes) <= self.written


def read_lines(data: bytes) -> EditLines:
    """Read a log as far as it can be read."""
    found = EditLines()
    for number, line in enumerate(data.split(b"\n")[:-1], 1):  # the last one is empty, or torn
        try:
            _read(found, json.loads(line), is_first=number == 1)
        except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, StopIteration, RecursionError):
            found.bad_line = number
            break
        found.size += len(line) + 1
    return found


def _read(found: EditLines, line: dict[str, Any], *, is_first: bool) -> None:
    if is_first and line.get("v") != VERSION:
        raise ValueError("another version")
    if "saved" in line:
        found.saved = str(line["saved"])
    if "text" in line:
        found.texts.append((str(line["text"]), _count(line["at"])))
    elif "written" in line:
        found.written = _count(line["written"])
    elif "typing" in line:
        found.typing = Typing.from_json(line["typing"]) if line["typing"] is not None else None
    else:
        way = next(one for one in WAYS if one in line)
        found.changes.append((way, Change.from_json(line, way)))
        found.starts.append(found.size)
        if line.get("typed"):
            found.typing = None


def _count(given: object) -> int:
    if not isinstance(given, int) or given < 0:
        raise ValueError("no number of changes")
    return given


@dataclass(frozen=True)
class Restored:
    """A document with the edits of its log."""

    history: History
    at: int
    """Changes of the log that are in the history's document."""
    edits: int = 0
    """Edits the text does not say yet."""
    undos: int = 0
    """Edits the text says that were taken back."""


def restore(pipeline: Pipeline, lines: EditLines, held: int) -> Restored:
    """The document with everything the log says, and its history.

    Args:
        pipeline: What the text says.
        held: How many of the changes it holds.
    """
    history = _history_at(pipeline, lines.changes[:held])
    depth = low = 0
    at = held
    for way, change in lines.changes[held:]:
        try:
            history.repeat(way, change.make(history.pipeline), change.what)
        except Misfit:
            break
        at += 1
        depth += -1 if way == "undo" else 1
        low = min(low, depth)
    return Restored(history, at, depth - low, -low)


def _history_at(pipeline: Pipeline, changes: Sequence[tuple[Way, Change]]) -> History:
    """The history that led to a document: the changes only name the way, the documents are made backwards from it."""
    done: list[_Leg] = []
    undone: list[_Leg] = []
    for way, change in changes:
        if way == "edit":
            done.append((change, True))
            undone.clear()
        else:
            source, target = (done, undone) if way == "undo" else (undone, done)
            # An edit from before the log began is known by how it was taken back only.
            target.append(source.pop() if source else (change, way == "redo"))
    before: list[Step] = []
    after: list[Step] = []
    with contextlib.suppress(Misfit):
        document = pipeline
        for change, is_forward in reversed(done[-MOST:]):
            document = change.take_back(document) if is_forward else change.make(document)
            before.append((change.what, document))
    with contextlib.suppress(Misfit):
        document = pipeline
        for change, is_forward in reversed(undone[-MOST:]):
            document = change.make(document) if is_forward else change.take_back(document)
            after.append((change.what, document))
    return History(pipeline, before[::-1], after[::-1])
