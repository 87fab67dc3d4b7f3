"""The field group of the fields that a pipeline declares: one for all, made before the schema that refers to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aeptui.chain.new_fields import namespace_of, properties_of
from aeptui.chain.step import Action, ChainContext, Made, MadeBySteps, Seen, StepName
from aeptui.models.base import CreateBody, Json
from aeptui.models.schemas import FieldGroupCreate

if TYPE_CHECKING:
    from aeptui.api.client import AepClient


class FieldGroupStep:
    """POST /tenant/fieldgroups."""

    name: StepName = "field_group"
    needs: tuple[StepName, ...] = ()
    path = "/data/foundation/schemaregistry/tenant/fieldgroups"

    def existing(self, context: ChainContext) -> tuple[Action, Made] | None:
        return None

    def title(self, context: ChainContext) -> str:
        return context.pipeline.schema_.new_field_group_title

    def body(self, context: ChainContext, made: MadeBySteps) -> FieldGroupCreate:
        choice = context.pipeline.schema_
        namespace = namespace_of(choice.fields[0].path)
        return FieldGroupCreate.of(
            self.title(context),
            (choice.class_ or "",),
            namespace,
            properties_of(choice.fields)[namespace]["properties"],
            context.marker(self.name),
        )

    async def create(self, client: AepClient, body: CreateBody) -> Made:
        return Made((await client.field_groups.create(cast("FieldGroupCreate", body))).id)

    async def find(self, client: AepClient, marker: str, body: Json) -> Sequence[Made]:
        listed = client.field_groups.list(container="tenant", title=body["title"])
        return [Made(one.id) async for one in listed if marker in (one.description or "")]

    async def look(self, client: AepClient, identifier: str) -> Seen:
        found = await client.field_groups.get(identifier)
        return Seen(found.title, (found.description or "",))

    async def delete(self, client: AepClient, identifier: str, etag: str | None) -> None:
        await client.field_groups.delete(identifier)
