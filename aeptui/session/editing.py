"""One pipeline while it is edited: its document, its history, and what keeps both whatever happens to the process.

Every edit, undo and redo, and all text that is being typed, goes into the edit log at once. The text of the draft,
which takes longer the longer the document is, is written only when somebody needs it: when the editor is left, before a
check or a run, to save, or when the log has grown long.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aeptui.chain.document import ParsedPipeline, parse_pipeline, pipeline_to_toml
from aeptui.chain.edit_lines import (
    change_line,
    first_line,
    mark_of,
    text_line,
    typing_line,
    written_line,
)
from aeptui.chain.edits import Way, change_between
from aeptui.chain.history import History
from aeptui.config import write_private
from aeptui.session.edit_log import EditLog, EditLogError
from aeptui.session.saved_text import SavedText, write_in_place

if TYPE_CHECKING:
    from aeptui.chain.pipeline import Pipeline
    from aeptui.chain.typed_text import Typing

_LONG = 1_000_000
"""Bytes of edits, beyond which the draft is written meanwhile: reading them again should not take long either."""
LONGEST = 8_000_000
"""Bytes of a log, beyond which it begins anew once all of it is in a text; then undo does not outlive the editor."""


@dataclass(frozen=True)
class Brought:
    """What the edit log knew beyond the text when the editor opened."""

    edits: int = 0
    undos: int = 0
    typing: Typing | None = None
    """What was being typed; it is kept until it is typed on, or something else is."""
    set_aside: Path | None = None
    """Where edits are that could not be brought back."""
    why: str = ""
    """Why they could not."""
    outside: bool = False
    """The saved text was changed outside since the draft began."""
    elsewhere: EditLogError | None = None
    """Another editor has the pipeline open: nothing can be changed here."""


class Editing:
    """The document being edited.

    Args:
        parsed: The text it begins with.
        held: Changes of the log that this text holds.
        at: Changes of the log that are in the history's document.
        log: None: nothing may be changed.
        saved: The text that is saved.
        draft: Where edits are kept that are not saved yet.
    """

    def __init__(
        self,
        parsed: ParsedPipeline,
        history: History,
        brought: Brought,
        log: EditLog | None,
        *,
        held: int,
        at: int,
        saved: SavedText,
        draft: Path,
    ) -> None:
        self.brought = brought
        self._parsed = parsed
        self._history = history
        self._log = log
        self._held = held
        self._at = at
        self._saved = saved
        self._draft = draft
        self._typing = brought.typing
        self._writing = asyncio.Lock()
        self._kept_size = log.size if log is not None and self.is_written else 0
        self._keeping: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[ParsedPipeline]] = set()

    @property
    def pipeline(self) -> Pipeline:
        """The document as it stands."""
        return self._history.pipeline

    @property
    def parsed(self) -> ParsedPipeline:
        """The newest text; it may be behind the document."""
        return self._parsed

    @property
    def is_written(self) -> bool:
        """Does the newest text say everything the document says?"""
        return self._at == self._held

    # Changing: each of these is in the log before anything else happens

    def edit(self, pipeline: Pipeline, what: str, *, typed: bool = False) -> bool:
        """Make an edit; False when it changes nothing.

        Args:
            what: The edit in a few words, for undo.
            typed: It takes what was being typed.
        Raises:
            OpenElsewhere: another editor has the pipeline open.
        """
        log, before = self._own_log(), self._history.pipeline
        if not self._history.edit(pipeline, what):
            return False
        if typed:
            self._typing = None
        self._at += 1
        log.append(change_line("edit", change_between(before, pipeline, what), typed=typed))
        self._keep_when_long(log)
        return True

    def undo(self) -> str:
        """Take the last edit back; answers what it was, empty when there is none.

        Raises:
            OpenElsewhere: another editor has the pipeline open.
        """
        return self._walk("undo", self._history.undo)

    def redo(self) -> str:
        """Make the edit that was taken back last again; answers what it was, empty when there is none.

        Raises:
            OpenElsewhere: another editor has the pipeline open.
        """
        return self._walk("redo", self._history.redo)

    def typing(self, typing: Typing | None) -> None:
        """Keep what is being typed; None: it was left."""
        if self._log is not None and typing != self._typing:
            self._typing = typing
            self._log.append(typing_line(typing))

    def _walk(self, way: Way, step: Callable[[], str]) -> str:
        log, before = self._own_log(), self._history.pipeline
        what = step()
        if what:
            self._at += 1
            log.append(change_line(way, change_between(before, self._history.pipeline, what)))
            self._keep_when_long(log)
        return what

    def _own_log(self) -> EditLog:
        if self._log is None:
            raise self.brought.elsewhere or EditLogError("The editor was left.")
        return self._log

    # The text

    async def keep(self) -> ParsedPipeline:
        """Write the draft when there is something to write; answers the text of the document as it stood.

        Raises:
            EditLogError: it cannot be written; the edits stay in the log.
        """

        async def work() -> None:
            if not self.is_written:
                await self._write(self._draft)

        return await self._to_its_end(work)

    async def save(self) -> ParsedPipeline:
        """Write the document under its name, complete or not, and drop the draft.

        Raises:
            WouldReplace: something stands there that the document does not know; `keep_aside` keeps it.
            EditLogError: it cannot be written; the edits stay in the log.
        """
        self._own_log()

        async def work() -> None:
            path = self._saved.path
            with told_as_error(path):
                await asyncio.to_thread(self._saved.may_be_replaced)
            await self._write(path, is_saved=True)
            with told_as_error(self._draft):
                await asyncio.to_thread(self._draft.unlink, missing_ok=True)

        return await self._to_its_end(work)

    async def keep_aside(self) -> Path:
        """Keep what is saved under another name, so that it can be replaced; answers which.

        Raises:
            EditLogError: it cannot be written.
        """
        with told_as_error(self._saved.path):
            return await asyncio.to_thread(self._saved.keep_aside)

    async def close(self) -> None:
        """Write the draft, and give the pipeline up for others to edit. May be called again.

        Raises:
            EditLogError: it cannot be written; the edits stay in the log.
        """
        log = self._log
        if log is None:
            return
        try:
            await self.keep()
        finally:
            self._log = None
            # With a draft goes its history: what is not saved can still be taken back when it is opened again.
            is_over = self.is_written and self._typing is None and not self._draft.exists()
            await log.close(remove=is_over)

    async def _to_its_end(self, work: Callable[[], Awaitable[None]]) -> ParsedPipeline:
        """Write one text at a time, each to its end even when nobody waits for it any more: a thread cannot be stopped,
        and two of them could leave the older text."""

        async def written() -> ParsedPipeline:
            async with self._writing:
                await work()
                return self._parsed

        task = asyncio.ensure_future(written())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _write(self, path: Path, *, is_saved: bool = False) -> None:
        """Write the text. It is announced first: a crash between the two neither loses an edit nor makes it twice."""
        log, at = self._own_log(), self._at
        if at != self._held:
            parsed = await asyncio.to_thread(as_text, self._history.pipeline, self._parsed)
        else:
            parsed = self._parsed
        log.append(text_line(mark_of(parsed.text), at))
        await log.flush()
        with told_as_error(path):
            await asyncio.to_thread(write_in_place if is_saved else write_private, path, parsed.text)
        if is_saved:
            self._saved.was_written(parsed.text)
        log.append(written_line(at, self._saved.known))
        self._parsed, self._held = parsed, at
        if log.size > LONGEST and self.is_written and self._typing is None:
            # All it knows beyond the text is the way there, which is known here as long as the editor is open.
            self._at = self._held = 0
            log.begin_anew(first_line(mark_of(parsed.text), self._saved.known))
        self._kept_size = log.size

    def _keep_when_long(self, log: EditLog) -> None:
        if log.size - self._kept_size > _LONG and (self._keeping is None or self._keeping.done()):
            self._keeping = asyncio.create_task(self._keep_meanwhile())

    async def _keep_meanwhile(self) -> None:
        # Who needs the draft tries again, and is told then.
        with contextlib.suppress(EditLogError):
            await self.keep()


def as_text(pipeline: Pipeline, before: ParsedPipeline) -> ParsedPipeline:
    """A document as text, with the comments of the text before."""
    return parse_pipeline(pipeline_to_toml(pipeline, before.text), file=before.file)


@contextlib.contextmanager
def told_as_error(path: Path) -> Iterator[None]:
    """Whatever cannot be written in here is an EditLogError."""
    try:
        yield
    except OSError as error:
        raise EditLogError(
            f"{path} cannot be written: {error.strerror or error}.",
            "The edits are kept beside it. Make room, or make the folder writable.",
        ) from error
