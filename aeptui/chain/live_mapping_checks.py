"""What the target schema and a sample of the file show about the mapping rows. Pure: it is given what was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aeptui.chain.mapping_checks import row_problems, target_segments
from aeptui.chain.pipeline import MappingRow, Pipeline
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem
from aeptui.chain.toml_lines import KeyPath
from aeptui.dataprep import (
    CoercionError,
    DataPrepError,
    DestinationPath,
    MappingRule,
    SourcePath,
    TransformError,
    check_mapping,
    compile_expression,
)
from aeptui.dataprep.shapes import Shape

MOST_SAMPLES: Final = 50
"""Sample rows that are tried; more would not say more."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was read of the source."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, object], ...] = ()
    is_whole_header: bool = True
    """False for JSON: a key that the first rows lack may still exist."""


def live_mapping_problems(
    pipeline: Pipeline,
    places: Places,
    *,
    fields: Mapping[str, str],
    required: Sequence[str] = (),
    identities: Sequence[str] = (),
    sample: Sample | None = None,
) -> Iterator[Problem]:
    """Check every row whose own text is fine.

    Args:
        fields: Path to XDM type of every field of the target schema; empty when it is not known.
        required: Paths of the required fields among them.
        identities: Paths of the fields by which a record is told from all others.
        sample: None when the file is not known.
    """
    shape = Shape.of(fields)
    found: list[Problem] = []
    seen: set[tuple[object, ...]] = set()
    for number, row in enumerate(pipeline.mapping):
        if places.is_spoiled(("mapping", number)):
            continue
        wrong = {problem.where for problem in row_problems(row, number, places)}
        segments = target_segments(row)
        if segments in seen:
            wrong.add(f"mapping {number + 1}: target")  # the document tells of the second row for one target
        seen.add(segments)
        found.extend(_row(row, number, places, wrong, fields, shape, sample))
    yield from found
    if fields and pipeline.mapping:
        yield from _required(pipeline, places, fields, required, found)
        yield from _identities(pipeline, places, fields, [path for path in identities if path not in required])


def _row(
    row: MappingRow,
    number: int,
    places: Places,
    wrong: set[str],
    fields: Mapping[str, str],
    shape: Shape,
    sample: Sample | None,
) -> Iterator[Problem]:
    path: KeyPath = ("mapping", number)
    segments = target_segments(row)
    name = f"mapping {number + 1}"
    target: Shape | None = None
    if fields and segments and f"{name}: target" not in wrong and not places.is_spoiled((*path, "target")):
        target = shape.find(segments)
        if target is None and DestinationPath.parse(row.target).field not in fields:
            problem = check_mapping(MappingRule("STATIC", "", row.target), fields, None)
            if problem is not None:
                yield places.problem((*path, "target"), problem.what, problem.fix)
    key = "expression" if row.expression is not None else "source"
    text = row.expression or row.source
    if sample is None or not text or (row.source and row.expression):
        return
    if f"{name}: {key}" in wrong or places.is_spoiled((*path, key)):
        return
    unknown = _column_problem(row, text, places, path, key, sample)
    if unknown is not None:
        yield unknown
    elif target is not None:
        yield from _type_problem(row, places, path, target, sample)


def _column_problem(
    row: MappingRow, text: str, places: Places, path: KeyPath, key: str, sample: Sample
) -> Problem | None:
    target = row.target if target_segments(row) else "field"
    rule = MappingRule("EXPRESSION" if key == "expression" else "ATTRIBUTE", text, target)
    problem = check_mapping(rule, {}, sample.columns)
    if problem is None:
        return None
    if sample.is_whole_header or "Did you mean" in problem.fix:
        return places.problem((*path, key), problem.what, problem.fix)
    fix = "Check its name; it may still come in a later row"
    return places.problem((*path, key), f"{problem.what} in its first rows", fix, "warning")


def _type_problem(row: MappingRow, places: Places, path: KeyPath, target: Shape, sample: Sample) -> Iterator[Problem]:
    """Whether the sample's values can become the type of the target; only if not one can, it is told."""
    key = "expression" if row.expression else "source"
    values: list[object] = []
    failures: list[str] = []
    for sample_row in sample.rows[:MOST_SAMPLES]:
        try:
            values.append(_value(row, sample_row))
        except TransformError as error:
            failures.append(str(error))
    present = [value for value in values if value is not None]
    if failures and not values:
        what = f"The expression fails on each of the first {len(failures)} rows: {failures[0]}"
        yield places.problem((*path, key), what, "Correct it, or guard it with iif or nvl", "warning")
        return
    if target.children and target.type != "array" and present and not any(isinstance(v, dict) for v in present):
        inside = ", ".join(list(target.children)[:3])
        what = f"{row.target} is an object, and {row.source or 'the expression'} gives single values"
        yield places.problem((*path, "target"), what, f"Choose a field in it, such as {inside}")
        return
    convert = target.converter()
    reasons: list[str] = []
    for value in present:
        try:
            convert(value)
        except CoercionError as error:
            reasons.append(str(error))
    if present and len(reasons) == len(present):
        kind = target.type or "object"
        what = f"None of the first {len(present)} values can become {kind}, the type of {row.target}: {reasons[0]}"
        fix = "Choose another target, or convert it with an expression"
        yield places.problem((*path, key), what, fix, "warning")


def _value(row: MappingRow, values: Mapping[str, object]) -> object:
    if row.expression:
        return compile_expression(row.expression).evaluate(values)
    return SourcePath.parse(row.source or "").get(values)


def _required(
    pipeline: Pipeline, places: Places, fields: Mapping[str, str], required: Sequence[str], found: Sequence[Problem]
) -> Iterator[Problem]:
    """Required fields that nothing fills: of the record itself, and of each object that some mapping makes."""
    targets: list[str] = []
    for row in pipeline.mapping:
        try:
            targets.append(DestinationPath.parse(row.target).field)
        except DataPrepError:
            continue
    if any(places.is_spoiled(("mapping", number, "target")) for number in range(len(pipeline.mapping))):
        return  # one of the unreadable targets may be the one
    for path in required:
        parent = path.rpartition(".")[0]
        is_needed = not parent or any(_inside(target, parent) for target in targets)
        is_filled = any(target == path or _inside(target, path) or _inside(path, target) for target in targets)
        is_misspelt = any(problem.fix == f"Did you mean {path}?" for problem in found)
        if is_needed and not is_filled and not is_misspelt:
            of = f" of {parent}" if parent else ""
            what = f"The required field {path}{of} has no mapping"
            yield places.problem(("mapping",), what, f'Add a [[mapping]] with target = "{path}" ({fields[path]})')


def _identities(
    pipeline: Pipeline, places: Places, fields: Mapping[str, str], identities: Sequence[str]
) -> Iterator[Problem]:
    targets = [row.target for row in pipeline.mapping]
    for path in identities:
        if not any(target == path or _inside(target, path) or _inside(path, target) for target in targets):
            what = f"The primary identity {path} has no mapping; records without it belong to no profile"
            fix = f'Add a [[mapping]] with target = "{path}" ({fields.get(path, "string")})'
            yield places.problem(("mapping",), what, fix, "warning")


def _inside(path: str, parent: str) -> bool:
    return path.startswith((f"{parent}.", f"{parent}["))
