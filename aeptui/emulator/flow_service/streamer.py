"""Reads the streams of streaming flows in small batches, on the platform's time, one batch at a time.

Each batch goes the way of every other: an ingestion process, a Catalog batch, its rejected rows in the diagnostics. It
is recorded in one transaction with the places the files were read to, so a record is in one batch or in none yet,
whenever the process dies. Rejected records are in the diagnostics and never stop a stream. There are no flow runs
(`flowRunsSupported: false`); what keeps a stream from being read stands in its flow's `lastOperation.status.errors`,
which is our choice, and goes away by itself.

Nothing is started while nothing was appended, and nothing wakes up while there is no streaming flow.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from typing import Final, NamedTuple

from aeptui.emulator.errors import ServiceError
from aeptui.emulator.filters import equal
from aeptui.emulator.flow_service import report
from aeptui.emulator.flow_service.appended import Found, Position, Stream
from aeptui.emulator.flow_service.jobs import stream_job
from aeptui.emulator.flow_service.runs import published
from aeptui.emulator.flow_service.specs import STREAM_FLOW
from aeptui.emulator.flow_service.state import Document, FlowService
from aeptui.emulator.flow_service.streams import folder_of
from aeptui.emulator.ingest.process import JobFailed, ingest

POLL_S: Final = 5.0
"""Between two looks, on the platform."""
LEAST_PAUSE_S: Final = 0.1
"""Between two looks, outside, however fast the platform's time goes."""
LONGEST_REST_S: Final = 300.0
"""A stream that cannot be read is tried less and less often, on the platform."""
LONGEST_SLEEP_S: Final = 300.0
MOST_BYTES: Final = 64 * 1024 * 1024
"""So much of a stream goes into one batch; the rest follows at once."""


class _Unreadable(Exception):
    """A file or the folder of a stream cannot be read."""


class _Rest(NamedTuple):
    """Why a stream is not looked at for a while."""

    etag: str
    """The flow's then: a changed flow is tried at once."""
    pause_s: float
    until: float


