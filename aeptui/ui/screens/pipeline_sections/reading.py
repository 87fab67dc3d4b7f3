"""What the editor reads for its sections: each function makes one call of the session and answers a value to show.

An error a user can act on becomes part of the value. Nothing here touches a widget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from aeptui.chain.helpings import in_helpings
from aeptui.chain.live_mapping_checks import MOST_EXPLAINED
from aeptui.errors import AeptuiError
from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial, trial_of
from aeptui.ui.screens.pipeline_sections.new_fields.declaring import with_declared
from aeptui.ui.screens.pipeline_sections.state import EditorState, Review, Sample, Target

if TYPE_CHECKING:
    from aeptui.chain.document import ParsedPipeline
    from aeptui.chain.pipeline import Pipeline
    from aeptui.chain.places import Places
    from aeptui.chain.problems import Problem
    from aeptui.session import Session

_MOST_PROBLEMS = 300
"""Of the mapping; nobody reads further, and the grid shows the state of every row."""


def sample_key(pipeline: Pipeline) -> object:
    """What the sample depends on; None while there is nothing to read."""
    source = pipeline.source
    return source if source.base_connection and source.path else None


def target_key(pipeline: Pipeline) -> object:
    """What the fields depend on; None while there is nothing to read."""
    schema, dataset = pipeline.schema_, pipeline.dataset
    if not (schema.id or schema.class_ or schema.field_groups or dataset.id):
        return None
    return schema.id, schema.class_, schema.field_groups, schema.fields, dataset.id


async def read_sample(session: Session, pipeline: Pipeline) -> Sample:
    """The first rows of the source."""
    try:
        preview = await session.sources.sample(pipeline.source)
    except AeptuiError as error:
        return Sample("failed", error=error.in_full)
    return Sample("read", preview)


async def read_target(session: Session, pipeline: Pipeline) -> Target:
    """The fields that mapping can reach."""
    try:
        fields = await session.schemas.fields(pipeline.schema_, pipeline.dataset)
    except AeptuiError as error:
        return Target("failed", error=error.in_full)
    target = Target("read", tuple(fields))
    if not pipeline.schema_.is_new:
        return target
    try:
        return replace(target, tenant=await session.schemas.tenant())
    except AeptuiError as error:
        # Everything but declaring fields can go on.
        return replace(target, tenant_error=error.in_full)


async def with_suggestions(session: Session, pipeline: Pipeline, target: Target) -> Target:
    """The target with what the platform suggests to map into it; the same one when it suggests nothing."""
    if target.state != "read" or not pipeline.dataset.id:
        return target
    return replace(target, suggested=await session.schemas.suggested(pipeline.dataset.id))


async def mapping_problems(
    state: EditorState,
    problems: Sequence[Problem],
    places: Places,
    trial: Trial,
    tell_gone: Callable[[int], None] | None = None,
) -> tuple[Problem, ...]:
    """What columns and fields say of the mapping rows, beside what the document says; in small helpings.

    Args:
        problems: What the document says.
        places: Where rows stand in its text, as far as there is one.
        tell_gone: Is told now and then how many rows were judged; never when that takes no time.
    """
    if not trial.types and trial.columns is None:
        return ()
    rows = state.pipeline.mapping
    # One bad value in one row is no fault of the document: the grid shows it, the list of problems does not.
    await in_helpings(trial.over.steps(rows), tell_gone)
    known = {problem.row for problem in problems if problem.section == "mapping"}
    told = [(number, fault) for number, fault in trial.over.found.items() if number not in known][:_MOST_PROBLEMS]

    def tell() -> Iterator[Problem]:
        for count, (number, fault) in enumerate(told):
            row = rows[number]
            key = "target" if fault.is_target else "source" if row.expression is None else "expression"
            fix = trial.explained(row).fix if count < MOST_EXPLAINED else fault.fix
            yield places.problem(("mapping", number, key), fault.reason, fix)

    return tuple(await in_helpings(tell()))


async def read_review(session: Session, parsed: ParsedPipeline) -> Review:
    """The live check, and the plan when there is no error."""
    now = session.clock.now()
    try:
        problems = await session.pipelines.check(parsed)
        plan = None
        if not any(problem.severity == "error" for problem in problems):
            plan = await session.pipelines.plan(parsed)
    except AeptuiError as error:
        found: Sequence[Problem] = getattr(error, "problems", ())
        if found:
            return Review("read", tuple(found), None, checked_at=now)
        return Review("failed", error=error.in_full, checked_at=now)
    return Review("read", tuple(problems), plan, checked_at=now)


def with_reading(state: EditorState, *, sample: bool, target: bool) -> EditorState:
    """The state while sample or fields are being read; what was known stays visible until then."""
    if sample:
        has_key = sample_key(state.pipeline) is not None
        state = replace(state, sample=Sample("reading" if has_key else "none", row=state.sample.row))
    if target:
        has_key = target_key(state.pipeline) is not None
        known = state.target
        # Fields that were just declared are known without being read.
        fields = with_declared(known.fields, state.pipeline.schema_.fields) if known.fields else ()
        reading = Target("reading", fields, tenant=known.tenant)
        state = replace(state, target=reading if has_key else Target())
    return state


def current_trial(state: EditorState, trial: Trial | None) -> Trial:
    """The trial of this state; the same object as long as nothing it depends on changed, so it keeps what it knows."""
    fresh = trial_of(state)
    return trial if trial is not None and trial == fresh else fresh
