"""How much one evaluation may do: the bounds that keep a row from holding up a batch, or filling the memory.

Every function is bounded on its own by what it builds (`MAX_TEXT`, `MAX_ITEMS`). An expression of many calls is bounded
as a whole too: what it reads and what its calls build counts against one allowance, and so do the steps of regular
expressions. Only expressions of many calls are counted, for a few cannot go far, and ordinary rows must stay quick.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

from .errors import TransformError

MAX_TEXT: Final = 2_000_000
"""Characters a text may have that an expression builds; a cell of a megabyte still fits with something around it."""
MAX_ITEMS: Final = 300_000
"""Elements an array may have that a function builds."""
MAX_COMPARED: Final = 50_000
"""Elements that one comparison, search or choice of the greatest looks at."""
ALLOWANCE: Final = 6_000_000
"""What all calls of one evaluation may build together, in characters; about 20 ms of the slower text functions."""
CALLS_UNCOUNTED: Final = 16
"""Expressions with no more calls and operators than this are not counted."""
SLOW_CALL: Final = 9
"""What a call counts that takes long for each character: two of them are counted."""
SLOW_CHARACTER: Final = 20
"""What a character counts for such a call."""
_ITEM: Final = 16
"""What an element of an array or a field of an object counts, in characters."""


class _Meter(threading.local):
    left: int | None = None


_METER: Final = _Meter()


def begin() -> int | None:
    """Start counting for one evaluation; gives what `end` needs."""
    before, _METER.left = _METER.left, ALLOWANCE
    return before


def end(before: int | None) -> None:
    """Stop counting, or go on with the evaluation around this one."""
    _METER.left = before


def left() -> int | None:
    """What the evaluation may still do; None when it is not counted."""
    return _METER.left


def spend(amount: int) -> None:
    """Count work, where this evaluation is counted.

    Raises:
        TransformError: it has done too much.
    """
    if _METER.left is not None:
        _METER.left -= amount
        if _METER.left < 0:
            raise TransformError("the expression does too much on one row; split the mapping")


def spend_on(value: object) -> None:
    """Count a value that was built."""
    if isinstance(value, str):
        spend(len(value))
    elif isinstance(value, (list, tuple, Mapping)):
        spend(_ITEM * len(value))


def check_length(length: int) -> None:
    """Refuse a text of this length before it is built.

    Raises:
        TransformError: it is longer than `MAX_TEXT`.
    """
    if length > MAX_TEXT:
        raise TransformError(f"the text would have more than {MAX_TEXT} characters")


def check_items(count: int) -> None:
    """Refuse an array of this many elements.

    Raises:
        TransformError: they are more than `MAX_ITEMS`.
    """
    if count > MAX_ITEMS:
        raise TransformError(f"the array would have more than {MAX_ITEMS} elements")


def check_compared(count: int) -> None:
    """Refuse to look at this many elements one by one.

    Raises:
        TransformError: they are more than `MAX_COMPARED`.
    """
    if count > MAX_COMPARED:
        raise TransformError(f"an array of {count} is too long to compare; {MAX_COMPARED} elements are the most")
