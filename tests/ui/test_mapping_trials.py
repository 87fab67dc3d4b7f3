"""Mapping rows tried on a sample row, completed while they are typed, and told of when they are wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from aeptui.chain.live_mapping_checks import Sample as LiveSample
from aeptui.chain.live_mapping_checks import live_mapping_problems
from aeptui.chain.mapping_rows import rule_of
from aeptui.chain.pipeline import MappingRow, Pipeline
from aeptui.chain.places import Places
from aeptui.dataprep import compile_mapping
from aeptui.ui.screens.pipeline_sections.mapping.form.completion import Sources, Suggestion, Suggestions, Targets
from aeptui.ui.screens.pipeline_sections.mapping.form.tallies import found_of, mapper_of
from aeptui.ui.screens.pipeline_sections.mapping.rows import MappingRows
from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial, row_of, sentence
from aeptui.ui.screens.pipeline_sections.reading import mapping_problems
from aeptui.ui.screens.pipeline_sections.state import EditorState

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
ROW = {"Email": "Ada@Example.com", "Age": "36", "Born": "not a day", "First Name": "Ada"}
TYPES = {"personalEmail.address": "string", "person.age": "integer", "person.birthDate": "date", "person": "object"}


def trial(row: dict[str, object] | None = None) -> Trial:
    return Trial(TYPES, tuple(ROW), dict(ROW) if row is None else row, NOW)


# Trials


def test_a_copied_column_is_made_of_the_type_of_its_target() -> None:
    tried = trial().of(MappingRow(source="Age", target="person.age"))
    assert (tried.state, tried.given, tried.made, tried.type) == ("ok", "36", 36, "integer")


def test_an_expression_runs_on_the_sample_row() -> None:
    tried = trial().of(MappingRow(expression="lower(Email)", target="personalEmail.address"))
    assert (tried.state, tried.made) == ("ok", "ada@example.com")


def test_a_value_that_cannot_become_the_type_says_that_the_row_would_be_rejected() -> None:
    tried = trial().of(MappingRow(source="Born", target="person.birthDate"))
    assert tried.state == "error"
    assert tried.is_about_value
    assert "rejected" in tried.reason


def test_an_expression_that_fails_on_the_row_is_a_warning_because_the_row_is_kept() -> None:
    tried = trial().of(MappingRow(expression='date(Born, "yyyy-MM-dd")', target="person.birthDate"))
    assert tried.state == "warning"
    assert "null" in tried.reason


@pytest.mark.parametrize(
    ("value", "held", "wrong"),
    [
        ([{"sku": "a"}], "string", "the array holds an object, which is not of the type string"),
        (["a", 5], "string", "the array holds 5, which is not of the type string"),
        ([True], "integer", "the array holds true, which is not of the type integer"),
        (["a", None], "string", ""),
        ([{"sku": "a"}], "object", ""),
    ],
)
def test_an_array_written_whole_is_refused_for_an_item_of_another_type(value: object, held: str, wrong: str) -> None:
    rows: list[dict[str, object]] = [{"Tags": value}, {"Tags": []}, {"Tags": None}]
    whole = Trial({"tags": "array"}, ("Tags",), rows[0], NOW, {"tags": held})
    row = MappingRow(source="Tags", target="tags")
    tried = whole.of(row)
    assert (tried.state, tried.reason.partition(";")[0]) == (("error", wrong) if wrong else ("ok", ""))
    assert [why for _, why in found_of(row, whole, rows)] == [wrong, "", ""]


def test_a_wrong_expression_says_where() -> None:
    tried = trial().of(MappingRow(expression="lower(Email", target="personalEmail.address"))
    assert tried.state == "error"
    assert tried.position is not None


def test_an_unknown_field_names_the_nearest_one_when_it_is_looked_at() -> None:
    row = MappingRow(source="Email", target="personalEmail.adress")
    assert "personalEmail.address" in sentence(trial().explained(row))


def test_a_row_is_tried_once() -> None:
    subject = trial()
    row = MappingRow(source="Age", target="person.age")
    assert subject.of(row) is subject.of(row)


@pytest.mark.parametrize(
    ("text", "is_copy"),
    [("Email", True), ("${First Name}", True), ("lower(Email)", False), ("Age + 1", False), ('"x"', False)],
)
def test_what_names_a_column_is_copied_and_all_else_is_calculated(text: str, is_copy: bool) -> None:
    assert (row_of(text, "t", tuple(ROW)).source is not None) is is_copy


def test_grid_rows_are_made_only_when_they_are_looked_at() -> None:
    subject = trial()
    rows = tuple(MappingRow(expression=f"concat(Email, {number})", target="person.age") for number in range(10_000))
    source = MappingRows(rows, subject, {})
    assert len(source) == 10_000
    assert source.row(9_999).key == "9999"
    assert len(subject._known) == 1


# Completion

COLUMNS: Any = [SimpleNamespace(name=name, type="string") for name in ROW]
FIELDS: Any = [
    SimpleNamespace(path=path, type=type_name, title="", required=path == "person.age", is_leaf=type_name != "object")
    for path, type_name in TYPES.items()
]


def listed(found: Suggestions) -> list[Suggestion]:
    return [one for one in map(found.at, range(len(found))) if one is not None]


def test_columns_come_before_functions_and_are_quoted_when_they_have_to_be() -> None:
    found = listed(Sources(COLUMNS).find("fir", 3, ROW))
    assert found[0].text == "${First Name}"
    found = listed(Sources(COLUMNS).find("lo", 2, ROW))
    assert any(one.text == "lower" and one.is_call for one in found)


def test_the_word_at_the_caret_is_completed_inside_an_expression() -> None:
    text = "lower(Em"
    assert listed(Sources(COLUMNS).find(text, len(text), ROW))[0].text == "Email"


def test_fields_that_are_free_come_first_and_every_word_has_to_occur() -> None:
    paths = [one.text for one in listed(Targets(FIELDS, {"person.age"}).find("person"))]
    assert paths.index("person.birthDate") < paths.index("person.age")
    assert [one.text for one in listed(Targets(FIELDS, set()).find("person birth"))] == ["person.birthDate"]


# Problems


async def test_the_list_of_mapping_problems_ends_somewhere_and_names_rows() -> None:
    rows = tuple(MappingRow(source="Email", target=f"nowhere.at{number}") for number in range(1000))
    state = EditorState(Pipeline(mapping=rows), NOW)
    found = await mapping_problems(state, (), Places({("mapping", 1): 7}), trial())
    assert 100 < len(found) < 1000
    assert [(problem.row, problem.line) for problem in found[:3]] == [(0, 1), (1, 7), (2, 1)]
    assert {problem.section for problem in found} == {"mapping"}


async def test_the_editor_and_the_live_check_tell_of_a_row_in_the_same_words_so_that_it_is_listed_once() -> None:
    rows = (
        MappingRow(source="Email", target="personalEmail.adress"),
        MappingRow(source="Emial", target="personalEmail.address"),
        MappingRow(expression="lower(Emial)", target="person.age"),
    )
    subject = trial()
    found = await mapping_problems(EditorState(Pipeline(mapping=rows), NOW), (), Places(), subject)
    live = live_mapping_problems(Pipeline(mapping=rows), Places(), fields=TYPES, sample=LiveSample(tuple(ROW)))
    assert [(one.where, one.what, one.fix) for one in found] == [(one.where, one.what, one.fix) for one in live if one]


@pytest.mark.parametrize(
    "target",
    ["a.n", "a", "a.nothing", "a.list[0].n", "a.list[*].n", "a.list[0].no", "a.list", "a.map.any", "a.free.any", "b"],
)
def test_a_row_is_tallied_with_the_fields_around_its_target_as_with_all_of_them(target: str) -> None:
    types = {"a": "object", "a.n": "integer", "a.list": "array", "a.list[*].n": "integer", "a.list[*].t": "string"}
    types |= {"a.map": "map", "a.free": "object", "c": "string", "c.d": "string"}
    values: dict[str, object] = {"C": "x", "N": "7", "O": {"n": "x", "m": 1}, "L": [{"n": "x"}, {"n": "1"}]}
    for source in values:
        row = MappingRow(source=f"{source}[*].n" if "*" in target else source, target=target)
        mapper = mapper_of(row, Trial(types, None, None, NOW))
        whole = compile_mapping([rule_of(row)], types, NOW)
        assert mapper is not None
        assert mapper(values) == whole(values)
