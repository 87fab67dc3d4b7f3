"""One execution of this process, live: its record as it changes, and who wants to know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from aeptui.chain.events import ChainEvent
from aeptui.chain.replay import ExecutionRecord
from aeptui.errors import AeptuiError
from aeptui.ids import ExecutionId

if TYPE_CHECKING:
    from aeptui.api.request_log import LoggedRequest, RequestLog
    from aeptui.chain.problems import Problem

Listener = Callable[["Tracking"], object]


class Tracking:
    """One execution of this process, live."""

    def __init__(self, record: ExecutionRecord, log: RequestLog) -> None:
        self.record = record
        """Replaced at every event."""
        self.problems: tuple[Problem, ...] = ()
        """What pre-flight found: warnings, or the reasons why nothing was created."""
        self.error: AeptuiError | None = None
        """Why it ended before or outside a step."""
        self.since = log.newest
        """The number of the last request that is not one of this process's work on it."""
        self._log = log
        self._earlier: tuple[LoggedRequest, ...] = ()
        self._listeners: list[Listener] = []
        self._event_listeners: list[Callable[[ChainEvent], None]] = []
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def id(self) -> ExecutionId:
        return self.record.id

    @property
    def requests(self) -> tuple[LoggedRequest, ...]:
        """Its requests so far, redacted."""
        own = (entry for entry in self._log.entries if entry.purpose == self.id and entry.number > self.since)
        return (*self._earlier, *own)

    def comes_after(self, earlier: Sequence[LoggedRequest]) -> None:
        """Another process, or this one before, asked this for it: that comes first, with numbers of its own."""
        self._earlier = tuple(replace(entry, number=entry.number - len(earlier)) for entry in earlier)

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every change, in the session's loop; the answer ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def cancel(self) -> None:
        """Stop before the next request; what was created stays."""
        self._stop.set()

    async def wait(self) -> ExecutionRecord:
        """The record when it has ended."""
        if self._task is not None:
            await asyncio.shield(self._task)
        return self.record

    def _changed(self) -> None:
        for listener in tuple(self._listeners):
            listener(self)

    def _emit(self, event: ChainEvent, record: ExecutionRecord) -> None:
        self.record = record
        for listener in tuple(self._event_listeners):
            listener(event)
        self._changed()
