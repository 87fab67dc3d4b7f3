"""Text from outside, made safe and cut to terminal cells: markup and control characters are shown, not obeyed."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from aeptui.ui.widgets.glyphs import glyph

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"}
_UNSAFE = (
    _PICTURES
    | dict.fromkeys(range(0x80, 0xA0), "�")
    | dict.fromkeys(range(0xD800, 0xE000), "�")
    # Bidirectional overrides reorder what stands around them; line and paragraph separators break the line.
    | dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029, 0x200E, 0x200F], "�")
    # Terminals disagree about the width of joined emoji; without the joiners they all agree.
    | dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFE0E, 0xFE0F, 0xFEFF], "")
)


def printable(text: str) -> str:
    """`text` with every control character replaced by a picture of it, on one line."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_UNSAFE)


def width(text: str) -> int:
    """Terminal cells that `printable(text)` occupies."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, cells: int) -> str:
    """At most `cells` cells of `text`, with an ellipsis where something is missing. Expects printable text."""
    if width(text) <= cells:
        return text
    if cells <= 1:
        return glyph("ellipsis")[:cells] if cells else ""
    return set_cell_size(text, cells - 1).rstrip() + glyph("ellipsis")


def fit(text: str, cells: int, align: str = "left") -> str:
    """`text` made exactly `cells` cells wide."""
    shown = cut(text, cells)
    padding = " " * (cells - width(shown))
    return padding + shown if align == "right" else shown + padding
