"""Styled lines to read: a request, its answer, a few facts. Wraps, scrolls, repaints only lines that changed.

It fetches nothing and interprets nothing: text from outside is shown as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from aeptui.ui.widgets.cells import fit, printable, width
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid_line import Run, strip_of
from aeptui.ui.widgets.text_lines import Line, wrapped

_LOOKS = ("muted", "strong", "key", "string", "number", "ok", "warning", "error", "running", "accent")


class TextView(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines under an optional title.

    Args:
        title: Stands fixed on the first line; empty: there is no such line.
        can_focus: May the keyboard scroll it?
        most: It is then as high as its text, but not higher than this many lines.
    """

    DEFAULT_CSS = """
    TextView {
        height: 1fr;
        width: 1fr;
        scrollbar-size: 0 0;
        background: $background;
        color: $foreground;
        .text--title { color: $text-muted; text-style: bold; background: $surface; }
        .text--title-focused { color: $text-accent; text-style: bold; background: $surface; }
        .text--muted { color: $text-muted; }
        .text--strong { color: $foreground; text-style: bold; }
        .text--key { color: $text-accent; }
        .text--string { color: $foreground; }
        .text--number { color: $text-warning; }
        .text--ok { color: $text-success; }
        .text--warning { color: $text-warning; }
        .text--error { color: $text-error; }
        .text--running { color: $text-accent; }
        .text--accent { color: $text-accent; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "text--title",
        "text--title-focused",
        *(f"text--{name}" for name in _LOOKS),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "down", show=False, tooltip="One line down"),
        Binding("up,k", "move(-1)", "up", show=False, tooltip="One line up"),
        Binding("pagedown,space", "move_page(1)", "page down", show=False, tooltip="One page down"),
        Binding("pageup", "move_page(-1)", "page up", show=False, tooltip="One page up"),
        Binding("home,g", "first", "first line", show=False, tooltip="To the first line"),
        Binding("end,G", "last", "last line", show=False, tooltip="To the last line"),
    ]

    def __init__(
        self,
        title: str = "",
        *,
        can_focus: bool = True,
        most: int | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._most = most
        self._height = 0
        self.can_focus = can_focus
        self._title = title
        self._lines: tuple[Line, ...] = ()
        self._wrapped: tuple[Line, ...] = ()
        self._painted: dict[int, object] = {}
        self._looks: dict[str, Style] = {}

    @property
    def text(self) -> str:
        """Everything it shows, as given."""
        return "\n".join("".join(text for text, _ in one) for one in self._lines)

    @property
    def line_count(self) -> int:
        """Lines as wrapped now, without the title."""
        return len(self._wrapped)

    def show(self, lines: Iterable[Line], title: str | None = None, *, keep_place: bool = False) -> None:
        """Show these lines; from the first one on, unless `keep_place`."""
        lines = tuple(lines)
        if title is not None:
            self._title = title
        if lines != self._lines:
            self._lines = lines
            self._wrap()
        if not keep_place and self.scroll_y:
            self.scroll_to(y=0, animate=False, force=True, immediate=True)
        self._repaint()

    def _wrap(self) -> None:
        self._wrapped = wrapped(self._lines, max(1, self.size.width - 3))
        size = Size(self.size.width, len(self._wrapped) + self._head)
        if self._most is not None:
            height = max(1, min(size.height, self._most))
            if self._height != height:
                self.styles.height = self._height = height
        if size != self.virtual_size:
            # The reactive would lay out, and so repaint, the whole screen; there is no scrollbar that needs it.
            self.set_reactive(Widget.virtual_size, size)
            if self.scroll_y > self.max_scroll_y:
                self.scroll_to(y=self.max_scroll_y, animate=False, force=True, immediate=True)

    @property
    def _head(self) -> int:
        return 1 if self._title else 0

    def _on_resize(self, event: events.Resize) -> None:
        self._wrap()
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

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        self._repaint()

    # Painting

    def _repaint(self) -> None:
        if not self.is_attached or not self._painted:
            self.refresh()
            return
        for y in range(self.size.height):
            if self._painted.get(y) != self._look_of(y):
                self.refresh(Region(0, y, self.size.width, 1))

    def _look_of(self, y: int) -> object:
        if y < self._head:
            return self._title, self.has_focus, self._place()
        at = self.scroll_offset.y + y - self._head
        if not self.can_focus and y == self.size.height - 1 and at + 1 < len(self._wrapped):
            # Nobody can scroll it: that there is more is all there is to say.
            return (*self._wrapped[at], (glyph("ellipsis"), "muted"))
        return self._wrapped[at] if at < len(self._wrapped) else ()

    def _place(self) -> str:
        """Where in the text the first visible line is; empty when all of it is visible, or it cannot be scrolled."""
        rows = self.size.height - self._head
        count = len(self._wrapped)
        if count <= rows or rows <= 0 or not self.can_focus:
            return ""
        top = self.scroll_offset.y
        return f"{top + 1}-{min(top + rows, count)} of {count:,} "

    def render_line(self, y: int) -> Strip:
        cells = self.size.width
        looks = self._painted[y] = self._look_of(y)
        if y < self._head:
            look = self._look("title-focused" if self.has_focus else "title")
            place = self._place()
            mark = glyph("cursor") if self.has_focus else " "
            text = fit(f"{mark} {printable(self._title)}", max(0, cells - width(place))) + place
            return strip_of([(text, look)], cells).crop(0, cells)
        runs: list[Run] = [("  ", self.rich_style)]
        runs += [(text, self._look(style)) for text, style in looks] if isinstance(looks, tuple) else []
        used = sum(width(text) for text, _ in runs)
        runs.append((" " * max(0, cells - used), self.rich_style))
        return strip_of(runs, max(cells, used)).crop(0, cells)

    def _look(self, name: str) -> Style:
        style = self._looks.get(name)
        if style is None:
            known = f"text--{name}" in self.COMPONENT_CLASSES
            style = self._looks[name] = self.get_component_rich_style(f"text--{name}") if known else self.rich_style
        return style

    # Actions

    def _to(self, y: float) -> None:
        top = max(0, min(y, self.max_scroll_y))
        self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def action_move(self, lines: int) -> None:
        self._to(self.scroll_offset.y + lines)

    def action_move_page(self, direction: int) -> None:
        self._to(self.scroll_offset.y + direction * max(1, self.size.height - self._head - 1))

    def action_first(self) -> None:
        self._to(0)

    def action_last(self) -> None:
        self._to(self.max_scroll_y)
