"""What every mapping of a batch would lose: the rows it turns to null or rejects, why, and for which values.

A field is null for one of three reasons, which are told apart: its input was null already (`empty`), its expression
failed (`nulls`, which the platform only warns about), or the expression answers null by itself (`silent`). Values are
counted in bounded memory, however many different ones there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aeptui.dataprep import (
    CellFrame,
    DataPrepError,
    DestinationPath,
    Frame,
    MappingRule,
    SourcePath,
    compile_expression,
)
from aeptui.dataprep.errors import shown
from aeptui.dataprep.mapping import SOURCE_TYPES
from aeptui.dataprep.paths import EachElement, Segment
from aeptui.emulator.ingest.batch import Place, Rejected
from aeptui.emulator.ingest.column_checks import Values
from aeptui.emulator.ingest.judge import Verdict
from aeptui.emulator.ingest.rows import Block, Row

SHOWN_VALUES: Final = 8
"""Of one loss; the rest is counted."""
VALUE_CHARACTERS: Final = 80
REASON_CHARACTERS: Final = 300
COUNTERS: Final = 50_000
"""Of all mappings together, shared among them."""
ELSEWHERE: Final = 200
"""Counters for rows that are rejected through no mapping's fault."""

Read = Callable[[Mapping[str, Any]], object]


@dataclass(slots=True)
class _Counter:
    count: int
    error: int
    """How much of the count may be another value's."""
    why: str


@dataclass(slots=True)
class Frequent:
    """The most frequent of any number of texts (Metwally's space-saving): exact while there are few different ones."""

    most: int
    total: int = 0
    first: tuple[str, str, int] | None = None
    """(path, member, line) of the first."""
    _counters: dict[str, _Counter] = field(default_factory=dict)

    def add(self, text: str, why: str, place: Place, number: int) -> None:
        """Count one."""
        self.total += 1
        if self.first is None:
            self.first = (place.path, place.member, number)
        counter = self._counters.get(text)
        if counter is not None:
            counter.count += 1
            return
        error = 0
        if len(self._counters) >= self.most:
            least = min(self._counters, key=lambda known: self._counters[known].count)
            error = self._counters.pop(least).count
        self._counters[text] = _Counter(error + 1, error, why[:REASON_CHARACTERS])

    def result(self, shown_values: int = SHOWN_VALUES) -> dict[str, Any]:
        """What there was, the most frequent first; a count that is not exact is the least it can be."""
        ranked = sorted(self._counters.items(), key=lambda item: item[1].error - item[1].count)[:shown_values]
        values = [
            {"value": text, "count": one.count - one.error, "is_exact": not one.error, "why": one.why}
            for text, one in ranked
        ]
        path, member, line = self.first or ("", "", 0)
        return {"count": self.total, "values": values, "first": {"path": path, "member": member, "line": line}}


class _Rule:
    """One mapping: what it reads, where it writes, and what it lost."""

    def __init__(self, rule: MappingRule, counters: int) -> None:
        self.destination = DestinationPath.parse(rule.destination)
        self.field = self.destination.field
        paths = _inputs(rule)
        self.inputs = [(path.text, path.column, path.reader()) for path in paths]
        is_copy = SOURCE_TYPES.get(rule.source_type) == "ATTRIBUTE"
        self.copies = is_copy and len(paths[0].segments) == 1
        """Whether it is null exactly where its one column is, or where it fails."""
        self.empty = 0
        self.nulls, self.silent, self.rejected = (Frequent(counters) for _ in range(3))

    def text_of(self, values: Mapping[str, Any]) -> str:
        """What it reads from a row, short."""
        return self._text([(name, read(values)) for name, _, read in self.inputs])

    def _text(self, given: Sequence[tuple[str, object]]) -> str:
        if len(given) == 1:
            return shown(given[0][1], VALUE_CHARACTERS)
        each = VALUE_CHARACTERS // max(1, len(given))
        return ", ".join(f"{name} {shown(value, max(12, each))}" for name, value in given)[: 2 * VALUE_CHARACTERS]

    def missed(self, given: Sequence[object], place: Place, number: int) -> None:
        """Its value is null, and nothing failed: because of what it reads, or by itself."""
        if any(value is None for value in given):
            self.empty += 1
        else:
            named = [(name, value) for (name, _, _), value in zip(self.inputs, given, strict=True)]
            self.silent.add(self._text(named), "the value is null", place, number)

    def result(self) -> dict[str, Any]:
        return {
            "empty": self.empty,
            "nulls": self.nulls.result(),
            "silent": self.silent.result(),
            "rejected": self.rejected.result(),
        }


