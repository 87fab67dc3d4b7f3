"""Whole expressions, made from the grammar: they answer or raise their own errors, by rows and by columns alike."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from aeptui.dataprep import (
    FUNCTIONS,
    METHODS,
    TYPES,
    CellFrame,
    CoercionError,
    DataPrepError,
    ExpressionError,
    Frame,
    MappingRule,
    RowFrame,
    TransformError,
    coerce,
    compile_expression,
    compile_mapping,
    parse,
    to_expression,
)

NOW: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NAMES: Final = ["a", "b", "First Name", "o"]
_ATOMS = st.sampled_from(
    [
        *("a", "b", "${First Name}", "o", "o.k", "o.list[0]", "o.list[*].k", "missing", "now()"),
        *("null", "true", "false", "0", "1", "-2", "2.5", "1e300", "99999999999"),
        *("''", "'a'", "'a,b;c'", "'12'", "'2020-02-29'", "'year'", "'yyyy-MM-dd'", "'UTC'", "'retain'", "'\\\\d+'"),
        *("'https://x.org:8/p?q=1#f'", "'event1=2:3'", "'{\"k\": [1]}'", "'\\ud83d'"),
        *("[]", "[1, null, 'x']", "{:}", "{'k': 1}", "[{'k': 'x'}, {'k': 2}]", "date('2020-02-29')"),
    ]
)
_OPERATORS = st.sampled_from(
    [
        *("+", "-", "*", "/", "%", "div", "mod", "|", "&", "^", "&&", "||", "and", "or", "??", "?:"),
        *("==", "!=", "<", ">", "<=", ">=", "eq", "ne", "lt", "ge", "=~", "!~", "=^", "=$", "!^", "!$"),
    ]
)


def _calls(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def call(name: str) -> st.SearchStrategy[str]:
        function = FUNCTIONS[name]
        most = function.max_args if function.max_args is not None else function.min_args + 2
        counts = [
            count for count in range(function.min_args, most + 1) if not (function.pairs and count > 1 and count % 2)
        ]
        arguments = st.sampled_from(counts).flatmap(lambda count: st.tuples(*[inner] * count))
        return arguments.map(lambda texts: f"{name}({', '.join(texts)})")

    return st.sampled_from(sorted(set(FUNCTIONS) - {"uuid", "guid"})).flatmap(call)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def method(name: str) -> st.SearchStrategy[str]:
        arguments = st.tuples(inner, *[inner] * METHODS[name].arguments)
        return arguments.map(lambda texts: f"({texts[0]}).{name}({', '.join(texts[1:])})")

    return st.one_of(
        _calls(inner),
        _calls(inner),
        st.tuples(inner, _OPERATORS, inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(st.sampled_from(["-", "!", "~", "not ", "+"]), inner).map("({0[0]}({0[1]}))".format),
        st.tuples(inner, inner, inner).map("({0[0]} ? {0[1]} : {0[2]})".format),
        st.sampled_from(sorted(METHODS)).flatmap(method),
        st.tuples(inner, inner).map("({0[0]})[{0[1]}]".format),
        st.tuples(inner, inner).map("{{'k': {0[0]}, 'l': [{0[1]}]}}".format),
    )


_EXPRESSIONS = st.recursive(_ATOMS, _larger, max_leaves=5)
_CELLS = st.sampled_from(["", "a", "12", "-1.5", "true", "2020-02-29", "a,b", '{"k": 1}', "é\U0001f600"])
_VALUES = _CELLS | st.sampled_from(
    [
        *(None, 0, -5, 2.5, float("nan"), float("inf"), 10**40, True, Decimal("1.5"), Decimal("Infinity"), b"\xff"),
        *(date(2020, 2, 29), datetime(2020, 2, 29, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
        *([1, None], [{"k": "x"}, 2], {"k": None, "list": [{"k": 1}]}, {}),
    ]
)


@settings(max_examples=500, deadline=None)
@given(_EXPRESSIONS, st.tuples(*[_VALUES] * len(NAMES)))
def test_an_expression_answers_or_raises_a_documented_error(text: str, values: tuple[object, ...]) -> None:
    row = dict(zip(NAMES, values, strict=True))
    try:
        expression = compile_expression(text)
    except ExpressionError as error:
        assert 0 <= error.position <= len(text)  # noqa: PT017  # the position is what is tested
        return
    assert parse(to_expression(parse(text))) == parse(text)
    try:
        value = expression.evaluate(row)
    except TransformError as error:
        assert str(error)  # noqa: PT017  # as above
        return
    for name in TYPES:
        try:
            coerce(value, name)
        except CoercionError:
            continue


@settings(max_examples=300, deadline=None)
@given(_EXPRESSIONS, st.lists(st.tuples(*[_CELLS] * len(NAMES)), min_size=1, max_size=2))
def test_an_expression_gives_the_same_by_rows_and_by_columns(text: str, cells: list[tuple[str, ...]]) -> None:
    try:
        mapper = compile_mapping([MappingRule("EXPRESSION", text, "out")], {}, NOW)
    except DataPrepError:
        return
    columns = mapper.by_columns()
    assert columns is not None
    frames: list[Frame] = [
        CellFrame(NAMES, [list(column) for column in zip(*cells, strict=True)], len(cells)),
        RowFrame([dict(zip(NAMES, row, strict=True)) for row in cells]),
    ]
    for frame in frames:
        made = columns(frame)
        for place in range(len(frame)):
            mapped = mapper(frame.row(place))
            assert (place in made.odd) == bool(mapped.errors or mapped.warnings)
            # What is no number equals nothing, itself included.
            assert repr(mapped.record.get("out")) == repr(made.columns[0][place])
