"""What can be done to mapping rows as texts: written as an expression, wrapped, renamed, moved, doubled.

Pure, and never judges: a change that makes no sense makes a row that is shown as wrong. A change that does not apply
to a row answers that row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from aeptui.chain.pipeline import MappingRow
from aeptui.dataprep import DataPrepError, MappingRule, PathError, SourcePath, parse, quote_column
from aeptui.dataprep.lexer import tokenize
from aeptui.dataprep.nodes import Binary, Chain, Each, Index, Literal, Member, Name, Ternary, Unary
from aeptui.dataprep.paths import path_text

if TYPE_CHECKING:
    from aeptui.dataprep.nodes import Node
    from aeptui.models.mapping_sets import SourceType

PLACEHOLDER: Final = "{}"
"""Where the source goes in the expression it is wrapped in. An empty object is written `{:}` there."""
Change = Callable[[MappingRow], MappingRow]

_INDEX: Final = re.compile(r"\[(\d{1,4})\]")


def source_text(row: MappingRow) -> str:
    """The column or the expression of a row."""
    return (row.expression if row.expression is not None else row.source) or ""


def source_type(row: MappingRow) -> SourceType:
    """What the platform calls the kind of its source."""
    return "EXPRESSION" if row.expression is not None else "ATTRIBUTE"


def rule_of(row: MappingRow, target: str = "") -> MappingRule:
    """The row as the mapping language knows it.

    Args:
        target: Stands in for the target of a row that has none yet.
    """
    return MappingRule(source_type(row), source_text(row), row.target or target)


def shown_source(row: MappingRow) -> str:
    """The same to be read in a list, where a calculation begins with an equals sign."""
    return f"= {row.expression}" if row.expression is not None else row.source or ""


def fillers(rows: Sequence[MappingRow], but: int | None = None) -> dict[str, str]:
    """Targets that are mapped, and what fills them.

    Args:
        but: The place of a row that does not count.
    """
    return {row.target: source_text(row) for place, row in enumerate(rows) if row.target and place != but}


def as_source(column: str) -> str:
    """A column as a source has to write it: as it is, or quoted."""
    try:
        return column if SourcePath.parse(column).column == column else quote_column(column)
    except PathError:
        return quote_column(column)


def as_expression(row: MappingRow) -> MappingRow:
    """The row as a calculation that gives what it copies."""
    if row.expression is not None:
        return row
    return MappingRow(expression=_source_as_expression(row.source or ""), target=row.target)


def as_copy(row: MappingRow) -> MappingRow:
    """The row as a copy, where it calculates nothing but one column or path."""
    if row.expression is None:
        return row
    text = row.expression.strip()
    try:
        if _is_path(parse(text)):
            SourcePath.parse(text)
            return MappingRow(source=text, target=row.target)
    except DataPrepError:
        pass
    return row


def wrapping(template: str) -> Change:
    """Puts the source where `{}` stands in an expression: `nullif({}, "")`. Without `{}` nothing changes."""
    places = _placeholders(template)

    def change(row: MappingRow) -> MappingRow:
        inner = source_text(as_expression(row)).strip()
        if not places or not inner:
            return row
        bracketed = f"({inner})" if _is_loose(inner) else inner
        text, after = "", 0
        for place, stands_alone in places:
            text += template[after:place] + (inner if stands_alone else bracketed)
            after = place + len(PLACEHOLDER)
        return MappingRow(expression=text + template[after:], target=row.target)

    return change


def replacing_in_source(find: str, put: str) -> Change:
    """Replaces a text in sources and expressions. A source that is then no path is quoted."""

    def change(row: MappingRow) -> MappingRow:
        text = source_text(row)
        if not find or find not in text:
            return row
        text = text.replace(find, put)
        if row.expression is not None:
            return MappingRow(expression=text, target=row.target)
        return MappingRow(source=_quoted_if_needed(text), target=row.target)

    return change


def replacing_in_target(find: str, put: str) -> Change:
    """Replaces a text in targets."""

    def change(row: MappingRow) -> MappingRow:
        if not find or find not in row.target:
            return row
        return row.model_copy(update={"target": row.target.replace(find, put)})

    return change


def moving(before: str, after: str) -> Change:
    """Puts targets under another object: what stands under `before` stands under `after` then.

    Args:
        before: Empty: every target is put under `after`.
        after: Empty: what stood under `before` stands at the top.
    """
    before, after = before.strip().strip("."), after.strip().strip(".")

    def change(row: MappingRow) -> MappingRow:
        if not row.target:
            return row
        rest = _below(row.target, before)
        if rest is None:
            return row
        target = f"{after}{rest}" if after else rest.removeprefix(".")
        return row.model_copy(update={"target": target}) if target else row

    return change


def doubled(rows: Sequence[MappingRow], chosen: Sequence[int]) -> tuple[tuple[MappingRow, ...], tuple[int, ...]]:
    """The rows with a copy right below each of the chosen ones, and where the copies stand.

    Two rows cannot write one field: a copy gets the next free index where its target has one, else no target yet.
    """
    taken = {row.target for row in rows}
    made: list[MappingRow] = []
    copies: list[int] = []
    wanted = set(chosen)
    for place, row in enumerate(rows):
        made.append(row)
        if place in wanted:
            target = _next_index(row.target, taken)
            taken.add(target)
            copies.append(len(made))
            made.append(row.model_copy(update={"target": target}))
    return tuple(made), tuple(copies)


def common_object(rows: Sequence[MappingRow]) -> str:
    """The deepest object that all targets stand in; empty when there is none."""
    paths = [row.target.split(".")[:-1] for row in rows if row.target]
    if not paths:
        return ""
    first, last = min(paths), max(paths)
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    return ".".join(first[:shared])


def _next_index(target: str, taken: set[str]) -> str:
    found = list(_INDEX.finditer(target))
    if not found:
        return ""
    last = found[-1]
    number = int(last[1])
    while (following := f"{target[: last.start()]}[{number}]{target[last.end() :]}") in taken:
        number += 1
    return following


def _below(target: str, prefix: str) -> str | None:
    """What follows the prefix, from its `.` or `[` on; None when the target is not under it."""
    if not prefix:
        return f".{target}"
    if target == prefix:
        return ""
    return target.removeprefix(prefix) if target.startswith((f"{prefix}.", f"{prefix}[")) else None


def _quoted_if_needed(text: str) -> str:
    try:
        SourcePath.parse(text)
    except PathError:
        return quote_column(text) if text else text
    return text


def _source_as_expression(source: str) -> str:
    """A source path in the words of an expression: names that only a path may write plainly are quoted."""
    try:
        path = SourcePath.parse(source)
    except PathError:
        return quote_column(source) if source else source
    try:
        if _is_path(parse(source)):
            return source
    except DataPrepError:
        pass
    text = ""
    for segment in path.segments:
        if isinstance(segment, str):
            text += f".{quote_column(segment)}" if text else quote_column(segment)
        else:
            text += path_text((segment,))
    return text


def _is_path(node: Node) -> bool:
    """Is it a column or a path, and nothing calculated?"""
    if isinstance(node, Name):
        return True
    return (
        isinstance(node, Chain)
        and isinstance(node.head, Name)
        and all(
            isinstance(step, Member | Each)
            or (isinstance(step, Index) and isinstance(step.index, Literal) and type(step.index.value) is int)
            for step in node.steps
        )
    )


def _is_loose(text: str) -> bool:
    """Would an operator beside it tear it apart?"""
    try:
        return isinstance(parse(text), Binary | Ternary | Unary)
    except DataPrepError:
        return False


def _placeholders(template: str) -> list[tuple[int, bool]]:
    """Where `{}` stands outside texts and quoted names, and whether it is a whole argument there."""
    places: list[tuple[int, bool]] = []
    try:
        tokens = tokenize(template)
    except DataPrepError:
        return places
    for at, (opening, closing) in enumerate(pairwise(tokens)):
        if (opening.text, closing.text, closing.position - opening.position) != ("{", "}", 1):
            continue
        before, after = tokens[at - 1].text if at else "", tokens[at + 2].text
        places.append((opening.position, before in ("", "(", ",") and after in ("", ")", ",")))
    return places