class Losses:
    """The witness of a batch that keeps account of every mapping."""

    def __init__(self, rules: Sequence[MappingRule]) -> None:
        counters = max(8, min(64, COUNTERS // max(1, len(rules))))
        self._rules = [_Rule(rule, counters) for rule in rules]
        self._of_destination: dict[str, list[_Rule]] = {}
        for rule in self._rules:
            self._of_destination.setdefault(rule.destination.text, []).append(rule)
        self._answerable: dict[str, list[_Rule]] = {}
        self._elsewhere = Frequent(ELSEWHERE)
        self._readable = 0

    def columns(self, block: Block, made: Sequence[Values], verdicts: Mapping[int, Verdict], place: Place) -> None:
        """Rows mapped as columns."""
        self._readable += len(block.frame)
        failed: dict[int, set[int]] = {}
        for row, verdict in verdicts.items():
            for rule in self._failing(verdict, block.frame.row(row), block.numbers[row], place):
                failed.setdefault(id(rule), set()).add(row)
        for rule, column in zip(self._rules, made, strict=True):
            nulls = column.count(None)
            if not nulls:
                continue
            fallen = failed.get(id(rule), ())
            if rule.copies and not fallen and block.frame.column(rule.inputs[0][1]).count(None) == nulls:
                rule.empty += nulls
                continue
            reads = [_reader(block.frame, name, read) for _, name, read in rule.inputs]
            for row, value in enumerate(column):
                if value is None and row not in fallen:
                    rule.missed([read(row) for read in reads], place, block.numbers[row])

    def row(self, record: Row, verdict: Verdict, place: Place) -> None:
        """A row mapped by itself."""
        self._readable += 1
        failed = {id(rule) for rule in self._failing(verdict, record.values, record.number, place)}
        for rule in self._rules:
            if id(rule) not in failed and _is_null(verdict.record, rule.destination.segments):
                rule.missed([read(record.values) for _, _, read in rule.inputs], place, record.number)

    def _failing(self, verdict: Verdict, values: Mapping[str, Any], number: int, place: Place) -> list[_Rule]:
        """The mappings that failed on a row; of one that is rejected they are counted then."""
        found: list[_Rule] = []
        for issue in verdict.warnings:
            for rule in self._of_destination[issue.destination]:
                if not verdict.reasons:
                    rule.nulls.add(rule.text_of(values), issue.message, place, number)
                found.append(rule)
        for _, column, _ in verdict.reasons:
            found += self._of_destination.get(column or "", ())
        return found

    def rejected(self, entry: Rejected, place: Place) -> None:
        """A row that is rejected."""
        told: set[int] = set()
        for code, column, message in entry.reasons:
            answerable = self._answerable_for(column) if column is not None else []
            for rule in answerable:
                if id(rule) not in told:
                    told.add(id(rule))
                    rule.rejected.add(rule.text_of(entry.fields), message, place, entry.number)
            if not answerable and 0 not in told:
                told.add(0)
                self._elsewhere.add(f"{code}: {message}"[:REASON_CHARACTERS], message, place, entry.number)

    def _answerable_for(self, column: str) -> list[_Rule]:
        """The mappings that write a field of the schema: into it, above it, or, when there are no such, below it."""
        known = self._answerable.get(column)
        if known is None:
            known = self._of_destination.get(column) or [
                rule for rule in self._rules if _is_within(column, rule.field) or _is_within(rule.field, column)
            ]
            self._answerable[column] = known
        return known

    def result(self) -> dict[str, Any]:
        """For the result of the batch."""
        return {
            "readable_records": self._readable,
            "mappings": [rule.result() for rule in self._rules],
            "elsewhere": self._elsewhere.result(ELSEWHERE),
        }


def _is_within(path: str, above: str) -> bool:
    return path == above or path.startswith((f"{above}.", f"{above}["))


def _inputs(rule: MappingRule) -> list[SourcePath]:
    """What a mapping reads of a row."""
    kind = SOURCE_TYPES.get(rule.source_type)
    if kind == "EXPRESSION":
        return [_source_of(name) for name in compile_expression(rule.source).places]
    return [SourcePath.parse(rule.source)] if kind == "ATTRIBUTE" else []


def _source_of(name: str) -> SourcePath:
    """What an expression reads, by the name it gives it; one that is no path is a column's own name."""
    try:
        return SourcePath.parse(name)
    except DataPrepError:
        return SourcePath.of(name, (name,))


def _reader(frame: Frame, column: str, read: Read) -> Callable[[int], object]:
    if isinstance(frame, CellFrame):
        return frame.column(column).__getitem__
    return lambda row: read(frame.row(row))


def _is_null(value: object, segments: Sequence[Segment]) -> bool:
    """Whether a record has nothing at a path; of `[*]`, in none of the elements."""
    for at, segment in enumerate(segments):
        if isinstance(segment, EachElement):
            rest = segments[at + 1 :]
            return not isinstance(value, list) or all(_is_null(item, rest) for item in value)
        if isinstance(segment, int):
            if not isinstance(value, list) or segment >= len(value):
                return True
            value = value[segment]
            continue
        if not isinstance(value, dict):
            return True
        value = value.get(segment)
    return value is None
