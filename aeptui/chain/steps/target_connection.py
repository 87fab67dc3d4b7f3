"""The target connection: the dataset, and the schema its rows must have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aeptui.chain.step import Action, ChainContext, Made, MadeBySteps, Seen, StepName
from aeptui.models.base import CreateBody, Json
from aeptui.models.connections import TargetConnectionCreate
from aeptui.models.schemas import SchemaRef

if TYPE_CHECKING:
    from aeptui.api.client import AepClient


class TargetConnectionStep:
    """POST /targetConnections."""

    name: StepName = "target_connection"
    needs: tuple[StepName, ...] = ("schema", "dataset")
    path = "/data/foundation/flowservice/targetConnections"

    def existing(self, context: ChainContext) -> tuple[Action, Made] | None:
        return None

    def title(self, context: ChainContext) -> str:
        return f"{context.pipeline.name} (target)"

    def body(self, context: ChainContext, made: MadeBySteps) -> TargetConnectionCreate:
        schema = SchemaRef(id=made["schema"].id)
        return TargetConnectionCreate(
            name=self.title(context),
            description=context.marker(self.name),
            data={"schema": {"id": schema.id, "version": schema.content_type}},
            params={"dataSetId": made["dataset"].id},
        )

    async def create(self, client: AepClient, body: CreateBody) -> Made:
        made = await client.target_connections.create(cast("TargetConnectionCreate", body))
        return Made(made.id, etag=made.etag)

    async def find(self, client: AepClient, marker: str, body: Json) -> Sequence[Made]:
        dataset = body["params"]["dataSetId"]
        listed = client.target_connections.list(property=(f"params.dataSetId=={dataset}",))
        return [Made(one.id, etag=one.etag) async for one in listed if one.description == marker]

    async def look(self, client: AepClient, identifier: str) -> Seen:
        found = await client.target_connections.get(identifier)
        return Seen(found.name, (found.description or "",), found.etag, found.model_dump(mode="json", by_alias=True))

    async def delete(self, client: AepClient, identifier: str, etag: str | None) -> None:
        await client.target_connections.delete(identifier, etag)
