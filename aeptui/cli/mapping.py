"""`aeptui mapping`: the mapping rows of a pipeline file, as a table or as the platform's mapping-set JSON, and back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from aeptui.cli.output import talk
from aeptui.errors import ConfigError

if TYPE_CHECKING:
    from aeptui.chain.document import ParsedPipeline
    from aeptui.chain.mapping_exchange import Merged, ReadTable, Way

_FORMATS = ("csv", "tsv", "json")


@click.group(name="mapping")
def mapping() -> None:
    """Mapping rows out of a pipeline and into one: as CSV for spreadsheets, or as the platform's own mapping set.

    FILE is a path, or the name of a saved pipeline. Nothing is asked of any platform.
    """


@mapping.command(name="export", short_help="Write the mapping rows of FILE as a table or a mapping set.")
@click.argument("file")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write here, not to stdout.")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="Without it as the output's ending says, or csv.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def export_rows(file: str, output: Path | None, form: str | None, force: bool) -> None:
    """Write the mapping rows of FILE, without loss: source, expression and target of each.

    In a table, what a spreadsheet would run as a formula gets an apostrophe before it; import takes it away again.
    """
    from aeptui.config import write_private
    from aeptui.session.mapping_exchange import rows_text

    parsed = _parsed(file)[0]
    rows, named = parsed.pipeline.mapping, output.suffix.lower().removeprefix(".") if output is not None else ""
    if not rows:
        raise ConfigError(f"{file} has no mapping rows of its own.", "Name another pipeline.")
    text = rows_text(rows, f".{form or (named if named in _FORMATS else 'csv')}", parsed.pipeline.name, _schema(parsed))
    if output is None:
        click.echo(text, nl=False)
        return
    if output.exists() and not force:
        raise ConfigError(f"{output} is there already.", "Name another file, or say --force to replace it.")
    try:
        write_private(output.absolute(), text)
    except OSError as error:
        raise ConfigError(f"{output} cannot be written: {error.strerror or error}.", "Name another file.") from error
    talk(f"{len(rows):,} mappings written to {output}.")


@mapping.command(name="import", short_help="Take mapping rows from a table or a mapping set into FILE.")
@click.argument("file")
@click.argument("rows")
@click.option(
    "--way",
    type=click.Choice(["replace", "add", "all"]),
    default="replace",
    show_default=True,
    help="Replace rows with the same target and add the others; add only what fills a free field; replace all rows.",
)
@click.option("--skip", is_flag=True, help="Take the other lines when some are no mapping.")
@click.option("--dry-run", is_flag=True, help="Say what would become of each line; change nothing.")
def import_rows(file: str, rows: str, way: str, skip: bool, dry_run: bool) -> None:
    """Take mapping rows from ROWS into FILE: CSV, lines with tabs, or a mapping set in JSON; - is stdin.

    The comments of FILE stay. Every line that is not taken is said with its reason; when one is no mapping at all,
    nothing is changed and it ends with 2, unless --skip is said.
    """
    from aeptui.chain.mapping_exchange import merge
    from aeptui.chain.mapping_tables import Surroundings
    from aeptui.config import Paths
    from aeptui.session.mapping_exchange import LARGEST, decoded, read_rows, read_rows_file
    from aeptui.session.pipelines import has_unsaved_edits

    parsed, path = _parsed(file)
    if has_unsaved_edits(Paths.from_environment(), path):
        raise ConfigError(f"{file} has edits that were not saved.", "Save or discard them on the screen of pipelines.")
    text = decoded(_stdin(LARGEST), "stdin") if rows == "-" else read_rows_file(Path(rows))
    table = read_rows(text, Surroundings(), is_file=True)
    merged = merge(parsed.pipeline.mapping, table.rows, cast("Way", way))
    _tell(table, merged)
    bad = merged.count("none")
    if not table.rows or (bad and (not skip or not table.usable)):
        raise ConfigError(
            f"{bad:,} of {len(table.rows):,} lines are no mapping; nothing was changed."
            if bad
            else "There are no rows.",
            "Mend them, or say --skip to take the others." if table.usable else "Name a CSV file, or a mapping set.",
        )
    done = f"{merged.count('new'):,} new, {merged.count('replaces'):,} replaced, {merged.count('same'):,} there already"
    if dry_run or merged.first is None:
        talk(f"{done}. Nothing was changed.")
        return
    _write(path, parsed, merged)
    talk(f"{done}. {path} was changed; `aeptui plan {file}` shows what running it would do.")


def _stdin(largest: int) -> bytes:
    data = sys.stdin.buffer.read(largest + 1)
    if len(data) > largest:
        raise ConfigError(f"stdin has more than {largest // 1_000_000} MB.", "Name a CSV file, or a mapping set.")
    return data


def _parsed(file: str) -> tuple[ParsedPipeline, Path]:
    from aeptui.config import Paths
    from aeptui.session.pipelines import find_pipeline, read_pipeline

    paths = Paths.from_environment()
    parsed = read_pipeline(paths, file)
    if parsed.text.strip() and not parsed.lines:
        raise ConfigError(f"{file} is not TOML.", "; ".join(str(problem) for problem in parsed.errors[:1]))
    return parsed, find_pipeline(paths, file).resolve()


def _schema(parsed: ParsedPipeline) -> str | None:
    return parsed.pipeline.schema_.id


def _tell(table: ReadTable, merged: Merged) -> None:
    """Every line that is not taken as it stands, with the reason."""
    words = {
        "kept": "left out, the field is mapped from",
        "twice": "left out, the same field is written by",
    }
    for note in table.notes:
        talk(note)
    for one, verdict in zip(table.rows, merged.verdicts, strict=True):
        if verdict.fate == "none":
            talk(f"line {one.line:,}: {one.reason}.")
        elif verdict.fate in words:
            talk(f"line {one.line:,}: {words[verdict.fate]} {verdict.about}.")
        elif one.reason:
            talk(f"line {one.line:,}: {one.reason}.")


def _write(path: Path, parsed: ParsedPipeline, merged: Merged) -> None:
    """The file with the other rows; its comments and its permissions stay."""
    from aeptui.chain.document import pipeline_to_toml
    from aeptui.session.saved_text import write_in_place

    pipeline = parsed.pipeline.model_copy(update={"mapping": merged.rows})
    text = pipeline_to_toml(pipeline, parsed.text)
    try:
        mode = path.stat().st_mode & 0o777
        write_in_place(path, text)
        path.chmod(mode)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}.", "Nothing was changed.") from error
