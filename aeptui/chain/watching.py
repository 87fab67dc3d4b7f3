"""Follows something until it ends, or until the user cancels: whichever comes first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

T = TypeVar("T")


async def until_cancelled(items: AsyncIterator[T], cancel: asyncio.Event) -> AsyncIterator[T]:
    """What comes, one by one; nothing more once `cancel` is set, not even what is on its way."""
    stop = asyncio.create_task(cancel.wait())
    try:
        while not cancel.is_set():
            following = asyncio.ensure_future(anext(items, None))
            try:
                await asyncio.wait((following, stop), return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not following.done():
                    following.cancel()
                    await asyncio.gather(following, return_exceptions=True)
            item = None if following.cancelled() else following.result()
            if item is None:
                return
            yield item
    finally:
        stop.cancel()
