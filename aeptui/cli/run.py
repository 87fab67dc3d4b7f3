"""`aeptui run`: a pipeline without screens. Its events are the data; words about them go beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from aeptui.cli.output import count, json_line, print_json, talk, tell
from aeptui.cli.running import with_session
from aeptui.errors import AeptuiError, ConfigError, ExitCode

if TYPE_CHECKING:
    from aeptui.chain.document import ParsedPipeline
    from aeptui.chain.events import ChainEvent
    from aeptui.chain.problems import Problem
    from aeptui.chain.replay import ExecutionRecord
    from aeptui.chain.update import Existing
    from aeptui.session import Session, Tracking


def variables_of(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """`k=v` options as a mapping."""
    variables = {}
    for text in values:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE.")
        variables[key] = value
    return variables


production_option = click.option(
    "--yes-production", metavar="NAME", help="Let it change the production sandbox of that name; else it is refused."
)


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--profile", "-p", metavar="NAME", help="The profile to use; without it the last one used.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per event.")
@click.option("--no-watch", is_flag=True, help="End when the dataflow is created; do not wait for its first run.")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", callback=variables_of, help="Fill ${NAME}.")
@click.option(
    "--at-once",
    default=4,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Of several pipelines, how many are under way at the same time.",
)
@click.option(
    "--if-exists",
    type=click.Choice(["ask", "nothing", "update", "new"]),
    default="ask",
    show_default=True,
    help="When a dataflow of that name is there: leave it, change it in place, or make another one. Without a terminal "
    "to ask in, an equal one is left, and a different one is an error.",
)
@production_option
@click.pass_context
def run(
    ctx: click.Context,
    files: tuple[str, ...],
    profile: str | None,
    as_json: bool,
    no_watch: bool,
    variables: dict[str, str],
    at_once: int,
    if_exists: str,
    yes_production: str | None,
) -> None:
    """Run a pipeline: check it, create its dataflow, watch the first flow run.

    FILE is a path, or the name of a saved pipeline, such as loyalty. Nothing is created before everything was checked;
    all problems are listed at once. Several are run side by side, at one pace; one that fails does not stop the others,
    and the exit code is the worst of theirs.
    """
    if len(set(files)) < len(files):
        twice = next(name for name in files if files.count(name) > 1)
        raise click.UsageError(f"{twice} is named twice; it would make two dataflows that read the same files.")

    async def work(session: Session) -> ExitCode:
        if len(files) > 1:
            from aeptui.cli.run_many import run_pipelines

            return await run_pipelines(
                session,
                files,
                variables,
                as_json=as_json,
                watch=not no_watch,
                at_once=at_once,
                if_exists="refuse" if if_exists == "ask" else if_exists,
            )
        return await run_pipeline(
            session, files[0], variables, as_json=as_json, watch=not no_watch, if_exists=if_exists
        )

    ctx.exit(int(with_session(profile, work, yes_production=yes_production)))


async def run_pipeline(
    session: Session, file: str, variables: dict[str, str], *, as_json: bool, watch: bool, if_exists: str = "ask"
) -> ExitCode:
    """Run one pipeline on an open session and print what happens."""
    from aeptui.session.pipelines import read_pipeline

    parsed = read_pipeline(session.paths, file, variables)
    printer = Printer(as_json)
    if not as_json:
        facts = session.describe()
        talk(f"Checking {parsed.pipeline.name or file} against {facts.profile} ({facts.sandbox}) ...")
    tracking = await begun(session, parsed, if_exists, watch=watch, on_event=printer.event)
    if tracking is None:
        nothing_to_do(file, parsed.pipeline.name, as_json=as_json)
        return ExitCode.DONE
    return await followed(session, tracking, printer, as_json=as_json)


async def begun(
    session: Session,
    parsed: ParsedPipeline,
    if_exists: str,
    *,
    watch: bool,
    on_event: Callable[[ChainEvent], None],
) -> Tracking | None:
    """Begin an execution that makes the dataflow, or changes the one that is there; None: nothing is to be done.

    Args:
        if_exists: new, update or nothing; `ask` asks who sits at the terminal; `refuse`, and `ask` without one, leave
            an equal dataflow as it is and refuse another.
    Raises:
        ConfigError: a dataflow of that name is there, and it was not said what is to become of it.
    """
    there = () if if_exists == "new" else await session.flows.existing(parsed)
    if not there:
        return await session.executions.start(parsed, watch=watch, on_event=on_event)
    choice = if_exists if if_exists in ("nothing", "update") else _choice(there, may_ask=if_exists == "ask")
    if choice == "nothing" or (choice == "update" and any(one.is_same for one in there)):
        return None
    if choice == "new":
        return await session.executions.start(parsed, watch=watch, on_event=on_event)
    if len(there) > 1:
        raise ConfigError(
            f"{len(there)} dataflows are named {parsed.pipeline.name!r}.", "Delete all but one, or say --if-exists new."
        )
    return await session.executions.update(parsed, there[0], on_event=on_event)


def _choice(there: Sequence[Existing], *, may_ask: bool) -> str:
    one = next((each for each in there if each.is_same), there[0])
    if one.is_same:
        talk(f"The dataflow {one.live.flow_id} is what this pipeline makes, and it is enabled.")
    else:
        talk(f"A dataflow of that name is there, and different ({one.live.flow_id}):")
        for change in one.changes:
            talk(f"  {change.where}: {change.live or '-'} there, {change.file or '-'} in the pipeline")
        for why in one.refused or ("All of it can be changed in place.",):
            talk(f"  {why}")
    words = ["nothing", *(["update"] if one.can_update else []), "new"]
    if may_ask and sys.stdin.isatty():
        return str(click.prompt("What is to be done", type=click.Choice(words), default="nothing", err=True))
    if one.is_same:
        return "nothing"
    update = "--if-exists update changes it in place, " if one.can_update else ""
    raise ConfigError(
        f"The dataflow {one.live.flow_id} has this pipeline's name, and is different.",
        f"Say what is to be done: {update}--if-exists new makes another that reads the same files, nothing leaves it.",
    )


def nothing_to_do(file: str, name: str, *, as_json: bool) -> None:
    """Say that a dataflow is there already."""
    if as_json:
        print_json({"event": "nothing_to_do", "file": file, "pipeline": name})
    else:
        talk("Nothing to do. --if-exists new makes another dataflow, which reads the same files again.")


async def followed(session: Session, tracking: Tracking, printer: Printer, *, as_json: bool) -> ExitCode:
    """Wait for an execution and say how it ended."""
    record = await tracking.wait()
    if tracking.error is not None:
        if as_json:
            print_json(refusal(tracking.error, tracking.problems))
        raise tracking.error
    for problem in tracking.problems:
        if not as_json:
            talk(str(problem))
    if not as_json:
        refused, why = await _outcome(session, record)
        printer.reasons(refused)
        printer.end(record, why)
    return record.exit_code


def refusal(error: AeptuiError, problems: Sequence[Problem]) -> dict[str, object]:
    """Why nothing was begun, as data."""
    told = [asdict(problem) for problem in problems]
    return {"event": "refused", "error": error.title, "hint": error.hint, "problems": told}


async def _outcome(session: Session, record: ExecutionRecord) -> tuple[list[str], list[str]]:
    """Of the first flow run: why rows were refused, one line per reason; and why the run failed."""
    summary = record.flow_run
    if summary is None or (not summary.failed_records and summary.outcome != "failed"):
        return [], []
    from aeptui.monitor.diagnose import diagnose
    from aeptui.monitor.failed_rows import reasons

    try:
        run = await session.flows.run(summary.id)
        rows = await session.flows.failed_rows(run)
    except AeptuiError as error:
        return [f"the reasons cannot be read: {error.title}"], []
    found = diagnose(run)
    why = [found.headline, *found.lines, found.next_step] if summary.outcome == "failed" else []
    if rows:
        why.append(f"`aeptui failed-rows {run.id}` writes out the rows that were refused.")
    return [f"{reason.count:>5}  {reason.code}  {reason.message}" for reason in reasons(rows)], why


_DONE = {"create": "created", "reuse": "reused", "find": "found", "update": "updated"}


class Printer:
    """Events as they come: lines for people, or JSON."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._last = ""

    def event(self, event: Any) -> None:
        """Print one event."""
        if self._as_json:
            tell(json_line(event.to_json()))
            return
        line = self._line(event)
        if line and line != self._last:
            self._last = line
            tell(line)

    def _line(self, event: Any) -> str:
        match event.event:
            case "step_succeeded":
                words = {"create": "created", "reuse": "reused", "find": "found", "update": "updated"}.get(
                    event.action, event.action
                )
                return (
                    f"{event.step:<18} {words:<8} {event.id}  {event.duration_ms / 1000:.2f} s  {event.note}".rstrip()
                )
            case "step_waiting":
                words = "looking whether it was created" if event.why == "look_up" else "not visible to the service yet"
                return f"{event.step:<18} waiting  {words} ({event.attempt} of {event.attempts})"
            case "step_failed":
                return f"{event.step:<18} failed   {event.error} {event.hint}".rstrip()
            case "step_in_doubt":
                return f"{event.step:<18} in doubt {event.error} {event.hint}".rstrip()
            case "flow_run_updated":
                run = event.run
                return (
                    f"{'flow run':<18} {run.outcome:<8} {count(run.input_records)} in, "
                    f"{count(run.output_records)} out, {count(run.failed_records)} failed"
                )
        return ""

    def reasons(self, lines: list[str]) -> None:
        """Why rows were refused."""
        if lines:
            click.echo("Rows refused:")
        for line in lines:
            click.echo(f"  {line}")

    def end(self, record: ExecutionRecord, why: list[str]) -> None:
        """How it ended, and what to do next."""
        words = f"Execution {record.id} {record.status.replace('_', ' ')}."
        if record.error:
            words += f" {record.error}"
        talk(words)
        for line in filter(None, why):
            talk(f"  {line}")
        if record.hint:
            talk(f"  {record.hint}")
        if record.can_resume and "aeptui resume" not in (record.hint or ""):
            talk(f"  `aeptui resume {record.id}` goes on with it, `aeptui undo {record.id}` takes it back.")
