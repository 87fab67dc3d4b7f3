"""A form as a grid: one setting for each row, its value, and what to know about it. Keyboard first, as every list here.

It holds no values of its own: it says what was asked for, and shows what it is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.message import Message

from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row

FieldKind = Literal["text", "choice", "flag", "pick", "fact"]


@dataclass(frozen=True)
class FormField:
    """One setting."""

    key: str
    label: str
    value: str = ""
    note: str = ""
    kind: FieldKind = "text"
    """`text` is typed, `choice` and `flag` step through `choices`, `pick` opens a list, `fact` cannot be changed."""
    choices: tuple[str, ...] = ()
    state: Literal["", "error", "warning", "muted"] = ""
    """How value and note are coloured; an error says in the note what is wrong."""
    clearable: bool = True


class Form(Grid):
    """Settings, one per row."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,e", "open", "change", key_display="enter", tooltip="Change the setting under the cursor"),
        Binding("right,space", "step(1)", "next choice", show=False, tooltip="The next of this setting's choices"),
        Binding("left", "step(-1)", "choice before", show=False, tooltip="The choice before"),
        Binding("slash", "open_filter", "filter", show=False, tooltip="Show only settings that contain some words"),
        Binding("backspace,delete", "clear", "clear", show=False, tooltip="Empty the setting under the cursor"),
    ]

    @dataclass
    class Chosen(Message):
        """A setting got this value: a choice was stepped to, or the setting was cleared (empty)."""

        form: Form
        key: str
        value: str

        @property
        def control(self) -> Form:
            return self.form

    @dataclass
    class EditRequested(Message):
        """The setting is to be typed or picked."""

        form: Form
        key: str

        @property
        def control(self) -> Form:
            return self.form

    def __init__(self, title: str, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(
            Column("label", title, width=18),
            Column("value", "", min_width=16),
            Column("note", "", min_width=18, priority=1),
            id=id,
            classes=classes,
        )
        self._fields: dict[str, FormField] = {}

    def show_fields(self, fields: Sequence[FormField]) -> None:
        """Show these settings; the cursor stays on its own."""
        self._fields = {field.key: field for field in fields}
        self.show([_row(field) for field in fields])

    @property
    def highlighted(self) -> FormField | None:
        """The setting under the cursor."""
        return self._fields.get(self.cursor_key or "")

    def field(self, key: str) -> FormField | None:
        """The setting of that key, as it is shown."""
        return self._fields.get(key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # Settings stay in their order.
        return False if action == "sort" else super().check_action(action, parameters)

    def action_open(self) -> None:
        field = self.highlighted
        if field is None or field.kind == "fact":
            raise SkipAction
        if field.kind == "flag" or (field.kind == "choice" and len(field.choices) <= 2):
            self.action_step(1)
        else:
            self.post_message(self.EditRequested(self, field.key))

    def action_step(self, by: int) -> None:
        field = self.highlighted
        if field is None or field.kind not in {"choice", "flag"} or not field.choices:
            raise SkipAction
        at = field.choices.index(field.value) + by if field.value in field.choices else 0
        self.post_message(self.Chosen(self, field.key, field.choices[at % len(field.choices)]))

    def action_clear(self) -> None:
        field = self.highlighted
        if field is None or field.kind == "fact" or not field.clearable or not field.value:
            raise SkipAction
        self.post_message(self.Chosen(self, field.key, ""))


def _row(field: FormField) -> Row:
    value = field.value or "-"
    if field.kind in {"choice", "flag"} and len(field.choices) > 1:
        value = f"< {value} >"
    elif field.kind == "pick":
        value = f"{value} {glyph('ellipsis')}" if not field.value else value
    style = field.state or ("" if field.value else "muted")
    label = Cell(field.label, "muted" if field.kind == "fact" else "")
    return Row(field.key, (label, Cell(value, style), Cell(field.note, field.state or "muted")))
