"""Looks for what an unanswered create may have made, for as long as the lists of the platform may lag."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from aeptui.api.errors import ApiError
from aeptui.chain.step import Made

if TYPE_CHECKING:
    from aeptui.clock import Clock


async def find_by_marker(
    find: Callable[[], Awaitable[Sequence[Made]]],
    clock: Clock,
    waits: Sequence[float],
    waiting: Callable[[int, float], None],
) -> tuple[Sequence[Made], bool]:
    """Every resource with a marker, and whether anybody answered.

    Args:
        find: One look into the lists.
        waits: How long to wait before each look.
        waiting: Is told of each wait: which, and how long.
    """
    asked = False
    for attempt, wait_s in enumerate(waits, 1):
        if wait_s:
            waiting(attempt, wait_s)
            await clock.sleep(wait_s)
        try:
            found = await find()
        except ApiError:
            continue
        asked = True
        if found:
            # A page that is served twice must not look like two resources.
            return tuple({one.id: one for one in found}.values()), True
    return (), asked
