"""Choose one or several of many: a modal list with a filter. It fetches nothing, and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from aeptui.ui.screens.dialog import DialogScreen
from aeptui.ui.widgets.grid import Column, Grid, GridSource, Row
from aeptui.ui.widgets.text_lines import line
from aeptui.ui.widgets.text_view import TextView


class PickScreen(DialogScreen[tuple[str, ...] | None]):
    """Dismisses with the keys that were chosen, in the order of the list, or None for no change.

    Args:
        title: What is chosen.
        columns: What each row shows.
        rows: What there is to choose from.
        chosen: Keys chosen already.
        start: Where the cursor begins; empty: on the first one chosen.
        many: May several be chosen? None at all is then an answer too.
        note: What to know, in a line or two.
        empty: What an empty list says.
    """

    DEFAULT_CSS = """
    PickScreen {
        #pick-box { width: 110; height: 90%; max-height: 34; padding: 1 1 0 1; }
        .dialog-title { padding: 0 1; }
        #pick-note { color: $text-muted; padding: 0 1; }
        #pick-grid { margin-top: 1; background: $panel; }
        #pick-detail { height: 2; background: $panel; }
        .dialog-keys { padding: 0 1; height: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "leave as it is", tooltip="Leave the choice as it was"),
        Binding("ctrl+s", "accept", "accept", show=False, tooltip="Take what is chosen"),
    ]

    def __init__(
        self,
        title: str,
        columns: Sequence[Column],
        rows: Sequence[Row] | GridSource,
        *,
        chosen: Sequence[str] = (),
        start: str = "",
        many: bool = False,
        note: str = "",
        empty: str = "There is nothing to choose from.",
    ) -> None:
        super().__init__()
        self._title = title
        self._rows = rows
        self._chosen = tuple(chosen)
        self._start = start or next(iter(self._chosen), "")
        self._many = many
        self._note = note
        self._grid = Grid(*columns, multi_select=many, empty=empty, id="pick-grid")

    def compose(self) -> ComposeResult:
        with Vertical(id="pick-box", classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            if self._note:
                yield Static(Content(self._note), id="pick-note")
            yield self._grid
            yield TextView(id="pick-detail", can_focus=False)
            yield Static("", id="pick-keys", classes="dialog-keys")

    def on_mount(self) -> None:
        self._grid.show(self._rows)
        if self._many:
            self._grid.choose(self._chosen)
        if self._start:
            self._grid.move_to(self._start)
        self._show_keys()
        self._grid.focus()

    def _show_keys(self) -> None:
        words = "enter takes it   / filter   esc back"
        if self._many:
            count = len(self._grid.selected_keys)
            words = f"{count:,} chosen   space choose   enter takes them   / filter   esc back"
        self.query_one("#pick-keys", Static).update(Content(words))

    @on(Grid.Highlighted)
    def _highlighted(self, event: Grid.Highlighted) -> None:
        event.stop()
        self._show_detail()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_detail)

    def _show_detail(self) -> None:
        """The row under the cursor in full, when its columns cut it."""
        words = "   ".join(text for text in self._grid.cut_texts if text)
        self.query_one("#pick-detail", TextView).show([line(words, "muted")] if words else [])

    @on(Grid.SelectionChanged)
    def _selected(self, event: Grid.SelectionChanged) -> None:
        event.stop()
        self._show_keys()

    @on(Grid.Opened)
    def _opened(self, event: Grid.Opened) -> None:
        event.stop()
        if self._many:
            self.action_accept()
        else:
            self.dismiss((event.key,))

    def action_accept(self) -> None:
        """Take what is chosen."""
        if not self._many:
            key = self._grid.cursor_key
            self.dismiss((key,) if key is not None else None)
            return
        chosen = set(self._grid.selected_keys)
        if isinstance(self._rows, Sequence):
            self.dismiss(tuple(row.key for row in self._rows if row.key in chosen))
        else:
            self.dismiss(self._grid.selected_keys)

    def action_cancel(self) -> None:
        self.dismiss(None)
