"""Connection specs, the three kinds of connections, and what exploring a base connection shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from aeptui.models.base import CreateBody, Entity, Json, MaybeMillis, SpecRef, items_of, mapping_of, read_epoch

DATA_LAKE_SPEC_ID = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
"""The connection spec of every target connection into the data lake."""

DATA_LANDING_ZONE_SPEC_ID = "26f526f2-58f4-4712-961d-e41bf1ccc0e8"
"""The one source that has no base connection."""

_STREAMING_PROVIDER = "521eee4d-8cbe-4906-bb48-fb6bd4450033"

Kind = Literal["batch_files", "batch_tables", "streaming", "destination", "other"]


class AuthSpec(Entity):
    """One way to sign in; `spec` is the JSON Schema of its parameters."""

    name: str = ""
    type: str | None = None
    spec: Json = Field(default_factory=dict)


class ConnectionSpec(Entity):
    """A connector: what it needs to sign in and what it can read."""

    id: str
    name: str = ""
    provider_id: str | None = None
    version: str | None = None
    auth_spec: tuple[AuthSpec, ...] = ()
    source_spec: Json = None
    explore_spec: Json = None
    target_spec: Json = None
    attributes: Json = Field(default_factory=dict)

    @field_validator("auth_spec", mode="before")
    @classmethod
    def _auth_spec(cls, value: Any) -> Any:
        return items_of(value)

    @field_validator("version", mode="before")
    @classmethod
    def _version(cls, value: Any) -> Any:
        return None if value is None else str(value)

    @property
    def _ui(self) -> Mapping[str, Any]:
        source = mapping_of(mapping_of(mapping_of(self.source_spec).get("attributes")).get("uiAttributes"))
        return source or mapping_of(mapping_of(self.attributes).get("uiAttributes"))

    @property
    def label(self) -> str:
        """The connector's name for people."""
        name = mapping_of(self.attributes).get("connectorName")
        return str(name or _words(self._ui.get("label")) or self.name or self.id)

    @property
    def category(self) -> str:
        """What the platform files it under, such as `Cloud Storage`."""
        category = mapping_of(self.attributes).get("category")
        return str(category or _words(self._ui.get("category")) or "Other")

    @property
    def description(self) -> str:
        return _words(self._ui.get("description"))

    @property
    def documentation_url(self) -> str | None:
        link = self._ui.get("documentationLink")
        return str(link) if link else None

    @property
    def is_source(self) -> bool:
        """Whether data can be read from it."""
        for place in (mapping_of(self.attributes), self._ui):
            if isinstance(place.get("isSource"), bool):
                return bool(place["isSource"])
        return bool(self.source_spec)

    @property
    def kind(self) -> Kind:
        """What it moves: the category alone does not tell batch from streaming."""
        target = mapping_of(mapping_of(mapping_of(self.target_spec).get("attributes")).get("uiAttributes"))
        if target.get("isDestination"):
            return "destination"
        if self.provider_id == _STREAMING_PROVIDER:
            return "streaming"
        explore = mapping_of(self.explore_spec).get("type")
        if explore == "FileSystem" or self.id == DATA_LANDING_ZONE_SPEC_ID:
            return "batch_files"
        return "batch_tables" if explore == "Tabular" else "other"


