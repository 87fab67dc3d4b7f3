"""The source side of pre-flight: base connection and its test, the flow spec that takes it, files and columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aeptui.api.errors import ApiError, NotFound, ResponseError, TransportError, Unauthorized
from aeptui.chain.live_mapping_checks import Sample
from aeptui.chain.problems import Problem, Severity, closest
from aeptui.chain.reads import all_at_once, refused
from aeptui.chain.source_files import find_sample
from aeptui.ids import BaseConnectionId

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.document import ParsedPipeline
    from aeptui.models.connections import BaseConnection, ConnectionSpec, ExploredItem, FileColumn, FilePreview
    from aeptui.models.flows import FlowSpec

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PREFERRED_FLOW_SPEC: Final = "CloudStorageToAEP"
_DELIMITERS: Final = {"\t": '"\\t"', ";": '";"', "|": '"|"', ",": '","'}
_PLACE: Final = ("source", "base_connection")


@dataclass(slots=True)
class SourceFacts:
    """What was found; everything is None when it could not be read, and then a problem says why."""

    problems: list[Problem] = field(default_factory=list)
    base_connection: BaseConnection | None = None
    connection_spec: ConnectionSpec | None = None
    flow_spec: FlowSpec | None = None
    columns: tuple[FileColumn, ...] | None = None
    sample: Sample | None = None


async def read_source(parsed: ParsedPipeline, client: AepClient) -> SourceFacts:
    """Read the source side of a pipeline, as much as possible at once."""
    facts = SourceFacts()
    if parsed.places.is_spoiled(_PLACE) or not parsed.pipeline.source.base_connection.strip():
        return facts
    flow_specs, found = await all_at_once(_flow_specs(client), _base_connection(parsed, client))
    if isinstance(found, Problem):
        facts.problems.append(found)
        return facts
    facts.base_connection = found
    spec, (test, files) = await all_at_once(
        _connection_spec(found, parsed, client),
        all_at_once(_test(found, parsed, client), _files(found, parsed, client)),
    )
    if isinstance(spec, Problem):
        facts.problems.append(spec)
    else:
        facts.connection_spec = spec
        _choose_flow_spec(facts, flow_specs, parsed)
    if test is not None:
        # Whatever the files say then comes from the same trouble.
        facts.problems.append(test)
        return facts
    facts.problems.extend(files.problems)
    facts.columns, facts.sample = files.columns, files.sample
    return facts


async def find_base_connection(name_or_id: str, client: AepClient) -> BaseConnection | tuple[BaseConnection, ...]:
    """The base connection with this id or exactly this name.

    Returns:
        All base connections there are (none or several of them with that name) when it is not exactly one.
    """
    if _UUID.fullmatch(name_or_id):
        with suppress(NotFound):  # it may still be a name, and the list tells which ones there are
            return await client.base_connections.get(BaseConnectionId(name_or_id))
    known = tuple([connection async for connection in client.base_connections.list()])
    named = [connection for connection in known if connection.name == name_or_id]
    return named[0] if len(named) == 1 else known


async def _base_connection(parsed: ParsedPipeline, client: AepClient) -> BaseConnection | Problem:
    wanted = parsed.pipeline.source.base_connection
    try:
        found = await find_base_connection(wanted, client)
    except Unauthorized:
        raise
    except ResponseError as error:
        return refused(parsed.places, _PLACE, "The base connections cannot be read", error)
    if not isinstance(found, tuple):
        return found
    named = [connection for connection in found if connection.name == wanted]
    if named:
        fix = f"Write one of their ids: {', '.join(str(connection.id) for connection in named[:4])}"
        return parsed.places.problem(_PLACE, f'{len(named)} base connections are named "{wanted}"', fix)
    near = closest(wanted, [connection.name or "" for connection in found])
    names = ", ".join(sorted(connection.name or "" for connection in found)[:5])
    fix = f'Did you mean "{near}"?' if near else f"There are: {names}" if names else "Create a base connection first"
    return parsed.places.problem(_PLACE, f'There is no base connection "{wanted}"', fix)


async def _flow_specs(client: AepClient) -> list[FlowSpec]:
    try:
        return [flow_spec async for flow_spec in client.flow_specs.list()]
    except Unauthorized:
        raise
    except ResponseError:
        return []  # told as "no flow spec takes it", with the connector's name


async def _connection_spec(
    base_connection: BaseConnection, parsed: ParsedPipeline, client: AepClient
) -> ConnectionSpec | Problem:
    spec_id = base_connection.connection_spec_id
    if not spec_id:
        what = "The base connection does not say which connector it belongs to"
        return parsed.places.problem(_PLACE, what, "Choose another one")
    try:
        return await client.connection_specs.get(spec_id)
    except Unauthorized:
        raise
    except ResponseError as error:
        return refused(parsed.places, _PLACE, "Its connection spec cannot be read", error)


async def _test(base_connection: BaseConnection, parsed: ParsedPipeline, client: AepClient) -> Problem | None:
    try:
        await client.base_connections.test(base_connection.id)
    except (TransportError, Unauthorized):
        raise
    except ApiError as error:  # a red test is a 200 with false in it, so it need not be a ResponseError
        fix = error.hint or "Check its credentials and the network rules of the storage"
        what = f"The test of the base connection fails: {error.title.rstrip('.')}"
        return parsed.places.problem(_PLACE, what, fix)
    return None


def _choose_flow_spec(facts: SourceFacts, flow_specs: Sequence[FlowSpec], parsed: ParsedPipeline) -> None:
    spec = facts.connection_spec
    if spec is None:
        return
    taking = [one for one in flow_specs if spec.id in one.source_connection_spec_ids and one.is_batch]
    taking.sort(key=lambda one: one.name != _PREFERRED_FLOW_SPEC)
    if taking and spec.kind in ("batch_files", "other"):
        facts.flow_spec = taking[0]
        return
    kind = {"streaming": "a streaming source", "batch_tables": "read as tables", "destination": "a destination"}
    what = f"{spec.label} is {kind[spec.kind]}" if spec.kind in kind else f"No batch flow spec takes {spec.label}"
    fix = "Choose a base connection of a batch source with files"
    facts.problems.append(parsed.places.problem(_PLACE, what, fix))


@dataclass(slots=True)
class _Files:
    problems: list[Problem] = field(default_factory=list)
    columns: tuple[FileColumn, ...] | None = None
    sample: Sample | None = None


async def _files(base_connection: BaseConnection, parsed: ParsedPipeline, client: AepClient) -> _Files:
    """Look for the files and read the head of one."""
    files, source, places = _Files(), parsed.pipeline.source, parsed.places
    if not source.path.strip() or any(problem.where == "[source] path" for problem in parsed.errors):
        return files

    async def explore(path: str | None) -> Sequence[ExploredItem]:
        return await client.base_connections.explore(base_connection.id, path=path)

    try:
        found = await find_sample(source, explore)
    except Unauthorized:
        raise
    except ResponseError as error:
        files.problems.append(refused(places, ("source", "path"), "The path cannot be looked at", error))
        return files
    # With a type or recursive that cannot be read, the search was a guess: what it found counts, what it missed not.
    guessed = places.is_spoiled(("source", "type")) or places.is_spoiled(("source", "recursive"))
    if found.what and not guessed:
        severity: Severity = "warning" if found.is_warning else "error"
        files.problems.append(places.problem(("source", found.key), found.what, found.fix, severity))
    if found.path is not None and not _format_is_wrong(parsed):
        await _preview(files, base_connection, found.path, parsed, client)
    return files


def _format_is_wrong(parsed: ParsedPipeline) -> bool:
    """Whether the document's own problems make a preview pointless."""
    keys = ("format", "column_delimiter", "compression", "encoding")
    wrong = {problem.where for problem in parsed.errors}
    return any(f"[source] {key}" in wrong or parsed.places.is_spoiled(("source", key)) for key in keys)


async def _preview(
    files: _Files, base_connection: BaseConnection, path: str, parsed: ParsedPipeline, client: AepClient
) -> None:
    source, places = parsed.pipeline.source, parsed.places
    try:
        preview = await client.base_connections.preview(base_connection.id, path, source.file_format)
    except Unauthorized:
        raise
    except ResponseError as error:
        what = f"{path} cannot be read as {source.format}: {error.title.rstrip('.')}"
        fix = "Check format, compression and encoding"
        files.problems.append(places.problem(("source", "format"), what, fix))
        return
    suspect = _other_delimiter(preview, source.column_delimiter or ",") if source.format == "delimited" else None
    if suspect is not None:
        what = f"{path} has one column only with this delimiter"
        fix = f"Write column_delimiter = {_DELIMITERS[suspect]}"
        files.problems.append(places.problem(("source", "column_delimiter"), what, fix))
        return
    files.columns = tuple(preview.columns)
    files.sample = _sample(preview)


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