class Streamer:
    """The one task that reads streams."""

    def __init__(self, service: FlowService) -> None:
        self._service = service
        self._store = service.world.store
        self._task: asyncio.Task[None] | None = None
        self._event = asyncio.Event()
        self._streams: dict[str, Stream] = {}
        self._rests: dict[str, _Rest] = {}
        self._next = 0.0
        service.sleepers.append(self._event.set)
        for sandbox in self._store.sandboxes("flows"):
            for flow in service.rows("flows", sandbox).find([equal("flowSpec.id", [STREAM_FLOW])]):
                service.streaming[flow["id"]] = sandbox

    def start(self) -> None:
        """Begin, in the running loop."""
        if self._task is None:
            self._event.set()
            self._task = asyncio.create_task(self._loop(), name="local platform streams")

    async def close(self) -> None:
        """Stop. What a batch in work has read is read again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _loop(self) -> None:
        time, streaming = self._service.world.time, self._service.streaming
        while True:
            self._event.clear()
            now = time.now()
            self._next = min(self._next, now + POLL_S)  # the clock may have been put back
            if streaming and now >= self._next:
                more = False
                for id, sandbox in list(streaming.items()):
                    with contextlib.suppress(sqlite3.Error):  # a full disk: nothing is lost, it is tried again
                        more |= await self._poll(sandbox, id)
                self._next = now if more else time.now() + POLL_S
            pause = min(max(time.seconds_until(self._next), LEAST_PAUSE_S), LONGEST_SLEEP_S) if streaming else None
            # Not `wait_for`: in Python 3.11 it swallows a cancellation that arrives together with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._event.wait()

    async def _poll(self, sandbox: str, id: str) -> bool:
        """Look at one flow's stream and take what is new; whether there is more."""
        flow = self._service.find("flows", sandbox, id)
        if flow is None:
            for notes in (self._service.streaming, self._streams, self._rests):
                notes.pop(id, None)
            self._store.forget_files(id)  # its sandbox was reset; who deletes a flow has done it
            return False
        if flow["state"] != "enabled" or self._rests_now(flow):
            return False
        code = report.INGEST_FAILED
        try:
            more = await self._take(sandbox, flow)
        except _Unreadable as error:
            code, problem = report.COPY_FAILED, str(error)
        except JobFailed as error:
            problem = str(error)
        except (OSError, LookupError, TypeError, ValueError, ServiceError, sqlite3.Error) as error:
            problem = f"The stream cannot be read on: {error}"
        else:
            self._rests.pop(id, None)
            self._tell(sandbox, id, [])
            return more
        self._rest(flow)
        self._tell(sandbox, id, [{"code": code, "message": problem}])
        return False

    async def _take(self, sandbox: str, flow: Document) -> bool:
        id, world = flow["id"], self._service.world
        stream = self._streams.setdefault(id, Stream(world.storage, folder_of(flow["_source"])))
        known = {file: Position(*place) for file, place in self._store.stream_places(id).items()}
        look = await asyncio.to_thread(stream.look, known, MOST_BYTES)
        if look.found:
            await self._ingested(sandbox, flow, look.found)
        if look.problem is not None:
            raise _Unreadable(look.problem)
        return look.more

    async def _ingested(self, sandbox: str, flow: Document, found: list[Found]) -> None:
        world = self._service.world
        batch_id, started = world.batch_id(), world.time.now_ms()
        workspace = world.folder / "jobs" / batch_id
        try:
            job = stream_job(
                self._service, sandbox, flow, [entry.part._asdict() for entry in found], workspace / "batch"
            )
            result = await ingest(workspace, flow["id"], job, lambda _said: None)
            if result["copy_error"]:
                raise _Unreadable(str(result["copy_error"]["message"]))
            self._record(sandbox, flow, found, batch_id, result, started)
        finally:
            shutil.rmtree(workspace, ignore_errors=True)

    def _record(
        self, sandbox: str, flow: Document, found: list[Found], batch_id: str, result: Document, started: int
    ) -> None:
        """The batch and the places read to, together or not at all. A flow deleted meanwhile leaves nothing."""
        world, id = self._service.world, flow["id"]
        if self._service.find("flows", sandbox, id) is None:
            return
        dataset = flow["_target"]["params"]["dataSetId"]
        known = self._service.catalog.dataset(sandbox, dataset)
        if known is None:
            raise JobFailed(f"The dataset {dataset} was deleted meanwhile.")
        batch = report.batch_document(
            batch_id,
            dataset,
            result,
            format="json",
            options={"errorDiagnosticsEnabled": True},
            view=str(known.get("viewId", "")),
            started_ms=started,
            ended_ms=max(started, world.time.now_ms()),
        )
        home = world.dataset_folder(dataset, batch_id)
        with published(world.folder / "jobs" / batch_id / "batch", home), self._store.transaction():
            self._service.catalog.add_batch(sandbox, dataset, batch)
            self._store.note_places(id, {entry.file: entry.then for entry in found})

    # -- what goes wrong

    def _rests_now(self, flow: Document) -> bool:
        rest = self._rests.get(flow["id"])
        now = self._service.world.time.now()
        return rest is not None and rest.etag == flow["etag"] and now < rest.until <= now + LONGEST_REST_S

    def _rest(self, flow: Document) -> None:
        before = self._rests.get(flow["id"])
        pause = min(before.pause_s * 2, LONGEST_REST_S) if before is not None else POLL_S
        self._rests[flow["id"]] = _Rest(flow["etag"], pause, self._service.world.time.now() + pause)

    def _tell(self, sandbox: str, id: str, errors: list[Document]) -> None:
        """Show the problem in the flow, or that there is none any more; written only when that changes."""
        flow = self._service.find("flows", sandbox, id)
        if flow is None:
            return
        status = flow.setdefault("lastOperation", {}).setdefault("status", {})
        if status.get("errors", []) == errors:
            return
        status["errors"] = errors
        # Not `save`: it is no change of the flow, so its etag stays.
        self._store.put("flows", sandbox, id, flow, touched_ms=self._service.world.time.now_ms())
