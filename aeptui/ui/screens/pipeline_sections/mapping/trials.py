"""Tries mapping rows on one sample row, in process, and says what comes out and what is wrong. Lazy, and remembered.

The language is the one that ingestion runs; nothing is sent anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from aeptui.chain.mapping_rows import source_text
from aeptui.dataprep import (
    TYPES,
    Context,
    DataPrepError,
    DestinationPath,
    ExpressionError,
    MappingRule,
    PathError,
    SourcePath,
    TransformError,
    check_mapping,
    coerce,
    compile_expression,
    compile_mapping,
)
from aeptui.dataprep.shapes import Shape
from aeptui.ui.screens.pipeline_sections.mapping.forecast_words import lost_words, why_words
from aeptui.ui.screens.pipeline_sections.source import value_cell, value_text
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Cell, Row

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow
    from aeptui.chain.problems import Problem
    from aeptui.session.losses import Forecast, MappingForecast
    from aeptui.ui.screens.pipeline_sections.state import EditorState

TrialState = Literal["ok", "warning", "error", "unknown"]
UNKNOWN = "Choose a field of the target schema"
"""The fix of an unknown field, until the nearest one was looked for."""
_MARKS = {"ok": "ok", "warning": "warning", "error": "fail", "unknown": "pending"}
_STYLES = {"ok": "ok", "warning": "warning", "error": "error", "unknown": "muted"}


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


@dataclass(frozen=True)
class Trial:
    """What rows are tried against: columns, fields and one sample row, each None or empty when it is not known."""

    types: Mapping[str, str]
    columns: Sequence[str] | None
    row: Mapping[str, object] | None
    now: datetime = field(compare=False)
    _known: dict[MappingRow, Tried] = field(default_factory=dict, compare=False, repr=False)

    def afresh(self) -> Trial:
        """The same, with nothing remembered: for rows that may never become part of the mapping."""
        return replace(self, _known={})

    def of(self, row: MappingRow) -> Tried:
        """Try one row."""
        tried = self._known.get(row)
        if tried is None:
            tried = self._known[row] = self._try(row)
        return tried

    def explained(self, row: MappingRow) -> Tried:
        """Try one row, and look for the nearest field when it names one that is unknown; that takes milliseconds."""
        tried = self.of(row)
        if tried.fix == UNKNOWN:
            problem = check_mapping(rule_of(row), self.types, self.columns)
            tried = self._known[row] = replace(tried, fix=problem.fix if problem is not None else "")
        return tried

    @cached_property
    def _shape(self) -> Shape:
        return Shape.of(self.types)

    def _is_unknown(self, target: str) -> bool:
        if not self.types or target in self.types:
            return False
        return self._shape.find(DestinationPath.parse(target).segments) is None

    def _try(self, row: MappingRow) -> Tried:
        type_name = self._type_of(row.target)
        given, made, failure = self._values(row, type_name)
        has_value = self.row is not None
        text = source_text(row)
        if not text:
            return Tried("error", "no source yet", "Choose a column, or write an expression", type_name)
        problem = check_mapping(rule_of(row, "target"), {}, self.columns)
        if problem is not None and problem.position is not None:
            return Tried("error", problem.what, problem.fix, type_name, given, None, has_value, problem.position)
        if not row.target:
            return Tried("error", "no target yet", "Choose a field", "", given, made, has_value)
        if problem is not None:
            return Tried("error", problem.what, problem.fix, type_name, given, made, has_value)
        if self._is_unknown(row.target):
            return Tried("error", f"The schema has no field {row.target}", UNKNOWN, "", given, made, has_value)
        if failure:
            copies = row.expression is None
            reason = f"{failure}; the row would be {'rejected' if copies else 'kept, with null here'}"
            return Tried(
                "error" if copies else "warning", reason, "", type_name, given, None, True, is_about_value=True
            )
        if not self.types:
            return Tried("unknown", "the schema's fields are not known", "", "", given, made, has_value)
        return Tried("ok", "", "", type_name, given, made, has_value)

    def _type_of(self, target: str) -> str:
        found = self.types.get(target)
        if found is None and "[" in target:
            import re

            found = self.types.get(re.sub(r"\[\d+\]", "[*]", target))
        return found or ""

    def _values(self, row: MappingRow, type_name: str) -> tuple[object, object, str]:
        """What goes in, what comes out, and why nothing does."""
        if self.row is None:
            return None, None, ""
        try:
            if row.expression is not None:
                expression = compile_expression(row.expression)
                given: object = {name: _read(name, self.row) for name in sorted(expression.columns)}
                made = expression.evaluate(self.row, Context(self.now))
            else:
                given = made = _read(row.source or "", self.row)
        except TransformError as error:
            return None, None, str(error)
        except DataPrepError:
            return None, None, ""
        if made is None or type_name not in TYPES or type_name == "array" or "[" in row.target:
            return given, made, ""
        try:
            return given, coerce(made, type_name), ""
        except TransformError as error:
            return given, None, str(error)


def _read(path: str, row: Mapping[str, object]) -> object:
    if path in row:
        return row[path]
    return SourcePath.parse(path).reader()(row)


def sentence(tried: Tried) -> str:
    """What is wrong, and what to do, to read; empty when nothing is."""
    return ". ".join(part.rstrip(".") for part in (tried.reason, tried.fix) if part)


def rule_of(row: MappingRow, target: str = "") -> MappingRule:
    """The row as the mapping language knows it."""
    kind: Literal["EXPRESSION", "ATTRIBUTE"] = "EXPRESSION" if row.expression is not None else "ATTRIBUTE"
    return MappingRule(kind, source_text(row), row.target or target)


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


def sample_record(rows: Sequence[MappingRow], trial: Trial) -> tuple[dict[str, object], tuple[str, ...], int]:
    """The XDM record of the sample row, what ingestion would say of it, and how many mappings had to be left out."""
    usable = [row for row in rows if trial.of(row).position is None and source_text(row) and row.target]
    rules = [rule_of(row) for row in usable if check_mapping(rule_of(row), trial.types, trial.columns) is None]
    mapped = compile_mapping(rules, trial.types, trial.now)(trial.row or {})
    said = [f"rejected: {issue.destination}: {issue.message}" for issue in mapped.errors]
    said += [f"null: {issue.destination}: {issue.message}" for issue in mapped.warnings]
    return mapped.record, tuple(said), len(rows) - len(rules)


def _forecast(tried: Tried, found: MappingForecast | None, readable: int) -> Tried:
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
    return Trial(state.target.types, state.sample.columns, state.sample.current, state.now)


class MappingRows:
    """The mapping as grid rows, made when they are looked at."""

    def __init__(
        self,
        rows: Sequence[MappingRow],
        trial: Trial,
        problems: Mapping[int, Problem],
        forecast: Forecast | None = None,
    ) -> None:
        self._rows = rows
        self._trial = trial
        self._problems = problems
        self._forecast = forecast

    def __len__(self) -> int:
        return len(self._rows)

    def tried(self, index: int, *, explained: bool = False) -> Tried:
        """The row at this place, tried; what it loses in the forecast, or a problem of the document, is added when the
        trial finds nothing that is wrong with the row itself."""
        row = self._rows[index]
        tried = self._trial.explained(row) if explained else self._trial.of(row)
        if self._forecast is not None and (tried.state in {"ok", "unknown"} or tried.is_about_value):
            tried = _forecast(tried, self._forecast.mappings.get(row), self._forecast.readable)
        problem = self._problems.get(index)
        if problem is not None and tried.state in {"ok", "unknown"}:
            return Tried(
                problem.severity, problem.what, problem.fix, tried.type, tried.given, tried.made, tried.has_value
            )
        return tried

    def row(self, index: int) -> Row:
        row, tried = self._rows[index], self.tried(index)
        mark = glyph(_MARKS[tried.state])
        calculated = row.expression is not None
        return Row(
            str(index),
            (
                Cell(f"= {row.expression}" if calculated else row.source or "-", "accent" if calculated else ""),
                Cell(row.target or "-"),
                Cell(tried.type, "muted"),
                given_cell(tried),
                value_cell(tried.made) if tried.has_value else Cell(""),
                Cell(f"{mark} {tried.reason or tried.state}", _STYLES[tried.state]),
            ),
        )


def given_cell(tried: Tried) -> Cell:
    """What goes in, in one cell."""
    if not tried.has_value:
        return Cell("")
    if isinstance(tried.given, Mapping):
        return Cell(
            ", ".join("null" if value is None else value_text(value) for value in tried.given.values()), "muted"
        )
    return value_cell(tried.given)
