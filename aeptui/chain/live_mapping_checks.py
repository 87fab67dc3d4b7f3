"""What the target schema and a sample of the file show about the mapping rows. Pure: it is given what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aeptui.chain.mapping_checks import above, columns_of, row_problems, target_field, target_place, target_segments
from aeptui.chain.mapping_rows import source_type
from aeptui.chain.pipeline import MappingRow, Pipeline
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem
from aeptui.chain.toml_lines import KeyPath
from aeptui.dataprep import (
    CoercionError,
    DestinationPath,
    MappingProblem,
    MappingRule,
    SourcePath,
    TransformError,
    check_mapping,
    compile_expression,
)
from aeptui.dataprep.checks import unknown_field
from aeptui.dataprep.lexer import is_plain_name
from aeptui.dataprep.shapes import Shape

MOST_EXPLAINED: Final = 50
"""Problems for which it is looked what was meant: that takes milliseconds for each, and whoever has more of them has
chosen another file or another schema."""
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
) -> Iterator[Problem | None]:
    """Check every row whose own text is fine; None after each of them, so that whoever has keys to wait for can rest.

    Args:
        fields: Path to XDM type of every field of the target schema; empty when it is not known.
        required: Paths of the required fields among them.
        identities: Paths of the fields by which a record is told from all others.
        sample: None when the file is not known.
    """
    shape = Shape.of(fields)
    found: list[Problem] = []
    seen: set[object] = set()
    columns = _Columns(sample) if sample is not None else None
    for number, row in enumerate(pipeline.mapping):
        if places.is_spoiled(("mapping", number)):
            continue
        wrong = {problem.where for problem in row_problems(row, number, places)}
        place = target_place(row.target)
        if place in seen:
            wrong.add(f"mapping {number + 1}: target")  # the document tells of the second row for one target
        seen.add(place)
        near = len(found) < MOST_EXPLAINED
        for problem in _row(row, number, places, wrong, fields, shape, sample, columns, near=near):
            found.append(problem)
            yield problem
        yield None
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
    columns: _Columns | None,
    *,
    near: bool,
) -> Iterator[Problem]:
    path: KeyPath = ("mapping", number)
    segments = target_segments(row)
    name = f"mapping {number + 1}"
    target: Shape | None = None
    if fields and segments and f"{name}: target" not in wrong and not places.is_spoiled((*path, "target")):
        target = shape.find(segments)
        if target is None and target_field(row.target) not in fields:
            problem = unknown_field(DestinationPath.parse(row.target), fields, near=near)
            yield places.problem((*path, "target"), problem.what, problem.fix)
    key = "expression" if row.expression is not None else "source"
    text = row.expression or row.source
    if sample is None or columns is None or not text or (row.source and row.expression):
        return
    if f"{name}: {key}" in wrong or places.is_spoiled((*path, key)):
        return
    unknown = columns.problem(row, text, near=near)
    if unknown is not None:
        if sample.is_whole_header or "Did you mean" in unknown.fix:
            yield places.problem((*path, key), unknown.what, unknown.fix)
        else:
            fix = "Check its name; it may still come in a later row"
            yield places.problem((*path, key), f"{unknown.what} in its first rows", fix, "warning")
    elif target is not None:
        yield from _type_problem(row, places, path, target, sample)


class _Columns:
    """The columns of the file, and what was found about texts that read them: thousands of rows may read the same."""

    def __init__(self, sample: Sample) -> None:
        self._names = dict.fromkeys(sample.columns)
        self._is_whole = sample.is_whole_header
        self._found: dict[tuple[str | None, str | None], MappingProblem | None] = {}

    def problem(self, row: MappingRow, text: str, *, near: bool) -> MappingProblem | None:
        """What is wrong with what a row reads.

        Args:
            text: Its source or expression.
            near: Look for the column that was meant. Of a file of which not all columns are known it says more.
        """
        near = near or not self._is_whole
        if "*" in row.target:
            target = row.target if target_segments(row) else "field"
            return check_mapping(MappingRule(source_type(row), text, target), {}, self._names, near=near)
        of = (row.source, row.expression)
        if of not in self._found:
            self._found[of] = None if self._is_fine(row, text) else self._judged(row, text, near)
        return self._found[of]

    def _judged(self, row: MappingRow, text: str, near: bool) -> MappingProblem | None:
        return check_mapping(MappingRule(source_type(row), text, "field"), {}, self._names, near=near)

    def _is_fine(self, row: MappingRow, text: str) -> bool:
        """Does it read what is there, as far as a glance can tell?"""
        if row.expression is not None:
            return columns_of(text) <= self._names.keys()
        return text in self._names and is_plain_name(text)


def _type_problem(row: MappingRow, places: Places, path: KeyPath, target: Shape, sample: Sample) -> Iterator[Problem]:
    """Whether the sample's values can become the type of the target; only if not one can, it is told."""
    key = "expression" if row.expression else "source"
    is_object = bool(target.children) and target.type != "array"
    read, convert = _reader(row), target.converter()
    present, failures, reasons, nulls = 0, [], [], 0
    for sample_row in sample.rows[:MOST_SAMPLES]:
        try:
            value = read(sample_row)
        except TransformError as error:
            failures.append(str(error))
            continue
        if value is None:
            nulls += 1
            continue
        present += 1
        try:
            convert(value)
        except CoercionError as error:
            reasons.append(str(error))
        if isinstance(value, dict) if is_object else len(reasons) < present:
            return  # one that fits is enough
    if failures and not present and not nulls:
        what = f"The expression fails on each of the first {len(failures)} rows: {failures[0]}"
        yield places.problem((*path, key), what, "Correct it, or guard it with iif or nvl", "warning")
    elif is_object and present:
        inside = ", ".join(list(target.children)[:3])
        what = f"{row.target} is an object, and {row.source or 'the expression'} gives single values"
        yield places.problem((*path, "target"), what, f"Choose a field in it, such as {inside}")
    elif present:
        kind = target.type or "object"
        what = f"None of the first {present} values can become {kind}, the type of {row.target}: {reasons[0]}"
        fix = "Choose another target, or convert it with an expression"
        yield places.problem((*path, key), what, fix, "warning")


