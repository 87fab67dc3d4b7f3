"""Flow Service's list calls: property filters, order, count, limit and continuation tokens.

`GET /{resource}/{id}` answers the same envelope with one item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from starlette.datastructures import QueryParams

from aeptui.emulator.errors import flow_error
from aeptui.emulator.filters import Condition, FilterError, conditions, holds
from aeptui.emulator.http import integer
from aeptui.emulator.paging import PagingError, decode_token, encode_token, order
from aeptui.emulator.shelf import Shelf

Document = dict[str, Any]
Rows = Iterable[tuple[int, Document]]

DEFAULT_LIMIT: Final = 100
MOST: Final = 1000
_REPEATED: Final = ("orderby", "limit")


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


def answer(resource: str, shelf: Shelf, query: QueryParams, view: Callable[[Document], Document]) -> Document:
    """The body of a list answer.

    Args:
        view: Applied to the items of the page only.
    """
    token = query.get("continuationToken")
    try:
        content = decode_token(token) if token else {}
        carried = content.get("query", {})
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
    except (ValueError, TypeError, IndexError) as error:
        raise flow_error(1441, f"The query is not valid: {error}") from error
    links: Document = {}
    if cut.token is not None:
        repeated: Document = {"property": expressions, "orderby": orderby, "limit": limit_text}
        following = encode_token({**decode_token(cut.token), "query": {k: v for k, v in repeated.items() if v}})
        links["next"] = {"href": f"/{resource}?continuationToken={following}"}
    return {"items": [view(item) for item in cut.items], "_links": links}
