"""What is wrong with the mapping rows: each row by itself, and two rows against each other. No I/O.

What the schema and the file say about a row is `live_mapping_checks`' part.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from aeptui.chain.pipeline import MappingRow, Pipeline
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem
from aeptui.chain.row_memory import OverRows, Rows, same_ends
from aeptui.dataprep import (
    DataPrepError,
    DestinationPath,
    ExpressionError,
    MappingProblem,
    MappingRule,
    check_mapping,
    compile_expression,
)
from aeptui.dataprep.paths import Segment, path_text

LONGEST_EXPRESSION: Final = 4096
_REMEMBERED: Final = 32_768
"""Rows and texts whose judgement is kept: a mapping is checked again and again, and almost all of it is as it was."""
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*|\[(?:0|[1-9][0-9]{0,3})\]){0,64}")
"""Paths that need no parser to be told right, written in the only way there is to write them."""


class Fault(NamedTuple):
    """What is wrong with the text of a row, wherever it stands."""

    key: str
    what: str
    fix: str
    unless: tuple[str, ...]
    """It is not told when one of these keys could not be read: that has a problem of its own."""


Place = str | tuple[Segment, ...]


class RowChecks:
    """What is wrong with the rows of one mapping, each by itself and two against each other; kept over its edits."""

    def __init__(self) -> None:
        self._faults = OverRows(row_faults)
        self._rows: Rows = ()
        self._writes: Counter[Place] = Counter()
        self._twice: set[Place] = set()

    def steps(self, rows: Rows) -> Iterator[None]:
        """Judge what changed, a row at each step; at the end everything asked for is about these rows."""
        yield from self._faults.steps(rows)
        start, end = same_ends(self._rows, rows)
        changed: dict[Place, None] = {}
        for part, by in ((self._rows[start : len(self._rows) - end], -1), (rows[start : len(rows) - end], 1)):
            for row in part:
                place = target_place(row.target)
                self._writes[place] += by
                changed[place] = None
        for place in changed:
            if self._writes[place] > 1 and place:
                self._twice.add(place)
            else:
                self._twice.discard(place)
            if not self._writes[place]:
                del self._writes[place]
        self._rows = rows

    @property
    def faults(self) -> Mapping[int, tuple[Fault, ...]]:
        """What is wrong with the text of a row, by its number."""
        return self._faults.found

    def doubles(self, is_read: Callable[[int], bool]) -> dict[int, int]:
        """The rows that write what one before writes already, to that one.

        Args:
            is_read: Could the target of this row be read? One that could not writes nothing.
        """
        first: dict[Place, int] = {}
        found: dict[int, int] = {}
        if self._twice:
            for number, row in enumerate(self._rows):
                place = target_place(row.target)
                if place in self._twice and is_read(number):
                    other = first.setdefault(place, number)
                    if other != number:
                        found[number] = other
        return found


def mapping_problems(pipeline: Pipeline, places: Places, checks: RowChecks | None = None) -> Iterator[Problem]:
    """The problems the document shows: rows that are incomplete, do not parse, or write the same target.

    Args:
        checks: What is known of the rows of an earlier state of the mapping.
    """
    if pipeline.mapping_set.id is not None:
        if pipeline.mapping:
            what = "The mapping set that is used has the mappings already"
            fix = f'Delete the rows, or [mapping_set] id = "{pipeline.mapping_set.id}"'
            yield places.problem(("mapping", 0), what, fix)
        return
    if pipeline.mapping_set.version is not None and not places.is_spoiled(("mapping_set", "id")):
        fix = 'Write id = "..." under [mapping_set], or delete the table'
        yield places.problem(("mapping_set", "version"), "A version of which mapping set?", fix)
    if not pipeline.mapping:
        if ("mapping",) not in places.spoiled and pipeline.source.needs_mapping:
            fix = 'Add [[mapping]] with source = "column" and target = "field" for each field'
            yield places.problem(("mapping",), "There is no mapping", fix)
        return
    known = checks or RowChecks()
    deque(known.steps(pipeline.mapping), maxlen=0)
    doubles = known.doubles(lambda number: not places.is_spoiled(("mapping", number, "target")))
    for number in sorted({*known.faults, *doubles}):
        if places.is_spoiled(("mapping", number)):
            continue
        row = pipeline.mapping[number]
        yield from row_problems(row, number, places)
        if number in doubles:
            other = doubles[number]
            line = places.line(("mapping", other, "target"))
            at = f" at line {line}" if line is not None else ""
            what = f"Mapping {other + 1}{at} writes {row.target} already"
            yield places.problem(("mapping", number, "target"), what, "Delete one of the two, or change its target")


@lru_cache(_REMEMBERED)
def _parsed(target: str) -> DestinationPath | None:
    try:
        return DestinationPath.parse(target)
    except DataPrepError:
        return None


@lru_cache(_REMEMBERED)
def target_place(target: str) -> Place:
    """Where a target writes: equal for two texts that mean the same place, empty when it is no path."""
    if _PLAIN.fullmatch(target):
        return target
    path = _parsed(target)
    if path is None:
        return ""
    text = path_text(path.segments)
    # Joined names mean one place only as long as none of them holds a dot or a bracket itself.
    parts = 1 + text.count(".") + text.count("[")
    return text if _PLAIN.fullmatch(text) and len(path.segments) == parts else path.segments


@lru_cache(_REMEMBERED)
def target_field(target: str) -> str:
    """The field of the schema that a target writes into, every index written `[*]`; empty when it is no path."""
    path = _parsed(target)
    return path.field if path is not None else ""


@lru_cache(_REMEMBERED)
def columns_of(expression: str) -> frozenset[str]:
    """The columns an expression reads; it is one that compiles."""
    return compile_expression(expression).columns


def above(path: str) -> Iterator[str]:
    """The paths of everything a field stands in, the nearest first."""
    for at in range(len(path) - 1, 0, -1):
        if path[at] in ".[":
            yield path[:at]


def target_segments(row: MappingRow) -> tuple[Segment, ...]:
    """The parsed target; empty when it does not parse."""
    path = _parsed(row.target)
    return path.segments if path is not None else ()


def row_problems(row: MappingRow, number: int, places: Places) -> Iterator[Problem]:
    """What is wrong with the text of one row."""
    for fault in row_faults(row):
        if not any(places.is_spoiled(("mapping", number, key)) for key in fault.unless):
            yield places.problem(("mapping", number, fault.key), fault.what, fault.fix)


@lru_cache(_REMEMBERED)
def row_faults(row: MappingRow) -> tuple[Fault, ...]:
    """What is wrong with the text of one row, wherever it stands."""
    return tuple(_faults(row))


def _faults(row: MappingRow) -> Iterator[Fault]:
    if row.source is not None and row.expression is not None:
        what = "A mapping has either a source or an expression, not both"
        yield Fault("expression", what, "Delete one of the two lines", ())
    elif not (row.source or row.expression):
        key = "expression" if row.expression is not None else "source"
        what = "The mapping has neither a source nor an expression"
        fix = 'Write source = "column", or expression = "lower(column)"'
        yield Fault(key, what, fix, ("source", "expression"))
    if not row.target.strip():
        yield Fault("target", "The target is missing", 'Write target = "person.name.firstName"', ("target",))
    elif (problem := _target_problem(row)) is not None:
        yield Fault("target", problem.what, problem.fix, ("target",))
    yield from _source_fault(row)


def _target_problem(row: MappingRow) -> MappingProblem | None:
    if _PLAIN.fullmatch(row.target):
        return None
    return check_mapping(MappingRule("STATIC", "", row.target), {}, None)


def _source_fault(row: MappingRow) -> Iterator[Fault]:
    if row.expression:
        if len(row.expression) > LONGEST_EXPRESSION:
            what = f"The expression has {len(row.expression)} characters; at most {LONGEST_EXPRESSION} are possible"
            yield Fault("expression", what, "Split it over two mappings", ("expression",))
            return
        try:
            compile_expression(row.expression)
        except ExpressionError as error:
            what = f"At character {error.position + 1} of the expression: {error.message}"
            yield Fault("expression", what, error.hint or "Correct the expression there", ("expression",))
    elif row.source and not (_PLAIN.fullmatch(row.source) and _PLAIN.fullmatch(row.target)):
        # The target is a stand-in, with [*] as often as the row's own, so that only the source is judged.
        target = row.target if target_segments(row) else "field"
        problem = check_mapping(MappingRule("ATTRIBUTE", row.source, target), {}, None)
        if problem is not None:
            yield Fault("source", problem.what, problem.fix, ("source",))
