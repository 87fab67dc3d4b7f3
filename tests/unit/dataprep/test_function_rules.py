"""Functions beyond their documented samples: optional arguments, nulls, aliases and the edges of each rule."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from aeptui.dataprep import FUNCTIONS, ExpressionError, TransformError, compile_expression, evaluate
from aeptui.dataprep.dates import iso_text

ROW: dict[str, object] = {
    "infinite": math.inf,
    "unknown": -math.nan,
    "o": {"k": {"j": None}},
    "हिन्दी": "h",
    "e\u0301te\u0301": "s",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # URLs: what Java's URI gives, which keeps the case of the host
        ("get_url_host('https://Platform.Adobe.com/Home')", "Platform.Adobe.com"),
        ("get_url_host('https://me:pw@Example.com:8443/x')", "Example.com"),
        ("get_url_host('http://[2001:DB8::1]:80/')", "[2001:DB8::1]"),
        ("get_url_port('http://example.com:8042')", 8042),
        ("get_url_port('gopher://example.com')", None),
        ("get_url_query_str('http://a.com/?a=1&&b=&c#z', 'append')", {"a": "1", "b": "", "c": "", "_anchor_": "z"}),
        ("get_url_query_str('http://a.com/?a=1#z', 'remove')", {"a": "1"}),
        ("get_url_encoded('a|b c')", "a%7Cb%20c"),
        # dates
        ("date('Q3 2019', 'QQQ yyyy') == date('2019-07-01')", True),
        ("date('2019-04', 'yyyy-qq') == date('2019-10-01')", True),
        ("date_part('W', date('2019-10-17'))", 42),
        ("date_part('SSS', date('2019-10-17 11:55:12.123'))", 123),
        ("date_part('hh12', date('2019-10-17 00:10:00'))", 12),
        # objects
        ("is_set('o.k.j')", True),
        ("is_set('o.k.x')", False),
        ("upsert_array_replace([1, 2], null)", [1, 2]),
        ("to_object('a', null)", {"a": None}),
        ("to_map(1, 'x', true, 'y')", {"1": "x", "true": "y"}),
        ("arrays_to_object('a', [1, 2], 'b', [3])", [{"a": 1, "b": 3}, {"a": 2, "b": None}]),
        ("get_values('a : 1, b : 2', 'b', null)", "2"),
        # JSON that is an object already stays one; half a character is none
        ("json_to_object({'info': {'name': 'Ann'}})", {"info": {"name": "Ann"}}),
        ("json_to_object([1, null])", [1, None]),
        ('json_to_object(\'["\\\\ud83d\\\\ude00", "\\\\ud83d"]\')', ["\U0001f600", "\ufffd"]),
        # the first of several, or of the elements of one array
        ("coalesce([null, 'a', 'b'])", "a"),
        ("coalesce([null], 'b')", [None]),
        ("coalesce([null])", None),
        # a Float has seven digits
        ("to_float('12.3456')", 12.3456),
        ("to_float('0.1234567891')", 0.12345679),
        ("to_float('16777217')", 16777216.0),
        ("to_float('1e-46')", 0.0),
        ("to_float(infinite) > 0 && to_float(unknown) != to_float(unknown)", True),
        # white space is what Java knows as such
        ("trim(' \\t\\u2003x\\n')", "x"),
        ("trim('\\u00a0x ')", "\u00a0x"),
        ("ltrim('\\u3000 x ')", "x "),
        ("rtrim(' x \\u2028')", " x"),
        # numbers as Java writes them
        ("concat(1e20, ' ', -1.5e-7, ' ', 12.0, ' ', 0.0)", "1.0E20 -1.5E-7 12.0 0.0"),
        ("concat(12345678.5, ' ', 9999999.5, ' ', 0.001, ' ', 0.0005)", "1.23456785E7 9999999.5 0.001 5.0E-4"),
        # URLs without a host
        ("get_url_protocol('mailto:jo@example.com')", "mailto"),
        ("get_url_host('mailto:jo@example.com')", None),
        ("get_url_path('file:///home/jo/a.csv', false)", "a.csv"),
        ("get_url_protocol('C:\\\\x')", None),
        ("get_url_protocol('https://')", None),
        ("get_url_host('https://a.com/?q=a|b')", None),
        ("get_url_host('https://a.com/%zz')", None),
        ("get_url_host('https://a.com/%20?a[0]=1')", "a.com"),
        # many separators, of which few are in the text
        ("split('a,b;c', ';,|')", ["a", "b", "c"]),
        ("split('abc', '|;')", ["abc"]),
        # letters with marks are part of a name
        ("हिन्दी", "h"),
        ("upper(e\u0301te\u0301)", "S"),
    ],
)
def test_a_function_follows_its_rule(text: str, expected: object) -> None:
    result = evaluate(text, ROW)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # as ZonedDateTime: the day moves to the last one of a shorter month
        ("set_date_part('month', 2, date('2016-01-31'))", "2016-02-29T00:00:00Z"),
        ("set_date_part('yy', 2015, date('2016-02-29'))", "2015-02-28T00:00:00Z"),
        ("set_date_part('dd', 5, date('2016-02-29'))", "2016-02-05T00:00:00Z"),
        ("make_timestamp(2019, 10, 17, 11, 55, 12, 0, '+02:00')", "2019-10-17T11:55:12+02:00"),
        ("zone_date_to_zone(date('2019-10-17T11:55:12Z'), 'UTC+2')", "2019-10-17T13:55:12+02:00"),
        ("zone_date_to_zone(date('2019-10-17T11:55:12Z'), 'GMT-03:30')", "2019-10-17T08:25:12-03:30"),
        ("zone_date_to_zone(date('2019-10-17T11:55:12+02:00'), 'Z')", "2019-10-17T09:55:12Z"),
        ("zone_date_to_utc(date('2019-10-17T11:55:12-07:00'))", "2019-10-17T18:55:12Z"),
    ],
)
def test_a_date_function_follows_its_rule(text: str, expected: str) -> None:
    result = evaluate(text, ROW)
    assert isinstance(result, datetime)
    assert iso_text(result) == expected


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("json_to_object('[NaN]')", "is not JSON"),
        ("json_to_object('{')", "is not JSON"),
        ("set_date_part('day', 31, date('2016-02-01'))", "31 is no day"),
        ("set_date_part('month', 13, date('2016-02-01'))", "13 is no month"),
        ("zone_date_to_zone(now(), '+25:00')", "not a time zone"),
        ("arrays_to_objects(null, [1])", "null is not text"),
        ("get_url_query_str('http://a.com', 'keep')", "none of retain, remove, append"),
        ("json_to_object('[1e400]')", "is not JSON"),
        ("to_float('1e39')", "is too large"),
        ("dformat(1e30, 'yyyy')", "timestamp: 1e+30 is outside the calendar"),
        ("make_date_time(2019, 2, 28, 0, 0, 0, 1000000000, 'UTC')", "nanosecond: 1000000000 is none of 0 to 999999999"),
        ("{k: 1}", "written in quotes"),
    ],
)
def test_a_function_refuses_what_it_cannot_do(text: str, part: str) -> None:
    with pytest.raises(TransformError) as caught:
        evaluate(text, ROW)
    assert part in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "to_object('a', 1, 'b')",
        "to_map('a', 1, 'b')",
        "arrays_to_objects('a', [1], 'b')",
        "object_to_map('a', 1, 'b')",
    ],
)
def test_a_key_without_a_value_is_refused_before_any_row(text: str) -> None:
    with pytest.raises(ExpressionError, match="every key needs") as caught:
        compile_expression("1 + " + text)
    assert caught.value.position == 4


_ANSWERS_TO_NULL = {
    "concat": "",
    "lpad": "   ",
    "rpad": "   ",
    "is_empty": True,
    "equals": True,
    "equalsIgnoreCase": True,
    "add_to_array": [],
    "to_array": [],
    "join_arrays": [],
    "to_object": TransformError,
    "to_map": TransformError,
    "arrays_to_objects": TransformError,
    "arrays_to_object": TransformError,
    "object_to_map": None,
    "add_to_map": {},
}
"""The functions that answer to null with something else than null, or have no answer."""


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_null_in_is_null_out_unless_the_function_says_otherwise(name: str) -> None:
    function = FUNCTIONS[name]
    if not function.params or name in ("fpid_to_ecid", "contains_key", "is_set"):
        return
    second = {"lpad": "3", "rpad": "3"}.get(name, "null")
    arguments = ["null", second, *["null"] * 8][: max(1, function.min_args)]
    expected = _ANSWERS_TO_NULL.get(name)
    text = f"{name}({', '.join(arguments)})"
    if expected is TransformError:
        with pytest.raises(TransformError):
            evaluate(text, {})
    else:
        assert evaluate(text, {}) == expected


def test_the_current_instant_is_one_for_an_expression() -> None:
    assert evaluate("now() == now() && timestamp() > 0", {}) is True
    assert datetime(2020, 1, 1, tzinfo=UTC) < evaluate("now()", {})  # type: ignore[operator]  # a date, as said
