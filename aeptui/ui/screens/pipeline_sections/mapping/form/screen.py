"""One mapping: what to read, where to write it, and what comes of it, live.

A list below completes what is being typed. Leaving with esc keeps what was typed; undo takes it back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantFocus
from textual.widgets import Input, Static

from aeptui.chain.mapping_rows import source_text
from aeptui.chain.typed_text import Typed, TypedText, untold
from aeptui.ui.screens.pipeline_sections.mapping.form.completion import (
    Sources,
    Suggestion,
    Suggestions,
    Targets,
    completed,
    home_of,
)
from aeptui.ui.screens.pipeline_sections.mapping.form.highlighting import (
    ColumnNames,
    brackets,
    has_partner,
    mistake,
    spans,
)
from aeptui.ui.screens.pipeline_sections.mapping.form.judged import (
    REST_S,
    AskService,
    JudgedForm,
    Pick,
    no_tree,
    nobody,
)
from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial, names_column, row_of
from aeptui.ui.widgets.expression_input import ExpressionInput, Span
from aeptui.ui.widgets.grid import Column, Grid
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow
    from aeptui.ui.screens.pipeline_sections.mapping.form.fixes import Around

_KINDS: dict[bool | None, str] = {True: "calculate", False: "copy", None: ""}
"""Whether the source is calculated; None: its text decides."""


class MappingFormScreen(JudgedForm):
    """Dismisses with the row, or None when nothing changed.

    Args:
        row: What stands there now; empty for a new one.
        trial: What it is tried against.
        around: What else it is judged by.
        at: Which of the sampled rows the trial is made on.
        ask: Asks the mapping service.
        typed: Is told at every key what stands there.
        resumed: What was typed into this form before; it goes on from there.
        pick: Lets a target be chosen in the schema's tree for a row, and tells which.
    """

    DEFAULT_CSS = """
    MappingFormScreen {
        #form-box { width: 110; height: 90%; max-height: 34; padding: 1 1 0 1; }
        .dialog-title { padding: 0 1; height: 1; }
        Horizontal { height: auto; }
        Horizontal Static { width: 8; height: 1; padding: 0 1; color: $text-muted; }
        Input { width: 1fr; }
        #form-live { height: 5; background: $panel; }
        #form-list { background: $panel; }
        #form-service { height: 1; background: $panel; }
        .dialog-keys { padding: 0 1; height: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "accept", "back", tooltip="Back; what was typed is kept, and undo takes it back"),
        Binding("tab", "complete", "complete", priority=True, tooltip="Take the suggestion; or go to the other line"),
        Binding("shift+tab", "other_line", "other line", priority=True, tooltip="To the other line"),
        Binding("enter", "next_line", "next", show=False, priority=True, tooltip="To the other line, at last done"),
        Binding("down", "suggest(1)", "next suggestion", show=False, tooltip="The next suggestion"),
        Binding("up", "suggest(-1)", "suggestion before", show=False, tooltip="The suggestion before"),
        Binding("pagedown", "suggest(8)", "further on", show=False, tooltip="Eight suggestions further"),
        Binding("pageup", "suggest(-8)", "further back", show=False, tooltip="Eight suggestions back"),
        Binding("ctrl+t", "toggle_kind", "copy or calculate", tooltip="Copy a column, or calculate an expression"),
        Binding("ctrl+o", "pick_target", "tree", show=False, tooltip="Choose the target in the schema's tree"),
        Binding("ctrl+s", "accept", "done", show=False, tooltip="Take it as it stands"),
    ]

    def __init__(
        self,
        row: MappingRow,
        trial: Trial,
        around: Around,
        *,
        is_new: bool,
        at: int = 0,
        ask: AskService = nobody,
        typed: Typed = untold,
        resumed: TypedText | None = None,
        pick: Pick = no_tree,
    ) -> None:
        super().__init__(trial, around, at, ask)
        self._row = row
        self._is_new = is_new
        self._calculated: bool | None = None if is_new else row.expression is not None
        self._typed = typed
        self._pick = pick
        self._begin = TypedText((source_text(row), row.target), caret=-1, kind=_KINDS[self._calculated])
        if resumed is not None and len(resumed.texts) == len(self._begin.texts):
            self._begin = resumed
            self._calculated = {word: kind for kind, word in _KINDS.items()}.get(resumed.kind)
        self._told = self._begin
        self._suggestions = Suggestions()
        self._moved = False
        self._shown_for: tuple[object, ...] | None = None
        self._mistake: int | None = None
        self._homes: tuple[str, str] | None = None
        self._study()

    def _study(self) -> None:
        """Make of columns and fields what every key needs."""
        self._names = ColumnNames(self._trial.columns)
        self._sources = Sources(self._around.columns)
        self._targets: Targets | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="form-box", classes="dialog"):
            yield Static(Content("Map one field" if self._is_new else "Change this mapping"), classes="dialog-title")
            with Horizontal():
                yield Static(Content("From"))
                yield ExpressionInput(self._begin.texts[0], look=self._look, has_partner=has_partner, id="form-source")
            yield TextView(id="form-live", can_focus=False)
            with Horizontal():
                yield Static(Content("To"))
                yield ExpressionInput(self._begin.texts[1], id="form-target")
            yield Grid(
                Column("name", "Suggestions", min_width=24),
                Column("type", "Type", width=9),
                Column("note", "", min_width=12, priority=1),
                empty="Nothing is called like this.",
                id="form-list",
            )
            yield TextView(id="form-service", can_focus=False, most=2)
            yield Static(
                Content("tab complete  enter next, then done  ctrl+n row  ctrl+g keys  esc back"), classes="dialog-keys"
            )

    def on_mount(self) -> None:
        self.query_one("#form-list", Grid).can_focus = False
        first = self._target if self._begin.line == 1 else self._source
        first.focus()
        if self._begin.caret >= 0:
            first.cursor_position = self._begin.caret
        self._show()

    @property
    def _on_target(self) -> bool:
        return self.focused is self._target

    @property
    def typed_text(self) -> TypedText:
        """What stands there now, so that it can be gone on with later."""
        into = self._target if self._on_target else self._source
        texts = (self._source.value, self._target.value)
        return TypedText(texts, int(into is self._target), into.cursor_position, _KINDS[self._calculated])

    def learn(self, trial: Trial, around: Around, at: int) -> None:
        """Columns, fields and rows were read while the form is open."""
        self._trial, self._around = trial, around
        self._at = at % max(1, len(around.rows))
        self._looked = self._shown_for = None
        self._study()
        if self._is_open():
            self._show()

    @property
    def row(self) -> MappingRow:
        """The row as typed so far."""
        return row_of(self._source.value, self._target.value, self._trial.columns, self._calculated)

    def _about(self, line: Input) -> tuple[object, ...]:
        """What the suggestions for a line depend on."""
        is_target = line is self._target
        return is_target, line.value, 0 if is_target else line.cursor_position, self._at

    def _found(self, line: Input) -> Suggestions:
        if line is self._target:
            self._targets = self._targets or Targets(self._around.fields, self._around.taken)
            return self._targets.find(line.value, self._home())
        return self._sources.find(line.value, line.cursor_position, self._trial.row)

    def _home(self) -> str:
        """The object that the columns of the source are mapped into already."""
        row = self.row
        if self._homes is None or self._homes[0] != source_text(row):
            self._homes = (source_text(row), home_of(row, self._around.taken))
        return self._homes[1]

    def _look(self, text: str, caret: int) -> tuple[Sequence[Span], Sequence[Span]]:
        if not text.strip() or row_of(text, "", self._trial.columns, self._calculated).expression is None:
            return [Span(0, len(text), "column")], mistake(text, self._mistake)
        return spans(text, self._names), [*mistake(text, self._mistake), *brackets(text, caret)]

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

    @on(ExpressionInput.CaretMoved, "#form-source")
    def _caret_moved(self, event: ExpressionInput.CaretMoved) -> None:
        event.stop()
        if self._shown_for != self._about(self._source):
            # What is around the caret is shown at once; the list waits until the caret rests.
            self._moved = False
            self._show_judgement(self._judged)
            self._show_at_rest()

    @work(group="caret", exclusive=True)
    async def _show_at_rest(self) -> None:
        await asyncio.sleep(REST_S)
        if self._is_open():
            self._show()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        self._moved = False
        if self.is_mounted and self._is_open():
            self._show()

    def _show(self) -> None:
        current = self._target if self._on_target else self._source
        about = self._about(current)
        if about != self._shown_for:
            self._shown_for = about
            self._suggestions = self._found(current)
            grid = self.query_one("#form-list", Grid)
            grid.show(self._suggestions)
            if not self._moved:
                grid.action_first()
        row = self._judged
        self._mistake = self._trial.of(row).position if source_text(row) else None
        self._source.restyle()
        self._judge()
        self._tell()

    def _tell(self) -> None:
        """Tell what stands there, once for each change; a moved caret alone is none."""
        now = self.typed_text
        if (now.texts, now.line, now.kind) != (self._told.texts, self._told.line, self._told.kind):
            self._told = now
            self._typed(now)

    # Acting

    def action_suggest(self, by: int) -> None:
        grid = self.query_one("#form-list", Grid)
        self._moved = True
        for _ in range(abs(by)):
            grid.action_cursor_down() if by > 0 else grid.action_cursor_up()

    @property
    def _highlighted(self) -> Suggestion | None:
        return self._suggestions.at(self.query_one("#form-list", Grid).cursor_index)

    def _take_suggestion(self, into: Input) -> bool:
        """Put the suggestion in; False when that changes nothing."""
        # Typed ahead: the list may still be about what stood there before, or about the other line.
        is_current = self._shown_for == self._about(into)
        suggestion = self._highlighted if is_current else self._found(into).at(0)
        return suggestion is not None and self._put(suggestion, into)

    def _put(self, suggestion: Suggestion, into: Input) -> bool:
        text, caret = into.value, into.cursor_position
        if into is self._target:
            caret = len(text)
        value, caret = completed(text, caret, suggestion)
        if value == text:
            return False
        into.value, into.cursor_position = value, caret
        return True

    # Keys that act on the text go through the field's own queue: on a slow line it may still have keys to take in.

    def action_complete(self) -> None:
        into = self._target if self._on_target else self._source
        into.call_later(self._complete, into)

    def _complete(self, into: Input) -> None:
        caret = into.cursor_position
        begun = into is self._target or not into.value or self._sources.word_start(into.value, caret) < caret
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
        if self._moved or self._is_begun_target():
            self._take_suggestion(self._target)
        self._source.call_later(self.action_accept)

    def _is_begun_target(self) -> bool:
        """Is what stands there no field yet, but may be the beginning of one?"""
        target = self._target.value.strip()
        return target not in self._trial.types and "[" not in target

    def _offered_target(self) -> str:
        if not self._on_target or not self._is_begun_target() or self._shown_for != self._about(self._target):
            return ""
        return self._highlighted.text if self._highlighted is not None else ""

    def _put_row(self, row: MappingRow) -> None:
        self._calculated = row.expression is not None
        self._source.value, self._target.value = source_text(row), row.target
        self._source.cursor_position = len(self._source.value)

    def action_pick_target(self) -> None:
        """Choose the target in the schema's tree, once the keys typed before have arrived."""
        self._source.call_later(lambda: self._target.call_later(lambda: self._pick(self.row, self._picked)))

    def _picked(self, path: str | None) -> None:
        if path is not None:
            self._target.value = path
            self._target.cursor_position = len(path)
            self.set_focus(self._target)

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
