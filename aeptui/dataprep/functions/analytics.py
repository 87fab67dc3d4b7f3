"""Functions over the event and product strings of Adobe Analytics. Parts that are missing are null.

An event string is `event101=5:123456,event2:77,scOpen`: names, each with a value and an id where it has one. A product
string is `category;name;quantity;price;events;evars`, products separated by commas, events and evars by pipes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from aeptui.dataprep.errors import TransformError

from .registry import Category, text_argument

FUNCTIONS = Category("analytics")

_CATEGORY, _NAME, _QUANTITY, _PRICE, _EVENTS, _EVARS = range(6)
_MOST_PRODUCTS: Final = 10_000
_NO_VALUE: Final = "1"
"""An event without a value counts once."""


def _pairs(text: str, separator: str) -> Iterator[tuple[str, str]]:
    """(name, what stands behind its `=`) of each entry."""
    for entry in text.split(separator):
        name, _, rest = entry.strip().partition("=")
        if name:
            yield name, rest


def _event(events: str, name: str, separator: str) -> tuple[str, str] | None:
    """(value, id) of an event, either empty where there is none; None: it is not in the string."""
    for entry in events.split(separator):
        # An id may also follow a name that has no value: event101:123456
        told, _, identifier = entry.strip().partition(":")
        known, _, value = told.partition("=")
        if known and known == name:
            return value, identifier
    return None


@FUNCTIONS.plain(
    "aa_get_event_id(events, name)",
    "The id of an event in an Analytics event string; null when it has none.",
    'aa_get_event_id("event101=5:123456,scOpen", "event101")',
    "string",
)
def _get_event_id(events: object, name: object) -> str | None:
    found = _event(text_argument(events, "events"), text_argument(name, "name"), ",")
    return (found[1] or None) if found is not None else None


@FUNCTIONS.plain(
    "aa_get_event_value(events, name)",
    "The value of an event in an Analytics event string; 1 when it has none, null when the event is not there.",
    'aa_get_event_value("event101=5:123456,scOpen", "event101")',
    "string",
)
def _get_event_value(events: object, name: object) -> str | None:
    found = _event(text_argument(events, "events"), text_argument(name, "name"), ",")
    return (found[0] or _NO_VALUE) if found is not None else None


def _products(products: object) -> Iterator[list[str]]:
    text = text_argument(products, "products")
    if text.count(",") >= _MOST_PRODUCTS:
        raise TransformError(f"there are more than {_MOST_PRODUCTS} products", argument="products")
    for product in text.split(","):
        parts = [part.strip() for part in product.split(";")]
        yield parts + [""] * (_EVARS + 1 - len(parts))


def _register(name: str, place: int, what: str, example: str) -> None:
    def body(products: object) -> list[str | None]:
        return [product[place] or None for product in _products(products)]

    FUNCTIONS.plain(
        f"{name}(products)", f"The {what} of each product in an Analytics product string.", example, "array"
    )(body)


_TWO: Final = ";Example product 1;1;3.50,Example category 2;Example product 2;1;5.99"
_register("aa_get_product_categories", _CATEGORY, "category", f'aa_get_product_categories("{_TWO}")')
_register("aa_get_product_names", _NAME, "name", f'aa_get_product_names("{_TWO}")')
_register("aa_get_product_quantities", _QUANTITY, "quantity", f'aa_get_product_quantities("{_TWO}")')
_register("aa_get_product_prices", _PRICE, "price", f'aa_get_product_prices("{_TWO}")')


def _of_each(products: object, read: Callable[[list[str]], str | None]) -> list[str | None]:
    return [read(product) for product in _products(products)]


@FUNCTIONS.plain(
    "aa_get_product_event_values(products, event)",
    "The value of an event for each product; 1 where the event has none, null where the event is not there.",
    'aa_get_product_event_values(";Example product 1;1;4.20;event1=2.3|event2=5:1", "event2")',
    "array",
)
def _get_product_event_values(products: object, event: object) -> list[str | None]:
    name = text_argument(event, "event")

    def read(product: list[str]) -> str | None:
        found = _event(product[_EVENTS], name, "|")
        return (found[0] or _NO_VALUE) if found is not None else None

    return _of_each(products, read)


@FUNCTIONS.plain(
    "aa_get_product_evars(products, evar)",
    "The text of a merchandising eVar for each product; null where it is not there.",
    'aa_get_product_evars(";Example product;1;6.69;;eVar1=Merchandising value", "eVar1")',
    "array",
)
def _get_product_evars(products: object, evar: object) -> list[str | None]:
    name = text_argument(evar, "evar")

    def read(product: list[str]) -> str | None:
        return next((value or None for known, value in _pairs(product[_EVARS], "|") if known == name), None)

    return _of_each(products, read)
