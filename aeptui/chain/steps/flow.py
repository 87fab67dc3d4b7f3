"""The dataflow itself: from here on files are ingested. Made last, and never twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aeptui.chain.schedule import schedule_params
from aeptui.chain.step import Action, ChainContext, Made, MadeBySteps, StepName
from aeptui.models.base import CreateBody, Json, SpecRef
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
        options = context.pipeline.options
        flow_options: dict[str, Json] = {"errorDiagnosticsEnabled": options.error_diagnostics}
        if options.partial_ingestion_percent is not None:
            flow_options["partialIngestionPercent"] = options.partial_ingestion_percent
        mapping = made["mapping_set"]
        return FlowCreate(
            name=self.title(context),
            description=context.marker(self.name),
            flow_spec=SpecRef(id=made["flow_spec"].id, version=context.resolved.flow_spec.version or "1.0"),
            source_connection_ids=(made["source_connection"].id,),
            target_connection_ids=(made["target_connection"].id,),
            transformations=(Transformation(params={"mappingId": mapping.id, "mappingVersion": mapping.version or 0}),),
            options=flow_options,
            schedule_params=schedule_params(context.pipeline.schedule, context.now, context.margin_s),
        )

    async def create(self, client: AepClient, body: CreateBody) -> Made:
        return Made((await client.flows.create(cast("FlowCreate", body))).id)

    async def find(self, client: AepClient, context: ChainContext, made: MadeBySteps) -> Sequence[Made]:
        source = made["source_connection"].id
        return [Made(one.id) async for one in client.flows.list(property=(f"sourceConnectionIds[]=={source}",))]
