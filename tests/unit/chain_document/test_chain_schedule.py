"""Schedules: their rules, the times that follow, and what is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeptui.chain.pipeline import FREQUENCIES, Schedule
from aeptui.chain.schedule import (
    UNITS,
    describe,
    least_interval,
    next_run_times,
    schedule_params,
    schedule_problems,
)

NOW = datetime(2026, 11, 23, 14, 10, tzinfo=UTC)
SPEC: dict[str, Any] = {
    "type": "object",
    "properties": {
        "startTime": {"type": "integer"},
        "frequency": {"enum": ["once", "hour", "day"]},
        "interval": {"type": "integer", "maximum": 24},
        "backfill": {"type": "boolean"},
    },
    "required": ["startTime", "frequency"],
    "if": {"properties": {"frequency": {"const": "once"}}},
    "then": {"allOf": [{"not": {"required": ["interval"]}}, {"not": {"required": ["backfill"]}}]},
    "else": {"required": ["interval"]},
}


def test_times_go_on_from_the_start_in_steps_of_the_interval() -> None:
    schedule = Schedule(frequency="minute", interval=30, start=datetime(2026, 11, 23, 13, tzinfo=UTC))
    times = next_run_times(schedule, NOW, 3)
    assert [f"{time:%H:%M}" for time in times] == ["14:30", "15:00", "15:30"]


def test_a_start_in_another_timezone_is_told_in_utc() -> None:
    schedule = Schedule(frequency="day", interval=1, start=datetime.fromisoformat("2026-11-24T01:00:00+02:00"))
    assert next_run_times(schedule, NOW, 1) == (datetime(2026, 11, 23, 23, tzinfo=UTC),)
    assert next_run_times(schedule, NOW, 1)[0].tzinfo is UTC


def test_once_has_one_time_and_none_when_it_is_over() -> None:
    assert next_run_times(Schedule(frequency="once"), NOW) == (NOW,)
    assert next_run_times(Schedule(frequency="once", start=NOW - timedelta(seconds=1)), NOW) == ()


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(),
        Schedule(frequency="hour"),
        Schedule(frequency="minute", interval=14),
        Schedule(frequency="day", interval=0),
        Schedule(frequency="week", interval=10**17),
        Schedule(frequency="day", interval=1, start=NOW.replace(tzinfo=None)),
    ],
)
def test_a_schedule_that_is_not_valid_has_no_times(schedule: Schedule) -> None:
    assert next_run_times(schedule, NOW) == ()


@given(
    st.sampled_from([frequency for frequency in FREQUENCIES if frequency != "once"]),
    st.integers(1, 5000),
    st.integers(-(10**8), 10**8),
    st.integers(1, 8),
)
def test_times_are_never_past_and_always_whole_steps_from_the_start(
    frequency: Any, interval: int, offset_s: int, count: int
) -> None:
    start = NOW + timedelta(seconds=offset_s)
    schedule = Schedule(frequency=frequency, interval=interval, start=start)
    times = next_run_times(schedule, NOW, count)
    if interval < least_interval(frequency):
        assert times == ()
        return
    step = UNITS[frequency] * interval
    assert len(times) == count
    assert all(time >= NOW and (time - start) % step == timedelta(0) for time in times)
    assert times[0] == start or times[0] - step < NOW
    assert all(later - earlier == step for earlier, later in pairwise(times))


def test_what_is_sent_starts_in_the_future_on_a_whole_second() -> None:
    now = NOW + timedelta(microseconds=1)
    params = schedule_params(Schedule(frequency="once", interval=3, backfill=True), now, 60)
    assert params.start_time == NOW + timedelta(seconds=61)
    assert (params.frequency, params.interval, params.backfill) == ("once", None, None)
    later = NOW + timedelta(days=1)
    hourly = schedule_params(Schedule(frequency="hour", interval=2, start=later, backfill=False), now, 60)
    assert (hourly.start_time, hourly.interval, hourly.backfill) == (later, 2, False)


def test_the_flow_specs_own_rules_are_told_in_the_words_of_the_file() -> None:
    (weekly,) = schedule_problems(Schedule(frequency="week", interval=1), SPEC)
    assert (weekly.where, weekly.what) == ("[schedule] frequency", "This source does not take week")
    assert "once, hour, day" in weekly.fix
    (long,) = schedule_problems(Schedule(frequency="hour", interval=25), SPEC)
    assert (long.where, long.fix) == ("[schedule] interval", "Write interval = 24 or less")


def test_a_mistake_that_both_rules_see_is_told_once() -> None:
    assert len(schedule_problems(Schedule(frequency="once", interval=5, backfill=True), SPEC)) == 2
    assert len(schedule_problems(Schedule(frequency="hour"), SPEC)) == 1
    assert schedule_problems(Schedule(frequency="day", interval=1), SPEC) == ()
    assert schedule_problems(Schedule(frequency="day", interval=1), {"type": 7}) == ()


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (Schedule(), "not chosen yet"),
        (Schedule(frequency="once"), "once, as soon as possible"),
        (Schedule(frequency="once", start=NOW), "once, at 2026-11-23 14:10 UTC"),
        (Schedule(frequency="minute", interval=30, start=NOW), "every 30 minutes from 2026-11-23 14:10 UTC"),
        (
            Schedule(frequency="day", interval=1, backfill=False),
            "every day from as soon as possible, only files that appear after the start",
        ),
    ],
)
def test_a_schedule_is_described_in_words(schedule: Schedule, words: str) -> None:
    assert describe(schedule) == words
