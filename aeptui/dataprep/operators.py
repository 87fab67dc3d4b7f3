"""The operators as data: what each means, for the compiler, for help and for the platform's operators endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from . import values
from .effort import check_compared
from .errors import TransformError
from .patterns import matches


@dataclass(frozen=True, slots=True)
class Operator:
    """One infix operator; `word` is its spelled form, empty when it has none."""

    symbol: str
    word: str
    name: str
    description: str
    apply: Callable[[object, object], object] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class PrefixOperator:
    """One prefix operator."""

    symbol: str
    word: str
    name: str
    description: str
    apply: Callable[[object], object] = field(repr=False, compare=False)


def _contained(value: object, container: object) -> bool:
    """`=~`: a regular expression that the whole text matches, or membership in an array or an object's keys."""
    if container is None or value is None:
        return False
    if isinstance(container, (list, tuple)):
        check_compared(len(container))
        return any(values.equal(value, item) for item in container)
    if isinstance(container, Mapping):
        check_compared(len(container))
        return any(values.equal(value, key) for key in container)
    return matches(values.to_text(value), values.to_text(container))


def _starts(value: object, start: object) -> bool:
    return value is not None and start is not None and values.to_text(value).startswith(values.to_text(start))


def _ends(value: object, end: object) -> bool:
    return value is not None and end is not None and values.to_text(value).endswith(values.to_text(end))


def _negate(value: object) -> object:
    if value is None:
        raise TransformError("the operand is null", function="-")
    return -values.to_number(value)


def _plus(value: object) -> object:
    if value is None:
        raise TransformError("the operand is null", function="+")
    return values.to_number(value)


def _complement(value: object) -> object:
    if value is None:
        raise TransformError("the operand is null", function="~")
    return ~values.to_integer(value)


def _ordered(symbol: str, test: Callable[[int], bool]) -> Callable[[object, object], object]:
    return lambda left, right: test(values.compare(left, right, symbol))


_INFIX: Final = (
    Operator("||", "or", "or", "True when one side is true; the right side runs only if needed.",
             lambda left, right: values.truth(left) or values.truth(right)),
    Operator("&&", "and", "and", "True when both sides are true; the right side runs only if needed.",
             lambda left, right: values.truth(left) and values.truth(right)),
    Operator("|", "", "bitwise or", "Integer bits set on either side.",
             lambda left, right: values.bits(left, right, "|")),
    Operator("^", "", "bitwise xor", "Integer bits set on one side.",
             lambda left, right: values.bits(left, right, "^")),
    Operator("&", "", "bitwise and", "Integer bits set on both sides.",
             lambda left, right: values.bits(left, right, "&")),
    Operator("==", "eq", "equals", "Equal; a number and numeric text compare as numbers.", values.equal),
    Operator("!=", "ne", "not equals", "Not equal.", lambda left, right: not values.equal(left, right)),
    Operator("<", "lt", "less than", "Less; null is an error.", _ordered("<", lambda order: order < 0)),
    Operator("<=", "le", "less or equal", "Less or equal; null is an error.", _ordered("<=", lambda order: order <= 0)),
    Operator(">", "gt", "greater than", "Greater; null is an error.", _ordered(">", lambda order: order > 0)),
    Operator(">=", "ge", "greater or equal", "Greater or equal; null is an error.",
             _ordered(">=", lambda order: order >= 0)),
    Operator("=~", "", "matches or in", "Text matches the regular expression, or value is in the array.", _contained),
    Operator("!~", "", "not matches or not in", "The opposite of =~.", lambda left, right: not _contained(left, right)),
    Operator("=^", "", "starts with", "Text starts with the right side.", _starts),
    Operator("!^", "", "not starts with", "The opposite of =^.", lambda left, right: not _starts(left, right)),
    Operator("=$", "", "ends with", "Text ends with the right side.", _ends),
    Operator("!$", "", "not ends with", "The opposite of =$.", lambda left, right: not _ends(left, right)),
    Operator("+", "", "add", "Sum of numbers; joins text when a side is no number.", values.add),
    Operator("-", "", "subtract", "Difference of numbers.", values.subtract),
    Operator("*", "", "multiply", "Product of numbers.", values.multiply),
    Operator("/", "div", "divide", "Quotient; whole numbers divide to a whole number.", values.divide),
    Operator("%", "mod", "remainder", "Remainder of a division.", values.modulo),
)  # fmt: skip

_PREFIX: Final = (
    PrefixOperator("-", "", "negate", "The negative number.", _negate),
    PrefixOperator("+", "", "positivize", "The number itself.", _plus),
    PrefixOperator("~", "", "complement", "Every bit of the integer flipped.", _complement),
    PrefixOperator("!", "not", "not", "True when the value is false.", lambda value: not values.truth(value)),
)

BINARY: Final[Mapping[str, Operator]] = MappingProxyType({operator.symbol: operator for operator in _INFIX})
UNARY: Final[Mapping[str, PrefixOperator]] = MappingProxyType({operator.symbol: operator for operator in _PREFIX})
OPERATORS: Final[tuple[Operator | PrefixOperator, ...]] = (*_INFIX, *_PREFIX)
"""Every operator, infix then prefix; `?:`, `??` and `c ? a : b` are syntax, not listed."""
