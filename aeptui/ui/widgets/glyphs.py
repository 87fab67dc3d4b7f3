"""State glyphs, each with an ASCII stand-in (`AEPTUI_ASCII=1`). Holds no colours; the theme does."""

from __future__ import annotations

import os

_GLYPHS: dict[str, tuple[str, str]] = {
    "ok": ("✓", "+"),
    "fail": ("✗", "x"),
    "running": ("…", "~"),
    "warning": ("!", "!"),
    "pending": ("·", "."),
    "cursor": (">", ">"),
    "selected": ("●", "*"),
    "sort_up": ("▲", "^"),
    "sort_down": ("▼", "v"),
    "ellipsis": ("…", "~"),
    "separator": ("·", "|"),
    "scroll": ("▐", "|"),
    "control": ("·", "?"),
    "filter": ("/", "/"),
    "arrow": ("→", "->"),
    "branch": ("▸", "+"),
    "branch_open": ("▾", "-"),
}


def ascii_only() -> bool:
    """Did the user ask for plain ASCII?"""
    return os.environ.get("AEPTUI_ASCII", "") not in {"", "0"}


def glyph(name: str) -> str:
    """The glyph of that name, in the alphabet the user's terminal can draw."""
    pair = _GLYPHS[name]
    return pair[1] if ascii_only() else pair[0]
