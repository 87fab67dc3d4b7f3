"""XDM schemas, their classes and field groups, and the fields a mapping can aim at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field, model_validator

from aeptui.models.base import CreateBody, Entity, Json, items_of, mapping_of

MAX_DEPTH = 24
"""Deeper than any published schema; a schema that contains itself stops here."""


class SchemaRef(CreateBody):
    """Names a schema, and the form in which it is meant."""

    id: str
    content_type: str = "application/vnd.adobe.xed-full+json;version=1"


class _Resource(Entity):
    id: str = Field(default="", alias="$id")
    alt_id: str = Field(default="", alias="meta:altId")
    title: str = ""
    description: str | None = None
    version: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _text_version(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and value.get("version") is not None:
            return {**value, "version": str(value["version"])}
        return value


class Schema(_Resource):
    """An XDM schema."""

    class_id: str | None = Field(default=None, alias="meta:class")
    extends: tuple[str, ...] = Field(default=(), alias="meta:extends")


class SchemaClass(_Resource):
    """A class: what a schema is about."""

    intended_to_extend: tuple[str, ...] = Field(default=(), alias="meta:intendedToExtend")
    extends: tuple[str, ...] = Field(default=(), alias="meta:extends")


class FieldGroup(_Resource):
    """A field group: fields for schemas of certain classes."""

    intended_to_extend: tuple[str, ...] = Field(default=(), alias="meta:intendedToExtend")


class _Part(CreateBody):
    ref: str = Field(alias="$ref")


class SchemaCreate(CreateBody):
    """Body of POST /tenant/schemas: one class, and field groups."""

    type: str = "object"
    title: str
    description: str = ""
    all_of: tuple[_Part, ...]

    @classmethod
    def of(cls, title: str, class_id: str, field_group_ids: Sequence[str] = (), description: str = "") -> SchemaCreate:
        """A schema of a class and field groups."""
        parts = tuple(_Part.model_validate({"$ref": one}) for one in (class_id, *field_group_ids))
        return cls(title=title, description=description, all_of=parts)


class ClassCreate(CreateBody):
    """Body of POST /tenant/classes: what it behaves like, and fields of its own."""

    type: str = "object"
    title: str
    description: str = ""
    all_of: tuple[Json, ...]

    @classmethod
    def of(cls, title: str, behavior_id: str, description: str = "") -> ClassCreate:
        """A class without fields of its own; `behavior_id` ends in `/record` or `/time-series`."""
        return cls(title=title, description=description, all_of=({"$ref": behavior_id},))


class FieldGroupCreate(CreateBody):
    """Body of POST /tenant/fieldgroups: fields under the tenant's namespace, for schemas of these classes."""

    type: str = "object"
    title: str
    description: str = ""
    intended_to_extend: tuple[str, ...] = Field(alias="meta:intendedToExtend")
    definitions: Json
    all_of: tuple[Json, ...] = ({"$ref": "#/definitions/fields"},)

    @classmethod
    def of(
        cls, title: str, class_ids: Sequence[str], tenant: str, properties: Json, description: str = ""
    ) -> FieldGroupCreate:
        """Fields `properties` (JSON Schema by name) under `_<tenant>`."""
        own = {f"_{tenant.lstrip('_')}": {"type": "object", "properties": properties}}
        return cls.model_validate(
            {
                "title": title,
                "description": description,
                "meta:intendedToExtend": tuple(class_ids),
                "definitions": {"fields": {"properties": own}},
            }
        )


class Descriptor(Entity):
    """A descriptor: what is known of a field beside its schema."""

    id: str = Field(default="", alias="@id")
    type: str = Field(default="", alias="@type")
    schema_id: str | None = Field(default=None, alias="xdm:sourceSchema")
    property: str | None = Field(default=None, alias="xdm:sourceProperty")
    """A pointer over the data, such as `/_acme/crm/email`."""
    namespace: str | None = Field(default=None, alias="xdm:namespace")
    is_primary: bool | None = Field(default=None, alias="xdm:isPrimary")


class IdentityDescriptorCreate(CreateBody):
    """Body of POST /tenant/descriptors: makes a field an identity."""

    kind: str = Field(default="xdm:descriptorIdentity", alias="@type")
    schema_id: str = Field(alias="xdm:sourceSchema")
    schema_version: int = Field(default=1, alias="xdm:sourceVersion")
    source_property: str = Field(alias="xdm:sourceProperty")
    """A pointer over the data, without `/properties/`."""
    namespace: str = Field(alias="xdm:namespace")
    namespace_by: str = Field(default="xdm:code", alias="xdm:property")
    is_primary: bool = Field(default=False, alias="xdm:isPrimary")


class RegistryStats(Entity):
    """Who the registry takes us for."""

    ims_org: str = ""
    tenant_id: str = ""
    counts: Json = Field(default_factory=dict)


