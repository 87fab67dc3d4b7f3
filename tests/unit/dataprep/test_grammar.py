"""The grammar of calculated fields, rule by rule, through the public door."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from aeptui.dataprep import ExpressionError, TransformError, compile_expression, evaluate

ROW: Mapping[str, object] = {
    "a": "x",
    "n": 4,
    "none": None,
    "First Name": "Ann",
    "2nd": "two",
    "Dotted.Name": "dot",
    "order": {"total": 12, "lines": [{"sku": "s1"}, {"sku": "s2"}], "with.dot": "d", "eq": "e"},
    "notes": "plain",
    "android": "plain",
    "newsletter": "plain",
    "été": "unicode",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # literals
        ("'it\\'s'", "it's"),
        ('"a\\n\\t\\u0041\\\\"', "a\n\tA\\"),
        ('"\\d+"', "\\d+"),
        ("12", 12),
        ("3.5", 3.5),
        ("'\\ud83d\\ude00 \\ud83d'", "\U0001f600 \ufffd"),
        ("1e3", 1000.0),
        ("0x1F", 31),
        ("12L", 12),
        ("2d", 2.0),
        ("true", True),
        ("null", None),
        ("[1, null, 'x']", [1, None, "x"]),
        ("[]", []),
        ('{"k": 1, "m": [2]}', {"k": 1, "m": [2]}),
        ("{:}", {}),
        # precedence and associativity
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("7 / 2.0", 3.5),
        ("7 div 2 mod 2", 1),
        ("-2 + 5", 3),
        ("- -2", 2),
        ("~0", -1),
        ("1 | 6 ^ 3 & 2", 1 | (6 ^ (3 & 2))),
        ("1 + 1 == 2 && 2 < 3", True),
        ("false or true and false", False),
        ("not true or true", True),
        ("!!1", True),
        ("1 lt 2 and 2 ge 2 and 1 ne 2", True),
        ("true ? 1 : false ? 2 : 3", 1),
        ("false ? 1 : false ? 2 : 3", 3),
        ("none ?: 'd'", "d"),
        ("0 ?: 'd'", "d"),
        ("0 ?? 'd'", 0),
        ("none ?? none ?? 'd'", "d"),
        # operators on text
        ("'a' + 1", "a1"),
        ("1 + '2'", "12"),
        ("true + 1", "true1"),
        ("1 + false", "1false"),
        ("'6' * '7'", 42),
        ("'abc' =^ 'ab' && 'abc' =$ 'bc'", True),
        ("'abc' !^ 'b' and 'abc' !$ 'b'", True),
        ("'abc' =~ 'a.c'", True),
        ("'abcd' =~ 'a.c'", False),
        ("2 =~ [1, 2]", True),
        ("3 !~ [1, 2]", True),
        # comparison
        ("'10' == 10", True),
        ("'10' == '10.0'", False),
        ("'abc' < 'abd'", True),
        ("'b' > 'a' and 'B' < 'a'", True),
        ("null == none", True),
        ("null == ''", False),
        ("[1, 2] == [1, 2.0]", True),
        # names and paths
        ("a", "x"),
        ("missing", None),
        ("${First Name}", "Ann"),
        ("upper(${First Name})", "ANN"),
        ("${2nd}", "two"),
        ("${Dotted\\.Name}", "dot"),
        ("${Dotted.Name}", "dot"),
        ("Dotted.Name", "dot"),
        ("order.total", 12),
        ("order.lines[1].sku", "s2"),
        ("order.lines[9].sku", None),
        ("order.lines[n - 3].sku", "s2"),
        ("order['total']", 12),
        ("order.lines[*].sku", ["s1", "s2"]),
        ("order.with\\.dot", "d"),
        ("order.${eq}", "e"),
        ("été", "unicode"),
        ("!${First Name}", False),
        # words that only begin with a reserved word
        ("notes + android + newsletter", "plainplainplain"),
        # methods
        ('"s".equals("S")', False),
        ('"s".equalsIgnoreCase("S")', True),
        ("order.lines.size()", 2),
        ("a.length()", 1),
        ("order.get('total')", 12),
        ("'abc'.contains('b') && 'abc'.startsWith('a') && 'abc'.endsWith('c')", True),
        ("'abc'.indexOf('c')", 2),
        ("''.isEmpty()", True),
        ("n.toString() + '!'", "4!"),
        # traps
        ("n > 3 ? {'big': true} : {:}", {"big": True}),
        ("n < 3 ? {'big': true} : {:}", {}),
        ("not is_empty(a)", True),
        ('explode("a|b", "\\\\|")', ["a", "b"]),
        ("iif(true, 'ok', 1 / 0)", "ok"),
        ("iif(false, 1 / 0, 'ok')", "ok"),
        ("true || 1 / 0 == 1", True),
        ("false && 1 / 0 == 1", False),
        ("nvl('v', 1 / 0)", "v"),
    ],
)
def test_an_expression_has_its_value(text: str, expected: object) -> None:
    result = evaluate(text, ROW)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("", 0, "empty"),
        ("   ", 0, "empty"),
        ("lowr(a)", 0, "lower"),
        ("1 + Lower(a)", 4, "lower"),
        ("lower()", 0, "lower(input)"),
        ("iif(a, b)", 0, "takes 3 arguments"),
        ("a.shout()", 2, "no method"),
        ("a.upper()", 2, "upper(input)"),
        ("'abc", 0, "closing quote"),
        ("concat(a, ", 10, "too early"),
        ("concat(a", 6, "no closing"),
        ("concat(a, )", 10, "value is missing before )"),
        ("[a,, b]", 3, "value is missing before ,"),
        ("(a", 0, "closing )"),
        ("a b", 2, "operator"),
        ("a +", 3, "too early"),
        ("a.eq", 2, "${eq}"),
        ("a = 1", 2, "=="),
        ("a; b", 1, "statements"),
        ("if (a) b", 0, "iif"),
        ("new Date()", 0, "${new}"),
        ("x -> x", 2, "Lambdas"),
        ("1 == 2 == 3", 7, "parentheses"),
        ("a ? b", 2, "no :"),
        ("`a`", 0, "${...}"),
        ("12abc", 0, "${12abc}"),
        ("${}", 0, "names no field"),
        ("${a", 0, "closing brace"),
        ("'\\u00'", 1, "four hexadecimal"),
        ("date(a, 'bb')", 8, "not a date format"),
        ("a" * 4097, 4096, "4096"),
        ("{'a' 1}", 5, ""),
        ("a.", 2, "missing"),
        ("/a", 0, ""),
        ("format(2019-10-23T11:24:00+00:00, 'yyyy')", 7, 'Write date("2019-10-23T11:24:00+00:00")'),
        ("concat(a, div)", 10, "${div}"),
        ("eq", 0, "${eq}"),
        ("upper(First Name)", 12, "${First Name}"),
        ("concat(My First Name 2)", 10, "${My First Name 2}"),
        ("contains_key('First Name')", 13, "write ${First Name} (at character 14)"),
        ("date(a, 'YYYY-MM-dd')", 8, "yyyy"),
    ],
)
def test_a_wrong_expression_names_the_place_and_the_way_out(text: str, position: int, part: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text)
    assert caught.value.position == position
    assert part in str(caught.value)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("1 / 0", "/: division by zero"),
        ("none + 1", "+: an operand is null"),
        ("none < 1", "null has no order"),
        ("'abc' * 2", "*: 'abc' is not a number"),
        ("[1] + 'a'", "an array of 1 is not text"),
        ("to_integer('1.5')", "to_integer: argument text: '1.5' is not a whole number"),
        ("to_integer('2147483648')", "does not fit into 32 bits"),
        ("date('x', 'yyyy-MM-dd')", "date: 'x' does not follow 'yyyy-MM-dd'"),
        ("substr('abc', -1, 2)", "substr: argument start: -1 is negative"),
        ("matches_regex('a', '(')", "argument regex"),
        ("lpad('a', 999999999999, 'b')", "too long"),
        ("lower([1])", "lower: argument input"),
    ],
)
def test_a_failure_on_a_row_names_function_argument_and_reason(text: str, part: str) -> None:
    with pytest.raises(TransformError) as caught:
        evaluate(text, ROW)
    assert part in str(caught.value)


@pytest.mark.parametrize(
    "opening", ["(", "[", "{'k': ", "lower(", "a[", "not (", "-(1+", "iif(true, ", "1||1&&1|1^1&1==1<1+1*("]
)
def test_nesting_without_end_is_refused_and_never_crashes(opening: str) -> None:
    text = opening * (4096 // len(opening))
    with pytest.raises(ExpressionError, match="deep"):
        compile_expression(text)


def test_two_hundred_levels_are_allowed() -> None:
    assert evaluate("(" * 200 + "1" + ")" * 200, {}) == 1
    assert evaluate("lower(" * 200 + "a" + ")" * 200, {"a": "X"}) == "x"
    with pytest.raises(ExpressionError, match="deep"):
        compile_expression("(" * 201 + "1" + ")" * 201)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1" + "+1" * 2000, 2001),
        ("!" * 4000 + "true", True),
        ("'x'" + ".toString()" * 370, "x"),
        ("a" + ".b" * 2000, None),
        ("true" + "&&true" * 600, True),
    ],
)
def test_a_long_flat_expression_is_not_deep(text: str, expected: object) -> None:
    assert evaluate(text, {}) == expected


def test_an_expression_knows_the_columns_it_reads() -> None:
    expression = compile_expression("concat(a, ${First Name}, order.lines[0].sku, object_to_map(addresses, type))")
    assert expression.columns == {"a", "First Name", "order.lines[0].sku", "addresses"}
    assert expression.text.startswith("concat(")
    assert compile_expression("object_to_map('a', x, 'b', y)").columns == {"x", "y"}
    assert compile_expression("object_to_map('a', x)").columns == {"x"}
