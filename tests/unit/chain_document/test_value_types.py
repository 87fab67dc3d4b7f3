"""What kind of values a column is said to have."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from aeptui.chain.value_types import kind_of, misfits


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["true", "False", None], "boolean"),
        (["1", "-20", "", "300"], "integer"),
        (["1", "3000000000"], "long"),
        (["1", "2.5", "1e5"], "string"),
        (["1", "2.5"], "number"),
        (["01067", "10115"], "string"),
        (["2024-01-31", "2023-12-01"], "date"),
        (["12-31-2023", "01-02-2024"], "date"),
        (["2024-01-31T10:00:00Z", "2024-01-31"], "date-time"),
        (["31/12/2023"], "string"),
        (["12345678901234567890"], "string"),
        (["a", "b"], "string"),
        ([], "string"),
        ([date(2024, 1, 31)], "date"),
        ([datetime(2024, 1, 31, 10)], "date-time"),  # noqa: DTZ001 - as Parquet gives it
        ([{"a": 1}], "object"),
    ],
)
def test_the_kind_is_what_nearly_all_values_are(values: list[object], kind: str) -> None:
    assert kind_of(values).type == kind


def test_a_little_dirt_does_not_change_the_kind_and_is_told() -> None:
    kind = kind_of(["2024-01-31"] * 19 + ["soon"])
    assert (kind.type, kind.words) == ("date", "19 of 20 values are dates")
    assert kind_of(["2024-01-31"] * 5 + ["soon"]).type == "string"


def test_numbers_that_are_called_like_a_code_are_text() -> None:
    assert kind_of(["12", "13"], "customerId").type == "string"
    assert kind_of(["12", "13"], "zip_code").type == "string"
    assert kind_of(["12", "13"], "paid").type == "integer"


def test_lists_are_arrays_of_what_they_hold() -> None:
    kind = kind_of([[1, 2], [3], None])
    assert (kind.type, kind.is_array) == ("integer", True)


def test_misfits_are_the_values_that_cannot_become_the_type() -> None:
    assert misfits(["2024-01-31", "", None, "31/02/2024"], "date") == ["31/02/2024"]
