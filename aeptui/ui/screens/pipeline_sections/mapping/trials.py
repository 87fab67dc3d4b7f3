"""Tries mapping rows on one sample row, in process, and says what comes out and what is wrong. Lazy, and remembered.

The language is the one that ingestion runs; nothing is sent anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from aeptui.chain.mapping_checks import columns_of, row_faults, target_field
from aeptui.chain.mapping_rows import rule_of, source_text
from aeptui.chain.row_memory import OverRows
from aeptui.dataprep import (
    TYPES,
    Context,
    DataPrepError,
    DestinationPath,
    ExpressionError,
    MappingProblem,
    PathError,
    SourcePath,
    TransformError,
    check_mapping,
    coerce,
    compile_expression,
)
from aeptui.dataprep.checks import CHOOSE_COLUMN, CHOOSE_FIELD, unknown_field
from aeptui.dataprep.lexer import is_plain_name
from aeptui.dataprep.shapes import Shape
from aeptui.session.forecast_words import lost_words, why_words
from aeptui.ui.screens.pipeline_sections.source import value_cell, value_text
from aeptui.ui.widgets.grid import Cell
from aeptui.ui.widgets.text_lines import sentences

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow
    from aeptui.session.losses import MappingForecast
    from aeptui.ui.screens.pipeline_sections.state import EditorState

TrialState = Literal["ok", "warning", "error", "unknown"]
_NO_TARGET = "Choose a field"
_KINDS_OF: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    **dict.fromkeys(("integer", "long", "short", "byte"), (int,)),
    "number": (float, int),
    "date": (date,),
    "date-time": (datetime,),
}
"""What an item of an array has to be when it arrives in a field of such items."""


@dataclass(frozen=True)
class Tried:
    """One mapping row, tried."""

    state: TrialState
    reason: str = ""
    fix: str = ""
    type: str = ""
    """XDM type of the target; empty when it is not known."""
    given: object = None
    """What the row has; of an expression, its columns and their values."""
    made: object = None
    """What would be written."""
    has_value: bool = False
    """Was there a sample row to try it on?"""
    position: int | None = None
    """Where in the source text the error is."""
    is_about_value: bool = False
    """Is only the value of this one sample row at fault?"""


class Fault(NamedTuple):
    """What is wrong with a row whatever its values are."""

    reason: str
    fix: str
    position: int | None = None
    """Where in the source text the error is."""

    @property
    def is_target(self) -> bool:
        """Is it the target that is wrong?"""
        return self.fix in {CHOOSE_FIELD, _NO_TARGET}


@dataclass(frozen=True)
class Trial:
    """What rows are tried against: columns, fields and one sample row, each None or empty when it is not known."""

    types: Mapping[str, str]
    columns: Sequence[str] | None
    row: Mapping[str, object] | None
    now: datetime = field(compare=False)
    items: Mapping[str, str] = field(default_factory=dict)
    """What arrays hold, by their paths."""
    _known: dict[MappingRow, Tried] = field(default_factory=dict, compare=False, repr=False)
    _faults: dict[MappingRow, Fault | None] = field(default_factory=dict, compare=False, repr=False)
    _explained: set[MappingRow] = field(default_factory=set, compare=False, repr=False)

    def afresh(self) -> Trial:
        """The same, with nothing remembered: for rows that may never become part of the mapping."""
        return replace(self, _known={}, _faults={}, _explained=set())

    def of(self, row: MappingRow) -> Tried:
        """Try one row."""
        tried = self._known.get(row)
        if tried is None:
            tried = self._known[row] = self._try(row)
        return tried

    def explained(self, row: MappingRow) -> Tried:
        """Try one row, and look for what was meant when it names what is unknown; that takes milliseconds."""
        tried = self.of(row)
        if row not in self._explained:
            problem = None
            if tried.fix == CHOOSE_FIELD:
                problem = unknown_field(DestinationPath.parse(row.target), self.types)
            elif tried.fix == CHOOSE_COLUMN:
                problem = check_mapping(rule_of(row, "target"), {}, self._columns)
            if problem is not None:
                tried = self._known[row] = replace(tried, fix=problem.fix)
            self._explained.add(row)
        return tried

    def fault(self, row: MappingRow) -> Fault | None:
        """What is wrong with the row on every sample row; no value is read for that."""
        if row not in self._faults:
            self._faults[row] = self._find_fault(row)
        return self._faults[row]

    @cached_property
    def over(self) -> OverRows[Fault]:
        """The rows of the mapping with a fault, kept over its edits."""
        return OverRows(self.fault)

    def _find_fault(self, row: MappingRow) -> Fault | None:
        text = source_text(row)
        if not text:
            return Fault("no source yet", "Choose a column, or write an expression")
        problem = None if self._is_fine(row) else self._source_problem(row)
        if problem is not None and problem.position is not None:
            return Fault(problem.what, problem.fix, problem.position)
        if not row.target:
            return Fault("no target yet", _NO_TARGET)
        if problem is not None:
            return Fault(problem.what, problem.fix)
        if self._is_unknown(row.target):
            return Fault(f"The schema has no field {row.target}", CHOOSE_FIELD)
        return None

    def _source_problem(self, row: MappingRow) -> MappingProblem | None:
        if row_faults(row) or "*" in row.target:
            return check_mapping(rule_of(row, "target"), {}, self._columns, near=False)
        # Nothing but what it reads matters, and thousands of rows may read the same.
        read = (row.source, row.expression)
        if read not in self._read:
            self._read[read] = check_mapping(rule_of(row), {}, self._columns, near=False)
        return self._read[read]

    @cached_property
    def _read(self) -> dict[tuple[str | None, str | None], MappingProblem | None]:
        return {}

    def _is_fine(self, row: MappingRow) -> bool:
        """Does the row read what is there, as far as a glance can tell? Of thousands of rows almost all do."""
        if row_faults(row):
            return False
        columns = self._columns
        if row.expression is None:
            return columns is None or (row.source in columns and is_plain_name(row.source))
        return columns is None or columns.keys() >= columns_of(row.expression)

    @cached_property
    def _columns(self) -> dict[str, None] | None:
        return dict.fromkeys(self.columns) if self.columns is not None else None

    @cached_property
    def _shape(self) -> Shape:
        return Shape.of(self.types)

    def _is_unknown(self, target: str) -> bool:
        if not self.types or target in self.types or target_field(target) in self.types:
            return False
        return self._shape.find(DestinationPath.parse(target).segments) is None

    def _try(self, row: MappingRow) -> Tried:
        type_name = self.type_of(row.target)
        fault = self.fault(row)
        if fault is not None and not source_text(row):
            return Tried("error", fault.reason, fault.fix, type_name)
        given, made, failure = self._values(row, type_name)
        has_value = self.row is not None
        if fault is not None:
            made = made if fault.position is None else None
            known = "" if fault.fix == CHOOSE_FIELD or not row.target else type_name
            return Tried("error", fault.reason, fault.fix, known, given, made, has_value, fault.position)
        if failure:
            copies = row.expression is None
            reason = f"{failure}; the row would be {'rejected' if copies else 'kept, with null here'}"
            return Tried(
                "error" if copies else "warning", reason, "", type_name, given, None, True, is_about_value=True
            )
        wrong = self.misfit_in(row.target, made)
        if wrong:
            reason = f"{wrong}; the row would be rejected"
            return Tried("error", reason, "", type_name, given, None, True, is_about_value=True)
        if not self.types:
            return Tried("unknown", "the schema's fields are not known", "", "", given, made, has_value)
        return Tried("ok", "", "", type_name, given, made, has_value)

    def misfit_in(self, target: str, made: object) -> str:
        """Which item of an array that is written whole its field cannot hold: ingestion changes no item's type."""
        held = self.items.get(target_field(target), "") if isinstance(made, list | tuple) else ""
        kinds = _KINDS_OF.get(held)
        if kinds is None or not isinstance(made, list | tuple):
            return ""
        bad = next((item for item in made if item is not None and type(item) not in kinds), None)
        if bad is None:
            return ""
        what = "an object" if isinstance(bad, dict) else value_text(bad)
        return f"the array holds {what}, which is not of the type {held}"

    def type_of(self, target: str) -> str:
        """XDM type of a target; empty when it is not known."""
        return self.types.get(target) or self.types.get(target_field(target)) or ""

    def _values(self, row: MappingRow, type_name: str) -> tuple[object, object, str]:
        """What goes in, what comes out, and why nothing does."""
        if self.row is None:
            return None, None, ""
        given: object = None
        try:
            if row.expression is not None:
                expression = compile_expression(row.expression)
                given = {name: _read(name, self.row) for name in sorted(expression.columns)}
                made = expression.evaluate(self.row, Context(self.now))
            else:
                given = made = _read(row.source or "", self.row)
        except TransformError as error:
            return given, None, str(error)
        except DataPrepError:
            return None, None, ""
        if made is None or type_name not in TYPES or type_name == "array":
            return given, made, ""
        try:
            return given, _coerced(made, type_name, row.target.count("[*]")), ""
        except TransformError as error:
            return given, None, str(error)


