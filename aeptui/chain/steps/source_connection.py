"""The source connection: which files, read how; or which stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aeptui.chain.step import Action, ChainContext, Made, MadeBySteps, Seen, StepName
from aeptui.models.base import CreateBody, Json, SpecRef
from aeptui.models.connections import SourceConnectionCreate

if TYPE_CHECKING:
    from aeptui.api.client import AepClient


class SourceConnectionStep:
    """POST /sourceConnections."""

    name: StepName = "source_connection"
    needs: tuple[StepName, ...] = ("base_connection",)
    path = "/data/foundation/flowservice/sourceConnections"

    def existing(self, context: ChainContext) -> tuple[Action, Made] | None:
        known = context.pipeline.source.id
        return ("reuse", Made(known)) if known else None

    def title(self, context: ChainContext) -> str:
        return f"{context.pipeline.name} (source)"

    def body(self, context: ChainContext, made: MadeBySteps) -> SourceConnectionCreate:
        source, base = context.pipeline.source, made.get("base_connection") or context.resolved.base_connection
        stream = source.stream_params
        return SourceConnectionCreate(
            name=self.title(context),
            description=context.marker(self.name),
            base_connection_id=base.id if base is not None else None,
            data={"format": "json"} if stream else source.file_format.source_data(),
            params=stream or {"path": source.path, "type": source.type, "recursive": source.recursive},
            connection_spec=SpecRef(id=context.resolved.connection_spec.id),
        )

    async def create(self, client: AepClient, body: CreateBody) -> Made:
        made = await client.source_connections.create(cast("SourceConnectionCreate", body))
        return Made(made.id, etag=made.etag)

    async def find(self, client: AepClient, marker: str, body: Json) -> Sequence[Made]:
        base, spec = body.get("baseConnectionId"), body["connectionSpec"]["id"]
        where = f"baseConnectionId=={base}" if base else f"connectionSpec.id=={spec}"
        listed = client.source_connections.list(property=(where,))
        return [Made(one.id, etag=one.etag) async for one in listed if one.description == marker]

    async def look(self, client: AepClient, identifier: str) -> Seen:
        found = await client.source_connections.get(identifier)
        return Seen(found.name, (found.description or "",), found.etag, found.model_dump(mode="json", by_alias=True))

    async def delete(self, client: AepClient, identifier: str, etag: str | None) -> None:
        await client.source_connections.delete(identifier, etag)
