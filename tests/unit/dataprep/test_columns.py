"""A mapping set run on columns says the same as run on rows."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from aeptui.dataprep import CellFrame, Frame, MappingRule, RowFrame, compile_mapping

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
NAMES = ["a", "b", "c.d", "e"]
FIELDS = {
    "text": "string",
    "o": "object",
    "o.flag": "boolean",
    "o.whole": "integer",
    "o.p": "object",
    "o.p.small": "byte",
    "o.p.real": "number",
    "day": "date",
    "moment": "date-time",
    "list": "array",
    "list[*]": "string",
}
_SOURCES = st.sampled_from(
    [
        ("ATTRIBUTE", "a"),
        ("ATTRIBUTE", "b"),
        ("ATTRIBUTE", "c.d"),
        ("ATTRIBUTE", "nowhere"),
        ("STATIC", "7"),
        ("EXPRESSION", "upper(trim(a))"),
        ("EXPRESSION", "concat(a, ' ', ${c.d}, 1)"),
        ("EXPRESSION", "to_integer(a)"),
        ("EXPRESSION", "a + b"),
        ("EXPRESSION", "to_decimal(a) / to_integer(b)"),
        ("EXPRESSION", "iif(a == 'x', b, lower(e))"),
        ("EXPRESSION", "contains_key('c.d') ? e : a"),
        ("EXPRESSION", "date(a)"),
        ("EXPRESSION", "now()"),
        ("EXPRESSION", "to_array(true, a, b)"),
        ("EXPRESSION", "split(a, ',')"),
        ("EXPRESSION", "substr(a, 1, to_integer(b))"),
        ("EXPRESSION", "null"),
        ("EXPRESSION", "'x'"),
        ("EXPRESSION", "c.d"),
    ]
)
_TARGETS = ["text", "o.flag", "o.whole", "o.p.small", "o.p.real", "day", "moment", "list", "unknown"]
_RULES = st.lists(_SOURCES, min_size=1, max_size=len(_TARGETS)).map(
    lambda sources: [MappingRule(*source, target) for source, target in zip(sources, _TARGETS, strict=False)]  # type: ignore[arg-type]  # a literal, in truth
)
_CELL = st.sampled_from(["", "x", "true", "7", "200", "1.5", " Ab ", "a,b", "2026-02-30", "2026-02-28", "1e400"])
_VALUE = _CELL | st.sampled_from([None, True, 1, 1.0, 2**40, [1, None], {"d": "deep"}, {}])


def _same(rules: list[MappingRule], frame: Frame) -> None:
    mapper = compile_mapping(rules, FIELDS, NOW)
    columns = mapper.by_columns()
    assert columns is not None
    made = columns(frame)
    for place in range(len(frame)):
        by_row = mapper(frame.row(place))
        assert (place in made.odd) == bool(by_row.errors or by_row.warnings)
        for (segments, _), column in zip(columns.destinations, made.columns, strict=True):
            found: object = by_row.record
            for segment in segments:
                found = found.get(segment) if isinstance(found, dict) else None
            assert (type(found), found) == (type(column[place]), column[place])


@settings(max_examples=300, deadline=None)
@given(_RULES, st.lists(st.tuples(*[_CELL] * len(NAMES)), max_size=6))
def test_rows_of_text_map_the_same_by_columns_and_by_rows(
    rules: list[MappingRule], rows: list[tuple[str, ...]]
) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in NAMES]
    _same(rules, CellFrame(NAMES, columns, len(rows)))


@settings(max_examples=300, deadline=None)
@given(_RULES, st.lists(st.dictionaries(st.sampled_from([*NAMES, "c"]), _VALUE), max_size=6))
def test_rows_of_json_map_the_same_by_columns_and_by_rows(
    rules: list[MappingRule], rows: list[dict[str, object]]
) -> None:
    _same(rules, RowFrame(rows))


def test_a_value_that_could_be_an_attribute_is_read_from_its_column() -> None:
    frame = CellFrame(["a", "b"], [["x"], ["y"]], 1)
    for source, made in {
        "object_to_map('k', a, 'l', b)": {"k": "x", "l": "y"},
        "object_to_map('k', b)": {"k": "y"},
        "object_to_map(a, b)": {"x": "y"},
        "object_to_map(json_to_object('[{\"b\": 1}]'), b)": {"1": {"b": 1}},
    }.items():
        columns = compile_mapping([MappingRule("EXPRESSION", source, "m")], {"m": "map"}, NOW).by_columns()
        assert columns is not None
        assert columns(frame).columns == [[made]]


def test_rules_that_depend_on_each_other_are_left_to_rows() -> None:
    twice = [MappingRule("ATTRIBUTE", "a", "text"), MappingRule("ATTRIBUTE", "b", "text")]
    assert compile_mapping(twice, FIELDS, NOW).by_columns() is None
    assert compile_mapping([MappingRule("ATTRIBUTE", "a", "list[0]")], FIELDS, NOW).by_columns() is None
