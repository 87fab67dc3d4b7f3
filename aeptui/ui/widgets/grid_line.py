"""One painted line of a grid out of as few segments as possible: a style change costs about 45 bytes on the wire."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Run = tuple[str, Style]


def strip_of(runs: Iterable[Run], cells: int) -> Strip:
    """Runs of styled text as one strip of `cells` cells, neighbours of one look merged.

    Blanks have no foreground, so they join the run before them when the background is the same.
    """
    merged: list[Run] = []
    for text, style in runs:
        if not text:
            continue
        if merged:
            before, look = merged[-1]
            if style == look or (text.isspace() and _plain(look) and style.bgcolor == look.bgcolor):
                merged[-1] = (before + text, look)
                continue
            if before.isspace() and _plain(style) and style.bgcolor == look.bgcolor:
                merged[-1] = (before + text, style)
                continue
        merged.append((text, style))
    return Strip([Segment(text, style) for text, style in merged], cells)


def _plain(style: Style) -> bool:
    """Does a blank in this style look like any other blank?"""
    return not (style.underline or style.reverse or style.strike)
