"""`aeptui run`: a pipeline without screens. Its events are the data; words about them go beside it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from aeptui.cli.output import count, json_line, print_json, talk, tell
from aeptui.cli.running import with_session
from aeptui.errors import ExitCode

if TYPE_CHECKING:
    from aeptui.chain.replay import ExecutionRecord
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
    "--yes-production", metavar="NAME", help="Let it change the production sandbox of that name; else it is refused."
)
@click.pass_context
def run(
    ctx: click.Context,
    files: tuple[str, ...],
    profile: str | None,
    as_json: bool,
    no_watch: bool,
    variables: dict[str, str],
    at_once: int,
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

            return await run_pipelines(session, files, variables, as_json=as_json, watch=not no_watch, at_once=at_once)
        return await run_pipeline(session, files[0], variables, as_json=as_json, watch=not no_watch)

    ctx.exit(int(with_session(profile, work, yes_production=yes_production)))


async def run_pipeline(
    session: Session, file: str, variables: dict[str, str], *, as_json: bool, watch: bool
) -> ExitCode:
    """Run one pipeline on an open session and print what happens."""
    from aeptui.session.pipelines import read_pipeline

    parsed = read_pipeline(session.paths, file, variables)
    printer = Printer(as_json)
    if not as_json:
        facts = session.describe()
        talk(f"Checking {parsed.pipeline.name or file} against {facts.profile} ({facts.sandbox}) ...")
    tracking = await session.executions.start(parsed, watch=watch, on_event=printer.event)
    return await followed(session, tracking, printer, as_json=as_json)


async def followed(session: Session, tracking: Tracking, printer: Printer, *, as_json: bool) -> ExitCode:
    """Wait for an execution and say how it ended."""
    record = await tracking.wait()
    if tracking.error is not None:
        if as_json:
            print_json(
                {
                    "event": "refused",
                    "error": tracking.error.title,
                    "hint": tracking.error.hint,
                    "problems": [asdict(problem) for problem in tracking.problems],
                }
            )
        raise tracking.error
    for problem in tracking.problems:
        if not as_json:
            talk(str(problem))
    if not as_json:
        refused, why = await _outcome(session, record)
        printer.reasons(refused)
        printer.end(record, why)
    return record.exit_code


async def _outcome(session: Session, record: ExecutionRecord) -> tuple[list[str], list[str]]:
    """Of the first flow run: why rows were refused, one line per reason; and why the run failed."""
    summary = record.flow_run
    if summary is None or (not summary.failed_records and summary.outcome != "failed"):
        return [], []
    from aeptui.errors import AeptuiError
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
                words = {"create": "created", "reuse": "reused", "find": "found"}.get(event.action, event.action)
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
