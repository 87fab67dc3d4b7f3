"""The one widget for every list and table: virtual, keyboard first, and sparing with bytes.

It fetches nothing: whoever owns it calls `show` or `update_row`. Text in cells is shown as it is, never interpreted.
How it paints is `grid_view.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.message import Message

from aeptui.ui.widgets.cells import printable, width
from aeptui.ui.widgets.grid_layout import GAP
from aeptui.ui.widgets.grid_model import Cell, Column, GridSource, Row, cell_text, sorted_places
from aeptui.ui.widgets.grid_view import GridView

__all__ = ["Cell", "Column", "Grid", "GridSource", "Row", "sorted_places"]


class Grid(GridView, can_focus=True, inherit_bindings=False):
    """Rows under a fixed header, with cursor, filter, sort and selection.

    Arguments are `GridView`'s.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", key_display="enter", tooltip="Open the row under the cursor"),
        Binding("down,j", "cursor_down", "down", show=False, tooltip="One row down"),
        Binding("up,k", "cursor_up", "up", show=False, tooltip="One row up"),
        Binding("pagedown", "page_down", "page down", show=False, tooltip="One page down"),
        Binding("pageup", "page_up", "page up", show=False, tooltip="One page up"),
        Binding("home,g", "first", "first row", show=False, tooltip="To the first row"),
        Binding("end,G", "last", "last row", show=False, tooltip="To the last row"),
        Binding("right", "sideways(1)", "scroll right", show=False, tooltip="Show columns further right"),
        Binding("left", "sideways(-1)", "scroll left", show=False, tooltip="Show columns further left"),
        Binding("slash", "open_filter", "filter", key_display="/", tooltip="Show only rows that contain some words"),
        Binding("s", "sort", "sort", show=False, tooltip="Sort by the next column, up, then down"),
        Binding("space", "toggle_row", "select", key_display="space", tooltip="Select or unselect the row"),
        Binding("V", "select_range", "select to here", show=False, tooltip="Select from the row selected last to here"),
        Binding("shift+down", "extend(1)", "select down", show=False, tooltip="Select this row and the one below"),
        Binding("shift+up", "extend(-1)", "select up", show=False, tooltip="Select this row and the one above"),
        Binding("ctrl+a", "toggle_all", "select all", show=False, tooltip="Select every row shown, or none"),
        Binding("escape", "clear_filter", "show all", key_display="esc", tooltip="Take the filter away"),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another row; `key` is None when there is none."""

        grid: Grid
        key: str | None
        index: int

        @property
        def control(self) -> Grid:
            return self.grid

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Grid.Highlighted) and message.grid is self.grid

    @dataclass
    class Opened(Message):
        """Enter, or a double click, on a row."""

        grid: Grid
        key: str

        @property
        def control(self) -> Grid:
            return self.grid

    @dataclass
    class SelectionChanged(Message):
        """Other rows are selected."""

        grid: Grid
        keys: tuple[str, ...]

        @property
        def control(self) -> Grid:
            return self.grid

    @dataclass
    class FilterChanged(Message):
        """The filter says something else."""

        grid: Grid
        text: str

        @property
        def control(self) -> Grid:
            return self.grid

    # What others ask and tell

    @property
    def cursor_key(self) -> str | None:
        """Key of the row under the cursor, None when no row is shown."""
        return self._cursor_key

    @property
    def cursor_index(self) -> int:
        """Position of the cursor among the rows shown."""
        return self._cursor

    @property
    def cut_texts(self) -> tuple[str, ...]:
        """The cells of the row under the cursor in full, when not all of that can be seen; else nothing."""
        if not len(self._model):
            return ()
        texts = tuple(printable(cell_text(cell)) for cell in self._model.row(self._cursor).cells)
        room = {placed.index: placed.width for placed in self._placed}
        is_cut = any(width(text) > room.get(at, 0) for at, text in enumerate(texts))
        return texts if is_cut or self._content_width > self.size.width else ()

    @property
    def row_count(self) -> int:
        """Rows shown, after the filter."""
        return len(self._model)

    @property
    def total_count(self) -> int:
        """Rows there are, before the filter."""
        return self._model.total

    @property
    def selected_keys(self) -> tuple[str, ...]:
        """Selected keys, in the order of selecting."""
        return tuple(self._selected)

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """Keys of all rows shown, after the filter, in their order. May make every row of a lazy source."""
        return tuple(self._model.keys())

    def show(self, rows: Sequence[Row] | GridSource, *, same: bool = False) -> None:
        """Show these rows. The cursor stays on its key, filter, sort and selection stay; only changed lines repaint.

        Args:
            same: They are those that were shown, in another order: the columns keep their widths.
        """
        self._model.set_rows(rows)
        gone = [key for key in self._selected if not self._model.contains(key)]
        for key in gone:
            del self._selected[key]
        if not same:
            self._measure()
        self._arranged()
        if gone:
            self.post_message(self.SelectionChanged(self, self.selected_keys))

    def update_row(self, row: Row) -> None:
        """Replace the row with this key where it stands, and repaint its line. An unknown key is ignored."""
        if self._model.replace(row):
            self._repaint()

    def move_to(self, key: str) -> bool:
        """Put the cursor on that row; False when it is not shown."""
        position = self._model.position_of(key, self._cursor)
        if position is None:
            return False
        self._move(position)
        return True

    def choose(self, keys: Iterable[str]) -> None:
        """Select exactly these rows."""
        self._select(dict.fromkeys(keys))

    def clear_selection(self) -> None:
        """Select nothing."""
        self._select({})

    # Keeping model, cursor and screen together

    def watch_filter_text(self, text: str) -> None:
        self._model.filter_text = text
        self._model.arrange()
        self._arranged()
        self.refresh_bindings()
        self.post_message(self.FilterChanged(self, text))

    def _arranged(self) -> None:
        """After rows changed places: find the cursor's row again, and let the scroll range follow."""
        self._resize_range()
        count = len(self._model)
        found = self._model.position_of(self._cursor_key, self._cursor) if self._cursor_key is not None else None
        self._cursor = found if found is not None else max(0, min(self._cursor, count - 1))
        self._scroll_to_cursor()
        self._note_cursor()
        self._repaint()

    def _note_cursor(self) -> None:
        key = self._model.key(self._cursor) if len(self._model) else None
        if key != self._cursor_key:
            self._cursor_key = key
            self.post_message(self.Highlighted(self, key, self._cursor))

    def _move(self, position: int) -> None:
        count = len(self._model)
        if not count:
            return
        self._cursor = max(0, min(position, count - 1))
        self._note_cursor()
        self._scroll_to_cursor()
        self._repaint()

    def _select(self, selected: dict[str, None]) -> None:
        if selected != self._selected:
            self._selected = selected
            self._repaint()
            self.post_message(self.SelectionChanged(self, self.selected_keys))

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"toggle_row", "toggle_all", "select_range", "extend"}:
            return self._multi_select
        if action == "clear_filter":
            return bool(self.filter_text) or self._filter_open
        return True

    def action_cursor_down(self) -> None:
        self._move(self._cursor + 1)

    def action_cursor_up(self) -> None:
        self._move(self._cursor - 1)

    def action_page_down(self) -> None:
        self._move(self._cursor + max(1, self._body_height - 1))

    def action_page_up(self) -> None:
        self._move(self._cursor - max(1, self._body_height - 1))

    def action_first(self) -> None:
        self._move(0)

    def action_last(self) -> None:
        self._move(len(self._model) - 1)

    def action_sideways(self, direction: int) -> None:
        if self.max_scroll_x <= 0:
            raise SkipAction
        self.scroll_to(x=self.scroll_offset.x + 8 * direction, animate=False, force=True, immediate=True)

    def action_open(self) -> None:
        if self._cursor_key is None:
            raise SkipAction
        self.post_message(self.Opened(self, self._cursor_key))

    def action_sort(self) -> None:
        shown = [placed.index for placed in self._placed]
        model = self._model
        if model.sort_column not in shown:
            model.sort_column, model.sort_descending = (shown[0] if shown else None), False
        elif not model.sort_descending:
            model.sort_descending = True
        else:
            following = shown[shown.index(model.sort_column) + 1 :]
            model.sort_column, model.sort_descending = (following[0] if following else None), False
        self._sort()

    def sort_by(self, key: str, *, descending: bool = False) -> None:
        """Sort by the column with that key."""
        self._model.sort_column = [column.key for column in self.columns].index(key)
        self._model.sort_descending = descending
        self._sort()

    def _sort(self) -> None:
        """Bring the rows in the order that was chosen."""
        self._model.arrange()
        self._arranged()

    def action_toggle_row(self) -> None:
        if self._cursor_key is not None:
            selected = dict(self._selected)
            if self._cursor_key in selected:
                del selected[self._cursor_key]
            else:
                selected[self._cursor_key] = None
            self._select(selected)

    def action_select_range(self) -> None:
        """Select all rows from the one selected last to the cursor."""
        last = next(reversed(self._selected), None)
        start = self._model.position_of(last, self._cursor) if last is not None else None
        if start is None:
            start = self._cursor
        step = 1 if start <= self._cursor else -1
        places = range(start, self._cursor + step, step) if len(self._model) else ()
        selected = dict(self._selected)
        for key in [self._model.key(place) for place in places]:
            # The row under the cursor comes last: from there the next range goes on.
            selected.pop(key, None)
            selected[key] = None
        self._select(selected)

    def action_extend(self, by: int) -> None:
        """Move by a row and select both; going back over rows that are selected lets them go."""
        left = self._cursor_key
        self._move(self._cursor + by)
        key = self._cursor_key
        if left is None or key is None:
            return
        selected = dict(self._selected)
        if left in selected and key in selected and left != key:
            del selected[left]
        else:
            selected[left] = selected[key] = None
        self._select(selected)

    def action_toggle_all(self) -> None:
        keys = self._model.keys()
        every = all(key in self._selected for key in keys)
        self._select({} if every else dict.fromkeys([*self._selected, *keys]))

    def action_open_filter(self) -> None:
        self._set_filter_open(True)

    def action_clear_filter(self) -> None:
        self._set_filter_open(False)
        self.filter_text = ""

    def _set_filter_open(self, is_open: bool) -> None:
        if self._filter_open != is_open:
            self._filter_open = is_open
            self._resize_range()
            self._scroll_to_cursor()
            self._repaint()
            self.refresh_bindings()

    # Keys and mouse that no binding covers

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return self._filter_open and character is not None and character.isprintable()

    async def _on_key(self, event: events.Key) -> None:
        if not self._filter_open:
            return
        text = self.filter_text
        if event.key == "enter":
            self._set_filter_open(False)
        elif event.key == "backspace":
            self.filter_text = text[:-1]
        elif event.key in {"ctrl+w", "ctrl+u"}:
            self.filter_text = text.rstrip().rpartition(" ")[0] if event.key == "ctrl+w" else ""
        elif event.is_printable and event.character is not None:
            self.filter_text = text + event.character
        else:
            return
        event.stop()
        event.prevent_default()

    def _on_paste(self, event: events.Paste) -> None:
        if self._filter_open:
            event.stop()
            self.filter_text += printable(" ".join(event.text.split()))

    async def _on_click(self, event: events.Click) -> None:
        if event.y == 0:
            self._click_header(event.x)
            return
        position = self.scroll_offset.y + event.y - 1
        if event.y <= self._body_height and position < len(self._model):
            self._move(position)
            if event.chain == 2:
                self.action_open()

    def _click_header(self, x: int) -> None:
        at = self._gutter - self.scroll_offset.x
        for placed in self._placed:
            if at <= x < at + placed.width + GAP:
                same = self._model.sort_column == placed.index
                self.sort_by(self.columns[placed.index].key, descending=same and not self._model.sort_descending)
                return
            at += placed.width + GAP
