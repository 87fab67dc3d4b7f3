"""Mapping sets. Reads and writes name things differently; these models speak the way of writes."""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from typing import Any, Literal

from pydantic import Field, model_validator

from aeptui.models.base import CreateBody, Entity, Json, MaybeCount, MaybeMillis, items_of, mapping_of
from aeptui.models.schemas import SchemaRef

SourceType = Literal["ATTRIBUTE", "EXPRESSION"]

_READ_TYPES = {"text/x.schema-path": "ATTRIBUTE", "text/x.aep-xl": "EXPRESSION"}


class MappingCreate(CreateBody):
    """One row of a mapping set: an attribute that is copied, or an expression."""

    source_type: SourceType
    source: str
    destination: str


class OutputSchema(CreateBody):
    """The schema that the targets belong to."""

    schema_ref: SchemaRef


class MappingSetCreate(CreateBody):
    """Body of POST /mappingSets."""

    name: str
    output_schema: OutputSchema
    mappings: tuple[MappingCreate, ...]

    @classmethod
    def of(cls, name: str, schema_ref: SchemaRef, mappings: tuple[MappingCreate, ...]) -> MappingSetCreate:
        """A mapping set into one schema."""
        return cls(name=name, output_schema=OutputSchema(schema_ref=schema_ref), mappings=mappings)


class Mapping(Entity):
    """One row of a mapping set as it is read, translated back into the words of a write."""

    id: str | None = None
    source_type: str = "ATTRIBUTE"
    source: str = ""
    destination: str = ""

    @model_validator(mode="before")
    @classmethod
    def _translate(cls, value: Any) -> Any:
        if not isinstance(value, AbstractMapping):
            return value
        kind = str(value.get("sourceType") or "ATTRIBUTE")
        return {
            **value,
            "sourceType": _READ_TYPES.get(kind, kind),
            "source": value.get("source") or value.get("sourceAttribute") or "",
            "destination": value.get("destination") or value.get("destinationXdmPath") or "",
        }


class MappingSet(Entity):
    """A mapping set; flows pin one of its versions."""

    id: str
    version: MaybeCount = None
    name: str | None = None
    mappings: tuple[Mapping, ...] = ()
    schema_id: str | None = None
    """The `$id` of the schema it writes into."""
    created_at: MaybeMillis = Field(default=None, alias="createdDate")
    updated_at: MaybeMillis = Field(default=None, alias="modifiedDate")

    @model_validator(mode="before")
    @classmethod
    def _rows(cls, value: Any) -> Any:
        if isinstance(value, AbstractMapping):
            output = mapping_of(value.get("outputSchema"))
            schema = mapping_of(output.get("schemaRef") or value.get("schemaRef")).get("id") or value.get("xdmSchema")
            return {"schema_id": schema, **value, "mappings": items_of(value.get("mappings"))}
        return value

    def rewritten(self, name: str, schema_ref: SchemaRef) -> MappingSetCreate:
        """The body to write it back with: reads name things differently, and a wrong word makes a set uneditable."""
        rows = tuple(
            MappingCreate(
                source_type="EXPRESSION" if row.source_type == "EXPRESSION" else "ATTRIBUTE",
                source=row.source,
                destination=row.destination,
            )
            for row in self.mappings
        )
        return MappingSetCreate.of(name, schema_ref, rows)


class PreviewedRow(Entity):
    """What one row becomes."""

    data: Json = None
    """An object; as text where the service sends it so."""
    errors: Json = None


class _Described(Entity):
    """Words about the language, for reading: null is empty, and whatever else came is its text."""

    description: str = ""
    example: str = ""

    @model_validator(mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        if not isinstance(value, AbstractMapping):
            return value
        names = {field.alias or name for name, field in cls.model_fields.items() if field.annotation is str}
        tidy = {key: ("" if one is None else str(one)) if key in names else one for key, one in value.items()}
        return {**tidy, "params": items_of(value.get("params"))}


class ExpressionFunction(_Described):
    """A function of the mapping language, as the service describes it."""

    name: str = Field(default="", alias="function")
    category: str = ""
    syntax: str = ""
    returns: str = ""
    result: str = ""
    params: tuple[Json, ...] = ()


class ExpressionOperator(_Described):
    """An operator of the mapping language."""

    symbol: str = Field(default="", alias="operatorSymbol")
    method_name: str = ""


class MappingCheck(Entity):
    """What the service says of one mapping row."""

    status: str = ""
    errors: Json = None

    @property
    def is_ok(self) -> bool:
        return self.status.upper() == "SUCCESS"
