"""What could stand where the user is typing: columns, functions, fields. Pure; ranks, and never judges."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aeptui.chain.mapping_rows import as_source
from aeptui.dataprep import FUNCTIONS
from aeptui.ui.screens.pipeline_sections.source import value_cell
from aeptui.ui.widgets.grid import Cell, Row

if TYPE_CHECKING:
    from aeptui.models.connections import FileColumn
    from aeptui.models.schemas import SchemaField

MOST = 300
_WORD_BEFORE = re.compile(r"(\$\{[^}]*|[\w.\[\]*]+)$")


@dataclass(frozen=True)
class Suggestion:
    """One completion: the row that shows it, and the text that takes the place of the word before the caret."""

    row: Row
    text: str
    is_call: bool = False


def word_before(text: str, caret: int) -> str:
    """The name that is being typed at the caret; empty after a blank or a bracket."""
    found = _WORD_BEFORE.search(text[:caret])
    return found[0] if found else ""


def source_suggestions(
    text: str, caret: int, columns: Sequence[FileColumn], sample: Mapping[str, object] | None
) -> list[Suggestion]:
    """Columns that contain the word at the caret, best first, then functions that begin with it."""
    word = word_before(text, caret).removeprefix("${").casefold()
    ranked = sorted(
        (rank, at) for at, column in enumerate(columns) if (rank := _rank(column.name.casefold(), word)) is not None
    )
    found = []
    for _, at in ranked[:MOST]:
        column = columns[at]
        value = value_cell(sample.get(column.name)) if sample is not None else Cell("")
        row = Row(f"column:{column.name}", (column.name, Cell(column.type, "muted"), value))
        found.append(Suggestion(row, as_source(column.name)))
    if word:
        for name, function in sorted(FUNCTIONS.items()):
            if name.startswith(word):
                row = Row(
                    f"function:{name}",
                    (
                        Cell(function.signature, "accent"),
                        Cell("function", "muted"),
                        Cell(function.description, "muted"),
                    ),
                )
                found.append(Suggestion(row, f"{name}(", is_call=True))
    return found


def field_suggestions(text: str, fields: Sequence[SchemaField], taken: Collection[str]) -> list[Suggestion]:
    """Fields that contain every word typed, in path or title; leaves, unmapped and required ones first."""
    words = text.casefold().split()
    ranked = []
    for at, field in enumerate(fields):
        path, title = field.path.casefold(), (field.title or "").casefold()
        if not all(word in path or word in title for word in words):
            continue
        leaf = path.rpartition(".")[2]
        near = 0 if words and leaf.startswith(words[-1]) else 1 if not words or words[-1] in leaf else 2
        if words and path == words[0]:
            near = -1
        ranked.append((near, not field.is_leaf, field.path in taken, not field.required, at))
    found = []
    for *_, at in sorted(ranked)[:MOST]:
        field = fields[at]
        mapped = field.path in taken
        said = "mapped already" if mapped else "required" if field.required else ""
        note = Cell(
            " ".join(part for part in (said, field.title or "") if part), "warning" if said == "required" else "muted"
        )
        path_cell = Cell(field.path, "muted" if mapped or not field.is_leaf else "")
        found.append(Suggestion(Row(field.path, (path_cell, Cell(field.type, "muted"), note)), field.path))
    return found


def _rank(name: str, word: str) -> int | None:
    if not word:
        return 1
    if name == word:
        return -1
    at = name.find(word)
    return None if at < 0 else 0 if at == 0 else 1
