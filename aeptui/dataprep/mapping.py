"""Runs the rules of a mapping set on rows: compiled once, then one call per row.

A failing expression makes its field null and leaves a warning. A copied value that cannot become the field's type
leaves an error; whether the row is then rejected is the caller's decision, and so are required fields and other
validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, NamedTuple

from .coercion import Coercer
from .columns import ColumnMapper, ColumnRule
from .errors import CoercionError, PathError, TransformError, shown
from .expression import compile_expression
from .functions.registry import Context, Row
from .paths import DestinationPath, Segment, SourcePath
from .shapes import Shape, copied

MAPPER_TRANSFORM_ERROR: Final = "MAPPER-3700-400"

_TOO_DEEP: Final = "the value is nested too deeply"

SourceType = Literal["ATTRIBUTE", "EXPRESSION", "STATIC"]
SOURCE_TYPES: Final[Mapping[str, SourceType]] = {
    "ATTRIBUTE": "ATTRIBUTE",
    "EXPRESSION": "EXPRESSION",
    "STATIC": "STATIC",
    "text/x.schema-path": "ATTRIBUTE",
    "text/x.aep-xl": "EXPRESSION",
}
"""Every spelling of a source type that the platform accepts or answers, to the three of ours."""


@dataclass(frozen=True, slots=True)
class MappingRule:
    """One mapping of a mapping set. `source` is a path, an expression or a constant, as `source_type` says."""

    source_type: SourceType
    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the target schema, as pre-flight and the mapping editor list it."""

    path: str
    type: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class RowIssue:
    """What went wrong with one field of one row."""

    destination: str
    source: str
    code: str
    message: str


class Mapped(NamedTuple):
    """One row's result. `record` is nested XDM without nulls; with errors the row must not be ingested."""

    record: dict[str, object]
    warnings: tuple[RowIssue, ...]
    errors: tuple[RowIssue, ...]


@dataclass(frozen=True, slots=True)
class _Value:
    """How one rule's value is read and made of its type."""

    rule: MappingRule
    read: Callable[[Row, Context], object]
    convert: Coercer
    column: str | None
    """Set when the source is one plain column; such values take the shortest way."""
    reads: frozenset[str] | None
    """The columns it looks at; None when it may be any."""
    calculation: str | None = None
    """The expression, when its functions may run one by one over whole columns."""

    def issue(self, error: TransformError) -> RowIssue:
        where = f"column {self.rule.source}: " if self.rule.source_type == "ATTRIBUTE" else ""
        return RowIssue(self.rule.destination, self.rule.source, MAPPER_TRANSFORM_ERROR, f"{where}{error}")


@dataclass(slots=True)
class _Branch:
    """One object of the record, with the values that stand directly in it."""

    columns: list[tuple[str, str, Coercer, _Value]] = field(default_factory=list)
    values: list[tuple[str, _Value]] = field(default_factory=list)
    branches: dict[str, _Branch] = field(default_factory=dict)


class Mapper:
    """A compiled mapping set; call it with one row after the other."""

    def __init__(self, values: Iterable[tuple[_Value, tuple[Segment, ...]]], context: Context) -> None:
        self._context = context
        self._root = _Branch()
        self._by_columns: list[ColumnRule] = []
        ordered: list[tuple[tuple[Segment, ...], _Value]] = []
        planned = list(values)
        entangled = _entangled([segments for _, segments in planned])
        for value, segments in planned:
            if segments in entangled:
                ordered.append((segments, value))
            else:
                self._plan(segments, value)
        self.entangled = bool(ordered)
        """Whether some rules depend on each other, or write into arrays by index."""
        # Whole objects are copied before the mappings that rename their children.
        self._ordered = sorted(ordered, key=lambda entry: len(entry[0]))

    def _plan(self, segments: tuple[Segment, ...], value: _Value) -> None:
        branch = self._root
        for segment in segments[:-1]:
            branch = branch.branches.setdefault(str(segment), _Branch())
        key = str(segments[-1])
        if value.column is not None:
            branch.columns.append((key, value.column, value.convert, value))
        else:
            branch.values.append((key, value))
        names = tuple(str(segment) for segment in segments)
        self._by_columns.append(
            ColumnRule(names, value.read, value.convert, value.column, value.reads, value.calculation)
        )

    def by_columns(self) -> ColumnMapper | None:
        """The same rules for columns instead of rows; None when their order matters."""
        return None if self.entangled else ColumnMapper(self._by_columns, self._context)

    def __call__(self, row: Row) -> Mapped:
        """Map one row."""
        warnings: list[RowIssue] = []
        errors: list[RowIssue] = []
        record = self._fill(self._root, row, warnings, errors)
        for segments, value in self._ordered:
            made = self._value(value, row, warnings, errors)
            if made is None:
                continue
            try:
                _put(record, segments, made)
            except TransformError as error:
                errors.append(value.issue(error))
        return Mapped(record, tuple(warnings), tuple(errors))

    def _fill(self, branch: _Branch, row: Row, warnings: list[RowIssue], errors: list[RowIssue]) -> dict[str, object]:
        record: dict[str, object] = {}
        get = row.get
        for key, column, convert, value in branch.columns:
            given = get(column)
            if given is None:
                continue
            try:
                made = convert(given)
            except TransformError as error:
                errors.append(value.issue(error))
                continue
            except RecursionError:
                errors.append(value.issue(TransformError(_TOO_DEEP)))
                continue
            if made is not None:
                record[key] = made
        for key, value in branch.values:
            made = self._value(value, row, warnings, errors)
            if made is not None:
                record[key] = made
        for key, child in branch.branches.items():
            nested = self._fill(child, row, warnings, errors)
            if nested:
                record[key] = nested
        return record

    def _value(self, value: _Value, row: Row, warnings: list[RowIssue], errors: list[RowIssue]) -> object:
        try:
            given = value.read(row, self._context)
            return None if given is None else value.convert(given)
        except TransformError as error:
            (warnings if value.rule.source_type == "EXPRESSION" else errors).append(value.issue(error))
        except RecursionError:
            too_deep = TransformError(_TOO_DEEP)
            (warnings if value.rule.source_type == "EXPRESSION" else errors).append(value.issue(too_deep))
        return None


