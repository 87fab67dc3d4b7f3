"""`aeptui evidence`: checks an archive that `aeptui export EXECUTION --evidence` made, and shows it."""

from __future__ import annotations

from pathlib import Path

import click

from aeptui.cli.output import count, moment, print_table, talk


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Compare each part with its hash, print what it is about, open no screen.")
@click.pass_context
def evidence(ctx: click.Context, file: Path, check: bool) -> None:
    """Check an archive of an execution, then show it: steps, ids, requests and answers. Nothing is asked or changed.

    FILE is what `aeptui export EXECUTION --evidence` wrote. Ends with 2 when a part is not what was packed, naming it
    and its hashes. Whoever can change a part can change the manifest too: compare its sha256, which --check prints,
    with the one that was written down when it was packed.
    """
    from aeptui.session.evidence import MANIFEST, read_evidence

    found = read_evidence(file)
    if not check:
        from aeptui.cli.tui import open_evidence

        ctx.exit(open_evidence(found))
    record = found.record
    run = record.flow_run
    rows = [("execution", str(record.id)), ("status", record.status.replace("_", " "))]
    rows += [("pipeline", record.pipeline_name), ("profile", record.profile), ("sandbox", record.sandbox)]
    rows += [("started", moment(record.started_at)), ("ended", moment(record.finished_at))]
    rows += [(step.replace("_", " "), identifier) for step, identifier in record.ids.items()]
    if run is not None:
        numbers = (run.input_records, run.output_records, run.failed_records)
        rows.append(("flow run", run.id))
        rows.append(("rows in, out, failed", "  ".join(map(count, numbers))))
    rows += [("requests", count(len(found.requests))), (f"sha256 of {MANIFEST}", found.sha256)]
    print_table(("WHAT", "VALUE"), rows)
    talk(f"All {len(found.parts)} parts are as they were packed.")
