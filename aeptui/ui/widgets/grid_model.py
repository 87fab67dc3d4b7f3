"""What a grid shows: rows, their order under a filter and a sort, and where a key stands. Knows nothing of the screen.

A lazy source is read a row at a time; only a filter or a sort reads all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable


@dataclass(frozen=True)
class Column:
    """One column of a grid."""

    key: str
    label: str
    width: int | None = None
    """Cells; None shares what is left."""
    min_width: int = 4
    align: Literal["left", "right"] = "left"
    priority: int = 0
    """When there is no room the highest number is dropped first; 0 is never dropped, the grid scrolls sideways then."""


@dataclass(frozen=True)
class Cell:
    """Text with a style name, such as `ok`, `warning`, `error`, `muted`, `accent`, `production`; never a colour."""

    text: str
    style: str = ""
    sort: str | float | None = None
    """What sorting compares; None compares the text, as numbers when the whole column is numbers."""


@dataclass(frozen=True)
class Row:
    """One row; `key` is unique in its grid."""

    key: str
    cells: tuple[Cell | str, ...]
    search: str = ""
    """What the filter looks into; empty: all cells."""


class GridSource(Protocol):
    """Rows made when they are looked at."""

    def __len__(self) -> int: ...

    def row(self, index: int) -> Row: ...


@runtime_checkable
class OrderedSource(GridSource, Protocol):
    """Rows that say themselves which of them show, and in what order: a tree, or results by rank. None sorts them.

    What can be known of a row without making it is asked for by itself.
    """

    def key(self, index: int) -> str:
        """The key of the row at this place."""

    def order(self, filter_text: str) -> Sequence[int]:
        """Places of the rows that show under this filter, from top to bottom."""

    def index_of(self, key: str) -> int | None:
        """The place of a row, shown or not."""


def cell_text(cell: Cell | str) -> str:
    """The text of a cell however it was given."""
    return cell if isinstance(cell, str) else cell.text


class GridModel:
    """Rows in view order."""

    def __init__(self) -> None:
        self.filter_text = ""
        self.sort_column: int | None = None
        self.sort_descending = False
        self._rows: list[Row] | None = []
        self._source: GridSource | None = None
        self._ordered: OrderedSource | None = None
        self._replaced: dict[str, Row] = {}
        self._order: Sequence[int] = range(0)
        self._keys: dict[str, int] | None = None
        self._haystack: list[str] | None = None

    def __len__(self) -> int:
        return len(self._order)

    @property
    def total(self) -> int:
        """Rows before the filter."""
        if self._rows is not None:
            return len(self._rows)
        return len(self._source) if self._source is not None else 0

    def set_rows(self, rows: Sequence[Row] | GridSource) -> None:
        """Show other rows; filter and sort stay."""
        if isinstance(rows, Sequence):
            self._rows, self._source = list(rows), None
        else:
            self._rows, self._source = None, rows
        self._ordered = rows if isinstance(rows, OrderedSource) else None
        self._replaced.clear()
        self._keys = self._haystack = None
        self.arrange()

    def row(self, position: int) -> Row:
        """The row at a view position."""
        return self._raw(self._order[position])

    def key(self, position: int) -> str:
        """The key of the row at a view position."""
        return self._key_of(self._order[position])

    def keys(self) -> list[str]:
        """All keys in view order."""
        return [self._key_of(index) for index in self._order]

    @property
    def is_lazy(self) -> bool:
        """Are rows made only when they are looked at?"""
        return self._source is not None

    @property
    def places(self) -> Sequence[int]:
        """The places of the rows in view order, as the source counts them."""
        return self._order

    def position_of(self, key: str, hint: int = -1) -> int | None:
        """Where a key stands in the view, None when it is absent or filtered out; `hint` is tried first."""
        if 0 <= hint < len(self._order) and self.key(hint) == key:
            return hint
        index = self._place_of(key)
        if index is None:
            return None
        if isinstance(self._order, range):
            return index
        try:
            return self._order.index(index)
        except ValueError:
            return None

    def contains(self, key: str) -> bool:
        """Is there such a row, filtered out or not?"""
        return self._place_of(key) is not None

    def replace(self, row: Row) -> bool:
        """Replace a row by its key, where it stands; False when there is none."""
        index = self._place_of(row.key)
        if index is None:
            return False
        if self._rows is not None:
            self._rows[index] = row
        else:
            self._replaced[row.key] = row
        if self._haystack is not None:
            self._haystack[index] = _search_text(row)
        return True

    def arrange(self) -> None:
        """Bring the view in line with filter and sort."""
        if self._ordered is not None:
            self._order = self._ordered.order(self.filter_text)
            return
        order: Sequence[int] = range(self.total)
        terms = self.filter_text.casefold().split()
        if terms:
            hay = self._search_texts()
            for term in terms:
                order = [index for index in order if term in hay[index]]
        if self.sort_column is not None:
            order = self._sorted(order, self.sort_column)
        self._order = order

    def _raw(self, index: int) -> Row:
        if self._rows is not None:
            return self._rows[index]
        if self._source is None:
            raise IndexError(index)
        row = self._source.row(index)
        return self._replaced.get(row.key, row) if self._replaced else row

    def _key_of(self, index: int) -> str:
        return self._ordered.key(index) if self._ordered is not None else self._raw(index).key

    def _place_of(self, key: str) -> int | None:
        if self._ordered is not None:
            return self._ordered.index_of(key)
        return self._index().get(key)

    def _index(self) -> dict[str, int]:
        if self._keys is None:
            self._keys = {self._raw(index).key: index for index in range(self.total)}
        return self._keys

    def _search_texts(self) -> list[str]:
        if self._haystack is None:
            self._haystack = [_search_text(self._raw(index)) for index in range(self.total)]
        return self._haystack

    def _sorted(self, order: Sequence[int], column: int) -> list[int]:
        cells = {index: _cell_at(self._raw(index), column) for index in order}
        return sorted_places(order, cells, descending=self.sort_descending)


def sorted_places(order: Sequence[int], cells: Mapping[int, Cell | str], *, descending: bool) -> list[int]:
    """Places in the order of a column's cells: by numbers when all of them are numbers, else by text."""
    numbers = _numbers(cells)
    if numbers is not None:
        return sorted(order, key=numbers.__getitem__, reverse=descending)
    texts = {index: str(_sort_value(cell)).casefold() for index, cell in cells.items()}
    return sorted(order, key=texts.__getitem__, reverse=descending)


def _search_text(row: Row) -> str:
    return (row.search or " ".join([cell_text(cell) for cell in row.cells])).casefold()


def _cell_at(row: Row, column: int) -> Cell | str:
    return row.cells[column] if column < len(row.cells) else ""


def _sort_value(cell: Cell | str) -> str | float:
    if isinstance(cell, str):
        return cell
    return cell.text if cell.sort is None else cell.sort


def _numbers(cells: Mapping[int, Cell | str]) -> dict[int, float] | None:
    """Every value as a number (an empty cell is the least), or None when one is not."""
    numbers = {}
    for index, cell in cells.items():
        value = _sort_value(cell)
        if isinstance(value, str):
            value = value.strip().replace(",", "")
            if not value or value in {"-", "–", "—"}:
                numbers[index] = float("-inf")
                continue
            if not (value[0].isdigit() or value[0] in "+-."):
                return None
        try:
            numbers[index] = float(value)
        except ValueError:
            return None
    return numbers
