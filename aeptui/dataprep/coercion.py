"""Values into XDM types.

What is not documented as accepted is an error: a rehearsal must not be kinder than the platform.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from .dates import as_datetime, parse_date
from .errors import CoercionError, TransformError, shown
from .values import to_text

Coercer = Callable[[object], object]

TRUE_TEXTS: Final = frozenset(("y", "yes", "Y", "YES", "on", "ON", "true", "TRUE"))
FALSE_TEXTS: Final = frozenset(("n", "no", "N", "NO", "off", "OFF", "false", "FALSE"))
_BOOLEANS: Final = {**dict.fromkeys(TRUE_TEXTS, True), **dict.fromkeys(FALSE_TEXTS, False)}
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?", re.ASCII)
_BITS: Final = {"integer": 32, "long": 64, "short": 16, "byte": 8}


def coerce(value: object, type_name: str) -> object:
    """Make a value of an XDM type: str, bool, int, float, date, aware datetime in UTC, list or dict.

    Args:
        value: As the row or an expression gave it. Null and empty text become None for every type.
        type_name: string, boolean, integer, long, short, byte, number, date, date-time, object, array or map.
    Raises:
        CoercionError: the value cannot become the type; the text names both.
    """
    return coercer(type_name)(value)


def coercer(type_name: str) -> Coercer:
    """The function that `coerce` uses for a type; take it once per column.

    Raises:
        CoercionError: there is no such type.
    """
    try:
        return _COERCERS[type_name]
    except KeyError:
        raise CoercionError(f"{type_name!r} is not an XDM type", type_name=type_name) from None


def _refuse(value: object, type_name: str, because: str = "") -> CoercionError:
    article = "an" if type_name[0] in "aeio" else "a"
    kind = _kind(value)
    text = f"{kind} cannot become {article} {type_name}"
    return CoercionError(f"{text}: {because}" if because else text, type_name=type_name)


def _kind(value: object) -> str:
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if isinstance(value, bool):
        return f"the boolean {shown(value)}"
    if isinstance(value, (int, float, Decimal)):
        return f"the number {shown(value)}"
    return shown(value)


def _string(value: object) -> object:
    if type(value) is str:
        return value or None
    if value is None:
        return None
    try:
        return to_text(value) or None
    except (TransformError, ValueError) as error:
        raise _refuse(value, "string") from error


def _boolean(value: object) -> object:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        known = _BOOLEANS.get(value)
        if known is not None:
            return known
    raise _refuse(value, "boolean")


def _integral(type_name: str) -> Coercer:
    bits = _BITS[type_name]
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def convert(value: object) -> object:
        number: int
        if type(value) is str:
            if not value:
                return None
            if not _WHOLE.fullmatch(value):
                raise _refuse(value, type_name)
            number = int(value)
        elif value is None:
            return None
        else:
            number = _whole(value, type_name)
        if low <= number <= high:
            return number
        raise _refuse(value, type_name, f"it does not fit into {bits} bits")

    return convert


def _whole(value: object, type_name: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    raise _refuse(value, type_name)


def _number(value: object) -> object:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if not _DECIMAL.fullmatch(value):
            raise _refuse(value, "number")
    elif not isinstance(value, (int, float, Decimal)) or isinstance(value, bool):
        raise _refuse(value, "number")
    try:
        number = float(value)
    except OverflowError as error:
        raise _refuse(value, "number", "it is too large") from error
    if math.isfinite(number):
        return number
    raise _refuse(value, "number", "it is not a finite number")


def _instant(value: object, type_name: str) -> datetime:
    if type(value) is str:
        try:
            return parse_date(value)
        except TransformError as error:
            raise _refuse(value, type_name) from error
    if isinstance(value, date):
        return as_datetime(value)
    raise _refuse(value, type_name)


def _date(value: object) -> object:
    """The calendar date in the value's own zone."""
    if value is None or value == "":
        return None
    return _instant(value, "date").date()


def _date_time(value: object) -> object:
    """The instant in UTC, cut to milliseconds."""
    if value is None or value == "":
        return None
    instant = _instant(value, "date-time")
    try:
        if instant.tzinfo is not UTC:
            instant = instant.astimezone(UTC)
    except OverflowError as error:
        raise _refuse(value, "date-time", "it is outside the calendar") from error
    if instant.microsecond % 1000:
        instant = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    return instant


def _array(value: object) -> object:
    if value is None or value == "":
        return None
    if isinstance(value, (list, tuple)):
        return list(value)
    raise _refuse(value, "array", "wrap a single value with to_array")


def _object(type_name: str) -> Coercer:
    def convert(value: object) -> object:
        if value is None or value == "":
            return None
        if isinstance(value, Mapping):
            return dict(value)
        raise _refuse(value, type_name)

    return convert


_COERCERS: Final[dict[str, Coercer]] = {
    "string": _string,
    "boolean": _boolean,
    **{name: _integral(name) for name in _BITS},
    "number": _number,
    "date": _date,
    "date-time": _date_time,
    "array": _array,
    "object": _object("object"),
    "map": _object("map"),
}
TYPES: Final = tuple(_COERCERS)
"""The XDM types, by name."""
