"""Lines of styled text, as plain data: what a `TextView` shows. Wraps, and prints JSON; paints nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from aeptui.ui.widgets.cells import printable, width

Line = tuple[tuple[str, str], ...]
"""Runs of text with a style name each; an empty name is plain."""

MOST_LINES = 2000
"""Of one value; nobody reads further, and a schema has tens of thousands."""


def line(text: str, style: str = "") -> Line:
    """One line in one style."""
    return ((text, style),)


def sentences(*parts: str) -> str:
    """Texts one behind the other, whether they end in full stops or not."""
    return ". ".join(part.rstrip(".") for part in parts if part)


def json_lines(value: object, most: int = MOST_LINES) -> tuple[Line, ...]:
    """A JSON value, pretty, one item per line; says how much it left out."""
    lines: list[Line] = []
    rest = 0
    for text in _value(value, 0, (), ""):
        if len(lines) < most:
            lines.append(text)
        else:
            rest += 1
    if rest:
        lines.append(line(f"... {rest:,} more lines", "muted"))
    return tuple(lines)


def _value(value: object, depth: int, before: Line, after: str) -> Iterator[Line]:
    indent = "  " * depth
    if isinstance(value, Mapping) and value:
        yield (*before, ("{", ""))
        for at, (key, item) in enumerate(value.items()):
            comma = "," if at + 1 < len(value) else ""
            yield from _value(item, depth + 1, ((f"{indent}  ", ""), (json.dumps(str(key)), "key"), (": ", "")), comma)
        yield line(f"{indent}}}{after}")
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes) and value:
        yield (*before, ("[", ""))
        for at, item in enumerate(value):
            comma = "," if at + 1 < len(value) else ""
            yield from _value(item, depth + 1, ((f"{indent}  ", ""),), comma)
        yield line(f"{indent}]{after}")
    else:
        yield (*before, (_scalar(value), "string" if isinstance(value, str) else "number"), (after, ""))


def _scalar(value: object) -> str:
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return "[]"
    return json.dumps(value, ensure_ascii=False, default=str)


def wrapped(lines: Iterable[Line], cells: int) -> tuple[Line, ...]:
    """The same lines, none wider than `cells`; what does not fit goes on below, a little further in."""
    result: list[Line] = []
    for one in lines:
        safe = tuple((printable(text), style) for text, style in one if text)
        if sum(width(text) for text, _ in safe) <= cells or cells < 8:
            result.append(safe)
        else:
            result += _broken(safe, cells)
    return tuple(result)


def _broken(one: Line, cells: int) -> Iterator[Line]:
    text = "".join(part for part, _ in one)
    styles = [style for part, style in one for _ in part]
    indent = min(len(text) - len(text.lstrip()) + 2, cells // 3)
    start, room = 0, cells
    while start < len(text):
        end = following = _fitting(text, start, room)
        if end < len(text):
            blank = text.rfind(" ", start + 1, end + 1)
            # A word goes to the next line whole, unless that would leave a third of this one empty.
            if blank > start and end - blank < room // 3 and text[start:blank].strip():
                end, following = blank, blank + 1
        piece = _runs(text, styles, start, end)
        yield piece if room == cells else ((" " * indent, ""), *piece)
        start, room = following, cells - indent


def _fitting(text: str, start: int, room: int) -> int:
    used, end = 0, start
    while end < len(text):
        used += width(text[end])
        if used > room:
            break
        end += 1
    return max(end, start + 1)


def _runs(text: str, styles: Sequence[str], start: int, end: int) -> Line:
    runs: list[tuple[str, str]] = []
    for at in range(start, end):
        if runs and runs[-1][1] == styles[at]:
            runs[-1] = (runs[-1][0] + text[at], styles[at])
        else:
            runs.append((text[at], styles[at]))
    return tuple(runs)
