"""When a flow runs: reads and checks `scheduleParams`, and computes the windows that are due. Pure.

Times are epoch seconds. A window that was missed (the platform was closed) is still due; of very many missed ones the
oldest are taken together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

UNIT_S: Final = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
MOST_MISSED: Final = 24
"""More windows than these at once are joined into the first of them."""
_MILLISECONDS: Final = 10**11


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
    """A time from a body: seconds, milliseconds, or either as text. None when it is no time."""
    if isinstance(value, bool):
        return None
    try:
        number = int(str(value))
    except ValueError:
        return None
    return number // 1000 if abs(number) > _MILLISECONDS else number


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
    unknown = sorted({str(key) for key in params} - {"startTime", "frequency", "interval", "backfill", "endTime"})
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
