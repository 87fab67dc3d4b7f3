"""Values into XDM types: what is accepted, and that nothing else is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from aeptui.dataprep import TYPES, CoercionError, coerce


@pytest.mark.parametrize("type_name", TYPES)
@pytest.mark.parametrize("value", [None, ""])
def test_null_and_empty_text_become_null_for_every_type(type_name: str, value: object) -> None:
    assert coerce(value, type_name) is None


@pytest.mark.parametrize("text", ["y", "yes", "Y", "YES", "on", "ON", "true", "TRUE"])
def test_the_documented_true_spellings_are_true(text: str) -> None:
    assert coerce(text, "boolean") is True


@pytest.mark.parametrize("text", ["n", "no", "N", "NO", "off", "OFF", "false", "FALSE"])
def test_the_documented_false_spellings_are_false(text: str) -> None:
    assert coerce(text, "boolean") is False


@pytest.mark.parametrize(
    ("value", "type_name", "expected"),
    [
        (1234, "string", "1234"),
        (True, "string", "true"),
        (1e20, "string", "1.0E20"),
        (float("nan"), "string", "NaN"),
        (datetime(2026, 1, 2, tzinfo=UTC), "string", "2026-01-02T00:00:00Z"),
        (date(2026, 1, 2), "string", "2026-01-02"),
        ("-12", "integer", -12),
        (3.0, "integer", 3),
        ("2147483647", "integer", 2147483647),
        ("2147483648", "long", 2147483648),
        ("-128", "byte", -128),
        ("1e3", "number", 1000.0),
        (2, "number", 2.0),
        ("2026-01-02", "date", date(2026, 1, 2)),
        ("2026-01-01T23:30:00-05:00", "date", date(2026, 1, 1)),
        ("12/31/2026", "date", date(2026, 12, 31)),
        ("20261231", "date", date(2026, 12, 31)),
        ("12312026", "date", date(2026, 12, 31)),
        ("31.1.2026", "date", date(2026, 1, 31)),
        ("05-Mar-2026", "date", date(2026, 3, 5)),
        ("2026-01-01T23:30:00-05:00", "date-time", datetime(2026, 1, 2, 4, 30, tzinfo=UTC)),
        ("2026-01-01 10:20", "date-time", datetime(2026, 1, 1, 10, 20, tzinfo=UTC)),
        ("2026-01-01T10:20:30.123456Z", "date-time", datetime(2026, 1, 1, 10, 20, 30, 123000, tzinfo=UTC)),
        ("1/31/2026 01:02:03 PM", "date-time", datetime(2026, 1, 31, 13, 2, 3, tzinfo=UTC)),
        (datetime(2026, 1, 1), "date-time", datetime(2026, 1, 1, tzinfo=UTC)),  # noqa: DTZ001  # Parquet gives naive ones
        ([1], "array", [1]),
        ({"a": 1}, "object", {"a": 1}),
        ({"a": 1}, "map", {"a": 1}),
    ],
)
def test_an_accepted_value_becomes_the_type(value: object, type_name: str, expected: object) -> None:
    result = coerce(value, type_name)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        ("Yes", "boolean"),
        ("1", "boolean"),
        ("t", "boolean"),
        (1, "boolean"),
        (" true", "boolean"),
        ("1.5", "integer"),
        ("1.0", "integer"),
        (1.5, "integer"),
        (True, "integer"),
        (" 1", "integer"),
        ("1_000", "integer"),
        ("٣", "integer"),
        ("2147483648", "integer"),
        ("9223372036854775808", "long"),
        ("128", "byte"),
        ("40000", "short"),
        ("1,5", "number"),
        ("1,000.5", "number"),
        ("nan", "number"),
        ("1e999", "number"),
        ("31st of May", "date"),
        ("2026-02-30", "date"),
        ("2026-13-01", "date-time"),
        (20260101, "date"),
        ("x", "array"),
        ({"a": 1}, "array"),
        ([1], "string"),
        ({"a": 1}, "string"),
        ("x", "object"),
        ([1], "map"),
    ],
)
def test_any_other_value_is_refused_with_value_and_type_named(value: object, type_name: str) -> None:
    with pytest.raises(CoercionError) as caught:
        coerce(value, type_name)
    assert caught.value.type_name == type_name
    assert type_name in str(caught.value)


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(CoercionError, match="not an XDM type"):
        coerce("x", "varchar")


def test_a_date_keeps_the_calendar_day_of_its_own_zone() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert coerce(datetime(2026, 1, 2, 1, 0, tzinfo=tokyo), "date") == date(2026, 1, 2)
    assert coerce(datetime(2026, 1, 2, 1, 0, tzinfo=tokyo), "date-time") == datetime(2026, 1, 1, 16, 0, tzinfo=UTC)
