"""What is known of a mapping's rows, kept over edits: only rows that came or changed are judged again.

Rows that stayed are told by being the same objects, as an edit leaves them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

from aeptui.chain.pipeline import MappingRow

_STRETCH: Final = 256
"""Rows compared at once where nothing changed."""

Rows = tuple[MappingRow, ...]
T = TypeVar("T")


class OverRows(Generic[T]):
    """The rows of which a judge has something to say, by their number, with what it says.

    Args:
        judge: Answers something falsy of a row of which there is nothing to say.
    """

    def __init__(self, judge: Callable[[MappingRow], T | None]) -> None:
        self._judge = judge
        self._rows: Rows = ()
        self.found: dict[int, T] = {}

    def steps(self, rows: Rows) -> Iterator[None]:
        """Judge what changed, a row at each step. Only at the end `found` is about these rows."""
        start, end = same_ends(self._rows, rows)
        tail, shift = len(self._rows) - end, len(rows) - len(self._rows)
        new: dict[int, T] = {}
        for number in range(start, len(rows) - end):
            value = self._judge(rows[number])
            if value:
                new[number] = value
            yield
        old, self._rows = self.found, rows
        self.found = {
            **{number: value for number, value in old.items() if number < start},
            **new,
            **{number + shift: value for number, value in old.items() if number >= tail},
        }


def same_ends(before: Rows, after: Rows) -> tuple[int, int]:
    """How many rows at the beginning, and how many at the end, are the same in both."""
    shorter = min(len(before), len(after))
    start = _same(before, after, shorter)
    return start, _same(before[::-1], after[::-1], shorter - start)


def _same(one: Rows, other: Rows, most: int) -> int:
    """How many rows at the beginning are the same in both."""
    count = 0
    while count + _STRETCH <= most and one[count : count + _STRETCH] == other[count : count + _STRETCH]:
        count += _STRETCH
    while count < most and one[count] is other[count]:
        count += 1
    return count
