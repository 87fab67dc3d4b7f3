"""What the platform itself says of mapping rows, asked while they are written. Asks only; stores nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from aeptui.errors import AeptuiError
from aeptui.ids import DatasetId

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.pipeline import DatasetChoice, MappingRow, SchemaChoice
    from aeptui.models.base import Json

PATIENCE_S: Final = 6.0
"""Whoever types has long gone on after that."""


@dataclass(frozen=True, slots=True)
class ServiceWord:
    """What the mapping service says of one row.

    Attributes:
        about: `record`: it checked the row and mapped the sample row; `expression`: it could only read the expression,
            as the schema is not made yet; `nothing`: there was nothing to ask.
        errors: What it finds wrong.
        record: The record it made of the sample row; None when it made none.
    """

    about: Literal["record", "expression", "nothing"]
    errors: tuple[str, ...] = ()
    record: Json = None


class Mappings:
    """The mapping service, as an editor asks it."""

    def __init__(self, client: AepClient) -> None:
        self._client = client
        self._schema_ids: dict[str, str] = {}

    async def word(
        self,
        row: MappingRow,
        sample: Mapping[str, Json] | None,
        schema: SchemaChoice,
        dataset: DatasetChoice | None = None,
    ) -> ServiceWord:
        """What the service says of a row, tried on a row of the file.

        Raises:
            AeptuiError: it gave no answer, or none in time.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._word(row, sample, schema, dataset)
        except TimeoutError as error:
            raise AeptuiError(f"Nothing came within {PATIENCE_S:g} seconds.") from error

    async def _word(
        self,
        row: MappingRow,
        sample: Mapping[str, Json] | None,
        schema: SchemaChoice,
        dataset: DatasetChoice | None,
    ) -> ServiceWord:
        from aeptui.api.errors import BadRequest
        from aeptui.chain.mapping_rows import source_text
        from aeptui.chain.steps.mapping_set import mapping_of_row
        from aeptui.models.base import mapping_of
        from aeptui.models.mapping_sets import MappingSetCreate
        from aeptui.models.schemas import SchemaRef

        schema_id = await self._schema_id(schema, dataset)
        source = source_text(row)
        if not source or (schema_id and not row.target):
            return ServiceWord("nothing")
        try:
            if not schema_id:
                if row.expression is None:
                    return ServiceWord("nothing")
                wrong = await self._client.expressions.validate(source)
                return ServiceWord("expression", (wrong,) if wrong else ())
            body = MappingSetCreate.of("aeptui", SchemaRef(id=schema_id), (mapping_of_row(row),))
            checks = await self._client.mapping_sets.validate(body)
            errors = tuple(text for check in checks if not check.is_ok for text in _exceptions(check.errors))
            if errors or sample is None:
                return ServiceWord("record", errors)
            made = next(iter(await self._client.mapping_sets.preview(body, [dict(sample)])), None)
        except BadRequest as error:
            return ServiceWord("record" if schema_id else "expression", (error.title,))
        if made is None:
            return ServiceWord("record", ("It answered no record.",))
        return ServiceWord("record", _exceptions(made.errors) if made.errors else (), mapping_of(_parsed(made.data)))

    async def _schema_id(self, schema: SchemaChoice, dataset: DatasetChoice | None) -> str:
        """The schema that is there already; empty when it is still to be made."""
        if schema.id:
            return schema.id
        if schema.class_ is not None or dataset is None or not dataset.id:
            return ""
        if dataset.id not in self._schema_ids:
            self._schema_ids[dataset.id] = (await self._client.datasets.get(DatasetId(dataset.id))).schema_id or ""
        return self._schema_ids[dataset.id]


def _exceptions(errors: Json) -> tuple[str, ...]:
    """The sentences of a list of errors, however it came."""
    from aeptui.models.base import items_of, mapping_of

    said = [str(mapping_of(one).get("exception") or one) for one in items_of(errors)]
    return tuple(said) or (str(errors or "It does not say why."),)


def _parsed(data: Json) -> Json:
    """A record, which some answers hold as text."""
    import json

    if not isinstance(data, str):
        return data
    try:
        parsed: Json = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return parsed
