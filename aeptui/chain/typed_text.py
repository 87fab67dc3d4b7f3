"""Text that is being typed and was not accepted yet: kept at every key, so that not even a killed process loses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Typing:
    """Text that is being typed, and where it belongs."""

    section: str
    """Of the editor."""
    place: str
    """What is asked for there: the key of a setting, the number of a mapping row, or `new`; empty: not known."""
    title: str
    """What the form or the question is called."""
    text: TypedText

    def to_json(self) -> dict[str, Any]:
        """As it stands in the edit log."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Typing:
        """From what stands in the edit log.

        Raises:
            ValueError: it is something else.
        """
        try:
            text = given["text"]
            read = TypedText(tuple(map(str, text["texts"])), int(text["line"]), int(text["caret"]), str(text["kind"]))
            return cls(str(given["section"]), str(given["place"]), str(given["title"]), read)
        except (LookupError, TypeError) as error:
            raise ValueError("This is no typed text.") from error
