"""Which mapping answers for what becomes of a row: for a null, a warning, a rejection. Counts nothing.

A field is null for one of three reasons, which are told apart: its input was null already (`empty`), its expression
failed (`null`, which the platform only warns about), or the expression answers null by itself (`silent`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from aeptui.dataprep import CellFrame, DataPrepError, DestinationPath, Frame, MappingRule, SourcePath
from aeptui.dataprep import compile_expression as compiled
from aeptui.dataprep.errors import shown
from aeptui.dataprep.mapping import SOURCE_TYPES
from aeptui.dataprep.paths import EachElement, Segment
from aeptui.emulator.ingest.judge import Verdict

VALUE_CHARACTERS: Final = 80
Fate = Literal["value", "empty", "silent", "null", "rejected"]


class Outcome(NamedTuple):
    """What one mapping made of a row."""

    fate: Fate
    why: str = ""
    made: object = None
    """What stands in the record."""


class Reading:
    """One mapping: what it reads, and where it writes."""

    def __init__(self, rule: MappingRule) -> None:
        self.destination = DestinationPath.parse(rule.destination)
        self.field = self.destination.field
        kind = SOURCE_TYPES.get(rule.source_type)
        paths: list[SourcePath] = []
        if kind == "EXPRESSION":
            paths = [_source_of(name) for name in compiled(rule.source).places]
        elif kind == "ATTRIBUTE":
            paths = [SourcePath.parse(rule.source)]
        self._inputs = [(path.text, path.column, path.reader()) for path in paths]
        self.column = paths[0].column if kind == "ATTRIBUTE" and len(paths[0].segments) == 1 else None
        """Set when it copies one plain column: then it is null just where that is, or where it fails."""

    def given(self, values: Mapping[str, Any]) -> list[tuple[str, object]]:
        """What it reads of a row, by name."""
        return [(name, read(values)) for name, _, read in self._inputs]

    def text_of(self, values: Mapping[str, Any]) -> str:
        """The same in a few words."""
        given = self.given(values)
        if len(given) == 1:
            return shown(given[0][1], VALUE_CHARACTERS)
        each = max(12, VALUE_CHARACTERS // max(1, len(given)))
        return ", ".join(f"{name} {shown(value, each)}" for name, value in given)[: 2 * VALUE_CHARACTERS]

    def cells(self, frame: Frame) -> list[Callable[[int], object]]:
        """Readers of what it reads, by the place of a row."""
        if isinstance(frame, CellFrame):
            return [frame.column(column).__getitem__ for _, column, _ in self._inputs]
        return [lambda place, read=read: read(frame.row(place)) for _, _, read in self._inputs]  # type: ignore[misc]


class Blame:
    """The mappings of one set."""

    def __init__(self, rules: Sequence[MappingRule]) -> None:
        self.readings = [Reading(rule) for rule in rules]
        self._at: dict[str, list[int]] = {}
        for place, reading in enumerate(self.readings):
            self._at.setdefault(reading.destination.text, []).append(place)
        self._answerable: dict[str, list[int]] = {}

    def failed(self, verdict: Verdict) -> list[tuple[int, str]]:
        """The mappings whose expression failed, each with the reason."""
        return [(place, issue.message) for issue in verdict.warnings for place in self._at[issue.destination]]

    def answerable(self, column: str | None) -> list[int]:
        """The mappings that write a field of the schema; when there are none, those that write into it or around it."""
        if column is None:
            return []
        known = self._answerable.get(column)
        if known is None:
            known = self._at.get(column) or [
                place
                for place, reading in enumerate(self.readings)
                if _is_within(column, reading.field) or _is_within(reading.field, column)
            ]
            self._answerable[column] = known
        return known

    def outcomes(self, verdict: Verdict, values: Mapping[str, Any]) -> list[Outcome]:
        """What every mapping made of one row."""
        found: dict[int, Outcome] = {}
        for _, column, message in verdict.reasons:
            for place in self.answerable(column):
                found.setdefault(place, Outcome("rejected", message))
        for place, why in self.failed(verdict):
            found.setdefault(place, Outcome("null", why))
        return [
            found.get(place) or _outcome(reading, verdict.record, values) for place, reading in enumerate(self.readings)
        ]


def _outcome(reading: Reading, record: Mapping[str, Any], values: Mapping[str, Any]) -> Outcome:
    made = made_at(record, reading.destination.segments)
    if made is not None:
        return Outcome("value", made=made)
    return Outcome("empty" if any(value is None for _, value in reading.given(values)) else "silent")


def made_at(value: object, segments: Sequence[Segment]) -> object:
    """What a record has at a path, null when nothing; of `[*]` the values of the elements, null when there are none."""
    for at, segment in enumerate(segments):
        if isinstance(segment, EachElement):
            each = [made_at(item, segments[at + 1 :]) for item in value] if isinstance(value, list) else []
            return None if all(item is None for item in each) else each
        if isinstance(segment, int):
            if not isinstance(value, list) or segment >= len(value):
                return None
            value = value[segment]
        elif isinstance(value, dict):
            value = value.get(segment)
        else:
            return None
    return value


def _is_within(path: str, above: str) -> bool:
    return path == above or path.startswith((f"{above}.", f"{above}["))


def _source_of(name: str) -> SourcePath:
    """What an expression reads, by the name it gives it; one that is no path is a column's own name."""
    try:
        return SourcePath.parse(name)
    except DataPrepError:
        return SourcePath.of(name, (name,))
