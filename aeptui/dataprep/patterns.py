"""Regular expressions in Java's syntax, kept from running away.

Short texts go to Python's own engine. Where the number of ways to match could grow beyond bounds, which is judged once
per expression as the longest text that is surely harmless, a matcher with a step limit takes over.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from .errors import TransformError, shown
from .regex_machine import MAX_STEPS, Machine, Spans, StepLimitError
from .regex_syntax import Assertion, Char, Choice, Group, Node, Parsed, Reference, Sequence, parse_regex, to_python

_HARMLESS: Final = 5_000_000
"""Single steps that Python's engine may take at most; well under a tenth of a second."""
_CAP: Final = 10**12
_LONGEST: Final = 1 << 24


class Regex:
    """One expression, with the length of text up to which Python's engine is surely quick."""

    def __init__(self, pattern: str) -> None:
        parsed = parse_regex(pattern)
        self.compiled = re.compile(to_python(parsed.node), re.ASCII)
        self.safe_match = _longest(lambda length: _ways(parsed.node, length) * (length + 1))
        self.safe_search = _longest(lambda length: _ways(parsed.node, length) * (length + 1) ** 2)
        self.parsed: Parsed = parsed
        self._machine: Machine | None = None

    @property
    def machine(self) -> Machine:
        """The matcher with the step limit; made when first needed."""
        if self._machine is None:
            self._machine = Machine(self.parsed)
        return self._machine


def _longest(steps: Callable[[int], int]) -> int:
    low, high = 0, _LONGEST
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if steps(middle) <= _HARMLESS else (low, middle - 1)
    return low


def _ways(node: Node, length: int) -> int:
    """An upper bound on the ways in which the expression can be laid over a text of this length."""
    if isinstance(node, (Char, Assertion, Reference)):
        return 1
    if isinstance(node, Sequence):
        ways = 1
        for part in node.parts:
            ways = min(_CAP, ways * _ways(part, length))
        return ways
    if isinstance(node, Choice):
        return min(_CAP, sum(_ways(option, length) for option in node.options))
    if isinstance(node, Group):
        return _ways(node.body, length)
    inner = _ways(node.body, length)
    most = min(node.most, length)
    if inner == 1:
        return max(1, most - node.least + 1)
    return _CAP if most > 40 else min(_CAP, inner**most)


@lru_cache(maxsize=512)
def compile_regex(pattern: str) -> Regex:
    """Compile a Java regular expression.

    Raises:
        TransformError: it is not well formed, or not supported.
    """
    try:
        return Regex(pattern)
    except (ValueError, OverflowError, RecursionError, re.error) as error:
        raise TransformError(f"{shown(pattern)} is not a regular expression: {error}", argument="regex") from error


def _too_long(pattern: str, error: StepLimitError) -> TransformError:
    return TransformError(f"{shown(pattern)}: {error}", argument="regex")


def matches(text: str, pattern: str) -> bool:
    """Whether the whole text matches, as Java's `matches` does."""
    regex = compile_regex(pattern)
    if len(text) <= regex.safe_match:
        return regex.compiled.fullmatch(text) is not None
    try:
        return regex.machine.match_whole(text)
    except StepLimitError as error:
        raise _too_long(pattern, error) from error


def extract(text: str, pattern: str) -> list[str | None]:
    """The first match and its groups; empty when there is none."""
    regex = compile_regex(pattern)
    if len(text) <= regex.safe_search or _is_plain(regex):
        match = regex.compiled.search(text)
        return [] if match is None else [match.group(), *match.groups()]
    try:
        spans = regex.machine.search(text, 0, [MAX_STEPS])
    except StepLimitError as error:
        raise _too_long(pattern, error) from error
    if spans is None:
        return []
    groups = regex.compiled.groups
    return [
        text[spans[2 * group] : spans[2 * group + 1]] if spans[2 * group + 1] >= 0 else None
        for group in range(groups + 1)
    ]


def split_by(text: str, pattern: str) -> list[str]:
    """The pieces of the text between the matches; an empty match at the start separates nothing."""
    regex = compile_regex(pattern)
    pieces: list[str] = []
    start = 0
    for from_, to in _spans(text, pattern, regex):
        if to > 0:
            pieces.append(text[start:from_])
            start = to
    return [*pieces, text[start:]]


def _spans(text: str, pattern: str, regex: Regex) -> list[tuple[int, int]]:
    if len(text) <= regex.safe_search or _is_plain(regex):
        return [match.span() for match in regex.compiled.finditer(text)]
    budget = [MAX_STEPS]
    found: list[tuple[int, int]] = []
    position = 0
    try:
        while position <= len(text):
            spans: Spans | None = regex.machine.search(text, position, budget)
            if spans is None:
                break
            found.append((spans[0], spans[1]))
            position = max(spans[1], spans[0] + 1)
    except StepLimitError as error:
        raise _too_long(pattern, error) from error
    return found


def _is_plain(regex: Regex) -> bool:
    """A fixed run of characters: Python's engine reads each character of the text once."""
    node = regex.parsed.node
    return isinstance(node, Sequence) and all(isinstance(part, Char) for part in node.parts)
