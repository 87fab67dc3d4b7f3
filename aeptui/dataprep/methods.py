"""The methods that values understand: `"s".equals(x)`, `object.get("k")`. A closed list; Java's others are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from . import values
from .effort import check_compared
from .errors import TransformError, shown


@dataclass(frozen=True, slots=True)
class ValueMethod:
    """One method: its name, its number of arguments and its body (the value first)."""

    name: str
    arguments: int
    body: Callable[..., object] = field(repr=False, compare=False)


def equals(value: object, other: object) -> bool:
    """Equality without conversion: the text "1" is not the number 1, as in Java."""
    if value is None or other is None:
        return value is other
    if isinstance(value, str) != isinstance(other, str):
        return False
    return values.equal(value, other)


def equals_ignore_case(value: object, other: object) -> bool:
    """Text equality without regard to case; null equals only null."""
    if value is None or other is None:
        return value is other
    return values.to_text(value).lower() == values.to_text(other).lower()


def _get(value: object, key: object) -> object:
    if value is None or key is None:
        return None
    if isinstance(value, Mapping):
        return value.get(values.to_text(key))
    if isinstance(value, (list, tuple)):
        index = values.to_integer(key)
        return value[index] if 0 <= index < len(value) else None
    raise TransformError(f"{shown(value)} is neither an object nor an array")


def size(value: object) -> int | None:
    """The length of text, an array or an object; null of null."""
    if value is None:
        return None
    if isinstance(value, (list, tuple, Mapping)):
        return len(value)
    return len(values.to_text(value))


def _contains(value: object, part: object) -> bool | None:
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        check_compared(len(value))
        return any(values.equal(item, part) for item in value)
    if isinstance(value, Mapping):
        return part is not None and values.to_text(part) in value
    return part is not None and values.to_text(part) in values.to_text(value)


def _on_text(body: Callable[[str, str], object]) -> Callable[[object, object], object]:
    def run(value: object, other: object) -> object:
        if value is None or other is None:
            return None
        return body(values.to_text(value), values.to_text(other))

    return run


_METHODS: Final = (
    ValueMethod("equals", 1, equals),
    ValueMethod("equalsIgnoreCase", 1, equals_ignore_case),
    ValueMethod("get", 1, _get),
    ValueMethod("length", 0, size),
    ValueMethod("size", 0, size),
    ValueMethod("contains", 1, _contains),
    ValueMethod("startsWith", 1, _on_text(lambda text, start: text.startswith(start))),
    ValueMethod("endsWith", 1, _on_text(lambda text, end: text.endswith(end))),
    ValueMethod("indexOf", 1, _on_text(lambda text, part: text.find(part))),
    ValueMethod("isEmpty", 0, values.is_empty),
    ValueMethod("toString", 0, lambda value: None if value is None else values.to_text(value)),
)
METHODS: Final[Mapping[str, ValueMethod]] = MappingProxyType({method.name: method for method in _METHODS})
