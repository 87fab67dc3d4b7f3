"""The dataflow itself: from here on files are ingested. Made last, and never twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aeptui.api.errors import ApiError
from aeptui.chain.schedule import schedule_params
from aeptui.chain.step import Action, ChainContext, Made, MadeBySteps, StepName
from aeptui.models.base import CreateBody, Json, SpecRef, mapping_of
from aeptui.models.flows import FlowCreate, Transformation

if TYPE_CHECKING:
    from aeptui.api.client import AepClient


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
        mapping = made["mapping_set"]
        return FlowCreate(
            name=self.title(context),
            description=context.marker(self.name),
            flow_spec=SpecRef(id=made["flow_spec"].id, version=context.resolved.flow_spec.version or "1.0"),
            source_connection_ids=(made["source_connection"].id,),
            target_connection_ids=(made["target_connection"].id,),
            transformations=(Transformation(params={"mappingId": mapping.id, "mappingVersion": mapping.version or 0}),),
            options=_options(context),
            schedule_params=schedule_params(context.pipeline.schedule, context.now, context.margin_s),
        )

    async def create(self, client: AepClient, body: CreateBody) -> Made:
        flow = cast("FlowCreate", body)
        identifier = (await client.flows.create(flow)).id
        return Made(identifier, note=await _keep_options(client, identifier, flow.options))

    async def find(self, client: AepClient, context: ChainContext, made: MadeBySteps) -> Sequence[Made]:
        source = made["source_connection"].id
        found = [one.id async for one in client.flows.list(property=(f"sourceConnectionIds[]=={source}",))]
        if len(found) != 1:
            return [Made(identifier) for identifier in found]  # in doubt: nothing is changed then
        return [Made(found[0], note=await _keep_options(client, found[0], _options(context)))]


def _options(context: ChainContext) -> dict[str, Json]:
    options = context.pipeline.options
    wanted: dict[str, Json] = {"errorDiagnosticsEnabled": options.error_diagnostics}
    if options.partial_ingestion_percent is not None:
        wanted["partialIngestionPercent"] = options.partial_ingestion_percent
    return wanted


async def _keep_options(client: AepClient, identifier: str, wanted: Json) -> str:
    """Set the options if the create dropped them, which its documentation allows; what went wrong, in words.

    Without them the first bad row fails the whole run.
    """
    try:
        flow = await client.flows.get(identifier)
        kept = mapping_of(flow.options)
        if any(_plain(kept.get(name)) != _plain(value) for name, value in wanted.items()):
            options = [{"op": "add", "path": "/options", "value": {**kept, **wanted}}]
            await client.flows.update(identifier, options, flow.etag or "")
    except ApiError as error:
        return f"Whether it takes bad rows as the pipeline says is not known: {error.title}"
    return ""


def _plain(value: Json) -> str:
    """Services answer `"10"`, `10` and `10.0` for the same number."""
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value).lower()
