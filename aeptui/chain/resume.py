"""What going on with an execution needs to know: its pipeline as it was, and whether what is done still fits it.

Pure: a record and a pipeline in, problems out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from aeptui.chain.document import ParsedPipeline, parse_pipeline
from aeptui.chain.problems import Problem, Section
from aeptui.chain.step import ChainContext, StepName
from aeptui.chain.steps import ALL_STEPS, steps_of
from aeptui.models.base import Json

if TYPE_CHECKING:
    from aeptui.chain.pipeline import Pipeline
    from aeptui.chain.preflight import Resolved
    from aeptui.chain.replay import ExecutionRecord


@dataclass(frozen=True)
class Settle:
    """What the user decided about steps in doubt."""

    adopt: Mapping[StepName, str] = field(default_factory=dict)
    """Take the resource with this id as the step's."""
    anew: frozenset[StepName] = frozenset()
    """Make it, whatever there is."""


_PLACES: dict[StepName, tuple[str, Section]] = {
    "base_connection": ("base_connection", "source"),
    "source_connection": ("source", "source"),
    "field_group": ("schema.field", "target"),
    "schema": ("schema", "target"),
    "dataset": ("dataset", "target"),
    "target_connection": ("dataset", "target"),
    "mapping_set": ("mapping", "mapping"),
    "flow": ("schedule", "schedule"),
}
"""Where in the pipeline a step's body comes from: the table of the file, and the section of the editor."""


def pipeline_of(record: ExecutionRecord) -> ParsedPipeline:
    """The pipeline as the execution was last begun with it."""
    return parse_pipeline(record.pipeline_text, variables=record.variables, file=record.pipeline_file)


def changed_steps(
    record: ExecutionRecord, parsed: ParsedPipeline, resolved: Resolved, now: datetime, margin_s: float
) -> tuple[Problem, ...]:
    """What is done, and would be made differently from the pipeline as it is now: one problem for each such step."""
    context = ChainContext(parsed.pipeline, resolved, record.id, now, margin_s)
    made = {one.step: one.made for one in record.steps if one.made is not None}
    problems: list[Problem] = []
    has = steps_of(parsed.pipeline)
    for step in ALL_STEPS:
        known = record.step(step.name)
        if known.made is None:
            continue
        existing = step.existing(context) if step in has else None
        if step not in has:
            same = False
        elif known.action == "create" and existing is None:
            if known.body is None:
                continue  # written before bodies were kept
            same = lasting(step.body(context, made).to_wire()) == lasting(known.body)
        else:
            same = existing is not None and existing[1].id == known.id
        if not same:
            table, section = _PLACES.get(step.name, ("source", "source"))
            what = f"the {step.name.replace('_', ' ')} {known.id} was made already, from something else than this"
            fix = f"Put it back as it was, or `aeptui undo {record.id}` and run the pipeline anew"
            line = parsed.lines.get(table, parsed.lines.get(f"{table}[1]"))
            problems.append(Problem("error", f"[{table}]", line, what, fix, section))
    return tuple(problems)


def news(problems: Sequence[Problem], record: ExecutionRecord) -> tuple[Problem, ...]:
    """The problems without those that an execution has made itself: a name that it has taken is no news to it."""
    made = {one.step for one in record.steps if one.made is not None or one.maybe_applied}
    own = {"[schema] title"} if "schema" in made else set()
    own |= {"[schema] new_field_group"} if "field_group" in made else set()
    own |= {"[dataset] name"} if "dataset" in made else set()
    return tuple(problem for problem in problems if problem.severity == "error" or problem.where not in own)


def secrets_to_send(pipeline: Pipeline, resolved: Resolved, record: ExecutionRecord) -> tuple[str, ...]:
    """The names of the secrets that a declared base connection needs; none when it is there already."""
    declared = pipeline.base_connection
    if declared is None or resolved.base_connection is not None or record.step("base_connection").made is not None:
        return ()
    return tuple(declared.secrets.values())


def lasting(body: Json) -> Json:
    """A body without what differs each time it is made: a start "as soon as possible" counts from now."""
    if not isinstance(body, dict) or "scheduleParams" not in body:
        return body
    schedule = {key: value for key, value in (body["scheduleParams"] or {}).items() if key != "startTime"}
    return {**body, "scheduleParams": schedule}
