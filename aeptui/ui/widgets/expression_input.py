"""A line of text that wraps, is coloured while it is typed, and repaints only the cells that changed.

For expressions of up to thousands of characters over a slow line: an `Input` in how it is typed into, with lines below
each other instead of one that scrolls sideways. It judges nothing: whoever owns it says how a text looks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, NamedTuple

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region
from textual.message import Message
from textual.reactive import Reactive, reactive
from textual.strip import Strip
from textual.widgets import Input
from textual.widgets.input import Selection

from aeptui.ui.widgets.cells import printable, width
from aeptui.ui.widgets.grid_line import strip_of

_LOOKS = ("function", "string", "number", "keyword", "operator", "column", "unknown", "error")
_MARKS = ("match", "mistake", "selection", "cursor")
_MOST_UNDONE = 200


class Span(NamedTuple):
    """A part of the text and the name of its look."""

    start: int
    end: int
    look: str


Look = Callable[[str, int], tuple[Sequence[Span], Sequence[Span]]]
"""How a text looks with the caret at a place: its parts, in order, and marks on top of them (`match`, `mistake`)."""


def plain(_text: str, _caret: int) -> tuple[Sequence[Span], Sequence[Span]]:
    """No colours."""
    return (), ()


class ExpressionInput(Input):
    """An input of as many lines as its text needs.

    Args:
        value: What stands there at first.
        most: It grows to this many lines, then its lines scroll.
        look: How a text looks.
        has_partner: Whether typing this bracket here would close one that is closed already; it is then stepped over.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"expression--{name}" for name in (*_LOOKS, *_MARKS)}
    DEFAULT_CSS = """
    ExpressionInput {
        border: none;
        padding: 0;
        height: 1;
        &:focus { border: none; }
        .expression--function { color: $text-accent; }
        .expression--string { color: $text-success; }
        .expression--number { color: $text-warning; }
        .expression--keyword { color: $text-warning; }
        .expression--operator { color: $text-muted; }
        .expression--column { color: $foreground; text-style: bold; }
        .expression--unknown { color: $text-error; text-style: underline; }
        .expression--error { color: $text-error; }
        .expression--match { text-style: bold underline; color: $foreground; }
        .expression--mistake { color: $text-error; text-style: bold underline; }
        .expression--selection { background: $input-selection-background; color: $input-selection-foreground; }
        .expression--cursor { background: $input-cursor-background; color: $input-cursor-foreground; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z,ctrl+underscore", "undo", "undo typing", show=False, tooltip="Take the last typing back"),
        Binding("ctrl+y", "redo", "redo typing", show=False, tooltip="Type again what was taken back"),
        Binding("alt+up", "caret_line(-1)", "line up", show=False, tooltip="One line up in a long expression"),
        Binding("alt+down", "caret_line(1)", "line down", show=False, tooltip="One line down in a long expression"),
    ]

    @dataclass
    class CaretMoved(Message):
        """The caret stands elsewhere; the text may be another one too."""

        input: ExpressionInput

        @property
        def control(self) -> ExpressionInput:
            return self.input

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, ExpressionInput.CaretMoved) and message.input is self.input

    # Textual's repaint the whole widget, and so every line of it, at every key.
    value: Reactive[str] = reactive("", init=False, repaint=False)
    selection: Reactive[Selection] = reactive(Selection.cursor(0), repaint=False)

    def __init__(
        self,
        value: str = "",
        *,
        most: int = 6,
        look: Look = plain,
        has_partner: Callable[[str, int], bool] = lambda _text, _caret: False,
        id: str | None = None,
    ) -> None:
        self._look = look
        self._has_partner = has_partner
        self._most = most
        self._starts: list[int] = [0]
        """Where each line begins."""
        self._top = 0
        self._spans: tuple[Sequence[Span], Sequence[Span]] = ((), ())
        self._painted: dict[int, tuple[tuple[str, str], ...]] = {}
        self._styles: dict[str, Style] = {}
        self._before: tuple[str, int] = (value, len(value))
        self._undone: list[tuple[str, int]] = []
        self._done: list[tuple[str, int]] = []
        self._typing_at = -1
        super().__init__(value, select_on_focus=False, id=id)

    # Lines

    @property
    def line_count(self) -> int:
        """Lines as wrapped now."""
        return len(self._starts)

    def line_of(self, position: int) -> tuple[int, int]:
        """Line and cell of a place in the text; the line counts from the first one shown."""
        line = bisect_right(self._starts, position) - 1
        return line - self._top, width(printable(self.value[self._starts[line] : position]))

    @property
    def shown_lines(self) -> int:
        """Lines shown at once."""
        return min(len(self._starts), self._most)

    def _wrap(self) -> None:
        text, cells = self.value, max(8, self.size.width or 80)
        starts = [0]
        if text.isascii():
            while len(text) - starts[-1] >= cells:
                starts.append(_break(text, starts[-1], starts[-1] + cells))
        else:
            used = 0
            at = 0
            while at < len(text):
                wide = width(printable(text[at]))
                if used + wide > cells:
                    at = _break(text, starts[-1], at)
                    starts.append(at)
                    used = 0
                    continue
                used += wide
                at += 1
            if used >= cells:
                starts.append(len(text))
        self._starts = starts
        if self.styles.height is None or self.styles.height.value != self.shown_lines:
            self.styles.height = self.shown_lines
        self._keep_caret_visible()

    def _keep_caret_visible(self) -> None:
        line = bisect_right(self._starts, self.cursor_position) - 1
        top = min(max(self._top, line - self._most + 1), line)
        self._top = max(0, min(top, len(self._starts) - self.shown_lines))

    @property
    def cursor_screen_offset(self) -> Offset:
        x, y, _width, _height = self.content_region
        line, cell = self.line_of(self.cursor_position)
        return Offset(x + cell, y + line)

    # Changes

    def _watch_value(self, value: str) -> None:
        self._note_change(value)
        self._wrap()
        self.post_message(self.Changed(self, value, None))
        if self._initial_value:
            self.cursor_position = len(value)
            self._initial_value = False
        else:
            # Its watcher would not be called for the same place.
            self.selection = self.selection
        self.restyle()

    def _watch_selection(self, selection: Selection) -> None:
        if not self.is_attached:
            return
        if self.value == self._before[0]:
            self._before = (self.value, selection.end)
        self._keep_caret_visible()
        self.app.cursor_position = self.cursor_screen_offset
        self.restyle()
        self.post_message(self.CaretMoved(self))

    def _note_change(self, value: str) -> None:
        """Keep what stood there for undo; letters typed in a row are one step."""
        before, caret = self._before
        grown = len(value) - len(before)
        typed = grown == 1 and value[:caret] == before[:caret] and value[caret + 1 :] == before[caret:]
        goes_on = typed and caret == self._typing_at and value[caret].isalnum()
        if value != before and not goes_on:
            self._done = [*self._done[-_MOST_UNDONE:], self._before]
        self._typing_at = caret + 1 if typed else -1
        self._undone.clear()
        self._before = (value, caret + max(0, grown))

    def _stand(self, state: tuple[str, int]) -> None:
        text, caret = state
        done, undone = self._done, [*self._undone]
        self.value, self.cursor_position = text, min(caret, len(text))
        self._done, self._undone, self._typing_at = done, undone, -1

    def action_undo(self) -> None:
        if not self._done:
            self.app.bell()
            return
        *self._done, state = self._done
        self._undone.append((self.value, self.cursor_position))
        self._stand(state)

    def action_redo(self) -> None:
        if not self._undone:
            self.app.bell()
            return
        self._done.append((self.value, self.cursor_position))
        *self._undone, state = self._undone
        self._stand(state)

    def action_caret_line(self, by: int) -> None:
        line, cell = self.line_of(self.cursor_position)
        self.cursor_position = self._at(line + by, cell)

    def insert_text_at_cursor(self, text: str) -> None:
        at = self.cursor_position
        if text == ")" and self.value[at : at + 1] == ")" and self._has_partner(self.value, at):
            self.cursor_position = at + 1
        else:
            super().insert_text_at_cursor(text)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        # What was written on several lines is still one expression.
        text = " ".join(event.text.split("\n")).replace("\r", "")
        self.replace(text, *self.selection)
        event.prevent_default()

    # Mouse

    def _at(self, line: int, cell: int) -> int:
        """The place in the text that stands there."""
        index = max(0, min(self._top + line, len(self._starts) - 1))
        at, end = self._starts[index], self._end(index)
        last = end if index == len(self._starts) - 1 else end - 1
        used = 0
        while at < last and used + width(printable(self.value[at])) <= cell:
            used += width(printable(self.value[at]))
            at += 1
        return at

    def _end(self, index: int) -> int:
        return self._starts[index + 1] if index + 1 < len(self._starts) else len(self.value)

    async def _on_mouse_down(self, event: events.MouseDown) -> None:
        offset = event.get_content_offset_capture(self)
        self.cursor_position = self._at(offset.y, offset.x)
        self._selecting = True
        self.capture_mouse()

    async def _on_mouse_move(self, event: events.MouseMove) -> None:
        if self._selecting:
            offset = event.get_content_offset_capture(self)
            self.selection = Selection(self.selection.start, self._at(offset.y, offset.x))

    # Painting

    def restyle(self) -> None:
        """Look at the text again, and repaint the cells that look different."""
        self._spans = self._look(self.value, self.cursor_position)
        self._repaint()

    def _repaint(self) -> None:
        if not self.is_attached or not self._painted:
            self.refresh()
            return
        for y in range(self.size.height):
            before, now = self._painted.get(y), self._cells(y)
            if before is None:
                self.refresh(Region(0, y, self.size.width, 1))
            elif before != now:
                self.refresh(_difference(before, now, y))

    def _cells(self, y: int) -> tuple[tuple[str, str], ...]:
        """Characters of a line with their looks; the cursor may stand on the blank behind the last one."""
        index = self._top + y
        if index >= len(self._starts):
            return ()
        start, end = self._starts[index], self._end(index)
        looks = [""] * (end - start + 1)
        parts, marks = self._spans
        first_part = max(0, bisect_right(parts, start, key=lambda one: one.start) - 1)
        for span in islice(parts, first_part, None):
            if span.start >= end:
                break
            for at in range(max(span.start, start), min(span.end, end)):
                looks[at - start] = span.look
        for span in marks:
            for at in range(max(span.start, start), min(span.end, end)):
                looks[at - start] += f" {span.look}"
        if self.has_focus:
            first, last = sorted(self.selection)
            for at in range(max(first, start), min(last, end)):
                looks[at - start] = "selection"
            caret = self.cursor_position
            if start <= caret < end or (caret == end == len(self.value)):
                looks[caret - start] += " cursor"
        shown = [printable(character) for character in self.value[start:end]]
        return tuple(zip([*shown, " "], looks, strict=True))

    def render_line(self, y: int) -> Strip:
        cells = self._painted[y] = self._cells(y)
        base = self.rich_style
        runs = [(text, self._style(look)) for text, look in cells]
        used = sum(width(text) for text, _ in runs)
        runs.append((" " * max(0, self.size.width - used), base))
        return strip_of(runs, max(self.size.width, used)).crop(0, self.size.width)

    def _style(self, look: str) -> Style:
        style = self._styles.get(look)
        if style is None:
            style = self.rich_style
            for name in look.split():
                style += self.get_component_rich_style(f"expression--{name}", partial=True)
            self._styles[look] = style
        return style

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()

    def _on_resize(self, event: events.Resize) -> None:
        self._painted.clear()
        self._wrap()
        self.refresh()

    def _on_focus(self, event: events.Focus) -> None:
        super()._on_focus(event)
        self._repaint()

    def _on_blur(self, event: events.Blur) -> None:
        super()._on_blur(event)
        self._repaint()


def _break(text: str, start: int, end: int) -> int:
    """Where the line from `start` may break, so that a word stays whole unless that leaves much of the line empty."""
    for at in range(end, start + 2 * (end - start) // 3, -1):
        if text[at - 1] in " ,(":
            return at
    return end


def _difference(before: tuple[tuple[str, str], ...], now: tuple[tuple[str, str], ...], y: int) -> Region:
    """The cells of a line in which the two differ."""
    totals = [sum(width(text) for text, _ in one) for one in (before, now)]
    same = 0
    for one, other in zip(before, now, strict=False):
        if one != other:
            break
        same += 1
    # A mark that joins the character before it is painted with that one.
    while same and any(len(one) > same and not width(one[same][0]) for one in (before, now)):
        same -= 1
    left = sum(width(text) for text, _ in now[:same])
    behind = 0
    if totals[0] == totals[1]:
        while behind < min(len(before), len(now)) - same and before[-1 - behind] == now[-1 - behind]:
            behind += 1
    right = max(totals) - sum(width(text) for text, _ in now[len(now) - behind :])
    return Region(left, y, max(1, right - left), 1)
