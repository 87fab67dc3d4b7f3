"""Mapping rows to and from tables and JSON: nothing is lost on the way, and nothing is dropped in silence."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aeptui.chain.mapping_exchange import Merged, ReadRow, ReadTable, merge
from aeptui.chain.mapping_rows import as_source
from aeptui.chain.mapping_set_json import read_json, to_json
from aeptui.chain.mapping_tables import Surroundings, read_table, to_csv, to_tsv
from aeptui.chain.pipeline import MappingRow
from aeptui.dataprep import quote_column
from aeptui.models.mapping_sets import MappingSet

NOTHING = Surroundings()
LOYALTY = Surroundings(frozenset({"Email", "First Name", "Born"}), frozenset({"personalEmail.address", "person.name"}))
_EXPRESSIONS = st.sampled_from(
    ["lower(Email)", '"a" + b', "-Points", "concat('x,y', \"\t\")", '"x"', 'iif(a\n> 1, "=1", "")', "'-' + a", "+1"]
)
_COLUMNS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
_TARGETS = st.lists(st.sampled_from(["person", "_acme", "a[0]", "emails[*]", "été"]), max_size=3).map(".".join)
ROWS = st.lists(
    st.builds(lambda text, target: MappingRow(expression=text, target=target), _EXPRESSIONS, _TARGETS)
    | st.builds(lambda name, target: MappingRow(source=quote_column(name), target=target), _COLUMNS, _TARGETS),
    max_size=5,
)
few = settings(max_examples=40, deadline=None)


def rows_of(read: ReadTable) -> list[MappingRow]:
    assert all(one.row is not None for one in read.rows), read.rows
    return [one.row for one in read.rows if one.row is not None]


# Round trips


@few
@given(ROWS)
def test_rows_written_as_csv_are_read_back_as_they_were(rows: list[MappingRow]) -> None:
    assert rows_of(read_table(to_csv(rows), NOTHING, is_file=True)) == rows


@few
@given(ROWS)
def test_rows_copied_as_lines_are_pasted_back_as_they_were(rows: list[MappingRow]) -> None:
    assert rows_of(read_table(to_tsv(rows), NOTHING)) == rows


@few
@given(ROWS)
def test_rows_written_as_json_are_read_back_as_they_were(rows: list[MappingRow]) -> None:
    assert rows_of(read_json(to_json(rows, "Loyalty", "https://ns.adobe.com/acme/schemas/1"))) == rows


@few
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.booleans())
def test_every_line_of_any_text_is_answered_with_a_row_or_a_reason(text: str, is_file: bool) -> None:
    read = read_table(text, LOYALTY, is_file=is_file)
    assert all(one.row is not None or one.reason for one in read.rows)


def test_a_row_that_reads_like_names_of_columns_is_still_a_row() -> None:
    row = MappingRow(source="Source", target="target")
    assert rows_of(read_table(to_tsv([row]), NOTHING)) == [row]


def test_a_spreadsheet_gets_nothing_to_run() -> None:
    rows = [MappingRow(expression='=HYPERLINK("http://x")', target="@a"), MappingRow(expression="-a", target="b")]
    cells = [cell for line in list(csv.reader(io.StringIO(to_csv(rows))))[1:] for cell in line]
    assert cells == ["", '\'=HYPERLINK("http://x")', "'@a", "", "'-a", "b"]
    assert rows_of(read_table(to_csv(rows), NOTHING, is_file=True)) == rows


def test_other_letters_than_ascii_are_marked_so_that_excel_reads_them() -> None:
    row = MappingRow(source="prénom", target="person")
    assert to_csv([row]).startswith("\ufeff")
    assert rows_of(read_table(to_csv([row]), NOTHING, is_file=True)) == [row]


# Reading tables


def read_one(text: str, around: Surroundings = LOYALTY, **how: Any) -> MappingRow:
    (row,) = rows_of(read_table(text, around, **how))
    return row


def test_two_columns_are_a_source_and_its_target() -> None:
    assert read_one("Email\tpersonalEmail.address") == MappingRow(source="Email", target="personalEmail.address")
    assert read_one("First Name\ta").source == "${First Name}"
    assert read_one("lower(Email)\ta").expression == "lower(Email)"
    assert read_one("= Email\ta").expression == "Email"


def test_a_table_the_other_way_round_is_turned() -> None:
    assert read_one("personalEmail.address\tEmail").source == "Email"


def test_a_first_line_of_names_is_followed_in_any_order_and_says_what_is_not_read() -> None:
    read = read_table("XDM path;Type;Source column\r\na.b;string;First Name\r\n", NOTHING, is_file=True)
    assert rows_of(read) == [MappingRow(source="${First Name}", target="a.b")]
    assert read.notes == ("Not read: the columns Type.",)


def test_a_cell_that_spreadsheets_quoted_is_unquoted_and_an_expression_in_quotes_is_not() -> None:
    assert read_one('"concat(""a"",\nEmail)"\tx').expression == 'concat("a",\nEmail)'
    assert read_one('"a" + Email\tx').expression == '"a" + Email'


def test_one_column_is_of_sources_or_of_fields_as_it_looks() -> None:
    assert read_one("Email") == MappingRow(source="Email")
    assert read_one("person.name") == MappingRow(target="person.name")
    assert read_one("person.name", layout=("source",), around=NOTHING) == MappingRow(source="person.name")


def test_text_that_is_no_table_is_answered_line_by_line_with_the_reason() -> None:
    read = read_table("Dear all,\n\nplease map these!\n", LOYALTY)
    assert [one.row for one in read.rows] == [None, None]
    assert [one.line for one in read.rows] == [1, 3]
    assert "no column of the source" in read.first_reason


def test_lines_that_cannot_be_said_give_their_reason_and_stop_nobody() -> None:
    read = read_table("source,expression,target\na,lower(a),b\na,,b,c\na,,b\n", NOTHING, is_file=True)
    assert [bool(one.row) for one in read.rows] == [True, False, True]
    assert read.rows[0].row == MappingRow(expression="lower(a)", target="b")
    assert "its source a is not" in read.rows[0].reason
    assert "4 columns" in read.rows[1].reason


def test_a_column_called_like_a_name_of_columns_is_a_column() -> None:
    known = Surroundings(frozenset({"source", "City"}))
    assert [row.source for row in rows_of(read_table("source\nCity", known))] == ["source", "City"]
    assert [row.source for row in rows_of(read_table("source\nCity", NOTHING))] == ["City"]
    assert read_one("source", NOTHING).source == "source"
    assert read_one("a;b.c", NOTHING, is_file=True) == MappingRow(source="a", target="b.c")


def test_a_quote_that_never_ends_is_named_by_its_line() -> None:
    read = read_table('source,expression,target\na,,b\n"c,,d\n', NOTHING, is_file=True)
    assert [bool(one.row) for one in read.rows] == [True, False]
    assert read.rows[1].line == 3
    assert "Close the quote" in read.rows[1].reason


# Reading JSON


def test_a_set_as_it_is_read_back_and_one_in_the_old_words_give_the_same_rows() -> None:
    new = [
        {"sourceType": "text/x.schema-path", "source": "Email", "sourceAttribute": "Email", "destination": "a.b"},
        {"sourceType": "text/x.aep-xl", "source": "lower(Email)", "destinationXdmPath": "a.c"},
    ]
    old = [{"sourceAttribute": "Email", "destinationXdmPath": "a.b", "identity": False}]
    expected = [MappingRow(source="Email", target="a.b"), MappingRow(expression="lower(Email)", target="a.c")]
    assert rows_of(read_json(json.dumps({"id": "1", "mappings": new}))) == expected
    assert rows_of(read_json(json.dumps({"data": [{"mappings": new}]}))) == expected
    assert rows_of(read_json(json.dumps(old))) == expected[:1]


def test_what_a_pipeline_cannot_say_of_a_mapping_is_said_row_by_row() -> None:
    read = read_json(
        json.dumps(
            [
                {"sourceType": "text/x.other", "source": "a", "destination": "b"},
                {"sourceType": "STATIC", "source": 'so "it" is', "destination": "c"},
                {"source": "Email", "destination": "d", "identity": True},
                7,
                {"source": "\ud800", "destination": "e"},
                {"source": "\ud800", "destination": 5},
                "\ud800",
            ]
        )
    )
    assert [bool(one.row) for one in read.rows] == [False, True, True, False, False, False, False]
    assert all(one.text.isprintable() for one in read.rows)
    assert "text/x.other" in read.rows[0].reason
    assert read.rows[1].row == MappingRow(expression='"so \\"it\\" is"', target="c")
    assert "constant" in read.rows[1].reason
    assert "identity" in read.rows[2].reason


def test_other_json_says_what_is_missing() -> None:
    assert "mappings" in read_json('{"a": 1}').first_reason
    assert "not JSON" in read_json("{").first_reason
    assert "2 mapping sets" in read_json('{"data": [{}, {}]}').first_reason


def test_what_is_written_is_what_the_platform_reads() -> None:
    rows = [MappingRow(source="Email", target="a"), MappingRow(expression="lower(Email)", target="b")]
    read = MappingSet.model_validate({"id": "1", **json.loads(to_json(rows, "Loyalty", "https://x"))})
    assert [(one.source_type, one.source, one.destination) for one in read.mappings] == [
        ("ATTRIBUTE", "Email", "a"),
        ("EXPRESSION", "lower(Email)", "b"),
    ]
    assert read.schema_id == "https://x"


# Merging

THERE = (MappingRow(source="Email", target="a"), MappingRow(source="Born", target="b[0].c"), MappingRow(source="x"))


def merged(text: str, way: Any) -> Merged:
    return merge(THERE, read_table(text, NOTHING).rows, way)


def test_a_row_with_the_same_target_is_replaced_in_its_place_and_others_are_added() -> None:
    made = merged("Mail\ta\nCity\tc\nBorn\tb[ 0 ].c", "replace")
    assert [row.target for row in made.rows] == ["a", "b[ 0 ].c", "", "c"]
    assert [one.fate for one in made.verdicts] == ["replaces", "new", "replaces"]
    assert made.verdicts[0].about == "Email"
    assert made.first == 0


def test_adding_leaves_what_is_mapped_and_says_so() -> None:
    made = merged("Mail\ta\nCity\tc\nEmail\ta\nTown\tc", "add")
    assert made.rows == (*THERE, MappingRow(source="City", target="c"))
    assert [one.fate for one in made.verdicts] == ["kept", "new", "twice", "twice"]
    assert made.first == 3


def test_replacing_all_keeps_only_what_came() -> None:
    made = merged("Email\ta", "all")
    assert made.rows == THERE[:1]
    assert made.first == 0


def test_a_text_without_any_row_replaces_nothing_whatever_was_asked() -> None:
    assert merge(THERE, [ReadRow(1, "", None, "no")], "all").first is None


def test_what_is_there_already_changes_nothing() -> None:
    for way in ("replace", "add", "all"):
        made = merge(THERE, [ReadRow(1, "", row) for row in THERE], way)
        assert made.rows == THERE
        assert made.first is None
        assert not any(one.is_taken for one in made.verdicts)


def test_a_field_without_a_source_never_empties_a_row_that_has_one() -> None:
    made = merge(THERE, [ReadRow(1, "", MappingRow(target="a"))], "replace")
    assert made.rows == THERE
    assert made.verdicts[0].fate == "kept"


def test_columns_are_quoted_as_a_source_has_to_write_them() -> None:
    assert as_source("First Name") == "${First Name}"
    assert as_source("a.b") == "a.b"
