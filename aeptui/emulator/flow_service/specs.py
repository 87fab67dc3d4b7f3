"""Connection specs and flow specs: built from `connectors.toml`, the same for everybody, never changed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

Document = dict[str, Any]

DATA_LAKE: Final = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
LANDING_ZONE: Final = "26f526f2-58f4-4712-961d-e41bf1ccc0e8"
FTP: Final = "fb2e94c9-c031-467d-8103-6bd6e0a432f2"
KINESIS: Final = "86043421-563b-46ec-8e6c-e23184711bf6"
EVENT_HUBS: Final = "bf9f5905-92b7-48bf-bf20-455bc6b60a4e"
PUB_SUB: Final = "70116022-a743-464a-bbfe-e226a7f8210c"
BATCH_FLOW: Final = "9753525b-82c7-4dce-8a9b-5ccfce2b9876"
STREAM_FLOW: Final = "d69717ba-71b4-4313-b654-49f9cf126d7a"
BATCH_PROVIDER: Final = "0ed90a81-07f4-4586-8190-b40eccef1c5a"
STREAM_PROVIDER: Final = "521eee4d-8cbe-4906-bb48-fb6bd4450033"
STREAMS: Final = (KINESIS, EVENT_HUBS, PUB_SUB)
COMPRESSIONS: Final = ("bzip2", "gzip", "deflate", "zipDeflate", "tarGzip", "tar")
FORMATS: Final = ("delimited", "json", "parquet")
ENCODINGS: Final = ("UTF-8", "ISO-8859-1")
STREAM_VALUES: Final = {"dataType": ("raw", "xdm"), "reset": ("latest", "earliest")}
_STREAM_DEFAULTS: Final = {"reset": "earliest", "consumerGroup": "$Default"}
_DRAFT: Final = "http://json-schema.org/draft-07/schema#"

SCHEDULE: Final[Document] = {
    "type": "object",
    "properties": {
        "startTime": {"type": "integer"},
        "frequency": {"enum": ["once", "minute", "hour", "day", "week"]},
        "interval": {"type": "integer"},
        "backfill": {"type": "boolean", "default": True},
    },
    "required": ["startTime", "frequency"],
    "if": {"properties": {"frequency": {"const": "once"}}},
    "then": {"allOf": [{"not": {"required": ["interval"]}}, {"not": {"required": ["backfill"]}}]},
    "else": {
        "required": ["interval"],
        "if": {"properties": {"frequency": {"const": "minute"}}},
        "then": {"properties": {"interval": {"minimum": 15}}},
        "else": {"properties": {"interval": {"minimum": 1}}},
    },
}


def _words(text: str) -> str:
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in text)
    return spaced[:1].upper() + spaced[1:]


def _auth(entry: Document) -> Document:
    properties: Document = {}
    required: list[str] = []
    for parameter in entry["params"].split():
        text, _, kind = parameter.partition(":")
        name = text.rstrip("*?")
        properties[name] = {"type": kind or "string", "title": _words(name), "description": f"{_words(name)}."}
        if "*" in text:
            properties[name]["format"] = "password"
        if name == "port":
            properties[name]["default"] = 22
        if kind == "integer":
            properties[name]["minimum"] = 1
        if "?" not in text:
            required.append(name)
    spec = {"$schema": _DRAFT, "type": "object", "properties": properties, "required": required}
    return {"name": entry["name"], "type": entry["type"], "spec": spec}


def _permissions(name: str) -> Document:
    def entry(what: str) -> list[Document]:
        return [{"@type": "lowLevel", "name": name, "permissions": [what]}]

    return {"manage": entry("write"), "view": entry("read")}


_FILE_PARAMS: Final[Document] = {
    "fileType": {"enum": list(FORMATS)},
    "preview": {"type": "boolean"},
    "columnDelimiter": {"type": "string", "default": ","},
    "compressionType": {"enum": list(COMPRESSIONS)},
    "encoding": {"enum": list(ENCODINGS), "default": "UTF-8"},
    "determineProperties": {"type": "boolean"},
}
_EXPLORE: Final[Document] = {
    "name": "FileSystem",
    "type": "FileSystem",
    "requestSpec": {
        "$schema": _DRAFT,
        "type": "object",
        "properties": {
            "objectType": {"type": "string", "enum": ["file", "folder", "root"]},
            "object": {"type": "string"},
            **_FILE_PARAMS,
        },
        "allOf": [
            {
                "if": {"properties": {"objectType": {"const": "file"}}},
                "then": {"required": ["object", "fileType"]},
            },
            {"if": {"properties": {"objectType": {"const": "folder"}}}, "then": {"required": ["object"]}},
        ],
    },
    "responseSpec": {
        "root": {"type": "array", "items": {"type": "object"}},
        "folder": {"type": "array", "items": {"type": "object"}},
        "file": {"delimited": {"type": "object"}, "json": {"type": "object"}, "parquet": {"type": "object"}},
    },
}


def _stream_params(text: str) -> tuple[Document, list[str]]:
    """The properties of a streaming source connection, and the required ones."""
    properties: Document = {}
    for name in text.replace("?", "").split():
        properties[name] = {"type": "string", "title": _words(name)}
        if name in STREAM_VALUES:
            properties[name]["enum"] = list(STREAM_VALUES[name])
        if name in _STREAM_DEFAULTS:
            properties[name]["default"] = _STREAM_DEFAULTS[name]
    return properties, [name for name in text.split() if not name.endswith("?")]


def _connection_spec(entry: Document) -> Document:
    streaming = entry.get("streaming")
    if streaming:
        params, required = _stream_params(streaming)
        kind = "Streaming"
    else:
        params = {
            "path": {"type": "string", "title": "Path"},
            "type": {"type": "string", "enum": ["file", "folder"]},
            "recursive": {"type": "boolean", "default": False},
        }
        kind, required = "CloudStorage", ["path"]
    label: Document = {
        "isSource": True,
        "category": {"key": "cloudStorage"},
        "label": {"key": entry["title"]},
        "description": {"key": entry["description"]},
    }
    spec: Document = {
        "id": entry["id"],
        "name": entry["name"],
        "providerId": STREAM_PROVIDER if streaming else BATCH_PROVIDER,
        "version": "1.0",
        "authSpec": [_auth(auth) for auth in entry["auth"]],
        "sourceSpec": {
            "name": kind,
            "type": kind,
            "spec": {"$schema": _DRAFT, "type": "object", "properties": params, "required": required},
            "attributes": {"uiAttributes": label},
        },
        "attributes": {
            "category": "Cloud Storage",
            "connectorName": entry["title"],
            "isSource": True,
            "isDraftModeSupported": True,
            "uiAttributes": {**label, "apiFeatures": {"explorePaginationSupported": False}},
        },
        "permissionsInfo": _permissions("StreamingSource" if streaming else "EnterpriseSource"),
    }
    if not streaming:
        spec["exploreSpec"] = _EXPLORE
    return spec


def _data_lake() -> Document:
    label: Document = {
        "isDestination": False,
        "label": {"key": "Data lake"},
        "description": {"key": "Datasets of the platform."},
    }
    target: Document = {
        "type": "object",
        "properties": {"dataSetId": {"type": "string"}},
        "required": ["dataSetId"],
    }
    return {
        "id": DATA_LAKE,
        "name": "datalake",  # as aepp looks it up
        "providerId": BATCH_PROVIDER,
        "version": "1.0",
        "authSpec": [],
        "targetSpec": {"name": "DataLake", "type": "DataLake", "spec": target, "attributes": {"uiAttributes": label}},
        "attributes": {"category": "Data lake", "connectorName": "Data lake", "isSource": False, "uiAttributes": label},
        "permissionsInfo": _permissions("EnterpriseSource"),
    }


def _mapping_spec() -> Document:
    properties: Document = {"mappingId": {"type": "string"}, "mappingVersion": {"type": "string"}}
    return {"name": "Mapping", "spec": {"$schema": _DRAFT, "type": "object", "properties": properties}}


def _flow_spec(id: str, name: str, provider: str, sources: list[str], frequency: str) -> Document:
    options: Document = {
        "errorDiagnosticsEnabled": {"type": "boolean", "default": False, "title": "Error diagnostics"},
        "partialIngestionPercent": {"type": "number", "exclusiveMinimum": 0, "title": "Partial ingestion threshold"},
    }
    return {
        "id": id,
        "name": name,
        "providerId": provider,
        "version": "1.0",
        "sourceConnectionSpecIds": sources,
        "targetConnectionSpecIds": [DATA_LAKE],
        "optionSpec": {"name": "OptionSpec", "spec": {"$schema": _DRAFT, "type": "object", "properties": options}},
        "transformationSpecs": [_mapping_spec()],
        "attributes": {
            "isSourceFlow": True,
            "isDraftModeSupported": True,
            "flacValidationSupported": True,
            "frequency": frequency,
            "notification": {"category": "sources", "flowRun": {"enabled": True}},
        },
        "permissionsInfo": _permissions("StreamingSource" if frequency == "streaming" else "EnterpriseSource"),
    }


class Specs:
    """The two catalogues, by id."""

    def __init__(self) -> None:
        text = (Path(__file__).parent / "connectors.toml").read_text(encoding="utf-8")
        entries = tomllib.loads(text)["connector"]
        self.connections: dict[str, Document] = {entry["id"]: _connection_spec(entry) for entry in entries}
        self.connections[DATA_LAKE] = _data_lake()
        batch_ids = [entry["id"] for entry in entries if "streaming" not in entry]
        stream_ids = [entry["id"] for entry in entries if "streaming" in entry]
        batch = _flow_spec(BATCH_FLOW, "CloudStorageToAEP", BATCH_PROVIDER, batch_ids, "batch")
        encryption = {"publicKeyId": {"type": "string"}}
        batch["transformationSpecs"].append(
            {"name": "Encryption", "spec": {"type": "object", "properties": encryption}}
        )
        batch["scheduleSpec"] = {"name": "PeriodicSchedule", "type": "Periodic", "spec": SCHEDULE}
        times = ("startTime", "windowStartTime", "windowEndTime")
        run = {"type": "object", "properties": {name: {"type": "integer"} for name in times}, "required": list(times)}
        batch["runSpec"] = {"name": "RunSpec", "spec": run}
        stream_name = "Stream data with optional transformation"
        stream = _flow_spec(STREAM_FLOW, stream_name, STREAM_PROVIDER, stream_ids, "streaming")
        stream["attributes"]["uiAttributes"] = {"apiFeatures": {"flowRunsSupported": False}}
        self.flows: dict[str, Document] = {BATCH_FLOW: batch, STREAM_FLOW: stream}
        self.samples: list[tuple[str, Document]] = [
            (f"Sample {entry['title']}", self.connections[entry["id"]])
            for entry in entries
            if "streaming" not in entry and entry["auth"]
        ]

    def secret_names(self, connection_spec_id: str) -> frozenset[str]:
        """The auth parameters that must never be shown."""
        spec = self.connections.get(connection_spec_id, {})
        return frozenset(
            name
            for auth in spec.get("authSpec", [])
            for name, node in auth["spec"]["properties"].items()
            if node.get("format") == "password"
        )


def sample_id(name: str) -> str:
    """The fixed id of a sample base connection."""
    return str(uuid5(NAMESPACE_URL, f"aeptui/base-connection/{name}"))
