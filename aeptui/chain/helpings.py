"""Long work of a program that is waiting for keys: done a little at a time, so that none of them waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Final, TypeVar

T = TypeVar("T")

HELPING_S: Final = 0.005
"""So long it is worked before everything else has its turn,"""
REST_S: Final = 0.002
"""which lasts at least so long."""
TELL_S: Final = 0.5
"""Whoever waits is told this often how far it is."""


def done_in_one(steps: Iterator[object]) -> bool:
    """Go one helping of the steps, and say whether those were all."""
    until = monotonic() + HELPING_S
    return all(monotonic() <= until for _ in steps)


async def in_helpings(steps: Iterator[T | None], tell: Callable[[int], None] | None = None) -> list[T]:
    """Go all steps, a little at a time; answers what they gave, as far as it is not None.

    Args:
        tell: Is told now and then how many steps are gone; never when they take no time.
    """
    given: list[T] = []
    began = told = monotonic()
    for gone, one in enumerate(steps, 1):
        if one is not None:
            given.append(one)
        now = monotonic()
        if now - began > HELPING_S:
            if tell is not None and now - told > TELL_S:
                tell(gone)
                told = now
            await asyncio.sleep(REST_S)
            began = monotonic()
    return given
