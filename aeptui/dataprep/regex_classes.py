"""Classes of characters in Java's regular expressions, as the inside of Python's: by property, and of white space."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import Final

HORIZONTAL: Final = " \\t\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000"
VERTICAL: Final = "\\n\\x0b\\f\\r\\u0085\\u2028\\u2029"
_POSIX: Final = {
    "Lower": "a-z", "Upper": "A-Z", "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9", "ASCII": "\\x00-\\x7f",
    "Punct": "!-/:-@\\[-`{-~", "Space": " \\t\\n\\x0b\\f\\r", "XDigit": "0-9a-fA-F", "Blank": " \\t",
}  # fmt: skip
_PLANES: Final = (
    (0, 0x3FFFF, 1),
    (0x40000, 0xDFFFF, 16),
    (0xE0000, 0xE0FFF, 1),
    (0xE1000, 0xFFFEF, 16),
    (0xFFFF0, 0xFFFFF, 1),
    (0x100000, 0x10FFEF, 16),
    (0x10FFF0, sys.maxunicode, 1),
)


class PatternSyntaxError(ValueError):
    """The text is not a regular expression, or uses a part of Java's syntax that is not supported."""


@lru_cache(maxsize=32)
def property_class(name: str) -> str:
    """The inside of a class for `\\p{name}`.

    Raises:
        PatternSyntaxError: it is not supported.
    """
    if name in _POSIX:
        return _POSIX[name]
    category = name.removeprefix("Is")
    category = {"Alphabetic": "L", "Letter": "L", "Uppercase": "Lu", "Lowercase": "Ll", "Digit": "Nd"}.get(
        category, category
    )
    if not re.fullmatch(r"[LMNPSZC][a-z]?", category):
        raise PatternSyntaxError(f"\\p{{{name}}} is not supported")
    inside = [(start, end) for start, end, known in _categories() if known.startswith(category)]
    return "".join(f"\\U{start:08x}-\\U{end:08x}" for start, end in inside)


@lru_cache(maxsize=1)
def _categories() -> tuple[tuple[int, int, str], ...]:
    """The runs of characters of one category: first, last, category.

    Where Unicode has only unassigned and private characters, one in every 16 stands for its row, which takes a tenth
    of the time.
    """
    found: list[tuple[int, int, str]] = []
    for first, last, row in _PLANES:
        start = first
        for known, same in groupby(map(unicodedata.category, map(chr, range(first, last + 1, row)))):
            end = start + row * len(list(same)) - 1
            found.append((start, end, known))
            start = end + 1
    return tuple(found)
