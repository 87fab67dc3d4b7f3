"""When a flow runs: reads and checks `scheduleParams`, and computes the windows that are due. Pure.

Times are epoch seconds. What becomes of windows that nobody was there for is decided here and nowhere else:

- The platform was closed. With `backfill` they are made up for when it opens, of very many the oldest together.
  Without, they are not; the next window reaches back to where the first of them began, so that its run takes the files
  that appeared meanwhile. aep-api.md 2.8 gives `backfill` a meaning for the first run only (all present files, or those
  that appear between the start time and the first run); that it decides about missed windows too is our reading.
- The flow was disabled, or its schedule was changed so that other moments lie in the past: not made up for either, the
  next window reaches back (unverified). A flow that never ran gets its first run when it is enabled, over all of them.
- `once` always runs, however late.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

PARAMS: Final = frozenset({"startTime", "frequency", "interval", "backfill", "endTime"})
UNIT_S: Final = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
MOST_MISSED: Final = 24
"""More windows than these at once are joined into the first of them."""
MOST_INTERVAL: Final = 100_000
"""Of any unit: no date library counts further than that many weeks. Adobe documents no bound."""
_MILLISECONDS: Final = 10**11
_LATEST: Final = 253_402_300_799


class ScheduleError(ValueError):
    """The schedule is refused; `code` are the connector table's four digits."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Schedule(NamedTuple):
    """A checked schedule. `interval_s` is 0 for `once`."""

    start: int
    frequency: str
    interval_s: int
    backfill: bool


class Window(NamedTuple):
    """A run that is due at `end` and takes what appeared since `start`; `start` 0 means everything present."""

    start: int
    end: int


def epoch_seconds(value: object) -> int | None:
    """A time from a body: seconds, milliseconds, or either as text. None when it is no time up to the year 9999."""
    if isinstance(value, bool):
        return None
    try:
        number = int(str(value))
    except ValueError:
        return None
    seconds = number // 1000 if abs(number) > _MILLISECONDS else number
    return seconds if abs(seconds) <= _LATEST else None


def _flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).lower())


def read_schedule(params: object) -> Schedule:
    """Read `scheduleParams`; numbers and flags may be strings.

    Raises:
        ScheduleError: 1397 for an unknown frequency, 1361 and 1364 for `once` with interval or backfill, 1362 for an
            interval below the minimum, 1363 for any other wrong combination.
    """
    if not isinstance(params, Mapping):
        raise ScheduleError(1363, "scheduleParams with startTime and frequency is missing.")
    frequency = str(params.get("frequency"))
    if frequency != "once" and frequency not in UNIT_S:
        raise ScheduleError(1397, f"The frequency {frequency} is not supported: once, minute, hour, day or week.")
    start = epoch_seconds(params.get("startTime"))
    if start is None:
        raise ScheduleError(1363, "scheduleParams.startTime must be epoch seconds.")
    unknown = sorted({str(key) for key in params} - PARAMS)
    if unknown:
        raise ScheduleError(1363, f"scheduleParams.{unknown[0]} is not supported.")
    if frequency == "once":
        if "interval" in params:
            raise ScheduleError(1361, "interval is not allowed with the frequency once.")
        if "backfill" in params:
            raise ScheduleError(1364, "backfill is not allowed with the frequency once.")
        return Schedule(start, "once", 0, True)
    if "interval" not in params:
        raise ScheduleError(1363, f"interval is required with the frequency {frequency}.")
    try:
        interval = int(str(params["interval"]))
    except ValueError as error:
        raise ScheduleError(1363, "interval must be a whole number.") from error
    least = 15 if frequency == "minute" else 1
    if interval < least:
        raise ScheduleError(1362, f"interval must be at least {least} with the frequency {frequency}.")
    if interval > MOST_INTERVAL:
        raise ScheduleError(1362, f"interval must be at most {MOST_INTERVAL}.")
    backfill = _flag(params.get("backfill", True))
    if backfill is None:
        raise ScheduleError(1363, "backfill must be true or false.")
    return Schedule(start, frequency, interval * UNIT_S[frequency], backfill)


def next_due(schedule: Schedule, last: int | None) -> int | None:
    """When the next run after `last` (None: no run yet) is due; None when there is none."""
    if last is None or last < schedule.start:
        return schedule.start
    if not schedule.interval_s:
        return None
    return schedule.start + ((last - schedule.start) // schedule.interval_s + 1) * schedule.interval_s


def due_windows(schedule: Schedule, last: int | None, now: float) -> list[Window]:
    """The windows due by now, oldest first.

    Args:
        last: The end of the window that was handled last; None before the first run.
    """
    start = last if last is not None else 0 if schedule.backfill else schedule.start
    due = next_due(schedule, last)
    if due is None or due > now:
        return []
    if schedule.interval_s:
        missed = int(now - due) // schedule.interval_s - MOST_MISSED + 1
        due += max(0, missed) * schedule.interval_s
    windows: list[Window] = []
    while due is not None and due <= now:
        windows.append(Window(start, due))
        start = due
        due = next_due(schedule, due)
    return windows


class Settled(NamedTuple):
    """What is to be run now, and what to remember for the next time."""

    windows: list[Window]
    last: int | None
    """The end of the window that was handled last, run or not."""
    begin: int | None
    """Where the next window begins, when windows before it were passed over; None: at `last`."""


def settle(
    schedule: Schedule,
    last: int | None,
    now: float,
    *,
    begin: int | None = None,
    closed_until: float = 0,
    disabled_until: float | None = None,
) -> Settled:
    """Decide which of the due windows are run.

    Args:
        last: `begin`: as the last answer said.
        closed_until: When the platform was opened; windows that ended before that second were due while it was closed.
        disabled_until: When the flow was enabled, or its schedule changed; None when neither happened since last time.
    """
    windows = due_windows(schedule, last, now)
    if not windows:
        return Settled([], last, begin)
    if begin is not None:
        windows[0] = windows[0]._replace(start=begin)
    missed = [window for window in windows if _is_missed(schedule, window, closed_until, disabled_until)]
    rest = windows[len(missed) :]
    if missed and last is None and disabled_until is not None and missed[-1].end <= disabled_until:
        rest.insert(0, Window(missed[0].start, missed[-1].end))
    elif missed and rest:
        rest[0] = rest[0]._replace(start=missed[0].start)
    return Settled(rest, windows[-1].end, None if rest else missed[0].start)


def _is_missed(schedule: Schedule, window: Window, closed_until: float, disabled_until: float | None) -> bool:
    if not schedule.interval_s:
        return False
    if disabled_until is not None and window.end <= disabled_until:
        return True
    return not schedule.backfill and window.end < int(closed_until)
