"""One mapping: what to read, where to write it, and what comes of it on the sample row, live.

A list below completes what is being typed. Leaving with esc keeps what was typed; undo takes it back.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantFocus
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from aeptui.chain.mapping_rows import source_text
from aeptui.chain.typed_text import Typed, TypedText, untold
from aeptui.ui.screens.pipeline_sections.mapping.completion import (
    Suggestion,
    field_suggestions,
    source_suggestions,
    word_before,
)
from aeptui.ui.screens.pipeline_sections.mapping.trials import (
    Trial,
    given_cell,
    names_column,
    row_of,
    sentence,
)
from aeptui.ui.widgets.cells import width
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Column, Grid
from aeptui.ui.widgets.text_lines import Line, line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow
    from aeptui.models.connections import FileColumn
    from aeptui.models.schemas import SchemaField

_MARKS = {"ok": "ok", "warning": "warning", "error": "fail", "unknown": "pending"}
_LABEL = 8
_KINDS: dict[bool | None, str] = {True: "calculate", False: "copy", None: ""}
"""Whether the source is calculated; None: its text decides."""


class MappingFormScreen(ModalScreen["MappingRow | None"]):
    """Dismisses with the row, or None when nothing changed.

    Args:
        row: What stands there now; empty for a new one.
        trial: What it is tried against.
        taken: Targets of the other rows.
        typed: Is told at every key what stands there.
        resumed: What was typed into this form before; it goes on from there.
    """

    DEFAULT_CSS = """
    MappingFormScreen {
        align: center middle;
        #form-box {
            width: 110; max-width: 96%; height: 90%; max-height: 34;
            padding: 1 1 0 1; background: $panel; border-left: thick $primary;
        }
        #form-title { text-style: bold; padding: 0 1; height: 1; margin-bottom: 1; }
        Horizontal { height: 1; }
        Horizontal Static { width: 8; padding: 0 1; color: $text-muted; }
        Input { border: none; height: 1; padding: 0; background: $surface; width: 1fr; }
        Input:focus { border: none; background: $primary-muted; }
        #form-live { height: 4; background: $panel; }
        #form-list { background: $panel; }
        #form-keys { color: $text-muted; padding: 0 1; height: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "keep", "back", tooltip="Back; what was typed is kept, and undo takes it back"),
        Binding("tab", "complete", "complete", priority=True, tooltip="Take the suggestion; or go to the other line"),
        Binding("shift+tab", "other_line", "other line", priority=True, tooltip="To the other line"),
        Binding("enter", "next_line", "next", show=False, priority=True, tooltip="To the other line, at last done"),
        Binding("down", "suggest(1)", "next suggestion", show=False, tooltip="The next suggestion"),
        Binding("up", "suggest(-1)", "suggestion before", show=False, tooltip="The suggestion before"),
        Binding("pagedown", "suggest(8)", "further on", show=False, tooltip="Eight suggestions further"),
        Binding("pageup", "suggest(-8)", "further back", show=False, tooltip="Eight suggestions back"),
        Binding("ctrl+t", "toggle_kind", "copy or calculate", tooltip="Copy a column, or calculate an expression"),
        Binding("ctrl+s", "accept", "done", show=False, tooltip="Take it as it stands"),
    ]

    def __init__(
        self,
        row: MappingRow,
        trial: Trial,
        columns: Sequence[FileColumn],
        fields: Sequence[SchemaField],
        taken: Collection[str],
        *,
        is_new: bool,
        typed: Typed = untold,
        resumed: TypedText | None = None,
    ) -> None:
        super().__init__()
        self._row = row
        self._trial = trial
        self._columns = columns
        self._fields = fields
        self._taken = taken
        self._is_new = is_new
        self._calculated: bool | None = None if is_new else row.expression is not None
        self._typed = typed
        self._begin = TypedText((source_text(row), row.target), caret=-1, kind=_KINDS[self._calculated])
        if resumed is not None and len(resumed.texts) == len(self._begin.texts):
            self._begin = resumed
            self._calculated = {word: kind for kind, word in _KINDS.items()}.get(resumed.kind)
        self._told = self._begin
        self._suggestions: dict[str, Suggestion] = {}
        self._moved = False
        self._shown_for: tuple[bool, str, int] | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="form-box"):
            yield Static(Content("Map one field" if self._is_new else "Change this mapping"), id="form-title")
            with Horizontal():
                yield Static(Content("From"))
                yield Input(self._begin.texts[0], id="form-source", select_on_focus=False)
            yield TextView(id="form-live", can_focus=False)
            with Horizontal():
                yield Static(Content("To"))
                yield Input(self._begin.texts[1], id="form-target", select_on_focus=False)
            yield Grid(
                Column("name", "Suggestions", min_width=24),
                Column("type", "Type", width=9),
                Column("note", "", min_width=12, priority=1),
                empty="Nothing is called like this.",
                id="form-list",
            )
            yield Static(
                Content("tab complete   enter next, then done   ctrl+t copy/calculate   esc back"), id="form-keys"
            )

    def on_mount(self) -> None:
        self.query_one("#form-list", Grid).can_focus = False
        first = self._target if self._begin.line == 1 else self._source
        first.focus()
        if self._begin.caret >= 0:
            first.cursor_position = self._begin.caret
        self._show()

    @property
    def _source(self) -> Input:
        return self.query_one("#form-source", Input)

    @property
    def _target(self) -> Input:
        return self.query_one("#form-target", Input)

    @property
    def _on_target(self) -> bool:
        return self.focused is self._target

    @property
    def typed_text(self) -> TypedText:
        """What stands there now, so that it can be gone on with later."""
        into = self._target if self._on_target else self._source
        texts = (self._source.value, self._target.value)
        return TypedText(texts, int(into is self._target), into.cursor_position, _KINDS[self._calculated])

    def learn(self, trial: Trial, columns: Sequence[FileColumn], fields: Sequence[SchemaField]) -> None:
        """Columns and fields were read while the form is open."""
        self._trial, self._columns, self._fields = trial, columns, fields
        self._show()

    @property
    def row(self) -> MappingRow:
        """The row as typed so far."""
        return row_of(self._source.value, self._target.value, self._trial.columns, self._calculated)

    def _about(self, line: Input) -> tuple[bool, str, int]:
        """What the suggestions for a line depend on."""
        return line is self._target, line.value, 0 if line is self._target else line.cursor_position

    def _found(self, line: Input) -> list[Suggestion]:
        if line is self._target:
            return field_suggestions(line.value, self._fields, self._taken)
        return source_suggestions(line.value, line.cursor_position, self._columns, self._trial.row)

    # Showing

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._moved = False
        if event.input is self._source and not event.value.strip():
            self._calculated = None
        elif event.input is self._source and self._calculated is False:
            # A call or an operator can only be meant as an expression.
            self._calculated = None if not names_column(event.value, self._trial.columns) else False
        self._show()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        self._moved = False
        if self.is_mounted:
            self._show()

    def _show(self) -> None:
        current = self._target if self._on_target else self._source
        self._shown_for = self._about(current)
        found = self._found(current)
        self._suggestions = {one.row.key: one for one in found}
        grid = self.query_one("#form-list", Grid)
        grid.show([one.row for one in found])
        if found and not self._moved:
            grid.action_first()
        self.query_one("#form-live", TextView).show(self._live())
        self._tell()

    def _tell(self) -> None:
        """Tell what stands there, once for each change; a moved caret alone is none."""
        now = self.typed_text
        if (now.texts, now.line, now.kind) != (self._told.texts, self._told.line, self._told.kind):
            self._told = now
            self._typed(now)

    def _live(self) -> list[Line]:
        row = self.row
        if not source_text(row):
            return [line("A column is copied; anything else is an expression: lower(Email)", "muted")]
        tried = self._trial.explained(row)
        calculated = row.expression is not None
        kind = ("calculates  " if calculated else "copies  ", "muted")
        lines: list[Line] = []
        if tried.position is not None:
            caret = _LABEL - 2 + width(self._source.value[: tried.position]) - self._source.scroll_offset.x
            lines.append(line(" " * max(0, caret) + "^", "error"))
        elif tried.has_value:
            made = "null" if tried.made is None else json.dumps(tried.made, ensure_ascii=False, default=str)
            given = given_cell(tried).text
            lines.append((kind, (f"{given} ", ""), ("-> ", "muted"), (made, "strong"), (f"  {tried.type}", "muted")))
        else:
            lines.append((kind, ("no sample row to try it on", "muted")))
        mark = glyph(_MARKS[tried.state])
        reason = sentence(tried) or "ok"
        if row.target in self._taken:
            mark, reason = glyph("fail"), f"{row.target} is mapped already"
        lines.append(line(f"{mark} {reason}", tried.state if tried.state != "unknown" else "muted"))
        return lines

    # Acting

    def action_suggest(self, by: int) -> None:
        grid = self.query_one("#form-list", Grid)
        self._moved = True
        for _ in range(abs(by)):
            grid.action_cursor_down() if by > 0 else grid.action_cursor_up()

    @property
    def _highlighted(self) -> Suggestion | None:
        return self._suggestions.get(self.query_one("#form-list", Grid).cursor_key or "")

    def _take_suggestion(self, into: Input) -> bool:
        """Put the suggestion in; False when that changes nothing."""
        if self._shown_for == self._about(into):
            suggestion = self._highlighted
        else:
            # Typed ahead: the list is still about what stood there before, or about the other line.
            suggestion = next(iter(self._found(into)), None)
        return suggestion is not None and self._put(suggestion, into)

    def _put(self, suggestion: Suggestion, into: Input) -> bool:
        text, caret = into.value, into.cursor_position
        if into is self._target:
            start, caret = 0, len(text)
        else:
            start = caret - len(word_before(text, caret))
        value = text[:start] + suggestion.text + text[caret:]
        if value == text:
            return False
        into.value = value
        into.cursor_position = start + len(suggestion.text)
        return True

    # Keys that act on the text go through the field's own queue: on a slow line it may still have keys to take in.

    def action_complete(self) -> None:
        into = self._target if self._on_target else self._source
        into.call_later(self._complete, into)

    def _complete(self, into: Input) -> None:
        begun = into is self._target or not into.value or word_before(into.value, into.cursor_position)
        if (begun or self._moved) and self._take_suggestion(into):
            return
        if self.focused is into:
            self.action_other_line()

    def action_other_line(self) -> None:
        self.set_focus(self._source if self._on_target else self._target)

    def action_next_line(self) -> None:
        """To the other line; from the last one, done."""
        if self._on_target:
            self._target.call_later(self._target_done)
            return
        offered = self._highlighted if self._moved or not self._source.value.strip() else None
        self._source.call_later(self._source_done, offered, self._source.value)
        # At once, so that what is typed ahead goes where it is meant to.
        self.set_focus(self._target)

    def _source_done(self, offered: Suggestion | None, text: str) -> None:
        """Take what the list offered, unless more was typed since."""
        if offered is not None and self._source.value == text:
            self._put(offered, self._source)
            if offered.is_call:
                self.set_focus(self._source)

    def _target_done(self) -> None:
        known = any(field.path == self._target.value.strip() for field in self._fields)
        if self._moved or (not known and "[" not in self._target.value):
            self._take_suggestion(self._target)
        self._source.call_later(self.action_accept)

    def action_toggle_kind(self) -> None:
        self._calculated = self.row.expression is None
        self._show()

    def action_accept(self) -> None:
        """Take the row as it stands; a wrong one too, it is shown as wrong."""
        row = self.row
        empty = not source_text(row) and not row.target
        same = (source_text(row), row.target) == (source_text(self._row), self._row.target)
        kind_same = (row.expression is None) == (self._row.expression is None)
        self.dismiss(None if empty or (same and (kind_same or self._is_new)) else row)

    def action_keep(self) -> None:
        self.action_accept()
