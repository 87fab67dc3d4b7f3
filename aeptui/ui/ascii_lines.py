"""Plain ASCII for what Textual draws itself: the edges of dialogs and toasts, and the ends of scrollbars."""

from __future__ import annotations

from textual._border import BORDER_CHARS, get_box
from textual.scrollbar import ScrollBarRender


def draw_in_ascii() -> None:
    """Draw them so from now on, in this whole process."""
    for edge in BORDER_CHARS:
        if edge not in {"", "none", "hidden", "blank"}:
            BORDER_CHARS[edge] = BORDER_CHARS["ascii"]
    get_box.cache_clear()
    ScrollBarRender.VERTICAL_BARS = [" "] * len(ScrollBarRender.VERTICAL_BARS)
    ScrollBarRender.HORIZONTAL_BARS = [" "] * len(ScrollBarRender.HORIZONTAL_BARS)
