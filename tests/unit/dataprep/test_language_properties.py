"""Whatever is typed, the language answers or raises its own errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from aeptui.dataprep import (
    FUNCTIONS,
    TYPES,
    CoercionError,
    DestinationPath,
    ExpressionError,
    PathError,
    SourcePath,
    TransformError,
    coerce,
    compile_expression,
    quote_column,
)
from aeptui.dataprep.dates import date_parser, parse_date

_PIECES = st.sampled_from(
    [
        *"()[]{}.,:?!~+-*/%<>=&|^;'\"\\$@#` \n",
        *(
            "${",
            "a",
            "b.c",
            "a[0]",
            "[*]",
            "'x'",
            '"2026-01-02"',
            "1",
            "2.5",
            "1e5",
            "0x1F",
            "99999999999",
            "null",
            "true",
        ),
        *(
            "==",
            "!=",
            "=~",
            "=^",
            "=$",
            "!~",
            "?:",
            "??",
            "{:}",
            "{'k': 1}",
            "[1, 'x', null]",
            "and",
            "or",
            "not",
            "eq",
            "new",
        ),
        *(f"{name}(" for name in FUNCTIONS),
        *(f".{name}(" for name in ("equals", "get", "size", "toString", "indexOf")),
    ]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.datetimes() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def _run(text: str, row: dict[str, object]) -> None:
    try:
        expression = compile_expression(text)
    except ExpressionError as error:
        assert 0 <= error.position <= len(text)  # noqa: PT017  # the position is what is tested
        return
    try:
        expression.evaluate(row)
    except TransformError as error:
        assert str(error)  # noqa: PT017  # as above


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_parses_or_is_refused(text: str) -> None:
    _run(text, {})


@settings(max_examples=600, deadline=None)
@given(st.lists(_PIECES, max_size=14).map("".join), _JSON, _JSON)
def test_any_run_of_tokens_evaluates_or_raises_a_documented_error(text: str, a: object, b: object) -> None:
    _run(text, {"a": a, "b": b})


@settings(max_examples=800, deadline=None)
@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(_JSON, max_size=4))
def test_any_function_takes_any_values(name: str, values: list[object]) -> None:
    row: dict[str, object] = {f"c{place}": value for place, value in enumerate(values)}
    _run(f"{name}({', '.join(row)})", row)


@settings(max_examples=400, deadline=None)
@given(_JSON, st.sampled_from(TYPES))
def test_any_value_becomes_the_type_or_is_refused(value: object, type_name: str) -> None:
    try:
        result = coerce(value, type_name)
    except CoercionError as error:
        assert error.type_name == type_name  # noqa: PT017  # as above
        return
    assert coerce(result, type_name) == result


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_path_or_is_refused(text: str) -> None:
    for parse in (SourcePath.parse, DestinationPath.parse):
        try:
            parse(text)
        except PathError as error:
            assert 0 <= error.position <= len(text)  # noqa: PT017  # as above


@settings(max_examples=300, deadline=None)
@given(st.text(min_size=1, max_size=20), st.text(max_size=5))
def test_a_quoted_column_reads_that_column(name: str, value: str) -> None:
    assert SourcePath.parse(quote_column(name)).get({name: value}) == value
    assert compile_expression(quote_column(name)).evaluate({name: value}) == value


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet="0123456789-/.: TZ+aApPmMJNn", max_size=24),
    st.text(alphabet="yMdHhmsSaZXEDwuQzVGkKOLF-/: .'T", max_size=12),
)
def test_any_date_text_and_format_answer_or_raise_a_transform_error(text: str, pattern: str) -> None:
    readers: tuple[Callable[[], datetime], ...] = (lambda: parse_date(text), lambda: date_parser(pattern)(text))
    for read in readers:
        try:
            assert read().tzinfo is not None
        except TransformError:
            continue
