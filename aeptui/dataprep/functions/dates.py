"""Dates. Every result that is a date is aware; a text without a zone means UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date as calendar_date
from datetime import datetime

from ..dates import as_datetime, date_parser, parse_date
from ..errors import ExpressionError, TransformError, shown
from ..nodes import Literal, Node
from .registry import CATCHABLE, Category, Context, Evaluator, Row, named_failure, text_argument

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
