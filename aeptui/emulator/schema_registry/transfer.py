"""Takes resources out of a sandbox with all they need, and puts them into another one.

The tenant's name is replaced on the way out, so that the payload fits another organisation too.
Source: Schema Registry, GET /rpc/export/{id} and POST /rpc/import.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from aeptui.emulator.errors import ServiceError
from aeptui.emulator.schema_registry.compose import references
from aeptui.emulator.schema_registry.state import FOLDERS, SchemaRegistry
from aeptui.emulator.schema_registry.writing import Writing
from aeptui.emulator.world import TENANT_ID

Document = dict[str, Any]

PLACEHOLDER: Final = "<XDM_TENANTID_PLACEHOLDER>"
_KINDS: Final = {FOLDERS.get(kind, kind): kind for kind in ("datatypes", "classes", "fieldgroups", "schemas")}
_VERSION: Final = re.compile(r"\d{1,6}\.\d{1,6}")
_LEFT_BEHIND: Final = frozenset(
    {"imsOrg", "meta:containerId", "meta:registryMetadata", "meta:tenantNamespace", "meta:immutableTags"}
)
"""What belongs to the place a resource is in. Tags stay too: in Profile one is enabled, not copied (inferred)."""


class Transfer:
    """Export and import."""

    def __init__(self, registry: SchemaRegistry, writing: Writing) -> None:
        self._registry = registry
        self._writing = writing

    def exported(self, sandbox: str, id: str) -> list[Document]:
        """A tenant resource after everything of the tenant that it needs. Raises ServiceError 404."""
        for kind in _KINDS.values():
            for document in self._registry.all("tenant", kind, sandbox):
                if id in (document["$id"], document["meta:altId"]):
                    found: dict[str, Document] = {}
                    self._collect(sandbox, document, found)
                    return [_renamed(item, _out) for item in found.values()]
        raise self._registry.refused(f"Requested resource {id} with version 1 is not found", 1012, 404)

    def _collect(self, sandbox: str, document: Document, found: dict[str, Document]) -> None:
        for id in dict.fromkeys(reference.partition("#")[0] for reference in references(document)):
            needed = self._registry.find(sandbox, id) if f"/{TENANT_ID}/" in id and id not in found else None
            if needed is not None:
                self._collect(sandbox, needed, found)
        found[document["$id"]] = {key: value for key, value in document.items() if key not in _LEFT_BEHIND}

    def imported(self, sandbox: str, payload: object) -> list[Document]:
        """Make every resource of a payload, or none of them.

        Raises:
            ServiceError: XDM-3005 when one is there already, by `$id` or title, or is not a valid one.
        """
        if not isinstance(payload, list) or not payload or not all(isinstance(item, dict) for item in payload):
            raise self._failed("The payload must be what an export answered, an array of resources.")
        made: list[Document] = []
        try:
            with self._registry.world.store.transaction():
                for item in payload:
                    made.append(self._made(sandbox, _renamed(item, _in)))
        except ServiceError as error:
            self._registry.forget(sandbox)
            raise self._failed(str(error.body.get("detail", error))) from error
        return made

    def _made(self, sandbox: str, item: Document) -> Document:
        kind, id = _KINDS.get(str(item.get("meta:resourceType"))), item.get("$id")
        if kind is None or not isinstance(id, str) or not id.startswith(f"https://ns.adobe.com/{TENANT_ID}/"):
            raise self._registry.refused(f"{id} is no resource of a tenant.")
        for known in self._registry.all("tenant", kind, sandbox):
            if known["$id"] == id:
                raise self._registry.refused(f"$id must be unique. An object {id} already exists")
            if known["title"] == item.get("title"):
                raise self._registry.refused(
                    f"Title must be unique. An object {known['$id']} already exists with the same title"
                )
        version = item.get("version", "1.0")
        if not isinstance(version, str) or not _VERSION.fullmatch(version):
            raise self._registry.refused(f"The version of {id} is not one.")
        body = {key: value for key, value in item.items() if key not in _LEFT_BEHIND}
        return self._writing.create(sandbox, kind, body, id=id, version=version)

    def _failed(self, why: str) -> ServiceError:
        return self._registry.refused(f"Failed to import resources. Error: {why}", 3005)


def _out(text: str) -> str:
    if text == f"_{TENANT_ID}" or text.startswith(f"_{TENANT_ID}."):
        return f"_{PLACEHOLDER}{text[len(TENANT_ID) + 1 :]}"
    return text.replace(f"https://ns.adobe.com/{TENANT_ID}/", f"https://ns.adobe.com/{PLACEHOLDER}/")


def _in(text: str) -> str:
    return text.replace(PLACEHOLDER, TENANT_ID)


def _renamed(node: Any, rename: Callable[[str], str]) -> Any:
    """A copy with every key and text renamed."""
    if isinstance(node, dict):
        return {rename(key): _renamed(value, rename) for key, value in node.items()}
    if isinstance(node, list):
        return [_renamed(item, rename) for item in node]
    return rename(node) if isinstance(node, str) else node
