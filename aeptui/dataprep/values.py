"""What values mean to the language: text, numbers, truth, order, and the operators on them.

Values are Python's own: None, bool, int, float, str, aware datetime, list, dict. Everything here either answers or
raises `TransformError`; the rules are JEXL's where the platform's documents are silent.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from .dates import as_datetime, iso_text
from .effort import check_compared, check_length
from .errors import TransformError, shown

_NUMBERS: Final = frozenset((int, float, Decimal))
_PLAIN: Final = 1e-3
_LARGE: Final = 1e7
_MAX_BITS: Final = 4096

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,400}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?", re.ASCII)


def to_text(value: object) -> str:
    """A scalar as text; dates as ISO 8601, booleans as `true` and `false`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _digits(value)
    if isinstance(value, float):
        return repr(value) if _PLAIN <= abs(value) < _LARGE else _java_number(value)
    if isinstance(value, date):
        return iso_text(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return _decoded(value)
    if value is None:
        raise TransformError("null is not text")
    raise TransformError(f"{shown(value)} is not text")


def _java_number(value: float) -> str:
    """A double outside the range that Java writes without an exponent: 1.0E20, 1.5E-7, NaN."""
    if not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    return f"{'-' * sign}{text[0]}.{text[1:] or '0'}E{len(digits) + int(exponent) - 1}"


def _digits(value: int) -> str:
    if value.bit_length() > _MAX_BITS:
        raise TransformError("the number is too large")
    return str(value)


def _decoded(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TransformError("these bytes are not UTF-8 text") from error


def parse_number(text: str) -> int | float | None:
    """Numeric text as a number (integral text as int), or None when it is not a number."""
    stripped = text.strip()
    if _INTEGER.fullmatch(stripped):
        return int(stripped)
    if _DECIMAL.fullmatch(stripped):
        number = float(stripped)
        return number if math.isfinite(number) else None
    return None


def to_number(value: object) -> int | float:
    """A number, or numeric text, as a number."""
    if isinstance(value, bool):
        raise TransformError(f"{shown(value)} is not a number")
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, str):
        number = parse_number(value)
        if number is not None:
            return number
    raise TransformError(f"{shown(value)} is not a number")


def to_integer(value: object) -> int:
    """An integral number, or text of one."""
    number = to_number(value)
    if isinstance(number, int):
        return number
    if number.is_integer():
        return int(number)
    raise TransformError(f"{shown(value)} is not a whole number")


def truth(value: object) -> bool:
    """The value in a boolean position: null, "", "false" and 0 are false."""
    if value is None or value is False:
        return False
    if value is True:
        return True
    if isinstance(value, str):
        return value not in ("", "false")
    if isinstance(value, (int, float, Decimal)):
        return value != 0 and value == value
    return True


def is_empty(value: object) -> bool:
    """Null, empty text, an empty array or an empty object."""
    return value is None or (isinstance(value, (str, list, tuple, Mapping)) and len(value) == 0)


def canonical_key(value: object) -> str:
    """A text that is equal for equal values; what de-duplicating and object keys need."""
    return json.dumps(value, sort_keys=True, default=str)


# -- comparison


def equal(left: object, right: object) -> bool:
    """`==`: number with numeric text as numbers, dates as instants, null only with null."""
    if left is None or right is None:
        return left is right
    if type(left) is str and type(right) is str:
        return left == right
    if isinstance(left, bool) or isinstance(right, bool):
        return truth(left) == truth(right)
    if isinstance(left, (datetime, date)) or isinstance(right, (datetime, date)):
        try:
            return as_datetime(left) == as_datetime(right)
        except TransformError:
            return False
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        if len(left) != len(right):
            return False
        check_compared(len(left))
        return all(equal(one, other) for one, other in zip(left, right, strict=True))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        if left.keys() != right.keys():
            return False
        check_compared(len(left))
        return all(equal(left[key], right[key]) for key in left)
    try:
        return to_number(left) == to_number(right)
    except TransformError:
        return False


def compare(left: object, right: object, operator: str = "<") -> int:
    """Negative, zero or positive; null has no order."""
    if left is None or right is None:
        raise TransformError("null has no order", function=operator)
    if type(left) is str and type(right) is str:
        # Java compares UTF-16 units, the documents say code points: Python's own order.
        return (left > right) - (left < right)
    if isinstance(left, (datetime, date)) or isinstance(right, (datetime, date)):
        one, other = as_datetime(left), as_datetime(right)
        return (one > other) - (one < other)
    if isinstance(left, bool) and isinstance(right, bool):
        return left - right
    first, second = to_number(left), to_number(right)
    return (first > second) - (first < second)


# -- arithmetic


def _operands(left: object, right: object, operator: str) -> tuple[int | float, int | float]:
    if left is None or right is None:
        raise TransformError("an operand is null", function=operator)
    try:
        return to_number(left), to_number(right)
    except TransformError as error:
        error.function = operator
        raise


def _checked(value: int | float, operator: str) -> int | float:
    if isinstance(value, int):
        if value.bit_length() > _MAX_BITS:
            raise TransformError("the result is too large", function=operator)
    elif not math.isfinite(value):
        raise TransformError("the result is not a finite number", function=operator)
    return value


def add(left: object, right: object) -> object:
    """`+`: a sum of numbers; text as soon as one operand is no number."""
    if left is None or right is None:
        raise TransformError("an operand is null", function="+")
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        one, other = _operands(left, right, "+")
        return _float_safe(lambda: one + other, "+")
    try:
        start, end = to_text(left), to_text(right)
        check_length(len(start) + len(end))
    except TransformError as error:
        error.function = "+"
        raise
    return start + end


def _float_safe(compute: object, operator: str) -> int | float:
    try:
        return _checked(compute(), operator)  # type: ignore[operator]  # a closure over two numbers
    except OverflowError as error:
        raise TransformError("the result is too large", function=operator) from error
    except ValueError as error:  # what is left of an infinite number
        raise TransformError("the result is not a finite number", function=operator) from error


def subtract(left: object, right: object) -> object:
    """`-`"""
    one, other = _operands(left, right, "-")
    return _float_safe(lambda: one - other, "-")


def multiply(left: object, right: object) -> object:
    """`*`"""
    one, other = _operands(left, right, "*")
    return _float_safe(lambda: one * other, "*")


def divide(left: object, right: object) -> object:
    """`/`: integer by integer cuts off toward zero, as in Java."""
    one, other = _operands(left, right, "/")
    if other == 0:
        raise TransformError("division by zero", function="/")
    if isinstance(one, int) and isinstance(other, int):
        quotient = abs(one) // abs(other)
        return quotient if (one < 0) == (other < 0) else -quotient
    return _float_safe(lambda: one / other, "/")


def modulo(left: object, right: object) -> object:
    """`%`: the sign is the dividend's, as in Java."""
    one, other = _operands(left, right, "%")
    if other == 0:
        raise TransformError("division by zero", function="%")
    if isinstance(one, int) and isinstance(other, int):
        rest = abs(one) % abs(other)
        return rest if one >= 0 else -rest
    return _float_safe(lambda: math.fmod(one, other), "%")


def bits(left: object, right: object, operator: str) -> int:
    """`|`, `^` and `&` on integers."""
    if left is None or right is None:
        raise TransformError("an operand is null", function=operator)
    try:
        one, other = to_integer(left), to_integer(right)
    except TransformError as error:
        error.function = operator
        raise
    if operator == "|":
        return one | other
    return one ^ other if operator == "^" else one & other