@dataclass(frozen=True)
class SchemaField:
    """One field of a schema, by its path."""

    path: str
    """Dotted, such as `person.name.firstName`; an array's items are reached by `[*]`."""
    type: str
    """The XDM word: string boolean integer long short byte number date date-time object array map."""
    title: str = ""
    description: str = ""
    required: bool = False
    """Required by the object it stands in."""
    is_leaf: bool = True
    item_type: str | None = None
    """What an array holds."""
    enum: tuple[str, ...] | None = None
    """The words a closed list allows."""
    identity: str | None = None
    """The namespace of the identity it holds, such as `Email`; None when it is no identity."""
    is_primary: bool = False
    """Is it the identity a record is known by?"""


def flatten_fields(full_schema: Mapping[str, Any]) -> tuple[SchemaField, ...]:
    """Every field of a schema in full form, parents before children, in alphabetical order of paths.

    Identities are told by descriptors, so only a schema that was read with them has any.
    """
    known = {path: (namespace, primary) for path, namespace, primary in _identities(full_schema)}
    found = sorted(_fields(full_schema, "", 0), key=lambda field: field.path.split("."))
    for at, field in enumerate(found if known else ()):
        if field.path in known:
            namespace, primary = known[field.path]
            found[at] = replace(field, identity=namespace, is_primary=primary)
    return tuple(found)


def primary_identities(full_schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths of the primary identities among the `meta:descriptors` of a schema in full form."""
    return tuple(path for path, _, primary in _identities(full_schema) if primary)


def _identities(full_schema: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Path, namespace, and whether it is the primary one."""
    for raw in items_of(full_schema.get("meta:descriptors")):
        one = mapping_of(raw)
        if one.get("@type") == "xdm:descriptorIdentity":
            path = _pointed_at(full_schema, str(one.get("xdm:sourceProperty") or ""))
            if path:
                yield path, str(one.get("xdm:namespace") or ""), one.get("xdm:isPrimary") is True


def _pointed_at(full_schema: Mapping[str, Any], pointer: str) -> str:
    """The path of a field by its pointer over the data, in which `*`, `-` or `items` may stand for an array's items."""
    node, path = full_schema, ""
    for part in filter(None, pointer.split("/")):
        items = mapping_of(node.get("items"))
        if items:
            node, path = items, f"{path}[*]"
            if part in ("*", "-", "items"):
                continue
        below = mapping_of(node.get("properties"))
        if part == "properties" and part not in below:
            continue
        node, path = mapping_of(below.get(part)), f"{path}.{part}" if path else part
    return path


def merge_schemas(full_schemas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One full schema with the fields of all: what a schema of that class and those field groups will have."""
    merged: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
    for schema in full_schemas:
        _merge(merged, schema)
    return merged


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    properties = into.setdefault("properties", {})
    for name, child in mapping_of(more.get("properties")).items():
        known = properties.get(name)
        if isinstance(known, Mapping) and isinstance(child, Mapping) and "properties" in child:
            joined = dict(known)
            joined["properties"] = dict(mapping_of(known.get("properties")))
            _merge(joined, child)
            properties[name] = joined
        elif known is None:
            properties[name] = child
    names = [*items_of(into.get("required")), *items_of(more.get("required"))]
    if names:
        into["required"] = list(dict.fromkeys(map(str, names)))


def _fields(node: Mapping[str, Any], prefix: str, depth: int) -> Iterator[SchemaField]:
    if depth > MAX_DEPTH:
        return
    required = set(map(str, items_of(node.get("required"))))
    for name, raw in mapping_of(node.get("properties")).items():
        child = mapping_of(raw)
        path = f"{prefix}{name}"
        kind = xdm_type(child)
        items = mapping_of(child.get("items"))
        enum = items_of(child.get("enum"))
        yield SchemaField(
            path=path,
            type=kind,
            title=str(child.get("title") or ""),
            description=str(child.get("description") or ""),
            required=name in required,
            is_leaf=kind not in ("object", "array", "map"),
            item_type=xdm_type(items) if kind == "array" and items else None,
            enum=tuple(map(str, enum)) or None,
        )
        if kind == "object":
            yield from _fields(child, f"{path}.", depth + 1)
        elif kind == "array" and items.get("properties"):
            yield from _fields(items, f"{path}[*].", depth + 1)


def xdm_type(node: Mapping[str, Any]) -> str:
    """The XDM word for a node of a JSON schema."""
    stated = node.get("meta:xdmType")
    if isinstance(stated, str) and stated:
        return {"int": "integer", "double": "number", "float": "number"}.get(stated, stated)
    kind = node.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "string")
    if kind == "string" and node.get("format") in ("date", "date-time"):
        return str(node["format"])
    if kind in (None, "object"):
        if node.get("properties"):
            return "object"
        return "map" if isinstance(node.get("additionalProperties"), Mapping) else "object" if kind else "string"
    return str(kind)
