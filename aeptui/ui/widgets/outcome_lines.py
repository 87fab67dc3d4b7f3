"""What an execution came to, in words: one line of state, then what happened and what to do. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from aeptui.ui.formatting import clock_time, count, duration
from aeptui.ui.widgets.execution_words import state_style, state_text, step_word
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.text_lines import Line, line

if TYPE_CHECKING:
    from aeptui.chain.problems import Problem
    from aeptui.chain.replay import ExecutionRecord, FlowRunSummary, StepRecord

_RUN_STATES = {
    "scheduled": ("pending", "scheduled", "pending"),
    "running": ("running", "running", "running"),
    "succeeded": ("ok", "succeeded", "ok"),
    "partial": ("warning", "partly succeeded", "warning"),
    "failed": ("fail", "failed", "error"),
}


def elapsed_s(record: ExecutionRecord, now: datetime) -> float | None:
    """Seconds an execution took, or has been going on; None when it ended and nobody knows when."""
    if record.finished_at is not None:
        return max(0.0, (record.finished_at - record.started_at).total_seconds())
    if record.status == "running":
        return max(0.0, (now - record.started_at).total_seconds())
    return None


def status_line(record: ExecutionRecord, now: datetime) -> Line:
    """`✓ succeeded in 8.2 s  Loyalty members  local / prod  20261123-140512-3fa9`."""
    took = elapsed_s(record, now)
    joint = {"running": "for", "succeeded": "in"}.get(record.status, "after")
    time = f" {joint} {duration(took)}" if took is not None else f", started {clock_time(record.started_at)}"
    place = " / ".join(part for part in (record.profile, record.sandbox) if part)
    return (
        (state_text(record.status), state_style(record.status)),
        (f"{time}  ", ""),
        (record.pipeline_name, "strong"),
        (f"  {place}  {record.id}", "muted"),
    )


def run_line(run: FlowRunSummary) -> Line:
    """`First flow run  ✓ succeeded  12,000 in  11,993 out  7 failed`."""
    mark, word, style = _RUN_STATES.get(run.outcome, ("warning", run.outcome, "warning"))
    runs: list[tuple[str, str]] = [("First flow run  ", "strong"), (f"{glyph(mark)} {word}  ", style)]
    for number, word in ((run.input_records, "in"), (run.output_records, "out")):
        if number is not None:
            runs.append((f"{count(number)} {word}  ", ""))
    if run.failed_records is not None:
        runs.append((f"{count(run.failed_records)} failed", "error" if run.failed_records else ""))
    return tuple(runs)


def outcome_lines(
    record: ExecutionRecord, problems: Sequence[Problem] = (), *, offered: bool = True
) -> tuple[Line, ...]:
    """What happened so far, and what to do next; the flow run first where there is one.

    Args:
        offered: Whether the keys that go on with it and take it back are there.
    """
    lines: list[Line] = [run_line(record.flow_run)] if record.flow_run is not None else []
    if problems:
        number = len(problems)
        what = f"{number} problems were" if number > 1 else "1 problem was"
        return (line(f"Nothing was created: {what} found before the first step.", "error"),)
    match record.status:
        case "running":
            lines = lines or [line(_doing(record), "muted")]
        case "failed" | "in_doubt":
            lines += _trouble(record, offered=offered)
        case "cancelled":
            lines += [
                line(f"Cancelled. What had been created stays{'; o goes on, u takes it back' * offered}.", "warning"),
                *existing_lines(record),
            ]
        case "interrupted":
            lines += [
                line("aeptui ended while this was going on.", "warning"),
                *([(("What to do  ", "strong"), (_UNFINISHED, ""))] if offered else []),
                *existing_lines(record),
            ]
        case "undone":
            lines = [line("Taken back: what it created is deleted, what was there before is not touched.", "muted")]
        case "partly_undone":
            lines = [
                line("Not all of it could be taken back.", "warning"),
                *([(("What to do  ", "strong"), (_SETTLE, ""))] if offered else []),
                *existing_lines(record),
            ]
        case _:
            pass
    lines += [line(f"{step_word(step.step)}: {step.note}", "warning") for step in record.steps if step.note]
    return tuple(lines)


_SETTLE = "Settle what the lines below say, then u again."
_UNFINISHED = "o goes on with it: what is there is used, what is missing is made. u takes it back."


def existing_lines(record: ExecutionRecord) -> tuple[Line, ...]:
    """The ids of what this execution created, one line each, or that there is nothing."""
    if not record.ids:
        return (line("Nothing was created."),)
    return (
        line("These exist:"),
        *(((f"  {step_word(step):19}", "muted"), (str(id_), "")) for step, id_ in record.ids.items()),
    )


def ids_text(record: ExecutionRecord) -> str:
    """The ids to copy, one `step id` each line; the flow run last."""
    lines = [f"{step} {id_}" for step, id_ in record.ids.items()]
    if record.flow_run is not None:
        lines.append(f"flow_run {record.flow_run.id}")
    return "\n".join(lines) or str(record.id)


def step_lines(step: StepRecord) -> tuple[Line, ...]:
    """A step's own facts: what went wrong and what to do, and the whole id."""
    lines: list[Line] = [((f"{state_text(step.state)}  ", state_style(step.state)), (step.action or "", "muted"))]
    if step.error:
        lines.append(line(step.error, "error"))
    if step.hint:
        lines.append((("What to do  ", "strong"), (step.hint, "")))
    if step.name:
        lines.append((("name  ", "muted"), (step.name, "")))
    if step.id:
        lines.append((("id    ", "muted"), (str(step.id), "")))
    return tuple(lines)


def latest_step(record: ExecutionRecord) -> str:
    """The step to look at: the one that went wrong, else the last that began."""
    wrong = [step.step for step in record.steps if step.state in {"failed", "in_doubt"}]
    begun = [step.step for step in record.steps if step.state not in {"pending", "skipped"}]
    return next(iter([*wrong, *begun[-1:]]), "")


def _doing(record: ExecutionRecord) -> str:
    states = {step.state for step in record.steps}
    if states <= {"pending"}:
        return "Checking the whole pipeline before anything is created ..."
    if states <= {"succeeded"}:
        return "First flow run: waiting for the platform to start it ..."
    return "First flow run: starts by itself once the dataflow exists."


def _trouble(record: ExecutionRecord, *, offered: bool) -> list[Line]:
    step = next((step for step in record.steps if step.state in {"failed", "in_doubt"}), None)
    error = record.error or (step.error if step else None)
    lines: list[Line] = []
    if error:
        where = f"{step_word(step.step)}: " if step else ""
        lines.append(line(f"{where}{error}", "error" if record.status == "failed" else "warning"))
    if step is not None and step.hint:
        lines.append((("What to do  ", "strong"), (step.hint, "")))
    if record.can_resume and offered:
        lines.append((("What to do  ", "strong"), (_UNFINISHED, "")))
    return lines
