"""What one change makes of many mapping rows, and how it is shown. Knows no screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aeptui.chain.mapping_exchange import target_key
from aeptui.chain.mapping_rows import (
    PLACEHOLDER,
    Change,
    as_copy,
    as_expression,
    moving,
    replacing_in_source,
    replacing_in_target,
    shown_source,
    wrapping,
)
from aeptui.ui.formatting import counted
from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial, Tried
from aeptui.ui.screens.pipeline_sections.source import value_text
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Cell, Row

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow

KINDS: Mapping[str, tuple[str, str, str]] = {
    "wrap": ("wrap the source in an expression", "Expression", ""),
    "source": ("replace a text in sources", "Find", "Put"),
    "target": ("replace a text in targets", "Find", "Put"),
    "move": ("put targets under another object", "From", "To"),
    "expression": ("copies become expressions", "", ""),
    "copy": ("expressions become copies, where they only name a column", "", ""),
}
"""What can be done, and what has to be typed for it."""
Asked = tuple[str, str, str]
"""A kind, and what was typed for it."""


@dataclass(frozen=True)
class Outcome:
    """What a change makes of the rows."""

    asked: Asked
    made: Mapping[int, MappingRow]
    """By place; only those that change."""
    wrong: Mapping[int, str]
    """Of those, the ones that are wrong then and were not before, with the reason."""


def said_places(places: Sequence[int]) -> str:
    """Places of rows in few characters: `0-3,7`."""
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][1] + 1:
            runs[-1][1] = place
        else:
            runs.append([place, place])
    return ",".join(f"{first}-{last}" if first != last else f"{first}" for first, last in runs)


def read_places(said: str, count: int) -> tuple[int, ...]:
    """The places that were said so, as far as there are rows; none of what is something else."""
    found: list[int] = []
    for run in said.split(","):
        first, _, last = run.partition("-")
        if first.isdecimal() and (last or first).isdecimal():
            found += range(int(first), min(int(last or first) + 1, count))
    return tuple(found)


def change_of(kind: str, first: str, second: str) -> Change:
    """The change that is asked for."""
    match kind:
        case "wrap":
            return wrapping(first)
        case "source":
            return replacing_in_source(first, second)
        case "target":
            return replacing_in_target(first, second)
        case "move":
            return moving(first, second)
        case "expression":
            return as_expression
    return as_copy


def missing(asked: Asked) -> str:
    """What has to be typed first; empty when nothing has."""
    kind, first, second = asked
    if kind == "wrap" and PLACEHOLDER not in first:
        return f'Write an expression with {PLACEHOLDER} where the source goes: nullif({PLACEHOLDER}, "")'
    if kind in ("source", "target") and not first:
        return "Write the text to find; capitals count."
    if kind == "move" and not first.strip() and not second.strip():
        return "Write the object to put the targets under."
    return ""


def twice(rows: Sequence[MappingRow], made: Mapping[int, MappingRow]) -> dict[int, str]:
    """The changed rows that would write what another row writes, with the row that does."""
    writer: dict[str, int] = {}
    for place, row in enumerate(rows):
        key = target_key(made.get(place, row))
        # A row that does not change was first.
        if key and (key not in writer or place not in made):
            writer[key] = place
    return {
        place: f"row {writer[key] + 1:,} writes it already"
        for place, row in made.items()
        if (key := target_key(row)) and writer[key] != place
    }


def words_of(outcome: Outcome) -> str:
    """What was done, for undo."""
    kind, first, second = outcome.asked
    count = counted(len(outcome.made), "mapping")
    return {
        "wrap": f"wrap {count} in {first}",
        "source": f"replace {first} by {second or 'nothing'} in {count}",
        "target": f"replace {first} by {second or 'nothing'} in {count}",
        "move": f"move {count} to {second or 'the top'}",
        "expression": f"make {count} expressions",
    }.get(kind, f"make {count} copies")


class ChangedLines:
    """The rows that change as grid rows, made and tried when they are looked at."""

    def __init__(
        self, rows: Sequence[MappingRow], made: Mapping[int, MappingRow], trial: Trial, twice: Mapping[int, str]
    ) -> None:
        self._rows = rows
        self._made = made
        self._places = tuple(made)
        self._trial = trial
        self._twice = twice

    def __len__(self) -> int:
        return len(self._places)

    def row(self, index: int) -> Row:
        place = self._places[index]
        before, after = self._rows[place], self._made[place]
        in_target = before.target != after.target
        shown = [one.target if in_target else shown_source(one) for one in (before, after)]
        cells = (f"{place + 1:,}", Cell(shown[0] or "-", "muted"), Cell(shown[1] or "-"))
        return Row(str(place), (*cells, self._state(self._trial.of(after), self._twice.get(place, ""))))

    def _state(self, tried: Tried, twice: str) -> Cell:
        if twice or tried.state == "error":
            return Cell(f"{glyph('fail')} {twice or tried.reason}", "error")
        if tried.state == "warning":
            return Cell(f"{glyph('warning')} {tried.reason}", "warning")
        made = "" if not tried.has_value else "null" if tried.made is None else value_text(tried.made)
        return Cell(f"{glyph('ok')} {made}", "ok")
