"""Java date patterns: compiled once into a regular expression for reading and a list of writers for writing.

Letters as documented for Data Prep: `G y Y u M L w W D d F E a H k K h m s S z Z X V O Q q` and quoted literal text.
Names of months and days are English. Widths are strict as in Java's DateTimeFormatter (`dd` is two digits, `d` one or
two); names are read without regard to case.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import groupby
from typing import Final

from .zones import read_zone, settled

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_ORDINALS: Final = ("st", "nd", "rd", "th")
_LITERAL_CHARACTERS_WITH_MEANING: Final = "[]{}#"
_MAX_PATTERN: Final = 256
_OFFSET: Final = r"[+-]\d\d(?::?\d\d(?::?\d\d)?)?"
_PIVOT_CENTURY: Final = 2000
_SHORT, _FULL, _NARROW = 3, 4, 5

Fields = dict[str, str]


class PatternError(ValueError):
    """The pattern is wrong, or a text does not follow it."""


@dataclass(frozen=True, slots=True)
class DatePattern:
    """One compiled pattern."""

    text: str
    _regex: re.Pattern[str]
    _groups: tuple[tuple[str, str, int], ...]
    """(group name, letter, width) in order."""
    _writers: tuple[Callable[[datetime], str], ...]

    def parse(self, text: str) -> datetime:
        """Read a text that follows the pattern wholly; without a zone it is UTC.

        Raises:
            PatternError: it does not follow, or is no date of the calendar, which is then said.
        """
        match = self._regex.fullmatch(text)
        if match is None:
            raise PatternError
        try:
            return _resolve([(letter, width, match[name]) for name, letter, width in self._groups])
        except (ValueError, OverflowError) as error:
            raise PatternError(str(error)) from error

    def check_reading(self) -> None:
        """Refuse a pattern that no text can be read by.

        Raises:
            PatternError: its year is the one that a week belongs to, but there is no week.
        """
        letters = {letter for _, letter, _ in self._groups}
        if "Y" in letters and "w" not in letters:
            raise PatternError("Y is the year that a week belongs to; the year of a date is y, as in yyyy-MM-dd")

    def format(self, value: datetime) -> str:
        """Write a date."""
        return "".join([write(value) for write in self._writers])


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> DatePattern:
    """Compile a Java pattern.

    Raises:
        PatternError: an unknown letter or an open quote; the text names it.
    """
    if len(pattern) > _MAX_PATTERN:
        raise PatternError("the date format is too long")
    regex: list[str] = []
    groups: list[tuple[str, str, int]] = []
    writers: list[Callable[[datetime], str]] = []
    tokens = _tokens(pattern)
    for place, (letter, text) in enumerate(tokens):
        if not letter:
            regex.append(re.escape(text))
            writers.append(lambda _value, text=text: text)  # type: ignore[misc]  # the default binds the loop's value
            continue
        width = len(text)
        # A variable-width number right before another number must not eat its digits.
        adjacent = place + 1 < len(tokens) and tokens[place + 1][0] in tuple("yYuMLwWDdFHkKhmsSQq")
        name = f"g{place}"
        regex.append(f"(?P<{name}>{_reader(letter, width, adjacent=adjacent)})")
        groups.append((name, letter, width))
        writers.append(_writer(letter, width))
    return DatePattern(pattern, re.compile("".join(regex), re.IGNORECASE | re.ASCII), tuple(groups), tuple(writers))


def _tokens(pattern: str) -> list[tuple[str, str]]:
    """(letter, run) or ("", literal text)."""
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "'":
            if pattern.startswith("''", position):
                tokens.append(("", "'"))
                position += 2
                continue
            literal, position = _quoted(pattern, position + 1)
            tokens.append(("", literal))
            continue
        run = len(next("".join(same) for _, same in groupby(pattern[position:])))
        if character.isascii() and character.isalpha():
            if character not in "GyYuMLwWDdFEaHkKhmsSzZXxVOQq":
                raise PatternError(f"the letter {character!r} has no meaning in a date format; put text in quotes: 'T'")
            tokens.append((character, pattern[position : position + run]))
        elif character in _LITERAL_CHARACTERS_WITH_MEANING:
            raise PatternError(f"the character {character!r} is not supported in a date format")
        else:
            tokens.append(("", pattern[position : position + run]))
        position += run
    return tokens


def _quoted(pattern: str, start: int) -> tuple[str, int]:
    parts: list[str] = []
    position = start
    while position < len(pattern):
        if pattern.startswith("''", position):
            parts.append("'")
            position += 2
        elif pattern[position] == "'":
            return "".join(parts), position + 1
        else:
            parts.append(pattern[position])
            position += 1
    raise PatternError("a quote in the date format is not closed")


# -- reading


def _reader(letter: str, width: int, *, adjacent: bool) -> str:
    if letter in "ML" and width >= _SHORT:
        return _names(MONTHS, width)
    if letter == "E":
        return _names(DAYS, max(width, _SHORT))
    if letter in "yY" or (letter == "u" and width > 1):
        return (
            r"\d\d" if width == 2 else (rf"\d{{{width}}}" if adjacent else r"\d{4}" if width >= _FULL else r"\d{1,4}")
        )
    if letter == "S":
        return rf"\d{{{width}}}"
    fixed = {
        "G": "AD|Anno Domini",
        "a": "AM|PM",
        "z": r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+)*",
        "O": r"GMT(?:[+-]\d\d?(?::?\d\d)?)?",
    }
    fixed["z"] += rf"|{_OFFSET}"
    fixed["V"] = fixed["z"]
    if letter in fixed:
        return fixed[letter]
    if letter in "ZXx":
        return _offset_reader(letter, width)
    if letter in "Qq" and width >= _SHORT:
        return r"Q[1-4]|[1-4](?:st|nd|rd|th) quarter"
    if width > 1:
        return rf"\d{{{width}}}"
    most = {"D": 3, "u": 1, "F": 1, "W": 1, "Q": 1, "q": 1}.get(letter, 2)
    return r"\d" if adjacent else rf"\d{{1,{most}}}"


def _offset_reader(letter: str, width: int) -> str:
    """The ways of an offset are as strict as Java's: X is +05 or +0530, XX and Z are +0530, XXX is +05:30."""
    if letter == "Z" and width == _FULL:
        return r"GMT(?:[+-]\d\d:\d\d)?"
    if letter == "Z":
        form = r"[+-]\d\d:\d\d" if width == _NARROW else r"[+-]\d{4}"
    else:
        form = {1: r"[+-]\d\d(?:\d\d)?", 2: r"[+-]\d{4}", 4: r"[+-]\d{4}(?:\d\d)?"}.get(width, r"[+-]\d\d:\d\d")
    return f"Z|{form}" if letter == "X" or width == _NARROW else form


