"""Names of pipelines, where executions belong, and starting one: asks first where a production sandbox is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aeptui.errors import AeptuiError

if TYPE_CHECKING:
    from aeptui.chain.document import ParsedPipeline
    from aeptui.chain.problems import Problem
    from aeptui.chain.replay import ExecutionRecord
    from aeptui.session import Session, Tracking
    from aeptui.ui.screens.base import BaseScreen


def pipeline_name_problem(title: str) -> str:
    """What is wrong with the name of a new pipeline, or nothing."""
    return "" if title.strip() else "A pipeline needs a name."


def belongs_here(session: Session, record: ExecutionRecord) -> bool:
    """Was it run with this profile in this sandbox? Else its ids mean nothing here."""
    facts = session.describe()
    return (record.profile, record.sandbox) == (facts.profile, facts.sandbox)


async def saved_name(session: Session, pipeline_name: str) -> str:
    """The name under which the pipeline of an execution is saved.

    Raises:
        AeptuiError: it has been deleted or renamed since.
    """
    for saved in await session.pipelines.list():
        if pipeline_name in {saved.name, saved.title}:
            return saved.name
    raise AeptuiError(f"There is no saved pipeline named {pipeline_name!r} any more.", "The history keeps its text.")


async def open_editor(screen: BaseScreen[None], session: Session, pipeline_name: str, problem: Problem | None) -> None:
    """Go back to the pipeline's editor when it is open below; else open it. There, to the problem, if one is given.

    Raises:
        AeptuiError: the pipeline has been deleted or renamed since.
    """
    from aeptui.ui.screens.pipeline import PipelineScreen
    from aeptui.ui.screens.pipeline_sections.review import ReviewSection

    name = await saved_name(session, pipeline_name)
    below = [one for one in screen.app.screen_stack if isinstance(one, PipelineScreen)]
    editor = next((one for one in reversed(below) if one.pipeline_name == name), None)
    if editor is None:
        screen.open("pipeline", name, *([problem.section] if problem is not None else []))
        return
    if problem is not None:
        editor.post_message(ReviewSection.ProblemOpened(problem))
    while screen.app.screen is not editor:
        screen.app.pop_screen()


NEW = "new"
"""The answer that makes another dataflow."""


async def start_execution(screen: BaseScreen[None], session: Session, parsed: ParsedPipeline) -> Tracking | None:
    """Start it; None when the user was asked and said no. Must run in a worker, because it may ask.

    When a dataflow of that name is there already, it asks whether that one is to be changed or another one made.

    Raises:
        AeptuiError: it could not be started.
    """
    risk = session.describe().risk
    if risk:
        from aeptui.ui.screens.confirm import ConfirmScreen

        detail = f"{risk} It creates its resources there."
        name = parsed.pipeline.name or "this pipeline"
        if not await screen.app.push_screen_wait(ConfirmScreen(f"Run {name}?", detail, "Run", danger=True)):
            return None
    there = await session.flows.existing(parsed)
    if there:
        from aeptui.ui.screens.existing import choice

        chosen = await screen.app.push_screen_wait(choice(parsed.pipeline.name, there))
        if chosen is None:
            return None
        if chosen[0] != NEW:
            return await session.executions.update(parsed, next(one for one in there if one.live.flow_id == chosen[0]))
    return await session.executions.start(parsed)
