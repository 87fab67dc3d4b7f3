"""What every mapping of a batch loses: the rows it turns to null or rejects, why, and for which values.

Values are counted in bounded memory, however many different ones there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aeptui.dataprep import MappingRule
from aeptui.emulator.ingest.blame import Blame, Outcome, Reading
from aeptui.emulator.ingest.judge import Reasons, Verdict
from aeptui.emulator.ingest.rows import Block

SHOWN_VALUES: Final = 8
"""Of one loss; the rest is counted."""
REASON_CHARACTERS: Final = 300
COUNTERS: Final = 50_000
"""Of all mappings together, shared among them."""
ELSEWHERE: Final = 200
"""Counters for rows that are rejected through no mapping's fault."""
SILENT: Final = "the value is null"


Where = tuple[str, str, int]
"""Of a row: the path of its file, its member of an archive, its line."""


@dataclass(slots=True)
class _Counter:
    count: int
    error: int
    """How much of the count may be another value's."""
    why: str
    first: Where


@dataclass(slots=True)
class Frequent:
    """The most frequent of any number of texts (Metwally's space-saving): exact while there are few different ones."""

    most: int
    total: int = 0
    _first: Where = ("", "", 0)
    _counters: dict[str, _Counter] = field(default_factory=dict)

    def add(self, text: str, why: str, where: Where) -> None:
        """Count one."""
        if not self.total:
            self._first = where
        self.total += 1
        counter = self._counters.get(text)
        if counter is not None:
            counter.count += 1
            return
        error = 0
        if len(self._counters) >= self.most:
            least = min(self._counters, key=lambda known: self._counters[known].count)
            error = self._counters.pop(least).count
        self._counters[text] = _Counter(error + 1, error, why[:REASON_CHARACTERS], where)

    def result(self, shown_values: int = SHOWN_VALUES) -> dict[str, Any]:
        """What there was, the most frequent first; a count that is not exact is the least it can be."""
        ranked = sorted(self._counters.items(), key=lambda item: item[1].error - item[1].count)[:shown_values]
        values = [
            {
                "value": text,
                "count": one.count - one.error,
                "is_exact": not one.error,
                "why": one.why,
                "first": _place(one.first),
            }
            for text, one in ranked
        ]
        return {"count": self.total, "values": values, "first": _place(self._first)}


def _place(where: Where) -> dict[str, Any]:
    path, member, line = where
    return {"path": path, "member": member, "line": line}


@dataclass(slots=True)
class _Account:
    """What one mapping lost."""

    nulls: Frequent
    silent: Frequent
    rejected: Frequent
    empty: int = 0

    def result(self) -> dict[str, Any]:
        return {
            "empty": self.empty,
            "nulls": self.nulls.result(),
            "silent": self.silent.result(),
            "rejected": self.rejected.result(),
        }


class Losses:
    """Keeps account of every mapping, as the witness of a batch or told row by row."""

    def __init__(self, rules: Sequence[MappingRule]) -> None:
        counters = max(8, min(64, COUNTERS // max(1, len(rules))))
        self.blame = Blame(rules)
        self._accounts = [_Account(Frequent(counters), Frequent(counters), Frequent(counters)) for _ in rules]
        self._elsewhere = Frequent(ELSEWHERE)
        self._readable = 0

    def columns(
        self, block: Block, made: Sequence[Sequence[object]], verdicts: Mapping[int, Verdict], path: str, member: str
    ) -> None:
        """Rows mapped as columns, one for each mapping; those that were looked at singly have a verdict."""
        frame, numbers = block.frame, block.numbers
        self._readable += len(frame)
        failed: dict[int, set[int]] = {}
        for row, verdict in verdicts.items():
            values = frame.row(row)
            for place, why in self.blame.failed(verdict):
                failed.setdefault(place, set()).add(row)
                if not verdict.reasons:
                    self._null(place, why, values, (path, member, numbers[row]))
            for _, column, _ in verdict.reasons:
                for place in self.blame.answerable(column):
                    failed.setdefault(place, set()).add(row)
        for place, (reading, results) in enumerate(zip(self.blame.readings, made, strict=True)):
            nulls = results.count(None)
            if not nulls:
                continue
            fallen = failed.get(place, set())
            if reading.column is not None and not fallen and frame.column(reading.column).count(None) == nulls:
                self._accounts[place].empty += nulls
                continue
            cells = reading.cells(frame)
            for row, value in enumerate(results):
                if value is None and row not in fallen:
                    if any(cell(row) is None for cell in cells):
                        self._accounts[place].empty += 1
                    else:
                        self._silent(place, frame.row(row), (path, member, numbers[row]))

    def row(self, values: Mapping[str, Any], verdict: Verdict, path: str, member: str, number: int) -> list[Outcome]:
        """A row mapped by itself; answers what every mapping made of it."""
        self._readable += 1
        outcomes = self.blame.outcomes(verdict, values)
        for place, (fate, why, _) in enumerate(outcomes):
            if fate == "empty":
                self._accounts[place].empty += 1
            elif fate == "silent":
                self._silent(place, values, (path, member, number))
            elif fate == "null" and not verdict.reasons:
                self._null(place, why, values, (path, member, number))
        return outcomes

    def _null(self, place: int, why: str, values: Mapping[str, Any], where: Where) -> None:
        self._accounts[place].nulls.add(self._reading(place).text_of(values), why, where)

    def _silent(self, place: int, values: Mapping[str, Any], where: Where) -> None:
        self._accounts[place].silent.add(self._reading(place).text_of(values), SILENT, where)

    def _reading(self, place: int) -> Reading:
        return self.blame.readings[place]

    def rejected(self, values: Mapping[str, Any], reasons: Reasons, path: str, member: str, number: int) -> None:
        """A row that is rejected, readable or not; each mapping that has a part in it is told once."""
        where = (path, member, number)
        told: set[int] = set()
        for code, column, message in reasons:
            answerable = self.blame.answerable(column)
            for place in answerable:
                if place not in told:
                    told.add(place)
                    self._accounts[place].rejected.add(self._reading(place).text_of(values), message, where)
            if not answerable and -1 not in told:
                told.add(-1)
                self._elsewhere.add(f"{code}: {message}"[:REASON_CHARACTERS], message, where)

    def result(self) -> dict[str, Any]:
        """For the result of the batch."""
        return {
            "readable_records": self._readable,
            "mappings": [account.result() for account in self._accounts],
            "elsewhere": self._elsewhere.result(ELSEWHERE),
        }
