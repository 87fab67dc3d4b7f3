"""In which order lists go: by which fields, and how values of different kinds stand among each other. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from aeptui.emulator.filters import values_at

Document = dict[str, Any]


class Order(NamedTuple):
    """By which field a list goes; `path` "" is the order of creation."""

    path: str
    descending: bool


CREATION: Final = Order("", descending=False)


def orders_of(text: str) -> list[Order]:
    """`orderBy` as Catalog and sandbox management take it: `desc:created`, `asc:created,updated`.

    A direction holds until the next one, and is `asc` at first.

    Raises:
        ValueError: a direction is neither `asc` nor `desc`.
    """
    descending = False
    orders: list[Order] = []
    for part in text.split(","):
        direction, colon, name = part.strip().partition(":")
        if colon:
            if direction.lower() not in ("asc", "desc"):
                raise ValueError(f"The direction {direction} in orderBy must be asc or desc.")
            descending = direction.lower() == "desc"
        if field := name if colon else direction:
            orders.append(Order(field, descending))
    return orders


def ordered(found: Iterable[Document], orders: Iterable[Order]) -> list[Document]:
    """The documents sorted by one field after the other; those with equal values stay as they were."""
    documents = list(found)
    for path, descending in reversed(list(orders)):
        documents.sort(key=_by(path), reverse=descending)
    return documents


def comparable(value: object) -> tuple[int, Any]:
    """A value among others: what is absent first, then numbers, then text."""
    if value is None:
        return 0, 0
    return (1, value) if isinstance(value, int | float) else (2, str(value))


def _by(path: str) -> Callable[[Document], tuple[int, Any]]:
    return lambda document: comparable(next(values_at(document, path), None))
