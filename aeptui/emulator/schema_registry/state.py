"""What the registry holds: standard resources from the definitions, tenant resources from the store.

Tenant resources belong to the sandbox they were made in. Titles need not be unique. Field groups are called `mixins`
in older calls; both names mean the same objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from aeptui.emulator.errors import ServiceError, xdm_error
from aeptui.emulator.patching import PatchError, apply_patch
from aeptui.emulator.schema_registry.compose import UnresolvedReference, full, references
from aeptui.emulator.schema_registry.definitions import reader
from aeptui.emulator.world import CLIENT_ID, ORG_ID, TENANT_ID, World

Document = dict[str, Any]

KINDS: Final = ("schemas", "fieldgroups", "classes", "datatypes", "behaviors")
PROFILE: Final = "https://ns.adobe.com/xdm/context/profile"
_BEHAVIORS: Final = ("https://ns.adobe.com/xdm/data/record", "https://ns.adobe.com/xdm/data/time-series")
_FOLDERS: Final = {"fieldgroups": "mixins"}
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
                self._global[kind][document["$id"]] = self._described(document, _SEEDED_MS)
        self._full: dict[tuple[str, str, str], Document] = {}

    def seed(self, sandbox: str) -> None:
        """Write the demo organisation's own field groups."""
        for kind, document in reader.load("tenant.toml"):
            self._save(sandbox, kind, self._described(document, _SEEDED_MS))

    # -- reading

    def all(self, container: str, kind: str, sandbox: str) -> list[Document]:
        """Every resource of a kind in a container."""
        if container == "global":
            return list(self._global[kind].values())
        return self.world.store.list(f"xdm:{kind}", sandbox)

    def get(self, container: str, kind: str, sandbox: str, id: str) -> Document:
        """One resource by `$id` or `meta:altId`. Raises ServiceError 404."""
        for document in self.all(container, kind, sandbox):
            if id in (document["$id"], document["meta:altId"]):
                return document
        raise xdm_error(1012, f"Resource {id} was not found.", 404, timestamp=self._timestamp())

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
                raise self.refused(f"The reference {error} cannot be resolved.", 1022) from error
        return self._full[key]

    def schema(self, sandbox: str, id: str) -> Document | None:
        """A tenant schema, resolved; None when there is none with this `$id` (or altId)."""
        for document in self.all("tenant", "schemas", sandbox):
            if id in (document["$id"], document["meta:altId"]):
                return self.full(sandbox, document)
        return None

    def counts(self, sandbox: str) -> dict[str, int]:
        """How many tenant resources there are of each kind."""
        kinds = ("schemas", "fieldgroups", "datatypes", "classes")
        counts = {_FOLDERS.get(kind, kind): len(self.all("tenant", kind, sandbox)) for kind in kinds}
        return {**counts, "unions": len({document["meta:class"] for document in self._in_profile(sandbox)})}

    def _in_profile(self, sandbox: str) -> Iterator[Document]:
        return (
            item for item in self.all("tenant", "schemas", sandbox) if "union" in item.get("meta:immutableTags", [])
        )

    # -- writing

    def create(self, sandbox: str, kind: str, body: Document) -> Document:
        """Make a tenant resource. Raises ServiceError when it is not a valid one."""
        folder = _FOLDERS.get(kind, kind)
        id = f"https://ns.adobe.com/{TENANT_ID}/{folder}/{self.world.ids.hex(32)}"
        document: Document = {
            "$id": id,
            "meta:resourceType": folder,
            "version": "1.0",
            **self._accepted(sandbox, kind, body),
        }
        return self._checked_save(sandbox, kind, self._described(document, self.world.time.now_ms()))

    def replace(self, sandbox: str, kind: str, id: str, body: Document) -> Document:
        """PUT: the whole resource again, one minor version up."""
        known = self.get("tenant", kind, sandbox, id)
        kept: Document = {key: known[key] for key in ("$id", "meta:resourceType", "meta:immutableTags") if key in known}
        document = {**kept, "version": _next(known["version"]), **self._accepted(sandbox, kind, body)}
        created = known["meta:registryMetadata"]["repo:createdDate"]
        return self._checked_save(sandbox, kind, self._described(document, self.world.time.now_ms(), created))

    def patch(self, sandbox: str, kind: str, id: str, instructions: object) -> Document:
        """JSON Patch, one minor version up."""
        known = self.get("tenant", kind, sandbox, id)
        try:
            changed = apply_patch(known, instructions)
        except PatchError as error:
            raise self.refused(str(error), 1030) from error
        tags = known.get("meta:immutableTags", [])
        if any(tag not in changed.get("meta:immutableTags", []) for tag in tags):
            raise self.refused("meta:immutableTags cannot be removed.", 1031)
        body = {key: value for key, value in changed.items() if not key.startswith("meta:registry")}
        document = {**body, "$id": known["$id"], "version": _next(known["version"])}
        self._accepted(sandbox, kind, document)
        created = known["meta:registryMetadata"]["repo:createdDate"]
        return self._checked_save(sandbox, kind, self._described(document, self.world.time.now_ms(), created))

    def delete(self, sandbox: str, kind: str, id: str) -> None:
        """Remove a tenant resource that no schema refers to."""
        known = self.get("tenant", kind, sandbox, id)
        for other in (item for which in KINDS for item in self.all("tenant", which, sandbox)):
            if other["$id"] != known["$id"] and known["$id"] in references(other):
                raise self.refused(f"The resource is used by {other['$id']}.", 1040)
        self.world.store.delete(f"xdm:{kind}", sandbox, known["$id"])

    def refused(self, message: str, code: int = 1020, status: int = 400) -> ServiceError:
        """An error with the platform's time in it."""
        return xdm_error(code, message, status, timestamp=self._timestamp())

    def _accepted(self, sandbox: str, kind: str, body: Document) -> Document:
        """The body's own keys. Raises ServiceError when a required one is missing or wrong."""
        title, parts = body.get("title"), body.get("allOf")
        if not isinstance(title, str) or not title.strip():
            raise self.refused("The title is missing.")
        if body.get("type", "object") != "object":
            raise self.refused("The type must be object.")
        if not isinstance(parts, list) or not parts:
            if kind == "schemas":
                raise self.refused("A schema needs allOf with a class and its field groups.")
            parts = []
        document = {
            key: value for key, value in body.items() if not key.startswith(("$id", "meta:registry", "version"))
        }
        document.update(type="object", description=body.get("description", ""), allOf=parts)
        outside = [part["$ref"] for part in parts if isinstance(part, dict) and not _inner(part.get("$ref"))]
        for id in outside:
            if self.find(sandbox, id) is None:
                raise self.refused(f"The reference {id} cannot be resolved.", 1022)
        if kind == "schemas":
            document.update(self._composed(sandbox, outside))
        elif kind == "fieldgroups":
            if not body.get("meta:intendedToExtend"):
                raise self.refused("meta:intendedToExtend must name the classes of the field group.")
        elif kind == "classes":
            if not any(id in _BEHAVIORS for id in outside):
                raise self.refused("A class must extend one behavior, record or time-series.")
            document["meta:extends"] = outside
        return document

    def _composed(self, sandbox: str, outside: list[str]) -> Document:
        classes = [id for id in outside if self._is(sandbox, "classes", id)]
        if len(classes) != 1:
            raise self.refused(f"A schema must have exactly one class, and this one has {len(classes)}.", 1023)
        extended: list[str] = list(outside)
        for id in outside:
            found = self.find(sandbox, id) or {}
            intended = found.get("meta:intendedToExtend")
            if intended and classes[0] not in intended:
                raise self.refused(f"The field group {id} cannot be used with the class {classes[0]}.", 1024)
            extended.extend(entry for entry in found.get("meta:extends", []) if entry not in extended)
        return {"meta:class": classes[0], "meta:extends": extended, "meta:abstract": False, "meta:extensible": False}

    def _is(self, sandbox: str, kind: str, id: str) -> bool:
        return id in self._global[kind] or self.world.store.get(f"xdm:{kind}", sandbox, id) is not None

    def _checked_save(self, sandbox: str, kind: str, document: Document) -> Document:
        resolved = self.full(sandbox, document)
        if kind in ("fieldgroups", "classes"):
            standard = {"_id", "timestamp", "eventType", f"_{TENANT_ID}"}
            foreign = sorted(set(resolved["properties"]) - standard)
            if foreign:
                raise self.refused(f"Custom fields must stand under _{TENANT_ID}: {', '.join(foreign)}.", 1025)
        self._save(sandbox, kind, document)
        return document

    def _save(self, sandbox: str, kind: str, document: Document) -> None:
        self.world.store.put(f"xdm:{kind}", sandbox, document["$id"], document)

    def _described(self, document: Document, now_ms: int, created_ms: int | None = None) -> Document:
        own = f"/{TENANT_ID}/" in document["$id"]
        described = {
            **document,
            "meta:altId": alt_id(document["$id"]),
            "imsOrg": ORG_ID if own else "adobe",
            "meta:containerId": "tenant" if own else "global",
            "meta:tenantNamespace": f"_{TENANT_ID}" if own else "",
            "meta:registryMetadata": {
                "repo:createdDate": created_ms or now_ms,
                "repo:lastModifiedDate": now_ms,
                "xdm:createdClientId": CLIENT_ID,
                "xdm:lastModifiedClientId": CLIENT_ID,
                "eTag": self.world.ids.hex(64) if now_ms != _SEEDED_MS else "1",
            },
        }
        if not own:
            del described["meta:tenantNamespace"]
        return described

    def _timestamp(self) -> str:
        return datetime.fromtimestamp(self.world.time.now(), UTC).strftime("%m-%d-%Y %H:%M:%S")


def _inner(reference: object) -> bool:
    return not isinstance(reference, str) or reference.startswith("#")


def _next(version: str) -> str:
    major, _, minor = version.partition(".")
    return f"{major}.{int(minor or 0) + 1}"
