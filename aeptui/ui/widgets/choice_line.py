"""One of a few, on one line: left and right choose. Holds no meaning of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from aeptui.ui.widgets.cells import fit, printable
from aeptui.ui.widgets.grid_line import strip_of


class ChoiceLine(Widget, can_focus=True):
    """Args:
    options: Words by value, in the order of the keys.
    """

    DEFAULT_CSS = """
    ChoiceLine { height: 1; width: 1fr; max-width: 90; padding: 0 1; background: $surface; }
    ChoiceLine:focus { background: $primary-muted; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "step(1)", "next choice", show=False, tooltip="The next choice"),
        Binding("left", "step(-1)", "choice before", show=False, tooltip="The choice before"),
    ]
    value: reactive[str] = reactive("")
    remarks: reactive[Mapping[str, str]] = reactive(dict)
    """What is to be known of a choice, in a word or two, by value."""

    def __init__(self, options: Mapping[str, str], id: str | None = None) -> None:
        super().__init__(id=id)
        self._options = dict(options)
        self.set_reactive(ChoiceLine.value, next(iter(self._options)))

    def validate_value(self, value: str) -> str:
        """A word nobody offered changes nothing."""
        return value if value in self._options else self.value

    def render_line(self, y: int) -> Strip:
        remark = self.remarks.get(self.value, "")
        text = f"< {self._options[self.value]} >{f'  {printable(remark)}' if remark else ''}"
        return strip_of([(fit(text, self.size.width), self.rich_style)], self.size.width)

    def action_step(self, by: int) -> None:
        values = list(self._options)
        self.value = values[(values.index(self.value) + by) % len(values)]
