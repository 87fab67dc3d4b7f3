"""Java regular expressions: translated to Python's, compiled once, and kept from running away."""

from __future__ import annotations

import re
from functools import lru_cache

from .errors import TransformError, shown


@lru_cache(maxsize=512)
def compile_regex(pattern: str) -> re.Pattern[str]:
    """Compile a Java regular expression.

    Raises:
        TransformError: it is not well formed.
    """
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise TransformError(f"{shown(pattern)} is not a regular expression: {error}", argument="regex") from error


def matches(text: str, pattern: str) -> bool:
    """Whether the whole text matches, as Java's `matches` does."""
    return compile_regex(pattern).fullmatch(text) is not None


def extract(text: str, pattern: str) -> list[str | None]:
    """The first match and its groups; empty when there is none."""
    match = compile_regex(pattern).search(text)
    return [] if match is None else [match.group(), *match.groups()]


def split_by(text: str, pattern: str) -> list[str]:
    """The pieces of the text between the matches."""
    pieces: list[str] = []
    start = 0
    for match in compile_regex(pattern).finditer(text):
        if match.end() == 0:
            continue
        pieces.append(text[start : match.start()])
        start = match.end()
    return [*pieces, text[start:]]
