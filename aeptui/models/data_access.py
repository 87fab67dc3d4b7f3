"""Data Access: the files beside a batch, and the rows it refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import Field, model_validator

from aeptui.models.base import Entity, Json, MaybeCount, mapping_of
from aeptui.models.flow_runs import RunError


class DataFile(Entity):
    """A file or folder of a listing."""

    name: str = ""
    length: MaybeCount = None
    """Bytes."""
    href: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _lift_link(cls, value: Any) -> Any:
        links = mapping_of(mapping_of(mapping_of(value).get("_links")).get("self"))
        return {**mapping_of(value), "href": links.get("href")}


class DatasetFile(Entity):
    """A file a batch made in its dataset."""

    id: str = Field(default="", alias="dataSetFileId")
    records: MaybeCount = None
    size: MaybeCount = None
    """Bytes."""


@dataclass(frozen=True)
class FailedRow:
    """One refused row. Holds customer data: shown on request, never logged."""

    raw: str
    """The row's own text where it could not be read, else the diagnostics line."""
    record: Json
    errors: tuple[RunError, ...] = field(default=())
    file: str | None = None
    line: int | None = None
    column: str | None = None