def _coerced(value: object, type_name: str, stars: int) -> object:
    """The value as its target takes it; behind each `[*]` every item of an array."""
    if not stars:
        return coerce(value, type_name)
    if not isinstance(value, list | tuple):
        raise TransformError(f"{value_text(value)} is not an array, and the target has [*]")
    return [None if item is None else _coerced(item, type_name, stars - 1) for item in value]


@lru_cache(32_768)
def columns_read(text: str, *, calculated: bool = False) -> frozenset[str]:
    """What a source or an expression reads: columns, as they are called; of a path also the column it begins with."""
    try:
        if calculated:
            return compile_expression(text).columns
        path = SourcePath.parse(text)
    except DataPrepError:
        return frozenset()
    return frozenset((path.column, str(path.segments[0])))


def _read(path: str, row: Mapping[str, object]) -> object:
    if path in row:
        return row[path]
    return SourcePath.parse(path).reader()(row)


def sentence(tried: Tried) -> str:
    """What is wrong, and what to do, to read; empty when nothing is."""
    return sentences(tried.reason, tried.fix)


def row_of(text: str, target: str, columns: Sequence[str] | None, calculated: bool | None = None) -> MappingRow:
    """A mapping row of what was typed: a copy when the text names a column, else an expression.

    Args:
        calculated: True and False decide it whatever the text says.
    """
    from aeptui.chain.pipeline import MappingRow

    text, target = text.strip(), target.strip()
    if calculated if calculated is not None else not names_column(text, columns):
        return MappingRow(expression=text, target=target)
    return MappingRow(source=text, target=target)


