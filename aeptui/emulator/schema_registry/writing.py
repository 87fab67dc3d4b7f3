"""Writes to the registry: what is accepted, what a change may do to a schema that is in use, what may be deleted.

In use means: data has been ingested with it, or it is in Profile (inferred from Adobe's schema evolution rules).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aeptui.emulator.patching import PatchError, apply_patch
from aeptui.emulator.schema_registry import rules
from aeptui.emulator.schema_registry.compose import Find, UnresolvedReference, full, references
from aeptui.emulator.schema_registry.state import FOLDERS, KINDS, SchemaRegistry
from aeptui.emulator.schema_registry.unions import in_union
from aeptui.emulator.world import TENANT_ID

Document = dict[str, Any]

_BEHAVIORS: Final = ("https://ns.adobe.com/xdm/data/record", "https://ns.adobe.com/xdm/data/time-series")
_OURS: Final = frozenset(
    {
        *("$id", "version", "imsOrg", "meta:registryMetadata", "meta:altId", "meta:containerId"),
        *("meta:resourceType", "meta:tenantNamespace", "meta:sandboxId", "meta:sandboxType"),
    }
)
"""What a body may carry and the registry says itself."""


class Writing:
    """Creates, replaces, patches and deletes tenant resources."""

    def __init__(self, registry: SchemaRegistry) -> None:
        self._registry = registry

    def create(self, sandbox: str, kind: str, body: Document, *, id: str = "", version: str = "1.0") -> Document:
        """Make a tenant resource. Raises ServiceError when it is not a valid one.

        Args:
            id: The `$id` of an imported one; empty for a new one.
        """
        folder = FOLDERS.get(kind, kind)
        id = id or f"https://ns.adobe.com/{TENANT_ID}/{folder}/{self._registry.world.ids.hex(32)}"
        first: Document = {"$id": id, "meta:resourceType": folder, "version": version}
        accepted = self.accepted(sandbox, kind, body)
        document = self._registry.described(sandbox, {**first, **accepted})
        self._check(sandbox, kind, {}, document)
        self._registry.save(sandbox, kind, {}, document)
        return document

    def replace(self, sandbox: str, kind: str, id: str, body: Document) -> Document:
        """PUT: the whole resource again, one minor version up."""
        known = self._registry.get("tenant", kind, sandbox, id)
        kept: Document = {key: known[key] for key in ("meta:immutableTags",) if key in known}
        return self._changed(sandbox, kind, known, {**kept, **self.accepted(sandbox, kind, body)})

    def patch(self, sandbox: str, kind: str, id: str, instructions: object) -> Document:
        """JSON Patch, one minor version up."""
        known = self._registry.get("tenant", kind, sandbox, id)
        try:
            changed = apply_patch(known, _with_whole_tags(known, instructions))
        except PatchError as error:
            raise self._registry.refused(str(error), 1030) from error
        return self._changed(sandbox, kind, known, {**changed, **self.accepted(sandbox, kind, changed)})

    def delete(self, sandbox: str, kind: str, id: str) -> None:
        """Remove a tenant resource that nothing needs: no other resource, no dataset, no union. Both inferred."""
        known = self._registry.get("tenant", kind, sandbox, id)
        for other in (item for which in KINDS for item in self._registry.all("tenant", which, sandbox)):
            if other["$id"] != known["$id"] and known["$id"] in {ref.partition("#")[0] for ref in references(other)}:
                raise self._registry.refused(f"The resource is used by {other['$id']}.", 1040)
        if datasets := self._registry.datasets_of(sandbox, known["$id"]):
            raise self._registry.refused(f"The schema is used by the dataset {datasets[0]['name']}.", 1040)
        if in_union(known):
            raise self._registry.refused("The schema is enabled for Profile and cannot be deleted.", 1040)
        with self._registry.world.store.transaction():
            for descriptor in self._registry.descriptors_of(sandbox, known["$id"]):
                self._registry.world.store.delete("xdm:descriptors", sandbox, descriptor["@id"])
            self._registry.world.store.delete(f"xdm:{kind}", sandbox, known["$id"])
            self._registry.tell(sandbox, known, {})
        self._registry.forget(sandbox)

    def accepted(self, sandbox: str, kind: str, body: Document) -> Document:
        """The body's own keys. Raises ServiceError when a required one is missing or wrong."""
        title, parts = body.get("title"), body.get("allOf")
        if not isinstance(title, str) or not title.strip():
            raise self._registry.refused("The title is missing.")
        if body.get("type", "object") != "object":
            raise self._registry.refused("The type must be object.")
        if not isinstance(parts, list) or not parts:
            if kind == "schemas":
                raise self._registry.refused("A schema needs allOf with a class and its field groups.")
            parts = []
        document = {key: value for key, value in body.items() if key not in _OURS}
        document.update({"type": "object", "description": body.get("description") or "", "allOf": parts})
        document["meta:xdmType"] = "object"
        if found := rules.problem(document):
            raise self._registry.refused(found, 1026)
        outside = [part["$ref"] for part in parts if not _inner(part.get("$ref"))]
        for id in outside:
            if self._registry.find(sandbox, id.partition("#")[0]) is None:
                raise self._registry.refused(f"The reference {id} cannot be resolved.", 1022)
        if kind == "schemas":
            document.update(self._composed(sandbox, outside))
        elif kind == "fieldgroups":
            self._check_intended(sandbox, body.get("meta:intendedToExtend"))
        elif kind == "classes":
            if sum(id in _BEHAVIORS for id in outside) != 1:
                raise self._registry.refused("A class must extend one behavior, record or time-series.")
            document["meta:extends"] = outside
        return document

    def _check_intended(self, sandbox: str, intended: object) -> None:
        if not isinstance(intended, list) or not intended:
            raise self._registry.refused("meta:intendedToExtend must name the classes of the field group.")
        for id in intended:
            if not isinstance(id, str) or not self._registry.is_a(sandbox, "classes", id):
                raise self._registry.refused(f"The class {id} in meta:intendedToExtend was not found.", 1022)

    def _composed(self, sandbox: str, outside: list[str]) -> Document:
        classes = [id for id in outside if self._registry.is_a(sandbox, "classes", id)]
        if len(classes) != 1:
            raise self._registry.refused(
                f"A schema must have exactly one class, and this one has {len(classes)}.", 1023
            )
        extended: list[str] = list(outside)
        for id in outside:
            found = self._registry.find(sandbox, id) or {}
            intended = found.get("meta:intendedToExtend")
            if intended and classes[0] not in intended:
                raise self._registry.refused(f"The field group {id} cannot be used with the class {classes[0]}.", 1024)
            extended.extend(entry for entry in found.get("meta:extends", []) if entry not in extended)
        return {"meta:class": classes[0], "meta:extends": extended, "meta:abstract": False, "meta:extensible": False}

    def _changed(self, sandbox: str, kind: str, known: Document, changed: Document) -> Document:
        tags, now = known.get("meta:immutableTags", []), changed.get("meta:immutableTags", [])
        if not isinstance(now, list) or any(tag not in now for tag in tags):
            raise self._registry.refused("meta:immutableTags cannot be removed.", 1031)
        kept = {key: known[key] for key in _OURS if key in known}
        own = {**changed, **kept, "version": _next(known["version"])}
        created = known["meta:registryMetadata"]["repo:createdDate"]
        document = self._registry.described(sandbox, own, created)
        self._check(sandbox, kind, known, document)
        self._registry.save(sandbox, kind, known, document)
        return document

    def _check(self, sandbox: str, kind: str, known: Document, document: Document) -> None:
        """The rules that need the whole, resolved resource."""
        resolved = self._full_with(sandbox, document, document)
        if kind in ("fieldgroups", "classes"):
            inherited = full(
                {**document, "definitions": {}, "properties": {}, "allOf": _outer(document)}, self._in(sandbox)
            )
            allowed = {f"_{TENANT_ID}", *inherited["properties"]}
            foreign = sorted({name for name, _ in rules.own_properties(document)} - allowed)
            if foreign:
                raise self._registry.refused(
                    f"Custom fields must stand under _{TENANT_ID}: {', '.join(foreign)}.", 1025
                )
        if in_union(document) and not in_union(known):
            self._check_profile(sandbox, kind, document, resolved)
        for schema in self._in_use(sandbox, known) if known else ():
            before, after = self._registry.full(sandbox, schema), self._full_with(sandbox, schema, document)
            if found := rules.broken(before, after):
                raise self._registry.refused(f"The schema {schema['title']} is in use, and {found}.", 1041)

    def _check_profile(self, sandbox: str, kind: str, document: Document, resolved: Document) -> None:
        """A schema goes into Profile only with a primary identity, or with an identity map (inferred)."""
        if kind != "schemas":
            raise self._registry.refused("Only a schema can be enabled for Profile.", 1031)
        descriptors = self._registry.descriptors_of(sandbox, document["$id"])
        if not any(item.get("xdm:isPrimary") for item in descriptors) and "identityMap" not in resolved["properties"]:
            raise self._registry.refused("The schema needs a primary identity before it can be used in Profile.", 1052)
        for item in descriptors:
            target = self._registry.world.store.get("xdm:schemas", sandbox, str(item.get("xdm:destinationSchema", "")))
            if target is not None and not in_union(target):
                raise self._registry.refused(f"The related schema {target['title']} is not enabled for Profile.", 1052)

    def _in_use(self, sandbox: str, changed: Document) -> Iterator[Document]:
        """The schemas with data or in a union that a changed resource is part of."""
        for schema in self._registry.all("tenant", "schemas", sandbox):
            part = schema["$id"] == changed["$id"] or changed["$id"] in self._reached(sandbox, schema, set())
            with_data = in_union(schema) or any(
                dataset.get("lastSuccessfulBatch") for dataset in self._registry.datasets_of(sandbox, schema["$id"])
            )
            if part and with_data:
                yield schema

    def _reached(self, sandbox: str, document: Document, seen: set[str]) -> set[str]:
        """Every resource that a document refers to, also through others."""
        for id in {reference.partition("#")[0] for reference in references(document)} - seen - {""}:
            seen.add(id)
            if (found := self._registry.find(sandbox, id)) is not None:
                self._reached(sandbox, found, seen)
        return seen

    def _in(self, sandbox: str, changed: Document | None = None) -> Find:
        """Finds resources of a sandbox, one of them as it would be after a change."""
        return lambda id: changed if changed is not None and id == changed["$id"] else self._registry.find(sandbox, id)

    def _full_with(self, sandbox: str, document: Document, changed: Document) -> Document:
        try:
            return full(changed if document["$id"] == changed["$id"] else document, self._in(sandbox, changed))
        except UnresolvedReference as error:
            raise self._registry.refused(str(error), 1022) from error


def _with_whole_tags(known: Document, instructions: object) -> object:
    """Instructions that add one tag, rewritten to set all: the list may not be there yet to add to.

    Adobe's own sample writes the end of the list as `/meta:immutableTags-`.
    """
    if not isinstance(instructions, list):
        return instructions
    tags = list(known.get("meta:immutableTags", []))
    rewritten: list[object] = []
    for item in instructions:
        if isinstance(item, dict) and item.get("path") in ("/meta:immutableTags-", "/meta:immutableTags/-"):
            tags.append(item.get("value"))
            item = {**item, "path": "/meta:immutableTags", "value": list(tags)}
        rewritten.append(item)
    return rewritten


def _outer(document: Document) -> list[Document]:
    return [part for part in document["allOf"] if not _inner(part.get("$ref"))]


def _inner(reference: object) -> bool:
    return not isinstance(reference, str) or reference.startswith("#")


def _next(version: str) -> str:
    major, _, minor = version.partition(".")
    return f"{major}.{int(minor or 0) + 1}"
