"""Text to numbers. A text that is no such number fails the row's field; nothing is rounded or cut off."""

from __future__ import annotations

import re
import struct
from decimal import Decimal
from typing import Final

from aeptui.dataprep.errors import TransformError, shown
from aeptui.dataprep.values import is_empty, parse_number, to_number

from .registry import Category

FUNCTIONS = Category("conversion")

_INT_MIN: Final = -(2**31)
_INT_MAX: Final = 2**31 - 1
_SINGLE: Final = struct.Struct("<f")
_DIGITS: Final = range(6, 18)
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,400}", re.ASCII)


def _whole(value: object) -> int:
    if isinstance(value, str):
        if not _WHOLE.fullmatch(value):
            raise TransformError(f"{shown(value)} is not a whole number", argument="text")
        return int(value)
    number = _number(value)
    if isinstance(number, float):
        if not number.is_integer():
            raise TransformError(f"{shown(value)} is not a whole number", argument="text")
        return int(number)
    return number


def _number(value: object) -> int | float:
    if isinstance(value, str):
        number = parse_number(value) if value == value.strip() else None
        if number is None:
            raise TransformError(f"{shown(value)} is not a number", argument="text")
        return number
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return to_number(value)
    raise TransformError(f"{shown(value)} is not a number", argument="text")


@FUNCTIONS.plain("to_integer(text)", "Reads a whole number of 32 bits.", 'to_integer("12")', "integer", nulls="given")
def _to_integer(value: object) -> int | None:
    if is_empty(value):
        return None
    number = _whole(value)
    if not _INT_MIN <= number <= _INT_MAX:
        raise TransformError(f"{shown(value)} does not fit into 32 bits", argument="text")
    return number


@FUNCTIONS.plain(
    "to_bigint(text)", "Reads a whole number of any size.", 'to_bigint("1000000")', "integer", nulls="given"
)
def _to_bigint(value: object) -> int | None:
    return None if is_empty(value) else _whole(value)


@FUNCTIONS.plain("to_decimal(text)", "Reads a decimal number.", 'to_decimal("20.5")', "number", nulls="given")
def _to_decimal(value: object) -> float | None:
    return None if is_empty(value) else float(_number(value))


@FUNCTIONS.plain(
    "to_float(text)",
    "Reads a decimal number of single precision: about seven digits.",
    'to_float("12.3456")',
    "number",
    nulls="given",
)
def _to_float(value: object) -> float | None:
    return None if is_empty(value) else _single(float(_number(value)))


def _single(number: float) -> float:
    """The nearest number of 32 bits, with no more digits than Java prints of it."""
    if number != number:
        return number
    try:
        bits = _SINGLE.pack(number)
        (nearest,) = _SINGLE.unpack(bits)
    except OverflowError as error:
        raise TransformError(f"{shown(number)} is too large", argument="text") from error
    return next(short for digits in _DIGITS if _SINGLE.pack(short := float(f"{nearest:.{digits}g}")) == bits)
