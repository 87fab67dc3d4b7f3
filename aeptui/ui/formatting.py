"""Numbers, sizes, times and states in words, the same on every screen. Pure functions; unknown is a dash, never 0.

Times are shown in the user's own time zone. Units are decimal, as storage providers count.
"""

from __future__ import annotations

from datetime import datetime

from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid_model import Cell

UNKNOWN = "-"

_SIZE_UNITS = ("kB", "MB", "GB", "TB", "PB")
_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86_400
_DATED_AFTER_DAYS = 30

_OUTCOMES = {
    "scheduled": ("pending", "scheduled", "pending"),
    "running": ("running", "running", "running"),
    "succeeded": ("ok", "succeeded", "ok"),
    "partial": ("warning", "partial", "warning"),
    "failed": ("fail", "failed", "error"),
}

_STATES = {
    "enabled": ("ok", "ok"),
    "success": ("ok", "ok"),
    "active": ("ok", "ok"),
    "disabled": ("pending", "muted"),
    "draft": ("pending", "muted"),
    "initializing": ("running", "running"),
    "updating": ("running", "running"),
    "processing": ("running", "running"),
    "failed": ("fail", "error"),
    "error": ("fail", "error"),
    "deleted": ("fail", "error"),
}


def counted(number: int, noun: str) -> str:
    """So many of something: `1 mapping`, `12,000 rows`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def count(number: int | None) -> str:
    """`12,000`."""
    return UNKNOWN if number is None else f"{number:,}"


def size(size_bytes: int | None) -> str:
    """`812 B`, `4.1 kB`, `36 MB`."""
    if size_bytes is None:
        return UNKNOWN
    if size_bytes < 1000:
        return f"{size_bytes} B"
    amount, power = size_bytes / 1000, 0
    # What would be rounded up to 1000 belongs to the next unit.
    while amount >= 999.5 and power + 1 < len(_SIZE_UNITS):
        amount, power = amount / 1000, power + 1
    unit = _SIZE_UNITS[power]
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:,.0f} {unit}"


def duration(seconds: float | None) -> str:
    """`31 ms`, `8.2 s`, `4m 12s`, `3h 05m`, `2d 4h`: at most seven cells, up to 999 days."""
    if seconds is None:
        return UNKNOWN
    if seconds < 0.9995:
        return f"{max(0.0, seconds) * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S}m {whole % _MINUTE_S:02}s"
    if whole < _DAY_S:
        return f"{whole // _HOUR_S}h {whole % _HOUR_S // _MINUTE_S:02}m"
    return f"{whole // _DAY_S}d {whole % _DAY_S // _HOUR_S}h"


def clock_time(moment: datetime) -> str:
    """`14:05:12` in local time."""
    return moment.astimezone().strftime("%H:%M:%S")


def date_time(moment: datetime | None) -> str:
    """`2026-11-23 14:05:12` in local time."""
    return UNKNOWN if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def ago(moment: datetime | None, now: datetime) -> str:
    """`12 s ago`, `4 min ago`, `in 3 h`; beyond a month the date. At most eleven cells."""
    if moment is None:
        return UNKNOWN
    seconds = (now - moment).total_seconds()
    distance = abs(seconds)
    if distance < 1:
        return "now"
    if distance < _MINUTE_S:
        text = f"{int(distance)} s"
    elif distance < _HOUR_S:
        text = f"{int(distance // _MINUTE_S)} min"
    elif distance < _DAY_S:
        text = f"{int(distance // _HOUR_S)} h"
    elif distance < _DATED_AFTER_DAYS * _DAY_S:
        days = int(distance // _DAY_S)
        text = f"{days} day{'s' if days > 1 else ''}"
    else:
        return moment.astimezone().strftime("%Y-%m-%d")
    return f"{text} ago" if seconds > 0 else f"in {text}"


def outcome_cell(outcome: str) -> Cell:
    """The outcome of a flow run: `✓ succeeded`. At most eleven cells for the known ones."""
    mark, word, style = _OUTCOMES.get(outcome, ("warning", outcome or "unknown", "warning"))
    return Cell(f"{glyph(mark)} {word}", style)


def outcome_mark(outcome: str) -> str:
    """Only the glyph, for a strip of many runs."""
    return glyph(_OUTCOMES.get(outcome, ("warning", "", ""))[0])


def state_cell(text: str | None) -> Cell:
    """A state as the platform spells it: `✓ enabled`; what is not known here is shown as it is."""
    if not text:
        return Cell(UNKNOWN, "muted")
    mark, style = _STATES.get(text.casefold(), ("", ""))
    return Cell(f"{glyph(mark)} {text}" if mark else text, style)
