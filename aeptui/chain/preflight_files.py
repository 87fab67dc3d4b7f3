"""The files of a source, in pre-flight: where they are, whether they can be read as it says, whether they are alike.

One file stands for all. Of many, the headers of some are compared with it, and one that differs is named; how many were
looked at is told in the plan.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from aeptui.api.errors import ResponseError, Unauthorized
from aeptui.chain.document_checks import DEVICE, LONGEST_NAME, NOT_IN_PATHS
from aeptui.chain.live_mapping_checks import Sample
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem, Severity
from aeptui.chain.reads import refused
from aeptui.chain.source_files import FoundFile, SeenFile, find_sample

if TYPE_CHECKING:
    from aeptui.api.resources.exploring import Explorable
    from aeptui.chain.document import ParsedPipeline
    from aeptui.models.connections import ExploredItem, FileColumn, FilePreview

MOST_HEADERS: Final = 5
"""Files whose headers are read. Each is one request more, all at once."""
FRESH: Final = timedelta(minutes=5)
"""What was changed since may still be on its way up, and a run may pass it over."""
_SHOWN: Final = 3
_DELIMITERS: Final = {"\t": '"\\t"', ";": '";"', "|": '"|"', ",": '","'}
_PATH: Final = ("source", "path")


@dataclass(frozen=True)
class Storage:
    """What is explored: a base connection, or the connection spec of the Data Landing Zone."""

    door: Explorable
    id: str


@dataclass(slots=True)
class Files:
    """What was found."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    columns: tuple[FileColumn, ...] | None = None
    sample: Sample | None = None


async def read_files(storage: Storage, parsed: ParsedPipeline, now: datetime) -> Files:
    """Look for the files of a source and read the heads of some."""
    files, source, places = Files(), parsed.pipeline.source, parsed.places
    if not source.path.strip() or any(problem.where == "[source] path" for problem in parsed.errors):
        return files

    async def explore(path: str | None) -> Sequence[ExploredItem]:
        return await storage.door.explore(storage.id, path=path)

    try:
        found = await find_sample(source, explore)
    except Unauthorized:
        raise
    except ResponseError as error:
        files.problems.append(refused(places, _PATH, "The path cannot be looked at", error))
        return files
    # With a type or recursive that cannot be read, the search was a guess: what it found counts, what it missed not.
    guessed = places.is_spoiled(("source", "type")) or places.is_spoiled(("source", "recursive"))
    if found.what and not guessed:
        severity: Severity = "warning" if found.is_warning else "error"
        files.problems.append(places.problem(("source", found.key), found.what, found.fix, severity))
    files.problems += _name_problems(found.files, places)
    files.problems += _fresh_problems(found.files, places, now)
    if found.path is not None and not _format_is_wrong(parsed):
        await _read_heads(files, storage, found, parsed)
    return files


def _format_is_wrong(parsed: ParsedPipeline) -> bool:
    """Whether the document's own problems make a preview pointless."""
    keys = ("format", "column_delimiter", "compression", "encoding")
    wrong = {problem.where for problem in parsed.errors}
    return any(f"[source] {key}" in wrong or parsed.places.is_spoiled(("source", key)) for key in keys)


def _name_problems(seen: Sequence[SeenFile], places: Places) -> list[Problem]:
    """Files that the pattern meets and the connectors do not take (section 7 of the contract, its end)."""
    bad = [path.rpartition("/")[2] for path, _ in seen if _is_forbidden(path.rpartition("/")[2])]
    if not bad:
        return []
    what = f"{_some(bad)} {'has' if len(bad) == 1 else 'have'} a name that the connectors do not take"
    fix = 'Rename without " \\ : | < > * ? and control characters, with at most 255 characters, and no device name'
    return [places.problem(_PATH, what, fix, "warning")]


def _is_forbidden(name: str) -> bool:
    return bool(
        len(name) > LONGEST_NAME
        or NOT_IN_PATHS.search(name)
        or "*" in name
        or re.search(r"[\x00-\x1f\x7f-\x9f]", name)
        or DEVICE.fullmatch(name)
    )


