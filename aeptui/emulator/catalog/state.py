"""Datasets and batches in the store, and the rules of their creation. Answers are maps keyed by id."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any, Final

from aeptui.emulator.errors import ServiceError, problem
from aeptui.emulator.filters import equal
from aeptui.emulator.patching import PatchError, apply_patch
from aeptui.emulator.schema_registry.state import SchemaRegistry, alt_id
from aeptui.emulator.shelf import Shelf
from aeptui.emulator.world import CLIENT_ID, ORG_ID, World, sandbox_id

Document = dict[str, Any]

_MAJOR: Final = re.compile(r"version\s*=\s*(\d{1,9})")
_FORBIDDEN: Final = frozenset({"imsOrg", "created", "createdClient", "createdUser", "id"})


_SERVERS: Final = _FORBIDDEN | {
    *("_id", "updated", "updatedUser", "version", "viewId", "basePath", "files", "sandboxId"),
    *("lastBatchId", "lastBatchStatus", "lastSuccessfulBatch", "lastFailedBatch", "observableSchema"),
}
"""What the platform says of a dataset; a replacement keeps it."""
_TYPES: Final[dict[str, tuple[type, str]]] = {
    "description": (str, "text"),
    "schema": (str, "text"),
    "enableErrorDiagnostics": (bool, "true or false"),
    "tags": (dict, "an object of lists of text"),
    "fileDescription": (dict, "an object"),
    "persistence": (dict, "an object"),
    "dataSourceId": (int, "a number"),
}
_FORMATS: Final = ("", "csv", "text", "parquet", "json", "sequencefile", "avro")
_CHARSETS: Final = ("", "US-ASCII", "UTF-8", "ISO-8859-1")
_MARKS: Final = ("delimiters", "quotes", "escapes", "nullMarkers")


def media_version(text: object) -> int | None:
    """The major version inside a media type such as `application/vnd.adobe.xed+json; version=1`."""
    match = _MAJOR.search(text) if isinstance(text, str) else None
    return int(match[1]) if match else None


def refused(message: str, code: int = 1000, status: int = 400) -> ServiceError:
    """A Catalog error; its real shape is not documented, so it is a problem object."""
    return problem("CATALOG", code, message, status)


class Catalog:
    """Datasets and batches of every sandbox."""

    def __init__(self, world: World, schemas: SchemaRegistry) -> None:
        self.world = world
        self._schemas = schemas
        schemas.datasets_of = self._of_schema

    def _of_schema(self, sandbox: str, id: str) -> list[Document]:
        return self.datasets(sandbox).find([equal("schemaRef.id", [id, alt_id(id)])])

    # -- datasets

    def datasets(self, sandbox: str) -> Shelf:
        """All datasets, each with its `id` under `_id`."""
        return Shelf(self.world.store, "dataset", sandbox)

    def dataset(self, sandbox: str, id: str) -> Document | None:
        """One dataset."""
        return self.world.store.get("dataset", sandbox, id)

    def need_dataset(self, sandbox: str, id: str) -> Document:
        """One dataset, or a 404."""
        found = self.dataset(sandbox, id)
        if found is None:
            raise refused(f"Dataset {id} was not found.", 1404, 404)
        return found

    def create_dataset(self, sandbox: str, body: Document) -> str:
        """Make a dataset; its id. Catalog, POST /dataSets."""
        _check_own(body)
        self._check_schema(sandbox, body)
        id = self.world.ids.hex(24)
        now = self.world.time.now_ms()
        document: Document = {
            "_id": id,
            **_defaults(),
            **_own(body),
            "imsOrg": ORG_ID,
            "sandboxId": sandbox_id(sandbox),
            "version": "1.0.0",
            "created": now,
            "updated": now,
            "createdClient": CLIENT_ID,
            "createdUser": CLIENT_ID,
            "updatedUser": CLIENT_ID,
            "viewId": self.world.ids.hex(24),
            "basePath": f"local://datasets/{id}",
            "files": f"@/dataSetFiles?dataSetId={id}",
        }
        document["tags"] = _tags(body.get("tags"))
        self._save(sandbox, document)
        return id

    def change_dataset(self, sandbox: str, id: str, change: object, *, deep: bool = False) -> None:
        """PATCH: JSON Patch when `change` is a list, else a partial object, merged deeply when asked."""
        known = self.need_dataset(sandbox, id)
        try:
            if isinstance(change, list):
                changed = apply_patch(known, change)
            elif isinstance(change, dict):
                changed = _merged(known, change) if deep else {**known, **change}
            else:
                raise refused("The body must be an object or an array of {op, path, value}.")
        except PatchError as error:
            raise refused(str(error)) from error
        for key in (*_FORBIDDEN, "_id"):
            if changed.get(key) != known.get(key):
                raise refused(f"{key} cannot be changed.")
        ours = _SERVERS - _FORBIDDEN
        theirs = {key: value for key, value in changed.items() if key not in ours}
        self._changed(sandbox, known, {**theirs, **{key: known[key] for key in ours if key in known}})

    def _changed(self, sandbox: str, known: Document, changed: Document) -> None:
        """Check and write a changed dataset. Its schema is fixed once there is data (inferred)."""
        _check_own(changed)
        if changed.get("schemaRef") != known.get("schemaRef"):
            if known.get("lastBatchId"):
                raise refused("The schema of a dataset with data cannot be changed.")
            self._check_schema(sandbox, changed)
        changed["tags"] = _tags(changed.get("tags"))
        self._check_profile(sandbox, changed)
        changed["updated"] = max(self.world.time.now_ms(), known["updated"] + 1)
        major, minor, patch = known["version"].split(".")
        changed["version"] = f"{major}.{minor}.{int(patch) + 1}"
        self._save(sandbox, changed)

    def replace_dataset(self, sandbox: str, id: str, body: object) -> None:
        """PUT: everything that a client may set, again."""
        known = self.need_dataset(sandbox, id)
        if not isinstance(body, dict):
            raise refused("The body must be an object.")
        kept = {key: known[key] for key in known if key in _SERVERS}
        self._changed(sandbox, known, {**_defaults(), **_own(body), **kept})

    def delete_dataset(self, sandbox: str, id: str) -> None:
        """Remove a dataset, its batches and its files."""
        self.need_dataset(sandbox, id)
        with self.world.store.transaction():
            for batch in self.batches(sandbox, id):
                self.world.store.delete("batch", sandbox, batch["id"])
            self.world.store.delete("dataset", sandbox, id)
        shutil.rmtree(self.world.dataset_folder(id), ignore_errors=True)

    def _check_schema(self, sandbox: str, body: Document) -> None:
        reference = body.get("schemaRef")
        if not isinstance(reference, dict) or not isinstance(reference.get("id"), str):
            raise refused("schemaRef with id and contentType is missing.")
        if self._schemas.schema(sandbox, reference["id"]) is None:
            raise refused(f"The schema {reference['id']} was not found.", 1422)
        if not isinstance(reference.get("contentType", ""), str):
            raise refused("contentType in schemaRef must be text.")
        version = media_version(reference.get("contentType"))
        if version not in (None, 1):
            raise refused(f"The schema has no version {version}.", 1422)
        self._check_profile(sandbox, body)

    def _check_profile(self, sandbox: str, body: Document) -> None:
        tags = _tags(body.get("tags")).get("unifiedProfile", [])
        if not any(tag.replace(" ", "") == "enabled:true" for tag in tags):
            return
        schema = self._schemas.schema(sandbox, body["schemaRef"]["id"])
        if schema is None or "union" not in schema.get("meta:immutableTags", []):
            raise refused("A dataset can be enabled for Profile only when its schema is (meta:immutableTags union).")

    def _save(self, sandbox: str, document: Document) -> None:
        self.world.store.put("dataset", sandbox, document["_id"], document, touched_ms=document["updated"])

    def data_files(self, sandbox: str, id: str) -> list[Path]:
        """Where the files of a dataset's batches are."""
        return [
            self.world.dataset_folder(id, batch["id"]) / file["name"]
            for batch in self.batches(sandbox, id)
            for file in batch.get("_files", [])
        ]

    # -- batches

    def all_batches(self, sandbox: str) -> Shelf:
        """The batches of all datasets."""
        return Shelf(self.world.store, "batch", sandbox)

    def batches(self, sandbox: str, dataset: str) -> list[Document]:
        """The batches of a dataset, oldest first."""
        return self.world.store.list("batch", sandbox, owner=dataset)

    def last_batch(self, sandbox: str, dataset: str) -> Document | None:
        """The batch of a dataset that was made last."""
        return self.world.store.newest("batch", sandbox, dataset)

    def batch(self, sandbox: str, id: str) -> Document | None:
        """One batch."""
        return self.world.store.get("batch", sandbox, id)

    def add_batch(self, sandbox: str, dataset: str, batch: Document) -> None:
        """Record a batch that a flow run has published, and what the dataset says about it."""
        self.world.store.put("batch", sandbox, batch["id"], batch, owner=dataset, touched_ms=batch["updated"])
        known = self.dataset(sandbox, dataset)
        if known is None:
            return
        known.update(lastBatchId=batch["id"], lastBatchStatus=batch["status"], updated=batch["updated"])
        if batch["status"] == "success":
            known["lastSuccessfulBatch"] = batch["id"]
        self._save(sandbox, known)


