"""After an interruption: `aeptui resume` goes on with an execution, `aeptui undo` deletes what it created."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aeptui.cli.output import json_line, print_table, talk, tell
from aeptui.cli.run import Printer, followed, production_option
from aeptui.cli.running import with_session
from aeptui.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from aeptui.chain.document import ParsedPipeline
    from aeptui.chain.events import ChainEvent
    from aeptui.chain.replay import ExecutionRecord
    from aeptui.chain.resume import Settle
    from aeptui.session import Session

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object per event.")


@click.command()
@click.argument("execution", required=False)
@click.option("--last", is_flag=True, help="The newest execution that stopped half way.")
@click.option("--as-started", is_flag=True, help="With the pipeline as it was, also when its file has changed since.")
@click.option(
    "--adopt", multiple=True, metavar="STEP=ID", help="Of a step in doubt: take the resource with this id as its own."
)
@click.option("--anew", multiple=True, metavar="STEP", help="Of a step in doubt: make it, whatever there is.")
@click.option("--no-watch", is_flag=True, help="End when the dataflow is created; do not wait for its first run.")
@production_option
@json_option
@click.pass_context
def resume(
    ctx: click.Context,
    execution: str | None,
    last: bool,
    as_started: bool,
    adopt: tuple[str, ...],
    anew: tuple[str, ...],
    no_watch: bool,
    yes_production: str | None,
    as_json: bool,
) -> None:
    """Go on with an execution that stopped half way, in the profile it was begun with.

    What it has made stays. A step that was sent without an answer is looked up first, and made only if it is not
    there. When the pipeline file has changed since, the difference is shown and the new file counts, unless a step that
    is done was made from what changed.
    """
    record = _chosen(execution, last=last)
    settle = _settle(adopt, anew)
    parsed = None if as_started else _changed_pipeline(record)

    async def work(session: Session) -> ExitCode:
        printer = Printer(as_json)
        tracking = await session.executions.resume(
            record.id, parsed, settle=settle, watch=not no_watch, on_event=printer.event
        )
        if not as_json:
            done = sum(one.state == "succeeded" for one in record.steps)
            talk(f"Going on with {record.pipeline_name} ({record.id}): {done} of {len(record.steps)} steps are done.")
        return await followed(session, tracking, printer, as_json=as_json)

    ctx.exit(int(with_session(record.profile, work, yes_production=yes_production)))


@click.command()
@click.argument("execution")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--changed-too", is_flag=True, help="Also delete what was changed since it was made.")
@production_option
@json_option
@click.pass_context
def undo(
    ctx: click.Context, execution: str, yes: bool, changed_too: bool, yes_production: str | None, as_json: bool
) -> None:
    """Delete what an execution created, the last first. Lists it before anything is deleted, and asks.

    Only what carries the execution's mark is deleted; what others use, or somebody changed, stays and is told. An undo
    that was interrupted is begun again with the same command.
    """
    record = _named(execution)

    async def work(session: Session) -> ExitCode:
        items = await session.executions.survey(record.id, changed_too=changed_too)
        if not as_json:
            print_table(
                ("STEP", "ID", "NAME", "WHAT"),
                ((one.step, one.id, one.name, f"{one.action}  {one.why}".rstrip()) for one in items),
            )
        deleted = [one for one in items if one.action == "delete"]
        if not yes and deleted and not _agreed(len(deleted), record):
            talk("Nothing was deleted.")
            return ExitCode.INTERRUPTED

        def show(event: ChainEvent) -> None:
            if as_json:
                tell(json_line(event.to_json()))

        ended = await session.executions.undo(record.id, items, on_event=show)
        kept = [one for one in ended.steps if one.state != "undone" and one.note and one.id]
        if not as_json:
            for one in kept:
                talk(f"{one.step} {one.id} stays: {one.note}")
            talk(f"Execution {record.id} {ended.status.replace('_', ' ')}.")
        return ExitCode.DONE if ended.status == "undone" else ExitCode.CHAIN_FAILED

    ctx.exit(int(with_session(record.profile, work, yes_production=yes_production)))


def _agreed(count: int, record: ExecutionRecord) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError(
            f"{count} resources would be deleted, and there is nobody to ask.", "Say --yes to delete them."
        )
    return click.confirm(f"Delete {count} resources of {record.profile} ({record.sandbox})?", err=True)


def _named(execution: str) -> ExecutionRecord:
    from aeptui.chain.replay import read_execution
    from aeptui.config import Paths
    from aeptui.ids import ExecutionId

    return read_execution(Paths.from_environment().executions, ExecutionId(execution))


def _chosen(execution: str | None, *, last: bool) -> ExecutionRecord:
    from aeptui.chain.replay import list_executions
    from aeptui.config import Paths

    if (execution is None) is not last:
        raise click.UsageError("Name an execution, or say --last.")
    if execution is not None:
        return _named(execution)
    for record in list_executions(Paths.from_environment().executions):
        if record.can_resume:
            return record
    raise ConfigError("No execution stopped half way.", "`aeptui executions` shows all of them.")


def _settle(adopt: tuple[str, ...], anew: tuple[str, ...]) -> Settle:
    from aeptui.chain.resume import Settle
    from aeptui.chain.step import STEPS

    chosen: dict[str, str] = {}
    for text in adopt:
        step, equals, identifier = text.partition("=")
        if not equals or not identifier:
            raise click.BadParameter(f"{text!r} is not STEP=ID.", param_hint="--adopt")
        chosen[step] = identifier
    for step in (*chosen, *anew):
        if step not in STEPS:
            raise click.BadParameter(f"{step!r} is no step. Steps: {', '.join(STEPS)}.")
    known = {step: chosen[step] for step in STEPS if step in chosen}
    return Settle(known, frozenset(step for step in STEPS if step in anew))


def _changed_pipeline(record: ExecutionRecord) -> ParsedPipeline | None:
    """The pipeline file when it says something else than it did; the difference is told."""
    from aeptui.chain.document import parse_pipeline
    from aeptui.session.pipelines import read_text

    path = Path(record.pipeline_file) if record.pipeline_file else None
    if path is None or not path.is_file():
        return None
    text = read_text(path)
    if text == record.pipeline_text:
        return None
    talk(f"{path} has changed since:")
    for line in difflib.unified_diff(
        record.pipeline_text.splitlines(), text.splitlines(), "as it was", "as it is", lineterm=""
    ):
        talk(f"  {line}")
    return parse_pipeline(text, variables=record.variables, file=str(path))
