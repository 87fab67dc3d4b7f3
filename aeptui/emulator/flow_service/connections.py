"""Base, source and target connections: what a create accepts, and what a delete refuses.

No login is ever made: credentials are checked for their form and then forgotten. A host that ends in `.invalid` fails
its test, so that a client's handling of that can be tried.
"""

from __future__ import annotations

from typing import Final

from aeptui.emulator.errors import flow_error
from aeptui.emulator.flow_service.specs import COMPRESSIONS, DATA_LAKE, ENCODINGS, FORMATS, LANDING_ZONE, STREAMS
from aeptui.emulator.flow_service.state import Document, FlowService, check_words, checked_body, spec_id
from aeptui.emulator.flow_service.streams import check_stream

MASK: Final = "******"
_BASE_PATHS: Final = frozenset({"name", "description", "auth", "labels"})
_SIDE_PATHS: Final = frozenset({"name", "description", "params", "data", "labels"})
_FORMAT_ALIASES: Final = {"parquet_xdm": "parquet"}


class BaseConnections:
    """Flow Service, /connections."""

    kind = "connections"

    def __init__(self, service: FlowService) -> None:
        self._service = service

    def create(self, sandbox: str, body: Document, *, draft: bool) -> Document:
        """POST /connections."""
        body = checked_body(body)
        id = spec_id(body, "connectionSpec")
        spec = self._service.specs.connections.get(id)
        if spec is None:
            raise flow_error(1413, f"The connection spec {id} was not found.")
        check_words(body, "connection")
        body["auth"] = self._auth(spec, body.get("auth"))
        if draft:
            body["state"] = "draft"
        return self._service.create(self.kind, sandbox, body)

    def _auth(self, spec: Document, auth: object) -> Document:
        name = auth.get("specName") if isinstance(auth, dict) else None
        known = next((entry for entry in spec["authSpec"] if entry["name"] == name), None)
        if known is None or not isinstance(auth, dict):
            names = ", ".join(entry["name"] for entry in spec["authSpec"]) or "none"
            raise flow_error(1415, f"The auth spec {name} is not one of: {names}.")
        given = auth.get("params")
        params: Document = given if isinstance(given, dict) else {}
        missing = [key for key in known["spec"]["required"] if params.get(key) in (None, "")]
        if missing:
            raise flow_error(1308, f"The auth parameter {missing[0]} is missing.")
        for key, node in known["spec"]["properties"].items():
            if key in params and not _fits(params[key], node):
                raise flow_error(1308, f"The auth parameter {key} must be of the type {node['type']}.")
        return {"specName": name, "params": self._masked(spec["id"], params)}

    def _masked(self, id: str, params: Document) -> Document:
        secrets = self._service.specs.secret_names(id)
        return {key: MASK if key in secrets else value for key, value in params.items()}

    def patch(self, sandbox: str, id: str, if_match: str | None, instructions: object) -> Document:
        """PATCH /connections/{id}."""
        items = instructions if isinstance(instructions, list) else []
        if any(str(item.get("path", "")).startswith("/connectionSpec") for item in items if isinstance(item, dict)):
            raise flow_error(1414, "The connection spec cannot be changed.", kind=self.kind, id=id)
        known = self._service.need(self.kind, sandbox, id)
        changed = self._service.patched(self.kind, sandbox, id, if_match, instructions, _BASE_PATHS)
        if changed["auth"].get("specName") != known["auth"].get("specName"):
            raise flow_error(1415, "The auth type of a connection cannot be changed.", kind=self.kind, id=id)
        changed["auth"] = self._auth(self._service.specs.connections[known["connectionSpec"]["id"]], changed["auth"])
        return self._service.save(self.kind, sandbox, changed)

    def publish(self, sandbox: str, id: str, if_match: str | None) -> Document:
        """POST /connections/{id}/action?op=publish."""
        changed = self._service.publishable(self.kind, sandbox, id, if_match)
        return self._service.save(self.kind, sandbox, changed)

    def delete(self, sandbox: str, id: str) -> None:
        """DELETE /connections/{id}."""
        self._service.need(self.kind, sandbox, id)
        if self._service.flows_on(sandbox, id):
            raise flow_error(1418, f"The base connection {id} is used by one or more flows.", kind=self.kind, id=id)
        self._service.world.store.delete(self.kind, sandbox, id)

    def test(self, sandbox: str, id: str) -> bool:
        """GET /connections/{id}/test."""
        params = self._service.need(self.kind, sandbox, id)["auth"]["params"]
        hosts = [str(params.get(key, "")).split("/")[:3] for key in ("host", "serviceUrl", "url", "serviceEndpoint")]
        return not any(part.endswith(".invalid") for parts in hosts for part in parts)


