"""Mapping sets, every version of them, and how they read and write differently.

Stored in one canonical form (`sourceType` ATTRIBUTE, EXPRESSION or STATIC); read with the older names beside it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from aeptui.dataprep import MappingRule, check_mapping
from aeptui.dataprep.mapping import SOURCE_TYPES
from aeptui.emulator.catalog.state import media_version
from aeptui.emulator.errors import ServiceError, problem
from aeptui.emulator.schema_registry.compose import JsonSchema
from aeptui.emulator.schema_registry.state import SchemaRegistry
from aeptui.emulator.shelf import Shelf
from aeptui.emulator.world import CLIENT_ID, ORG_ID, World

Document = dict[str, Any]

_READ_TYPES: Final = {"ATTRIBUTE": "text/x.schema-path", "EXPRESSION": "text/x.aep-xl", "STATIC": "STATIC"}
_KEPT: Final = ("name", "description", "identity", "primaryIdentity", "identityGroup", "namespaceCode")


class Check(NamedTuple):
    """The verdict on one mapping; `exception` is None when nothing is wrong."""

    mapping: Document
    exception: str | None


def refused(message: str, code: int = 1000, status: int = 400) -> ServiceError:
    """A Data Prep error; its real shape is not documented."""
    return problem("MAPPER", code, message, status)


def field_types(schema: JsonSchema) -> dict[str, str]:
    """Every field of a resolved schema by its path, with its XDM type; arrays and maps go on with `[*]`."""
    found: dict[str, str] = {}

    def walk(node: JsonSchema, path: str) -> None:
        kind = str(node.get("meta:xdmType", "string"))
        if path:
            found[path] = kind
        if kind == "object":
            for name, child in node.get("properties", {}).items():
                walk(child, f"{path}.{name}" if path else name)
        elif kind == "array" and isinstance(node.get("items"), dict):
            walk(node["items"], f"{path}[*]")
        elif kind == "map":
            walk(node["additionalProperties"], f"{path}[*]")

    walk(schema, "")
    return found


class MappingSets:
    """The mapping sets of every sandbox."""

    def __init__(self, world: World, schemas: SchemaRegistry) -> None:
        self.world = world
        self.schemas = schemas

    def all(self, sandbox: str) -> Shelf:
        """The newest version of each, oldest set first."""
        return Shelf(self.world.store, "mapping_set", sandbox)

    def get(self, sandbox: str, id: str, version: int | None = None) -> Document | None:
        """One set in one version (None: the newest)."""
        newest = self.world.store.get("mapping_set", sandbox, id)
        if newest is None or version is None or newest["version"] == version:
            return newest
        return self.world.store.get("mapping_set_version", sandbox, f"{id}:{version}")

    def create(self, sandbox: str, body: Document, *, validate: bool) -> Document:
        """Make a mapping set. Data Prep, POST /mappingSets."""
        now = self.world.time.now_ms()
        head = {"id": self.world.ids.hex(32), "version": 0, "createdDate": now, "createdBy": CLIENT_ID}
        return self._save(sandbox, head, body, validate=validate)

    def replace(self, sandbox: str, id: str, body: Document) -> Document:
        """PUT: the whole set again, one version up; the old version stays readable."""
        known = self.need(sandbox, id)
        head = {key: known[key] for key in ("id", "createdDate", "createdBy")}
        with self.world.store.transaction():
            self._keep(sandbox, known)
            return self._save(sandbox, {**head, "version": known["version"] + 1}, body, validate=True)

    def need(self, sandbox: str, id: str, version: int | None = None) -> Document:
        """One set in one version (None: the newest). Raises ServiceError 404."""
        found = self.get(sandbox, id, version)
        if found is None:
            raise refused(f"Mapping set {id} was not found.", 1404, 404)
        return found

    def put_mapping(self, sandbox: str, id: str, body: Document, mapping_id: str | None = None) -> Document:
        """Write one mapping of a set: a new one, or an existing one again. The set gets a new version (inferred)."""
        with self.world.store.transaction():
            known = self.need(sandbox, id)
            (given,) = mappings_of({"mappings": [body]})
            made = self._mapping(given)
            kept = list(known["mappings"])
            if mapping_id is None:
                kept.append(made)
            else:
                place = kept.index(mapping_in(known, mapping_id))
                made |= {"id": mapping_id, "version": kept[place]["version"] + 1}
                made["createdDate"] = kept[place]["createdDate"]
                kept[place] = made
            self._edited(sandbox, known, kept)
        return made

    def delete_mapping(self, sandbox: str, id: str, mapping_id: str) -> None:
        """Take one mapping out of a set. The set gets a new version (inferred)."""
        with self.world.store.transaction():
            known = self.need(sandbox, id)
            gone = mapping_in(known, mapping_id)
            self._edited(sandbox, known, [mapping for mapping in known["mappings"] if mapping is not gone])

    def _edited(self, sandbox: str, known: Document, mappings: list[Document]) -> None:
        now = self.world.time.now_ms()
        changed = {**known, "version": known["version"] + 1, "modifiedDate": now, "mappings": mappings}
        self._refuse_wrong(sandbox, changed)
        self._keep(sandbox, known)
        self.world.store.put("mapping_set", sandbox, known["id"], changed, touched_ms=now)

    def _keep(self, sandbox: str, known: Document) -> None:
        """Let a version stay readable: flows are pinned to it."""
        key = f"{known['id']}:{known['version']}"
        self.world.store.put("mapping_set_version", sandbox, key, known, owner=known["id"])

    def _refuse_wrong(self, sandbox: str, body: Document) -> None:
        if wrong := [check for check in self.checked(sandbox, body) if check.exception]:
            raise refused("; ".join(str(check.exception) for check in wrong), 1001)

    def delete(self, sandbox: str, id: str) -> None:
        """Remove a set with its versions."""
        with self.world.store.transaction():
            if not self.world.store.delete("mapping_set", sandbox, id):
                raise refused(f"Mapping set {id} was not found.", 1404, 404)
            for old in self.world.store.list("mapping_set_version", sandbox, owner=id):
                self.world.store.delete("mapping_set_version", sandbox, f"{id}:{old['version']}")

    def _save(self, sandbox: str, head: Document, body: Document, *, validate: bool) -> Document:
        reference = output_schema(body)
        if validate:
            self._refuse_wrong(sandbox, body)
        now = self.world.time.now_ms()
        document: Document = {
            **head,
            "modifiedDate": now,
            "modifiedBy": CLIENT_ID,
            "imsOrg": ORG_ID,
            "name": body.get("name"),
            "tags": body.get("tags", []),
            "inputSchema": body.get("inputSchema"),
            "outputSchema": {"schemaRef": reference},
            "allowNullValues": bool(body.get("allowNullValues", False)),
            "strictMapping": bool(body.get("strictMapping", False)),
            "supportVersion": "1.1",
            "status": "PUBLISHED",
            "mappings": [self._mapping(mapping) for mapping in mappings_of(body)],
        }
        self.world.store.put("mapping_set", sandbox, document["id"], document, touched_ms=now)
        return document

    def _mapping(self, mapping: Document) -> Document:
        now = self.world.time.now_ms()
        kept: Document = {key: mapping[key] for key in _KEPT if key in mapping}
        return {
            "identity": False,
            "primaryIdentity": False,
            "matchScore": 0.0,
            "functionVersion": 0,
            **kept,
            "id": self.world.ids.hex(32),
            "version": 0,
            "createdDate": now,
            "modifiedDate": now,
            "sourceType": mapping["sourceType"],
            "source": mapping["source"],
            "destination": mapping["destination"],
        }

    def schema_of(self, sandbox: str, body: Document) -> JsonSchema:
        """The resolved target schema of a set. Raises ServiceError when it is missing or unknown."""
        reference = output_schema(body)
        schema = self.schemas.schema(sandbox, str(reference["id"]))
        if schema is None:
            raise refused(f"The schema {reference['id']} was not found.", 1002)
        return schema

    def checked(self, sandbox: str, body: Document) -> list[Check]:
        """A verdict for each mapping, in order."""
        fields = field_types(self.schema_of(sandbox, body))
        verdicts: list[Check] = []
        for mapping in mappings_of(body):
            rule = MappingRule(mapping["sourceType"], mapping["source"], mapping["destination"])
            found = check_mapping(rule, fields, None)
            verdicts.append(Check(mapping, found.what if found else None))
        return verdicts

    def problems(self, sandbox: str, document: Document) -> list[str]:
        """What is wrong with a stored set."""
        return [check.exception for check in self.checked(sandbox, document) if check.exception]


def mapping_in(document: Document, id: str) -> Document:
    """One mapping of a set. Raises ServiceError 404."""
    for mapping in document["mappings"]:
        if mapping["id"] == id:
            found: Document = mapping
            return found
    raise refused(f"Mapping {id} was not found.", 1404, 404)


def output_schema(body: Document) -> Document:
    """`{id, contentType}` of the target, from the new form or the old one."""
    output = body.get("outputSchema")
    reference = output.get("schemaRef") if isinstance(output, dict) else None
    if isinstance(reference, dict) and isinstance(reference.get("id"), str):
        content = reference.get("contentType") or "application/vnd.adobe.xed-full+json;version=1"
        return {"id": reference["id"], "contentType": content}
    if isinstance(body.get("xdmSchema"), str):
        major = str(body.get("xdmVersion") or "1").partition(".")[0]
        return {"id": body["xdmSchema"], "contentType": f"application/vnd.adobe.xed-full+json;version={major}"}
    raise refused("outputSchema.schemaRef with id and contentType is missing.", 1003)


def mappings_of(body: Document) -> list[Document]:
    """The mappings in canonical form. Raises ServiceError for an entry without source or destination."""
    given = body.get("mappings")
    if not isinstance(given, list):
        raise refused("mappings must be an array.", 1004)
    found: list[Document] = []
    for entry in given:
        if not isinstance(entry, dict):
            raise refused("Each mapping must be an object.", 1004)
        source = entry.get("source", entry.get("sourceAttribute"))
        destination = entry.get("destination", entry.get("destinationXdmPath"))
        if not isinstance(source, str) or not isinstance(destination, str):
            raise refused("Each mapping needs a source and a destination.", 1004)
        kind = SOURCE_TYPES.get(str(entry.get("sourceType", "ATTRIBUTE")))
        if kind is None:
            raise refused(f"The sourceType {entry.get('sourceType')} is not supported.", 1005)
        found.append({**entry, "sourceType": kind, "source": source, "destination": destination})
    return found


def read_mapping(mapping: Document) -> Document:
    """A mapping as reads show it: the internal source type and both pairs of names."""
    return {
        **mapping,
        "sourceType": _READ_TYPES[mapping["sourceType"]],
        "sourceAttribute": mapping["source"],
        "destinationXdmPath": mapping["destination"],
    }


def read_set(document: Document, schema: JsonSchema | None = None) -> Document:
    """A set as reads show it; with `schema` its output schema is expanded."""
    reference = document["outputSchema"]["schemaRef"]
    shown = {
        **document,
        "schemaRef": reference,
        "xdmSchema": reference["id"],
        "xdmVersion": f"{media_version(reference['contentType']) or 1}.0",
        "mappings": [read_mapping(mapping) for mapping in document["mappings"]],
    }
    if schema is not None:
        shown["outputSchema"] = {"schemaRef": reference, "jsonSchema": schema}
    return {key: value for key, value in shown.items() if value is not None}
