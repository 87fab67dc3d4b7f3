"""Pages of a list with continuation tokens. Pure: it sorts, cuts and names the next page.

A token says after which item to go on, so items created meanwhile neither repeat nor vanish. Tokens end in `=` on
purpose: the platform's do, so a client that takes a query apart at `=` meets here what it will meet there. aepp does
just that and sends the token back without its padding (aep-api.md section 2.2); both forms name the same page.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from aeptui.emulator.filters import values_at
from aeptui.emulator.ordering import comparable


class PagingError(ValueError):
    """The query cannot be answered; `code` are Flow Service's four digits."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Page(NamedTuple):
    """One page, and the token of the next one (None on the last)."""

    items: list[dict[str, Any]]
    token: str | None


Key = tuple[int, Any, int]
"""(rank of the kind of value, value, place): how items are sorted, and what a token carries."""

_WIDEST: Final = 2**63
"""Larger numbers are in no store."""


def encode_token(content: dict[str, Any]) -> str:
    """A token that ends in `=`."""
    text = json.dumps(content, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text if len(text) % 3 else text + b" ").decode()


def decode_token(token: str) -> dict[str, Any]:
    """The content of a token, whether its `=` padding is there or was cut off. Raises PagingError when it is none."""
    bare = token.rstrip("=").encode()
    try:
        content = json.loads(base64.b64decode(bare + b"=" * (-len(bare) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise PagingError(1442, "The continuation token is not valid.") from error
    if not isinstance(content, dict):
        raise PagingError(1442, "The continuation token is not valid.")
    return content


def order(text: str | None) -> tuple[str, bool]:
    """(field, descending) of an `orderby`; a leading `+` arrives as a space."""
    if not text:
        return "", False
    descending, name = text[0] == "-", text[1:] if text[0] in "+- " else text
    if not name[:1].isalpha():
        raise PagingError(1432, f"The orderby {text} must start with + or - and a field.")
    return name, descending


def _key(item: dict[str, Any], name: str, place: int) -> Key:
    value = next(values_at(item, name), None) if name else None
    if isinstance(value, dict | list):
        raise PagingError(1433, f"The field {name} cannot be sorted by.")
    return *comparable(value), place


def mark_of(after: object) -> Key:
    """The key inside a token. Raises PagingError for one that no page ended with."""
    match after:
        case [0, 0, int(place)] if abs(place) < _WIDEST:
            return 0, 0, place
        case [1, int(value) | float(value), int(place)] if max(abs(value), abs(place)) < _WIDEST:
            return 1, value, place
        case [2, str(value), int(place)] if abs(place) < _WIDEST:
            return 2, value, place
    raise PagingError(1442, "The continuation token is not valid.")


def page(rows: Sequence[tuple[int, dict[str, Any]]], *, orderby: tuple[str, bool], limit: int, after: Any) -> Page:
    """Sort (place, item) rows, go on after a key, and cut.

    Args:
        orderby: (field, descending), as `order` reads it.
        after: The key inside a token; None for the first page.
    """
    name, descending = orderby
    keyed = sorted(((_key(item, name, place), item) for place, item in rows), key=lambda pair: pair[0])
    if descending:
        keyed.reverse()
    if after is not None:
        mark = mark_of(after)
        keyed = [pair for pair in keyed if (pair[0] < mark if descending else pair[0] > mark)]
    return cut(keyed, limit)


def cut(keyed: Sequence[tuple[Key, dict[str, Any]]], limit: int) -> Page:
    """The first items of a sorted list that may go on; the token names the last of them."""
    items = keyed[:limit]
    more = len(keyed) > limit
    return Page([item for _, item in items], encode_token({"after": list(items[-1][0])}) if more and items else None)