class SourceConnections:
    """Flow Service, /sourceConnections."""

    kind = "sourceConnections"

    def __init__(self, service: FlowService) -> None:
        self._service = service

    def create(self, sandbox: str, body: Document, *, draft: bool) -> Document:
        """POST /sourceConnections."""
        body = checked_body(body)
        id = spec_id(body, "connectionSpec")
        if id not in self._service.specs.connections or id == DATA_LAKE:
            raise flow_error(1413, f"The connection spec {id} was not found.")
        check_words(body, "source connection")
        base_id = body.get("baseConnectionId")
        base: Document | None = None
        if id == LANDING_ZONE:
            if base_id:
                raise flow_error(1332, "A source connection of the Data Landing Zone has no base connection.")
        elif not base_id:
            raise flow_error(1304, "baseConnectionId is missing.")
        else:
            base = self._service.need("connections", sandbox, str(base_id))
            if base["connectionSpec"]["id"] != id:
                raise flow_error(1413, "The base connection has another connection spec.")
            if not draft:
                _check_published(base)
        if not draft:
            check_any_source(body)
        if draft:
            body["state"] = "draft"
        body["inheritedAttributes"] = {
            "baseConnection": {"id": base_id, "connectionSpec": body["connectionSpec"]} if base_id else None,
        }
        body["providerRefId"] = self._service.world.ids.uuid()
        return self._service.create(self.kind, sandbox, body, owner=str(base_id or ""))

    def patch(self, sandbox: str, id: str, if_match: str | None, instructions: object) -> Document:
        """PATCH /sourceConnections/{id}. A flow that exists keeps what it was created with."""
        changed = self._service.patched(self.kind, sandbox, id, if_match, instructions, _SIDE_PATHS)
        if changed["state"] != "draft":
            check_any_source(changed)
        return self._service.save(self.kind, sandbox, changed)

    def publish(self, sandbox: str, id: str, if_match: str | None) -> Document:
        """POST /sourceConnections/{id}/action?op=publish: after its base connection."""
        changed = self._service.publishable(self.kind, sandbox, id, if_match)
        if base_id := changed.get("baseConnectionId"):
            _check_published(self._service.need("connections", sandbox, str(base_id)))
        check_any_source(changed)
        return self._service.save(self.kind, sandbox, changed)

    def delete(self, sandbox: str, id: str) -> None:
        """DELETE /sourceConnections/{id}."""
        _delete_side(self._service, self.kind, "sourceConnectionIds", sandbox, id)


class TargetConnections:
    """Flow Service, /targetConnections."""

    kind = "targetConnections"

    def __init__(self, service: FlowService) -> None:
        self._service = service

    def create(self, sandbox: str, body: Document, *, draft: bool) -> Document:
        """POST /targetConnections."""
        body = checked_body(body)
        id = spec_id(body, "connectionSpec")
        if id != DATA_LAKE:
            raise flow_error(1307, f"The connection spec {id} cannot be a target.")
        check_words(body, "target connection")
        self._check(sandbox, body)
        if draft:
            body["state"] = "draft"
        return self._service.create(self.kind, sandbox, body)

    def _check(self, sandbox: str, body: Document) -> None:
        params, data = body.get("params"), body.get("data")
        dataset = params.get("dataSetId") if isinstance(params, dict) else None
        if not isinstance(dataset, str) or not dataset:
            raise flow_error(1325, "params.dataSetId is missing.")
        if self._service.catalog.dataset(sandbox, dataset) is None:
            raise flow_error(1325, f"The dataset {dataset} was not found.")
        schema = data.get("schema") if isinstance(data, dict) else None
        if not isinstance(schema, dict) or not isinstance(schema.get("id"), str):
            raise flow_error(1326, "data.schema with id and version is missing.")

    def patch(self, sandbox: str, id: str, if_match: str | None, instructions: object) -> Document:
        """PATCH /targetConnections/{id}."""
        changed = self._service.patched(self.kind, sandbox, id, if_match, instructions, _SIDE_PATHS)
        self._check(sandbox, changed)
        return self._service.save(self.kind, sandbox, changed)

    def publish(self, sandbox: str, id: str, if_match: str | None) -> Document:
        """POST /targetConnections/{id}/action?op=publish."""
        changed = self._service.publishable(self.kind, sandbox, id, if_match)
        self._check(sandbox, changed)
        return self._service.save(self.kind, sandbox, changed)

    def delete(self, sandbox: str, id: str) -> None:
        """DELETE /targetConnections/{id}."""
        _delete_side(self._service, self.kind, "targetConnectionIds", sandbox, id)


