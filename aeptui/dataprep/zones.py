"""Time zones as texts name them: offsets, short names such as PST, and ids of the zone database."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from .errors import TransformError, shown

_OFFSET_ID: Final = re.compile(
    r"(?:Z|UTC|GMT|UT)|(?:UTC|GMT|UT)?(?P<sign>[+-])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?", re.ASCII
)
_HOURS_EAST: Final = {
    "UTC": 0,
    "GMT": 0,
    "UT": 0,
    "WET": 0,
    "WEST": 1,
    "CET": 1,
    "CEST": 2,
    "EET": 2,
    "EEST": 3,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "AKST": -9,
    "AKDT": -8,
    "HST": -10,
}
"""The short names that are read: those of Europe and of the United States."""


@lru_cache(maxsize=256)
def zone(name: str) -> tzinfo:
    """A time zone by its id, which may be an offset as in Java's ZoneId.

    Raises:
        TransformError: no such zone on this machine.
    """
    try:
        return offset_zone(name.strip()) or ZoneInfo(name.strip())
    except (KeyError, ValueError, OSError) as error:
        raise TransformError(f"{shown(name)} is not a time zone id such as Europe/Paris") from error


def settled(value: datetime) -> datetime:
    """A date as a clock shows it: a time that a change of the clocks skips is moved on by as much, as Java does."""
    where = value.tzinfo
    return value.astimezone(UTC).astimezone(where) if isinstance(where, ZoneInfo) else value


def offset_zone(text: str) -> tzinfo | None:
    """The zone of an id that names an offset, such as Z, +02:00, UTC+2 or GMT-03:30; None for any other id.

    Raises:
        ValueError: the offset is out of range.
    """
    match = _OFFSET_ID.fullmatch(text)
    if match is None:
        return None
    if match["sign"] is None:
        return UTC
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    return timezone(-offset if match["sign"] == "-" else offset)


def named_zone(text: str) -> tzinfo | None:
    """The zone of a short name such as PST; None for any other name.

    A short name is one offset, in summer too: the one documented sample makes 19:55 UTC of 11:55 PST in October.
    """
    hours = _HOURS_EAST.get(text.upper())
    return None if hours is None else timezone(timedelta(hours=hours), text.upper()) if hours else UTC


def read_zone(text: str) -> tzinfo:
    """The zone as a date pattern reads it: an offset, a short name, or an id of the zone database.

    Raises:
        ValueError: it is none of these.
    """
    upper = text.upper()
    if upper in ("Z", "UTC", "GMT", "UT"):
        return UTC
    if upper.startswith("GMT") and len(upper) > len("GMT") and upper[len("GMT")] in "+-":
        text = text[len("GMT") :]
    if text[0] in "+-":
        parts = text[1:].split(":")
        if len(parts) == 1 and len(parts[0]) > 2:
            parts = [parts[0][at : at + 2] for at in range(0, len(parts[0]), 2)]
        hours, minutes, seconds = ([int(part) for part in parts] + [0, 0])[:3]
        offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return timezone(-offset if text[0] == "-" else offset)
    known = named_zone(text)
    if known is not None:
        return known
    try:
        return ZoneInfo(text)
    except (KeyError, OSError) as error:
        raise ValueError(f"{text} is no time zone") from error
