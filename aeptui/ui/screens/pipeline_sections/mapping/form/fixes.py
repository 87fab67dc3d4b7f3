"""What would mend a mapping row, when there is no doubt about it. Pure: it proposes, and tries what it proposes.

A near name is taken only when no other is nearly as near; a conversion only when every sampled value passes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from typing import TYPE_CHECKING

from aeptui.chain.mapping_rows import as_source, fillers, source_text
from aeptui.dataprep import FUNCTIONS, METHODS, Token, compile_expression, tokens
from aeptui.ui.screens.pipeline_sections.mapping.form.conversions import AS_IT_IS, conversions
from aeptui.ui.screens.pipeline_sections.mapping.form.tallies import mapper_of, outcomes
from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial, row_of

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow
    from aeptui.models.connections import FileColumn
    from aeptui.models.schemas import SchemaField
    from aeptui.ui.screens.pipeline_sections.state import EditorState

_NEAR = 0.7
_LEAD = 0.1
"""By so much the nearest name has to be nearer than the next one."""
_MOST_BAD = 0.5
"""Of the values; when more cannot become the field's type, the column means another field."""
_MOST_MISTAKES = 8
_DIRT = 0.1
"""The share of values that may be wrong in any file."""
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Fix:
    """A row that is right, and why it is."""

    row: MappingRow | None
    """None: there is more than one way, and `what` says which."""
    what: str
    why: str = ""


@dataclass(frozen=True)
class Around:
    """What a row is judged by, beside the trial."""

    fields: Sequence[SchemaField] = ()
    taken: Mapping[str, str] = field(default_factory=dict)
    """Targets of the other rows, and what fills them."""
    columns: Sequence[FileColumn] = ()
    rows: Sequence[Mapping[str, object]] = ()
    """All sampled rows."""


def around_row(state: EditorState, place: int | None) -> Around:
    """What is around a row of the mapping; None: around one that is not there yet."""
    taken = fillers(state.pipeline.mapping, place)
    preview = state.sample.preview
    if preview is None:
        return Around(state.target.fields, taken)
    return Around(state.target.fields, taken, preview.columns, preview.rows)


def fix_of(row: MappingRow, trial: Trial, around: Around) -> Fix | None:
    """What would mend a row; None when nothing is wrong with it, or nothing is sure to help."""
    text = source_text(row)
    if not text:
        return None
    tried = trial.of(row)
    if tried.position is not None:
        mended = _text_fixed(row, trial)
        return Fix(mended, f"write {_cut(source_text(mended))}") if mended is not None else None
    if tried.state == "error" and row.target and trial.types and not tried.type:
        begun = [path for path in trial.types if path.startswith(row.target)]
        target = begun[0] if len(begun) == 1 else sure_match(row.target, trial.types)
        return Fix(row.model_copy(update={"target": target}), f"write {target}") if target else None
    return _type_fix(row, trial, tried.type, around)


def sure_match(wanted: str, known: Iterable[str]) -> str:
    """The one name that must have been meant; empty when none or several may have been."""
    known = list(known)
    bare = _bare(wanted)
    same = [name for name in known if _bare(name) == bare]
    if same:
        return same[0] if len(same) == 1 else ""
    near = get_close_matches(wanted, known, n=2, cutoff=_NEAR)
    if len(near) == 2:
        first, second = (SequenceMatcher(None, name, wanted).ratio() for name in near)
        return near[0] if first - second >= _LEAD else ""
    return near[0] if near else ""


def _bare(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum() or character in ".[")


def _text_fixed(row: MappingRow, trial: Trial) -> MappingRow | None:
    """The row with one mistake of its text mended after the other, up to one that is not sure; None: none is."""
    mended: MappingRow | None = None
    for _ in range(_MOST_MISTAKES):
        text = source_text(row)
        position = trial.of(row).position
        found = _text_fix(text, position, trial) if position is not None else None
        if found is None or found == text:
            break
        row = _with_source(row, found, trial)
        if _waits_for_value(text) and trial.of(row).position is not None:
            # With its brackets closed it would still lack what only its writer knows.
            break
        mended = row
    return mended


def _waits_for_value(text: str) -> bool:
    """Does the text end where something has to follow: in an opening bracket, a comma, a sign?"""
    found = tokens(text)
    return bool(found) and found[-1].kind == "operator" and found[-1].text not in _CLOSING.values()


def _text_fix(text: str, position: int, trial: Trial) -> str | None:
    """The text as it must have been meant."""
    columns = trial.columns or ()
    if (spaced := _spaced(text, position, columns)) is not None:
        return spaced
    found = tokens(text)
    at = next((place for place, token in enumerate(found) if token.position == position), None)
    if at is not None and found[at].kind in {"name", "quoted_name"}:
        start, end, wanted = _name_at(found, at)
        if end < len(text) and text[end:].lstrip().startswith("("):
            is_method = start > 0 and text[start - 1] == "."
            known = sure_match(wanted, METHODS if is_method else FUNCTIONS)
            return text[:start] + known + text[end:] if known and known != wanted else None
        column = sure_match(wanted, columns)
        return text[:start] + as_source(column) + text[end:] if column else None
    return _closed(text, found)


