"""When flows run, as pure arithmetic, and that the checks agree with the published JSON Schema."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeptui.emulator.flow_service.schedule import (
    MOST_MISSED,
    Schedule,
    ScheduleError,
    Window,
    due_windows,
    epoch_seconds,
    next_due,
    read_schedule,
)
from aeptui.emulator.flow_service.specs import SCHEDULE

START = 1_931_990_400


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"startTime": START, "frequency": "month", "interval": 1}, 1397),
        ({"startTime": START, "interval": 1}, 1397),
        ({"startTime": START, "frequency": "once", "interval": 1}, 1361),
        ({"startTime": START, "frequency": "once", "backfill": True}, 1364),
        ({"startTime": START, "frequency": "minute", "interval": 14}, 1362),
        ({"startTime": START, "frequency": "hour", "interval": 0}, 1362),
        ({"startTime": START, "frequency": "day"}, 1363),
        ({"startTime": START, "frequency": "day", "interval": "often"}, 1363),
        ({"startTime": START, "frequency": "day", "interval": 1, "backfill": "maybe"}, 1363),
        ({"startTime": "soon", "frequency": "once"}, 1363),
        ({"frequency": "once"}, 1363),
    ],
)
def test_each_wrong_schedule_has_its_code(params: dict[str, Any], code: int) -> None:
    with pytest.raises(ScheduleError) as caught:
        read_schedule(params)
    assert caught.value.code == code


def test_numbers_and_flags_may_be_text_and_milliseconds_are_noticed() -> None:
    params = {"startTime": str(START * 1000), "frequency": "minute", "interval": "15", "backfill": "false"}
    assert read_schedule(params) == Schedule(START, "minute", 900, backfill=False)
    assert epoch_seconds(True) is None


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "startTime": st.just(START),
            "frequency": st.sampled_from(["once", "minute", "hour", "day", "week", "year"]),
            "interval": st.integers(-1, 30),
            "backfill": st.booleans(),
        },
    )
)
def test_a_schedule_is_accepted_exactly_when_the_flow_spec_accepts_it(params: dict[str, Any]) -> None:
    try:
        read_schedule(params)
        accepted = True
    except ScheduleError:
        accepted = False
    assert accepted == jsonschema.Draft7Validator(SCHEDULE).is_valid(params)


def test_once_runs_once_at_its_start() -> None:
    once = Schedule(START, "once", 0, backfill=True)
    assert due_windows(once, None, START - 1) == []
    assert due_windows(once, None, START) == [Window(0, START)]
    assert due_windows(once, START, START + 10**6) == []
    assert next_due(once, START) is None


def test_each_window_begins_where_the_last_one_ended() -> None:
    hourly = Schedule(START, "hour", 3600, backfill=True)
    assert due_windows(hourly, None, START + 7300) == [
        Window(0, START),
        Window(START, START + 3600),
        Window(START + 3600, START + 7200),
    ]
    assert next_due(hourly, START + 7200) == START + 10_800


def test_without_backfill_the_first_window_begins_at_the_start() -> None:
    assert due_windows(Schedule(START, "day", 86_400, backfill=False), None, START + 5) == [Window(START, START)]


@given(st.integers(0, 5000), st.integers(0, 400))
def test_windows_never_overlap_never_leave_a_gap_and_never_are_too_many(hours_late: int, done: int) -> None:
    hourly = Schedule(START, "hour", 3600, backfill=True)
    last = START + done * 3600 if done else None
    windows = due_windows(hourly, last, START + hours_late * 3600 + 59)
    assert len(windows) <= MOST_MISSED
    assert all(first.end == second.start for first, second in pairwise(windows))
    if windows:
        assert windows[0].start == (last or 0)
        assert windows[-1].end == START + hours_late * 3600
