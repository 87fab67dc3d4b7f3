"""Makes the world `busy`: an organisation's dataflows, two years of their runs, and what all of them hang together by.

It is made in steps, each of them one transaction that also notes how far it is; a process that is killed loses the
step it was in, and the next opening goes on from there. Nothing of it is due at once when the platform is opened,
now or later: dataflows that go on do not make up for what they missed (their `backfill` is false), and their next
runs are spread over their intervals.
"""

from __future__ import annotations

import dataclasses
import random
import tomllib
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from aeptui.clock import ManualClock
from aeptui.emulator import samples
from aeptui.emulator.flow_service import report
from aeptui.emulator.flow_service.connections import (
    BaseConnections,
    SourceConnections,
    TargetConnections,
    source_format,
)
from aeptui.emulator.flow_service.flows import Flows
from aeptui.emulator.flow_service.runs import Runs
from aeptui.emulator.flow_service.schedule import Window
from aeptui.emulator.flow_service.specs import BATCH_FLOW, DATA_LAKE
from aeptui.emulator.flow_service.state import FlowService
from aeptui.emulator.ingest.members import find_members
from aeptui.emulator.ingest.storage import SourceError
from aeptui.emulator.schema_registry.descriptors import Descriptors
from aeptui.emulator.schema_registry.writing import Writing
from aeptui.emulator.seeds import Progress, files, outcomes, plan, schemas
from aeptui.emulator.world import PlatformTime

Document = dict[str, Any]

SANDBOX: Final = "prod"
_NAME: Final = "busy"
_DAY_S: Final = 86_400
_FULL: Final = "application/vnd.adobe.xed-full+json;version=1"
_FLOWS_A_STEP: Final = 100
_RUNS_A_STEP: Final = 2_500
_DIAGNOSTICS_S: Final = 30 * _DAY_S
"""Failed rows are kept so long (aep-api.md section 6)."""
_LONGEST_RUN_S: Final = plan.SETTLED_S - 120


class _Ids:
    """Ids that depend on the step only, so that a step that is done again makes the same."""

    def __init__(self, step: int) -> None:
        self._random = random.Random(10_000 + step)  # noqa: S311 - repeatable on purpose

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, digits: int) -> str:
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"


def size_of(data: Document) -> plan.Size:
    """How large the declared world is."""
    return plan.Size(**data["size"])


def plant(service: FlowService, *, own_storage: bool, progress: Progress, size: plan.Size | None = None) -> None:
    """Make the world, or what is missing of it.

    Args:
        own_storage: Whether files may be written into the storage.
        size: How large it is when it is begun; None for the declared one.
    """
    store = service.world.store
    note = store.get("world", "", _NAME)
    if note is None:
        now_s = int(service.world.time.now())
        note = {"now_s": now_s, "size": list(size or size_of(plan.declared())), "own": own_storage, "step": 0}
        store.put("world", "", _NAME, note)
    if note.get("done"):
        return
    making = _Making(service, note)
    if note["own"]:
        samples.install(service.world.storage)
        files.write_clicks(service.world.storage, making.size.files, progress)
    for number, (told, step) in enumerate(making.steps()):
        if number < note["step"]:
            continue
        progress(told)
        making.at_step(number)
        with store.transaction():
            step()
            note["step"] = number + 1
            store.put("world", "", _NAME, note)
    store.put("world", "", _NAME, {"done": True})


