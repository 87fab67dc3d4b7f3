"""Lean output: fewer bytes, and exactly the same cells."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.style import Style

from aeptui.ui.lean_output import lean

_STYLES = st.builds(
    Style,
    color=st.sampled_from([None, "red", "bright_blue", "#5aa9e6", "color(130)"]),
    bgcolor=st.sampled_from([None, "green", "bright_black", "#12161d", "color(17)"]),
    bold=st.sampled_from([None, True]),
    reverse=st.sampled_from([None, True]),
    underline=st.sampled_from([None, True]),
)
_PIECES = st.lists(st.tuples(st.sampled_from(["word", "  ", "\x1b[2;3H", "日本", "\r\n"]), _STYLES), max_size=12)


def cells(data: str) -> list[object]:
    screen = pyte.Screen(30, 8)
    pyte.Stream(screen).feed(data)
    return [screen.cursor.attrs, *(screen.buffer[y][x] for y in range(8) for x in range(30))]


@given(_PIECES, st.sampled_from([ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD]))
def test_lean_output_paints_the_same_cells_and_is_never_longer(
    pieces: list[tuple[str, Style]], system: ColorSystem
) -> None:
    plain = "".join(style.render(text, color_system=system) for text, style in pieces)
    assert cells(lean(plain)) == cells(plain)
    assert len(lean(plain)) <= len(plain)


def test_a_shared_background_is_said_once() -> None:
    ground = "48;2;1;2;3"
    data = f"\x1b[38;5;1;{ground}mab\x1b[0m\x1b[38;5;2;{ground}mcd\x1b[0m"
    assert lean(data) == f"\x1b[38;5;1;{ground}mab\x1b[38;5;2mcd\x1b[0m"


@pytest.mark.parametrize("data", ["", "text", "\x1b[?2026h", "\x1b]52;c;YQ==\x07", "\x1b[2J"])
def test_anything_else_passes_untouched(data: str) -> None:
    assert lean(data) == data
