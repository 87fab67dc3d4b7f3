"""A syntax tree, written as text, parses to its equal: parse(print(tree)) == tree."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aeptui.dataprep import FUNCTIONS, parse, quote_column, to_expression
from aeptui.dataprep.lexer import RESERVED
from aeptui.dataprep.nodes import (
    ArrayLiteral,
    Binary,
    Call,
    Chain,
    Each,
    Index,
    Literal,
    Member,
    Method,
    Name,
    Node,
    ObjectLiteral,
    Ternary,
    Unary,
)
from aeptui.dataprep.parser import LEVELS

AT = 0
_NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_LITERALS = (st.none() | st.booleans() | st.text(st.characters(), max_size=6) | _NUMBERS).map(
    lambda value: Literal(AT, value)
)
_FIELDS = st.text(min_size=1, max_size=5) | st.sampled_from(["a", "été", "$x", "a.b", "a b", "}", "\\", *RESERVED])


def _name(parts: list[str]) -> Name:
    if len(parts) == 1:
        written = quote_column(parts[0])
        return Name(AT, (parts[0],), written[2:-1] if written.startswith("${") else written)
    text = ".".join(part.replace("\\", "\\\\").replace(".", "\\.").replace("}", "\\}") for part in parts)
    return Name(AT, tuple(parts), text)


_NAMES = st.lists(_FIELDS, min_size=1, max_size=3).map(_name)
_CALLED = st.sampled_from(sorted(FUNCTIONS))


def _unary(operators: list[str], operand: Node) -> Node:
    """As the parser makes it: one run of operators, and a minus that is part of the number."""
    if isinstance(operand, Literal) and type(operand.value) in (int, float) and operators[-1] == "-":
        operators = [*operators[:-1], "!"]
    if isinstance(operand, Unary):
        return Unary(AT, (*operators, *operand.operators), operand.operand)
    return Unary(AT, tuple(operators), operand)


def _binary(operators: list[str], operands: list[Node]) -> Node:
    level = LEVELS[operators[0]]
    same = [operator if LEVELS[operator] == level else operators[0] for operator in operators]
    pairs = list(zip(same, operands[1:], strict=False))
    return Binary(AT, operands[0], tuple(pairs[:1] if level in (7, 8) else pairs))


def _compound(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    many = st.lists(inner, max_size=3).map(tuple)
    step = (
        _FIELDS.map(lambda name: Member(AT, name))
        | inner.map(lambda index: Index(AT, index))
        | st.just(Each(AT))
        | st.builds(Method, st.just(AT), st.sampled_from(["equals", "size", "get"]), many)
    )
    infix = st.sampled_from([operator for operator, level in LEVELS.items() if level > 1])
    ternaries = st.builds(Ternary, st.just(AT), st.just("?"), inner, inner, inner) | st.builds(
        Ternary, st.just(AT), st.sampled_from(["?:", "??"]), inner, st.none(), inner
    )
    return (
        st.builds(Chain, st.just(AT), inner, st.lists(step, min_size=1, max_size=3).map(tuple))
        | st.builds(Call, st.just(AT), _CALLED, many)
        | st.builds(_unary, st.lists(st.sampled_from("-+~!"), min_size=1, max_size=3), inner)
        | st.builds(_binary, st.lists(infix, min_size=1, max_size=3), st.lists(inner, min_size=4, max_size=4))
        | ternaries
        | st.builds(ArrayLiteral, st.just(AT), many)
        | st.builds(ObjectLiteral, st.just(AT), st.lists(st.tuples(inner, inner), max_size=2).map(tuple))
    )


_TREES: st.SearchStrategy[Node] = st.recursive(_LITERALS | _NAMES, _compound, max_leaves=12)


@settings(max_examples=600, deadline=None)
@given(_TREES)
def test_a_printed_tree_parses_to_its_equal(tree: Node) -> None:
    text = to_expression(tree)
    if len(text) > 4096:
        return
    again = parse(text)
    assert again == tree
    # Equality does not tell 1 from 1.0 and true; their texts do.
    assert to_expression(again) == text


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("not (a and b) or c", "!(a && b) || c"),
        ("((a + b)) + (c * d)", "(a + b) + c * d"),
        ("(-1).toString()", "(-1).toString()"),
        ("- -1", "--1"),
        ("'it\\'s \"x\"'", '"it\'s \\"x\\""'),
        ("{(a ? b : c): 1, 'e': {:}}", '{(a ? b : c): 1, "e": {:}}'),
        ("a.${First.Name}[*].${eq}", "a.${First\\.Name}[*].${eq}"),
        ("(a ? b : c) ? d : e", "(a ? b : c) ? d : e"),
        ("a ? b : (c ? d : e)", "a ? b : c ? d : e"),
        ("explode(a,'\\\\|')", 'explode(a, "\\\\|")'),
    ],
)
def test_a_tree_has_one_spelling(text: str, printed: str) -> None:
    assert to_expression(parse(text)) == printed
    assert parse(printed) == parse(text)


def test_where_a_node_stands_makes_no_difference() -> None:
    assert parse("  lower( a )") == parse("lower(a)")
    assert parse("a + 1") != parse("a + 2")


def test_the_number_zero_keeps_its_sign() -> None:
    tree = parse(to_expression(parse("-0.0")))
    assert isinstance(tree, Literal)
    assert math.copysign(1.0, tree.value) == -1.0  # type: ignore[arg-type]  # a number, as the text says


@pytest.mark.parametrize("text", ["-0", "- -0", "1 /-- 0- 0", "-0.0", "--0.0", "-1", "--1", "!-0", "-0.equals(0)"])
def test_a_minus_before_a_number_is_kept(text: str) -> None:
    assert parse(to_expression(parse(text))) == parse(text)
