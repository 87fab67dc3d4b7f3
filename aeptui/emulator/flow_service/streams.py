"""Streaming sources: what a source connection must say, which folder stands for its stream, and who may read it.

The stream of a source is the folder `/streams/<name>` of the platform's storage. Whoever has records appends them there
as JSON lines, to any `*.jsonl` file (see `appended.py`). The name is what the source calls the thing that holds the
records: Kinesis' `stream`, Event Hubs' `eventHubName`, and Pub/Sub's topic. A consumer group and a subscription hold
nothing, they are places in it, so flows with different ones each read everything. Characters that are no plain letters,
digits, `_`, `.`, `-` or `~` stand percent-encoded in the folder's name, and so does a dot in front: any name is a name
and none leads out.

Parameters and defaults: docs, "Create a source connection" for Kinesis, Event Hubs and Pub/Sub, and aep-api.md
section 7. Only `json` is supported as a format. Codes are those of missing or wrong parameters elsewhere (unverified).
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from aeptui.emulator.errors import flow_error
from aeptui.emulator.flow_service.specs import EVENT_HUBS, KINESIS, PUB_SUB, STREAM_VALUES
from aeptui.emulator.flow_service.state import Document, FlowService

_NAMES: Final = {KINESIS: ("stream",), EVENT_HUBS: ("eventHubName",), PUB_SUB: ("topicId", "topicName")}
_READERS: Final = {EVENT_HUBS: ("consumerGroup",), PUB_SUB: ("subscriptionId", "subscriptionName")}
"""What only one flow may use at a time. The newer spelling of Pub/Sub has the project in front."""
_DEFAULT_GROUP: Final = "$Default"


def check_stream(source: Document) -> None:
    """Whether a streaming source connection says all it must. Raises ServiceError 1327 or 1304."""
    data = source.get("data")
    word = str(data.get("format", "") if isinstance(data, dict) else "").lower()
    if word != "json":
        raise flow_error(1327, f"The format {word or 'none'} is not supported by a streaming source: json.")
    params, spec = _params(source), _spec(source)
    required = [_NAMES[spec], _READERS[PUB_SUB]] if spec == PUB_SUB else [_NAMES[spec]]
    for names in required:
        if not _value(params, names):
            raise flow_error(1304, f"params.{names[0]} is missing.")
    if "dataType" not in params:
        raise flow_error(1304, "params.dataType is missing.")
    for name, allowed in STREAM_VALUES.items():
        if name in params and params[name] not in allowed:
            raise flow_error(1304, f"params.{name} {params[name]} is not supported: {' or '.join(allowed)}.")


def needs_mapping(source: Document) -> bool:
    """Records that are XDM already need none; raw ones do (unverified: the flow spec calls it optional)."""
    return _params(source).get("dataType") != "xdm"


def begins_at_end(source: Document) -> bool:
    """Whether what the stream holds before the flow is made is left alone; `earliest` is the default."""
    return _params(source).get("reset") == "latest"


def folder_of(source: Document) -> str:
    """The storage path of the stream, starting with a slash."""
    name = quote(_last(_value(_params(source), _NAMES[_spec(source)])), safe="")
    return f"/streams/{'%2E' + name[1:] if name.startswith('.') else name}"


def reader_of(service: FlowService, sandbox: str, source: Document) -> list[str] | None:
    """The consumer group or subscription, with all that makes it one; None where any number of flows may read."""
    spec, params = _spec(source), _params(source)
    names = _READERS.get(spec)
    if names is None:
        return None
    base = service.find("connections", sandbox, str(source.get("baseConnectionId"))) or {}
    account = (base.get("auth") or {}).get("params") or {}
    if spec == EVENT_HUBS:
        return [
            spec,
            str(account.get("namespace")),
            _value(params, _NAMES[spec]),
            _value(params, names, _DEFAULT_GROUP),
        ]
    reader = _value(params, names)
    project = reader.split("/")[1] if reader.count("/") == 3 else str(account.get("projectId", ""))
    return [spec, project, _last(reader)]


def _spec(source: Document) -> str:
    return str(source["connectionSpec"]["id"])


def _params(source: Document) -> Document:
    params = source.get("params")
    return params if isinstance(params, dict) else {}


def _value(params: Document, names: tuple[str, ...], default: str = "") -> str:
    """The first of some parameters that is there and no empty text."""
    given = (params.get(name) for name in names)
    return next((value for value in given if isinstance(value, str) and _last(value)), default)


def _last(name: str) -> str:
    """`T` of Pub/Sub's `projects/P/topics/T`; any other name as it is."""
    parts = name.split("/")
    return parts[3] if len(parts) == 4 and parts[0] == "projects" else name
