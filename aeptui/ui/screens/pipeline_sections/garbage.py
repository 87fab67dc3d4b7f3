"""Keeps the collector of cyclic garbage off a long document while it is open.

A document has no cycles, so there is nothing in it to collect; but with ten thousand mapping rows each walk through it
takes more than a tenth of a second, in the middle of whatever the user does.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Never walk through what is made in here, until `collected_again`. Its memory is freed as ever when it is left."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def collected_again() -> None:
    """The document was left: everything that is still there is collected as ever."""
    gc.unfreeze()
