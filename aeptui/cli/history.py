"""What happened: executions of pipelines, dataflows, their runs, and the rows a run refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aeptui.cli.output import count, moment, print_json, print_table, talk
from aeptui.cli.running import with_session
from aeptui.errors import ConfigError

if TYPE_CHECKING:
    from aeptui.chain.replay import ExecutionRecord
    from aeptui.models.flows import FlowRun
    from aeptui.session import Session

profile_option = click.option(
    "--profile", "-p", metavar="NAME", help="The profile to use; without it the last one used."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")


@click.command()
@json_option
def executions(as_json: bool) -> None:
    """List the executions of pipelines on this machine, newest first.

    "interrupted" means that its process ended without a word; a step then "in doubt" may or may not have been created.
    """
    from aeptui.chain.replay import list_executions
    from aeptui.config import Paths

    records = list_executions(Paths.from_environment().executions)
    if as_json:
        for record in records:
            print_json(execution_json(record))
        return
    if not records:
        talk("No pipeline was run here yet. `aeptui run loyalty` runs a ready one on the local platform.")
        return
    print_table(
        ("EXECUTION", "STATUS", "PIPELINE", "PROFILE", "SANDBOX", "STARTED", "STEPS", "ROWS"),
        (
            (
                str(record.id),
                record.status.replace("_", " "),
                record.pipeline_name or "-",
                record.profile or "-",
                record.sandbox or "-",
                moment(record.started_at),
                _steps(record),
                count(record.flow_run.output_records) if record.flow_run else "-",
            )
            for record in records
        ),
    )


def execution_json(record: ExecutionRecord) -> dict[str, Any]:
    """An execution as data."""
    return {
        "execution": record.id,
        "status": record.status,
        "pipeline": record.pipeline_name,
        "profile": record.profile,
        "sandbox": record.sandbox,
        "started_at": record.started_at.isoformat(),
        "finished_at": record.finished_at.isoformat() if record.finished_at else None,
        "steps": {step.step: step.state for step in record.steps},
        "ids": dict(record.ids),
        "flow_run": record.flow_run.to_json() if record.flow_run else None,
        "error": record.error,
    }


def _steps(record: ExecutionRecord) -> str:
    done = sum(step.state == "succeeded" for step in record.steps)
    doubtful = [step.step for step in record.steps if step.state == "in_doubt"]
    return f"{done}/{len(record.steps)}" + (f", in doubt: {', '.join(doubtful)}" if doubtful else "")


@click.command()
@profile_option
@json_option
def flows(profile: str | None, as_json: bool) -> None:
    """List the dataflows of the sandbox, newest first."""

    async def work(session: Session) -> Any:
        return await session.flows.list()

    found = with_session(profile, work)
    if as_json:
        for one in found:
            last = one.runs[0] if one.runs else None
            print_json(
                {
                    "flow": one.flow.id,
                    "name": one.flow.name,
                    "state": one.flow.state,
                    "next_run": one.next_run.isoformat() if one.next_run else None,
                    "last_run": run_json(last) if last else None,
                }
            )
        return
    if not found:
        talk("This sandbox has no dataflows yet. `aeptui run FILE` makes one.")
        return
    print_table(
        ("FLOW", "NAME", "STATE", "LAST RUN", "ROWS", "NEXT RUN"),
        (
            (
                one.flow.id,
                one.flow.name,
                one.flow.state or "-",
                one.runs[0].outcome if one.runs else "-",
                count(one.runs[0].output_records) if one.runs else "-",
                moment(one.next_run),
            )
            for one in found
        ),
    )


@click.command()
@click.argument("flow")
@profile_option
@json_option
@click.option("--watch", is_flag=True, help="Go on, and print runs again when they change, until interrupted.")
def runs(flow: str, profile: str | None, as_json: bool, watch: bool) -> None:
    """List the runs of a dataflow, newest first. FLOW is an id, or the name of exactly one dataflow."""
    headings = ("RUN", "OUTCOME", "STARTED", "SECONDS", "IN", "OUT", "FAILED", "WARNINGS")

    async def work(session: Session) -> tuple[FlowRun, ...]:
        flow_id = await flow_id_of(session, flow)
        if not watch:
            return await session.flows.runs(flow_id)
        seen: dict[str, FlowRun] = {}
        async for now in session.flows.watch(flow_id):
            for run in reversed(now):
                if seen.get(run.id) != run:
                    seen[run.id] = run
                    print_json(run_json(run)) if as_json else click.echo("  ".join(_run_cells(run)))
        return ()

    found = with_session(profile, work)
    if as_json:
        for run in found:
            print_json(run_json(run))
    elif found:
        print_table(headings, (_run_cells(run) for run in found))
    elif not watch:
        talk("This dataflow has not run yet.")


@click.command("failed-rows")
@click.argument("run")
@profile_option
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write here, not to stdout.")
def failed_rows(run: str, profile: str | None, output: Path | None) -> None:
    """Write out the rows that a flow run refused, one JSON object per line. They hold customer data."""

    async def work(session: Session) -> Any:
        from aeptui.api.errors import NotFound

        try:
            found = await session.flows.run(run)
        except NotFound as error:
            raise ConfigError(
                f"There is no flow run {run!r} in this sandbox.",
                "`aeptui runs FLOW` shows the ids of a dataflow's runs.",
            ) from error
        return await session.flows.failed_rows(found, limit=1_000_000)

    lines = [
        json.dumps(
            {
                "file": row.file,
                "line": row.line,
                "column": row.column,
                "errors": [{"code": error.code, "message": error.message} for error in row.errors],
                "row": row.record,
                "raw": row.raw,
            },
            ensure_ascii=False,
        )
        for row in with_session(profile, work)
    ]
    if output is None:
        for line in lines:
            click.echo(line)
        return
    from aeptui.config import write_private

    write_private(output.absolute(), "".join(f"{line}\n" for line in lines))
    talk(f"{len(lines):,} rows written to {output}, readable by you only.")


async def flow_id_of(session: Session, flow: str) -> str:
    """The id of a dataflow, given that or its name.

    Raises:
        ConfigError: no dataflow has that name, or several do.
    """
    named = [one.flow for one in await session.flows.list() if flow in (one.flow.id, one.flow.name)]
    if len(named) == 1:
        return named[0].id
    if named:
        raise ConfigError(f"{len(named)} dataflows are named {flow!r}.", "Name one by id; `aeptui flows` shows them.")
    raise ConfigError(f"There is no dataflow {flow!r} in this sandbox.", "`aeptui flows` shows ids and names.")


def run_json(run: FlowRun) -> dict[str, Any]:
    """A flow run as data; null is unknown."""
    return {
        "run": run.id,
        "flow": run.flow_id,
        "status": run.status,
        "outcome": run.outcome,
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "completed_at": run.completed_at.isoformat() if run.completed_at else None,
        "input_records": run.input_records,
        "output_records": run.output_records,
        "failed_records": run.failed_records,
        "warning_records": run.warning_records,
        "batch": run.batch_id,
        "errors": [{"code": error.code, "message": error.message} for error in run.errors],
    }


def _run_cells(run: FlowRun) -> tuple[str, ...]:
    return (
        run.id,
        run.outcome if run.outcome != "unknown" else run.status or "unknown",
        moment(run.started_at),
        f"{run.duration_s:.1f}" if run.duration_s is not None else "-",
        count(run.input_records),
        count(run.output_records),
        count(run.failed_records),
        count(run.warning_records),
    )
