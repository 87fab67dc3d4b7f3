"""What is wrong with a pipeline as far as the document alone can tell; no I/O, no clock."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

from aeptui.chain.account_checks import account_problems
from aeptui.chain.connectors import is_landing_zone, no_base_connection
from aeptui.chain.field_checks import field_problems
from aeptui.chain.mapping_checks import RowChecks, mapping_problems
from aeptui.chain.pipeline import FILE_KEYS, STREAM_KEYS, VERSION, Pipeline
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem, by_line
from aeptui.chain.schedule import schedule_problems
from aeptui.chain.stream_checks import stream_problems
from aeptui.chain.toml_lines import KeyPath

LONGEST_NAME: Final = 255
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
NOT_IN_PATHS: Final = re.compile(r'["\\:|<>?]')
"""Characters no connector takes in a path (`*` is the wildcard)."""
DEVICE: Final = re.compile(r"(?:CON|PRN|AUX|NUL|COM[1-9]|LPT[1-9])(?:\.[^/]*)?", re.IGNORECASE)


def document_problems(
    pipeline: Pipeline, places: Places | None = None, checks: RowChecks | None = None, *, rows: bool = True
) -> tuple[Problem, ...]:
    """Every problem the document alone shows, in the order of the file.

    Args:
        places: Where the keys stand, and which could not be read; those are not judged.
        checks: What is known of the mapping rows of an earlier state of the document.
        rows: Check the mapping rows, of which there may be thousands.
    """
    known = places or Places()
    found = [
        *_general(pipeline, known),
        *account_problems(pipeline, known),
        *_source(pipeline, known),
        *_schema(pipeline, known),
        *field_problems(pipeline, known),
        *_dataset(pipeline, known),
        *(mapping_problems(pipeline, known, checks) if rows else ()),
        *_schedule(pipeline, known),
        *_options(pipeline, known),
    ]
    return by_line(found)


def _general(pipeline: Pipeline, places: Places) -> Iterator[Problem]:
    if places.lines and ("version",) not in places.lines:
        yield places.problem(("version",), "The version is missing", f"Write version = {VERSION} as the first line")
    elif pipeline.version != VERSION:
        what = f"Version {pipeline.version} is not known"
        yield places.problem(("version",), what, f"Write version = {VERSION}")
    yield from _name(pipeline.name, ("name",), places)


def _name(value: str | None, path: KeyPath, places: Places) -> Iterator[Problem]:
    """A name that the platform will show: present, on one line, not too long."""
    if places.is_spoiled(path):
        return
    key = str(path[-1])
    if value is None or not value.strip():
        yield places.problem(path, f"The {key} is missing", f'Write {key} = "..."')
    elif _CONTROL.search(value):
        yield places.problem(path, f"The {key} holds a line break or a control character", "Write it on one line")
    elif len(value) > LONGEST_NAME:
        what = f"The {key} has {len(value)} characters; at most {LONGEST_NAME} are possible"
        yield places.problem(path, what, "Shorten it")


def _text(value: str | None, path: KeyPath, places: Places) -> Iterator[Problem]:
    """A text that may be absent, but not blank when it is there."""
    if value is not None and not places.is_spoiled(path):
        yield from _name(value, path, places)


def _source(pipeline: Pipeline, places: Places) -> Iterator[Problem]:
    source = pipeline.source
    if places.is_spoiled(("source",)):
        return
    if source.id is not None:
        yield from _reused(pipeline, places)
        return
    if not places.is_spoiled(("source", "base_connection")):
        if not source.base_connection.strip():
            if pipeline.base_connection is None and not places.is_spoiled(("base_connection",)):
                fix = 'Write base_connection = "its name or id"'
                yield places.problem(("source", "base_connection"), "The base connection is missing", fix)
        elif _CONTROL.search(source.base_connection):
            what = "The base connection's name holds a line break or a control character"
            yield places.problem(("source", "base_connection"), what, "Write it as the platform shows it")
        elif not is_landing_zone(source.base_connection) and (wrong := no_base_connection(source.base_connection)):
            yield places.problem(("source", "base_connection"), *wrong)
    if source.is_stream:
        yield from stream_problems(pipeline, places)
        return
    if not places.is_spoiled(("source", "path")):
        yield from _path(pipeline, places)
    if source.recursive and source.type == "file" and not places.is_spoiled(("source", "type")):
        fix = 'Write type = "folder", or delete the line'
        yield places.problem(("source", "recursive"), "A single file has no sub-folders", fix, "warning")
    if not places.is_spoiled(("source", "format")):
        yield from _format(pipeline, places)


def _reused(pipeline: Pipeline, places: Places) -> Iterator[Problem]:
    """A source connection that is used as it is says all of it itself."""
    yield from _name(pipeline.source.id, ("source", "id"), places)
    for key in ("base_connection", *FILE_KEYS, *STREAM_KEYS):
        if ("source", key) in places.lines:
            fix = f'Delete this line, or the one with id = "{pipeline.source.id}"'
            yield places.problem(("source", key), "The source connection that is used says this already", fix)


def _schedule(pipeline: Pipeline, places: Places) -> Iterator[Problem]:
    # A stream has none, and `stream_problems` says so.
    if not pipeline.source.is_stream and not places.is_spoiled(("schedule",)):
        yield from schedule_problems(pipeline.schedule, places=places)


def _path(pipeline: Pipeline, places: Places) -> Iterator[Problem]:
    path = pipeline.source.path
    place: KeyPath = ("source", "path")
    parts = [part for part in path.split("/") if part]
    if not path.strip():
        yield places.problem(place, "The path is missing", 'Write path = "/folder/*.csv"')
        return
    if "://" in path:
        fix = f'Write path = "/{path.partition("://")[2]}"'
        yield places.problem(place, "The path is a URL; the base connection knows the storage already", fix)
        return
    if _CONTROL.search(path):
        yield places.problem(place, "The path holds a line break or a control character", "Write it on one line")
    if ".." in parts or "." in parts:
        yield places.problem(place, "The path has a . or .. in it", "Write the folder's real path")
    wrong = NOT_IN_PATHS.search(path)
    if wrong and wrong[0] == "?":
        yield places.problem(place, "Only * is a wildcard, ? is not", "Use * in place of ?")
    elif wrong:
        yield places.problem(place, f"A path cannot hold {wrong[0]}", "Rename the file or folder, or use * for it")
    long = next((part for part in parts if len(part) > LONGEST_NAME), None)
    if long is not None:
        what = f"{long[:24]}... is longer than the {LONGEST_NAME} characters one part of a path may have"
        yield places.problem(place, what, "Use * for a part of it")
    device = next((part for part in parts if DEVICE.fullmatch(part)), None)
    if device is not None:
        yield places.problem(place, f"{device} is a reserved name", "Rename it, or use * for it")
    yield from _wildcards(pipeline, parts, places)


def _wildcards(pipeline: Pipeline, parts: list[str], places: Places) -> Iterator[Problem]:
    place: KeyPath = ("source", "path")
    starred = [number for number, part in enumerate(parts) if "*" in part]
    if not starred:
        return
    if any("**" in part for part in parts):
        yield places.problem(place, "** is not a wildcard here", "Use one *, with recursive = true for sub-folders")
    elif len(starred) < len(parts) - starred[0]:
        what = "Wildcards are possible in the last parts of a path only"
        yield places.problem(place, what, f'Write path = "/{"/".join([*parts[: starred[0] + 1], "*"])}"')
    if pipeline.source.type == "file" and not places.is_spoiled(("source", "type")):
        what = "A path with * stands for many files"
        yield places.problem(("source", "type"), what, 'Write type = "folder"', "warning")


def _format(pipeline: Pipeline, places: Places) -> Iterator[Problem]:
    source = pipeline.source
    delimiter = source.column_delimiter
    if source.format != "delimited":
        for key, value in (("column_delimiter", delimiter), ("encoding", source.encoding)):
            if value is not None:
                what = f"{key} is for delimited files only, and the format is {source.format}"
                yield places.problem(("source", key), what, "Delete the line")
    elif delimiter is not None and not places.is_spoiled(("source", "column_delimiter")):
        yield from _delimiter(delimiter, places)
    if source.format == "parquet" and source.compression is not None:
        what = "Parquet files are compressed inside; the platform takes no compression for them"
        yield places.problem(("source", "compression"), what, "Delete the line")


def _delimiter(delimiter: str, places: Places) -> Iterator[Problem]:
    place: KeyPath = ("source", "column_delimiter")
    if delimiter == "\\t":
        what = "This is a backslash and a t, not a tab"
        yield places.problem(place, what, 'Write column_delimiter = "\\t", in double quotes')
    elif len(delimiter) != 1:
        what = f"A column delimiter is one character, not {len(delimiter)}"
        yield places.problem(place, what, 'Write for example column_delimiter = ";"')
    elif delimiter in '"\r\n':
        name = "a quote" if delimiter == '"' else "a line break"
        yield places.problem(place, f"{name} cannot delimit columns".capitalize(), 'Write column_delimiter = ","')


def _schema(pipeline: Pipeline, places: Places) -> Iterator[Problem]:
    schema = pipeline.schema_
    if places.is_spoiled(("schema",)) or places.is_spoiled(("schema", "id")):
        return
    new = {"title": schema.title, "description": schema.description, "class": schema.class_}
    given = [key for key, value in new.items() if value is not None] + (["field_groups"] if schema.field_groups else [])
    has_fields = bool(schema.fields) or schema.new_field_group is not None
    if schema.id is not None:
        if given:
            what = f"A schema has either an id or a {given[0]}; with an id it exists already"
            yield places.problem(("schema", given[0]), what, "Delete id to create a schema, or the rest to use one")
        yield from _text(schema.id, ("schema", "id"), places)
        return
    if not given and not has_fields and ("schema",) not in places.spoiled:
        fix = 'Write id = "..." for one that exists, or title and class for a new one, under [schema]'
        spoiled = any(places.is_spoiled(("schema", key)) for key in new)
        if not spoiled:
            yield places.problem(("schema",), "The schema is missing", fix)
            return
    yield from _name(schema.title, ("schema", "title"), places)
    yield from _text(schema.new_field_group, ("schema", "new_field_group"), places)
    if not places.is_spoiled(("schema", "class")) and not (schema.class_ or "").strip():
        fix = 'Write class = "https://ns.adobe.com/xdm/context/profile" or another class'
        yield places.problem(("schema", "class"), "A new schema needs a class", fix)
    seen: set[str] = set()
    for number, group in enumerate(schema.field_groups):
        if group in seen:
            what = f"The field group {group} stands twice"
            yield places.problem(("schema", "field_groups", number), what, "Delete one", "warning")
        seen.add(group)


def _dataset(pipeline: Pipeline, places: Places) -> Iterator[Problem]:
    dataset = pipeline.dataset
    if places.is_spoiled(("dataset",)) or places.is_spoiled(("dataset", "id")):
        return
    if dataset.id is not None:
        given = "name" if dataset.name is not None else "description" if dataset.description is not None else None
        if given:
            what = f"A dataset has either an id or a {given}; with an id it exists already"
            yield places.problem(("dataset", given), what, "Delete id to create a dataset, or the rest to use one")
        yield from _text(dataset.id, ("dataset", "id"), places)
        if pipeline.schema_.id is None and pipeline.schema_.title is not None:
            what = "A dataset that exists cannot get a new schema"
            yield places.problem(("dataset", "id"), what, "Give the id of its schema under [schema], or a new dataset")
        return
    if dataset.name is None and not places.is_spoiled(("dataset", "name")):
        fix = 'Write name = "..." for a new one, or id = "..." for one that exists, under [dataset]'
        yield places.problem(("dataset", "name"), "The dataset is missing", fix)
        return
    yield from _name(dataset.name, ("dataset", "name"), places)


def _options(pipeline: Pipeline, places: Places) -> Iterator[Problem]:
    percent = pipeline.options.partial_ingestion_percent
    place: KeyPath = ("options", "partial_ingestion_percent")
    if percent is None or places.is_spoiled(place):
        return
    if not math.isfinite(percent) or not 0 < percent <= 100:
        what = f"{percent:g} is not a share of bad rows; it is more than 0 and at most 100"
        yield places.problem(place, what, "Write for example partial_ingestion_percent = 5")
    elif not pipeline.options.error_diagnostics:
        what = "Without error diagnostics nobody can see which rows were left out"
        yield places.problem(("options", "error_diagnostics"), what, "Write error_diagnostics = true", "warning")