class _Connection(Entity):
    id: str
    name: str = ""
    description: str | None = None
    state: str | None = None
    etag: str | None = None
    connection_spec_id: str | None = None
    created_at: MaybeMillis = None
    updated_at: MaybeMillis = None

    @model_validator(mode="before")
    @classmethod
    def _lift_spec(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and "connection_spec_id" not in value:
            return {**value, "connection_spec_id": mapping_of(value.get("connectionSpec")).get("id")}
        return value


class BaseConnection(_Connection):
    """An account at a storage; its credentials never come back."""


class SourceConnection(_Connection):
    """What is read: which files, in which format."""

    base_connection_id: str | None = None
    data: Json = Field(default_factory=dict)
    params: Json = Field(default_factory=dict)


class TargetConnection(_Connection):
    """Where it goes: a dataset and its schema."""

    base_connection_id: str | None = None
    data: Json = Field(default_factory=dict)
    params: Json = Field(default_factory=dict)


class AuthBody(CreateBody):
    """How to sign in: the name of an auth spec and its parameters, secrets among them."""

    spec_name: str
    params: Json = Field(default_factory=dict, repr=False)


class BaseConnectionCreate(CreateBody):
    """Body of POST /connections."""

    name: str
    description: str | None = None
    auth: AuthBody | None = None
    connection_spec: SpecRef


class SourceConnectionCreate(CreateBody):
    """Body of POST /sourceConnections."""

    name: str
    description: str | None = None
    base_connection_id: str | None = None
    data: Json
    params: Json
    connection_spec: SpecRef


class TargetConnectionCreate(CreateBody):
    """Body of POST /targetConnections."""

    name: str
    description: str | None = None
    data: Json
    params: Json
    connection_spec: SpecRef = SpecRef(id=DATA_LAKE_SPEC_ID)


class ExploredItem(Entity):
    """A file or a folder of a listing. Folder paths end without a slash here, however they came."""

    type: str = "file"
    name: str = ""
    path: str = ""
    can_preview: bool | None = None
    size_bytes: int | None = None
    modified_at: datetime | None = None

    @model_validator(mode="before")
    @classmethod
    def _tidy(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        path = str(value.get("path") or value.get("name") or "")
        kind = str(value.get("type") or "file").lower()
        modified = value.get("modified_at", value.get("lastModified"))
        return {
            **value,
            "type": kind,
            "path": (path.rstrip("/") or "/") if kind == "folder" else path,
            "size_bytes": value.get("size_bytes", value.get("size")),
            "modified_at": read_epoch(modified),
        }

    @property
    def is_folder(self) -> bool:
        return self.type == "folder"


@dataclass(frozen=True)
class FileFormat:
    """How a file is to be read."""

    format: str = "delimited"
    """delimited, json or parquet."""
    column_delimiter: str | None = None
    compression: str | None = None
    encoding: str | None = None

    def explore_params(self) -> dict[str, str]:
        """Query parameters of an explore call."""
        params = {"fileType": self.format}
        if self.compression and self.format != "parquet":
            params["compressionType"] = self.compression
        if self.format == "delimited":
            if self.column_delimiter:
                params["columnDelimiter"] = self.column_delimiter
            if self.encoding:
                params["encoding"] = self.encoding
        return params

    def source_data(self) -> dict[str, Json]:
        """The `data` block of a source connection."""
        properties = {key: value for key, value in self.explore_params().items() if key != "fileType"}
        return {"format": self.format, "properties": properties} if properties else {"format": self.format}

    @classmethod
    def from_properties(cls, properties: Mapping[str, Any]) -> FileFormat:
        """From the `properties` of a detection."""
        return cls(
            format=str(properties.get("fileType") or "delimited").lower(),
            column_delimiter=properties.get("columnDelimiter") or None,
            compression=properties.get("compressionType") or None,
            encoding=properties.get("encoding") or None,
        )


class FileColumn(Entity):
    """A column of a file, with the XDM type it seems to have."""

    name: str
    type: str = "string"

    @model_validator(mode="before")
    @classmethod
    def _xdm_type(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            kind = mapping_of(value.get("xdm")).get("type") or value.get("type") or "string"
            return {**value, "type": str(kind).lower()}
        return value


@dataclass(frozen=True)
class FilePreview:
    """The columns of a file and its first rows, keyed by column name."""

    format: FileFormat
    columns: tuple[FileColumn, ...] = ()
    rows: tuple[Mapping[str, Json], ...] = ()


def _words(value: Any) -> str:
    """Text of a UI attribute: plain, or `{"key": ...}`."""
    return str(mapping_of(value).get("key") or (value if isinstance(value, str) else ""))
