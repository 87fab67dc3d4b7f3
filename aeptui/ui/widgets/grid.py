"""The one widget for every list and table: virtual, keyboard first, and sparing with bytes.

It paints through the Line API and refreshes exactly the lines whose look changed. It fetches nothing: whoever owns
it calls `show` or `update_row`. Text in cells is shown as it is, never interpreted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from aeptui.ui.widgets.cells import cut, fit, printable, width
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid_layout import GAP, Placed, place_columns
from aeptui.ui.widgets.grid_line import Run, strip_of
from aeptui.ui.widgets.grid_model import Cell, Column, GridModel, GridSource, Row, cell_text

__all__ = ["Cell", "Column", "Grid", "GridSource", "Row"]

_SAMPLE_ROWS = 200
"""How many rows decide how wide a column wants to be."""

_STYLES = ("ok", "warning", "error", "muted", "accent", "production", "running", "pending")


class Grid(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows under a fixed header, with cursor, filter, sort and selection.

    Args:
        columns: What stands in each row's cells, in order.
        multi_select: Space and ctrl+a select rows.
        empty: Shown when there are no rows at all.
    """

    DEFAULT_CSS = """
    Grid {
        height: 1fr;
        width: 1fr;
        scrollbar-size: 0 0;
        background: $background;
        color: $foreground;
        .grid--header { color: $text-muted; text-style: bold; background: $surface; }
        .grid--sorted { color: $text-accent; text-style: bold; background: $surface; }
        .grid--cursor { background: $primary-muted; color: $foreground; text-style: bold; }
        .grid--cursor-blurred { background: $surface-lighten-1; color: $foreground; }
        .grid--filter { background: $surface; color: $foreground; }
        .grid--scroll { color: $text-muted; }
        .grid--muted { color: $text-muted; }
        .grid--pending { color: $text-muted; }
        .grid--ok { color: $text-success; }
        .grid--warning { color: $text-warning; }
        .grid--error { color: $text-error; }
        .grid--accent { color: $text-accent; }
        .grid--running { color: $text-accent; }
        .grid--production { color: $text-warning; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--header",
        "grid--sorted",
        "grid--cursor",
        "grid--cursor-blurred",
        "grid--filter",
        "grid--scroll",
        *(f"grid--{name}" for name in _STYLES),
    }
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
        Binding("ctrl+a", "toggle_all", "select all", show=False, tooltip="Select every row shown, or none"),
        Binding("escape", "clear_filter", "show all", key_display="esc", tooltip="Take the filter away"),
    ]

    filter_text: var[str] = var("")
    """Only rows containing all these words are shown; case does not matter."""
    loading_text: var[str] = var("")
    """Shown instead of rows while there are none yet."""

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

    def __init__(
        self,
        *columns: Column,
        multi_select: bool = False,
        empty: str = "Nothing here yet.",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = columns
        self.empty_text = empty
        self._multi_select = multi_select
        self._model = GridModel()
        self._cursor = 0
        self._cursor_key: str | None = None
        self._selected: dict[str, None] = {}
        self._filter_open = False
        self._placed: tuple[Placed, ...] = ()
        self._wanted: list[int] = [width(column.label) + 2 for column in columns]
        self._painted: dict[int, object] = {}
        self._looks: dict[tuple[str, str], Style] = {}

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

    def show(self, rows: Sequence[Row] | GridSource) -> None:
        """Show these rows. The cursor stays on its key, filter, sort and selection stay; only changed lines repaint."""
        self._model.set_rows(rows)
        gone = [key for key in self._selected if not self._model.contains(key)]
        for key in gone:
            del self._selected[key]
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

    def watch_loading_text(self) -> None:
        self._repaint()

    def _measure(self) -> None:
        """How wide the columns want to be; repaints all when that changes the layout."""
        wanted = [width(column.label) + 2 for column in self.columns]
        for position in range(min(len(self._model), _SAMPLE_ROWS)):
            for index, cell in enumerate(self._model.row(position).cells[: len(wanted)]):
                wanted[index] = max(wanted[index], width(printable(cell_text(cell))))
        self._wanted = wanted
        self._place()

    def _place(self) -> None:
        placed = place_columns(self.columns, self._wanted, self.size.width - self._gutter - 1)
        if placed != self._placed:
            self._placed = placed
            self._painted.clear()
            self.refresh()

    def _arranged(self) -> None:
        """After rows changed places: find the cursor's row again, and let the scroll range follow."""
        self._resize_range()
        count = len(self._model)
        found = self._model.position_of(self._cursor_key, self._cursor) if self._cursor_key is not None else None
        self._cursor = found if found is not None else max(0, min(self._cursor, count - 1))
        self._scroll_to_cursor()
        self._note_cursor()
        self._repaint()

    def _resize_range(self) -> None:
        size = Size(self._content_width, 1 + len(self._model) + self._filter_shown)
        if size == self.virtual_size:
            return
        if self.styles.height is not None and self.styles.height.is_auto:
            self.virtual_size = size
        else:
            # The reactive would lay out, and so repaint, the whole screen; there is no scrollbar that needs it.
            self.set_reactive(Widget.virtual_size, size)
            if self.scroll_y > self.max_scroll_y:
                self.scroll_to(y=self.max_scroll_y, animate=False, force=True, immediate=True)

    def _note_cursor(self) -> None:
        key = self._model.row(self._cursor).key if len(self._model) else None
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

    def _scroll_to_cursor(self) -> None:
        rows, top = self._body_height, self.scroll_offset.y
        if rows <= 0:
            return
        if self._cursor < top:
            top = self._cursor
        elif self._cursor >= top + rows:
            top = self._cursor - rows + 1
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def _select(self, selected: dict[str, None]) -> None:
        if selected != self._selected:
            self._selected = selected
            self._repaint()
            self.post_message(self.SelectionChanged(self, self.selected_keys))

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"toggle_row", "toggle_all"}:
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
        model.arrange()
        self._arranged()

    def sort_by(self, key: str, *, descending: bool = False) -> None:
        """Sort by the column with that key."""
        self._model.sort_column = [column.key for column in self.columns].index(key)
        self._model.sort_descending = descending
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

    def _on_resize(self, event: events.Resize) -> None:
        self._place()
        self._resize_range()
        self._scroll_to_cursor()
        self._painted.clear()
        self.refresh()

    def _on_focus(self, event: events.Focus) -> None:
        super()._on_focus(event)
        self._repaint()

    def _on_blur(self, event: events.Blur) -> None:
        super()._on_blur(event)
        self._repaint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._looks.clear()

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        if round(old_value) != round(new_value):
            self._painted.clear()
            self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        self._repaint()

    # Painting

    @property
    def _filter_shown(self) -> bool:
        return self._filter_open or bool(self.filter_text)

    @property
    def _body_height(self) -> int:
        return self.size.height - 1 - self._filter_shown

    @property
    def _gutter(self) -> int:
        return 4 if self._multi_select else 2

    @property
    def _content_width(self) -> int:
        gaps = GAP * max(0, len(self._placed) - 1)
        return self._gutter + sum(placed.width for placed in self._placed) + gaps + 1

    def _repaint(self) -> None:
        """Refresh those lines, and only those, that would look different now."""
        if not self.is_attached or not self._painted:
            self.refresh()
            return
        for y in range(self.size.height):
            if self._painted.get(y) != self._look_of(y):
                self.refresh(Region(0, y, self.size.width, 1))

    def _look_of(self, y: int) -> object:
        """Everything line `y` shows: two equal values paint the same line."""
        if y == 0:
            return self._model.sort_column, self._model.sort_descending
        if self._filter_shown and y == self.size.height - 1:
            return self.filter_text, self._filter_open, len(self._model), self._model.total
        position = self.scroll_offset.y + y - 1
        if position >= len(self._model):
            return self._message_at(y)
        row = self._model.row(position)
        cursor = (1 + self.has_focus) if position == self._cursor else 0
        return row, cursor, row.key in self._selected, self._thumb_at(y)

    def _message_at(self, y: int) -> str:
        """What an empty grid says, on its second line."""
        if y != 2 or len(self._model):
            return ""
        if self._model.total:
            return "No row contains these words. esc shows all."
        return self.loading_text or self.empty_text

    def _thumb_at(self, y: int) -> bool:
        """Is the position mark on this line? There is one only when not all rows fit."""
        rows, count = self._body_height, len(self._model)
        if count <= rows or rows <= 0:
            return False
        size = max(1, rows * rows // count)
        start = round((rows - size) * self.scroll_offset.y / (count - rows))
        return start <= y - 1 < start + size

    def render_line(self, y: int) -> Strip:
        cells = self.size.width
        self._painted[y] = self._look_of(y)
        if y == 0:
            return self._windowed(self._header_runs(), "grid--header")
        if self._filter_shown and y == self.size.height - 1:
            return self._filter_strip(cells)
        position = self.scroll_offset.y + y - 1
        if position < len(self._model):
            return self._row_strip(self._model.row(position), position, y)
        return strip_of([(fit("  " + printable(self._message_at(y)), cells), self._look("", "grid--muted"))], cells)

    def _look(self, base: str, name: str = "") -> Style:
        """The style called `name` on the background of `base`; an unknown name is plain."""
        style = self._looks.get((base, name))
        if style is None:
            ground = self.get_component_rich_style(base) if base else self.rich_style
            if name and name in self.COMPONENT_CLASSES:
                over = self.get_component_rich_style(name)
                ground += Style(color=over.color, bold=over.bold or None)
            style = self._looks[base, name] = ground
        return style

    def _header_runs(self) -> list[Run]:
        plain = self._look("grid--header")
        runs: list[Run] = [(" " * self._gutter, plain)]
        for placed in self._placed:
            column = self.columns[placed.index]
            label, look = column.label, plain
            if self._model.sort_column == placed.index:
                label = f"{label} {glyph('sort_down' if self._model.sort_descending else 'sort_up')}"
                look = self._look("grid--sorted")
            runs += [(fit(label, placed.width, column.align), look), (" " * GAP, plain)]
        return runs

    def _row_strip(self, row: Row, position: int, y: int) -> Strip:
        base = ""
        if position == self._cursor:
            base = "grid--cursor" if self.has_focus else "grid--cursor-blurred"
        plain = self._look(base)
        mark = glyph("cursor") if position == self._cursor else " "
        gutter = f"{mark} "
        if self._multi_select:
            gutter += f"{glyph('selected') if row.key in self._selected else ' '} "
        runs: list[Run] = [(gutter, plain)]
        for placed in self._placed:
            cell = row.cells[placed.index] if placed.index < len(row.cells) else ""
            name = "" if isinstance(cell, str) or not cell.style else f"grid--{cell.style}"
            text = cut(printable(cell_text(cell)), placed.width)
            padding = (" " * (placed.width - width(text)), plain)
            styled = (text, self._look(base, name) if name else plain)
            runs += [padding, styled] if self.columns[placed.index].align == "right" else [styled, padding]
            runs.append((" " * GAP, plain))
        return self._windowed(runs, base, thumb=self._thumb_at(y))

    def _windowed(self, runs: list[Run], base: str, *, thumb: bool = False) -> Strip:
        """The part of a line that is scrolled into view, with the position mark in its last cell."""
        cells, left = self.size.width, self.scroll_offset.x
        line = strip_of(runs, sum(width(text) for text, _ in runs))
        window = cells - thumb
        strip = line.crop(left, left + window).extend_cell_length(window, self._look(base))
        if thumb:
            strip = Strip.join([strip, strip_of([(glyph("scroll"), self._look(base, "grid--scroll"))], 1)])
        return strip.simplify()

    def _filter_strip(self, cells: int) -> Strip:
        look = self._look("grid--filter")
        count = f"{len(self._model):,} of {self._model.total:,}"
        room = max(0, cells - width(count) - 5)
        shown = printable(self.filter_text)
        while width(shown) > room:
            shown = shown[1:]
        runs: list[Run] = [(f"{glyph('filter')} {shown}", look)]
        if self._filter_open:
            runs.append((" ", look + Style(reverse=True)))
        used = sum(width(text) for text, _ in runs)
        runs.append((fit(count, max(0, cells - used - 1), "right") + " ", look))
        return strip_of(runs, cells)
