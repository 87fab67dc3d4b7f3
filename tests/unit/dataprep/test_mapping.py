"""Mapping sets on rows: nested records, arrays, object copies, and what a bad value costs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from aeptui.dataprep import ExpressionError, Mapped, MappingRule, PathError, check_mapping, compile_mapping

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _map(
    rules: list[tuple[str, str, str]], row: Mapping[str, object], fields: Mapping[str, str] | None = None
) -> Mapped:
    made = [MappingRule(kind, source, destination) for kind, source, destination in rules]  # type: ignore[arg-type]  # literals
    return compile_mapping(made, fields or {}, NOW)(row)


def test_columns_go_into_nested_typed_fields_and_nulls_are_left_out() -> None:
    mapped = _map(
        [
            ("ATTRIBUTE", "id", "_id"),
            ("ATTRIBUTE", "born", "person.birthDate"),
            ("ATTRIBUTE", "points", "loyalty.points"),
            ("ATTRIBUTE", "city", "homeAddress.city"),
            ("ATTRIBUTE", "absent", "homeAddress.street1"),
        ],
        {"id": "7", "born": "1980-02-03", "points": "12", "city": ""},
        {"_id": "string", "person.birthDate": "date", "loyalty.points": "integer", "homeAddress.city": "string"},
    )
    assert mapped == ({"_id": "7", "person": {"birthDate": date(1980, 2, 3)}, "loyalty": {"points": 12}}, (), ())


def test_a_failing_expression_gives_null_and_a_warning_and_keeps_the_row() -> None:
    mapped = _map(
        [("ATTRIBUTE", "id", "_id"), ("EXPRESSION", "date(d, 'yyyy-MM-dd')", "joined")],
        {"id": "7", "d": "soon"},
        {"_id": "string", "joined": "date"},
    )
    assert mapped.record == {"_id": "7"}
    assert not mapped.errors
    [warning] = mapped.warnings
    assert (warning.destination, warning.code) == ("joined", "MAPPER-3700-400")
    assert "'soon'" in warning.message


def test_an_expression_whose_value_is_of_the_wrong_type_is_a_warning_too() -> None:
    mapped = _map([("EXPRESSION", "concat(a, 'x')", "n")], {"a": "1"}, {"n": "integer"})
    assert mapped.record == {}
    assert [warning.destination for warning in mapped.warnings] == ["n"]


def test_a_copied_value_of_the_wrong_type_is_an_error_that_names_column_value_and_type() -> None:
    mapped = _map([("ATTRIBUTE", "points", "loyalty.points")], {"points": "many"}, {"loyalty.points": "integer"})
    [error] = mapped.errors
    assert error.code == "MAPPER-3700-400"
    for part in ("points", "'many'", "integer"):
        assert part in error.message


def test_now_is_one_value_for_the_whole_batch() -> None:
    mapper = compile_mapping([MappingRule("EXPRESSION", "now()", "at")], {"at": "date-time"}, NOW)
    assert mapper({}).record == mapper({}).record == {"at": NOW}


def test_a_static_value_becomes_the_type_of_its_field() -> None:
    assert _map([("STATIC", "12", "n"), ("STATIC", "x", "s")], {}, {"n": "integer", "s": "string"}).record == {
        "n": 12,
        "s": "x",
    }


def test_the_spellings_of_source_types_in_answers_are_accepted() -> None:
    mapped = _map([("text/x.schema-path", "a", "x"), ("text/x.aep-xl", "upper(a)", "y")], {"a": "v"})
    assert mapped.record == {"x": "v", "y": "V"}


def test_indexes_fill_one_array_and_gaps_are_null() -> None:
    rules = [("ATTRIBUTE", "b", "list[2].name"), ("ATTRIBUTE", "a", "list[0].name")]
    assert _map(rules, {"a": "A", "b": "B"}).record == {"list": [{"name": "A"}, None, {"name": "B"}]}


def test_stars_pair_elements_in_order_and_convert_each() -> None:
    rules = [("ATTRIBUTE", "lines[*].qty", "items[*].quantity"), ("ATTRIBUTE", "lines[*].sku", "items[*].product.sku")]
    row = {"lines": [{"qty": "1", "sku": "a"}, {"sku": "b"}, {"qty": "3", "sku": "c"}]}
    fields = {"items": "array", "items[*].quantity": "integer", "items[*].product.sku": "string"}
    assert _map(rules, row, fields).record == {
        "items": [
            {"quantity": 1, "product": {"sku": "a"}},
            {"product": {"sku": "b"}},
            {"quantity": 3, "product": {"sku": "c"}},
        ]
    }


def test_stars_that_do_not_pair_are_refused() -> None:
    with pytest.raises(PathError, match="pair"):
        _map([("ATTRIBUTE", "lines[*].qty", "quantity")], {})


def test_an_object_copy_keeps_shared_children_and_a_rename_is_applied_after_it() -> None:
    row = {"address": {"line1": "1 Way", "city": "Rome", "planet": "Earth"}}
    fields = {"addr": "object", "addr.addrLine1": "string", "addr.city": "string"}
    rules = [("ATTRIBUTE", "address.line1", "addr.addrLine1"), ("ATTRIBUTE", "address", "addr")]
    assert _map(rules, row, fields).record == {"addr": {"addrLine1": "1 Way", "city": "Rome"}}
    assert row == {"address": {"line1": "1 Way", "city": "Rome", "planet": "Earth"}}


def test_an_untyped_copy_never_shares_parts_with_its_row() -> None:
    row = {"o": {"list": [1]}}
    record = _map([("ATTRIBUTE", "o", "copy"), ("STATIC", "x", "copy.more")], row).record
    assert record == {"copy": {"list": [1], "more": "x"}}
    assert row == {"o": {"list": [1]}}


def test_an_array_of_objects_is_copied_child_by_child() -> None:
    row = {"emails": [{"name": "Ann", "age": "7", "extra": 1}]}
    fields = {"list": "array", "list.name": "string", "list.age": "integer"}
    assert _map([("ATTRIBUTE", "emails", "list")], row, fields).record == {"list": [{"name": "Ann", "age": 7}]}


def test_a_bad_child_of_a_copy_is_an_error_with_its_place() -> None:
    row = {"emails": [{"age": "7"}, {"age": "old"}]}
    [error] = _map([("ATTRIBUTE", "emails", "list")], row, {"list": "array", "list[*].age": "integer"}).errors
    assert "[1]: age: the text 'old'" in error.message


def test_map_keys_are_destinations() -> None:
    fields = {"identityMap": "map", "labels": "map"}
    assert _map([("ATTRIBUTE", "e", "labels.email"), ("STATIC", "v", "labels.other")], {"e": "a"}, fields).record == {
        "labels": {"email": "a", "other": "v"}
    }


@pytest.mark.parametrize("kind", ["map", "object"])
def test_an_empty_text_leaves_no_null_in_a_map_or_a_free_object(kind: str) -> None:
    mapped = _map(
        [("EXPRESSION", "to_object('a', a, 'b', b, 'c', {'d': a})", "m"), ("EXPRESSION", "{'a': a, 'b': b}", "n")],
        {"a": "", "b": "x"},
        {"m": kind, "n": "object"},
    )
    assert mapped == ({"m": {"b": "x", "c": {}}, "n": {"b": "x"}}, (), ())


def test_one_scalar_into_an_array_is_an_error() -> None:
    assert _map([("ATTRIBUTE", "a", "list")], {"a": "x"}, {"list": "array"}).errors


def test_a_scalar_in_the_way_of_a_child_is_an_error_and_no_crash() -> None:
    assert _map([("ATTRIBUTE", "a", "x"), ("ATTRIBUTE", "a", "x.y")], {"a": "1"}).errors


def test_wrong_rules_are_refused_when_the_set_is_compiled() -> None:
    with pytest.raises(ExpressionError):
        _map([("EXPRESSION", "lowr(a)", "x")], {})
    with pytest.raises(PathError):
        _map([("ATTRIBUTE", "a b", "x")], {})
    with pytest.raises(PathError):
        _map([("ATTRIBUTE", "a", "x[")], {})
    with pytest.raises(PathError):
        _map([("OTHER", "a", "x")], {})


FIELDS = {"person.name.firstName": "string", "loyalty.points": "integer", "tags": "array", "labels": "map"}
COLUMNS = ("first_name", "Points Total", "address.city")


@pytest.mark.parametrize(
    "rule",
    [
        ("ATTRIBUTE", "first_name", "person.name.firstName"),
        ("ATTRIBUTE", "${Points Total}", "loyalty.points"),
        ("ATTRIBUTE", "address.city", "labels.anything"),
        ("EXPRESSION", "to_integer(${Points Total})", "loyalty.points"),
        ("STATIC", "12", "loyalty.points"),
        ("STATIC", "x", "tags[0]"),
    ],
)
def test_a_good_mapping_has_no_problem(rule: tuple[str, str, str]) -> None:
    assert check_mapping(MappingRule(*rule), FIELDS, COLUMNS) is None  # type: ignore[arg-type]  # literals


@pytest.mark.parametrize(
    ("rule", "what", "fix"),
    [
        (("ATTRIBUTE", "first_name", "person.name.firstname"), "no field", "person.name.firstName"),
        (("ATTRIBUTE", "first_name", "person.nam.firstName"), "no field", "person.name.firstName"),
        (("ATTRIBUTE", "frst_name", "person.name.firstName"), "no column", "first_name"),
        (("ATTRIBUTE", "Points Total", "loyalty.points"), "not a path", "${Points Total}"),
        (("ATTRIBUTE", "address.cty", "person.name.firstName"), "no column", "address.city"),
        (("ATTRIBUTE", "", "person.name.firstName"), "not a path", "Choose a column"),
        (("ATTRIBUTE", "first_name", ""), "not a path", "person.name"),
        (("ATTRIBUTE", "a[*].b", "tags"), "[*]", "as many"),
        (("EXPRESSION", "lowr(first_name)", "person.name.firstName"), "lowr", "lower"),
        (("EXPRESSION", "lower(first_nam)", "person.name.firstName"), "no column first_nam", "first_name"),
        (("STATIC", "many", "loyalty.points"), "integer", "constant"),
        (("OTHER", "a", "tags"), "source type", "ATTRIBUTE"),
    ],
)
def test_a_problem_names_what_is_wrong_and_the_closest_right_thing(
    rule: tuple[str, str, str], what: str, fix: str
) -> None:
    problem = check_mapping(MappingRule(*rule), FIELDS, COLUMNS)  # type: ignore[arg-type]  # literals
    assert problem is not None
    assert what in problem.what
    assert fix in problem.fix


@pytest.mark.parametrize(
    ("source", "position", "fix"),
    [
        ("concat(first_name, name)", 19, "Did you mean names?"),
        ("upper(${Frist Name})", 6, "Did you mean ${First Name}?"),
        ("names + a\\.bb", 8, "Did you mean a.b?"),
        ("zz + aa", 0, "Choose a column of the file"),
        ("concat(names, order.totl)", 14, "Did you mean order.total?"),
    ],
)
def test_an_unknown_column_is_shown_where_it_stands(source: str, position: int, fix: str) -> None:
    columns = ["first_name", "names", "First Name", "a.b", "order.total"]
    problem = check_mapping(MappingRule("EXPRESSION", source, "a"), {"a": "string"}, columns)
    assert problem is not None
    assert (problem.position, problem.fix) == (position, fix)


@pytest.mark.parametrize(
    ("target", "fix"),
    [
        ("person.name.cour", "Did you mean person.name.courtesyTitle?"),
        ("person.name.lstName", "Did you mean person.name.lastName?"),
        ("homeAddress.city", "Did you mean address.city?"),
        ("_acme.member.level", "Choose a field of the target schema"),
    ],
)
def test_an_unknown_target_is_taken_for_one_that_begins_so_or_is_written_alike(target: str, fix: str) -> None:
    paths = ("person.name.courtesyTitle", "person.name.lastName", "person.name", "address.city", "address.label")
    problem = check_mapping(MappingRule("ATTRIBUTE", "a", target), dict.fromkeys(paths, "string"), ["a"])
    assert problem is not None
    assert problem.fix == fix
