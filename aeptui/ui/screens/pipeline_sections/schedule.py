"""Schedule: how often, from when, and what the first run takes; the times that follow, and the rules in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult

from aeptui.ui.screens.pipeline_sections.base import Section
from aeptui.ui.screens.pipeline_sections.source import field_of, with_problems
from aeptui.ui.screens.pipeline_sections.state import EditorState
from aeptui.ui.widgets.form import Form, FormField
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.text_lines import Line, line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from textual.widget import Widget

    from aeptui.chain.pipeline import Schedule
    from aeptui.chain.problems import Problem

RUN_TIMES = 5
FREQUENCY_MEANINGS = (
    ("once", "one run; you can start more by hand"),
    ("minute", "every so many minutes, 15 at least"),
    ("hour", "every so many hours"),
    ("day", "every so many days"),
    ("week", "every so many weeks"),
)


class ScheduleSection(Section):
    """A form, its rules, and the next run times."""

    SECTION = "schedule"
    DEFAULT_CSS = """
    ScheduleSection {
        #schedule-form { height: 5; }
        #schedule-words { height: 8; margin-top: 1; }
        #schedule-times { height: 7; }
    }
    """

    def compose(self) -> ComposeResult:
        yield Form("Schedule", id="schedule-form")
        yield TextView("What it means", id="schedule-words", can_focus=False)
        yield Grid(
            Column("local", "Next runs, local time", min_width=26),
            Column("utc", "UTC", min_width=22),
            Column("in", "In", min_width=10, priority=1),
            empty="Choose a frequency and a valid interval.",
            id="schedule-times",
        )

    def panes(self) -> Sequence[Widget]:
        return (self.query_one("#schedule-form"), self.query_one("#schedule-times"))

    def show_state(self, state: EditorState) -> None:
        from aeptui.chain.schedule import next_run_times

        schedule = state.pipeline.schedule
        self.query_one("#schedule-form", Form).show_fields(schedule_fields(state))
        self.query_one("#schedule-words", TextView).show(meaning(schedule, state.pipeline.source.type), keep_place=True)
        times = next_run_times(schedule, state.now, RUN_TIMES)
        grid = self.query_one("#schedule-times", Grid)
        if schedule.frequency == "once" and not times:
            grid.empty_text = "The start has passed: the one run would start as soon as possible."
        grid.show([_time_row(time, state.now) for time in times])

    def copy_text(self) -> str:
        from aeptui.chain.schedule import describe

        return describe(self.state.pipeline.schedule)

    def go_to(self, problem: Problem) -> None:
        self.query_one("#schedule-form", Form).move_to(field_of(problem))

    @on(Form.Chosen, "#schedule-form")
    def _chosen(self, event: Form.Chosen) -> None:
        event.stop()
        self.set_value(event.key, event.value)

    @on(Form.EditRequested, "#schedule-form")
    def _edit_requested(self, event: Form.EditRequested) -> None:
        event.stop()
        schedule, field = self.state.pipeline.schedule, event.form.field(event.key)
        if event.key == "frequency":
            chosen = schedule.frequency or ""
            self.pick_word("Frequency", FREQUENCY_MEANINGS, chosen, lambda word: self.set_value("frequency", word))
        elif event.key == "interval":
            self.ask(
                f"Interval in {schedule.frequency}s",
                str(schedule.interval or ""),
                lambda text: self.set_value("interval", text.strip()),
                place="interval",
                note=_interval_rule(schedule),
                check=lambda text: _interval_problem(schedule, text),
            )
        elif event.key == "start" and field is not None:
            now = self.state.now
            self.ask(
                "Start",
                start_text(schedule.start),
                lambda text: self.set_value("start", text.strip()),
                place="start",
                note="Local time like 2026-11-24 06:00, or with a zone like 2026-11-24T06:00Z, or +30m, +2h, +1d. "
                "Empty: as soon as possible.",
                check=lambda text: _start_problem(text, now),
            )

    def set_value(self, key: str, value: str) -> None:
        """Change one setting from its text."""
        schedule = self.state.pipeline.schedule
        changes: dict[str, object] = {}
        if key == "frequency":
            changes = {"frequency": value or None}
            if value == "once":
                changes |= {"interval": None, "backfill": None}
            elif value:
                from aeptui.chain.schedule import least_interval

                given = schedule.interval
                untouched = given is None or given == _usual_interval(schedule.frequency)
                short = given is None or given < least_interval(value)
                changes["interval"] = _usual_interval(value) if untouched or short else given
                changes["backfill"] = True if schedule.backfill is None else schedule.backfill
        elif key == "interval":
            changes = {"interval": int(value) if value else None}
        elif key == "start":
            changes = {"start": parse_start(value, self.state.now) if value else None}
        elif key == "backfill":
            changes = {"backfill": value == "yes"}
        self.edit(f"change the {key}", schedule=schedule.model_copy(update=changes))


def schedule_fields(state: EditorState) -> list[FormField]:
    """The form of the schedule, with its rules and problems inline; what `once` does not take is not there."""
    schedule = state.pipeline.schedule
    words = tuple(word for word, _ in FREQUENCY_MEANINGS)
    about = dict(FREQUENCY_MEANINGS).get(schedule.frequency or "", "enter shows what there is")
    fields = [FormField("frequency", "Frequency", schedule.frequency or "", about, "choice", words)]
    if schedule.frequency != "once":
        interval = str(schedule.interval) if schedule.interval is not None else ""
        fields.append(FormField("interval", "Interval", interval, _interval_rule(schedule)))
    start = start_text(schedule.start) or "as soon as possible"
    note = "" if schedule.start is None else f"{schedule.start.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if schedule.start is not None and schedule.start < state.now:
        note = "has passed; it would start as soon as possible"
    fields.append(FormField("start", "Start", start, note))
    if schedule.frequency != "once":
        backfill = "" if schedule.backfill is None else "yes" if schedule.backfill else "no"
        fields.append(
            FormField("backfill", "Backfill", backfill, "take the files that are there", "flag", ("no", "yes"))
        )
    return with_problems(fields, state, "schedule")


def meaning(schedule: Schedule, source_type: str) -> list[Line]:
    """What the schedule does, in words: when, what the first run takes, what the later ones take, and the rules."""
    from aeptui.chain.schedule import describe

    if schedule.frequency is None:
        return [line("Nobody has chosen yet when the dataflow runs.")]
    text = describe(schedule)
    lines: list[Line] = [line(f"{text[0].upper()}{text[1:]}.", "strong")]
    if schedule.frequency == "once":
        many = "every file that matches the path then" if source_type == "folder" else "the file"
        return [
            *lines,
            line(f"The one run takes {many}."),
            line("Empty, the start is as soon as possible; one that has passed is refused."),
            line("once takes neither an interval nor backfill.", "muted"),
        ]
    if schedule.backfill is False:
        lines.append(line("Only files that appear after the start are taken; older ones never get in."))
    else:
        lines.append(line("The first run takes every file that is there already; it may be a long one."))
    lines += [
        line("Later runs take only files that are new, or changed since the run before."),
        line("minute: 15 or more; hour, day, week: 1 or more.", "muted"),
        line("After the first start, start and backfill cannot be changed any more.", "muted"),
    ]
    return lines


def _usual_interval(frequency: str | None) -> int:
    """What is offered until somebody chooses."""
    return 30 if frequency == "minute" else 1


def _interval_rule(schedule: Schedule) -> str:
    if schedule.frequency is None or schedule.frequency == "once":
        return ""
    from aeptui.chain.schedule import least_interval

    return f"{schedule.frequency}s, {least_interval(schedule.frequency)} or more"


def _interval_problem(schedule: Schedule, text: str) -> str:
    from aeptui.chain.schedule import least_interval

    stripped = text.strip()
    if not stripped.isascii() or not stripped.isdigit():
        return "A whole number."
    least = least_interval(schedule.frequency or "hour")
    if int(stripped) < least:
        return f"{least} or more, for the frequency {schedule.frequency}."
    return "" if len(stripped) <= 6 else "A smaller number."


def start_text(start: datetime | None) -> str:
    """A start as it is shown and typed: local time."""
    return "" if start is None else f"{start.astimezone():%Y-%m-%d %H:%M}"


def parse_start(text: str, now: datetime) -> datetime:
    """A start from what was typed, in UTC; without a zone it is local time, `+2h` is from now.

    Raises:
        ValueError: it is no time.
    """
    stripped = text.strip()
    units = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
    if stripped.startswith("+"):
        number, unit = stripped[1:-1].strip(), units.get(stripped[-1:])
        if unit is None or not number.isdigit() or len(number) > 5:
            raise ValueError("Write +30m, +2h or +1d.")
        return (now + int(number) * unit).astimezone(UTC).replace(second=0, microsecond=0)
    moment = datetime.fromisoformat(stripped)
    return moment.astimezone(UTC)


def _start_problem(text: str, now: datetime) -> str:
    if not text.strip():
        return ""
    try:
        start = parse_start(text, now)
    except (ValueError, OverflowError):
        return "Write it like 2026-11-24 06:00, or +2h."
    return "" if start >= now - timedelta(minutes=1) else "This has passed; the platform refuses a start in the past."


def _time_row(time: datetime, now: datetime) -> Row:
    local = time.astimezone()
    return Row(
        time.isoformat(),
        (
            f"{local:%a %Y-%m-%d %H:%M} {local.tzname() or ''}",
            f"{time:%a %Y-%m-%d %H:%M}",
            Cell(_span(time - now), "muted", sort=time.timestamp()),
        ),
    )


def _span(span: timedelta) -> str:
    minutes = max(0, round(span.total_seconds() / 60))
    if minutes < 1:
        return "now"
    if minutes < 120:
        return f"in {minutes} min"
    hours = round(minutes / 60)
    return f"in {hours} h" if hours < 48 else f"in {round(hours / 24)} days"
