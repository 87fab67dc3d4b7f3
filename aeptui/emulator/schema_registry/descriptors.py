"""Descriptors: facts about fields of schemas, such as which one is the primary identity."""

from __future__ import annotations

from typing import Any, Final

from aeptui.emulator.schema_registry.state import SchemaRegistry
from aeptui.emulator.world import ORG_ID, World

Document = dict[str, Any]

IDENTITY: Final = "xdm:descriptorIdentity"
_NEEDED: Final = {
    IDENTITY: ("xdm:sourceSchema", "xdm:sourceVersion", "xdm:sourceProperty", "xdm:namespace"),
}


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
        self.get(sandbox, id)
        return self._save(sandbox, id, body)

    def delete(self, sandbox: str, id: str) -> None:
        """Remove one. Raises ServiceError 404."""
        self.get(sandbox, id)
        self._world.store.delete("xdm:descriptors", sandbox, id)

    def _save(self, sandbox: str, id: str, body: Document) -> Document:
        kind = body.get("@type")
        if not isinstance(kind, str) or not kind.startswith("xdm:"):
            raise self._schemas.refused("The @type of the descriptor is missing.")
        for key in _NEEDED.get(kind, ("xdm:sourceSchema",)):
            if key not in body:
                raise self._schemas.refused(f"{key} is missing in the descriptor.")
        schema = self._schemas.schema(sandbox, str(body["xdm:sourceSchema"]))
        if schema is None:
            raise self._schemas.refused(f"The schema {body['xdm:sourceSchema']} was not found.", 1022)
        if kind == IDENTITY:
            self._check_identity(sandbox, schema, body, id)
        document = {**body, "@id": id, "imsOrg": ORG_ID, "version": "1"}
        self._world.store.put("xdm:descriptors", sandbox, id, document, owner=str(schema["$id"]))
        return document

    def _check_identity(self, sandbox: str, schema: Document, body: Document, id: str) -> None:
        pointer = str(body["xdm:sourceProperty"])
        node: Document = schema
        for name in pointer.strip("/").split("/"):
            node = node.get("properties", {}).get(name, {})
        if node.get("type") != "string":
            raise self._schemas.refused(f"{pointer} is no string field of the schema.", 1050)
        if not body.get("xdm:isPrimary"):
            return
        for other in self._world.store.list("xdm:descriptors", sandbox, owner=str(schema["$id"])):
            if other.get("xdm:isPrimary") and other["@type"] == IDENTITY and other["@id"] != id:
                raise self._schemas.refused("The schema has a primary identity already.", 1051)
