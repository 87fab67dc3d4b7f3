"""Runs: rows in the store from `scheduled` to their end, and the one transaction that applies a result.

A run's notes: `_window` [start, end] in epoch seconds, `_kind` (scheduled, on-demand, retry), and file times, noted
when it is asked for: `_made`, `_between`, `_before`. A run that was in progress when its process died is put back to
`scheduled`; its batch is made again, under a new id.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from aeptui.emulator.errors import flow_error
from aeptui.emulator.filters import equal
from aeptui.emulator.flow_service import report
from aeptui.emulator.flow_service.connections import source_format
from aeptui.emulator.flow_service.schedule import Window, epoch_seconds
from aeptui.emulator.flow_service.specs import BATCH_FLOW
from aeptui.emulator.flow_service.state import Document, FlowService, action_word, checked_body, public

_RUN_TIMES: Final = ("startTime", "windowStartTime", "windowEndTime")


def status_of(run: Document) -> str:
    """scheduled, inProgress, success or failed."""
    return str(run["metrics"]["statusSummary"]["status"])


@contextlib.contextmanager
def published(output: Path, home: Path | None) -> Iterator[None]:
    """The batch in its place while what is inside records it; away again when that fails (a full disk).

    Args:
        home: None when there is no batch.
    """
    if home is None:
        yield
        return
    home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    output.rename(home)
    try:
        yield
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise


class Runs:
    """Flow Service, /runs."""

    kind = "runs"

    def __init__(self, service: FlowService) -> None:
        self._service = service
        self._store = service.world.store

    # -- making runs

    def schedule(self, sandbox: str, flow: Document, window: Window, kind: str = "scheduled", **extra: Any) -> Document:
        """A new run, waiting for the scheduler."""
        run = {**self.described(flow, window, kind), **extra}
        with self._store.transaction():
            made = self._service.create(self.kind, sandbox, run, owner=flow["id"])
            made.pop("state")  # a run has none
            self._store.put(self.kind, sandbox, made["id"], made, touched_ms=made["updatedAt"])
        self._service.waiting[made["id"]] = sandbox
        return made

    def described(self, flow: Document, window: Window, kind: str) -> Document:
        """What a run is before anything has happened."""
        return {
            "flowId": flow["id"],
            "flowSpec": flow["flowSpec"],
            "providerRefId": f"M-{flow['id']}-incremental-0:{self._service.world.ids.uuid()}",
            "metrics": report.waiting("scheduled"),
            "activities": [],
            "_window": [window.start, window.end],
            "_kind": kind,
            "_made": self._service.world.time.real_now(),
        }

    def on_demand(self, sandbox: str, body: Document) -> Document:
        """POST /runs."""
        body = checked_body(body)
        flow = self._service.need("flows", sandbox, str(body.get("flowId", "")))
        if flow["flowSpec"]["id"] != BATCH_FLOW:
            raise flow_error(1385, "Only batch flows can be run on demand.")
        if (flow.get("scheduleParams") or {}).get("frequency") != "once":
            raise flow_error(1386, "Only flows with the frequency once can be run on demand.")
        if flow["state"] != "enabled":
            raise flow_error(1388, "The flow is not enabled.")
        params = body.get("params")
        given: Document = params if isinstance(params, dict) else {}
        times = [epoch_seconds(given.get(name)) for name in _RUN_TIMES]
        if any(time is None for time in times):
            raise flow_error(1380, f"params must have {', '.join(_RUN_TIMES)}.")
        start, low, high = (time or 0 for time in times)
        if high < low:
            raise flow_error(1381, "windowEndTime is before windowStartTime.")
        real = self._service.world.time.real
        between = [real(low), real(high)]
        run = self.schedule(sandbox, flow, Window(low, high), "on-demand", params=given, _due=start, _between=between)
        self._service.wake()
        return run

    def retry(self, sandbox: str, id: str, operation: str) -> Document:
        """POST /runs/{id}/action?op=re-trigger: a new run over the same window."""
        run = self._service.need(self.kind, sandbox, id)
        action_word(operation, ("re-trigger",), kind=self.kind, id=id)
        flow = self._service.need("flows", sandbox, run["flowId"])
        if flow["state"] != "enabled":
            raise flow_error(1388, "The flow is not enabled.", kind=self.kind, id=id)
        empty = not (run["metrics"].get("recordSummary") or {}).get("inputRecordCount")
        status = status_of(run)
        if not (status == "failed" or (status == "success" and empty)):
            raise flow_error(1387, f"A run in the state {status} cannot be run again.", kind=self.kind, id=id)
        window = Window(*run["_window"])
        made = run.get("_made", self._service.world.time.real(run["createdAt"] / 1000))
        again = self.schedule(sandbox, flow, window, "retry", _of=id, _before=made)
        self._service.wake()
        return again

    # -- the way of a run

    def begin(self, sandbox: str, run: Document) -> Document:
        """scheduled to inProgress."""
        now = self._service.world.time.now_ms()
        begun = {"metrics": report.waiting("inProgress", started_ms=now), "_started": now}
        run = self._changed(sandbox, run, begun)
        self._service.waiting.pop(run["id"], None)
        return run

    def put_back(self, sandbox: str, run: Document) -> Document:
        """inProgress to scheduled: nobody finished it."""
        self._service.waiting[run["id"]] = sandbox
        return self._changed(sandbox, run, {"metrics": report.waiting("scheduled")})

    def recover(self) -> None:
        """Put back what a killed process left in progress, and remove files of batches that nobody recorded."""
        unfinished = [equal("metrics.statusSummary.status", ["inProgress", "scheduled"])]
        with self._store.transaction():
            for sandbox in self._store.sandboxes(self.kind):
                for run in self._service.rows(self.kind, sandbox).find(unfinished):
                    if status_of(run) == "inProgress":
                        self.put_back(sandbox, run)
                    else:
                        self._service.waiting[run["id"]] = sandbox
        root = self._service.world.folder / "datasets"
        for dataset in root.iterdir() if root.is_dir() else ():
            batches = self._store.ids("batch", owner=dataset.name)
            for folder in dataset.iterdir():
                if folder.name not in batches:
                    shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                dataset.rmdir()  # an empty one; the others refuse
        shutil.rmtree(self._service.world.folder / "jobs", ignore_errors=True)

    def finish(self, sandbox: str, run: Document, batch_id: str, result: Document, output: Path) -> None:
        """Apply a result: run, batch, dataset, files and flow, together or not at all.

        The batch's folder moves to its dataset first, the commit follows. A process killed between the two leaves a
        folder that nobody recorded, which `recover` removes: the run is then still in progress and is put back. Only
        the process that has the data folder's lock gets here, so nobody publishes behind its back.

        Args:
            output: Where the ingestion process left the batch.
        """
        if result.get("copy_error"):
            error = result["copy_error"]
            self.fail(sandbox, run, str(error["code"]), str(error["message"]))
            return
        flow = self._service.find("flows", sandbox, run["flowId"])
        if flow is None:
            return
        world = self._service.world
        source, target = flow["_source"], flow["_target"]
        dataset = target["params"]["dataSetId"]
        started = int(run["_started"])
        ended = max(started, world.time.now_ms())  # the clock may have been put back
        with_batch = batch_id if result["files"] else None
        known = self._service.catalog.dataset(sandbox, dataset)
        if known is None:
            self.fail(sandbox, run, report.INGEST_FAILED, f"The dataset {dataset} was deleted meanwhile.")
            return
        options = flow.get("options") or {}
        outcome = report.finished(
            result,
            connector=self.connector(source),
            source=source["id"],
            target=target["id"],
            batch=with_batch,
            diagnostics=bool(options.get("errorDiagnosticsEnabled")),
            window=(run["_window"][0], run["_window"][1]),
            started_ms=started,
            ended_ms=ended,
        )
        home = world.dataset_folder(dataset, batch_id)
        with published(output, home if result["files"] else None), self._store.transaction():
            if with_batch is not None:
                batch = report.batch_document(
                    batch_id,
                    dataset,
                    result,
                    format=source_format(source),
                    options=options,
                    view=str(known.get("viewId", "")),
                    started_ms=started,
                    ended_ms=ended,
                )
                self._service.catalog.add_batch(sandbox, dataset, batch)
            for file in result["files"]:
                self._store.see_file(flow["id"], file["path"], file["size"], file["mtime_ns"], run["_window"][1])
            self._end(sandbox, run, flow, outcome)

    def fail(self, sandbox: str, run: Document, code: str, message: str) -> None:
        """A run that ended without a batch."""
        flow = self._service.find("flows", sandbox, run["flowId"])
        if flow is None:
            return
        ended = max(int(run.get("_started", 0)), self._service.world.time.now_ms())
        outcome = report.failed_early(
            code,
            message,
            connector=self.connector(flow["_source"]),
            source=flow["_source"]["id"],
            started_ms=int(run.get("_started", ended)),
            ended_ms=ended,
        )
        with self._store.transaction():
            self._end(sandbox, run, flow, outcome)

    def _end(self, sandbox: str, run: Document, flow: Document, outcome: Document) -> None:
        self._changed(sandbox, run, outcome)
        duration = outcome["metrics"]["durationSummary"]
        flow["_last_run"] = {"id": run["id"], "state": status_of(outcome), **duration}
        # Not `save`: a run is no change of its flow, so its etag stays.
        self._store.put("flows", sandbox, flow["id"], flow, touched_ms=self._service.world.time.now_ms())

    def _changed(self, sandbox: str, run: Document, change: Document) -> Document:
        return self._service.save(self.kind, sandbox, {**run, **change})

    def connector(self, source: Document) -> str:
        """What the connector of a source connection is called."""
        spec = self._service.specs.connections.get((source.get("connectionSpec") or {}).get("id", ""), {})
        return str((spec.get("attributes") or {}).get("connectorName", "Source"))

    # -- reading

    def view(self, run: Document) -> Document:
        """A run as answers show it; while it runs, with the rows read so far."""
        shown = public(run)
        progress = self._service.progress.get(run["id"])
        if progress and status_of(run) == "inProgress":
            counted = {
                "recordSummary": {"inputRecordCount": progress.get("rows", 0)},
                "fileSummary": {"inputFileCount": progress.get("files_done", 0)},
            }
            shown["metrics"] = {**shown["metrics"], **counted}
        return shown