def compile_mapping(rules: Iterable[MappingRule], fields: Mapping[str, str], now: datetime) -> Mapper:
    """Compile a mapping set for one batch.

    Args:
        rules: Their order matters only where two write to the same place: the later one wins.
        fields: Destination path to XDM type; empty means that values are copied as they are.
        now: What `now()` answers for the whole batch; aware.
    Raises:
        ExpressionError: a rule's expression is wrong.
        PathError: a source or destination path is wrong, or their `[*]` do not pair.
        CoercionError: `fields` names a type that does not exist.
    """
    shape = Shape.of(fields)
    return Mapper([_compile(rule, shape, typed=bool(fields)) for rule in rules], Context(now))


def _compile(rule: MappingRule, shape: Shape, *, typed: bool) -> tuple[_Value, tuple[Segment, ...]]:
    destination = DestinationPath.parse(rule.destination)
    found = shape.find(destination.segments) if typed else None
    convert = found.converter() if found is not None else copied
    for _ in range(destination.stars):
        convert = _spread(convert)
    column: str | None = None
    reads: frozenset[str] | None = frozenset()
    calculation: str | None = None
    kind = SOURCE_TYPES.get(rule.source_type)
    if kind == "EXPRESSION":
        expression = compile_expression(rule.source)
        read = expression.run
        calculation = None if expression.counted else rule.source
        reads = None if expression.whole_row else expression.columns
    elif kind == "STATIC":
        constant = rule.source
        read = lambda _row, _context: constant  # noqa: E731  # a closure like those the compiler makes
    elif kind == "ATTRIBUTE":
        source = SourcePath.parse(rule.source)
        check_stars(source, destination)
        column = source.column if len(source.segments) == 1 else None
        reads = frozenset((source.column,))
        reader = source.reader()
        read = lambda row, _context: reader(row)  # noqa: E731  # as above
    else:
        raise PathError(f"{rule.source_type!r} is not a source type: ATTRIBUTE, EXPRESSION or STATIC")
    normal = MappingRule(kind, rule.source, rule.destination)
    return _Value(normal, read, convert, column, reads, calculation), destination.segments


def check_stars(source: SourcePath, destination: DestinationPath) -> None:
    """Refuse a copy whose two sides do not name the same number of arrays with `[*]`.

    Raises:
        PathError: they differ.
    """
    if source.stars != destination.stars:
        raise PathError(f"The source has {source.stars} [*] and the destination {destination.stars}; they must pair")


def _spread(convert: Coercer) -> Coercer:
    """The converter for every element of a `[*]`."""

    def each(value: object) -> object:
        if not isinstance(value, (list, tuple)):
            raise CoercionError(f"{shown(value)} is not an array, and the destination has [*]", type_name="array")
        return [None if item is None else convert(item) for item in value]

    return each


def _entangled(destinations: list[tuple[Segment, ...]]) -> set[tuple[Segment, ...]]:
    """Destinations with indexes, and those that are equal to, above or below another: order matters among them."""
    counts: dict[tuple[Segment, ...], int] = {}
    for segments in destinations:
        counts[segments] = counts.get(segments, 0) + 1
    found = {segments for segments, count in counts.items() if count > 1}
    for segments in counts:
        if not all(isinstance(segment, str) for segment in segments):
            found.add(segments)
        for length in range(1, len(segments)):
            if segments[:length] in counts:
                found.update((segments[:length], segments))
    return found


def _put(container: object, segments: tuple[Segment, ...], value: object) -> None:
    """Write a value at a path, making the objects and arrays on its way."""
    last = len(segments) - 1
    for place, segment in enumerate(segments):
        fresh: object = value if place == last else {} if isinstance(segments[place + 1], str) else []
        if isinstance(segment, str):
            if not isinstance(container, dict):
                raise TransformError(f"{segment} cannot stand in {shown(container)}")
            if place == last:
                container[segment] = value
                return
            container = container.setdefault(segment, fresh)
            continue
        if not isinstance(container, list):
            raise TransformError(f"an index cannot stand in {shown(container)}")
        if isinstance(segment, int):
            container.extend([None] * (segment + 1 - len(container)))
            if place == last or container[segment] is None:
                container[segment] = fresh
            container = container[segment]
            continue
        items = value if isinstance(value, list) else []
        container.extend([None] * (len(items) - len(container)))
        rest = segments[place + 1 :]
        for index, item in enumerate(items):
            if not rest:
                container[index] = item
                continue
            if container[index] is None:
                container[index] = {} if isinstance(rest[0], str) else []
            if item is not None:
                _put(container[index], rest, item)
        return
