"""What the platform's own mapping service says of a row, beside what is said here. It compares, and hides nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from aeptui.chain.mapping_rows import source_text
from aeptui.dataprep import DataPrepError, coerce, tokens
from aeptui.ui.screens.pipeline_sections.mapping.form.tallies import mapper_of
from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial, expression_error
from aeptui.ui.screens.pipeline_sections.source import value_text

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow
    from aeptui.session.mappings import ServiceWord

_MOMENTARY = frozenset({"now", "timestamp", "uuid", "guid"})
"""What these give is never the same twice."""

Verdict = tuple[str, str]
"""A sentence and its style."""


def verdict(row: MappingRow, trial: Trial, word: ServiceWord | str | None) -> Verdict:
    """What to show of the service's answer.

    Args:
        word: A text says why there is no answer; None: it was not asked yet.
    """
    if word is None:
        return "service: asked once typing rests", "muted"
    if isinstance(word, str):
        return f"service: no answer. {word}", "muted"
    if word.about == "nothing":
        return "service: can say nothing of it before the schema is made", "muted"
    here = _wrong_here(row, trial, word)
    if word.errors and here:
        return "service: agrees that it is wrong", "muted"
    if word.errors:
        return f"service differs: it says {word.errors[0]}", "warning"
    if here:
        return f"service differs: it finds nothing wrong; here: {here}", "warning"
    if word.about == "expression":
        return "service: agrees; it tries values once the schema is made", "ok"
    return _of_values(row, trial, word.record)


def _wrong_here(row: MappingRow, trial: Trial, word: ServiceWord) -> str:
    """What is wrong as far as the service could see it too: it knows neither the file's columns nor other mappings."""
    tried = trial.of(row)
    if row.expression is not None and (error := expression_error(row.expression)) is not None:
        return error.message
    if word.about == "expression" or (tried.position is not None and row.expression is not None):
        return ""
    return tried.reason if tried.position is not None or tried.state != "unknown" else ""


def _of_values(row: MappingRow, trial: Trial, theirs: object) -> Verdict:
    mapper = mapper_of(row, trial)
    called = {token.text for token in tokens(source_text(row))} if row.expression is not None else set()
    if mapper is None or trial.row is None or theirs is None or called & _MOMENTARY:
        return "service: agrees", "ok"
    ours = mapper(trial.row).record
    if _same(ours, theirs):
        return "service: agrees", "ok"
    return f"service differs: it makes {_shown(_inner(theirs))}, here comes {_shown(_inner(ours))}", "warning"


def _same(ours: object, theirs: object) -> bool:
    """Do two values say the same, however each side writes numbers and moments?"""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        one = {key: value for key, value in ours.items() if value is not None}
        other = {key: value for key, value in theirs.items() if value is not None}
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    if ours == theirs:
        return True
    if isinstance(ours, date | datetime):
        return _coerced(ours, "date-time") == _coerced(theirs, "date-time")
    if isinstance(ours, str) == isinstance(theirs, str):
        return False
    return value_text(ours) == value_text(theirs) or (
        _coerced(ours, "number") is not None and _coerced(ours, "number") == _coerced(theirs, "number")
    )


def _coerced(value: object, kind: str) -> object:
    try:
        return coerce(value, kind)
    except DataPrepError:
        return None


def _inner(value: object) -> object:
    """The value at the end of objects that hold one thing each."""
    while isinstance(value, Mapping) and len(value) == 1:
        (value,) = value.values()
    return value if value != {} else None


def _shown(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        text = "objects without end"
    return text if len(text) <= 80 else f"{text[:79]}…"
