"""`aeptui reconcile`: whether every row of the files is accounted for; a table, Markdown for a ticket, or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aeptui.cli.history import profile_option
from aeptui.cli.output import json_line, talk
from aeptui.cli.running import with_session
from aeptui.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from aeptui.chain.replay import ExecutionRecord
    from aeptui.monitor.reconcile import Reconciliation
    from aeptui.session import Session


@click.command()
@click.argument("what", metavar="RUN|EXECUTION")
@profile_option
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown, for a ticket.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; null is unknown.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write here, not to stdout.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.pass_context
def reconcile(
    ctx: click.Context,
    what: str,
    profile: str | None,
    as_markdown: bool,
    as_json: bool,
    output: Path | None,
    force: bool,
) -> None:
    """Show whether the rows of a flow run add up: in the files = ingested + rejected + skipped; per file, as far as the
    platform tells; and in how many rows each target field is empty.

    RUN is the id of a flow run; EXECUTION is one of this machine, of which the first flow run counts. Only reads. Empty
    fields are counted in the dataset's own files, which needs aeptui[local]. Ends with 0 when every row is accounted
    for, with 7 when not, or when the platform does not say enough. `-` is unknown, which is not 0.
    """
    if as_markdown and as_json:
        raise click.UsageError("Say --markdown or --json, not both.")
    if output is not None and output.exists() and not force:
        raise ConfigError(f"{output} is there already.", "Name another file, or say --force to replace it.")
    record = _execution(what)
    run_id = _first_run(record) if record is not None else what
    found = with_session(profile or (record.profile if record is not None else None), lambda s: _asked(s, run_id))
    text = _written(found, as_markdown=as_markdown, as_json=as_json)
    if output is None:
        click.echo(text.rstrip("\n"))
    else:
        from aeptui.config import write_private

        write_private(output.absolute(), text.rstrip("\n") + "\n")
        talk(f"Written to {output}.")
    ctx.exit(int(ExitCode.DONE if found.verdict == "adds up" else ExitCode.DIFFERENT))


def _written(found: Reconciliation, *, as_markdown: bool, as_json: bool) -> str:
    from aeptui.monitor.reconcile_words import markdown_of, text_of

    if as_json:
        return json_line(found.to_json())
    return markdown_of(found) if as_markdown else text_of(found)


async def _asked(session: Session, run_id: str) -> Reconciliation:
    from aeptui.api.errors import NotFound

    try:
        return await session.flows.reconcile(run_id)
    except NotFound as error:
        raise ConfigError(
            f"There is no flow run {run_id!r} in this sandbox.",
            "`aeptui runs FLOW` shows the ids of a dataflow's runs; `aeptui executions` shows executions.",
        ) from error


def _execution(what: str) -> ExecutionRecord | None:
    """The execution of that id; None: it does not look like one."""
    from aeptui.chain.journal import EXECUTION_ID
    from aeptui.chain.replay import read_execution
    from aeptui.config import Paths
    from aeptui.ids import ExecutionId

    if not EXECUTION_ID.fullmatch(what):
        return None
    return read_execution(Paths.from_environment().executions, ExecutionId(what))


def _first_run(record: ExecutionRecord) -> str:
    if record.flow_run is not None:
        return record.flow_run.id
    flow = record.ids.get("flow")
    raise ConfigError(
        f"The journal of {record.id} knows no flow run: none was waited for.",
        f"`aeptui runs {flow}` shows the runs of its dataflow." if flow else record.hint or "It made no dataflow.",
    )
