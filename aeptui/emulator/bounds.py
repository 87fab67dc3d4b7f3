"""How large what clients send may be. Beyond it no service here could compare it, change it or answer with it.

Adobe documents no such limits (a guess that it has some); these are far above what any real body needs.
"""

from __future__ import annotations

from typing import Final

MOST_BYTES: Final = 32 << 20
MOST_DEEP: Final = 100
"""Levels of objects and arrays inside each other: copying and composing recurse, a few calls for each level."""
MOST_DIGITS: Final = 9


def whole_number(text: str) -> int | None:
    """A number written in a few ASCII digits; None for anything else that `int` would read, such as `²` or `1_0`."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def too_deep(document: object) -> bool:
    """Whether there are more levels than that. Does not recurse itself."""
    level, levels = [document], 0
    while level := [
        child
        for node in level
        if isinstance(node, dict | list)
        for child in (node.values() if isinstance(node, dict) else node)
    ]:
        levels += 1
        if levels > MOST_DEEP:
            return True
    return False
