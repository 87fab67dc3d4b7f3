"""Where a pipeline file and a live dataflow differ, field by field. Pure: two pipelines in, differences out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aeptui.chain.export import LiveFlow
from aeptui.chain.mapping_rows import shown_source
from aeptui.chain.pipeline import MappingRow, NewField, Pipeline, Schedule, SchemaChoice, Source


@dataclass(frozen=True)
class Difference:
    """One field; None is "not there"."""

    where: str
    """`[schedule] interval`, or `mapping person.name.lastName`."""
    file: str | None
    live: str | None


def differences(pipeline: Pipeline, live: LiveFlow, *, base_connection_id: str) -> tuple[Difference, ...]:
    """Everything in which running the file would not make what is live.

    Args:
        base_connection_id: Of the file's base connection, which it may name by its name.
    """
    return tuple(_differences(pipeline, live, base_connection_id))


def _differences(pipeline: Pipeline, live: LiveFlow, base_connection_id: str) -> Iterator[Difference]:
    is_ = live.pipeline
    yield from _field("name", pipeline.name, is_.name)
    if pipeline.source.id is not None:
        yield from _field("[source] id", pipeline.source.id, live.source_connection_id)
    else:
        yield from _field("[source] base_connection", base_connection_id, live.base_connection_id)
        ours, theirs = _source(pipeline.source), _source(is_.source)
        for key in dict.fromkeys((*ours, *theirs)):
            yield from _field(f"[source] {key}", ours.get(key), theirs.get(key))
    if pipeline.schema_.id is not None:
        yield from _field("[schema] id", pipeline.schema_.id, live.schema_id)
    elif is_.schema_.id is not None:
        yield Difference("[schema] id", None, is_.schema_.id)
    else:
        yield from _field("[schema] title", pipeline.schema_.title, is_.schema_.title)
        yield from _field("[schema] class", pipeline.schema_.class_, is_.schema_.class_)
        yield from _field_groups(pipeline.schema_, live)
    if pipeline.dataset.id is not None:
        yield from _field("[dataset] id", pipeline.dataset.id, live.dataset_id)
    else:
        yield from _field("[dataset] name", pipeline.dataset.name or pipeline.name, is_.dataset.name)
    if pipeline.mapping_set.id is not None:
        yield from _field("[mapping_set] id", pipeline.mapping_set.id, live.mapping_set_id)
        if pipeline.mapping_set.version is not None:
            yield from _field("[mapping_set] version", pipeline.mapping_set.version, live.mapping_set_version)
    else:
        yield from _mappings(pipeline.mapping, is_.mapping)
    if pipeline.source.is_stream:
        return  # it has neither schedule nor options
    yield from _schedule(pipeline.schedule, is_.schedule)
    yield from _field("[options] error_diagnostics", _diagnostics(pipeline), _diagnostics(is_))
    yield from _field(
        "[options] partial_ingestion_percent",
        pipeline.options.partial_ingestion_percent,
        is_.options.partial_ingestion_percent,
    )


def _field_groups(ours: SchemaChoice, live: LiveFlow) -> Iterator[Difference]:
    """The field groups by id, and the new one by its title and its fields, whose order says nothing."""
    theirs = live.pipeline.schema_
    if live.new_field_group_id in ours.field_groups:  # the file names what was made with the schema
        groups = (*theirs.field_groups, live.new_field_group_id)
        theirs = theirs.model_copy(update={"fields": (), "field_groups": groups})
    for group in sorted({*ours.field_groups} ^ {*theirs.field_groups}):
        in_file = group in ours.field_groups
        yield Difference("[schema] field_groups", group if in_file else None, None if in_file else group)
    if ours.fields and theirs.fields:
        yield from _field("[schema] new_field_group", ours.new_field_group_title, theirs.new_field_group_title)
    mine, other = ({one.path: _new_field(one) for one in choice.fields} for choice in (ours, theirs))
    for path in dict.fromkeys((*mine, *other)):
        yield from _field(f"new field {path}", mine.get(path), other.get(path))


def _new_field(field: NewField) -> str:
    kind = f"array of {field.type}" if field.array else field.type
    return ", ".join(text for text in (kind, field.title, field.description) if text)


def _diagnostics(pipeline: Pipeline) -> bool:
    return pipeline.options.error_diagnostics


def _source(source: Source) -> dict[str, Any]:
    """What is read, with the platform's defaults filled in."""
    if source.is_stream:
        group = {"consumerGroup": "$Default"} if source.event_hub_name else {}
        return {"reset": "earliest", **group, **source.stream_params}
    delimited = source.format == "delimited"
    return {
        "path": source.path,
        "type": source.type,
        "recursive": source.recursive,
        "format": source.format,
        "column_delimiter": (source.column_delimiter or ",") if delimited else None,
        "compression": source.compression,
        "encoding": (source.encoding or "UTF-8") if delimited else None,
    }


def _mappings(ours: tuple[MappingRow, ...], theirs: tuple[MappingRow, ...]) -> Iterator[Difference]:
    """By target: the order of rows says nothing."""
    mine, live = _by_target(ours), _by_target(theirs)
    for target in dict.fromkeys((*mine, *live)):
        yield from _field(f"mapping {target}", mine.get(target), live.get(target))


def _by_target(rows: tuple[MappingRow, ...]) -> dict[str, str]:
    return {row.target: shown_source(row) for row in rows}


def _schedule(ours: Schedule, theirs: Schedule) -> Iterator[Difference]:
    yield from _field("[schedule] frequency", ours.frequency, theirs.frequency)
    if ours.frequency != "once" and theirs.frequency != "once":
        yield from _field("[schedule] interval", ours.interval, theirs.interval)
        yield from _field("[schedule] backfill", ours.backfill is not False, theirs.backfill is not False)
    # A start that has passed cannot be asked for again, and one that is not given is "as soon as possible".
    if ours.start is not None and theirs.start is not None:
        yield from _field("[schedule] start", ours.start, theirs.start)


def _field(where: str, ours: Any, theirs: Any) -> Iterator[Difference]:
    if ours != theirs:
        yield Difference(where, _shown(ours), _shown(theirs))


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, float):
        return f"{value:g}"
    return {"\t": "\\t"}.get(str(value), str(value))