def _names(names: tuple[str, ...], width: int) -> str:
    return "|".join(name if width == _FULL else name[:_SHORT] for name in names)


def _resolve(fields: list[tuple[str, int, str]]) -> datetime:
    year, month, day, hour, minute, second, micro = 1970, 0, 0, 0, 0, 0, 0
    half, twelve, day_of_year, week, week_day, quarter = "", -1, 0, 0, 0, 0
    zone: tzinfo = UTC
    for letter, width, text in fields:
        if letter in "yY" or (letter == "u" and width > 1):
            year = int(text) + (_PIVOT_CENTURY if width == 2 else 0)
        elif letter in "ML":
            month = int(text) if text.isdigit() else _index(MONTHS, text)
            if not 1 <= month <= 12:
                raise ValueError("the month is out of range")
        elif letter in "Qq":
            quarter = int(text.lstrip("Qq")[:2].rstrip("sntr"))
            if not 1 <= quarter <= 4:
                raise ValueError("the quarter is out of range")
        elif letter == "d":
            day = int(text)
            if day == 0:
                raise ValueError("the day is out of range")
        elif letter in "Hk":
            hour = int(text)
            if letter == "k":
                if not 1 <= hour <= 24:
                    raise ValueError("the hour is out of range")
                hour %= 24
        elif letter in "hK":
            twelve = int(text)
            if not (1 <= twelve <= 12 if letter == "h" else 0 <= twelve <= 11):
                raise ValueError("the hour is out of range")
            twelve %= 12
        elif letter == "a":
            half = text.upper()
        elif letter == "m":
            minute = int(text)
        elif letter == "s":
            second = int(text)
        elif letter == "S":
            micro = int(text.ljust(6, "0")[:6])
        elif letter == "D":
            day_of_year = int(text)
        elif letter == "w":
            week = int(text)
        elif letter in "Eu":
            week_day = int(text) if text.isdigit() else _index(DAYS, text)
        elif letter in "ZXxzVO":
            zone = read_zone(text)
    if twelve >= 0:
        hour = twelve + (12 if half == "PM" else 0)
    if week:
        found = datetime.fromisocalendar(year, week, week_day or 1)
    elif day_of_year:
        found = datetime(year, 1, 1) + timedelta(days=day_of_year - 1)  # noqa: DTZ001  # its zone follows
        if found.year != year:
            raise ValueError("the day of the year is out of range")
    else:
        # A quarter without a month means its first.
        found = datetime(year, month or 3 * (quarter or 1) - 2, day or 1)  # noqa: DTZ001  # as above
    if not (day or day_of_year):
        week_day = 0  # of no certain day
    given = (month, day, quarter, week_day)
    real = (found.month, found.day, (found.month + 2) // 3, found.isoweekday())
    if any(part and part != known for part, known in zip(given, real, strict=True)):
        raise ValueError("its parts contradict each other")
    return settled(found.replace(hour=hour, minute=minute, second=second, microsecond=micro, tzinfo=zone))


def _index(names: tuple[str, ...], text: str) -> int:
    wanted = text.lower()
    for place, name in enumerate(names, 1):
        if name.lower() == wanted or name[:_SHORT].lower() == wanted:
            return place
    raise ValueError(f"{text} is not a name")


# -- writing


def _writer(letter: str, width: int) -> Callable[[datetime], str]:
    if letter in "ML" and width >= _SHORT:
        return lambda value: _named(MONTHS[value.month - 1], width)
    if letter == "E":
        return lambda value: _named(DAYS[value.weekday()], width)
    if letter in "yYu" and not (letter == "u" and width == 1):
        if width == 2:
            return lambda value: f"{_year(value, letter) % 100:02d}"
        return lambda value: str(_year(value, letter)).rjust(width, "0")
    if letter == "S":
        return lambda value: f"{value.microsecond:06d}".ljust(width, "0")[:width]
    if letter in _TEXTS:
        return _TEXTS[letter]
    if letter in "ZXxO":
        return lambda value: _offset_text(value.utcoffset() or timedelta(), letter, width)
    if letter in "Qq" and width >= _SHORT:
        return lambda value: _quarter(value, width)
    if letter == "G":
        era = {_FULL: "Anno Domini", _NARROW: "A"}.get(width, "AD")
        return lambda _value: era
    number = _NUMBERS[letter]
    return lambda value: str(number(value)).rjust(width, "0")


def _year(value: datetime, letter: str) -> int:
    return value.isocalendar().year if letter == "Y" else value.year


def _named(name: str, width: int) -> str:
    if width == _FULL:
        return name
    return name[:1] if width == _NARROW else name[:_SHORT]


def _quarter(value: datetime, width: int) -> str:
    quarter = (value.month + 2) // 3
    return f"{quarter}{_ORDINALS[quarter - 1]} quarter" if width == _FULL else f"Q{quarter}"


def _zone_name(value: datetime) -> str:
    name = value.tzname() or "UTC"
    return name.removeprefix("UTC") or name  # Python calls an offset UTC+02:00


def _zone_id(value: datetime) -> str:
    key = getattr(value.tzinfo, "key", None)
    if isinstance(key, str):
        return key
    offset = value.utcoffset() or timedelta()
    return _offset_text(offset, "X", 3) if offset else "Z"


_TEXTS: Final[dict[str, Callable[[datetime], str]]] = {
    "a": lambda value: "AM" if value.hour < 12 else "PM",
    "z": _zone_name,
    "V": _zone_id,
}
_NUMBERS: Final[dict[str, Callable[[datetime], int]]] = {
    "M": lambda value: value.month,
    "L": lambda value: value.month,
    "d": lambda value: value.day,
    "D": lambda value: value.timetuple().tm_yday,
    "H": lambda value: value.hour,
    "k": lambda value: value.hour or 24,
    "K": lambda value: value.hour % 12,
    "h": lambda value: value.hour % 12 or 12,
    "m": lambda value: value.minute,
    "s": lambda value: value.second,
    "u": lambda value: value.isoweekday(),
    "w": lambda value: value.isocalendar().week,
    "W": lambda value: (value.day + value.replace(day=1).weekday() - 1) // 7 + 1,
    "F": lambda value: (value.day - 1) // 7 + 1,
    "Q": lambda value: (value.month + 2) // 3,
    "q": lambda value: (value.month + 2) // 3,
}


def _offset_text(offset: timedelta, letter: str, width: int) -> str:
    seconds = int(offset.total_seconds())
    if seconds == 0 and letter == "X":
        return "Z"
    sign = "-" if seconds < 0 else "+"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    if letter == "O":
        if seconds == 0:
            return "GMT"
        short = f"GMT{sign}{hours}" + (f":{minutes:02d}" if minutes else "")
        return f"GMT{sign}{hours:02d}:{minutes:02d}" if width == _FULL else short
    if letter == "Z":
        if width == _FULL:
            return f"GMT{sign}{hours:02d}:{minutes:02d}" if seconds else "GMT"
        if width == _NARROW and seconds == 0:
            return "Z"
        return f"{sign}{hours:02d}:{minutes:02d}" if width == _NARROW else f"{sign}{hours:02d}{minutes:02d}"
    if width == 1:
        return f"{sign}{hours:02d}" + (f"{minutes:02d}" if minutes else "")
    return f"{sign}{hours:02d}{minutes:02d}" if width == 2 else f"{sign}{hours:02d}:{minutes:02d}"
