"""Schemas, their parts, and datasets. Reads only; the big lists are read once per session."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aeptui.errors import AeptuiError, ConfigError
from aeptui.ids import DatasetId
from aeptui.models.schemas import flatten_fields, merge_schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aeptui.api.client import AepClient
    from aeptui.chain.pipeline import DatasetChoice, SchemaChoice
    from aeptui.models.base import Json
    from aeptui.models.datasets import Dataset
    from aeptui.models.schemas import FieldGroup, Schema, SchemaClass, SchemaField


class Schemas:
    """What data can look like here."""

    def __init__(self, client: AepClient) -> None:
        self._client = client
        self._full: dict[str, Json] = {}
        self._tenant = ""

    async def tenant(self) -> str:
        """The namespace in which the organisation's own fields stand, such as `_acme`; asked for once.

        Raises:
            ConfigError: the registry does not say.
        """
        if not self._tenant:
            from aeptui.chain.new_fields import tenant_namespace

            self._tenant = tenant_namespace(await self._client.registry.stats())
        return self._tenant

    async def classes(self) -> tuple[SchemaClass, ...]:
        """Every class, by title."""
        found = [one async for one in self._client.classes.list()]
        return tuple(sorted(found, key=lambda one: one.title.lower()))

    async def field_groups(self, class_id: str) -> tuple[FieldGroup, ...]:
        """The field groups a class can have, by title."""
        found = [one async for one in self._client.field_groups.list(class_id=class_id)]
        return tuple(sorted(found, key=lambda one: one.title.lower()))

    async def schemas(self) -> tuple[Schema, ...]:
        """The organisation's schemas, by title."""
        found = [one async for one in self._client.schemas.list()]
        return tuple(sorted(found, key=lambda one: one.title.lower()))

    async def datasets(self) -> tuple[Dataset, ...]:
        """The sandbox's datasets, by name."""
        found = [one async for one in self._client.datasets.list()]
        return tuple(sorted(found, key=lambda one: one.name.lower()))

    async def fields(self, choice: SchemaChoice, dataset: DatasetChoice | None = None) -> tuple[SchemaField, ...]:
        """Every field a mapping can aim at. Raises as `full` does."""
        return flatten_fields(await self.full(choice, dataset))

    async def full(self, choice: SchemaChoice, dataset: DatasetChoice | None = None) -> Json:
        """The resolved schema that exists, or the one that will be made.

        New fields that a pipeline declares are in it; one that is not declared well yet is left out.

        Raises:
            ConfigError: nothing is chosen yet.
        """
        schema_id = choice.id
        if schema_id is None and choice.class_ is None and dataset is not None and dataset.id:
            schema_id = (await self._client.datasets.get(DatasetId(dataset.id))).schema_id
        if schema_id:
            # Identities are known by the descriptors alone.
            return await self._client.schemas.get_full(schema_id, descriptors=True)
        if not choice.class_:
            raise ConfigError(
                "No schema is chosen yet.", "Choose one, or a class for a new one, in the section Target."
            )
        parts = [self._part(choice.class_, is_class=True), *(self._part(one) for one in choice.field_groups)]
        from aeptui.chain.new_fields import schema_of, usable

        return merge_schemas([*await asyncio.gather(*parts), schema_of(usable(choice.fields))])

    async def suggested(self, dataset: str) -> Mapping[str, str]:
        """Column to field, as the platform suggests from the newest batch of a dataset; nothing when it does not say.

        A suggestion is a help that not every platform gives: no answer, or a wrong one, is as good as none.
        """
        try:
            async for batch in self._client.batches.list(dataset, status="success", limit=1):
                rows = await self._client.mapping_sets.suggestion(dataset, batch.id)
                return {row.source: row.destination for row in rows if row.source and row.destination}
        except AeptuiError:
            return {}
        return {}

    async def _part(self, identifier: str, *, is_class: bool = False) -> Json:
        if identifier not in self._full:
            resource = self._client.classes if is_class else self._client.field_groups
            self._full[identifier] = await resource.get_full(identifier)
        return self._full[identifier]
