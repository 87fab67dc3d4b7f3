"""The lines of an edit log, and what follows from them.

    {"v": 1, "text": MARK, "at": 0}     the first line: the log begins at this text
    {"edit": WHAT, "rows": ..., "parts": ..., "typed": true}
                                        an edit; `typed`: it took what was being typed
    {"undo": WHAT}  {"redo": WHAT}      it was taken back, or made again
    {"text": MARK, "at": 12}            a text with this mark says all that the first 12 changes led to
    {"written": 12}                     and it was written
    {"typing": {...} | null}            what is being typed; null: nothing any more

A mark ties the log to the exact text it belongs to. A new text is announced before it is written, so that a crash
between the two leaves a log that knows both: whichever text is found, what it does not say yet is made again, once.
Edits say both ways what they changed, so that those a text holds already can still be taken back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from aeptui.chain.edits import Change, Misfit
from aeptui.chain.history import MOST, History, Step
from aeptui.chain.typed_text import Typing

if TYPE_CHECKING:
    from aeptui.chain.pipeline import Pipeline

VERSION: Final = 1


def mark_of(text: str) -> str:
    """What ties a log to a text; the kind of line ends does not matter, as it does not when a file is read."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def first_line(mark: str) -> dict[str, Any]:
    """The line a log begins with."""
    return {"v": VERSION, "text": mark, "at": 0}


def text_line(mark: str, at: int) -> dict[str, Any]:
    """The line that announces a text holding the first `at` changes."""
    return {"text": mark, "at": at}


def written_line(at: int) -> dict[str, Any]:
    """The line that says that the text holding the first `at` changes was written."""
    return {"written": at}


def edit_line(change: Change, *, typed: bool) -> dict[str, Any]:
    """The line of an edit."""
    return {**change.to_json(), "typed": True} if typed else change.to_json()


def typing_line(typing: Typing | None) -> dict[str, Any]:
    """The line of what is being typed."""
    return {"typing": typing.to_json() if typing is not None else None}


@dataclass
class EditLines:
    """A log as far as it could be read."""

    changes: list[Change | str] = field(default_factory=list)
    """Edits, and `undo` and `redo`, in order."""
    starts: list[int] = field(default_factory=list)
    """At which byte of the log each of them begins."""
    texts: list[tuple[str, int]] = field(default_factory=list)
    """Mark, and how many changes a text with it holds."""
    written: int = 0
    """How many changes are certainly in a text."""
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
        except (ValueError, LookupError, TypeError, RecursionError):
            found.bad_line = number
            break
        found.size += len(line) + 1
    return found


def _read(found: EditLines, line: dict[str, Any], *, is_first: bool) -> None:
    if is_first and line.get("v") != VERSION:
        raise ValueError("another version")
    if "text" in line:
        found.texts.append((str(line["text"]), int(line["at"])))
    elif "written" in line:
        found.written = int(line["written"])
    elif "typing" in line:
        found.typing = Typing.from_json(line["typing"]) if line["typing"] is not None else None
    else:
        change = Change.from_json(line) if "edit" in line else next(word for word in ("undo", "redo") if word in line)
        found.changes.append(change)
        found.starts.append(found.size)
        if line.get("typed"):
            found.typing = None


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
    for change in lines.changes[held:]:
        try:
            _repeat(history, change)
        except Misfit:
            break
        at += 1
        depth += -1 if change == "undo" else 1
        low = min(low, depth)
    return Restored(history, at, depth - low, -low)


def _repeat(history: History, change: Change | str) -> None:
    if isinstance(change, Change):
        history.note(change.make(history.pipeline), change.what)
    elif not (history.undo() if change == "undo" else history.redo()):
        raise Misfit("There is nothing to take back.")


def _history_at(pipeline: Pipeline, changes: Sequence[Change | str]) -> History:
    """The history that led to a document: the changes only name the way, the documents are made backwards from it."""
    done: list[Change] = []
    undone: list[Change] = []
    for change in changes:
        if isinstance(change, Change):
            done.append(change)
            undone.clear()
        else:
            source, target = (done, undone) if change == "undo" else (undone, done)
            if not source:
                return History(pipeline)
            target.append(source.pop())
    before: list[Step] = []
    after: list[Step] = []
    try:
        document = pipeline
        for change in reversed(done[-MOST:]):
            document = change.take_back(document)
            before.append((change.what, document))
        document = pipeline
        for change in undone[::-1][:MOST]:
            document = change.make(document)
            after.append((change.what, document))
    except Misfit:
        pass
    return History(pipeline, before[::-1], after[::-1])
