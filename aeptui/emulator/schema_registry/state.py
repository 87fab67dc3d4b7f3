"""What the registry holds: standard resources from the definitions, tenant resources from the store.

Tenant resources belong to the sandbox they were made in. Titles need not be unique. Field groups are called `mixins`
in older calls; both names mean the same objects.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from aeptui.emulator.errors import ServiceError, xdm_error
from aeptui.emulator.filters import equal
from aeptui.emulator.schema_registry import history
from aeptui.emulator.schema_registry.compose import UnresolvedReference, full
from aeptui.emulator.schema_registry.definitions import reader
from aeptui.emulator.schema_registry.unions import SUFFIX, in_union, unions
from aeptui.emulator.shelf import Shelf
from aeptui.emulator.world import CLIENT_ID, ORG_ID, TENANT_ID, World, sandbox_id

Document = dict[str, Any]

KINDS: Final = ("schemas", "fieldgroups", "classes", "datatypes", "behaviors")
FOLDERS: Final = {"fieldgroups": "mixins"}
_SEEDED_MS: Final = 1_767_603_600_000
"""The standard resources' date: early January 2026."""


def alt_id(id: str) -> str:
    """`meta:altId` of an `$id`: `https://ns.adobe.com/acme/schemas/6f1d` is `_acme.schemas.6f1d`."""
    path = re.sub(r"^https?://(ns\.adobe\.com/)?", "", id)
    return "_" + path.replace("/", ".")


