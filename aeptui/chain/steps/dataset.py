"""The dataset: one that exists, or a new one of the schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aeptui.chain.step import Action, ChainContext, Made, MadeBySteps, Seen, StepName
from aeptui.ids import DatasetId
from aeptui.models.base import CreateBody, Json, items_of, mapping_of
from aeptui.models.datasets import Dataset, DatasetCreate
from aeptui.models.schemas import SchemaRef

if TYPE_CHECKING:
    from aeptui.api.client import AepClient

_TAG = "aeptui"


class DatasetStep:
    """POST /dataSets. Its marker is a tag, the cleanest of all."""

    name: StepName = "dataset"
    needs: tuple[StepName, ...] = ("schema",)
    path = "/data/foundation/catalog/dataSets"

    def existing(self, context: ChainContext) -> tuple[Action, Made] | None:
        return ("reuse", Made(context.pipeline.dataset.id)) if context.pipeline.dataset.id else None

    def title(self, context: ChainContext) -> str:
        known = context.resolved.dataset
        return context.pipeline.dataset.name or (known.name if known is not None else "") or context.pipeline.name

    def body(self, context: ChainContext, made: MadeBySteps) -> DatasetCreate:
        return DatasetCreate(
            name=self.title(context),
            description=context.pipeline.dataset.description,
            schema_ref=SchemaRef(id=made["schema"].id, content_type="application/vnd.adobe.xed+json;version=1"),
            enable_error_diagnostics=context.pipeline.options.error_diagnostics,
            tags={_TAG: [context.marker(self.name)]},
        )

    async def create(self, client: AepClient, body: CreateBody) -> Made:
        return Made(await client.datasets.create(cast("DatasetCreate", body)))

    async def find(self, client: AepClient, marker: str, body: Json) -> Sequence[Made]:
        listed = client.datasets.list(name=body["name"])
        return [Made(one.id) async for one in listed if marker in _marks(one)]

    async def look(self, client: AepClient, identifier: str) -> Seen:
        found = await client.datasets.get(DatasetId(identifier))
        return Seen(found.name, _marks(found))

    async def delete(self, client: AepClient, identifier: str, etag: str | None) -> None:
        await client.datasets.delete(identifier)


def _marks(dataset: Dataset) -> tuple[str, ...]:
    return tuple(map(str, items_of(mapping_of(dataset.tags).get(_TAG))))
