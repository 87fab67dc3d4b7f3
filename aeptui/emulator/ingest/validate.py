"""Checks a mapped record against its schema: required fields, types, enums, patterns and limits.

It runs after mapping, so every value is a Python value of its type (dates are dates). It reports and never repairs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from aeptui.emulator.ingest.xdm import MAX_DEPTH, Node, type_word

REQUIRED: Final = "INGEST-1555-400"
WRONG_TYPE: Final = "MAPPER-3700-400"
NOT_ALLOWED: Final = "EMU-1601-400"
"""Ours: the platform's code for a broken enum, pattern or limit is not documented."""


class Violation(NamedTuple):
    """One reason why a record cannot be ingested."""

    code: str
    column: str
    """Path of the field in the schema."""
    message: str


Check = Callable[[Any, list[Violation]], None]

_PYTHON: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "short": (int,),
    "byte": (int,),
    "number": (float, int),
    "date": (date,),
    "date-time": (datetime,),
    "object": (dict,),
    "map": (dict,),
    "array": (list,),
}
_BITS: Final = {"byte": 7, "short": 15, "integer": 31, "long": 63}


def _shown(value: object) -> str:
    text = str(value)
    return f'"{text[:77]}..."' if len(text) > 80 else f'"{text}"'


def _pattern(text: object) -> re.Pattern[str] | None:
    """The pattern, or None when Python cannot read it: an unreadable rule refuses nobody."""
    try:
        return re.compile(text) if isinstance(text, str) else None
    except re.error:
        return None


def limits_of(node: Node, word: str) -> list[tuple[Callable[[Any], bool], str]]:
    """(breaks, what it says) for each limit of a scalar."""
    found: list[tuple[Callable[[Any], bool], str]] = []
    allowed = node.get("enum")
    if isinstance(allowed, list) and word not in ("date", "date-time"):
        words = ", ".join(str(choice) for choice in allowed[:12]) + (", ..." if len(allowed) > 12 else "")
        found.append((lambda value: value not in allowed, f"is not one of {words}"))
    if word == "string":
        if pattern := _pattern(node.get("pattern")):
            found.append((lambda value: not pattern.search(value), f"does not match {pattern.pattern}"))
        if isinstance(fewest := node.get("minLength"), int):
            found.append((lambda value: len(value) < fewest, f"is shorter than {fewest} characters"))
        if isinstance(most := node.get("maxLength"), int):
            found.append((lambda value: len(value) > most, f"is longer than {most} characters"))
    if word in _BITS or word == "number":
        if word in _BITS:
            low, high = -(2 ** _BITS[word]), 2 ** _BITS[word] - 1
            found.append((lambda value: not low <= value <= high, f"does not fit into the type {word}"))
        if isinstance(least := node.get("minimum"), int | float):
            found.append((lambda value: value < least, f"is below the minimum {least}"))
        if isinstance(largest := node.get("maximum"), int | float):
            found.append((lambda value: value > largest, f"is above the maximum {largest}"))
    return found


def _scalar(node: Node, word: str, path: str) -> Check:
    types = _PYTHON[word]
    limits = limits_of(node, word)

    def check(value: Any, found: list[Violation]) -> None:
        if type(value) not in types:
            found.append(Violation(WRONG_TYPE, path, f"{path}: {_shown(value)} is not of type {word}"))
            return
        for breaks, says in limits:
            if breaks(value):
                found.append(Violation(NOT_ALLOWED, path, f"{path}: {_shown(value)} {says}"))

    return check


def _plain(node: Node) -> type | None:
    """The one Python type of a scalar without limits; None when a value needs a closer look."""
    word = type_word(node)
    if word in ("object", "map", "array") or limits_of(node, word):
        return None
    return _PYTHON[word][0]


def _array(node: Node, path: str, depth: int) -> Check:
    items = node.get("items")
    inner = check_of(items, f"{path}[*]", depth + 1) if isinstance(items, Mapping) else None
    fewest, most = node.get("minItems", 0), node.get("maxItems")

    def check(value: Any, found: list[Violation]) -> None:
        if type(value) is not list:
            found.append(Violation(WRONG_TYPE, path, f"{path}: {_shown(value)} is not an array"))
            return
        if len(value) < fewest or (most is not None and len(value) > most):
            found.append(Violation(NOT_ALLOWED, path, f"{path}: {len(value)} items are too few or too many"))
        if inner is not None:
            for item in value:
                if item is not None:
                    inner(item, found)

    return check


def _map(node: Node, path: str, depth: int) -> Check:
    inner = check_of(node["additionalProperties"], f"{path}.{{key}}", depth + 1)

    def check(value: Any, found: list[Violation]) -> None:
        if type(value) is not dict:
            found.append(Violation(WRONG_TYPE, path, f"{path}: {_shown(value)} is not a map"))
            return
        for item in value.values():
            if item is not None:
                inner(item, found)

    return check


def _object(node: Node, path: str, depth: int) -> Check:
    prefix = f"{path}." if path else ""
    properties: Mapping[str, Node] = node.get("properties", {})
    checks = {name: check_of(child, prefix + name, depth + 1) for name, child in properties.items()}
    # Most fields have a type and no limit: they need no call, and this runs for every value of every row.
    plain = {name: kind for name, child in properties.items() if (kind := _plain(child)) is not None}
    required: tuple[str, ...] = tuple(node.get("required", ()))

    def check(value: Any, found: list[Violation]) -> None:
        if type(value) is not dict:
            found.append(Violation(WRONG_TYPE, path, f"{path}: {_shown(value)} is not an object"))
            return
        for name, item in value.items():
            if type(item) is plain.get(name):
                continue
            if item is not None and (inner := checks.get(name)) is not None:
                inner(item, found)
        for name in required:
            if value.get(name) is None:
                found.append(
                    Violation(REQUIRED, prefix + name, f"the required field {prefix}{name} is null or missing")
                )

    return check


def check_of(node: Node, path: str, depth: int = 0) -> Check:
    """What adds a value's violations to a list; the value is of the field that the node describes."""
    word = type_word(node)
    if depth > MAX_DEPTH:
        return lambda _value, _found: None
    if word == "object":
        return _object(node, path, depth)
    if word == "array":
        return _array(node, path, depth)
    if word == "map":
        return _map(node, path, depth)
    return _scalar(node, word, path)


def compile_validator(schema: Node) -> Callable[[dict[str, Any]], list[Violation]]:
    """A function that lists what is wrong with a record; an empty list means it may be ingested."""
    check = check_of(schema, "", 0)

    def violations(record: dict[str, Any]) -> list[Violation]:
        found: list[Violation] = []
        check(record, found)
        return found

    return violations
