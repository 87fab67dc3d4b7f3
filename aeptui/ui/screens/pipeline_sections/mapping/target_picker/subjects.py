"""What a target is picked for: a row's source, its values on the sample rows, and the field it seems to mean. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from aeptui.chain.mapping_rows import as_source, source_text
from aeptui.chain.value_types import ValueKind, kind_of
from aeptui.dataprep import Context, DataPrepError, SourcePath, TransformError, compile_expression

if TYPE_CHECKING:
    from datetime import datetime

    from aeptui.chain.automap import Suggestion
    from aeptui.chain.pipeline import MappingRow
    from aeptui.dataprep.expression import Expression
    from aeptui.models.connections import FilePreview
    from aeptui.models.schemas import SchemaField


@dataclass(frozen=True)
class Subject:
    """One row of the mapping, as far as choosing its target is concerned."""

    text: str
    """Its source or expression; empty for a row that has none yet."""
    target: str = ""
    values: tuple[object, ...] = ()
    """What comes of it on each of the sample rows."""
    sample: object = None
    """What comes of it on the row shown now."""
    columns: tuple[str, ...] = ()
    """The columns it reads."""
    stars: int = 0
    """How many `[*]` its source has."""

    @cached_property
    def kind(self) -> ValueKind:
        """What its values are."""
        return kind_of(self.values, self.columns[0] if len(self.columns) == 1 else "")


def subject_of(
    row: MappingRow, preview: FilePreview | None, current: Mapping[str, object] | None, now: datetime
) -> Subject:
    """A mapping row with its values.

    Args:
        current: The sample row that is shown now.
    """
    text = source_text(row)
    if not text:
        return Subject("", row.target)
    rows = preview.rows if preview is not None else ()
    try:
        if row.expression is not None:
            expression = compile_expression(text)
            columns, stars = tuple(sorted(expression.columns)), 0
            value = _evaluated(expression, now)
        else:
            path = SourcePath.parse(text)
            columns, stars, value = (path.column,), path.stars, path.reader()
    except DataPrepError:
        return Subject(text, row.target)
    values = tuple(value(one) for one in rows)
    return Subject(text, row.target, values, value(current) if current is not None else None, columns, stars)


def _evaluated(expression: Expression, now: datetime) -> Callable[[Mapping[str, object]], object]:
    context = Context(now)

    def value(row: Mapping[str, object]) -> object:
        try:
            return expression.evaluate(row, context)
        except TransformError:
            return None

    return value


def guesses(
    subjects: Sequence[Subject],
    fields: Sequence[SchemaField],
    taken: Collection[str],
    preview: FilePreview | None,
    suggested: Mapping[str, str],
) -> dict[str, Suggestion]:
    """Column, as a mapping writes it, to the field it seems to mean: of rows without a target that read one column."""
    from aeptui.chain.automap import automap

    wanted = {one.columns[0] for one in subjects if not one.target and len(one.columns) == 1}
    if not wanted:
        return {}
    known = [column for column in preview.columns if column.name in wanted] if preview is not None else []
    unknown = wanted - {column.name for column in known}
    rows = preview.rows if preview is not None else ()
    found = automap([*known, *sorted(unknown)], fields, taken, rows=rows, platform=dict(suggested))
    return {one.source: one for one in found}


def guess_for(subject: Subject, found: Mapping[str, Suggestion]) -> Suggestion | None:
    """The guess for one of them."""
    return found.get(as_source(subject.columns[0])) if len(subject.columns) == 1 else None
