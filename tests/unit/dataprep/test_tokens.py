"""The tokens of a text that is still being typed: for highlighting, so they never fail and miss nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aeptui.dataprep import MAX_LENGTH, ExpressionError, parse, tokens
from aeptui.dataprep.lexer import tokenize


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ('concat("Hi, ', ("error", '"Hi, ')),
        ("lower(${First Na", ("error", "${First Na")),
        ("a + 1st", ("error", "1st")),
        ("a @", ("error", "@")),
        ("lower(Em", ("name", "Em")),
    ],
)
def test_what_does_not_end_yet_is_one_token(text: str, last: tuple[str, str]) -> None:
    assert kinds(text)[-1] == last


def test_what_is_too_long_is_marked_from_where_it_is() -> None:
    text = "a" + "+a" * (MAX_LENGTH // 2) + "+b"
    found = tokens(text)
    assert found[-1].kind == "error"
    assert found[-1].position == MAX_LENGTH
    assert found[-1].position + len(found[-1].text) == len(text)


@settings(max_examples=200)
@given(st.text(alphabet=st.sampled_from("aZé9 .,+-(){}[]$\"'\\u@=!~?:${"), max_size=40))
def test_tokens_never_fail_and_lose_nothing_but_blanks(text: str) -> None:
    found = tokens(text)
    rest = text
    for token in reversed(found):
        assert text.startswith(token.text, token.position)
        assert not rest[token.position + len(token.text) :].strip()
        rest = rest[: token.position]
    assert not rest.strip()
    try:
        parse(text)
    except ExpressionError:
        return
    assert [*found] == tokenize(text)[:-1]