def names_column(text: str, columns: Sequence[str] | None) -> bool:
    """Would the text copy a column, rather than calculate?"""
    try:
        path = SourcePath.parse(text)
    except PathError:
        return not text
    if columns is None or path.column in columns:
        return True
    root = str(path.segments[0]) if path.segments else ""
    return any(known == root or known.startswith((f"{root}.", f"{root}[")) for known in columns)


def expression_error(text: str) -> ExpressionError | None:
    """What is wrong with an expression's text; None when it compiles."""
    try:
        compile_expression(text)
    except ExpressionError as error:
        return error
    return None


def with_forecast(tried: Tried, found: MappingForecast | None, readable: int) -> Tried:
    """The trial with what the row loses over the whole input, which says more than one sample row."""
    if found is None:
        return (
            tried
            if tried.reason
            else replace(tried, reason="not forecast", fix="It was changed since; w runs it again")
        )
    if not found.loses:
        return tried
    state: TrialState = "error" if tried.state == "error" else "warning"
    return replace(tried, state=state, reason=lost_words(found, readable), fix=why_words(found))


def trial_of(state: EditorState) -> Trial:
    """What the mapping of this state is tried against."""
    target = state.target
    return Trial(target.types, state.sample.columns, state.sample.current, state.now, target.items)


def given_cell(tried: Tried) -> Cell:
    """What goes in, in one cell."""
    if not tried.has_value:
        return Cell("")
    if isinstance(tried.given, Mapping):
        return Cell(
            ", ".join("null" if value is None else value_text(value) for value in tried.given.values()), "muted"
        )
    return value_cell(tried.given)
