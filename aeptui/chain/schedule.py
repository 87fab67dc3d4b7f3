"""When a flow runs: the rules of a schedule, the times that follow from it, and the words for it. Reads no clock.

Rules as Flow Service states them in `CloudStorageToAEP`'s scheduleSpec; the flow spec of the day is the authority, so
its JSON Schema is checked too when it is at hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from aeptui.chain.places import Places
from aeptui.chain.problems import Problem

if TYPE_CHECKING:
    from aeptui.chain.pipeline import Schedule
    from aeptui.models.flows import ScheduleParams

UNITS: Final[Mapping[str, timedelta]] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
LEAST_MINUTES: Final = 15
_WIRE_KEYS: Final = {"startTime": "start", "frequency": "frequency", "interval": "interval", "backfill": "backfill"}


def least_interval(frequency: str) -> int:
    """The smallest interval the platform takes for a frequency."""
    return LEAST_MINUTES if frequency == "minute" else 1


def period(schedule: Schedule) -> timedelta | None:
    """The time from one run to the next; None when there is only one run, or the schedule is not valid."""
    if schedule.frequency is None or schedule.frequency == "once" or schedule.interval is None:
        return None
    if schedule.interval < least_interval(schedule.frequency):
        return None
    try:
        return UNITS[schedule.frequency] * schedule.interval
    except OverflowError:
        return None


def next_run_times(schedule: Schedule, now: datetime, count: int = 5) -> tuple[datetime, ...]:
    """The next times the flow would run, in UTC; at most `count`, none for a schedule that is not valid.

    Args:
        now: Aware. A schedule without a start starts then.
    """
    if schedule.frequency is None or (schedule.start is not None and schedule.start.tzinfo is None):
        return ()
    moment = now.astimezone(UTC)
    start = schedule.start.astimezone(UTC) if schedule.start is not None else moment
    if schedule.frequency == "once":
        return (start,)[:count] if start >= moment else ()
    step = period(schedule)
    if step is None:
        return ()
    times: list[datetime] = []
    passed = max(0, -((start - moment) // step)) if start < moment else 0
    for place in range(count):
        try:
            times.append(start + (passed + place) * step)
        except OverflowError:
            break
    return tuple(times)


def schedule_params(schedule: Schedule, now: datetime, margin_s: float) -> ScheduleParams:
    """The schedule as Flow Service takes it.

    Args:
        now: Aware; the moment the flow is about to be created.
        margin_s: How far ahead a start has to be. The platform refuses one in the past (1360), so an earlier one, and
            one that is absent, is moved there.
    """
    from aeptui.models.flows import ScheduleParams

    earliest = now.astimezone(UTC) + timedelta(seconds=margin_s)
    start = max(schedule.start.astimezone(UTC), earliest) if schedule.start is not None else earliest
    whole = datetime.fromtimestamp(math.ceil(start.timestamp()), UTC)
    once = schedule.frequency == "once"
    return ScheduleParams(
        start_time=whole,
        frequency=schedule.frequency or "once",
        interval=None if once else schedule.interval,
        backfill=None if once else schedule.backfill,
    )


def describe(schedule: Schedule) -> str:
    """The schedule in words, for example `every 30 minutes from 2026-11-23 14:00 UTC`."""
    if schedule.frequency is None:
        return "not chosen yet"
    start = f"{schedule.start.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if schedule.start is not None else ""
    if schedule.frequency == "once":
        return f"once, at {start}" if start else "once, as soon as possible"
    unit = schedule.frequency
    every = f"every {unit}" if schedule.interval == 1 else f"every {schedule.interval or '?'} {unit}s"
    begin = f"from {start}" if start else "from as soon as possible"
    files = ", only files that appear after the start" if schedule.backfill is False else ""
    return f"{every} {begin}{files}"


def schedule_problems(
    schedule: Schedule, json_schema: Mapping[str, Any] | None = None, *, places: Places | None = None
) -> tuple[Problem, ...]:
    """What is wrong with a schedule.

    Args:
        json_schema: The `scheduleSpec.spec` of the flow spec; None checks the known rules only.
        places: Where the keys stand in the file.
    """
    known = places or Places()
    problems = _rule_problems(schedule, known)
    if json_schema is not None and schedule.frequency is not None and not known.is_spoiled(("schedule", "interval")):
        seen = {problem.where for problem in problems}
        for problem in _schema_problems(schedule, json_schema, known):
            if problem.where not in seen:
                seen.add(problem.where)
                problems.append(problem)
    return tuple(problems)


def _rule_problems(schedule: Schedule, places: Places) -> list[Problem]:
    problems: list[Problem] = []

    def add(key: str, what: str, fix: str) -> None:
        path = ("schedule", key)
        if not places.is_spoiled(path):
            problems.append(places.problem(path, what, fix))

    frequency = schedule.frequency
    if frequency is None:
        add("frequency", "The frequency is missing", 'Write frequency = "once", "minute", "hour", "day" or "week"')
    elif frequency == "once":
        if schedule.interval is not None:
            add("interval", "A flow that runs once has no interval", "Delete the line, or choose another frequency")
        if schedule.backfill is not None:
            add("backfill", "A flow that runs once has no backfill", "Delete the line, or choose another frequency")
    else:
        least = least_interval(frequency)
        if schedule.interval is None:
            example = 30 if frequency == "minute" else 1
            add("interval", f"The frequency {frequency} needs an interval", f"Write interval = {example}")
        elif schedule.interval < least:
            what = f"The interval is {schedule.interval}; the least for the frequency {frequency} is {least}"
            add("interval", what, f"Write interval = {least} or more")
        elif period(schedule) is None:
            add("interval", f"The interval {schedule.interval} is too large", "Write a smaller interval")
    if schedule.start is not None and schedule.start.tzinfo is None:
        add("start", "The start has no timezone", f"Write start = {schedule.start.isoformat()}Z")
    return problems


def _schema_problems(schedule: Schedule, json_schema: Mapping[str, Any], places: Places) -> list[Problem]:
    import jsonschema

    start = schedule.start
    wire: dict[str, Any] = {
        # The start is filled in when the flow is created; any time stands for it here.
        "startTime": int(start.timestamp()) if start is not None and start.tzinfo is not None else 1,
        "frequency": schedule.frequency,
    }
    if schedule.interval is not None:
        wire["interval"] = schedule.interval
    if schedule.backfill is not None:
        wire["backfill"] = schedule.backfill
    try:
        errors = list(jsonschema.Draft7Validator(dict(json_schema)).iter_errors(wire))
    except (jsonschema.SchemaError, jsonschema.exceptions.UnknownType, TypeError, ValueError):
        # A flow spec whose schema cannot be used is no fault of the pipeline; the platform checks again on create.
        return []
    return [_translated(error, wire, places) for error in errors]


def _translated(error: Any, wire: Mapping[str, Any], places: Places) -> Problem:
    """One finding of jsonschema, in the words of the pipeline file."""
    key = str(error.absolute_path[-1]) if error.absolute_path else ""
    if not key and error.validator == "required":
        key = next((name for name in error.validator_value if name not in wire), "")
    if not key and error.validator == "not" and isinstance(error.validator_value, dict):
        key = next((name for name in error.validator_value.get("required", []) if name in wire), "")
    name = _WIRE_KEYS.get(key, "")
    path = ("schedule", name) if name else ("schedule",)
    if error.validator == "minimum":
        what, fix = f"{wire[key]} is too small", f"Write {name} = {error.validator_value} or more"
    elif error.validator == "maximum":
        what, fix = f"{wire[key]} is too large", f"Write {name} = {error.validator_value} or less"
    elif error.validator == "enum":
        what = f"This source does not take {wire[key]}"
        fix = f"Write one of {', '.join(map(str, error.validator_value))}"
    elif error.validator == "required":
        what, fix = f"The {name or key} is missing", f"Add {name or key} under [schedule]"
    elif error.validator == "not":
        what, fix = f"{name or 'This'} is not allowed with the frequency {wire['frequency']}", "Delete the line"
    else:
        what, fix = f"The flow spec refuses it: {error.message}", "Change it as the flow spec says"
    return places.problem(path, what, fix)
