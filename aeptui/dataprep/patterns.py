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
