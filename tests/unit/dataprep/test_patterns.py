"""Java regular expressions: their own syntax, the same answer from both engines, and no text that hangs."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aeptui.dataprep import TransformError, evaluate
from aeptui.dataprep.patterns import extract, matches, split_by
from aeptui.dataprep.regex_machine import MAX_STEPS, Machine
from aeptui.dataprep.regex_syntax import parse_regex, to_python


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("\\p{L}+", "Zoë", True),
        ("\\p{Lu}\\p{Ll}*", "Ünï", True),
        ("\\P{L}+", "12", True),
        ("[\\p{Alpha}\\-_]+", "a-b_c", True),
        ("\\pL", "x", True),
        ("\\d+", "٣", False),
        ("\\w+", "é", False),
        ("\\Qa.b\\E+", "a.bb", True),
        ("(?i)ABC", "abc", True),
        ("a(?i:B)c", "abc", True),
        ("a(?i:B)C", "abc", False),
        ("(?<y>\\d{4})-\\k<y>", "2026-2026", True),
        ("(a|b)\\1", "aa", True),
        ("(a|b)\\1", "ab", False),
        ("a*+a", "aaa", False),
        ("(?>a|ab)c", "abc", False),
        ("a\\h+b", "a\u00a0 b", True),
        ("a\\v\\H\\V", "a\u2028bc", True),
        ("a\\R{2}", "a\r\n", False),
        ("a\\R{2}", "a\n\r\n", True),
        ("é\\b.", "é-", True),
        ("(?m)a$[\\s\\S]^b", "a\rb", True),
        ("(?m)a\r$\n^b", "a\r\nb", False),
        ("a.b", "a\nb", False),
        ("(?s)a.b", "a\nb", True),
        ("(?=ab)a.", "ab", True),
        ("(?!ab)a.", "ab", False),
        ("a(?<=a)b", "ab", True),
        ("\\u0041\\x42\\x{43}", "ABC", True),
        ("[^,]+", "ab", True),
        ("[]a]+", "]a", True),
        ("[+--]+", "+,-", True),
        ("[--/]+", "-./", True),
        ("[\\d-x]+", "1-x", True),
        ("[a-c-]+", "b-", True),
        ("[^-a]", "-", False),
        ("(?:ab){2,3}?", "ababab", True),
        ("", "", True),
    ],
)
def test_java_syntax_has_its_meaning_in_both_engines(pattern: str, text: str, expected: bool) -> None:
    assert matches(text, pattern) is expected
    assert Machine(parse_regex(pattern)).match_whole(text, [MAX_STEPS]) is expected


@pytest.mark.parametrize("name", ["L", "Lu", "Nd", "P", "Sc", "Zs", "C", "Cn", "Co"])
def test_a_property_means_the_characters_of_its_category(name: str) -> None:
    odd = [0x3FFFF, 0x40000, 0xDFFFF, 0xE0001, 0xE01EF, 0xEFFFF, 0xF0000, 0xFFFFD, 0xFFFFE, 0x10FFFD, 0x10FFFF]
    for point in [*range(0x2000), *range(0x10000, 0x10400), *odd]:
        inside = unicodedata.category(chr(point)).startswith(name)
        assert matches(chr(point), f"\\p{{{name}}}") is inside, hex(point)


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        ")",
        "[a",
        "a**",
        "*a",
        "a{2,1}",
        "[a&&b]",
        "[a[b]]",
        "\\",
        "\\p{Nope}",
        "\\2(a)",
        "(?x)a",
        "\\y",
        "(?<n>a)(?<n>b)",
    ],
)
def test_what_is_not_supported_is_refused_with_the_argument_named(pattern: str) -> None:
    with pytest.raises(TransformError, match="not a regular expression"):
        matches("a", pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+b", "a" * 1_000_000),
        ("(a|a)*b", "a" * 5_000),
        ("(.*)(.*)(.*)x", "a" * 1_000_000),
        ("(\\w+\\s?)*!", "word " * 200_000),
        ("a?" * 40 + "a" * 40, "a" * 39),
        ("(?:(?:a{0,9}){0,9}){0,9}b", "a" * 100),
    ],
)
def test_a_runaway_expression_is_stopped_within_seconds(pattern: str, text: str) -> None:
    started = time.monotonic()
    for function in ("matches_regex", "extract_regex", "explode"):
        try:
            evaluate(f"{function}(t, p)", {"t": text, "p": pattern})
        except TransformError as error:
            assert "too many steps" in str(error)  # noqa: PT017  # both outcomes are fine, hanging is not
    assert time.monotonic() - started < 20


def test_ordinary_expressions_still_work_on_a_megabyte() -> None:
    text = "k=v;" * 250_000 + "last=1"
    assert matches(text, "[a-z=;]+\\d") is True
    assert extract(text, "last=(\\d+)") == ["last=1", "1"]
    assert len(split_by(text, ";")) == 250_001
    assert matches("field," * 100_000 + "end", "([^,]+),.*,([^,]+)") is True


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        # the end of the last line, as Java knows ends of lines
        ("b$", "ab\r\n", ["b"]),
        ("b$", "ab\r", ["b"]),
        ("b\\Z", "ab\u2028", ["b"]),
        ("\\r$", "a\r\n", []),
        ("(?m)^", "", []),
        ("(?m)^b", "a\u0085b", ["b"]),
    ],
)
def test_a_line_ends_where_java_ends_it(pattern: str, text: str, expected: list[str]) -> None:
    assert extract(text, pattern) == expected
    spans = Machine(parse_regex(pattern)).search(text, 0, [MAX_STEPS])
    assert ([] if spans is None else [text[spans[0] : spans[1]]]) == expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (",", ",,,", []),
        (",", "", [""]),
        (",", "a,b,,", ["a", "b"]),
        (",", ",a", ["", "a"]),
        ("", "abc", ["a", "b", "c"]),
        # after a match of nothing Java goes on behind the next character
        ("b*?", "abb", ["a", "b", "b"]),
        ("|b", "abb", ["a", "b", "b"]),
        ("b*", "abbc", ["a", "", "c"]),
        ("(?=[A-Z])", "aBcD", ["a", "Bc", "D"]),
        ("\\b", "é-a", ["é", "-", "a"]),
    ],
)
def test_a_text_is_split_as_java_splits_it(pattern: str, text: str, expected: list[str]) -> None:
    assert evaluate("explode(t, p)", {"t": text, "p": pattern}) == expected


def test_every_character_of_a_separator_splits_and_only_separators_leave_nothing() -> None:
    assert evaluate("split(',;,', ',;')", {}) == []
    assert evaluate("split('', ',;')", {}) == [""]


_ATOMS = st.sampled_from(
    ["a", "b", ".", "[ab]", "[^a]", "\\w", "\\b", "^", "$", "(a|b)", "(?:ab)", "(a)", "(?=a)", "(?!b)", "(?>a|ab)"]
)
_PARTS = st.tuples(_ATOMS, st.sampled_from(["", "", "*", "+", "?", "*?", "+?", "{1,2}", "{0,3}?", "++"])).map("".join)


@settings(max_examples=600, deadline=None)
@given(st.lists(_PARTS, min_size=1, max_size=4).map("".join), st.text(alphabet="ab ", max_size=7))
def test_both_engines_agree(pattern: str, text: str) -> None:
    try:
        parsed = parse_regex(pattern)
        compiled = re.compile(to_python(parsed.node), re.ASCII)
    except ValueError:
        return
    machine = Machine(parsed)
    assert machine.match_whole(text, [MAX_STEPS]) is (compiled.fullmatch(text) is not None)
    expected = compiled.search(text)
    spans = machine.search(text, 0, [MAX_STEPS])
    assert (None if spans is None else spans[:2]) == (None if expected is None else expected.span())
    if spans is not None and expected is not None:
        assert [spans[2 * group : 2 * group + 2] for group in range(1, compiled.groups + 1)] == [
            expected.span(group) for group in range(1, compiled.groups + 1)
        ]
