"""Many pipelines in one command: side by side, at one pace, each on its own feet, and a table at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aeptui.cli.output import count, json_line, print_table, talk, tell
from aeptui.cli.run import begun, nothing_to_do, refusal
from aeptui.errors import AeptuiError, ExitCode

if TYPE_CHECKING:
    from aeptui.chain.events import ChainEvent
    from aeptui.chain.replay import ExecutionRecord
    from aeptui.session import Session

_WORST_FIRST = (
    ExitCode.INTERRUPTED,
    ExitCode.IN_DOUBT,
    ExitCode.CHAIN_FAILED,
    ExitCode.CREDENTIALS,
    ExitCode.USAGE,
    ExitCode.FLOW_RUN_FAILED,
)


@dataclass(frozen=True)
class _Outcome:
    """How one of them ended."""

    file: str
    code: ExitCode
    record: ExecutionRecord | None = None
    """None: it could not even be read, or nothing was to be done."""
    error: AeptuiError | None = None


async def run_pipelines(
    session: Session,
    files: Sequence[str],
    variables: Mapping[str, str],
    *,
    as_json: bool,
    watch: bool,
    at_once: int,
    if_exists: str,
) -> ExitCode:
    """Run them, at most `at_once` at the same time; the worst of their exit codes."""
    facts = session.describe()
    talk(f"Running {len(files)} pipelines in {facts.profile} ({facts.sandbox}), {at_once} at a time ...")
    session.executions.share_checks()
    places = asyncio.Semaphore(at_once)
    done = 0

    async def one(file: str) -> _Outcome:
        nonlocal done
        async with places:
            outcome = await _run(session, file, variables, as_json=as_json, watch=watch, if_exists=if_exists)
        done += 1
        if not as_json:
            tell(f"{done:>{len(str(len(files)))}}/{len(files)}  {_line(outcome)}")
        return outcome

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(file)) for file in files]
    outcomes = [task.result() for task in tasks]
    if not as_json:
        _summary(outcomes)
    return next((code for code in _WORST_FIRST if any(one.code == code for one in outcomes)), ExitCode.DONE)


async def _run(
    session: Session, file: str, variables: Mapping[str, str], *, as_json: bool, watch: bool, if_exists: str
) -> _Outcome:
    from aeptui.session.pipelines import read_pipeline

    def show(event: ChainEvent) -> None:
        if as_json:
            tell(json_line({**event.to_json(), "file": file}))

    def refused(error: AeptuiError, record: ExecutionRecord | None = None) -> _Outcome:
        if as_json:
            tell(json_line({**refusal(error, getattr(error, "problems", ())), "file": file}))
        return _Outcome(file, error.exit_code, record, error)

    try:
        parsed = read_pipeline(session.paths, file, variables)
        tracking = await begun(session, parsed, if_exists, watch=watch, on_event=show)
    except AeptuiError as error:
        return refused(error)
    if tracking is None:
        if as_json:
            nothing_to_do(file, parsed.pipeline.name, as_json=True)
        return _Outcome(file, ExitCode.DONE)
    record = await tracking.wait()
    if tracking.error is not None:
        return refused(tracking.error, record)
    return _Outcome(file, record.exit_code, record)


def _word(outcome: _Outcome) -> str:
    if outcome.error is not None:
        return "refused"
    return outcome.record.status.replace("_", " ") if outcome.record is not None else "nothing to do"


def _line(outcome: _Outcome) -> str:
    record = outcome.record
    if outcome.error is not None:
        return f"{outcome.file}: refused. {outcome.error.title}"
    if record is None:
        return f"{outcome.file}: nothing to do, its dataflow is there"
    run = record.flow_run
    words = f"{outcome.file}: {record.status.replace('_', ' ')}"
    if run is not None:
        words += f", {count(run.output_records)} of {count(run.input_records)} rows"
    return f"{words}. {record.error}" if record.error else words


def _summary(outcomes: Sequence[_Outcome]) -> None:
    print_table(
        ("PIPELINE", "STATUS", "EXECUTION", "ROWS", "FAILED"),
        (
            (
                one.file,
                _word(one),
                str(one.record.id) if one.record is not None and one.error is None else "-",
                count(one.record.flow_run.output_records) if one.record and one.record.flow_run else "-",
                count(one.record.flow_run.failed_records) if one.record and one.record.flow_run else "-",
            )
            for one in outcomes
        ),
    )
    for one in outcomes:
        for problem in getattr(one.error, "problems", ()):
            talk(f"{one.file}: {problem}")
    unfinished = [one.record for one in outcomes if one.record is not None and one.record.can_resume and not one.error]
    for record in unfinished:
        talk(f"`aeptui resume {record.id}` goes on with {record.pipeline_name}.")
