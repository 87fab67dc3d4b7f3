"""What is wrong with the mapping rows: each row by itself, and two rows against each other. No I/O.

What the schema and the file say about a row is `live_mapping_checks`' part.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aeptui.chain.pipeline import MappingRow, Pipeline
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem
from aeptui.chain.toml_lines import KeyPath
from aeptui.dataprep import (
    DataPrepError,
    DestinationPath,
    ExpressionError,
    MappingProblem,
    MappingRule,
    check_mapping,
    compile_expression,
)
from aeptui.dataprep.paths import Segment

LONGEST_EXPRESSION: Final = 4096


def mapping_problems(pipeline: Pipeline, places: Places) -> Iterator[Problem]:
    """The problems the document shows: rows that are incomplete, do not parse, or write the same target."""
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
    first: dict[tuple[Segment, ...], int] = {}
    for number, row in enumerate(pipeline.mapping):
        if places.is_spoiled(("mapping", number)):
            continue
        yield from row_problems(row, number, places)
        segments = target_segments(row)
        if not segments or places.is_spoiled(("mapping", number, "target")):
            continue
        if segments in first:
            other = first[segments]
            line = places.line(("mapping", other, "target"))
            at = f" at line {line}" if line is not None else ""
            what = f"Mapping {other + 1}{at} writes {row.target} already"
            yield places.problem(("mapping", number, "target"), what, "Delete one of the two, or change its target")
        first.setdefault(segments, number)


def target_segments(row: MappingRow) -> tuple[Segment, ...]:
    """The parsed target; empty when it does not parse."""
    try:
        return DestinationPath.parse(row.target).segments
    except DataPrepError:
        return ()


def row_problems(row: MappingRow, number: int, places: Places) -> Iterator[Problem]:
    """What is wrong with the text of one row."""
    path: KeyPath = ("mapping", number)
    has_spoiled = any(places.is_spoiled((*path, key)) for key in ("source", "expression"))
    if row.source is not None and row.expression is not None:
        what = "A mapping has either a source or an expression, not both"
        yield places.problem((*path, "expression"), what, "Delete one of the two lines")
    elif not (row.source or row.expression) and not has_spoiled:
        key = "expression" if row.expression is not None else "source"
        what = "The mapping has neither a source nor an expression"
        yield places.problem((*path, key), what, 'Write source = "column", or expression = "lower(column)"')
    if not row.target.strip():
        if not places.is_spoiled((*path, "target")):
            yield places.problem((*path, "target"), "The target is missing", 'Write target = "person.name.firstName"')
    elif not places.is_spoiled((*path, "target")) and (problem := _target_problem(row)):
        yield places.problem((*path, "target"), problem.what, problem.fix)
    yield from _source_problem(row, path, places)


def _target_problem(row: MappingRow) -> MappingProblem | None:
    return check_mapping(MappingRule("STATIC", "", row.target), {}, None)


def _source_problem(row: MappingRow, path: KeyPath, places: Places) -> Iterator[Problem]:
    if row.expression and not places.is_spoiled((*path, "expression")):
        if len(row.expression) > LONGEST_EXPRESSION:
            what = f"The expression has {len(row.expression)} characters; at most {LONGEST_EXPRESSION} are possible"
            yield places.problem((*path, "expression"), what, "Split it over two mappings")
            return
        try:
            compile_expression(row.expression)
        except ExpressionError as error:
            what = f"At character {error.position + 1} of the expression: {error.message}"
            yield places.problem((*path, "expression"), what, error.hint or "Correct the expression there")
    elif row.source and not places.is_spoiled((*path, "source")):
        # The target is a stand-in, with [*] as often as the row's own, so that only the source is judged.
        target = row.target if target_segments(row) else "field"
        problem = check_mapping(MappingRule("ATTRIBUTE", row.source, target), {}, None)
        if problem is not None:
            yield places.problem((*path, "source"), problem.what, problem.fix)
