"""`aeptui forecast`: what the mapping of a pipeline would lose over its whole input, before anything runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aeptui.cli.history import json_option, profile_option
from aeptui.cli.output import print_json, print_table, talk
from aeptui.cli.run import variables_of
from aeptui.cli.running import with_session
from aeptui.errors import ExitCode

if TYPE_CHECKING:
    from aeptui.session import Session
    from aeptui.session.forecast import ForecastProgress
    from aeptui.session.losses import Forecast


@click.command()
@click.argument("file")
@click.option(
    "--input",
    "own",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Run this local file, folder or pattern with * instead of the pipeline's own files.",
)
@profile_option
@json_option
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", callback=variables_of, help="Fill ${NAME}.")
@click.pass_context
def forecast(
    ctx: click.Context, file: str, own: Path | None, profile: str | None, as_json: bool, variables: dict[str, str]
) -> None:
    """Show which values of the whole input a pipeline's mapping would turn to null or reject, and why.

    Every row is run through ingestion's own code, and nothing is written. On the local platform its files are read;
    with another profile a file of the same shape has to be named with --input: only the schema is asked for then. Ends
    with 0 when nothing is lost, with 7 when something is, or when a mapping row has a mistake.
    """

    async def work(session: Session) -> tuple[Forecast, float | None]:
        from aeptui.chain.errors import PipelineError
        from aeptui.session.pipelines import read_pipeline

        parsed = read_pipeline(session.paths, file, variables)
        if any(problem.severity == "error" for problem in parsed.problems):
            raise PipelineError(parsed.problems, parsed.file)
        found = await session.forecasts.run(parsed.pipeline, _told(as_json), own)
        return found, parsed.pipeline.options.partial_ingestion_percent

    found, percent = with_session(profile, work)
    if as_json:
        print_json({"event": "forecast_finished", **found.to_json(), "would_fail": found.fails_at(percent)})
    else:
        _print(found, percent)
    ctx.exit(int(ExitCode.DIFFERENT if found.loses or found.left_out else ExitCode.DONE))


def _told(as_json: bool) -> Callable[[ForecastProgress], None]:
    """Who is told how far it is: the reader of the events, or a person at the terminal."""
    from aeptui.session.forecast_words import progress_words

    if as_json:
        return lambda progress: print_json(
            {
                "event": "forecast_progress",
                "rows": progress.rows,
                "files_done": progress.files_done,
                "files": progress.files,
                "share": round(progress.share, 4),
            }
        )
    if not sys.stderr.isatty():
        return lambda _progress: None
    tenths: set[int] = set()

    def say(progress: ForecastProgress) -> None:
        tenth = int(progress.share * 10)
        if tenth not in tenths:
            tenths.add(tenth)
            talk(progress_words(progress))

    return say


def _print(found: Forecast, percent: float | None) -> None:
    from aeptui.session.forecast_words import (
        elsewhere_words,
        fail_words,
        never_words,
        share,
        summary_words,
        values_words,
        where_words,
    )

    click.echo(f"{found.source}: {summary_words(found)}")
    lines = []
    for mapping, one in found.mappings.items():
        for word, loss in (("rejected", one.rejected), ("null", one.nulls)):
            if loss.count:
                source = mapping.expression or mapping.source or ""
                part = share(loss.count, found.readable)
                lines.append((mapping.target, word, part, values_words(loss), where_words(loss.first), source))
    if lines:
        print_table(("TARGET", "BECOMES", "SHARE", "VALUES", "FIRST", "SOURCE"), lines)
    for text in (never_words(found), elsewhere_words(found), fail_words(found, percent)):
        if text:
            click.echo(text)
    if found.left_out:
        count = found.left_out
        talk(f"{count:,} mapping row{'s' * (count != 1)} with a mistake not run; `aeptui plan` says what is wrong.")