class _Making:
    """The steps, and what they share. What one step tells a later one stands in the note."""

    def __init__(self, service: FlowService, note: Document) -> None:
        self._note = note
        self._now_s: int = note["now_s"]
        self.size = plan.Size(*note["size"])
        self._data = plan.declared()
        self._pipelines = {name: tomllib.loads(text) for name, text in samples.sample_pipelines().items()}
        self._flows = plan.flows(self._data, self.size, self._now_s)
        self._runs = plan.runs(self._flows)
        self._clock = ManualClock(datetime.fromtimestamp(self._now_s, UTC))
        time = PlatformTime(self._clock)
        self._world = dataclasses.replace(service.world, time=time, ids=_Ids(0))
        self._service = FlowService(self._world)
        self._store = service.world.store
        self._chance = random.Random(0)  # noqa: S311 - repeatable on purpose
        self._known: dict[str, Document] = {}

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """(what is told before it, the step), in order."""
        size = self.size
        yield "accounts", self._make_accounts
        for low in range(0, size.schemas, _FLOWS_A_STEP):
            yield f"{low:,} of {size.schemas:,} schemas", partial(self._make_schemas, low)
        yield f"{size.datasets:,} datasets", self._make_datasets
        for low in range(0, size.flows, _FLOWS_A_STEP):
            yield f"{low:,} of {size.flows:,} dataflows", partial(self._make_flows, low)
        for low in range(0, size.runs, _RUNS_A_STEP):
            yield f"{low:,} of {size.runs:,} runs", partial(self._make_runs, low)
        yield "what the dataflows did last", self._finish

    def at_step(self, number: int) -> None:
        """Chance and ids of a step; both depend on nothing that came before."""
        self._world.ids = _Ids(number)
        self._chance = random.Random(20_000 + number)  # noqa: S311 - repeatable on purpose

    def _at(self, moment_s: float) -> None:
        self._clock.advance(moment_s - self._clock.now().timestamp())

    # -- accounts, schemas, datasets

    def _make_accounts(self) -> None:
        self._at(self._now_s - 730 * _DAY_S)
        by_name = {spec["name"]: spec for spec in self._service.specs.connections.values()}
        bases, made = BaseConnections(self._service), []
        for account in self._data["account"]:
            spec = by_name[account["connector"]]
            auth = spec["authSpec"][0]
            params = {name: self._data["auth"].get(name, "sample") for name in auth["spec"]["required"]}
            body = {
                "name": account["name"],
                "description": "Reads the storage of the local platform",
                "auth": {"specName": auth["name"], "params": params},
                "connectionSpec": {"id": spec["id"], "version": "1.0"},
            }
            made.append(bases.create(SANDBOX, body, draft=False)["id"])
        self._note["accounts"] = made

    def _make_schemas(self, low: int) -> None:
        titles = schemas.titles(self._data, self.size.schemas)
        writing, descriptors = Writing(self._service.schemas), Descriptors(self._world, self._service.schemas)
        made: list[list[str]] = self._note.setdefault("schemas", [])
        for number in range(low, min(low + _FLOWS_A_STEP, self.size.schemas)):
            self._at(self._now_s - (725 - 280 * number / self.size.schemas) * _DAY_S)
            pipeline, title = titles[number]
            schema = self._pipelines[pipeline]["schema"]
            parts = [schema["class"], *schema["field_groups"]]
            if number == 0:
                pipeline, title = "loyalty", self._data["wide"]["title"]
                schema = self._pipelines[pipeline]["schema"]
                groups = schemas.wide_groups(self._data["wide"], self.size.wide_fields)
                wide = [writing.create(SANDBOX, "fieldgroups", group)["$id"] for group in groups]
                parts = [schema["class"], *schema["field_groups"], *wide]
            body = {
                "type": "object",
                "title": title,
                "description": f"{title}, as the {pipeline} dataflows deliver it",
                "allOf": [{"$ref": id} for id in parts],
            }
            id = writing.create(SANDBOX, "schemas", body)["$id"]
            made.append([id, pipeline, title])
            if pipeline == "loyalty":
                descriptors.create(SANDBOX, schemas.primary_identity(id))

    def _make_datasets(self) -> None:
        made: list[list[str]] = []
        for number in range(self.size.datasets):
            id, pipeline, title = self._note["schemas"][number % self.size.schemas]
            lap = number // self.size.schemas
            self._at(self._now_s - (440 - 10 * number / self.size.datasets) * _DAY_S)
            body = {
                "name": f"{title} (history)" if lap else title,
                "description": f"Made for {title}",
                "schemaRef": {"id": id, "contentType": "application/vnd.adobe.xed+json;version=1"},
                "enableErrorDiagnostics": self._chance.random() < 0.8,
                "tags": {"team": [title.split()[0].lower()]},
            }
            made.append([self._service.catalog.create_dataset(SANDBOX, body), id, pipeline])
        self._note["datasets"] = made

    # -- dataflows

    def _make_flows(self, low: int) -> None:
        made: list[str] = self._note.setdefault("flows", [])
        for flow in self._flows[low : low + _FLOWS_A_STEP]:
            self._at(flow.created_s)
            made.append(self._make_flow(flow))

    def _make_flow(self, flow: plan.Flow) -> str:
        pipeline = self._pipelines[flow.pipeline]
        dataset, schema, _ = self._chance.choice(
            [entry for entry in self._note["datasets"] if entry[2] == flow.pipeline]
        )
        body: Document = {
            "name": flow.name,
            "description": f"{pipeline['name']} of {flow.house}",
            "flowSpec": {"id": BATCH_FLOW, "version": "1.0"},
            "sourceConnectionIds": [self._make_source(flow, pipeline["source"])],
            "targetConnectionIds": [self._make_target(flow, schema, dataset)],
        }
        flows = Flows(self._service)
        if flow.state == "draft":
            return str(flows.create(SANDBOX, body, draft=True)["id"])
        reference = {"schemaRef": {"id": schema, "contentType": _FULL}}
        mappings = [_mapping(entry) for entry in pipeline["mapping"]]
        mapping_set = self._service.mapping_sets.create(
            SANDBOX, {"name": flow.name, "outputSchema": reference, "mappings": mappings}, validate=False
        )
        params = {"mappingId": mapping_set["id"], "mappingVersion": mapping_set["version"]}
        schedule: Document = {"startTime": flow.start_s, "frequency": flow.frequency}
        if flow.frequency != "once":
            schedule.update(interval=flow.interval, backfill=flow.state == "stopped")
        body["transformations"] = [{"name": "Mapping", "params": params}]
        body["options"] = {"partialIngestionPercent": 5, "errorDiagnosticsEnabled": self._chance.random() < 0.85}
        body["scheduleParams"] = schedule
        id = str(flows.create(SANDBOX, body, draft=False)["id"])
        if flow.state == "stopped":
            self._at(flow.dues[-1] + self._chance.randrange(1, 4) * _DAY_S)
            flows.act(SANDBOX, id, "disable", None)
        return id

    def _make_source(self, flow: plan.Flow, source: Document) -> str:
        account = self._service.need("connections", SANDBOX, self._chance.choice(self._note["accounts"]))
        names = {"column_delimiter": "columnDelimiter", "encoding": "encoding", "compression": "compressionType"}
        properties = {wire: source[key] for key, wire in names.items() if key in source}
        body = {
            "name": f"{flow.name} / source",
            "baseConnectionId": account["id"],
            "data": {"format": source["format"], **({"properties": properties} if properties else {})},
            "params": {key: source[key] for key in ("path", "type", "recursive") if key in source},
            "connectionSpec": account["connectionSpec"],
        }
        return str(SourceConnections(self._service).create(SANDBOX, body, draft=False)["id"])

    def _make_target(self, flow: plan.Flow, schema: str, dataset: str) -> str:
        body = {
            "name": f"{flow.name} / target",
            "data": {"schema": {"id": schema, "version": _FULL}},
            "params": {"dataSetId": dataset},
            "connectionSpec": {"id": DATA_LAKE, "version": "1.0"},
        }
        return str(TargetConnections(self._service).create(SANDBOX, body, draft=False)["id"])

    # -- runs

    def _make_runs(self, low: int) -> None:
        for run in self._runs[low : low + _RUNS_A_STEP]:
            self._make_run(run, self._flows[run.flow], self._flow(run.flow))

    def _flow(self, number: int) -> Document:
        id = self._note["flows"][number]
        if id not in self._known:
            self._known[id] = self._service.need("flows", SANDBOX, id)
        return self._known[id]

    def _make_run(self, run: plan.Run, planned: plan.Flow, flow: Document) -> None:
        chance, world = self._chance, self._world
        self._at(run.due_s + chance.uniform(0.2, 4))
        word = outcomes.word(planned.temper, chance)
        result = outcomes.result(word, self._data["files"][planned.pipeline], run.due_s, planned.rows, chance)
        head = Runs(self._service).described(flow, Window(run.window_start_s, run.due_s), "scheduled")
        etag = world.etag()
        document: Document = {"id": world.ids.uuid(), **world.stamped(SANDBOX), **head, "version": etag, "etag": etag}
        started = world.time.now_ms() + chance.randrange(200, 3_000)
        lasted = min(_LONGEST_RUN_S, 12 + result["input_records"] / 2_500 * chance.uniform(0.8, 2.5))
        ended = started + int(1000 * lasted)
        source = flow["_source"]
        sides: Document = {"connector": Runs(self._service).connector(source), "source": source["id"]}
        if word == "uncopied":
            template = chance.choice(self._data["copy_failure"])["message"]
            outcome = outcomes.copy_failed(
                template, source["params"]["path"], **sides, started_ms=started, ended_ms=ended
            )
        else:
            batch = self._make_batch(flow, result, run, started, ended) if result["files"] else None
            outcome = report.finished(
                result,
                **sides,
                target=flow["_target"]["id"],
                batch=batch,
                diagnostics=flow["options"]["errorDiagnosticsEnabled"],
                window=(run.window_start_s, run.due_s),
                started_ms=started,
                ended_ms=ended,
            )
        outcome = outcomes.as_recorded_then(outcome, self._now_s - run.due_s, chance)
        document.update(outcome, _started=started, updatedAt=ended)
        self._store.put("runs", SANDBOX, document["id"], document, owner=flow["id"], touched_ms=ended)

    def _make_batch(self, flow: Document, result: Document, run: plan.Run, started: int, ended: int) -> str:
        id, dataset = self._world.batch_id(), flow["_target"]["params"]["dataSetId"]
        if dataset not in self._known:
            self._known[dataset] = self._service.catalog.need_dataset(SANDBOX, dataset)
        batch = report.batch_document(
            id,
            dataset,
            result,
            format=source_format(flow["_source"]),
            options=flow["options"],
            view=str(self._known[dataset]["viewId"]),
            started_ms=started,
            ended_ms=ended,
        )
        self._store.put("batch", SANDBOX, id, batch, owner=dataset, touched_ms=ended)
        kept = flow["options"]["errorDiagnosticsEnabled"] and self._now_s - run.due_s < _DIAGNOSTICS_S
        if result["failed_records"] and kept:
            files.write_failed_rows(self._world.dataset_folder(dataset, id), result, self._chance)
        return id

    # -- the end

    def _finish(self) -> None:
        """Let dataflows and datasets know what happened last, and dataflows which files they took."""
        self._at(self._now_s)
        for planned, id in zip(self._flows, self._note["flows"], strict=True):
            flow, last = self._service.need("flows", SANDBOX, id), self._store.newest("runs", SANDBOX, id)
            if last is not None:
                summary = last["metrics"]
                state = {"id": last["id"], "state": summary["statusSummary"]["status"]}
                flow.update(_last_run={**state, **summary["durationSummary"]}, _last_due=planned.dues[-1])
                flow["_began"] = float(planned.start_s)
                self._store.put("flows", SANDBOX, id, flow, touched_ms=last["updatedAt"])
            if planned.dues:
                self._see_files(flow, planned.dues[-1])
        for id, _, _ in self._note["datasets"]:
            batches = self._store.rows("batch", SANDBOX, owner=id, newest_first=True)
            document = self._service.catalog.need_dataset(SANDBOX, id)
            for _, _, batch in batches:
                if "lastBatchId" not in document:
                    document.update(lastBatchId=batch["id"], lastBatchStatus=batch["status"], updated=batch["updated"])
                if batch["status"] == "success":
                    document["lastSuccessfulBatch"] = batch["id"]
                    break
            self._store.put("dataset", SANDBOX, id, document, touched_ms=document["updated"])

    def _see_files(self, flow: Document, window_end: int) -> None:
        """The files that are there now were taken long ago."""
        params = flow["_source"]["params"]
        try:
            found = find_members(
                self._world.storage,
                params["path"],
                kind=params.get("type", "folder"),
                recursive=bool(params.get("recursive")),
            )
        except SourceError:
            return  # somebody's own storage has no such files
        for member in found:
            self._store.see_file(flow["id"], member.path, member.size, member.mtime_ns, window_end)


def _mapping(entry: Document) -> Document:
    if "expression" in entry:
        return {"sourceType": "EXPRESSION", "source": entry["expression"], "destination": entry["target"]}
    return {"sourceType": "ATTRIBUTE", "source": entry["source"], "destination": entry["target"]}
