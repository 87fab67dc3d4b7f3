"""What can be done to mapping rows as texts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from aeptui.chain.mapping_rows import (
    as_copy,
    as_expression,
    common_object,
    doubled,
    moving,
    replacing_in_source,
    replacing_in_target,
    wrapping,
)
from aeptui.chain.pipeline import MappingRow
from aeptui.dataprep import SourcePath, evaluate, quote_column

_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.sampled_from(
    ["and", "null", "a.b", "First Name", "}", "\\", "a-b"]
)


def copy(source: str, target: str = "t") -> MappingRow:
    return MappingRow(source=source, target=target)


def calculation(expression: str, target: str = "t") -> MappingRow:
    return MappingRow(expression=expression, target=target)


@settings(max_examples=60, deadline=None)
@given(_NAMES)
def test_a_copy_as_an_expression_reads_the_same_column_and_can_be_turned_back(name: str) -> None:
    row = copy(quote_column(name))
    turned = as_expression(row)
    assert evaluate(turned.expression or "", {name: "value"}) == "value"
    back = as_copy(turned)
    assert back.source is not None
    assert SourcePath.parse(back.source).get({name: "value"}) == "value"


def test_names_that_only_a_path_writes_plainly_are_quoted_in_an_expression() -> None:
    assert as_expression(copy("Email")).expression == "Email"
    assert as_expression(copy("a[0].b")).expression == "a[0].b"
    assert as_expression(copy("and")).expression == "${and}"
    assert as_expression(copy("a\\-b.c[*]")).expression == "${a-b}.c[*]"
    assert as_expression(copy("First Name")).expression == "${First Name}"


def test_only_what_calculates_nothing_becomes_a_copy() -> None:
    assert as_copy(calculation(" ${First Name} ")) == copy("${First Name}")
    assert as_copy(calculation("a.b[1].c")) == copy("a.b[1].c")
    for text in ("lower(a)", "a + 1", '"a"', "a.trim()", "null", "a[b]", "("):
        assert as_copy(calculation(text)) == calculation(text)


def test_wrapping_puts_the_source_where_the_braces_stand() -> None:
    assert wrapping("trim({})")(copy("${First Name}")) == calculation("trim(${First Name})")
    assert wrapping('nullif({}, "")')(calculation("a + b")) == calculation('nullif(a + b, "")')
    assert wrapping("{} * 2 + {}")(calculation("a + b")) == calculation("(a + b) * 2 + (a + b)")
    assert wrapping("{}.trim()")(calculation("a ?: b")) == calculation("(a ?: b).trim()")
    assert wrapping('concat("{}", {})')(copy("a")) == calculation('concat("{}", a)')


def test_wrapping_without_braces_or_without_a_source_changes_nothing() -> None:
    assert wrapping("trim(x)")(copy("a")) == copy("a")
    assert wrapping("trim({")(copy("a")) == copy("a")
    assert wrapping("trim({})")(MappingRow(target="t")) == MappingRow(target="t")


def test_a_renamed_column_is_quoted_when_it_has_to_be() -> None:
    rename = replacing_in_source("First_Name", "First Name")
    assert rename(copy("First_Name")) == copy("${First Name}")
    assert rename(copy("Last")) == copy("Last")
    assert replacing_in_source("a", "b")(calculation("lower(a)")) == calculation("lower(b)")
    assert replacing_in_target("old", "new")(copy("a", "x.old")) == copy("a", "x.new")


def test_targets_are_moved_under_another_object_whole_names_only() -> None:
    move = moving("_acme.old", "_acme.new")
    assert move(copy("a", "_acme.old.x")).target == "_acme.new.x"
    assert move(copy("a", "_acme.old[0].x")).target == "_acme.new[0].x"
    assert move(copy("a", "_acme.older.x")).target == "_acme.older.x"
    assert moving("", "_acme")(copy("a", "x.y")).target == "_acme.x.y"
    assert moving("_acme", "")(copy("a", "_acme.x")).target == "x"
    assert moving("_acme", "")(copy("a", "_acme")).target == "_acme"
    assert common_object([copy("a", "p.q.x"), copy("b", "p.q.y.z"), copy("c", "")]) == "p.q"


def test_a_double_stands_below_with_the_next_free_index_or_no_target() -> None:
    rows = (copy("a", "x"), copy("b", "mails[0].address"), copy("c", "mails[1].address"))
    made, copies = doubled(rows, [1, 0])
    assert [row.target for row in made] == ["x", "", "mails[0].address", "mails[2].address", "mails[1].address"]
    assert copies == (1, 3)
    assert made[3].source == "b"
