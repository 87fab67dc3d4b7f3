"""Pages that come again. Flow Service and the registry name their next page, so the answer names the same one again;
the other services are asked by offset, so what lies there is moved: the page before comes again, and all later ones a
page later. A client that stops at a short page never gets to a second one there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

from aeptui.emulator.faults.answers import Held
from aeptui.emulator.faults.rules import Call
from aeptui.emulator.paging import PagingError, decode_token, encode_token

_BY_OFFSET: Final = {
    "catalog": ("start", 20),
    "conversion": ("start", 10),
    "export": ("start", 100),
    "sandbox-management": ("offset", 50),
}
"""Service -> what the offset is called, and the limit of a call that names none."""
_OURS: Final = "again"
_TOKENS: Final = {"flowservice": "continuationToken", "schemaregistry": "start"}


def by_offset(call: Call) -> bool:
    """Whether a list is asked for by offset."""
    return call.service in _BY_OFFSET


def is_later_page(call: Call) -> bool:
    """Whether a list that is asked for by offset is asked for beyond its first page."""
    return by_offset(call) and _number(call.first(_BY_OFFSET[call.service][0])) > 0


def unwrapped(call: Call) -> Call | None:
    """What a call for a page again really asks for; None when it is no such call."""
    token = call.first(_TOKENS.get(call.service, ""))
    if not token:
        return None
    try:
        query = decode_token(token).get(_OURS)
    except PagingError:
        return None
    return replace(call, query_string=query) if isinstance(query, str) else None


def with_page_again(call: Call, answer: Held) -> Held | None:
    """The answer, its next page being the same page again; None when it is no page of a list."""
    body = answer.json()
    if answer.status != 200 or not isinstance(body, dict):
        return None
    token = encode_token({_OURS: call.query_string})
    links: dict[str, Any] = body["_links"] if isinstance(body.get("_links"), dict) else {}
    if call.service == "flowservice" and isinstance(body.get("items"), list) and "_links" in body:
        resource = call.path.rpartition("/")[2]
        href = f"/{resource}?continuationToken={token}"
        return answer.with_json({**body, "_links": {**links, "next": {"href": href}}})
    if (
        call.service == "schemaregistry"
        and isinstance(body.get("results"), list)
        and isinstance(body.get("_page"), dict)
    ):
        orderby = body["_page"].get("orderby") or "updated"
        href = f"{call.path}?{urlencode({'orderby': orderby, 'start': token})}"
        return answer.with_json(
            {**body, "_page": {**body["_page"], "next": token}, "_links": {**links, "next": {"href": href}}}
        )
    return None


class Offsets:
    """By how much the pages of each list that is asked for by offset have moved."""

    def __init__(self) -> None:
        self._moved: dict[tuple[str, ...], int] = {}

    def concern(self, call: Call) -> bool:
        """Whether pages of this list have moved."""
        return any(key[:2] == (call.sandbox, call.path) for key in self._moved)

    def moved(self, call: Call, *, again: bool) -> Call:
        """The call whose answer it gets.

        Args:
            again: The page before is to come again.
        """
        name, usual = _BY_OFFSET[call.service]
        start, limit = _number(call.first(name)), _number(call.first("limit")) or usual
        rest = [(key, value) for key, value in call.query if key not in (name, "limit")]
        key = (call.sandbox, call.path, *map(str, sorted(rest)))
        if not start:
            self._moved.pop(key, None)
            return call
        if again:
            self._moved[key] = self._moved.get(key, 0) + limit
        if key not in self._moved:
            return call
        query = parse_qs(call.query_string, keep_blank_values=True)
        query[name] = [str(max(0, start - self._moved[key]))]
        return replace(call, query_string=urlencode(query, doseq=True))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
