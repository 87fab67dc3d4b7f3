"""Pages of a list with continuation tokens. Pure: it sorts, cuts and names the next page.

A token says after which item to go on, so items created meanwhile neither repeat nor vanish. Tokens end in `=` on
purpose: the platform's do, so a client that takes a query apart at `=` meets here what it will meet there. aepp does
just that and sends the token back without its padding (aep-api.md section 2.2); both forms name the same page.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from aeptui.emulator.filters import values_at


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
    if value is None:
        return 0, 0, place
    return (1, value, place) if isinstance(value, int | float) else (2, str(value), place)


def page(
    rows: Sequence[tuple[int, dict[str, Any]]], *, orderby: str | None, limit: int, after: list[Any] | None
) -> Page:
    """Sort (place, item) rows, go on after a key, and cut.

    Args:
        after: The key inside a token; None for the first page.
    """
    name, descending = order(orderby)
    keyed = sorted(((_key(item, name, place), item) for place, item in rows), key=lambda pair: pair[0])
    if descending:
        keyed.reverse()
    if after is not None:
        mark: Key = (int(after[0]), after[1], int(after[2]))
        keyed = [pair for pair in keyed if (pair[0] < mark if descending else pair[0] > mark)]
    cut = keyed[:limit]
    more = len(keyed) > limit
    return Page([item for _, item in cut], encode_token({"after": list(cut[-1][0])}) if more and cut else None)
