"""How wide each column of a grid is, and which ones have room at all. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aeptui.ui.widgets.grid_model import Column

GAP = 2
_WIDEST_WHEN_SCROLLING = 32


@dataclass(frozen=True)
class Placed:
    """One column that is shown: its index in the grid's columns, and its cells."""

    index: int
    width: int


def place_columns(columns: Sequence[Column], wanted: Sequence[int], available: int) -> tuple[Placed, ...]:
    """Share `available` cells among columns; `wanted` is what each one's content asks for.

    Columns with the highest priority number go first when even the least widths do not fit. Columns of priority 0
    always stay: the result may then be wider than `available`.
    """
    kept = list(range(len(columns)))

    def least(index: int) -> int:
        column = columns[index]
        return column.width if column.width is not None else column.min_width

    def room() -> int:
        return available - GAP * (len(kept) - 1) - sum(map(least, kept))

    while room() < 0:
        droppable = [index for index in kept if columns[index].priority > 0]
        if not droppable:
            return tuple(Placed(index, _unbounded(columns[index], wanted[index])) for index in kept)
        kept.remove(max(droppable, key=lambda index: (columns[index].priority, index)))
    widths = {index: least(index) for index in kept}
    _share([index for index in kept if columns[index].width is None], widths, wanted, room())
    return tuple(Placed(index, widths[index]) for index in kept)


def _unbounded(column: Column, wanted: int) -> int:
    if column.width is not None:
        return column.width
    return max(column.min_width, min(wanted, _WIDEST_WHEN_SCROLLING))


def _share(flexible: list[int], widths: dict[int, int], wanted: Sequence[int], left: int) -> None:
    """Give each flexible column what it asks for, the modest ones first; what remains is spread evenly."""
    hungry = sorted(flexible, key=lambda index: wanted[index] - widths[index])
    for done, index in enumerate(hungry):
        share = left // (len(hungry) - done)
        given = max(0, min(share, wanted[index] - widths[index]))
        widths[index] += given
        left -= given
    for done, index in enumerate(flexible):
        share = left // (len(flexible) - done)
        widths[index] += share
        left -= share
