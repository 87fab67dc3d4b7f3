"""Reading records: what is a row, what is a corrupt record, and where reading goes on."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aeptui.emulator.ingest.columnar import parquet_rows
from aeptui.emulator.ingest.delimited import delimited_rows
from aeptui.emulator.ingest.rows import MAX_RECORD_BYTES, BadRow, Row, json_rows
from aeptui.emulator.ingest.storage import SourceError


def delimited(data: bytes, delimiter: str = ",", encoding: str = "UTF-8") -> list[Row | BadRow]:
    return list(delimited_rows(io.BytesIO(data), delimiter=delimiter, encoding=encoding, path="/in.csv"))


def good(rows: list[Row | BadRow]) -> list[tuple[int, tuple[object, ...]]]:
    return [(row.number, tuple(row.values.values())) for row in rows if isinstance(row, Row)]


def bad(rows: list[Row | BadRow]) -> list[tuple[int, str, str]]:
    return [(row.number, row.raw, row.message) for row in rows if isinstance(row, BadRow)]


def test_cells_are_text_and_an_empty_cell_is_null() -> None:
    [row] = delimited(b'a,b,c\n1,,""\n')
    assert row == Row(2, {"a": "1", "b": None, "c": None})


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_both_line_ends_a_byte_order_mark_and_blank_lines_are_read(line_end: bytes) -> None:
    data = b"\xef\xbb\xbf" + line_end.join((b"a,b", b"1,x", b"", b'2,"y"', b"3,z", b""))
    rows = delimited(data)
    assert good(rows) == [(2, ("1", "x")), (4, ("2", "y")), (5, ("3", "z"))]
    assert list(rows[0].values) == ["a", "b"] if isinstance(rows[0], Row) else False


def test_a_last_line_without_line_end_is_a_row() -> None:
    assert good(delimited(b"a,b\n1,2\n3,4")) == [(2, ("1", "2")), (3, ("3", "4"))]


def test_quotes_hold_delimiters_doubled_quotes_and_line_ends() -> None:
    rows = delimited(b'a,b\n"x,1","say ""hi"""\n"two\nlines",z\n5" pipe,w\n')
    assert good(rows) == [(2, ("x,1", 'say "hi"')), (3, ("two\nlines", "z")), (5, ('5" pipe', "w"))]


def test_an_open_quote_costs_its_own_line_only() -> None:
    rows = delimited(b'a,b\n1,"open\n2,"quoted"\n3,plain\n')
    assert bad(rows) == [
        (
            2,
            '1,"open',
            "the quote opened in column 2 is not closed: a closing quote must be followed by a delimiter",
        )
    ]
    assert good(rows) == [(3, ("2", "quoted")), (4, ("3", "plain"))]


def test_an_open_quote_gives_up_after_a_hundred_lines() -> None:
    lines = [b"a,b", b'0,"open', *(f"{number},x".encode() for number in range(1, 300)), b'300,x"', b"301,x"]
    rows = delimited(b"\n".join(lines) + b"\n")
    assert [(number, message) for number, _, message in bad(rows)] == [
        (2, "the quote opened in column 2 is not closed")
    ]
    assert len(good(rows)) == 301


def test_an_open_quote_gives_up_after_a_mebibyte() -> None:
    long = b"x" * 700_000
    rows = delimited(b'a,b\n0,"open\n1,' + long + b"\n2," + long + b'\n3,"y"\n')
    assert [number for number, _, _ in bad(rows)] == [2]
    assert [number for number, _ in good(rows)] == [3, 4, 5]


def test_rows_after_a_quoted_line_end_at_a_block_boundary_keep_their_line_numbers() -> None:
    lines = ["a,b"]
    for number in range(30_000):
        lines.append(f'{number},"first\nsecond {number}"' if number % 3 == 0 else f"{number},plain")
    data = ("\n".join(lines) + "\n").encode()
    rows = delimited(data)
    assert bad(rows) == []
    assert len(rows) == 30_000
    physical = data.split(b"\n")
    for row in rows:
        assert isinstance(row, Row)
        assert physical[row.number - 1].startswith(f"{row.values['a']},".encode())


def test_a_wrong_number_of_columns_is_corrupt_and_says_how_many() -> None:
    rows = delimited(b"a,b,c\n1,2\n1,2,3,4\n1,2,3\n")
    assert bad(rows) == [(2, "1,2", "expected 3 columns, found 2"), (3, "1,2,3,4", "expected 3 columns, found 4")]
    assert good(rows) == [(4, ("1", "2", "3"))]


def test_undecodable_bytes_are_corrupt_and_shown_as_escapes() -> None:
    rows = delimited(b"a,b\n1,caf\xe9\n2,ok\n")
    assert bad(rows) == [(2, "1,caf\\xe9", "byte 0xE9 at position 6 is not valid UTF-8")]
    assert good(rows) == [(3, ("2", "ok"))]


def test_latin_1_reads_the_same_bytes_as_text() -> None:
    assert good(delimited(b"a,b\n1,caf\xe9\n", encoding="ISO-8859-1")) == [(2, ("1", "café"))]


@pytest.mark.parametrize("delimiter", ["\t", ";", "|", "~", "§"])
def test_any_single_character_is_a_delimiter(delimiter: str) -> None:
    text = f'a{delimiter}b\n1{delimiter}x,y\n2{delimiter}"{delimiter}"\n'
    assert good(delimited(text.encode(), delimiter)) == [(2, ("1", "x,y")), (3, ("2", delimiter))]


def test_line_separators_of_unicode_do_not_end_a_line() -> None:
    assert good(delimited("a,b\n1,x\u2028y\x0bz\x85\n".encode())) == [(2, ("1", "x\u2028y\x0bz\x85"))]


