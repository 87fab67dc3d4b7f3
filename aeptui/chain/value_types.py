"""What kind of values a column has, told from its sample rows: the type of a field for it, and why, in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from aeptui.chain.automap_values import TOLERATED
from aeptui.dataprep import DataPrepError, coerce

_WHOLE: Final = re.compile(r"-?(?:0|[1-9]\d{0,14})")
"""A leading zero, or more digits than a number keeps exactly: that is an id or a code, not an amount."""
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9]\d*)\.\d+(?:[eE][+-]?\d+)?")
_DAY: Final = re.compile(r"(?=.*\d)[\w]{1,4}[-/. ]\w{1,4}[-/. ]\w{1,4}")
_MOMENT: Final = re.compile(r".*\d[T ]\d{1,2}:\d\d.*")
_LARGEST_INTEGER: Final = 2**31 - 1
_NAMED: Final = {
    "boolean": "true or false",
    "integer": "whole numbers",
    "long": "whole numbers",
    "number": "numbers",
    "date": "dates",
    "date-time": "moments",
    "object": "objects",
    "string": "text",
}
_CODES: Final = re.compile(
    r"(?i:(?:^|[^a-z])(?:ids?|zip|code|phone|mobile|fax|postal)(?:$|[^a-z]))|[a-z](?:Id|ID|Code|Zip|Phone)$"
)
"""Columns of numbers that nobody calculates with."""


@dataclass(frozen=True)
class ValueKind:
    """What the values of a column are."""

    type: str
    """An XDM word for one value; of lists for one item."""
    is_array: bool = False
    words: str = ""
    """`50 of 50 values are dates`; empty when there are no values."""


def kind_of(values: Sequence[object], column: str = "") -> ValueKind:
    """The kind of most of the values; text when nothing narrower is true of nine in ten.

    Args:
        values: Of one column, empty ones included.
        column: Its name, which tells a code from an amount.
    """
    known = [value for value in values if value is not None and value != ""]
    if not known:
        return ValueKind("string", False, f"no value in {len(values)} sample rows" if values else "")
    lists = [value for value in known if isinstance(value, list | tuple)]
    if len(lists) * 2 > len(known):
        items = [item for value in lists for item in value]
        of_items = kind_of(items, column)
        return ValueKind(of_items.type, True, f"{len(lists)} of {len(known)} values are lists")
    kinds = [_kind(value) for value in known]
    kind, fitting = _most(kinds)
    if kind in ("integer", "long", "number") and _CODES.search(column):
        return ValueKind("string", False, "numbers, but called like a code")
    if kind == "integer" and any(abs(int(str(value))) > _LARGEST_INTEGER for value in known if _is_whole(value)):
        kind = "long"
    return ValueKind(kind, False, f"{fitting} of {len(known)} values are {_NAMED[kind]}")


def misfits(values: Sequence[object], type_name: str) -> list[object]:
    """The values that cannot become this type."""
    bad = []
    for value in values:
        if value is None or value == "":
            continue
        try:
            coerce(value, type_name)
        except DataPrepError:
            bad.append(value)
    return bad


def _most(kinds: Sequence[str]) -> tuple[str, int]:
    enough = len(kinds) * (1 - TOLERATED)
    for kind, included in (
        ("boolean", ("boolean",)),
        ("integer", ("integer",)),
        ("number", ("integer", "number")),
        ("date", ("date",)),
        ("date-time", ("date", "date-time")),
        ("object", ("object",)),
    ):
        fitting = sum(one in included for one in kinds)
        if fitting >= enough:
            return kind, fitting
    return "string", len(kinds)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, date):
        return "date-time" if isinstance(value, datetime) else "date"
    if isinstance(value, dict):
        return "object"
    text = str(value).strip()
    if text.lower() in ("true", "false"):
        return "boolean"
    if _WHOLE.fullmatch(text):
        return "integer"
    if _DECIMAL.fullmatch(text):
        return "number"
    return _kind_of_date(text)


def _kind_of_date(text: str) -> str:
    kind = "date-time" if _MOMENT.fullmatch(text) else "date" if _DAY.fullmatch(text) else ""
    if kind and not misfits([text], kind):
        return kind
    return "string"


def _is_whole(value: object) -> bool:
    return not isinstance(value, bool) and _WHOLE.fullmatch(str(value).strip()) is not None