def _fresh_problems(seen: Sequence[SeenFile], places: Places, now: datetime) -> list[Problem]:
    fresh = [one.path for one in seen if one.modified_at is not None and now - one.modified_at < FRESH]
    if not fresh:
        return []
    minutes = int(FRESH.total_seconds() // 60)
    what = f"{_some(fresh)} changed within the last {minutes} minutes: half uploaded perhaps, or passed over"
    return [places.problem(_PATH, what, "Wait until the upload has ended, then check again", "warning")]


async def _read_heads(files: Files, storage: Storage, found: FoundFile, parsed: ParsedPipeline) -> None:
    source, places = parsed.pipeline.source, parsed.places
    # The keys of JSON objects come and go from row to row; only a header or a file's own schema can be compared.
    chosen = [found.path or ""] if source.format == "json" else _chosen([one.path for one in found.files])
    heads = await asyncio.gather(*(_head(storage, path, parsed) for path in chosen))
    first = heads[0]
    if isinstance(first, ResponseError) and all(isinstance(head, ResponseError) for head in heads):
        what = f"{chosen[0]} cannot be read as {source.format}: {first.title.rstrip('.')}"
        files.problems.append(places.problem(("source", "format"), what, "Check format, compression and encoding"))
        return
    for path, head in zip(chosen, heads, strict=True):
        if isinstance(head, ResponseError):
            what = f"{path} cannot be read as {source.format}, unlike the others: {head.title.rstrip('.')}"
            files.problems.append(places.problem(_PATH, what, "Mend or move it, or narrow the path", "warning"))
    readable = [(path, head) for path, head in zip(chosen, heads, strict=True) if not isinstance(head, ResponseError)]
    path, preview = _usual(readable)
    suspect = _other_delimiter(preview, source.column_delimiter or ",") if source.format == "delimited" else None
    if suspect is not None:
        what = f"{path} has one column only with this delimiter"
        fix = f"Write column_delimiter = {_DELIMITERS[suspect]}"
        files.problems.append(places.problem(("source", "column_delimiter"), what, fix))
        return
    files.problems += _odd_problems(path, preview, readable, places)
    if len(chosen) < len(found.files) or not found.is_all:
        of = f"{len(found.files)} files" if found.is_all else f"{len(found.files)} files in the first folder"
        files.notes.append(f"of {of} that {source.path} means, the heads of {len(chosen)} were read")
    files.columns = tuple(preview.columns)
    files.sample = _sample(preview)


def _chosen(paths: Sequence[str]) -> list[str]:
    """The first, the last, and some between them, evenly."""
    if len(paths) <= MOST_HEADERS:
        return list(paths)
    last = len(paths) - 1
    return [paths[round(number * last / (MOST_HEADERS - 1))] for number in range(MOST_HEADERS)]


async def _head(storage: Storage, path: str, parsed: ParsedPipeline) -> FilePreview | ResponseError:
    try:
        return await storage.door.preview(storage.id, path, parsed.pipeline.source.file_format)
    except Unauthorized:
        raise
    except ResponseError as error:
        return error


def _header(preview: FilePreview) -> frozenset[tuple[str, str]]:
    """The columns whatever their order; with their types where the file itself has types."""
    is_typed = preview.format.format == "parquet"
    return frozenset((column.name, column.type if is_typed else "") for column in preview.columns)


def _usual(heads: Sequence[tuple[str, FilePreview]]) -> tuple[str, FilePreview]:
    """The first file with the header that most have."""
    headers = [_header(preview) for _, preview in heads]
    return heads[max(range(len(heads)), key=lambda at: (headers.count(headers[at]), -at))]


def _odd_problems(
    path: str, usual: FilePreview, heads: Sequence[tuple[str, FilePreview]], places: Places
) -> list[Problem]:
    known, problems = dict(_header(usual)), []
    for other, preview in heads:
        its = dict(_header(preview))
        if its == known:
            continue
        lacks = [name for name in known if name not in its]
        more = [name for name in its if name not in known]
        parts = []
        if lacks:
            parts.append(f"lacks {_some(sorted(lacks))}")
        if more:
            parts.append(f"has {_some(sorted(more))} besides")
        if not lacks and not more:
            differ = sorted(name for name in known if its[name] != known[name])
            parts.append(f"has other types in {_some(differ)}")
        what = f"{other} has other columns than {path}: it {' and '.join(parts)}"
        problems.append(
            places.problem(_PATH, what, "Mend the file, or narrow the path so that it is left out", "warning")
        )
    return problems


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _other_delimiter(preview: FilePreview, used: str) -> str | None:
    """The character that seems to divide the only column, when there is one."""
    if len(preview.columns) != 1:
        return None
    header = preview.columns[0].name
    counts = {mark: header.count(mark) for mark in _DELIMITERS if mark != used and mark in header}
    return max(counts, key=lambda mark: counts[mark]) if counts else None


def _sample(preview: FilePreview) -> Sample:
    """The columns with the paths inside nested values, and the rows as ingestion reads them."""
    is_flat = preview.format.format == "delimited"
    rows = tuple(
        {name: None if is_flat and value == "" else value for name, value in row.items()} for row in preview.rows
    )
    names = dict.fromkeys(column.name for column in preview.columns)
    for row in rows:
        for name, value in row.items():
            names.update(dict.fromkeys(_paths(name, value)))
    return Sample(tuple(names), rows, is_whole_header=preview.format.format != "json")


def _paths(name: str, value: object, depth: int = 0) -> list[str]:
    """The paths of a nested value: `customer.email`, `items[*].sku`."""
    if depth > 8:
        return [name]
    if isinstance(value, dict):
        return [name, *(path for key, item in value.items() for path in _paths(f"{name}.{key}", item, depth + 1))]
    if isinstance(value, list):
        return [name, *(path for item in value[:5] for path in _paths(f"{name}[*]", item, depth + 1) if path)]
    return [name]
