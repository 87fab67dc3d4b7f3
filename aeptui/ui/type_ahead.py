"""Each key goes to what the keys before it have opened, however fast they come.

Textual hands a key to the widget that has the focus when the key arrives, while the key before it may still be on its
way up to the binding that moves the focus. Over a slow line keys arrive in bursts: `/sftp` typed at once would give
`s`, `f`, `t` and `p` to the list as commands.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.worker import Worker

_PATIENCE_S = 1.0
"""A key that something busy holds up longer than this no longer holds up the others."""
_LOOK_S = 0.02
_WAYS_OUT = frozenset({"escape", "ctrl+q", "ctrl+z"})
_ROUNDS = 3
"""A key may open a screen from a worker: that much later its focus is set too."""


class TypeAhead(App[int]):
    """Hands keys out one at a time, in a real terminal; in tests the one who presses them waits already."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Key | events.Paste] = deque()
        self._typing: Worker[None] | None = None

    async def on_event(self, event: events.Event) -> None:
        """Queue what was typed; everything else goes its way at once."""
        if self.is_headless or event.is_forwarded or not isinstance(event, events.Key | events.Paste):
            await super().on_event(event)
            return
        self._typed.append(event)
        if self._typing is None or self._typing.is_finished:
            self._typing = self.run_worker(self._hand_out(), name="type-ahead", group="type-ahead")

    async def _hand_out(self) -> None:
        while self._typed:
            if getattr(self._typed[0], "key", "") not in _WAYS_OUT:
                await self._within_patience(self._taking_keys())
            before = self._reach()
            await super().on_event(self._typed.popleft())
            if self._typed:
                await self._within_patience(self._settled(before))

    async def _within_patience(self, wait: Awaitable[None]) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(wait, _PATIENCE_S)

    async def _taking_keys(self) -> None:
        """Until the screen has what its keys are about."""
        while not getattr(self.screen, "takes_keys", True):  # noqa: ASYNC110 - what it waits for has no event
            await asyncio.sleep(_LOOK_S)

    def _reach(self) -> tuple[object, ...]:
        """What decides where a key goes, or is about to."""
        return self.screen, self.focused, len(self.workers)

    async def _settled(self, before: tuple[object, ...]) -> None:
        """Until a key has gone all its way: to its widget, up through the parents, and into what it opened."""
        for _ in range(_ROUNDS):
            node: DOMNode = self.focused or self.screen
            for pump in node.ancestors_with_self:
                await _reached(pump)
            now = self._reach()
            if now == before:
                return  # most keys only move a cursor
            before = now


async def _reached(pump: MessagePump) -> None:
    """Until everything that is in a queue now was dealt with."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