def _defaults() -> Document:
    """What a dataset says when its maker does not."""
    return {
        "description": "",
        "enableErrorDiagnostics": False,
        "fileDescription": {"persisted": True, "containerFormat": "parquet", "format": "parquet"},
    }


def _own(body: Document) -> Document:
    """What a body says that is the client's to say."""
    return {key: value for key, value in body.items() if key not in _SERVERS and not key.startswith("_")}


def _check_own(body: Document) -> None:
    """Raises ServiceError when something that a client says about a dataset has the wrong type."""
    if not isinstance(body.get("name"), str) or not body["name"].strip():
        raise refused("The name of the dataset is missing.")
    for key, (kind, word) in _TYPES.items():
        if not isinstance(body.get(key, kind()), kind):
            raise refused(f"{key} must be {word}.")
    files = body.get("fileDescription", {})
    for key, allowed in (("format", _FORMATS), ("charset", _CHARSETS)):
        if files.get(key, "") not in allowed:
            raise refused(f"{key} in fileDescription must be one of {', '.join(allowed[1:])}.")
    for key in _MARKS:
        marks = files.get(key, [])
        if not isinstance(marks, list) or not all(isinstance(mark, str) for mark in marks):
            raise refused(f"{key} in fileDescription must be a list of text.")
    if not isinstance(files.get("header", False), bool):
        raise refused("header in fileDescription must be true or false.")


def _tags(given: object) -> dict[str, list[str]]:
    """Tags as arrays of strings, whatever form they came in."""
    if not isinstance(given, dict):
        return {}
    return {
        str(key): [str(item) for item in (value if isinstance(value, list) else [value])]
        for key, value in given.items()
    }


def _merged(known: Document, change: Document) -> Document:
    merged = dict(known)
    for key, value in change.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
