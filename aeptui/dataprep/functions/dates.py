"""Dates. Every result that is a date is aware; a text without a zone means UTC."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from datetime import date as calendar_date
from typing import Final

from aeptui.dataprep.dates import as_datetime, date_parser, format_date, parse_date
from aeptui.dataprep.errors import ExpressionError, TransformError, shown
from aeptui.dataprep.nodes import Literal, Node
from aeptui.dataprep.zones import settled, zone

from .registry import CATCHABLE, Category, Context, Evaluator, Row, integer_argument, named_failure, text_argument

FUNCTIONS = Category("date")


def _read(value: object, parse: Callable[[str], datetime]) -> datetime:
    if isinstance(value, str):
        return parse(value)
    if isinstance(value, calendar_date):
        return as_datetime(value)
    raise TransformError(f"{shown(value)} is not text", argument="date")


@FUNCTIONS.built(
    "date(date, [format], [default_date])",
    "Reads a date from text. The format describes the input; the default stands in for a null input.",
    'date("2019-10-23 11:24", "yyyy-MM-dd HH:mm")',
    "date",
)
def _date(arguments: tuple[Evaluator, ...], nodes: tuple[Node, ...]) -> Evaluator:
    given = arguments[0]
    pattern = arguments[1] if len(arguments) > 1 else None
    default = arguments[2] if len(arguments) > 2 else None
    constant = _constant_parser(nodes)

    def fallback(row: Row, context: Context, parse: Callable[[str], datetime]) -> object:
        value = default(row, context) if default is not None else None
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                return parse(value)
            except TransformError:
                return parse_date(value)
        return _read(value, parse)

    def run(row: Row, context: Context) -> object:
        value = given(row, context)
        try:
            parse = constant
            if parse is None:
                form = pattern(row, context) if pattern is not None else None
                parse = parse_date if form is None else date_parser(text_argument(form, "format"))
            if value is None or value == "":
                return fallback(row, context, parse)
            return parse(value) if type(value) is str else _read(value, parse)
        except (TransformError, *CATCHABLE) as error:
            raise named_failure("date", error) from error.__cause__

    return run


def _constant_parser(nodes: tuple[Node, ...]) -> Callable[[str], datetime] | None:
    """The parser when the format is written in the expression, which is when a wrong format can be refused at once."""
    if len(nodes) == 1:
        return parse_date
    form = nodes[1]
    if not isinstance(form, Literal) or not isinstance(form.value, str):
        return None
    try:
        return date_parser(form.value)
    except TransformError as error:
        raise ExpressionError(f"{form.value!r} is not a date format: {error.why}", form.position) from error


@FUNCTIONS.built("now()", "The current instant, one value for the whole batch.", "now()", "date")
def _now(_arguments: tuple[Evaluator, ...], _nodes: tuple[Node, ...]) -> Evaluator:
    return lambda _row, context: context.now


@FUNCTIONS.built("timestamp()", "The current instant as Unix time in milliseconds.", "timestamp()", "integer")
def _timestamp(_arguments: tuple[Evaluator, ...], _nodes: tuple[Node, ...]) -> Evaluator:
    return lambda _row, context: int(context.now.timestamp() * 1000)


@FUNCTIONS.plain(
    "format(date, format)", "Writes a date by a Java pattern.", 'format(now(), "yyyy-MM-dd HH:mm:ss")', "string"
)
def _format(value: object, pattern: object) -> str:
    return format_date(_date_argument(value), text_argument(pattern, "format"))


@FUNCTIONS.plain(
    "dformat(timestamp, format)",
    "Writes Unix time in milliseconds by a Java pattern, in UTC.",
    "dformat(1571829875000, \"yyyy-MM-dd'T'HH:mm:ss.SSSX\")",
    "string",
)
def _dformat(timestamp: object, pattern: object) -> str:
    milliseconds = integer_argument(timestamp, "timestamp")
    try:
        instant = _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise TransformError(f"{shown(timestamp)} is outside the calendar", argument="timestamp") from error
    return format_date(instant, text_argument(pattern, "format"))


def _date_argument(value: object) -> datetime:
    try:
        return as_datetime(value)
    except TransformError as error:
        error.argument = "date"
        raise


@FUNCTIONS.plain(
    "date_part(component, date)",
    "Gives one part of a date: year, quarter, month, dayofyear, day, week, weekday, hour, minute, second, millisecond.",
    'date_part("mm", date("2019-10-17 11:55:12"))',
    "integer",
)
def _date_part(component: object, value: object) -> int:
    name = text_argument(component, "component").lower()
    part = _PARTS.get(name)
    if part is None:
        raise TransformError(f"{shown(component)} is not a part of a date", argument="component")
    return part(_date_argument(value))


@FUNCTIONS.plain(
    "set_date_part(component, value, date)",
    "Replaces year, month, day, hour, minute or second of a date.",
    'set_date_part("m", 4, date("2016-11-09T11:44:44.797"))',
    "date",
)
def _set_date_part(component: object, value: object, given: object) -> datetime:
    field = _FIELDS.get(text_argument(component, "component").lower())
    if field is None:
        raise TransformError(f"{shown(component)} cannot be set", argument="component")
    number = integer_argument(value, "value")
    date = _date_argument(given)
    parts = {field: number}
    if field in ("year", "month") and MINYEAR <= number <= MAXYEAR:
        # The day moves to the last one of a shorter month, as in Java's ZonedDateTime.
        year, month = (number, date.month) if field == "year" else (date.year, number)
        if 1 <= month <= 12:
            parts["day"] = min(date.day, monthrange(year, month)[1])
    try:
        return settled(date.replace(**parts))  # type: ignore[arg-type]  # the names are fields of datetime
    except (ValueError, OverflowError) as error:
        raise TransformError(f"{number} is no {field} of that date", argument="value") from error


@FUNCTIONS.plain(
    "make_date_time(year, month, day, hour, minute, second, nanosecond, timezone)",
    "Makes a date of its parts and a time zone id.",
    'make_date_time(2019, 10, 17, 11, 55, 12, 999, "America/Los_Angeles")',
    "date",
)
def _make_date_time(*parts: object) -> datetime:
    names = ("year", "month", "day", "hour", "minute", "second", "nanosecond")
    year, month, day, hour, minute, second, nanos = (
        integer_argument(part, name) for part, name in zip(parts, names, strict=False)
    )
    where = zone(text_argument(parts[-1], "timezone"))
    if not 0 <= nanos < _SECOND:
        raise TransformError(f"{shown(nanos)} is none of 0 to {_SECOND - 1}", argument="nanosecond")
    try:
        return settled(datetime(year, month, day, hour, minute, second, nanos // 1000, where))
    except (ValueError, OverflowError) as error:
        raise TransformError(f"these parts make no date: {error}") from error


FUNCTIONS.alias("make_timestamp", of="make_date_time")


@FUNCTIONS.plain(
    "zone_date_to_utc(date)",
    "The same instant in UTC.",
    'zone_date_to_utc(date("2019-10-17T11:55:12-07:00"))',
    "date",
)
def _zone_date_to_utc(value: object) -> datetime:
    return _date_argument(value).astimezone(UTC)


@FUNCTIONS.plain(
    "zone_date_to_zone(date, zone)",
    "The same instant as a time zone shows it.",
    'zone_date_to_zone(date("2019-10-17T11:55:12Z"), "Europe/Paris")',
    "date",
)
def _zone_date_to_zone(value: object, name: object) -> datetime:
    return _date_argument(value).astimezone(zone(text_argument(name, "zone")))


def _named(names: str, part: Callable[[datetime], int]) -> dict[str, Callable[[datetime], int]]:
    return dict.fromkeys(names.split(), part)


_SECOND: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PARTS: Final[Mapping[str, Callable[[datetime], int]]] = {
    **_named("year yyyy yy", lambda value: value.year),
    **_named("quarter qq q", lambda value: (value.month + 2) // 3),
    **_named("month mm m", lambda value: value.month),
    **_named("dayofyear dy y", lambda value: value.timetuple().tm_yday),
    **_named("day dd d", lambda value: value.day),
    # `w` is documented for week and for weekday; week it is. Weekdays count from 1, Monday.
    **_named("week ww w", lambda value: value.isocalendar().week),
    **_named("weekday dw", lambda value: value.isoweekday()),
    **_named("hour hh hh24", lambda value: value.hour),
    **_named("hh12", lambda value: value.hour % 12 or 12),
    **_named("minute mi n", lambda value: value.minute),
    **_named("second ss s", lambda value: value.second),
    **_named("millisecond sss", lambda value: value.microsecond // 1000),
}
_FIELDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("year", "yyyy", "yy"), "year"),
    **dict.fromkeys(("month", "mm", "m"), "month"),
    **dict.fromkeys(("day", "dd", "d"), "day"),
    **dict.fromkeys(("hour", "hh", "hh24"), "hour"),
    **dict.fromkeys(("minute", "mi", "n"), "minute"),
    **dict.fromkeys(("second", "ss", "s"), "second"),
}