def _reader(row: MappingRow) -> Callable[[Mapping[str, object]], object]:
    """Answers the row's value of a sample row."""
    if row.expression:
        return compile_expression(row.expression).evaluate
    return SourcePath.parse(row.source or "").reader()


def _required(
    pipeline: Pipeline, places: Places, fields: Mapping[str, str], required: Sequence[str], found: Sequence[Problem]
) -> Iterator[Problem]:
    """Required fields that nothing fills: of the record itself, and of each object that some mapping makes."""
    if any(places.is_spoiled(("mapping", number, "target")) for number in range(len(pipeline.mapping))):
        return  # one of the unreadable targets may be the one
    targets, filled = _targets(pipeline)
    for path in required:
        parent = path.rpartition(".")[0]
        is_needed = not parent or parent in filled
        is_filled = _is_filled(path, targets, filled)
        is_misspelt = any(problem.fix == f"Did you mean {path}?" for problem in found)
        if is_needed and not is_filled and not is_misspelt:
            of = f" of {parent}" if parent else ""
            what = f"The required field {path}{of} has no mapping"
            yield places.problem(("mapping",), what, f'Add a [[mapping]] with target = "{path}" ({fields[path]})')


def _identities(
    pipeline: Pipeline, places: Places, fields: Mapping[str, str], identities: Sequence[str]
) -> Iterator[Problem]:
    targets, filled = _targets(pipeline)
    for path in identities:
        if not _is_filled(path, targets, filled):
            what = f"The primary identity {path} has no mapping; records without it belong to no profile"
            fix = f'Add a [[mapping]] with target = "{path}" ({fields.get(path, "string")})'
            yield places.problem(("mapping",), what, fix, "warning")


def _targets(pipeline: Pipeline) -> tuple[set[str], set[str]]:
    """The fields that rows write, and everything those stand in."""
    targets = {field for row in pipeline.mapping if (field := target_field(row.target))}
    return targets, {parent for target in targets for parent in above(target)}


def _is_filled(path: str, targets: set[str], filled: set[str]) -> bool:
    """Does a row write the field, something in it, or something it stands in?"""
    return path in targets or path in filled or any(parent in targets for parent in above(path))
