"""Catalog: datasets and batches. Both come in maps keyed by id; the client puts the id inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from aeptui.models.base import CreateBody, Entity, Json, MaybeCount, MaybeMillis, items_of, mapping_of
from aeptui.models.flow_runs import RunError
from aeptui.models.schemas import SchemaRef


class FileDescription(CreateBody):
    """How a dataset keeps its files."""

    persisted: bool = True
    container_format: str = "parquet"
    format: str = "parquet"


class DatasetCreate(CreateBody):
    """Body of POST /dataSets."""

    name: str
    description: str | None = None
    schema_ref: SchemaRef
    enable_error_diagnostics: bool | None = None
    tags: dict[str, list[str]] | None = None
    file_description: FileDescription | None = None


class Dataset(Entity):
    """A dataset."""

    id: str
    name: str = ""
    description: str | None = None
    schema_id: str | None = None
    tags: Json = Field(default_factory=dict)
    state: str | None = None
    created: MaybeMillis = None
    updated: MaybeMillis = None

    @model_validator(mode="before")
    @classmethod
    def _lift_schema(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and "schema_id" not in value:
            return {**value, "schema_id": mapping_of(value.get("schemaRef")).get("id")}
        return value


class Batch(Entity):
    """One write into a dataset."""

    id: str
    status: str = ""
    dataset_id: str | None = None
    input_records: MaybeCount = None
    output_records: MaybeCount = None
    failed_records: MaybeCount = None
    errors: tuple[RunError, ...] = ()
    created: MaybeMillis = None
    completed: MaybeMillis = None

    @model_validator(mode="before")
    @classmethod
    def _lift(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        metrics = mapping_of(value.get("metrics"))
        related = [mapping_of(one) for one in items_of(value.get("relatedObjects"))]
        errors = tuple(
            RunError(str(one.get("code") or ""), str(one.get("description") or ""), one.get("recordCount"))
            for one in map(mapping_of, items_of(value.get("errors")))
        )
        lifted = {
            "dataset_id": next((one.get("id") for one in related if one.get("type") == "dataSet"), None),
            "input_records": metrics.get("inputRecordCount"),
            "output_records": metrics.get("outputRecordCount", value.get("recordCount")),
            "failed_records": metrics.get("failedRecordCount", value.get("failedRecordCount")),
        }
        return {**lifted, **value, "errors": errors}
