"""`orderBy` as Catalog and sandbox management take it: `desc:created`, `asc:created,updated`. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aeptui.emulator.filters import values_at

Document = dict[str, Any]


def ordered(found: list[Document], orderby: str) -> list[Document]:
    """The documents sorted; a direction holds until the next one, and is `asc` at first."""
    descending = False
    keys: list[tuple[str, bool]] = []
    for part in orderby.split(","):
        direction, colon, name = part.strip().partition(":")
        if colon:
            descending = direction.lower() == "desc"
        keys.append((name if colon else direction, descending))
    for name, down in reversed([pair for pair in keys if pair[0]]):
        found = sorted(found, key=_by(name), reverse=down)
    return found


def _by(name: str) -> Callable[[Document], tuple[int, Any]]:
    return lambda item: _comparable(next(values_at(item, name), None))


def _comparable(value: Any) -> tuple[int, Any]:
    if value is None:
        return 0, 0
    return (1, value) if isinstance(value, int | float) else (2, str(value))
