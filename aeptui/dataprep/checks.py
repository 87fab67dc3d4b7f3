"""Says what is wrong with one mapping before any row is read, and what would mend it.

For pre-flight and the mapping editor: every answer names the closest thing that exists. It never touches data.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from .errors import DataPrepError, ExpressionError, PathError
from .expression import compile_expression
from .mapping import SOURCE_TYPES, MappingRule, check_stars
from .paths import DestinationPath, SourcePath, quote_column
from .shapes import Shape

CHOOSE_FIELD: Final = "Choose a field of the target schema"
_FEW: Final = 2
"""So few characters begin too many names."""
CHOOSE_COLUMN: Final = "Choose a column of the file"
"""What is left to say when nothing that exists is near an unknown name, or none was looked for."""


@dataclass(frozen=True, slots=True)
class MappingProblem:
    """One problem. `position` is a zero-based offset into the source when the source text is what is wrong."""

    destination: str
    what: str
    fix: str
    position: int | None = None


def check_mapping(
    rule: MappingRule, fields: Mapping[str, str], columns: Collection[str] | None, *, near: bool = True
) -> MappingProblem | None:
    """Check one mapping; None when nothing is wrong with it.

    Args:
        fields: Destination path to XDM type; empty when the schema is not known.
        columns: Source columns (or dotted paths of nested files); None when the file is not known.
        near: Name what was most likely meant by an unknown name; among thousands that takes milliseconds.
    """
    try:
        destination = DestinationPath.parse(rule.destination)
    except PathError as error:
        return MappingProblem(rule.destination, f"The destination is not a path: {error}", "Write it like person.name")
    if fields and (problem := _unknown_destination(destination, fields, near)):
        return problem
    kind = SOURCE_TYPES.get(rule.source_type)
    if kind == "EXPRESSION":
        return _expression_problem(rule, columns, near)
    if kind == "ATTRIBUTE":
        return _attribute_problem(rule, destination, columns, near)
    if kind == "STATIC":
        return _static_problem(rule, destination, fields)
    return MappingProblem(
        rule.destination, f"{rule.source_type!r} is not a source type", "Use ATTRIBUTE, EXPRESSION or STATIC"
    )


def _unknown_destination(destination: DestinationPath, fields: Mapping[str, str], near: bool) -> MappingProblem | None:
    if destination.field in fields or Shape.of(fields).find(destination.segments) is not None:
        return None
    return unknown_field(destination, fields, near=near)


def unknown_field(destination: DestinationPath, fields: Collection[str], *, near: bool = True) -> MappingProblem:
    """The problem of a destination that is known not to be in the schema.

    Args:
        near: Name the field that was most likely meant.
    """
    found = _closest(destination.field, fields) if near else ""
    fix = f"Did you mean {found}?" if found else CHOOSE_FIELD
    return MappingProblem(destination.text, f"The schema has no field {destination.text}", fix)


def _closest(wanted: str, known: Collection[str]) -> str:
    lowered = wanted.lower()
    for candidate in known:
        if candidate.lower() == lowered:
            return candidate
    # Comparing a long path with thousands of others takes a tenth of a second; a slip is likeliest in the last name,
    # and what is left of the others has a last name like it.
    inside, dot, leaf = wanted.rpartition(".")
    beside = [candidate for candidate in known if candidate.startswith(f"{inside}{dot}")]
    names = [candidate[len(inside + dot) :] for candidate in beside]
    begun = [name for name in names if len(leaf) > _FEW and name.lower().startswith(leaf.lower())]
    if found := [min(begun, key=len)] if begun else get_close_matches(leaf, names, n=1, cutoff=0.6):
        return f"{inside}{dot}{found[0]}"
    leaves: dict[str, list[str]] = {}
    for candidate in known:
        leaves.setdefault(candidate.rpartition(".")[2].lower(), []).append(candidate)
    same = leaves.get(leaf.lower(), [])
    near = [] if same else get_close_matches(leaf.lower(), leaves, n=3, cutoff=0.6)
    alike = [candidate for name in near for candidate in leaves[name]]
    found = get_close_matches(wanted, [*same, *alike, *(beside if dot else ())], n=1, cutoff=0.6) or same
    return found[0] if found else ""


def _expression_problem(rule: MappingRule, columns: Collection[str] | None, near: bool) -> MappingProblem | None:
    try:
        expression = compile_expression(rule.source)
    except ExpressionError as error:
        # What is wrong comes first: a table has room for few words.
        what = f"{error.message} (at character {error.position + 1})"
        return MappingProblem(rule.destination, what, error.hint or "Correct the expression", error.position)
    for column, position in expression.places.items():
        if columns is not None and not _is_known(column, columns):
            return _unknown_column(rule, column, columns, position, near)
    return None


def _attribute_problem(
    rule: MappingRule, destination: DestinationPath, columns: Collection[str] | None, near: bool
) -> MappingProblem | None:
    try:
        source = SourcePath.parse(rule.source)
    except PathError as error:
        fix = f"Write {quote_column(rule.source)}" if rule.source else "Choose a column"
        return MappingProblem(rule.destination, f"The source is not a path: {error}", fix, error.position)
    try:
        check_stars(source, destination)
    except PathError as error:
        return MappingProblem(rule.destination, error.message, "Write as many [*] on one side as on the other")
    if columns is not None and not _is_known(source.column, columns):
        return _unknown_column(rule, source.column, columns, 0, near)
    return None


def _static_problem(
    rule: MappingRule, destination: DestinationPath, fields: Mapping[str, str]
) -> MappingProblem | None:
    shape = Shape.of(fields).find(destination.segments) if fields else None
    if shape is None or destination.stars:
        return None
    try:
        shape.converter()(rule.source)
    except DataPrepError as error:
        return MappingProblem(rule.destination, str(error), "Give a constant of the field's type")
    return None


def _is_known(column: str, columns: Collection[str]) -> bool:
    """Whether a file with these columns can have the path: itself, its column, or a parent or child that is listed."""
    if column in columns:
        return True
    plain = column.replace("[*]", "")
    root = plain.partition(".")[0].partition("[")[0]
    if root in columns:
        # Nested files list deeper paths too; only then is a missing child known to be missing.
        listed = [known for known in columns if known.startswith((root + ".", root + "["))]
        if not listed:
            return True
    stripped = _without_indexes(column)
    for known in columns:
        name = _without_indexes(known)
        if name == stripped or name.startswith(stripped + "."):
            return True
    return False


def _without_indexes(path: str) -> str:
    parts: list[str] = []
    for part in path.split("["):
        parts.append(part if not parts else part.partition("]")[2])
    return "".join(parts)


def _unknown_column(
    rule: MappingRule, column: str, columns: Collection[str], position: int, near: bool
) -> MappingProblem:
    found = _closest(column, columns) if near else ""
    fix = f"Did you mean {_as_source(found)}?" if found else CHOOSE_COLUMN
    return MappingProblem(rule.destination, f"The file has no column {column}", fix, position)


def _as_source(column: str) -> str:
    """The column as a source must write it; a listed path of a nested file stays a path."""
    try:
        return column if SourcePath.parse(column).column == column else quote_column(column)
    except PathError:
        return quote_column(column)
