"""Between files and the platform: `aeptui export` writes a pipeline file, `aeptui diff` compares one with it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aeptui.cli.history import flow_id_of, json_option, profile_option
from aeptui.cli.output import print_json, talk
from aeptui.cli.run import variables_of
from aeptui.cli.running import with_session
from aeptui.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from aeptui.chain.compare import Difference
    from aeptui.session import Session


@click.command()
@click.argument("what", metavar="EXECUTION|FLOW")
@profile_option
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write here, not to stdout.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option(
    "--evidence",
    "as_evidence",
    is_flag=True,
    help="Of an execution: an archive of plan, requests, answers, ids, counts, versions and hashes, without secrets.",
)
def export(what: str, profile: str | None, output: Path | None, force: bool, as_evidence: bool) -> None:
    """Write a pipeline file: of a live dataflow (its id, or the name of exactly one), or as an execution ran it.

    The file of a dataflow names its base connection by name and its schema by class and field groups, so that it can be
    run in another sandbox: aeptui run FILE --profile OTHER.

    With --evidence an archive (EXECUTION.zip, or what -o names) that `aeptui evidence FILE` checks and shows. It is
    made of what is on this machine; nothing is asked.
    """
    from aeptui.chain.journal import EXECUTION_ID

    if as_evidence:
        if not EXECUTION_ID.fullmatch(what):
            raise click.UsageError("--evidence packs an execution; `aeptui executions` shows them.")
        output = output or Path(f"{what}.zip")
    if output is not None and output.exists() and not force:
        raise ConfigError(f"{output} is there already.", "Name another file, or say --force to replace it.")
    if as_evidence and output is not None:
        _pack(what, output)
        return
    text = _execution_text(what) if EXECUTION_ID.fullmatch(what) else _flow_text(what, profile)
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    from aeptui.config import write_private

    write_private(output.absolute(), text)
    talk(f"Written to {output}. `aeptui plan {output}` shows what running it would do.")


def _pack(execution: str, output: Path) -> None:
    from aeptui.config import Paths, write_private_bytes
    from aeptui.ids import ExecutionId
    from aeptui.session.evidence import pack, read_evidence

    write_private_bytes(output.absolute(), pack(Paths.from_environment().executions, ExecutionId(execution)))
    evidence = read_evidence(output)
    click.echo(str(output))
    talk(f"sha256 of its manifest: {evidence.sha256}")
    talk(f"{len(evidence.requests)} requests are in it. `aeptui evidence {output}` checks and shows it.")


def _execution_text(execution: str) -> str:
    from aeptui.chain.replay import read_execution
    from aeptui.config import Paths
    from aeptui.ids import ExecutionId

    record = read_execution(Paths.from_environment().executions, ExecutionId(execution))
    if not record.pipeline_text:
        raise ConfigError(f"The journal of {execution} has no pipeline in it.", record.hint or "Export its dataflow.")
    return record.pipeline_text


def _flow_text(flow: str, profile: str | None) -> str:
    async def work(session: Session) -> str:
        return await session.flows.export(await flow_id_of(session, flow))

    return with_session(profile, work)


@click.command()
@click.argument("file")
@click.option("--flow", metavar="FLOW", help="Compare with this dataflow; without it the one that has the file's name.")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", callback=variables_of, help="Fill ${NAME}.")
@profile_option
@json_option
@click.pass_context
def diff(
    ctx: click.Context, file: str, flow: str | None, variables: dict[str, str], profile: str | None, as_json: bool
) -> None:
    """Show where a pipeline file and its live dataflow differ, field by field.

    Ends with 0 when they do not, with 7 when they do. FILE is a path, or the name of a saved pipeline. `-` is what the
    file says, `+` what is live.
    """

    async def work(session: Session) -> tuple[Difference, ...]:
        from aeptui.chain.errors import PipelineError
        from aeptui.session.pipelines import read_pipeline

        parsed = read_pipeline(session.paths, file, variables)
        if parsed.errors:
            raise PipelineError(parsed.problems, parsed.file)
        return await session.flows.differences(parsed, await flow_id_of(session, flow or parsed.pipeline.name))

    found = with_session(profile, work)
    for one in found:
        if as_json:
            print_json(asdict(one))
            continue
        click.echo(one.where)
        if one.file is not None:
            click.echo(f"  - {one.file}")
        if one.live is not None:
            click.echo(f"  + {one.live}")
    if not as_json:
        talk(f"{len(found)} differences." if found else "No difference.")
    ctx.exit(int(ExitCode.DIFFERENT if found else ExitCode.DONE))
