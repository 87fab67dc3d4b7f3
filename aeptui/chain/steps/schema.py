"""The XDM schema: one that exists, or a class and field groups composed, the new one among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aeptui.chain.step import Action, ChainContext, Made, MadeBySteps, Seen, StepName
from aeptui.models.base import CreateBody, Json
from aeptui.models.schemas import SchemaCreate

if TYPE_CHECKING:
    from aeptui.api.client import AepClient


class SchemaStep:
    """POST /tenant/schemas."""

    name: StepName = "schema"
    needs: tuple[StepName, ...] = ("field_group",)
    path = "/data/foundation/schemaregistry/tenant/schemas"

    def existing(self, context: ChainContext) -> tuple[Action, Made] | None:
        if context.pipeline.schema_.id:
            return "reuse", Made(context.pipeline.schema_.id)
        dataset = context.resolved.dataset
        if dataset is not None and dataset.schema_id:
            return "reuse", Made(dataset.schema_id)
        return None

    def title(self, context: ChainContext) -> str:
        known = context.resolved.schema
        return context.pipeline.schema_.title or (known.title if known is not None else "") or context.pipeline.name

    def body(self, context: ChainContext, made: MadeBySteps) -> SchemaCreate:
        choice = context.pipeline.schema_
        words = " ".join(text for text in (choice.description, context.marker(self.name)) if text)
        own = made.get("field_group")
        groups = (*choice.field_groups, own.id) if own is not None else choice.field_groups
        return SchemaCreate.of(self.title(context), choice.class_ or "", groups, words)

    async def create(self, client: AepClient, body: CreateBody) -> Made:
        return Made((await client.schemas.create(cast("SchemaCreate", body))).id)

    async def find(self, client: AepClient, marker: str, body: Json) -> Sequence[Made]:
        listed = client.schemas.list(title=body["title"])
        return [Made(one.id) async for one in listed if marker in (one.description or "")]

    async def look(self, client: AepClient, identifier: str) -> Seen:
        found = await client.schemas.get(identifier)
        return Seen(found.title, (found.description or "",))

    async def delete(self, client: AepClient, identifier: str, etag: str | None) -> None:
        await client.schemas.delete(identifier)
