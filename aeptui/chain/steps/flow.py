"""The dataflow itself: from here on files are ingested. Made last, and never twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from aeptui.chain.schedule import schedule_params
from aeptui.chain.step import Action, ChainContext, Made, MadeBySteps, Seen, StepName
from aeptui.errors import AeptuiError
from aeptui.models.base import CreateBody, Json, SpecRef, mapping_of
from aeptui.models.flows import FlowCreate, Transformation

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.pipeline import Pipeline


_NO_RUNS = "it takes records as they come: there is no first run to watch"


class FlowStep:
    """POST /flows."""

    name: StepName = "flow"
    needs: tuple[StepName, ...] = ("source_connection", "target_connection", "mapping_set", "flow_spec")
    path = "/data/foundation/flowservice/flows"

    def existing(self, context: ChainContext) -> tuple[Action, Made] | None:
        return None

    def title(self, context: ChainContext) -> str:
        return context.pipeline.name

    def body(self, context: ChainContext, made: MadeBySteps) -> FlowCreate:
        mapping, pipeline = made.get("mapping_set"), context.pipeline
        return FlowCreate(
            name=self.title(context),
            description=context.marker(self.name),
            flow_spec=SpecRef(id=made["flow_spec"].id, version=context.resolved.flow_spec.version or "1.0"),
            source_connection_ids=(made["source_connection"].id,),
            target_connection_ids=(made["target_connection"].id,),
            transformations=None if mapping is None else (_transformation(mapping),),
            options=flow_options(pipeline) or None,
            schedule_params=None
            if pipeline.source.is_stream
            else schedule_params(pipeline.schedule, context.now, context.margin_s),
        )

    async def create(self, client: AepClient, body: CreateBody) -> Made:
        flow = cast("FlowCreate", body)
        made = await client.flows.create(flow)
        return Made(made.id, note=_NO_RUNS if flow.schedule_params is None else "", etag=made.etag)

    async def find(self, client: AepClient, marker: str, body: Json) -> Sequence[Made]:
        source = body["sourceConnectionIds"][0]
        listed = client.flows.list(property=(f"sourceConnectionIds[]=={source}",))
        return [Made(one.id, etag=one.etag) async for one in listed]

    async def look(self, client: AepClient, identifier: str) -> Seen:
        found = await client.flows.get(identifier)
        return Seen(found.name, (found.description or "",), found.etag, found.model_dump(mode="json", by_alias=True))

    async def delete(self, client: AepClient, identifier: str, etag: str | None) -> None:
        await client.flows.delete(identifier, etag)


def _transformation(mapping: Made) -> Transformation:
    return Transformation(params={"mappingId": mapping.id, "mappingVersion": mapping.version or 0})


def flow_options(pipeline: Pipeline) -> dict[str, Json]:
    """How a dataflow is to take bad rows; nothing for a stream, which has none of this."""
    if pipeline.source.is_stream:
        return {}
    options = pipeline.options
    wanted: dict[str, Json] = {"errorDiagnosticsEnabled": options.error_diagnostics}
    if options.partial_ingestion_percent is not None:
        wanted["partialIngestionPercent"] = options.partial_ingestion_percent
    return wanted


async def keep_options(client: AepClient, made: Made, wanted: Mapping[str, Json]) -> Made:
    """Set the options of a new dataflow if its create dropped them, which its documentation allows.

    Without them the first bad row fails the whole run.

    Returns:
        It as it is then; what went wrong, in words, is its note.
    """
    etag = made.etag
    if not wanted:
        return made
    try:
        flow = await client.flows.get(made.id)
        kept = mapping_of(flow.options)
        if any(_plain(kept.get(name)) != _plain(value) for name, value in wanted.items()):
            options = [{"op": "add", "path": "/options", "value": {**kept, **wanted}}]
            etag = (await client.flows.update(made.id, options, flow.etag or "")).etag or etag
    except AeptuiError as error:
        note = f"Whether it takes bad rows as the pipeline says is not known: {error.title}"
        return replace(made, note=note, etag=etag)
    return replace(made, note="", etag=etag)


def _plain(value: Json) -> str:
    """Services answer `"10"`, `10` and `10.0` for the same number."""
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value).lower()
