"""Numbers, sizes, times and states in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aeptui.ui.formatting import ago, count, date_time, duration, outcome_cell, size, state_cell
from aeptui.ui.widgets.cells import width

NOW = datetime(2026, 11, 23, 14, 5, 20, tzinfo=UTC)


def test_what_is_not_known_is_a_dash_and_never_zero() -> None:
    assert {count(None), size(None), duration(None), ago(None, NOW), date_time(None), state_cell(None).text} == {"-"}
    assert (count(0), size(0), duration(0)) == ("0", "0 B", "0 ms")


@pytest.mark.parametrize(
    ("number", "text"),
    [(999, "999 B"), (1000, "1.0 kB"), (9_949, "9.9 kB"), (9_950, "10 kB"), (999_499, "999 kB"), (999_500, "1.0 MB")],
)
def test_a_size_never_shows_a_thousand_of_a_unit(number: int, text: str) -> None:
    assert size(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.031, "31 ms"), (0.9996, "1.0 s"), (59.94, "59.9 s"), (59.96, "1m 00s"), (3599.6, "1h 00m"), (90_000, "1d 1h")],
)
def test_a_duration_goes_over_to_the_next_unit_without_a_gap(seconds: float, text: str) -> None:
    assert duration(seconds) == text
    assert width(text) <= 7


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "now"),
        (59, "59 s ago"),
        (-90, "in 1 min"),
        (7200, "2 h ago"),
        (86_400, "1 day ago"),
        (-3 * 86_400, "in 3 days"),
        (29.9 * 86_400, "29 days ago"),
    ],
)
def test_a_moment_is_said_from_now(seconds: float, text: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == text
    assert width(text) <= 11


def test_what_is_long_ago_is_a_date() -> None:
    assert ago(NOW - timedelta(days=60), NOW) == "2026-09-24"


@pytest.mark.parametrize("outcome", ["scheduled", "running", "succeeded", "partial", "failed", "unknown", "odd"])
def test_an_outcome_is_a_glyph_a_word_and_a_style(outcome: str) -> None:
    cell = outcome_cell(outcome)
    mark, word = cell.text.split(" ", 1)
    assert word == outcome
    assert len(mark) == 1
    assert cell.style


def test_a_state_nobody_documented_is_shown_as_it_is() -> None:
    assert state_cell("hibernating").text == "hibernating"
    assert state_cell("Enabled").style == "ok"
