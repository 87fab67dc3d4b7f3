"""What the expression editor works out without a screen: looks, calls, completions, fixes, and the service's word."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from aeptui.chain.pipeline import MappingRow
from aeptui.session.mappings import ServiceWord
from aeptui.ui.screens.pipeline_sections.mapping.form.completion import Sources, Targets, home_of
from aeptui.ui.screens.pipeline_sections.mapping.form.fixes import Around, Fix, fix_of
from aeptui.ui.screens.pipeline_sections.mapping.form.highlighting import ColumnNames, brackets, operand_end, spans
from aeptui.ui.screens.pipeline_sections.mapping.form.service_words import verdict
from aeptui.ui.screens.pipeline_sections.mapping.form.signatures import call_at
from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial
from tests.ui.pipeline_stage import NOW, Field

TYPES = {
    "a.count": "integer",
    "a.long": "long",
    "a.ratio": "number",
    "a.when": "date",
    "a.at": "date-time",
    "a.flag": "boolean",
    "a.name": "string",
    "a.town": "string",
    "homeAddress.city": "string",
}
FIELDS: Any = [Field(path, kind) for path, kind in TYPES.items()]


def fix(row: MappingRow, *values: object, column: str = "Value", taken: tuple[str, ...] = ()) -> Fix | None:
    """The fix of a row over a file of one column beside `First Name`."""
    rows = [{column: value, "First Name": "x"} for value in values]
    names = (column, "First Name")
    columns: Any = [SimpleNamespace(name=name, type="string") for name in names]
    trial = Trial(TYPES, names, rows[0] if rows else None, NOW)
    return fix_of(row, trial, Around(FIELDS, dict.fromkeys(taken, ""), columns, rows))


def mended(target: str, *values: object) -> str | None:
    found = fix(MappingRow(source="Value", target=target), *values)
    return found.row.expression if found is not None and found.row is not None else None


@pytest.mark.parametrize(
    ("target", "values", "expression"),
    [
        ("a.count", (" 12", "7 ", ""), "to_integer(trim(Value))"),
        ("a.count", ("1,200", "7", None), 'to_integer(replacestr(trim(Value), ",", ""))'),
        ("a.long", ("1 200 000 000 000", "5"), 'to_bigint(replacestr(trim(Value), " ", ""))'),
        ("a.ratio", ("12,5", "3,75"), 'to_decimal(replacestr(trim(Value), ",", "."))'),
        ("a.when", ("13/02/2024", "01/02/2024"), 'date(Value, "dd/MM/yyyy")'),
        ("a.at", ("13/02/2024 10:30", "01/02/2024 23:59"), 'date(Value, "dd/MM/yyyy HH:mm")'),
        ("a.at", ("1700000000000", "1700000000001"), "date(dformat(to_bigint(Value), \"yyyy-MM-dd'T'HH:mm:ss.SSSX\"))"),
        ("a.when", ("2024-02-13 ", "2024-02-14"), "trim(Value)"),
        ("a.flag", ("Yes", "No", "yes"), "lower(trim(Value))"),
        ("a.flag", ("1", "0", "1"), 'decode(lower(trim(Value)), "0", false, "1", true)'),
    ],
)
def test_a_value_of_another_type_is_converted_when_every_sample_value_then_passes(
    target: str, values: tuple[object, ...], expression: str
) -> None:
    assert mended(target, *values) == expression


def test_what_may_mean_two_things_is_said_and_not_done() -> None:
    found = fix(MappingRow(source="Value", target="a.at"), "01/02/2024 10:30", "03/04/2024 11:00")
    assert found is not None
    assert found.row is None
    assert "dd/MM/yyyy" in found.what
    assert "MM/dd/yyyy" in found.what
    thousands = fix(MappingRow(source="Value", target="a.ratio"), "1,234", "5,678")
    assert thousands is not None
    assert thousands.row is None


def test_a_few_bad_values_are_dirt_and_get_no_fix() -> None:
    assert fix(MappingRow(source="Value", target="a.when"), "2024-01-01", "2024-01-02", "2024-02-31") is None


def test_a_column_that_means_another_field_is_mapped_there_unless_it_is_taken() -> None:
    row = MappingRow(source="City", target="a.count")
    found = fix(row, "Roma", "Oslo", column="City")
    assert found is not None
    assert found.row == MappingRow(source="City", target="homeAddress.city")
    assert fix(row, "Roma", "Oslo", column="City", taken=("homeAddress.city", "a.town")) is None
    calculated = fix(MappingRow(expression="upper(City)", target="a.when"), "Roma", "Oslo", column="City")
    assert calculated is not None
    assert calculated.row == MappingRow(expression="upper(City)", target="homeAddress.city")


def test_a_name_that_needs_quotes_keeps_them_in_a_conversion() -> None:
    found = fix(MappingRow(source="${Points so far}", target="a.count"), " 1", "2", column="Points so far")
    assert found is not None
    assert found.row == MappingRow(expression="to_integer(trim(${Points so far}))", target="a.count")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("uper(Value)", "upper(Value)"),
        ("Upper(value", "upper(Value)"),
        ("concat(Valeu, 'x", "concat(Value, 'x')"),
        ("lower(First Name)", "lower(${First Name})"),
        ("uper(Something", "upper(Something)"),
        ("First Name", "${First Name}"),
        ("lower(${First  Nme})", "lower(${First Name})"),
        ("lower(Something)", None),
        ("xyz(Value)", None),
        ("now(", "now()"),
        ("lower(", None),
        ('concat(Value, " ",', None),
    ],
)
def test_names_that_can_only_mean_one_thing_are_put_right(text: str, right: str | None) -> None:
    found = fix(MappingRow(expression=text, target="a.name"), "x")
    made = found.row if found is not None else None
    assert ((made.expression or made.source) if made is not None else None) == right


def test_a_target_with_a_slip_is_put_right() -> None:
    found = fix(MappingRow(source="Value", target="homeAddress.ctiy"), "x")
    assert found is not None
    assert found.row == MappingRow(source="Value", target="homeAddress.city")


def test_a_target_that_only_one_field_begins_with_is_written_to_its_end() -> None:
    found = fix(MappingRow(source="Value", target="homeAddress.ci"), "x")
    assert found is not None
    assert found.row is not None
    assert found.row.target == "homeAddress.city"


def test_every_part_of_an_expression_has_its_look() -> None:
    names = ColumnNames(["City", "a.b"])
    text = "upper(City) + nope(Twon, ${a.b}, 'x', 1) and \"y"
    looks = [(text[one.start : one.end], one.look) for one in spans(text, names) if one.look != "operator"]
    assert looks == [
        ("upper", "function"),
        ("City", "column"),
        ("nope", "unknown"),
        ("Twon", "unknown"),
        ("${a.b}", "column"),
        ("'x'", "string"),
        ("1", "number"),
        ("and", "keyword"),
        ('"y', "error"),
    ]
    assert [one.start for one in brackets("f(g(x))", 7)] == [6, 1]
    assert brackets("f(')')", 4) == []


def test_the_argument_at_the_caret_is_known_inside_nested_calls() -> None:
    text = "concat(nvl(City, 'a,b'), [1, 2], "
    at = [call_at(text, caret) for caret in (len(text), text.index("'a"), 0)]
    assert [(one.function.name, one.argument) if one else None for one in at] == [("concat", 2), ("nvl", 1), None]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Email", "Email"),
        ("a.b[0].c, x", "a.b[0].c"),
        ("f(x, g(y)) + 1", "f(x, g(y))"),
        ("'a b')", "'a b'"),
        (") x", ""),
    ],
)
def test_the_value_in_front_of_which_a_function_is_put_becomes_its_argument(text: str, value: str) -> None:
    assert text[: operand_end(text)] == value


def test_a_name_with_blanks_is_completed_from_its_beginning() -> None:
    columns: Any = [SimpleNamespace(name=name, type="string") for name in ("First Name", "Name")]
    found = Sources(columns).find("lower(first na", 14, None).at(0)
    assert found is not None
    assert (found.text, found.start) == ("${First Name}", 6)


def test_a_target_is_looked_for_first_where_the_columns_of_its_source_are() -> None:
    taken = {"a.name": "First", "a.town": "Last", "homeAddress.city": "City"}
    assert home_of(MappingRow(expression="concat(First, Last)"), taken) == "a."
    assert home_of(MappingRow(expression="concat(First, City)"), taken) == ""
    assert home_of(MappingRow(expression="concat(First,"), taken) == ""
    first = Targets(FIELDS, taken).find("", home_of(MappingRow(source="City"), {"a.name": "City"})).at(0)
    assert first is not None
    assert first.text.startswith("a.")


TRIAL = Trial(TYPES, ("Value",), {"Value": "12"}, NOW)


@pytest.mark.parametrize(
    ("row", "word", "said"),
    [
        (MappingRow(source="Value", target="a.count"), ServiceWord("record", (), {"a": {"count": "12"}}), "agrees"),
        (MappingRow(source="Value", target="a.count"), ServiceWord("record", (), {"a": {"count": 13}}), "it makes 13"),
        (MappingRow(source="Value", target="a.count"), ServiceWord("record", (), {}), "it makes null, here comes 12"),
        (MappingRow(source="Value", target="a.count"), ServiceWord("record", ("no",)), "differs: it says no"),
        (MappingRow(source="Value", target="a.nope"), ServiceWord("record", (), {}), "finds nothing wrong"),
        (MappingRow(source="Value", target="a.nope"), ServiceWord("record", ("no",)), "agrees that it is wrong"),
        (MappingRow(expression="lower(", target="a.name"), ServiceWord("expression"), "finds nothing wrong"),
        (MappingRow(expression="lower(Other)", target="a.name"), ServiceWord("expression"), "agrees"),
        (
            MappingRow(expression='date("2024-01-02")', target="a.at"),
            ServiceWord("record", (), {"a": {"at": "2024-01-02T00:00:00.000Z"}}),
            "agrees",
        ),
        (MappingRow(expression="now()", target="a.at"), ServiceWord("record", (), {"a": {"at": "2020"}}), "agrees"),
        (MappingRow(source="Value", target="a.count"), "It took too long.", "no answer. It took too long."),
    ],
)
def test_what_the_service_sees_differently_is_said(row: MappingRow, word: ServiceWord | str, said: str) -> None:
    assert said in verdict(row, TRIAL, word)[0]