def test_an_empty_file_and_a_header_alone_have_no_rows() -> None:
    assert delimited(b"") == []
    assert delimited(b"a,b\n") == []


def test_columns_without_a_name_or_with_the_same_name_stay_apart() -> None:
    [row] = delimited(b"a,,a\n1,2,3\n")
    assert row == Row(2, {"a": "1", "_c1": "2", "a_2": "3"})


def test_a_header_that_is_no_text_fails_the_file() -> None:
    with pytest.raises(SourceError, match=r"The header of /in\.csv cannot be read: byte 0xFF"):
        delimited(b"\xff,b\n1,2\n")


def test_a_line_too_long_is_one_corrupt_record_and_the_rest_is_read() -> None:
    rows = delimited(b"a,b\n1,2\n" + b"x" * (MAX_RECORD_BYTES + 1_000_000) + b"\n3,4\n")
    assert [(number, message) for number, _, message in bad(rows)] == [(3, "the line is longer than 8 MiB")]
    assert good(rows) == [(2, ("1", "2")), (4, ("3", "4"))]


def test_json_lines_give_objects_and_report_the_lines_that_are_none() -> None:
    data = b'{"a": 1}\n\n{"a": \n[1, 2]\n7\n{"a": NaN}\n{"a": "\\ud800"}\n\xff\n{"a": {"b": [null]}}\n'
    rows = list(json_rows(io.BytesIO(data)))
    assert [(row.number, row.values) for row in rows if isinstance(row, Row)] == [
        (1, {"a": 1}),
        (9, {"a": {"b": [None]}}),
    ]
    reasons = {number: message for number, _, message in bad(rows)}
    assert sorted(reasons) == [3, 4, 5, 6, 7, 8]
    assert "expected a JSON object, found an array" in reasons[4]
    assert "NaN" in reasons[6]
    assert "surrogate" in reasons[7]
    assert "UTF-8" in reasons[8]


def test_a_json_line_nested_without_end_is_corrupt_and_harmless() -> None:
    rows = list(json_rows(io.BytesIO(b'{"a": 1}\n' + b'{"a":' * 200_000 + b'\n{"a": 2}\n')))
    assert [type(row) for row in rows] == [Row, BadRow, Row]


@pytest.mark.parametrize("count", [3, 20_000])
def test_a_json_array_is_read_element_by_element_whatever_its_layout(count: int) -> None:
    documents = [{"id": number, "text": "]},{[ " * (number % 7), "in": {"x": [number]}} for number in range(count)]
    for text in (json.dumps(documents), json.dumps(documents, indent=1), "\n" + json.dumps(documents) + "\n"):
        rows = list(json_rows(io.BytesIO(text.encode())))
        assert [row.values for row in rows if isinstance(row, Row)] == documents
        assert bad(rows) == []


def test_an_array_element_is_numbered_by_its_line() -> None:
    rows = list(json_rows(io.BytesIO(b'[\n  {"a": 1},\n  5,\n  {\n    "a": 2\n  }\n]\n')))
    assert [(type(row).__name__, row.number) for row in rows] == [("Row", 2), ("BadRow", 3), ("Row", 4)]


def test_objects_over_several_lines_without_an_array_are_read() -> None:
    rows = list(json_rows(io.BytesIO(b'{\n "a": 1\n}\n{\n "a": 2\n}\n')))
    assert [(row.number, row.values) for row in rows if isinstance(row, Row)] == [(1, {"a": 1}), (4, {"a": 2})]


def test_a_cut_off_array_gives_its_readable_elements_and_one_corrupt_record() -> None:
    rows = list(json_rows(io.BytesIO(b'[{"a": 1}, {"a": 2}, {"a"')))
    assert [type(row) for row in rows] == [Row, Row, BadRow]


def test_parquet_values_become_json_values() -> None:
    moment = datetime(2026, 11, 23, 14, 0, 0, 123_456, tzinfo=UTC)
    table = pa.table(
        {
            "day": pa.array([date(2026, 2, 28)]),
            "at": pa.array([moment], pa.timestamp("ns", tz="UTC")),
            "local": pa.array([datetime(2026, 1, 2, 3, 4, 5)], pa.timestamp("ms")),  # noqa: DTZ001
            "price": pa.array([Decimal("12.50")]),
            "nan": pa.array([float("nan")]),
            "raw": pa.array([b"\xff\x00"]),
            "tags": pa.array([[("a", "x"), ("b", "y")]], pa.map_(pa.string(), pa.string())),
            "nested": pa.array([{"days": [date(2026, 1, 1), None]}]),
        }
    )
    file = io.BytesIO()
    pq.write_table(table, file)
    file.seek(0)
    [row] = list(parquet_rows(file, path="/in.parquet", most=10**9))
    assert row.values == {
        "day": "2026-02-28",
        "at": "2026-11-23T14:00:00.123456Z",
        "local": "2026-01-02T03:04:05",
        "price": 12.5,
        "nan": None,
        "raw": "/wA=",
        "tags": {"a": "x", "b": "y"},
        "nested": {"days": ["2026-01-01", None]},
    }


def test_a_file_that_is_no_parquet_fails_with_its_name() -> None:
    with pytest.raises(SourceError, match=r"/in\.parquet cannot be read as Parquet"):
        list(parquet_rows(io.BytesIO(b"id,n\n1,2\n"), path="/in.parquet", most=10**9))


def test_a_file_in_which_everything_is_quoted_is_read_in_one_pass() -> None:
    count = 200_000
    rows = delimited(b'"a","b"\n' + b'"",""\n' * count)
    assert len(rows) == count
    assert rows[-1] == Row(count + 1, {"a": None, "b": None})
