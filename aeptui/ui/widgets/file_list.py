"""One folder of a storage: sub-folders first, then files with size and age. Reads nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.message import Message

from aeptui.ui.formatting import ago, size
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row

if TYPE_CHECKING:
    from aeptui.models.connections import ExploredItem

_NAME = Column("name", "Name", min_width=18)
_SIZE = Column("size", "Size", width=7, align="right")
_CHANGED = Column("changed", "Changed", width=11, priority=1)


class FileList(Grid):
    """One row for each entry; the row's key is its path."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", key_display="enter", tooltip="Open the folder, or go to the rows of the file"),
        Binding("right", "enter_folder", "into folder", show=False, tooltip="Into the folder under the cursor"),
        Binding("left,backspace", "leave_folder", "up", show=False, tooltip="To the folder above"),
        # `g` is the first row in other lists; here it is worth more.
        Binding("g", "screen.pick_pattern", "pattern", tooltip="Pick all files of a pattern, such as *.csv"),
    ]

    @dataclass
    class LeaveRequested(Message):
        """Show the folder above."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(_NAME, id=id)
        self._items: dict[str, ExploredItem] = {}

    def show_items(self, items: Sequence[ExploredItem], now: datetime) -> None:
        """Show these entries."""
        self._items = {item.path: item for item in items}
        # Many connectors say neither; a column of dashes says no more.
        columns: tuple[Column, ...] = (_NAME,)
        if any(item.size_bytes is not None for item in items):
            columns += (_SIZE,)
        if any(item.modified_at is not None for item in items):
            columns += (_CHANGED,)
        if columns != self.columns:
            self.columns = columns
            self._model.sort_column = None
            self.refresh()
        self.show([_row(item, now, columns) for item in items])

    @property
    def items(self) -> tuple[ExploredItem, ...]:
        """What is shown, before the filter."""
        return tuple(self._items.values())

    @property
    def highlighted(self) -> ExploredItem | None:
        """The entry under the cursor."""
        return self._items.get(self.cursor_key or "")

    def action_enter_folder(self) -> None:
        item = self.highlighted
        if item is None or not item.is_folder:
            raise SkipAction
        self.action_open()

    def action_leave_folder(self) -> None:
        self.post_message(self.LeaveRequested())


def _row(item: ExploredItem, now: datetime, columns: tuple[Column, ...]) -> Row:
    name = item.name or item.path.rsplit("/", 1)[-1]
    cells = [Cell(f"{name.rstrip('/')}/", "accent", sort=f" {name}") if item.is_folder else Cell(name)]
    if _SIZE in columns:
        cells.append(Cell("" if item.is_folder else size(item.size_bytes), sort=float(item.size_bytes or 0)))
    if _CHANGED in columns:
        changed = item.modified_at
        cells.append(Cell(ago(changed, now) if changed else "", "muted", sort=changed.timestamp() if changed else 0.0))
    return Row(item.path, tuple(cells), search=name)
