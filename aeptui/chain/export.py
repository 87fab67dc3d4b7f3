"""Reads a live dataflow back into a pipeline. Only reads, and answers what it could not put into the file.

The pipeline is portable: the base connection by its name where that is one, the schema by its class and field groups,
the dataset by its name. Run in another sandbox it makes an equal dataflow there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from aeptui.api.resources.registry import container_of
from aeptui.chain.connectors import LANDING_ZONE, LANDING_ZONE_ID
from aeptui.chain.mapping_set_json import read_mappings
from aeptui.chain.new_fields import fields_in
from aeptui.chain.pipeline import (
    COMPRESSIONS,
    ENCODINGS,
    FORMATS,
    FREQUENCIES,
    STREAM_KEYS,
    DatasetChoice,
    MappingRow,
    Options,
    Pipeline,
    Schedule,
    SchemaChoice,
    Source,
)
from aeptui.chain.reads import all_at_once
from aeptui.errors import ConfigError
from aeptui.ids import BaseConnectionId, DatasetId
from aeptui.models.base import Json, mapping_of
from aeptui.models.schemas import Schema

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.mapping_exchange import ReadTable
    from aeptui.models.connections import SourceConnection, TargetConnection
    from aeptui.models.datasets import Dataset
    from aeptui.models.flows import Flow
    from aeptui.models.mapping_sets import MappingSet

_AT_ONCE_S: Final = 180
MARKER: Final = re.compile(r"\s*aeptui:\d{8}-\d{6}-[0-9a-f]+:[a-z_]+")
"""What an execution writes into the texts of what it creates; it is no part of the pipeline."""


@dataclass(frozen=True)
class LiveFlow:
    """A dataflow as a pipeline, and the ids behind it."""

    flow_id: str
    pipeline: Pipeline
    source_connection_id: str = ""
    base_connection_id: str = ""
    schema_id: str = ""
    dataset_id: str = ""
    mapping_set_id: str = ""
    mapping_set_name: str = ""
    mapping_set_version: int | None = None
    etag: str = ""
    is_enabled: bool = True
    new_field_group_id: str = ""
    """Of the field group that was made with the schema, and is in the pipeline as the fields it holds."""
    notes: tuple[str, ...] = ()
    """What the file cannot say, or says differently: for a comment at its top."""


async def read_flow(client: AepClient, flow_id: str, *, now: datetime) -> LiveFlow:
    """The pipeline that makes an equal dataflow.

    Args:
        now: Aware; a start before it cannot be asked for again, and is left out.
    Raises:
        NotFound: there is no such dataflow.
        ConfigError: it is none that a pipeline can describe.
    """
    flow = await client.flows.get(flow_id)
    if not flow.source_connection_ids or not flow.target_connection_ids:
        raise ConfigError(
            f"The dataflow {flow.name or flow_id} has no source or no target connection.",
            "Export one that reads files into a dataset.",
        )
    (source, target), mapping_set = await all_at_once(
        all_at_once(
            client.source_connections.get(flow.source_connection_ids[0]),
            client.target_connections.get(flow.target_connection_ids[0]),
        ),
        _mapping_set(client, flow),
    )
    notes: list[str] = []
    is_stream = bool(_stream_params(source))
    base, (dataset, schema) = await all_at_once(_base_connection(client, source, notes), _dataset(client, target))
    choice, own_group = await _schema(client, schema, notes)
    pipeline = Pipeline(
        name=flow.name,
        source=source_of_connection(source, base, notes),
        schema=choice,
        dataset=DatasetChoice(name=dataset.name, description=_unmarked(dataset.description)),
        mapping=_rows(mapping_set, source, notes),
        schedule=Schedule() if is_stream else _schedule(flow, now, notes),
        options=Options() if is_stream else _options(flow),
    )
    return LiveFlow(
        flow.id,
        pipeline,
        source_connection_id=source.id,
        base_connection_id=source.base_connection_id or "",
        schema_id=str(schema.id),
        dataset_id=str(dataset.id),
        mapping_set_id=flow.mapping_set_id or "",
        mapping_set_version=flow.mapping_version,
        mapping_set_name=(mapping_set.name if mapping_set is not None else "") or "",
        etag=flow.etag or "",
        is_enabled=flow.is_enabled,
        new_field_group_id=own_group,
        notes=tuple(notes),
    )


async def _mapping_set(client: AepClient, flow: Flow) -> MappingSet | None:
    if flow.mapping_set_id is None:
        return None
    return await client.mapping_sets.get(flow.mapping_set_id, version=flow.mapping_version)


async def _base_connection(client: AepClient, source: SourceConnection, notes: list[str]) -> str:
    """Its name where that names exactly one, else its id."""
    if source.base_connection_id is None:
        return LANDING_ZONE if source.connection_spec_id == LANDING_ZONE_ID else ""
    own = await client.base_connections.get(BaseConnectionId(source.base_connection_id))
    named = [one.id async for one in client.base_connections.list() if one.name == own.name]
    if own.name and len(named) == 1:
        return own.name
    notes.append(f"{len(named)} base connections are named {own.name!r}, so this one is named by its id")
    return own.id


async def _dataset(client: AepClient, target: TargetConnection) -> tuple[Dataset, Schema]:
    identifier = str(mapping_of(target.params).get("dataSetId") or "")
    dataset = await client.datasets.get(DatasetId(identifier))
    return dataset, Schema.model_validate(await client.schemas.get_full(dataset.schema_id or ""))


async def _schema(client: AepClient, schema: Schema, notes: list[str]) -> tuple[SchemaChoice, str]:
    """Its class and field groups, or the id of one that is not made of those alone; and the field group made with it.

    That one holds fields of the pipeline's own, and becomes their declaration: so they can be made elsewhere too. A
    field group that was there before is named by its id, as its owner is somebody else.
    """
    parts = await client.schemas.parts(schema.id)
    if parts is None or schema.class_id not in parts:
        notes.append("the schema is more than a class and field groups, so it is named by its id")
        return SchemaChoice(id=schema.id), ""
    groups = [part for part in parts if part != schema.class_id]
    wire: dict[str, Any] = {
        "title": schema.title,
        "description": _unmarked(schema.description),
        "class": schema.class_id,
    }
    own = ""
    marker = MARKER.search(schema.description or "")
    wanted = marker[0].strip().removesuffix(":schema") + ":field_group" if marker is not None else None
    for group in groups:
        if wanted is None or container_of(group) != "tenant":
            continue
        full = mapping_of(await client.field_groups.get_full(group))
        if wanted not in str(full.get("description") or ""):
            continue
        try:
            wire["field"] = fields_in(full)
        except ValueError as error:
            notes.append(f"the field group {group} was made with the schema, and is named by its id: {error}")
            continue
        own, usual = group, SchemaChoice(title=schema.title).new_field_group_title
        wire["new_field_group"] = None if full.get("title") == usual else full.get("title")
    wire["field_groups"] = tuple(group for group in groups if group != own)
    return SchemaChoice.model_validate(wire), own


def _unmarked(text: str | None) -> str | None:
    return MARKER.sub("", text or "").strip() or None


def _stream_params(source: SourceConnection) -> dict[str, str]:
    """What a stream says of itself; empty for files."""
    params = mapping_of(source.params)
    return {key: str(params[key]) for key in STREAM_KEYS if params.get(key) not in (None, "")}


def source_of_connection(source: SourceConnection, base: str, notes: list[str]) -> Source:
    """What a source connection reads, as a pipeline writes it.

    Args:
        base: The base connection's name or id.
        notes: Gets what the pipeline cannot say.
    Raises:
        ConfigError: it reads what no pipeline can say.
    """
    if stream := _stream_params(source):
        notes += [f"its parameter {key} is left out" for key in mapping_of(source.params) if key not in STREAM_KEYS]
        return Source.model_validate({"base_connection": base, **stream})
    data, params = mapping_of(source.data), mapping_of(source.params)
    properties = {**mapping_of(data.get("properties"))}
    properties.setdefault("columnDelimiter", data.get("columnDelimiter"))  # where it was written until 2021
    path = str(params.get("path") or "")
    kind = str(params.get("type") or ("folder" if "*" in path else "file")).lower()
    word = str(data.get("format") or "delimited").lower().removesuffix("_xdm")
    if word not in FORMATS:
        raise ConfigError(f"The dataflow reads {word}, which no pipeline can say.", "Export one that reads files.")
    delimiter = properties.get("columnDelimiter")
    return Source.model_validate(
        {
            "base_connection": base,
            "path": path,
            "type": kind,
            "recursive": _flag(params.get("recursive")) and kind == "folder",
            "format": word,
            "column_delimiter": None if delimiter in (None, ",") or word != "delimited" else delimiter,
            "compression": _known(properties.get("compressionType"), COMPRESSIONS, "compression", notes),
            "encoding": _known(properties.get("encoding"), ENCODINGS, "encoding", notes),
        }
    )


def _known(value: Json, words: tuple[str, ...], name: str, notes: list[str]) -> str | None:
    """A word of ours, in whatever case it came."""
    if value in (None, ""):
        return None
    for word in words:
        if word.lower() == str(value).lower():
            return word
    notes.append(f"its {name} {value!r} is unknown here, and left out")
    return None


def _flag(value: Json) -> bool:
    return str(value).lower() == "true"


def _rows(mapping_set: MappingSet | None, source: SourceConnection, notes: list[str]) -> tuple[MappingRow, ...]:
    if mapping_set is not None:
        read = read_mapping_set(mapping_set)
        notes += [f"of its mapping {one.line}: {one.reason}" for one in read.rows if one.reason]
        return tuple(one.row for one in read.rows if one.row is not None)
    if _stream_params(source).get("dataType") != "xdm":
        notes.append("the dataflow has no mapping set")
    return ()


def rows_of_mapping_set(mapping_set: MappingSet) -> tuple[MappingRow, ...]:
    """The rows of a mapping set that a pipeline can say."""
    return tuple(one.row for one in read_mapping_set(mapping_set).rows if one.row is not None)


def read_mapping_set(mapping_set: MappingSet) -> ReadTable:
    """The rows of a mapping set, as a pipeline writes them; what it cannot say, or says otherwise, with the reason."""
    return read_mappings([one.model_dump(by_alias=True) for one in mapping_set.mappings])


def _schedule(flow: Flow, now: datetime, notes: list[str]) -> Schedule:
    known = flow.schedule
    frequency = (known.frequency or "").lower() if known is not None else ""
    if known is None or frequency not in FREQUENCIES:
        notes.append("the dataflow has no schedule that a pipeline can say")
        return Schedule()
    start = known.start_time
    if start is not None and (start <= now or _at_once(start, flow.created_at)):
        start = None
    if frequency == "once":
        return Schedule.model_validate({"frequency": "once", "start": start})
    return Schedule.model_validate(
        {
            "frequency": frequency,
            "interval": known.interval,
            "start": start,
            "backfill": True if known.backfill is None else known.backfill,
        }
    )


def _at_once(start: datetime, created: datetime | None) -> bool:
    """Whether the dataflow was to start as soon as possible: a start in the past is refused, so it lies just ahead."""
    return created is not None and (start - created).total_seconds() <= _AT_ONCE_S


def _options(flow: Flow) -> Options:
    options: Any = mapping_of(flow.options)
    percent = options.get("partialIngestionPercent")
    try:
        share = None if percent is None else float(percent)
    except (TypeError, ValueError):
        share = None
    return Options(
        error_diagnostics=_flag(options.get("errorDiagnosticsEnabled", False)), partial_ingestion_percent=share
    )
