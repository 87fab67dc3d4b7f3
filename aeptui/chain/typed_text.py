"""Text that is being typed and was not accepted yet: kept at every key, so that not even a killed process loses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TypedText:
    """What stands in the lines of a form or a question, and where the caret is."""

    texts: tuple[str, ...]
    """One for each line, from the top."""
    line: int = 0
    """The line the caret is in, counted from 0."""
    caret: int = 0
    """The characters before it."""
    kind: str = ""
    """What else the form knows of it, in its own words."""


Typed = Callable[[TypedText], None]
"""Is told at every key what stands there now."""


def untold(_text: TypedText) -> None:
    """For who does not want to know."""
