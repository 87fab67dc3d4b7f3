"""What all sample rows come to: for each mapping row what it loses and why, the worst first. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aeptui.session.forecast_words import share
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Cell, Column, Row

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow
    from aeptui.session.losses import Forecast, Loss

COLUMNS = (
    Column("target", "Target", min_width=20),
    Column("what", "What", width=17),
    Column("count", "Rows", width=7, align="right"),
    Column("share", "Share", width=7, align="right", priority=2),
    Column("example", "Value, and why", min_width=20),
)
_STYLES = {"rejected": "error", "null": "warning", "silent": "muted", "empty": "muted"}
_WORDS = {"rejected": "rejected", "null": "null, warning", "silent": "null, answered", "empty": "null already"}
_MARKS = {"rejected": "fail", "null": "warning", "silent": "pending", "empty": "pending"}
_ORDER = tuple(_STYLES)


@dataclass(frozen=True)
class Statistic:
    """One line: so many rows, and the first of them."""

    target: str
    kind: str
    count: int
    example: str
    first: int | None
    """Number of the first such row, from 1; None: it has to be looked for."""
    mapping: MappingRow | None = None


def statistics(found: Forecast) -> list[Statistic]:
    """Every loss by value and reason; rejected rows first, then warnings, then what is null without a fault."""
    lines = [*_elsewhere(found.elsewhere)]
    for mapping, one in found.mappings.items():
        for kind, loss in (("rejected", one.rejected), ("null", one.nulls), ("silent", one.silent)):
            lines += _loss(mapping, kind, loss)
        if one.empty:
            lines.append(Statistic(mapping.target, "empty", one.empty, "", None, mapping))
    return sorted(lines, key=lambda line: (_ORDER.index(line.kind), -line.count))


def _loss(mapping: MappingRow, kind: str, loss: Loss) -> Iterator[Statistic]:
    for value in loss.values:
        example = f"{value.value}: {value.why}" if kind != "silent" else value.value
        yield Statistic(mapping.target, kind, value.count, example, value.first.line, mapping)
    others = loss.count - sum(value.count for value in loss.values)
    if others:
        yield Statistic(mapping.target, kind, others, "other values", loss.first.line, mapping)


def _elsewhere(loss: Loss) -> Iterator[Statistic]:
    for value in loss.values:
        yield Statistic("(no mapping)", "rejected", value.count, value.why, value.first.line)


def grid_rows(lines: list[Statistic], taken: int) -> list[Row]:
    """The lines for a grid; a key is the place in the list."""
    return [
        Row(
            str(place),
            (
                line.target,
                Cell(f"{glyph(_MARKS[line.kind])} {_WORDS[line.kind]}", _STYLES[line.kind]),
                Cell(f"{line.count:,}", sort=float(line.count)),
                Cell(share(line.count, taken), sort=float(line.count)),
                Cell(line.example, "muted" if line.kind in ("silent", "empty") else ""),
            ),
        )
        for place, line in enumerate(lines)
    ]
