"""The mapping set: how a row of a file becomes a record of the schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aeptui.chain.mapping_rows import source_text, source_type
from aeptui.chain.step import Action, ChainContext, Made, MadeBySteps, Seen, StepName
from aeptui.models.base import CreateBody, Json
from aeptui.models.mapping_sets import MappingCreate, MappingSetCreate
from aeptui.models.schemas import SchemaRef

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.pipeline import MappingRow, Pipeline


def mapping_rows(pipeline: Pipeline) -> tuple[MappingCreate, ...]:
    """The rows of a mapping set as they are written."""
    return tuple(mapping_of_row(row) for row in pipeline.mapping)


def mapping_of_row(row: MappingRow) -> MappingCreate:
    """One of them."""
    return MappingCreate(source_type=source_type(row), source=source_text(row), destination=row.target)


class MappingSetStep:
    """POST /mappingSets. Only its name can be searched for, so the marker is part of it."""

    name: StepName = "mapping_set"
    needs: tuple[StepName, ...] = ("schema",)
    path = "/data/foundation/conversion/mappingSets"

    def existing(self, context: ChainContext) -> tuple[Action, Made] | None:
        known = context.resolved.mapping_set
        return ("reuse", Made(known.id, known.version or 0)) if known is not None else None

    def title(self, context: ChainContext) -> str:
        if context.resolved.mapping_set is not None:
            return context.resolved.mapping_set.name or ""
        return f"{context.pipeline.name} {context.marker(self.name)}"

    def body(self, context: ChainContext, made: MadeBySteps) -> MappingSetCreate:
        rows = mapping_rows(context.pipeline)
        return MappingSetCreate.of(self.title(context), SchemaRef(id=made["schema"].id), rows)

    async def create(self, client: AepClient, body: CreateBody) -> Made:
        made = await client.mapping_sets.create(cast("MappingSetCreate", body))
        return Made(made.id, made.version or 0)

    async def find(self, client: AepClient, marker: str, body: Json) -> Sequence[Made]:
        name = body["name"]
        return [Made(one.id, one.version or 0) async for one in client.mapping_sets.list(name=name) if one.name == name]

    async def look(self, client: AepClient, identifier: str) -> Seen:
        found = await client.mapping_sets.get(identifier)
        return Seen(found.name or "", (found.name or "",), facts={"version": found.version})

    async def delete(self, client: AepClient, identifier: str, etag: str | None) -> None:
        await client.mapping_sets.delete(identifier)
