"""Flows: what a create and a patch accept, with the documented codes, and how a flow is shown."""

from __future__ import annotations

import math
from typing import Any, Final

from aeptui.emulator.bounds import whole_number
from aeptui.emulator.catalog.state import media_version
from aeptui.emulator.errors import ServiceError, flow_error
from aeptui.emulator.flow_service.appended import Stream
from aeptui.emulator.flow_service.connections import check_any_source, source_format
from aeptui.emulator.flow_service.schedule import PARAMS, ScheduleError, read_schedule
from aeptui.emulator.flow_service.specs import BATCH_FLOW, FTP, STREAM_FLOW, STREAMS
from aeptui.emulator.flow_service.state import (
    Document,
    FlowService,
    action_word,
    check_words,
    checked_body,
    public,
    spec_id,
)
from aeptui.emulator.flow_service.streams import begins_at_end, folder_of, needs_mapping, reader_of
from aeptui.emulator.patching import patch_paths

_PATHS: Final = frozenset({"name", "description", "scheduleParams", "transformations", "options", "labels"})
_WITHOUT_MAPPING: Final = ("parquet_xdm",)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


class Flows:
    """Flow Service, /flows."""

    kind = "flows"

    def __init__(self, service: FlowService) -> None:
        self._service = service

    # -- writing

    def create(self, sandbox: str, body: Document, *, draft: bool) -> Document:
        """POST /flows."""
        body = checked_body(body)
        check_words(body, "flow")
        id = spec_id(body, "flowSpec")
        if id not in self._service.specs.flows:
            raise flow_error(1413, f"The flow spec {id} was not found.")
        sources, targets = self._sides(sandbox, body, id)
        body["options"] = _options(body.get("options"))
        if draft:
            body["state"] = "draft"
        else:
            self._check(sandbox, body, sources, targets, start_must_be_ahead=True)
            self._check_reader(sandbox, sources[0])
        now = self._service.world.time.now_ms()
        body.update(_pinned(sources, targets))
        body["providerRefId"] = self._service.world.ids.uuid()
        body["lastOperation"] = _operation("create", now)
        with self._service.world.store.transaction():
            made = self._service.create(self.kind, sandbox, body)
            if id == STREAM_FLOW and not draft:
                self._begin_stream(made)
        if id == STREAM_FLOW:
            self._service.streaming[made["id"]] = sandbox
        self._service.wake()
        return made

    def patch(self, sandbox: str, id: str, if_match: str | None, instructions: object) -> Document:
        """PATCH /flows/{id}."""
        known = self._service.need(self.kind, sandbox, id)
        changed = self._service.patched(self.kind, sandbox, id, if_match, instructions, _PATHS)
        for _, parts, _ in patch_paths(instructions):
            if parts[0] == "scheduleParams" and len(parts) > 1 and parts[1] not in PARAMS:
                raise flow_error(1365, f"The path /{'/'.join(parts)} is not valid.", kind=self.kind, id=id)
        changed["options"] = _options(changed.get("options"))
        if changed["state"] != "draft":
            if self._changes_schedule(known, changed):
                # The moments that the new schedule has in the past were not due then.
                changed["_skip_to"] = int(self._service.world.time.now())
            sources, targets = self._sides(sandbox, changed, changed["flowSpec"]["id"])
            moved = _start(known) != _start(changed)
            self._check(sandbox, changed, sources, targets, start_must_be_ahead=moved)
        changed["lastOperation"] = _operation("update", self._service.world.time.now_ms())
        saved = self._service.save(self.kind, sandbox, changed)
        self._service.wake()
        return saved

    def act(self, sandbox: str, id: str, operation: str, if_match: str | None) -> Document:
        """POST /flows/{id}/action: enable, disable or publish."""
        known = self._service.unchanged(self.kind, sandbox, id, if_match)
        word = action_word(operation, ("enable", "disable", "publish"), kind=self.kind, id=id)
        wanted = {"enable": "disabled", "disable": "enabled", "publish": "draft"}[word]
        if known["state"] != wanted:
            raise flow_error(1422, f"The state {known['state']} does not allow {word}.", kind=self.kind, id=id)
        changed = dict(known)
        if word == "publish":
            sources, targets = self._sides(sandbox, changed, changed["flowSpec"]["id"])
            self._check(sandbox, changed, sources, targets, start_must_be_ahead=True)
            changed.update(_pinned(sources, targets))
        if word != "disable":
            self._check_reader(sandbox, changed["_source"])
        if word == "enable" and changed.get("scheduleParams"):
            changed["_skip_to"] = int(self._service.world.time.now())
        changed["state"] = "disabled" if word == "disable" else "enabled"
        changed["lastOperation"] = _operation(word, self._service.world.time.now_ms())
        with self._service.world.store.transaction():
            saved = self._service.save(self.kind, sandbox, changed)
            if word == "publish" and saved["flowSpec"]["id"] == STREAM_FLOW:
                self._begin_stream(saved)
        self._service.wake()
        return saved

    def _begin_stream(self, flow: Document) -> None:
        """With `reset: latest`, what the stream holds by now is left alone."""
        source, world = flow["_source"], self._service.world
        if begins_at_end(source):
            world.store.note_places(flow["id"], Stream(world.storage, folder_of(source)).ends())

    def delete(self, sandbox: str, id: str) -> None:
        """DELETE /flows/{id}; its connections, mapping set and dataset stay."""
        self._service.need(self.kind, sandbox, id)
        store = self._service.world.store
        with store.transaction():
            for run in store.list("runs", sandbox, owner=id):
                self._service.stop_run(run["id"])
                store.delete("runs", sandbox, run["id"])
            store.forget_files(id)
            store.delete(self.kind, sandbox, id)
        self._service.streaming.pop(id, None)

    # -- checks

    def _sides(self, sandbox: str, body: Document, flow_spec: str) -> tuple[list[Document], list[Document]]:
        """The source and target connections. Raises ServiceError 1320, 1321, 1413 or 1439."""
        found: list[list[Document]] = []
        for kind, key in (("sourceConnections", "sourceConnectionIds"), ("targetConnections", "targetConnectionIds")):
            ids = _list(body.get(key))
            if not ids:
                raise flow_error(1320, f"{key} is empty.")
            if len(ids) != 1:
                raise flow_error(1321, f"{key} must have exactly one id.")
            found.append([self._service.need(kind, sandbox, str(id)) for id in ids])
        allowed = self._service.specs.flows[flow_spec]["sourceConnectionSpecIds"]
        for source in found[0]:
            if source["connectionSpec"]["id"] not in allowed:
                raise flow_error(1413, "The flow spec does not support the connection spec of the source connection.")
        return found[0], found[1]

    def _check(
        self,
        sandbox: str,
        body: Document,
        sources: list[Document],
        targets: list[Document],
        *,
        start_must_be_ahead: bool,
    ) -> None:
        """Everything a flow that is to run must have."""
        for side in (*sources, *targets):
            if side["state"] == "draft":
                raise flow_error(1457, f"The connection {side['id']} is a draft.", kind=self.kind)
        check_any_source(sources[0])
        self._check_mapping(sandbox, body, sources[0], targets[0])
        if body["flowSpec"]["id"] != BATCH_FLOW:
            if body.get("scheduleParams"):
                raise flow_error(1363, "A streaming flow has no schedule.")
            return
        try:
            schedule = read_schedule(body.get("scheduleParams"))
        except ScheduleError as error:
            raise flow_error(error.code, str(error)) from error
        if sources[0]["connectionSpec"]["id"] == FTP and schedule.frequency != "once":
            raise flow_error(1397, "FTP supports the frequency once only.")
        time = self._service.world.time
        if start_must_be_ahead and schedule.start < int(min(time.now(), time.real_now())):
            raise flow_error(1360, f"scheduleParams.startTime {schedule.start} is in the past.")

    def _check_reader(self, sandbox: str, source: Document) -> None:
        """One flow at a time for each consumer group and subscription (docs; the code is unverified)."""
        streaming = source["connectionSpec"]["id"] in STREAMS
        reader = reader_of(self._service, sandbox, source) if streaming else None
        if reader is None:
            return
        for id, place in self._service.streaming.items():
            other = self._service.find(self.kind, sandbox, id) if place == sandbox else None
            if other is None or other["state"] != "enabled":
                continue
            if reader_of(self._service, sandbox, other["_source"]) == reader:
                what = f"The consumer group or subscription {reader[-1]} is used by the flow {id}"
                raise flow_error(1447, f"{what}; only one flow at a time may use it.", kind=self.kind, id=id)

    def _check_mapping(self, sandbox: str, body: Document, source: Document, target: Document) -> None:
        entries = _list(body.get("transformations"))
        allowed = [spec["name"] for spec in self._service.specs.flows[body["flowSpec"]["id"]]["transformationSpecs"]]
        for entry in entries:
            name = entry.get("name") if isinstance(entry, dict) else entry
            if name not in allowed:
                raise flow_error(1329, f"The transformation {name} is not supported: {', '.join(allowed)}.")
            given = entry.get("params")
            if name == "Encryption" and not (isinstance(given, dict) and given.get("publicKeyId")):
                raise flow_error(1329, "The Encryption transformation has no publicKeyId.")
        mapping = next((entry for entry in entries if entry.get("name") == "Mapping"), None)
        if mapping is None:
            data = source.get("data")
            raw = str(data.get("format", "") if isinstance(data, dict) else "").lower()
            streaming = body["flowSpec"]["id"] == STREAM_FLOW
            if raw in _WITHOUT_MAPPING or (streaming and not needs_mapping(source)):
                return
            raise flow_error(1328, f"A Mapping transformation is required for the format {source_format(source)}.")
        params = mapping.get("params")
        id = params.get("mappingId") if isinstance(params, dict) else None
        if not isinstance(params, dict) or not isinstance(id, str):
            raise flow_error(1329, "The Mapping transformation has no mappingId.")
        known = self._service.mapping_sets.get(sandbox, id)
        if known is None:
            raise flow_error(1419, f"The mapping set {id} is not valid or not permitted.")
        version = whole_number(str(params.get("mappingVersion", known["version"])))
        chosen = None if version is None else self._service.mapping_sets.get(sandbox, id, version)
        if chosen is None:
            raise flow_error(1412, f"The mapping set {id} has no version {params.get('mappingVersion')}.")
        self._check_schemas(sandbox, chosen, target)

    def _check_schemas(self, sandbox: str, mapping_set: Document, target: Document) -> None:
        dataset = self._service.catalog.dataset(sandbox, target["params"]["dataSetId"])
        if dataset is None:
            raise flow_error(1325, f"The dataset {target['params']['dataSetId']} was not found.")
        mapped, stored = mapping_set["outputSchema"]["schemaRef"], dataset["schemaRef"]
        first, second = (self._service.schemas.schema(sandbox, item["id"]) for item in (mapped, stored))
        same = first is not None and second is not None and first["$id"] == second["$id"]
        versions = {media_version(item.get("contentType")) or 1 for item in (mapped, stored)}
        if not same or len(versions) != 1:
            raise flow_error(1425, "The schema of the mapping set differs from the schema of the dataset.")
        try:
            problems = self._service.mapping_sets.problems(sandbox, mapping_set)
        except ServiceError as error:
            raise flow_error(1419, f"The mapping set is not valid: {error.body.get('detail')}") from error
        if problems:
            raise flow_error(1419, f"The mapping set is not valid: {problems[0]}")

    def _changes_schedule(self, known: Document, changed: Document) -> bool:
        """Whether a schedule that has started is another one now. Raises ServiceError for what may not change then."""
        before, after = known.get("scheduleParams") or {}, changed.get("scheduleParams")
        if not isinstance(after, dict) or before == after or not before:
            return False
        if _start(known) > self._service.world.time.now():
            return False
        if _start(known) != _start(changed):
            raise flow_error(1366, "startTime cannot be changed after the first start.")
        if after.get("frequency") == "once" and before.get("frequency") != "once":
            raise flow_error(1403, "The frequency cannot be changed to once after the first start.", sources=True)
        if str(before.get("backfill", True)).lower() != str(after.get("backfill", True)).lower():
            raise flow_error(1404, "backfill cannot be changed after the first start.", sources=True)
        return True

    # -- reading

    def view(self, flow: Document) -> Document:
        """A flow as answers show it."""
        shown = {**public(flow), "runs": f"/runs?property=flowId=={flow['id']}"}
        if isinstance(last := flow.get("_last_run"), dict):
            shown["lastRunDetails"] = last
        return shown


