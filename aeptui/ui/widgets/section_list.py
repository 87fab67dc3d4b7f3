"""The parts of something being edited, each with its state: a column at the side, or one line of tabs above.

It holds no content; whoever owns it shows the part that is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from aeptui.ui.widgets.cells import fit, printable, width
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid_line import Run, strip_of

SectionState = Literal["ok", "warning", "error", "empty", "busy"]
_MARKS: dict[str, str] = {"ok": "ok", "warning": "warning", "error": "fail", "empty": "pending", "busy": "running"}


@dataclass(frozen=True)
class SectionEntry:
    """One part: its name, its state, and the state in a few words."""

    key: str
    label: str
    state: SectionState = "empty"
    words: str = ""


class SectionList(Widget):
    """Vertical, or one line when it has the class `-tabs`. A click chooses; keys are the screen's."""

    DEFAULT_CSS = """
    SectionList {
        width: 24;
        height: 1fr;
        background: $surface;
        color: $foreground;
        .sections--chosen { background: $primary-muted; color: $foreground; text-style: bold; }
        .sections--muted { color: $text-muted; }
        .sections--ok { color: $text-success; }
        .sections--warning { color: $text-warning; }
        .sections--error { color: $text-error; }
        .sections--busy { color: $text-accent; }
        &.-tabs { width: 1fr; height: 1; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "sections--chosen",
        "sections--muted",
        "sections--ok",
        "sections--warning",
        "sections--error",
        "sections--busy",
    }

    @dataclass
    class Chosen(Message):
        """A part was clicked."""

        key: str

    entries: var[tuple[SectionEntry, ...]] = var(())
    chosen: var[str] = var("")
    note: var[str] = var("")
    """What is said of the whole, such as `draft saved`; below the parts, or at the right end of the tabs."""

    def watch_entries(self) -> None:
        self.refresh()

    def watch_chosen(self) -> None:
        self.refresh()

    def watch_note(self) -> None:
        self.refresh()

    def on_resize(self) -> None:
        self.refresh()

    @property
    def _tabs(self) -> bool:
        return self.has_class("-tabs")

    def render_line(self, y: int) -> Strip:
        if self._tabs:
            return self._tab_line()
        cells, plain = self.size.width, self.rich_style
        if y == self.size.height - 1 and self.note:
            return strip_of([(fit(f" {printable(self.note)}", cells), self._look("muted"))], cells)
        place, second = divmod(y - 1, 3)
        if y < 1 or place >= len(self.entries) or second == 2:
            return strip_of([(" " * cells, plain)], cells)
        entry = self.entries[place]
        ground = "chosen" if entry.key == self.chosen else ""
        if second:
            return strip_of([(fit(f"     {entry.words}", cells), self._look("muted", ground))], cells)
        mark = glyph("cursor") if entry.key == self.chosen else " "
        runs: list[Run] = [
            (f" {mark} ", self._look("", ground)),
            (glyph(_MARKS[entry.state]), self._look(entry.state, ground)),
            (fit(f" {entry.label}", max(0, cells - 4)), self._look("", ground)),
        ]
        return strip_of(runs, cells).crop(0, cells)

    def _tab_line(self) -> Strip:
        cells = self.size.width
        runs: list[Run] = []
        for entry in self.entries:
            ground = "chosen" if entry.key == self.chosen else ""
            runs += [
                (" ", self._look("", ground)),
                (glyph(_MARKS[entry.state]), self._look(entry.state, ground)),
                (f" {entry.label} ", self._look("", ground)),
            ]
        used = sum(width(text) for text, _ in runs)
        note = f"{printable(self.note)} " if self.note else ""
        runs.append((fit(note, max(0, cells - used), "right"), self._look("muted")))
        return strip_of(runs, max(cells, used)).crop(0, cells)

    def _look(self, name: str, ground: str = "") -> Style:
        base = self.get_component_rich_style(f"sections--{ground}") if ground else self.rich_style
        component = f"sections--{name}"
        if component not in self.COMPONENT_CLASSES:
            component = "sections--muted" if name else ""
        if not component:
            return base
        over = self.get_component_rich_style(component)
        return base + Style(color=over.color)

    async def _on_click(self, event: events.Click) -> None:
        if self._tabs:
            at = 0
            for entry in self.entries:
                at += width(entry.label) + 4
                if event.x < at:
                    self.post_message(self.Chosen(entry.key))
                    return
        elif event.y >= 1 and (event.y - 1) // 3 < len(self.entries):
            self.post_message(self.Chosen(self.entries[(event.y - 1) // 3].key))
