"""What a pipeline uses that exists already, a source connection or a mapping set, read into the pipeline's own words.

The checks then look at files, columns and mappings as if the pipeline said them itself; the chain uses the ids.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from aeptui.api.errors import NotFound, ResponseError, Unauthorized
from aeptui.chain.document import ParsedPipeline
from aeptui.chain.export import rows_of_mapping_set, source_of_connection
from aeptui.chain.problems import Problem
from aeptui.chain.reads import all_at_once, refused
from aeptui.chain.toml_lines import KeyPath
from aeptui.errors import ConfigError

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.models.connections import SourceConnection
    from aeptui.models.mapping_sets import MappingSet

T = TypeVar("T")


@dataclass(frozen=True)
class Reused:
    """A pipeline with what it uses filled in."""

    parsed: ParsedPipeline
    mapping_set: MappingSet | None = None
    problems: tuple[Problem, ...] = ()


async def read_reused(parsed: ParsedPipeline, client: AepClient) -> Reused:
    """Fill in the source connection and the mapping set that a pipeline names by their ids; else it stays as it is."""
    pipeline = parsed.pipeline
    if pipeline.source.id is None and pipeline.mapping_set.id is None:
        return Reused(parsed)
    source, mapping_set = await all_at_once(_source(parsed, client), _mapping_set(parsed, client))
    problems: list[Problem] = []
    if isinstance(source, Problem):
        problems.append(source)
        # Without it nothing is known of the files; what is missing then is no mistake of its own.
        spoiled = parsed.places.spoiled | {("source",)}
        parsed = parsed.filled(places=replace(parsed.places, spoiled=spoiled))
    elif source is not None:
        try:
            filled = source_of_connection(source, source.base_connection_id or "Data Landing Zone", [])
            if filled.is_stream:
                raise ConfigError("It reads a stream.", "Say the stream itself under [source]; it costs no second one")
            filled = filled.model_copy(update={"id": source.id})
            parsed = parsed.filled(pipeline=parsed.pipeline.model_copy(update={"source": filled}))
        except ConfigError as error:
            problems.append(parsed.places.problem(("source", "id"), error.title.rstrip("."), error.hint))
    if isinstance(mapping_set, Problem):
        problems.append(mapping_set)
        mapping_set = None
    elif mapping_set is not None:
        rows = rows_of_mapping_set(mapping_set)
        parsed = parsed.filled(pipeline=parsed.pipeline.model_copy(update={"mapping": rows}))
    return Reused(parsed, mapping_set, tuple(problems))


async def _source(parsed: ParsedPipeline, client: AepClient) -> SourceConnection | Problem | None:
    identifier = parsed.pipeline.source.id
    if identifier is None:
        return None
    return await _read(
        parsed, ("source", "id"), f"source connection {identifier}", lambda: client.source_connections.get(identifier)
    )


async def _mapping_set(parsed: ParsedPipeline, client: AepClient) -> MappingSet | Problem | None:
    chosen = parsed.pipeline.mapping_set
    identifier = chosen.id
    if identifier is None:
        return None
    return await _read(
        parsed,
        ("mapping_set", "id"),
        f"mapping set {identifier}" + (f" in version {chosen.version}" if chosen.version is not None else ""),
        lambda: client.mapping_sets.get(identifier, version=chosen.version),
    )


async def _read(parsed: ParsedPipeline, place: KeyPath, subject: str, read: Callable[[], Awaitable[T]]) -> T | Problem:
    try:
        return await read()
    except Unauthorized:
        raise
    except NotFound:
        return parsed.places.problem(place, f"There is no {subject}", "Write the id of one in this sandbox")
    except ResponseError as error:
        return refused(parsed.places, place, f"The {subject} cannot be read", error)


def schema_problem(parsed: ParsedPipeline, mapping_set: MappingSet | None, schema_id: str | None) -> Problem | None:
    """A mapping set writes into one schema; the dataflow is refused (1425) when the dataset has another."""
    if mapping_set is None or not mapping_set.schema_id or mapping_set.schema_id == schema_id:
        return None
    what = "The mapping set writes into another schema than the dataset has"
    if schema_id is None:
        what = "The mapping set writes into a schema that exists, and the pipeline makes a new one"
    fix = f'Write id = "{mapping_set.schema_id}" under [schema], or leave the mapping set away'
    return parsed.places.problem(("mapping_set", "id"), what, fix)