def _spaced(text: str, position: int, columns: Iterable[str]) -> str | None:
    """The text with the column quoted that is written there without its quotes."""
    for name in sorted(columns, key=len, reverse=True):
        at = text.find(name) if as_source(name) != name else -1
        while at >= 0:
            end = at + len(name)
            if at <= position < end and not text[max(0, at - 2) : at].endswith("${"):
                return text[:at] + as_source(name) + text[end:]
            at = text.find(name, at + 1)
    return None


def _name_at(found: Sequence[Token], at: int) -> tuple[int, int, str]:
    """Where the path that begins with this token ends, and what it names."""
    first, last = found[at], at
    while last + 2 < len(found) and found[last + 1].text == "." and found[last + 2].kind in {"name", "word"}:
        if last + 3 < len(found) and found[last + 3].text == "(":
            break
        last += 2
    end = found[last].position + len(found[last].text)
    parts = [
        ".".join(one.value) if isinstance(one.value, tuple) else str(one.value)
        for one in found[at : last + 1]
        if one.kind != "operator"
    ]
    return first.position, end, ".".join(parts)


def _closed(text: str, found: Sequence[Token]) -> str | None:
    """The text with the quote and the brackets closed that are open at its end."""
    ending = ""
    opened: list[str] = []
    for token in found:
        if token.kind == "error" and token.text[0] in "\"'" and token.position + len(token.text) == len(text):
            ending = token.text[0]
        elif token.kind == "operator" and token.text in _CLOSING:
            opened.append(_CLOSING[token.text])
        elif token.kind == "operator" and opened and token.text == opened[-1]:
            opened.pop()
    ending += "".join(reversed(opened))
    return text.rstrip() + ending if ending else None


def _with_source(row: MappingRow, text: str, trial: Trial) -> MappingRow:
    copies = row.expression is None
    return row_of(text, row.target, trial.columns, False if copies else None)


def _type_fix(row: MappingRow, trial: Trial, type_name: str, around: Around) -> Fix | None:
    """A conversion that all sampled values pass; else the field that the column means."""
    mapper = mapper_of(row, trial)
    if mapper is None or not type_name or not around.rows:
        return None
    before = [outcome for outcome, _ in outcomes(mapper, around.rows)]
    bad = sum(outcome in {"nulled", "rejected"} for outcome in before)
    if not bad:
        return None
    untyped = mapper_of(row.model_copy(update={"target": ""}), trial)
    given = [tuple(untyped(one).record.values()) for one in around.rows] if untyped is not None else []
    values = [one[0] for one in given if one and not (isinstance(one[0], str) and not one[0].strip())]
    text = source_text(row)
    passing: list[tuple[str, str]] = []
    for expression, meaning in conversions(text, type_name, values):
        mended = _expression(row, expression)
        mapper = mapper_of(mended, trial)
        if mapper is None:
            continue
        after = [outcome for outcome, _ in outcomes(mapper, around.rows)]
        if after.count("made") < len(values) or {"nulled", "rejected"} & {*after}:
            continue
        if not passing or passing[0][1] != meaning:
            passing.append((expression, meaning))
        if meaning == AS_IT_IS:
            break
    if len(passing) > 1:
        return Fix(None, f"either {_cut(passing[0][0])} or {_cut(passing[1][0])}: all sample values pass both")
    if passing:
        why = f"all {len(values)} sample values become {type_name}"
        return Fix(_expression(row, passing[0][0]), f"write {_cut(passing[0][0])}", why)
    if bad > _MOST_BAD * len(values):
        return _other_field(row, trial, around)
    return None


def _expression(row: MappingRow, text: str) -> MappingRow:
    return row.model_copy(update={"source": None, "expression": text})


def _other_field(row: MappingRow, trial: Trial, around: Around) -> Fix | None:
    """The row aimed at the field that its one column means, if that takes its values."""
    from aeptui.chain.automap import automap

    read = {row.source} if row.expression is None else compile_expression(row.expression).columns
    columns = [column for column in around.columns if {column.name, as_source(column.name)} & read]
    if len(columns) != 1:
        return None
    fields = [one for one in around.fields if one.path != row.target]
    for one in automap(columns, fields, around.taken, rows=around.rows):
        mended = row.model_copy(update={"target": one.target})
        mapper = mapper_of(mended, trial)
        failing = sum(bool(why) for _, why in outcomes(mapper, around.rows)) if mapper is not None else len(around.rows)
        if one.is_accepted and failing <= _DIRT * len(around.rows):
            return Fix(mended, f"map it to {one.target}", f"{one.reason}, {one.score:.0%}")
    return None


def _cut(text: str) -> str:
    text = re.sub(r"\s+", " ", text)
    return text if len(text) <= 60 else text[:29] + "..." + text[-28:]
