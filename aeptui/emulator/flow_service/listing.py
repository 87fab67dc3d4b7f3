"""Flow Service's list calls and searches: property filters, order, count, limit and continuation tokens.

`GET /{resource}/{id}` answers the same envelope with one item. A search is a list whose query came in a body; the
grammar of its `queryString` is not documented: it is taken for the property expressions of a list (inferred).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from starlette.datastructures import QueryParams

from aeptui.emulator.errors import flow_error
from aeptui.emulator.filters import Condition, FilterError, conditions, holds
from aeptui.emulator.http import integer
from aeptui.emulator.paging import Page, PagingError, decode_token, encode_token, order, page
from aeptui.emulator.shelf import Shelf

Document = dict[str, Any]
Rows = Iterable[tuple[int, Document]]

DEFAULT_LIMIT: Final = 100
MOST: Final = 1000
_SEARCH: Final = {"queryString": str, "orderby": str, "projectionFields": str, "limit": int, "count": bool}


def conditions_of(expressions: list[str]) -> list[Condition]:
    """Every property expression. Raises ServiceError 1440."""
    try:
        return conditions(expressions)
    except FilterError as error:
        raise flow_error(1440, str(error)) from error


def filtered(rows: Rows, expressions: list[str]) -> list[tuple[int, Document]]:
    """The rows that hold for every property expression. Raises ServiceError 1440."""
    given = conditions_of(expressions)
    return [(place, item) for place, item in rows if holds(given, item)]


class Catalogue:
    """A few documents that are not in the store, listed as if they were."""

    def __init__(self, items: Iterable[Document]) -> None:
        self._rows = list(enumerate(items))

    def count(self, given: list[Condition]) -> int:
        """How many hold for all conditions."""
        return len(self._chosen(given))

    def page(self, given: list[Condition], *, orderby: tuple[str, bool], limit: int, after: object) -> Page:
        """One page of those that do."""
        return page(self._chosen(given), orderby=orderby, limit=limit, after=after)

    def _chosen(self, given: list[Condition]) -> list[tuple[int, Document]]:
        return [(place, item) for place, item in self._rows if holds(given, item)]


def answer(
    resource: str, shelf: Shelf | Catalogue, query: QueryParams, view: Callable[[Document], Document]
) -> Document:
    """The body of a list answer.

    Args:
        view: Applied to the items of the page only.
    """
    token = query.get("continuationToken")
    try:
        content = decode_token(token) if token else {}
        carried = content.get("query") or {}
        if not isinstance(carried, dict):
            raise PagingError(1442, "The continuation token is not valid.")
        expressions = query.getlist("property") or list(carried.get("property", []))
        orderby = query.get("orderby") or carried.get("orderby")
        limit_text = query.get("limit") or carried.get("limit")
        counting = query.get("count", "false").lower() == "true"
        if counting and query.get("limit") is not None:
            raise flow_error(1401, "limit cannot be used together with count.")
        given = conditions_of(expressions)
        if counting:
            return {"count": shelf.count(given)}
        limit = integer(limit_text, DEFAULT_LIMIT, least=1)
        cut = shelf.page(given, orderby=order(orderby), limit=min(limit, MOST), after=content.get("after"))
    except PagingError as error:
        raise flow_error(error.code, str(error)) from error
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise flow_error(1441, f"The query is not valid: {error}") from error
    links: Document = {}
    if cut.token is not None:
        repeated: Document = {"property": expressions, "orderby": orderby, "limit": limit_text}
        following = encode_token({**decode_token(cut.token), "query": {k: v for k, v in repeated.items() if v}})
        links["next"] = {"href": f"/{resource}?continuationToken={following}"}
    return {"items": [view(item) for item in cut.items], "_links": links}


def search_query(body: Document, token: str | None) -> QueryParams:
    """The body of a search as the query of a list. Raises ServiceError 1441 for what is no search.

    Args:
        token: The continuation token, which comes in the query here too.
    """
    for name, value in body.items():
        kind = _SEARCH.get(name)
        if kind is None:
            raise flow_error(1441, f"{name} is not supported in a search: {', '.join(_SEARCH)}.")
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            raise flow_error(1441, f"{name} is not valid.")
    limit = body.get("limit")
    if limit is not None and limit > MOST:
        raise flow_error(1441, f"limit must be at most {MOST}.")
    parts = [part for part in (body.get("queryString") or "").split("&") if part.strip()]
    pairs = [("property", part.strip().removeprefix("property=")) for part in parts]
    given = {"orderby": body.get("orderby"), "limit": limit, "count": body.get("count"), "continuationToken": token}
    pairs += [(name, str(value)) for name, value in given.items() if value is not None]
    return QueryParams(pairs)


def projected(body: Document, view: Callable[[Document], Document]) -> Callable[[Document], Document]:
    """The view of a search: only its `projectionFields` (names between commas), if it has any."""
    names = {name.strip() for name in (body.get("projectionFields") or "").split(",")} - {""}
    if not names:
        return view
    return lambda item: {name: value for name, value in view(item).items() if name in names}