def _start(flow: Document) -> int:
    try:
        return read_schedule(flow.get("scheduleParams")).start
    except ScheduleError:
        return 0


def _options(given: object) -> Document:
    options = dict(given) if isinstance(given, dict) else {}
    percent = options.get("partialIngestionPercent")
    if percent is not None:
        try:
            number = math.nan if isinstance(percent, bool) else float(percent)
        except (TypeError, ValueError, OverflowError) as error:
            raise flow_error(1363, "partialIngestionPercent must be a number.") from error
        if not (math.isfinite(number) and number > 0):
            raise flow_error(1363, "partialIngestionPercent must be a number greater than 0.")
        options["partialIngestionPercent"] = int(number) if number.is_integer() else number
    enabled = options.get("errorDiagnosticsEnabled", False)
    options["errorDiagnosticsEnabled"] = enabled if isinstance(enabled, bool) else str(enabled).lower() == "true"
    return options


def _pinned(sources: list[Document], targets: list[Document]) -> Document:
    """What a flow keeps of its connections: editing them later does not reach it."""
    return {"inheritedAttributes": _inherited(sources, targets), "_source": sources[0], "_target": targets[0]}


def _inherited(sources: list[Document], targets: list[Document]) -> Document:
    shown = []
    for source in sources:
        entry: Document = {"id": source["id"], "connectionSpec": source["connectionSpec"]}
        base = (source.get("inheritedAttributes") or {}).get("baseConnection")
        if base:
            entry["baseConnection"] = base
        shown.append(entry)
    sinks = [{"id": target["id"], "connectionSpec": target["connectionSpec"]} for target in targets]
    return {"properties": {"isSourceFlow": True}, "sourceConnections": shown, "targetConnections": sinks}


def _operation(name: str, now_ms: int) -> Document:
    return {
        "started": now_ms,
        "updated": now_ms,
        "operation": name,
        "percentCompleted": 100.0,
        "status": {"value": "finished", "errors": []},
        "ops": [],
    }
