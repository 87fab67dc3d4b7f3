"""Descriptors: facts about fields of schemas, such as which one is the primary identity."""

from __future__ import annotations

from typing import Any, Final

from aeptui.emulator.schema_registry.state import SchemaRegistry
from aeptui.emulator.schema_registry.unions import in_union
from aeptui.emulator.world import CLIENT_ID, ORG_ID, World

Document = dict[str, Any]

IDENTITY: Final = "xdm:descriptorIdentity"
_FIELD: Final = ("xdm:sourceSchema", "xdm:sourceVersion", "xdm:sourceProperty")
_RELATION: Final = (*_FIELD, "xdm:destinationSchema")
_NEEDED: Final = {
    IDENTITY: (*_FIELD, "xdm:namespace"),
    "xdm:alternateDisplayInfo": _FIELD,
    "xdm:descriptorReferenceIdentity": (*_FIELD, "xdm:identityNamespace"),
    "xdm:descriptorOneToOne": _RELATION,
    "xdm:descriptorOneToMany": _RELATION,
    "xdm:descriptorManyToMany": _RELATION,
    "xdm:descriptorRelationship": (*_RELATION, "xdm:destinationProperty"),
    "xdm:descriptorPrimaryKey": _FIELD,
    "xdm:descriptorDeprecated": _FIELD,
    "xdm:descriptorLabel": _FIELD,
    "xdm:descriptorVersion": ("xdm:sourceSchema", "xdm:sourceProperty"),
    "xdm:descriptorTimestamp": ("xdm:sourceSchema", "xdm:sourceProperty"),
    "xdm:descriptorTimeSeriesGranularity": ("xdm:sourceSchema", "xdm:sourceVersion"),
}
"""The kinds and what each must say. The published file names those up to the primary key, aepp sends the others."""
_SAID_OF_A_FIELD: Final = ("xdm:title", "xdm:description", "xdm:note", "xdm:excludeMetaEnum", "meta:enum")


class Descriptors:
    """The descriptors of every sandbox."""

    def __init__(self, world: World, schemas: SchemaRegistry) -> None:
        self._world = world
        self._schemas = schemas

    def all(self, sandbox: str) -> list[Document]:
        """Oldest first."""
        return self._world.store.list("xdm:descriptors", sandbox)

    def get(self, sandbox: str, id: str) -> Document:
        """One descriptor. Raises ServiceError 404."""
        found = self._world.store.get("xdm:descriptors", sandbox, id)
        if found is None:
            raise self._schemas.refused(f"Descriptor {id} was not found.", 1012, 404)
        return found

    def create(self, sandbox: str, body: Document) -> Document:
        """Make one. Schema Registry, POST /tenant/descriptors."""
        return self._save(sandbox, self._world.ids.hex(40), body)

    def replace(self, sandbox: str, id: str, body: Document) -> Document:
        """PUT: the whole descriptor again."""
        return self._save(sandbox, id, body, self.get(sandbox, id))

    def delete(self, sandbox: str, id: str) -> None:
        """Remove one. Raises ServiceError 404, and 403 for the primary identity that Profile needs (inferred)."""
        known = self.get(sandbox, id)
        schema = self._world.store.get("xdm:schemas", sandbox, known["xdm:sourceSchema"])
        if known["@type"] == IDENTITY and known.get("xdm:isPrimary") and schema is not None and in_union(schema):
            raise self._schemas.refused("The primary identity of a schema in Profile cannot be deleted.", 1053, 403)
        self._world.store.delete("xdm:descriptors", sandbox, id)

    def _save(self, sandbox: str, id: str, body: Document, known: Document | None = None) -> Document:
        kind = body.get("@type")
        if not isinstance(kind, str) or kind not in _NEEDED:
            raise self._schemas.refused(f"The @type of a descriptor is one of {', '.join(_NEEDED)}.")
        for key in _NEEDED[kind]:
            if body.get(key) in (None, ""):
                raise self._schemas.refused(f"{key} is missing in the descriptor.")
        schema = self._schema(sandbox, body["xdm:sourceSchema"])
        if known is not None and known["xdm:sourceSchema"] != schema["$id"]:
            raise self._schemas.refused("xdm:sourceSchema cannot be changed.")
        field = self._field(schema, body.get("xdm:sourceProperty"))
        if kind == IDENTITY:
            self._check_identity(sandbox, schema, field, body, id)
        if kind == "xdm:alternateDisplayInfo" and not any(key in body for key in _SAID_OF_A_FIELD):
            raise self._schemas.refused(f"One of {', '.join(_SAID_OF_A_FIELD[:4])} is missing in the descriptor.")
        if "xdm:destinationSchema" in body:
            self._field(self._schema(sandbox, body["xdm:destinationSchema"]), body.get("xdm:destinationProperty"))
        now = self._world.time.now_ms()
        document = {
            **body,
            **({"xdm:property": body.get("xdm:property", "xdm:code")} if kind == IDENTITY else {}),
            "@id": id,
            "imsOrg": ORG_ID,
            "version": "1",
            "meta:containerId": "tenant",
            **self._schemas.place(sandbox),
            "meta:registryMetadata": {
                "repo:createdDate": (known or {}).get("meta:registryMetadata", {}).get("repo:createdDate", now),
                "repo:lastModifiedDate": now,
                "xdm:createdClientId": CLIENT_ID,
                "xdm:lastModifiedClientId": CLIENT_ID,
                "xdm:createdUserId": CLIENT_ID,
                "xdm:lastModifiedUserId": CLIENT_ID,
            },
        }
        self._world.store.put("xdm:descriptors", sandbox, id, document, owner=str(schema["$id"]))
        return document

    def _schema(self, sandbox: str, id: object) -> Document:
        found = self._schemas.schema(sandbox, str(id))
        if found is None:
            raise self._schemas.refused(f"The schema {id} was not found.", 1022)
        return found

    def _field(self, schema: Document, pointer: object) -> Document:
        """The field at a pointer over data; `{}` when none is named. `*` and `-` stand for the items of an array."""
        if pointer is None:
            return {}
        node: Document = schema
        for name in str(pointer).strip("/").split("/"):
            while node.get("meta:xdmType") == "array" and name not in ("*", "-", "items"):
                node = node["items"]
            below = node.get("items") if node.get("meta:xdmType") == "array" else node.get("properties", {}).get(name)
            if not isinstance(below, dict):
                raise self._schemas.refused(f"{pointer} is no field of the schema {schema['title']}.", 1050)
            node = below
        return node

    def _check_identity(self, sandbox: str, schema: Document, field: Document, body: Document, id: str) -> None:
        if field.get("type") != "string":
            raise self._schemas.refused(f"{body['xdm:sourceProperty']} is no string field of the schema.", 1050)
        if not isinstance(body.get("xdm:isPrimary", False), bool):
            raise self._schemas.refused("xdm:isPrimary must be true or false.")
        if not body.get("xdm:isPrimary"):
            return
        for other in self._schemas.descriptors_of(sandbox, str(schema["$id"])):
            if other.get("xdm:isPrimary") and other["@type"] == IDENTITY and other["@id"] != id:
                raise self._schemas.refused("The schema has a primary identity already.", 1051)
