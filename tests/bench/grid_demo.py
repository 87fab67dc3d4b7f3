"""A grid of 100,000 rows with a state column, for `bench.py`; also something to look at by hand."""

from __future__ import annotations

import asyncio
import sys

from textual.app import ComposeResult
from textual.screen import Screen

from aeptui.ui.app import AeptuiApp, OpenSession
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.header import HeaderFacts, HeaderLine

_STATES = (
    ("ok", "ok", "succeeded"),
    ("ok", "ok", "succeeded"),
    ("fail", "error", "failed"),
    ("running", "", "running"),
)


class DemoSource:
    """Rows made when they are looked at."""

    def __len__(self) -> int:
        return 100_000

    def row(self, index: int) -> Row:
        name, style, word = _STATES[index % len(_STATES)]
        return Row(
            key=str(index),
            cells=(
                f"flow name {index}",
                Cell(f"{glyph(name)} {word}", style),
                f"{index * 37 % 12_000:,}",
                Cell(f"2026-11-{index % 28 + 1:02} {index % 24:02}:00", "muted"),
            ),
        )


async def _never(profile: str | None) -> OpenSession:
    await asyncio.Event().wait()
    raise AssertionError("an event that nobody sets was set")


class DemoScreen(BaseScreen[None]):
    """One grid, as screens use it."""

    TITLE = "Flows"
    HELP = "A hundred thousand rows."

    def compose_body(self) -> ComposeResult:
        yield Grid(
            Column("name", "Dataflow"),
            Column("state", "Last run", 12),
            Column("records", "Records", 9, align="right", priority=1),
            Column("next", "Next run", 16, priority=2),
        )

    def on_mount(self) -> None:
        header = self.query_one(HeaderLine)
        header.facts = HeaderFacts("local", "LOCAL0000000000000000@AdobeOrg", "prod", True, "connected", "ok")
        self.query_one(Grid).show(DemoSource())


class GridDemo(AeptuiApp):
    """The real application around one screen; its session never opens."""

    def __init__(self) -> None:
        super().__init__(_never)

    def get_default_screen(self) -> Screen[None]:
        return DemoScreen()


if __name__ == "__main__":
    sys.exit(GridDemo().run())