class SchemaRegistry:
    """Schemas and what they are made of, for every sandbox of one platform."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._global: dict[str, dict[str, Document]] = {kind: {} for kind in KINDS}
        for file in ("classes.toml", "datatypes.toml", "fieldgroups.toml"):
            for kind, document in reader.load(file):
                self._global[kind][document["$id"]] = self._described(document, "", _SEEDED_MS)
        self._full: dict[tuple[str, str, str], Document] = {}
        self.datasets_of: Callable[[str, str], list[Document]] = lambda sandbox, id: []
        """The datasets of a schema; Catalog, which knows them, puts itself here."""

    def seed(self, sandbox: str) -> None:
        """Write the demo organisation's own field groups."""
        for kind, document in reader.load("tenant.toml"):
            self._save(sandbox, kind, self._described(document, sandbox, _SEEDED_MS))

    # -- reading

    def all(self, container: str, kind: str, sandbox: str) -> list[Document]:
        """Every resource of a kind in a container."""
        if container == "global":
            return list(self._global[kind].values())
        return self.world.store.list(f"xdm:{kind}", sandbox)

    def get(self, container: str, kind: str, sandbox: str, id: str) -> Document:
        """One resource by `$id` or `meta:altId`. Raises ServiceError 404."""
        found = self._named(container, kind, sandbox, id)
        if found is not None:
            return found
        raise xdm_error(1012, f"Resource {id} was not found.", 404, timestamp=self._timestamp())

    def _named(self, container: str, kind: str, sandbox: str, id: str) -> Document | None:
        if container == "global":
            known = self._global[kind]
            return known.get(id) or next((item for item in known.values() if item["meta:altId"] == id), None)
        by_alt_id = [equal("meta:altId", [id])]
        return self.world.store.get(f"xdm:{kind}", sandbox, id) or next(
            iter(Shelf(self.world.store, f"xdm:{kind}", sandbox).find(by_alt_id)), None
        )

    def find(self, sandbox: str, id: str) -> Document | None:
        """A resource of any kind by its `$id`."""
        for kind in KINDS:
            known = self._global[kind].get(id) or self.world.store.get(f"xdm:{kind}", sandbox, id)
            if known is not None:
                return known
        return None

    def full(self, sandbox: str, document: Document) -> Document:
        """The document with everything resolved."""
        etag = document.get("meta:registryMetadata", {}).get("eTag", "")
        key = (sandbox, document["$id"], etag)
        if key not in self._full:
            try:
                self._full[key] = full(document, lambda id: self.find(sandbox, id))
            except UnresolvedReference as error:
                raise self.refused(str(error), 1022) from error
        return self._full[key]

    def schema(self, sandbox: str, id: str) -> Document | None:
        """A tenant schema or a union, resolved; None when there is none with this `$id` (or altId)."""
        if id.endswith(SUFFIX):
            known = next((item for item in self.unions(sandbox) if id in (item["$id"], item["meta:altId"])), None)
        else:
            known = self._named("tenant", "schemas", sandbox, id)
        return None if known is None else self.full(sandbox, known)

    def counts(self, sandbox: str) -> dict[str, int]:
        """How many tenant resources there are of each kind."""
        kinds = ("schemas", "fieldgroups", "datatypes", "classes")
        counts = {FOLDERS.get(kind, kind): Shelf(self.world.store, f"xdm:{kind}", sandbox).count() for kind in kinds}
        return {**counts, "unions": len(self.unions(sandbox))}

    def unions(self, sandbox: str) -> list[Document]:
        """One union for each class that has schemas in Profile."""
        own = {document["$id"]: document for document in self.all("tenant", "classes", sandbox)}
        return unions(self.all("tenant", "schemas", sandbox), {**self._global["classes"], **own})

    def union(self, sandbox: str, id: str) -> Document:
        """One union by `$id` or `meta:altId`. Raises ServiceError 404."""
        for document in self.unions(sandbox):
            if id in (document["$id"], document["meta:altId"]):
                return document
        raise self.refused(f"Resource {id} was not found.", 1012, 404)

    def descriptors_of(self, sandbox: str, id: str) -> list[Document]:
        """The descriptors whose source is a schema."""
        return self.world.store.list("xdm:descriptors", sandbox, owner=id)

    def forget(self, sandbox: str) -> None:
        """Drop what was resolved: a changed part changes every schema it is part of."""
        self._full = {key: value for key, value in self._full.items() if key[0] != sandbox}

    # -- writing

    def refused(self, message: str, code: int = 1020, status: int = 400) -> ServiceError:
        """An error with the platform's time in it."""
        return xdm_error(code, message, status, timestamp=self._timestamp())

    def history(self, sandbox: str, id: str) -> list[Document]:
        """Every change of a resource, newest first."""
        return self.world.store.list("xdm:audit", sandbox, owner=id)[::-1]

    def save(self, sandbox: str, kind: str, known: Document, document: Document) -> None:
        """Write a resource that has been checked, and what was changed about it (`known` is `{}` for a new one)."""
        with self.world.store.transaction():
            self._save(sandbox, kind, document)
            self.tell(sandbox, known, document)
        if known or in_union(document):
            self.forget(sandbox)

    def described(self, sandbox: str, document: Document, created_ms: int | None = None) -> Document:
        """A resource with everything that the registry says about it itself, as of now.

        Args:
            created_ms: When it was made; None for a new one.
        """
        return self._described(document, sandbox, self.world.time.now_ms(), created_ms)

    def is_a(self, sandbox: str, kind: str, id: str) -> bool:
        """Whether an `$id` belongs to a resource of a kind."""
        return id in self._global[kind] or self.world.store.get(f"xdm:{kind}", sandbox, id) is not None

    def tell(self, sandbox: str, before: Document, after: Document) -> None:
        """Add to the audit log of a resource."""
        document = after or before
        metadata = document["meta:registryMetadata"]
        at = {"id": document["$id"], "xdmType": document["meta:resourceType"]}
        updates = [{**at, **change} for change in history.changes(before, after)]
        entry = {
            "id": document["$id"],
            "updatedUser": CLIENT_ID,
            "imsOrg": ORG_ID,
            "updatedTime": self._timestamp(),
            "requestId": str(metadata["eTag"])[:32],
            "clientId": CLIENT_ID,
            "sandboxId": sandbox_id(sandbox),
            "updates": updates,
        }
        number = len(self.world.store.list("xdm:audit", sandbox, owner=document["$id"]))
        self.world.store.put("xdm:audit", sandbox, f"{document['$id']}#{number}", entry, owner=document["$id"])

    def _save(self, sandbox: str, kind: str, document: Document) -> None:
        self.world.store.put(f"xdm:{kind}", sandbox, document["$id"], document)

    def _described(self, document: Document, sandbox: str, now_ms: int, created_ms: int | None = None) -> Document:
        own = f"/{TENANT_ID}/" in document["$id"]
        described = {
            **document,
            "meta:altId": alt_id(document["$id"]),
            "imsOrg": ORG_ID if own else "adobe",
            "meta:containerId": "tenant" if own else "global",
            "meta:registryMetadata": {
                "repo:createdDate": created_ms or now_ms,
                "repo:lastModifiedDate": now_ms,
                "xdm:createdClientId": CLIENT_ID,
                "xdm:lastModifiedClientId": CLIENT_ID,
                "xdm:createdUserId": CLIENT_ID,
                "xdm:lastModifiedUserId": CLIENT_ID,
                "eTag": self.world.ids.hex(64) if now_ms != _SEEDED_MS else "1",
            },
        }
        if own:
            described |= {"meta:tenantNamespace": f"_{TENANT_ID}", **self.place(sandbox)}
        return described

    def place(self, sandbox: str) -> Document:
        """What resources of a sandbox say about it."""
        known = self.world.store.get("sandbox", "", sandbox) or {}
        return {"meta:sandboxId": sandbox_id(sandbox), "meta:sandboxType": known.get("type", "development")}

    def _timestamp(self) -> str:
        return datetime.fromtimestamp(self.world.time.now(), UTC).strftime("%m-%d-%Y %H:%M:%S")
