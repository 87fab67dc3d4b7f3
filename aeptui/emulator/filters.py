"""Property expressions: `path OP value`, as Flow Service and the other services take them in the query.

Pure: text and documents in, an answer out. How quotes and commas inside a value are escaped is not documented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from aeptui.dataprep import TransformError
from aeptui.dataprep.patterns import extract

_EXPRESSION: Final = re.compile(r"([^=<>!~]+)(==|!=|>=|<=|=|>|<|~\^?)(.*)", re.DOTALL)

Test = Callable[[Mapping[str, Any]], bool]


class FilterError(ValueError):
    """The expression is not understood, or takes too long to answer: its test raises this too."""


class Condition(NamedTuple):
    """One expression: what it says, and the test that decides."""

    path: str
    operator: str
    """`==`, `!=`, `>`, `>=`, `<`, `<=` or `~`."""
    wanted: tuple[str, ...]
    """The alternatives of an equality; of anything else one text."""
    test: Test


def values_at(document: object, path: str) -> Iterator[object]:
    """Everything a dotted path reaches; `name[]` and plain lists are walked through. A whole key with dots wins."""
    if isinstance(document, list):
        for item in document:
            yield from values_at(item, path)
        return
    if not isinstance(document, Mapping):
        return
    whole = path.removesuffix("[]")
    if whole in document:
        found = document[whole]
        if isinstance(found, list):
            yield from found
        else:
            yield found
        return
    head, dot, rest = path.partition(".")
    if dot and head.removesuffix("[]") in document:
        yield from values_at(document[head.removesuffix("[]")], rest)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(str(value))
    except ValueError:
        return None


def _ordered(value: object, wanted: str, operator: str) -> bool:
    if value is None:
        return False
    left, right = _number(value), _number(wanted)
    pair: tuple[Any, Any] = (left, right) if left is not None and right is not None else (_text(value), wanted)
    if operator == ">":
        return bool(pair[0] > pair[1])
    if operator == "<":
        return bool(pair[0] < pair[1])
    return bool(pair[0] >= pair[1] if operator == ">=" else pair[0] <= pair[1])


def _alternatives(text: str) -> list[str]:
    """A comma means OR, outside quotes; one pair of quotes is taken off."""
    parts = re.findall(r'"[^"]*"|[^,]+', text)
    return [part[1:-1] if len(part) > 1 and part[0] == part[-1] == '"' else part for part in parts] or [""]


def _found(pattern: str, text: str) -> bool:
    """Whether a regular expression finds something, with the mapping language's bound on how long it may look."""
    try:
        return bool(extract(text, pattern))
    except TransformError as error:
        raise FilterError(f"The regular expression {pattern[:200]} cannot be used: {error}") from error


def parse(expression: str, *, regular_expressions: bool = False) -> Condition:
    """Take one expression apart.

    Raises:
        FilterError: it is no expression, or uses `~` where that is not allowed.
    """
    match = _EXPRESSION.match(expression)
    if match is None or not match[1].strip():
        raise FilterError(f"The property expression {expression} is not valid.")
    path, operator, text = match[1].strip(), match[2], match[3].strip()
    if operator.startswith("~"):
        if not regular_expressions:
            raise FilterError(f"The operator ~ in {expression} is not supported.")
        pattern = ("^" if operator == "~^" else "") + text
        _found(pattern, "")
        return Condition(
            path,
            "~",
            (text,),
            lambda document: any(_found(pattern, _text(value)) for value in values_at(document, path)),
        )
    wanted = tuple(_alternatives(text))
    if operator in ("==", "="):
        return equal(path, wanted)
    if operator == "!=":
        return Condition(
            path, "!=", wanted, lambda document: not any(_text(value) in wanted for value in values_at(document, path))
        )
    return Condition(
        path,
        operator,
        wanted[:1],
        lambda document: any(_ordered(value, wanted[0], operator) for value in values_at(document, path)),
    )


def equal(path: str, wanted: Iterable[str]) -> Condition:
    """The condition that a path reaches one of these texts."""
    texts = tuple(wanted)
    return Condition(
        path,
        "==",
        texts,
        lambda document: any(value is not None and _text(value) in texts for value in values_at(document, path)),
    )


def conditions(expressions: Iterable[str], *, regular_expressions: bool = False) -> list[Condition]:
    """Each expression taken apart. Raises FilterError."""
    return [parse(expression, regular_expressions=regular_expressions) for expression in expressions]


def holds(given: Iterable[Condition], document: Mapping[str, Any]) -> bool:
    """Whether all conditions hold."""
    return all(condition.test(document) for condition in given)


def matching(expressions: Iterable[str], *, regular_expressions: bool = False) -> Test:
    """All of them must hold."""
    given = conditions(expressions, regular_expressions=regular_expressions)
    return lambda document: holds(given, document)
