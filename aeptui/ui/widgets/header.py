"""The one line at the top of every screen: where you are, and where what you do will land."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from aeptui.ui.widgets.cells import cut, printable, width
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid_line import Run, strip_of

_MARKS = {"ok": "ok", "warning": "warning", "error": "fail"}


@dataclass(frozen=True)
class HeaderFacts:
    """What the header says about the session."""

    profile: str = ""
    org: str = ""
    sandbox: str = ""
    production: bool = False
    """Is this a production sandbox? It is then said in a word and a warning colour."""
    connection: str = "opening"
    connection_style: str = "muted"
    """`ok`, `warning`, `error` or `muted`."""


class HeaderLine(Widget):
    """`aeptui  Flows  ·  local  ORG  prod PRODUCTION  ✓ connected`, cut to its width from the left part first."""

    DEFAULT_CSS = """
    HeaderLine {
        height: 1;
        dock: top;
        background: $panel;
        color: $foreground;
        .header--name { color: $text-primary; text-style: bold; }
        .header--title { color: $foreground; text-style: bold; }
        .header--muted { color: $text-muted; }
        .header--production { color: $text-warning; text-style: bold; }
        .header--ok { color: $text-success; }
        .header--warning { color: $text-warning; }
        .header--error { color: $text-error; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "header--name",
        "header--title",
        "header--muted",
        "header--production",
        "header--ok",
        "header--warning",
        "header--error",
    }

    screen_title: reactive[str] = reactive("")
    facts: reactive[HeaderFacts] = reactive(HeaderFacts())

    def on_mount(self) -> None:
        # The app may be a bare one in a test or a demo: then the header simply keeps its own facts.
        if hasattr(self.app, "header_facts"):
            self.watch(self.app, "header_facts", self._facts_changed)

    def _facts_changed(self, facts: HeaderFacts) -> None:
        self.facts = facts

    def render_line(self, y: int) -> Strip:
        facts, plain = self.facts, self.rich_style
        dot = glyph("separator")
        left: list[Run] = [(" aeptui", self._look("name")), (f"  {printable(self.screen_title)} ", self._look("title"))]
        right: list[Run] = []
        for text in (facts.profile, facts.org):
            if text:
                right.append((f"{dot} {printable(text)} ", self._look("muted")))
        if facts.sandbox:
            right.append((f"{dot} {printable(facts.sandbox)} ", plain))
        if facts.production:
            right.append(("PRODUCTION ", self._look("production")))
        if facts.connection:
            mark = glyph(_MARKS.get(facts.connection_style, "running"))
            right.append((f"{dot} ", plain))
            right.append((f"{mark} {printable(facts.connection)} ", self._look(facts.connection_style)))
        cells = self.size.width
        room = cells - sum(width(text) for text, _ in left)
        if sum(width(text) for text, _ in right) > room and facts.org:
            # The organisation id is long and rarely what tells two sandboxes apart: it gives way first.
            taken = sum(width(text) for text, _ in right) - width(printable(facts.org))
            short = cut(printable(facts.org), max(0, room - taken)) if room - taken >= 6 else ""
            at = 1 if facts.profile else 0
            right[at : at + 1] = [(f"{dot} {short} ", self._look("muted"))] if short else []
        blank = room - sum(width(text) for text, _ in right)
        runs = [*left, (" " * max(0, blank), plain), *right]
        return strip_of(runs, sum(width(text) for text, _ in runs)).crop(0, cells)

    def _look(self, name: str) -> Style:
        component = f"header--{name}"
        return self.get_component_rich_style(component if component in self.COMPONENT_CLASSES else "header--muted")
