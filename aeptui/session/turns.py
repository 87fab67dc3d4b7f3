"""Pipelines that declare a base connection of one name make it one after the other: the second finds the first's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aeptui.chain.events import ChainEvent
    from aeptui.chain.pipeline import Pipeline
    from aeptui.chain.replay import ExecutionRecord

    Emit = Callable[[ChainEvent, ExecutionRecord], None]


class Turn:
    """From the check of a pipeline until its base connection is made; nothing for one that declares none."""

    def __init__(self, lock: asyncio.Lock | None) -> None:
        self._lock = lock
        self._held = False

    @property
    def asks_anew(self) -> bool:
        """Whether what others were told before must not be believed: it may have been made since."""
        return self._lock is not None

    async def __aenter__(self) -> Turn:
        if self._lock is not None:
            await self._lock.acquire()
            self._held = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def watched(self, emit: Emit) -> Emit:
        """What tells of events, and ends the turn with the base connection: what follows hinders nobody."""

        def both(event: ChainEvent, record: ExecutionRecord) -> None:
            if event.event == "step_succeeded" and event.facts().get("step") == "base_connection":
                self._end()
            emit(event, record)

        return both

    def _end(self) -> None:
        if self._held and self._lock is not None:
            self._held = False
            self._lock.release()


class Turns:
    """Whose turn it is, by the name of the base connection."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}

    def of(self, pipeline: Pipeline) -> Turn:
        """The turn of a pipeline, to be waited for."""
        declared = pipeline.base_connection
        return Turn(None if declared is None else self._locks.setdefault(declared.name, asyncio.Lock()))
