"""Mapping rows against a schema and a sample of the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aeptui.chain.live_mapping_checks import Sample, live_mapping_problems
from aeptui.chain.pipeline import MappingRow, Pipeline
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem

FIELDS = {
    "_id": "string",
    "timestamp": "date-time",
    "person": "object",
    "person.birthDate": "date",
    "person.name": "object",
    "person.name.firstName": "string",
    "items": "array",
    "items[*].sku": "string",
    "loyalty": "object",
    "loyalty.points": "number",
    "loyalty.tier": "string",
}
ROWS: tuple[dict[str, Any], ...] = (
    {"Id": "1", "Born": "1990-01-02", "First": "Ada", "Word": "x", "At": "2026-11-23T14:00:00Z"},
    {"Id": "2", "Born": None, "First": "Bo", "Word": "y", "At": "2026-11-23T14:00:01Z"},
)


def check(
    *rows: MappingRow, required: Sequence[str] = (), sample: Sample | None = None, fields: dict[str, str] = FIELDS
) -> list[Problem]:
    shown = sample or Sample(("Id", "Born", "First", "Word", "At"), ROWS)
    steps = live_mapping_problems(Pipeline(mapping=rows), Places(), fields=fields, required=required, sample=shown)
    return [one for one in steps if one is not None]


def test_rows_that_fit_have_no_problem() -> None:
    assert not check(
        MappingRow(source="Id", target="_id"),
        MappingRow(source="Born", target="person.birthDate"),
        MappingRow(expression="lower(First)", target="person.name.firstName"),
        MappingRow(source="Id", target="items[0].sku"),
        required=["_id"],
    )


def test_a_row_with_a_wrong_column_and_a_wrong_target_has_two_problems() -> None:
    target, source = check(MappingRow(source="Frist", target="person.name.fristName"))
    assert (target.where, target.fix) == ("mapping 1: target", "Did you mean person.name.firstName?")
    assert (source.where, source.fix) == ("mapping 1: source", "Did you mean First?")


def test_a_column_inside_an_expression_is_looked_up_too() -> None:
    (problem,) = check(MappingRow(expression="concat(First, Lats)", target="person.name.firstName"))
    assert problem.where == "mapping 1: expression"
    assert "Lats" in problem.what


def test_a_wrong_target_does_not_hide_behind_a_wrong_expression() -> None:
    (problem,) = check(MappingRow(expression="lower(", target="person.nme"))
    assert problem.where == "mapping 1: target"


def test_values_that_can_never_have_the_targets_type_are_a_warning() -> None:
    (problem,) = check(MappingRow(source="Word", target="person.birthDate"))
    assert problem.severity == "warning"
    assert "None of the first 2 values can become date" in problem.what


def test_an_expression_that_fails_on_every_row_is_a_warning() -> None:
    (problem,) = check(MappingRow(expression="to_integer(Word)", target="loyalty.points"))
    assert (problem.severity, problem.where) == ("warning", "mapping 1: expression")


def test_a_single_value_does_not_go_into_an_object() -> None:
    (problem,) = check(MappingRow(source="First", target="person.name"))
    assert (problem.severity, problem.where) == ("error", "mapping 1: target")
    assert "firstName" in problem.fix


def test_required_fields_without_a_mapping_are_named() -> None:
    problems = check(
        MappingRow(source="First", target="loyalty.tier"), required=["_id", "loyalty.points", "person.name"]
    )
    assert [problem.what for problem in problems] == [
        "The required field _id has no mapping",
        "The required field loyalty.points of loyalty has no mapping",
    ]


def test_a_required_field_whose_mapping_is_misspelt_is_one_problem() -> None:
    (problem,) = check(MappingRow(source="At", target="timestmap"), required=["timestamp"])
    assert problem.fix == "Did you mean timestamp?"


def test_a_whole_object_fills_its_required_fields() -> None:
    sample = Sample(("loyalty", "loyalty.points"), ({"loyalty": {"points": 3}},))
    assert not check(MappingRow(source="loyalty", target="loyalty"), required=["loyalty.points"], sample=sample)


def test_a_key_that_json_rows_may_still_bring_is_a_warning_only() -> None:
    sample = Sample(
        ("id", "customer", "customer.email"), ({"id": "1", "customer": {"email": "x"}},), is_whole_header=False
    )
    (unseen,) = check(MappingRow(source="voucherNumber", target="_id"), sample=sample)
    (misspelt,) = check(MappingRow(source="customer.emial", target="_id"), sample=sample)
    assert (unseen.severity, misspelt.severity) == ("warning", "error")
    assert misspelt.fix == "Did you mean customer.email?"


def test_without_a_schema_or_a_file_nothing_is_claimed() -> None:
    rows = Pipeline(mapping=(MappingRow(source="nowhere", target="no.such.field"),))
    assert not any(live_mapping_problems(rows, Places(), fields={}, required=["_id"], sample=None))
