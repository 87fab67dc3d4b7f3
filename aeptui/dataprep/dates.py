"""Reads dates from text and writes them as ISO 8601.

One function for the formats the platform tries without being told (a lenient ISO 8601 first, then its documented list),
one for a given Java pattern. All results are aware; a text without a zone means UTC. An impossible calendar date is an
error, never rounded to a possible one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from .date_patterns import DatePattern, PatternError, compile_pattern
from .errors import TransformError, shown
from .zones import named_zone

DEFAULT_PATTERNS: Final = (
    "yyyy-MM-dd HH:mm:ssZ",
    "yyyy-MM-dd HH:mm:ss.SSSZ",
    "yyyy-MM-dd HH:mm:ss.SSS",
    "yyyy-MM-dd'T'HH:mm:ss.SSSX",
    "yyyy-MM-dd'T'HH:mm:ss'Z'",
    "yyyy-MM-dd",
    "yyyy/MM/dd",
    "yyyy.MM.dd",
    "yyyy-MMM-dd",
    "yyyyMMdd",
    "MM-dd-yyyy",
    "MMddyyyy",
    "M/dd/yyyy",
    "dd.M.yyyy",
    "M/dd/yyyy hh:mm:ss a",
    "dd.M.yyyy hh:mm:ss a",
    "dd.MMM.yyyy",
    "dd-MMM-yyyy",
)
"""The formats tried in order when none is given (Experience Platform, Data Prep, "Dates")."""

_ISO: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(Z|z|[+-]\d\d(?::?\d\d)?|[A-Z]{2,4})?)?",
    re.ASCII,
)
_PLAIN_DATE_LENGTH: Final = 10


@lru_cache(maxsize=8192)
def parse_date(text: str) -> datetime:
    """Read a date without a given format: lenient ISO 8601, then the documented list.

    Raises:
        TransformError: no format fits, or the date does not exist in the calendar.
    """
    match = _ISO.fullmatch(text)
    if match is not None:
        try:
            return _from_iso(match)
        except PatternError:
            pass
        except (ValueError, OverflowError) as error:
            raise TransformError(f"{shown(text)} is not a date in the calendar") from error
    for pattern in _default_patterns():
        try:
            return pattern.parse(text)
        except PatternError:
            continue
    raise TransformError(f"{shown(text)} is not a date in any known format; give the format")


def _from_iso(match: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    micro = int(fraction.ljust(6, "0")[:6]) if fraction else 0
    offset_of: tzinfo | None = UTC
    if zone and zone.isalpha() and zone not in "Zz":
        offset_of = named_zone(zone)
        if offset_of is None:
            raise PatternError(f"{zone} is no time zone")
        micro = 0  # as documented: with a zone's name the platform drops them, with an offset it keeps them
    elif zone and zone not in "Zz":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        offset_of = timezone(-offset if zone[0] == "-" else offset)
    return datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro, offset_of
    )  # fmt: skip


@lru_cache(maxsize=1)
def _default_patterns() -> tuple[DatePattern, ...]:
    return tuple(compile_pattern(pattern) for pattern in DEFAULT_PATTERNS)


@lru_cache(maxsize=256)
def date_parser(pattern: str) -> Callable[[str], datetime]:
    """A parser for one Java pattern, its results cached: columns of dates repeat themselves.

    Raises:
        TransformError: the pattern itself is wrong.
    """
    try:
        compiled = compile_pattern(pattern)
        compiled.check_reading()
    except PatternError as error:
        raise TransformError(str(error), argument="format") from error

    def parse(text: str) -> datetime:
        try:
            return compiled.parse(text)
        except PatternError as error:
            raise _unread(text, pattern, error) from error

    def parse_plain(text: str) -> datetime:
        if len(text) == _PLAIN_DATE_LENGTH and text[4] == "-" and text[7] == "-":
            try:
                return datetime.fromisoformat(text).replace(tzinfo=UTC)
            except ValueError:
                return parse(text)  # which says why
        return parse(text)

    return lru_cache(maxsize=4096)(parse_plain if pattern == "yyyy-MM-dd" else parse)


def _unread(text: str, pattern: str, error: PatternError) -> TransformError:
    because = f": {error}" if str(error) else ""
    return TransformError(f"{shown(text)} does not follow {pattern!r}{because}")


def format_date(value: datetime, pattern: str) -> str:
    """Write a date by a Java pattern.

    Raises:
        TransformError: the pattern itself is wrong.
    """
    try:
        return compile_pattern(pattern).format(value)
    except PatternError as error:
        raise TransformError(str(error), argument="format") from error


def as_datetime(value: object) -> datetime:
    """A date value of any origin as an aware datetime: text, a Parquet date, a naive timestamp (read as UTC).

    Raises:
        TransformError: not a date.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, str):
        return parse_date(value)
    raise TransformError(f"{shown(value)} is not a date")


def iso_text(value: date) -> str:
    """ISO 8601 as targets show it: seconds, milliseconds only when there are any, `Z` for UTC."""
    if not isinstance(value, datetime):
        return value.isoformat()
    text = value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    return text[:-6] + "Z" if text.endswith("+00:00") else text
