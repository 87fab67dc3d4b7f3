"""How a grid looks: columns, lines, scroll range. Interaction is `grid.py`'s; this half only paints what it is told.

It paints through the Line API and refreshes exactly the lines whose look changed.
"""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from aeptui.ui.widgets.cells import cut, fit, printable, width
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid_layout import GAP, Placed, place_columns
from aeptui.ui.widgets.grid_line import Run, strip_of
from aeptui.ui.widgets.grid_model import Column, GridModel, Row, cell_text

_SAMPLE_ROWS = 200
"""How many rows decide how wide a column wants to be."""
_SAMPLE_LAZY = 30
"""The same where rows have to be made for it: about a screen of them."""

_STYLES = ("ok", "warning", "error", "muted", "accent", "production", "running", "pending")


class GridView(ScrollView):
    """Rows under a fixed header, one of them under the cursor.

    Args:
        columns: What stands in each row's cells, in order.
        multi_select: Space and ctrl+a select rows.
        empty: Shown when there are no rows at all.
    """

    DEFAULT_CSS = """
    GridView {
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
    filter_text: var[str] = var("", init=False)
    """Only rows containing all these words are shown; case does not matter."""
    loading_text: var[str] = var("", init=False)
    """Shown instead of rows while there are none yet."""

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
        self.nothing_text = empty
        """Shown when there are rows, and none of them shows, though there is no filter."""
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

    # Widths and scroll range

    def _measure(self) -> None:
        """How wide the columns want to be; repaints all when that changes the layout."""
        wanted = [width(column.label) + 2 for column in self.columns]
        for position in range(min(len(self._model), _SAMPLE_LAZY if self._model.is_lazy else _SAMPLE_ROWS)):
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

    def watch_loading_text(self) -> None:
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
            return "No row contains these words. esc shows all." if self.filter_text else self.nothing_text
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
                mark = glyph("sort_down" if self._model.sort_descending else "sort_up")
                label = f"{cut(label, placed.width - width(mark) - 1)} {mark}"
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
