"""Opens a pipeline to be edited: its text, with what its edit log knows beyond it. What cannot be used is set aside."""

from __future__ import annotations

import asyncio
import glob
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aeptui.chain.document import ParsedPipeline
from aeptui.chain.edit_lines import Restored, first_line, mark_of, read_lines, restore, typing_line
from aeptui.chain.history import History
from aeptui.session.edit_log import EditLog, EditLogError, OpenElsewhere, read_log
from aeptui.session.editing import LONGEST, Brought, Editing, as_text, told_as_error
from aeptui.session.saved_text import SavedText, mark_of_saved

_TRIES = 10
_TRY_AGAIN_S = 0.1
"""Who has a pipeline open may be about to close it: the same one, opened again, or a process that is being ended."""

Told = Callable[[EditLogError | None], None]


def with_edits(parsed: ParsedPipeline, edits: Path) -> tuple[ParsedPipeline, bool]:
    """A text with the edits that a log has beyond it, and whether there are any, or typed text. The log stays."""
    try:
        lines = read_lines(read_log(edits))
    except OSError:
        return parsed, False
    held = lines.place_of(mark_of(parsed.text))
    if held is None or held == len(lines.changes):
        return parsed, held is not None and lines.typing is not None
    restored = restore(parsed.pipeline, lines, held)
    if restored.at == held:
        return parsed, lines.typing is not None
    return as_text(restored.history.pipeline, parsed), True


async def open_editing(
    read: Callable[[], ParsedPipeline], *, saved: Path, draft: Path, edits: Path, told: Told
) -> Editing:
    """Open a pipeline to be edited, with everything its edit log knows.

    Args:
        read: Reads the newest text: of the draft, else of the saved pipeline. Called once nobody else can change it.
        told: Called when edits cannot be kept, and with None when they can again.
    Raises:
        ConfigError: the text cannot be read.
        EditLogError: edits that could not be brought back cannot be set aside either.
    """
    log = EditLog(edits, told)
    try:
        opened = await _opened(read, log, saved, draft)
    except OpenElsewhere as error:
        newest, _ = await asyncio.to_thread(lambda: with_edits(read(), edits))
        nothing = Brought(elsewhere=error)
        text = SavedText(saved, "")
        return Editing(newest, History(newest.pipeline), nothing, None, held=0, at=0, saved=text, draft=draft)
    if opened.begin:
        log.append(*opened.begin)
    restored, held = opened.restored, opened.held
    text = SavedText(saved, opened.saved)
    return Editing(
        opened.parsed, restored.history, opened.brought, log, held=held, at=restored.at, saved=text, draft=draft
    )


async def _opened(read: Callable[[], ParsedPipeline], log: EditLog, saved: Path, draft: Path) -> _Opened:
    tries_left = _TRIES
    while True:
        opening = asyncio.ensure_future(asyncio.to_thread(_open, read, log, saved, draft))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            # Nobody waits for it any more: it is not to stay taken.
            await asyncio.wait({opening})
            await log.close(remove=False)
            raise
        except OpenElsewhere:
            if not tries_left:
                raise
        tries_left -= 1
        await asyncio.sleep(_TRY_AGAIN_S)


@dataclass(frozen=True)
class _Opened:
    parsed: ParsedPipeline
    restored: Restored
    brought: Brought
    held: int
    saved: str
    """The mark of the saved text that the edits know."""
    begin: tuple[dict[str, Any], ...] = ()
    """Lines to go on with."""


def _open(read: Callable[[], ParsedPipeline], log: EditLog, saved: Path, draft: Path) -> _Opened:
    """Take the log, then read text and log."""
    try:
        data = log.lock()
    except OSError:
        data = b""  # told with the first line that it does not take
    try:
        for torn in draft.parent.glob(f".{glob.escape(draft.name)}.*"):
            torn.unlink(missing_ok=True)  # a crash left it half written
        parsed = read()
        return _opened_with(parsed, log, data, mark_of_saved(saved) if draft.exists() else mark_of(parsed.text))
    except BaseException:
        log.close_now(remove=not data)
        raise


def _opened_with(parsed: ParsedPipeline, log: EditLog, data: bytes, saved: str) -> _Opened:
    """What can be used of a log is made again on the text; what cannot is set aside.

    Args:
        saved: The mark of the text that is saved.
    """
    mark, lines = mark_of(parsed.text), read_lines(data)
    held = lines.place_of(mark)
    with told_as_error(log.path):
        if held is None or (lines.is_kept and len(data) > LONGEST):
            aside = log.set_aside(data) if data and not lines.is_kept else None
            why = "they were made on another text" if aside is not None else ""
            log.cut(0)
            fresh = Restored(History(parsed.pipeline), 0)
            return _Opened(parsed, fresh, Brought(set_aside=aside, why=why), 0, saved, (first_line(mark, saved),))
        restored = restore(parsed.pipeline, lines, held)
        size, why = lines.size, ""
        if restored.at < len(lines.changes):
            size = lines.starts[restored.at]
            why = f"{len(lines.changes) - restored.at:,} of them do not fit the document"
        elif lines.bad_line is not None:
            why = f"line {lines.bad_line} of their log is none"
        aside = log.set_aside(data) if why else None
        if size < len(data):
            log.cut(size)
    # A crash may have come between saving and saying so.
    known = saved if lines.saved is None or saved in (mark, lines.texts[-1][0]) else lines.saved
    brought = Brought(restored.edits, restored.undos, lines.typing, aside, why, outside=saved != known)
    begin = (typing_line(lines.typing),) if size < lines.size else ()
    return _Opened(parsed, restored, brought, held, known, begin)
