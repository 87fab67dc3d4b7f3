"""Long work of a program that is waiting for keys: done a little at a time, so that none of them waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import monotonic
from typing import Final, TypeVar

T = TypeVar("T")

HELPING_S: Final = 0.005
"""So long it is worked before everything else has its turn,"""
REST_S: Final = 0.002
"""which lasts at least so long."""


async def in_helpings(steps: Iterator[T | None]) -> list[T]:
    """Go all steps, a little at a time; answers what they gave, as far as it is not None."""
    given: list[T] = []
    began = monotonic()
    for one in steps:
        if one is not None:
            given.append(one)
        if monotonic() - began > HELPING_S:
            await asyncio.sleep(REST_S)
            began = monotonic()
    return given