def _fits(value: object, node: Document) -> bool:
    """Whether a value is of an auth parameter's type; a whole number may be text (rows 3 and 34 of section 8)."""
    if node["type"] == "string":
        return isinstance(value, str)
    text = str(value)
    if node["type"] == "boolean":
        return text.lower() in ("true", "false")
    return not isinstance(value, bool) and text.isdecimal() and int(text) >= node.get("minimum", 0)


def _check_published(base: Document) -> None:
    if base["state"] == "draft":
        raise flow_error(1456, f"The base connection {base['id']} is a draft.", kind="connections", id=base["id"])


def _delete_side(service: FlowService, kind: str, key: str, sandbox: str, id: str) -> None:
    service.need(kind, sandbox, id)
    if service.flows_with(sandbox, key, id):
        raise flow_error(1447, f"The resource {id} is used by one or more flows.", kind=kind, id=id)
    service.world.store.delete(kind, sandbox, id)


def source_format(source: Document) -> str:
    """delimited, json or parquet, from whatever spelling. Raises ServiceError 1327."""
    data = source.get("data")
    word = str(data.get("format", "") if isinstance(data, dict) else "").lower()
    word = _FORMAT_ALIASES.get(word, word)
    if word not in FORMATS:
        raise flow_error(1327, f"The format {word or 'none'} is not supported: delimited, json or parquet.")
    return word


def source_properties(source: Document) -> Document:
    """`columnDelimiter`, `encoding`, `compressionType` from their new or old place."""
    data = source["data"]
    given = data.get("properties")
    found = dict(given) if isinstance(given, dict) else {}
    if "columnDelimiter" in data:
        found.setdefault("columnDelimiter", data["columnDelimiter"])
    if found.get("columnDelimiter") == "\\t":
        found["columnDelimiter"] = "\t"
    return found


def check_any_source(source: Document) -> None:
    """Whether a source connection, batch or streaming, could be ingested."""
    if source["connectionSpec"]["id"] in STREAMS:
        check_stream(source)
    else:
        check_source(source)


def check_source(source: Document) -> None:
    """Whether a source connection could be ingested. Raises ServiceError 1327, 1331 or 1304 (a guess for `params`)."""
    kind = source_format(source)
    properties = source_properties(source)
    delimiter = properties.get("columnDelimiter")
    if delimiter is not None:
        if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
            raise flow_error(1331, "columnDelimiter must be one character, and no quote or line end.")
        if kind != "delimited":
            raise flow_error(1331, f"columnDelimiter is not allowed with the format {kind}.")
    compression = properties.get("compressionType")
    if compression is not None and (kind == "parquet" or compression not in COMPRESSIONS):
        raise flow_error(1327, f"The compressionType {compression} is not supported for {kind}.")
    encoding = properties.get("encoding")
    if encoding is not None and (kind != "delimited" or encoding not in ENCODINGS):
        raise flow_error(1327, f"The encoding {encoding} is not supported for {kind}.")
    given = source.get("params")
    params: Document = given if isinstance(given, dict) else {}
    path = params.get("path")
    if not isinstance(path, str) or not path:
        raise flow_error(1304, "params.path is missing.")
    if params.get("type") not in (None, "file", "folder"):
        raise flow_error(1304, f"params.type {params['type']} is not supported: file or folder.")
    if str(params.get("recursive", False)).lower() not in ("true", "false"):
        raise flow_error(1304, "params.recursive must be true or false.")
