"""A new field of the organisation's own, as a small form that judges at every key. Changes nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from aeptui.chain.new_fields import Wrong
from aeptui.chain.pipeline import FIELD_TYPES, NewField
from aeptui.chain.typed_text import Typed, TypedText, untold
from aeptui.ui.screens.dialog import DialogScreen
from aeptui.ui.widgets.cells import printable
from aeptui.ui.widgets.choice_line import ChoiceLine
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.text_lines import sentences

_LINES = ("#new-path", "#new-type", "#new-array", "#new-field-title", "#new-description")
_MANY = {"False": "one value", "True": "an array: many values"}


class NewFieldScreen(DialogScreen[NewField | None]):
    """Dismisses with the field, or None for none.

    Args:
        title: What is being done.
        field: What stands there to begin with.
        tenant: The namespace; it is shown, and cannot be changed.
        judge: What is wrong with a field; None: nothing.
        note: What to know of the values that are to go into it.
        done: What enter does, in a few words.
        typed: Is told at every key what stands there.
        resumed: What was typed into this form before; it goes on from there.
    """

    DEFAULT_CSS = """
    NewFieldScreen {
        #new-box { width: 84; max-height: 96%; }
        .dialog-title { margin-bottom: 1; }
        .line { height: 1; }
        .label { width: 13; color: $text-muted; }
        #new-tenant { width: auto; color: $text-muted; background: $surface; padding: 0 0 0 1; }
        Input { width: 1fr; padding: 0 1; }
        #new-path { padding: 0 1 0 0; }
        #new-note { margin-top: 1; color: $text-muted; height: auto; }
        #new-problem { margin-top: 1; height: 3; color: $text-success; }
        #new-problem.-error { color: $text-error; }
        .dialog-keys { height: 1; }
    }
    """
    AUTO_FOCUS: ClassVar[str | None] = "#new-path"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", priority=True, tooltip="Back, without a new field"),
        Binding("enter", "accept", "accept", priority=True, tooltip="Declare the field"),
        Binding("tab,down", "go(1)", "next line", priority=True, tooltip="To the next line"),
        Binding("shift+tab,up", "go(-1)", "line before", priority=True, tooltip="To the line before"),
    ]

    def __init__(
        self,
        title: str,
        field: NewField,
        tenant: str,
        judge: Callable[[NewField], Wrong | None],
        *,
        note: str = "",
        done: str = "declares it",
        typed: Typed = untold,
        resumed: TypedText | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._field = field if resumed is None else with_typed(field, resumed)
        self._tenant = tenant or self._field.path.partition(".")[0]
        self._judge = judge
        self._note = note
        self._done = done
        self._typed = typed
        self._resumed = resumed
        self._told: TypedText | None = None

    def compose(self) -> ComposeResult:
        field = self._field
        with Vertical(id="new-box", classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            with Horizontal(classes="line"):
                yield Static(Content("Path"), classes="label")
                yield Static(Content(f"{self._tenant}."), id="new-tenant")
                yield Input(field.path.removeprefix(f"{self._tenant}."), id="new-path", select_on_focus=False)
            with Horizontal(classes="line"):
                yield Static(Content("Type"), classes="label")
                yield ChoiceLine({one: one for one in FIELD_TYPES}, id="new-type")
            with Horizontal(classes="line"):
                yield Static(Content("Holds"), classes="label")
                yield ChoiceLine(_MANY, id="new-array")
            with Horizontal(classes="line"):
                yield Static(Content("Title"), classes="label")
                yield Input(field.title or "", id="new-field-title", select_on_focus=False)
            with Horizontal(classes="line"):
                yield Static(Content("Description"), classes="label")
                yield Input(field.description or "", id="new-description", select_on_focus=False)
            if self._note:
                yield Static(Content(printable(self._note)), id="new-note")
            yield Static("", id="new-problem")
            yield Static(
                Content(f"enter {self._done}   tab next   left right choose   esc back"), classes="dialog-keys"
            )

    def on_mount(self) -> None:
        kind, many = self.query_one("#new-type", ChoiceLine), self.query_one("#new-array", ChoiceLine)
        kind.value, many.value = self._field.type, str(self._field.array)
        self.watch(kind, "value", self._show, init=False)
        self.watch(many, "value", self._show, init=False)
        if self._resumed is not None and 0 <= self._resumed.line < len(_LINES):
            line = self.query_one(_LINES[self._resumed.line])
            line.focus()
            if isinstance(line, Input):
                line.cursor_position = self._resumed.caret
        self._told = self._resumed or self.typed_text
        self._show()

    @property
    def field(self) -> NewField:
        """What stands there now."""
        path, title, about = (
            self.query_one(id, Input).value.strip() for id in ("#new-path", "#new-field-title", "#new-description")
        )
        return NewField(
            path=f"{self._tenant}.{path}",
            type=self.query_one("#new-type", ChoiceLine).value,
            array=self.query_one("#new-array", ChoiceLine).value == "True",
            title=title or None,
            description=about or None,
        )

    @property
    def typed_text(self) -> TypedText:
        """What stands there now, so that it can be gone on with later."""
        field, focused = self.field, self.focused
        line = next((at for at, id in enumerate(_LINES) if focused is not None and f"#{focused.id}" == id), 0)
        caret = focused.cursor_position if isinstance(focused, Input) else 0
        texts = (field.path, field.title or "", field.description or "")
        return TypedText(texts, line, caret, f"{field.type} {field.array}")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._show()

    @property
    def _wrong(self) -> Wrong | None:
        field = self.field
        if field.path == f"{self._tenant}.":
            return "The path is missing", f"Write where in {self._tenant} it stands: loyalty.tier"
        return self._judge(field)

    def _show(self) -> None:
        """Say what is wrong, if anything is."""
        wrong = self._wrong
        line = self.query_one("#new-problem", Static)
        line.set_class(wrong is not None, "-error")
        words = sentences(*wrong) if wrong is not None else self.field.path
        line.update(Content(printable(f"{glyph('fail' if wrong is not None else 'ok')} {words}")))
        self._tell()

    def _tell(self) -> None:
        """Tell what stands there, once for each change; a moved caret alone is none."""
        now = self.typed_text
        if self._told is not None and (now.texts, now.kind) != (self._told.texts, self._told.kind):
            self._told = now
            self._typed(now)

    # Keys

    def action_go(self, by: int) -> None:
        """To another line."""
        if by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    @work(group="accept", exclusive=True)
    async def action_accept(self) -> None:
        """Take the field, unless something is wrong with it."""
        # Keys pressed before may still be on their way into their fields.
        arrived = [asyncio.Event() for _ in self.query(Input)]
        for into, event in zip(self.query(Input), arrived, strict=True):
            into.call_later(event.set)
        for event in arrived:
            await event.wait()
        if self._wrong is None:
            self.dismiss(self.field)
        else:
            self._show()
            self.app.bell()

    def action_leave(self) -> None:
        """Back; what was typed stays for the next time."""
        self.dismiss(None)


def with_typed(field: NewField, text: TypedText) -> NewField:
    """The field as it was being typed; a text of something else changes nothing."""
    kind, array = (*text.kind.split(), "", "")[:2]
    if len(text.texts) != 3 or kind not in FIELD_TYPES:
        return field
    path, title, description = text.texts
    return NewField(path=path, type=kind, array=array == "True", title=title or None, description=description or None)
