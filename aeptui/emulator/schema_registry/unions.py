"""Unions: for each class, one schema with the fields of all its schemas that are tagged `union`. Pure.

A union is made when it is asked for; nobody writes one. Source: Schema Registry, GET /tenant/unions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

Document = dict[str, Any]

SUFFIX: Final = "__union"
_CARRIED: Final = ("imsOrg", "meta:containerId", "meta:sandboxId", "meta:sandboxType", "meta:registryMetadata")


def in_union(schema: Mapping[str, Any]) -> bool:
    """Whether a schema is enabled for Profile."""
    return "union" in schema.get("meta:immutableTags", [])


def unions(schemas: Iterable[Document], classes: Mapping[str, Document]) -> list[Document]:
    """The unions of some schemas, by class in the order in which the classes first appear.

    Args:
        classes: Every class that a schema may have, by `$id`.
    """
    members: dict[str, list[Document]] = {}
    for schema in schemas:
        if in_union(schema):
            members.setdefault(schema["meta:class"], []).append(schema)
    return [_union(classes[id], found) for id, found in members.items() if id in classes]


def _union(of: Document, members: list[Document]) -> Document:
    parts = dict.fromkeys(part["$ref"] for schema in members for part in schema["allOf"] if "$ref" in part)
    extended = dict.fromkeys(id for schema in members for id in (schema["$id"], *schema.get("meta:extends", [])))
    newest = max(members, key=lambda schema: int(schema["meta:registryMetadata"]["repo:lastModifiedDate"]))
    return {
        "$id": of["$id"] + SUFFIX,
        "meta:altId": of["meta:altId"] + SUFFIX,
        "meta:resourceType": "unions",
        "version": "1.0",
        "title": of["title"],
        "type": "object",
        "description": of.get("description", ""),
        "allOf": [{"$ref": id} for id in parts],
        "meta:class": of["$id"],
        "meta:extends": list(extended),
        "meta:xdmType": "object",
        "meta:immutableTags": ["union"],
        **{key: newest[key] for key in _CARRIED if key in newest},
    }
