"""Regular expressions in Java's syntax, kept from running away.

Short texts go to Python's own engine. Where the number of ways to match could grow beyond bounds, which is judged once
per expression as the longest text that is surely harmless, a matcher with a step limit takes over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import Final

from .effort import MAX_ITEMS, check_items, left, spend
from .errors import TransformError, shown
from .regex_machine import MAX_STEPS, Machine, Spans, StepLimitError
from .regex_syntax import Assertion, Char, Choice, Group, Node, Parsed, Reference, Sequence, parse_regex, to_python

_HARMLESS: Final = 2_000_000
"""Single steps that Python's engine may take at most; about 20 ms."""
_QUICK: Final = 20_000
"""The same for each of many expressions on one row."""
_STEP: Final = 50
"""What a step of the matcher counts in an evaluation that is counted."""
_MAX_PATTERN: Final = 4096
_CAP: Final = 10**12
_LONGEST: Final = 1 << 24


class Regex:
    """One expression, with the length of text up to which Python's engine is surely quick."""

    def __init__(self, pattern: str) -> None:
        parsed = parse_regex(pattern)
        self.compiled = re.compile(to_python(parsed.node), re.ASCII)
        self.parsed: Parsed = parsed
        self._quick_match = self._longest(_QUICK, 1)
        self._quick_search = self._longest(_QUICK, 2)
        self.safe_match = self._longest(_HARMLESS, 1)
        self.safe_search = self._longest(_HARMLESS, 2)
        self._machine: Machine | None = None

    def _longest(self, most: int, starts: int) -> int:
        return _longest(lambda length: _ways(self.parsed.node, length) * (length + 1) ** starts, most)

    def matches_quickly(self, text: str) -> bool:
        """Whether Python's engine may match the whole text."""
        return len(text) <= (self.safe_match if left() is None else self._quick_match)

    def searches_quickly(self, text: str) -> bool:
        """Whether Python's engine may search the text."""
        return len(text) <= (self.safe_search if left() is None else self._quick_search) or _is_plain(self)

    @property
    def machine(self) -> Machine:
        """The matcher with the step limit; made when first needed."""
        if self._machine is None:
            self._machine = Machine(self.parsed)
        return self._machine


def _longest(steps: Callable[[int], int], most: int) -> int:
    low, high = 0, _LONGEST
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if steps(middle) <= most else (low, middle - 1)
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


def _regex(pattern: str) -> Regex:
    # A column may hold the expression; texts without end must not fill the cache.
    if len(pattern) > _MAX_PATTERN:
        raise TransformError(f"a regular expression has at most {_MAX_PATTERN} characters", argument="regex")
    return compile_regex(pattern)


@contextmanager
def _steps(pattern: str) -> Iterator[list[int]]:
    """The steps that the matcher may take, and counts down."""
    allowed = left()
    most = MAX_STEPS if allowed is None else min(MAX_STEPS, allowed // _STEP)
    budget = [most]
    try:
        yield budget
    except StepLimitError as error:
        raise TransformError(f"{shown(pattern)}: {error}", argument="regex") from error
    spend((most - budget[0]) * _STEP)


def matches(text: str, pattern: str) -> bool:
    """Whether the whole text matches, as Java's `matches` does."""
    regex = _regex(pattern)
    if regex.matches_quickly(text):
        return regex.compiled.fullmatch(text) is not None
    with _steps(pattern) as budget:
        return regex.machine.match_whole(text, budget)


def extract(text: str, pattern: str) -> list[str | None]:
    """The first match and its groups; empty when there is none."""
    regex = _regex(pattern)
    if regex.searches_quickly(text):
        match = regex.compiled.search(text)
        return [] if match is None else [match.group(), *match.groups()]
    with _steps(pattern) as budget:
        spans = regex.machine.search(text, 0, budget)
    if spans is None:
        return []
    groups = regex.compiled.groups
    return [
        text[spans[2 * group] : spans[2 * group + 1]] if spans[2 * group + 1] >= 0 else None
        for group in range(groups + 1)
    ]


def split_by(text: str, pattern: str) -> list[str]:
    """The pieces of the text between the matches; an empty match at the start separates nothing."""
    regex = _regex(pattern)
    if _is_plain(regex):
        pieces = regex.compiled.split(text, MAX_ITEMS)
        check_items(len(pieces))
        return pieces
    pieces = []
    start = 0
    for from_, to in _spans(text, pattern, regex):
        if to > 0:
            pieces.append(text[start:from_])
            start = to
    return [*pieces, text[start:]]


def _spans(text: str, pattern: str, regex: Regex) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    if regex.searches_quickly(text):
        found = [match.span() for match in islice(_matches(regex, text), MAX_ITEMS + 1)]
        check_items(len(found))
        return found
    position = 0
    with _steps(pattern) as budget:
        while position <= len(text):
            spans: Spans | None = regex.machine.search(text, position, budget)
            if spans is None:
                break
            found.append((spans[0], spans[1]))
            position = max(spans[1], spans[0] + 1)
    check_items(len(found))
    return found


def _matches(regex: Regex, text: str) -> Iterator[re.Match[str]]:
    """The matches one after the other. Where it would rather match nothing, Java goes on behind the next character."""
    if not regex.parsed.may_prefer_nothing:
        yield from regex.compiled.finditer(text)
        return
    position = 0
    while position <= len(text) and (match := regex.compiled.search(text, position)) is not None:
        yield match
        position = max(match.end(), match.start() + 1)


def _is_plain(regex: Regex) -> bool:
    """A fixed run of characters: Python's engine reads each character of the text once."""
    node = regex.parsed.node
    return isinstance(node, Sequence) and bool(node.parts) and all(isinstance(part, Char) for part in node.parts)
