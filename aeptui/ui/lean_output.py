"""Sends the same picture in fewer bytes: style changes are written as what differs, not as reset and everything anew.

Textual resets the style after each segment and spells the next one out in full: two thirds of its bytes are that.
Each write is rewritten on its own and ends with the style it would have ended with, so nothing is remembered about what
the terminal shows and nothing can drift.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_SGR = re.compile("\x1b\\[([0-9;]*)m")
_ONLY_MOVES = re.compile("(?:\x1b\\[[0-9;]*H|\r|\n)*")


class Pen(NamedTuple):
    """How the terminal draws now; None is its own default colour."""

    foreground: str | None = None
    background: str | None = None
    attributes: frozenset[str] = frozenset()


_DEFAULT = Pen()


def lean(data: str) -> str:
    """`data` with every style sequence replaced by the shortest one that has the same effect."""
    parts = _SGR.split(data)
    if len(parts) == 1:
        return data
    out: list[str] = []
    pen = wanted = _DEFAULT
    for index, part in enumerate(parts):
        if index % 2:
            wanted = _after(wanted, part)
        elif part:
            if pen != wanted and not _ONLY_MOVES.fullmatch(part):
                out.append(_change(pen, wanted))
                pen = wanted
            out.append(part)
    if pen != wanted:
        out.append(_change(pen, wanted))
    return "".join(out)


@lru_cache(4096)
def _after(pen: Pen, parameters: str) -> Pen:
    """The pen after one style sequence."""
    foreground, background, attributes = pen
    codes = parameters.split(";") if parameters else ["0"]
    at = 0
    while at < len(codes):
        code = codes[at]
        length = 1
        if code in {"38", "48"} and at + 1 < len(codes):
            length = 5 if codes[at + 1] == "2" else 3
            colour = ";".join(codes[at : at + length])
            foreground, background = (colour, background) if code == "38" else (foreground, colour)
        elif code in {"", "0"}:
            foreground, background, attributes = _DEFAULT
        elif code == "39":
            foreground = None
        elif code == "49":
            background = None
        elif code.isdigit() and (30 <= int(code) <= 37 or 90 <= int(code) <= 97):
            foreground = code
        elif code.isdigit() and (40 <= int(code) <= 47 or 100 <= int(code) <= 107):
            background = code
        else:
            attributes |= {code}
        at += length
    return Pen(foreground, background, attributes)


@lru_cache(4096)
def _change(old: Pen, new: Pen) -> str:
    """The sequence that turns one pen into another."""
    if new == _DEFAULT:
        return "\x1b[0m"
    anew = ["0", *_added(_DEFAULT, new)]
    if not old.attributes <= new.attributes:  # an attribute is only taken away by a reset
        return _sequence(anew)
    return min(_sequence(_added(old, new)), _sequence(anew), key=len)


def _added(old: Pen, new: Pen) -> list[str]:
    """The codes that add to the old pen what the new one has more, or other."""
    codes = sorted(new.attributes - old.attributes)
    if new.foreground != old.foreground:
        codes.append(new.foreground or "39")
    if new.background != old.background:
        codes.append(new.background or "49")
    return codes


def _sequence(codes: list[str]) -> str:
    return f"\x1b[{';'.join(codes)}m"
