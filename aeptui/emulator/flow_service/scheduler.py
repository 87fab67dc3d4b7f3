"""Starts runs when they are due, on the platform's time, and sees them through.

It sleeps until the next run is due or something wakes it; it never polls. Two runs at most at once, one of each flow.
While the database cannot be written (a full disk), what is due stays due and is tried again every few seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from typing import Final

from aeptui.emulator.errors import ServiceError
from aeptui.emulator.flow_service import report
from aeptui.emulator.flow_service.jobs import job_of
from aeptui.emulator.flow_service.runs import Runs
from aeptui.emulator.flow_service.schedule import Schedule, ScheduleError, next_due, read_schedule, settle
from aeptui.emulator.flow_service.state import Document, FlowService
from aeptui.emulator.ingest.process import JobFailed, ingest

AT_ONCE: Final = 2
LONGEST_SLEEP_S: Final = 300.0
"""A suspended machine's timers stand still: look at the clock again after this."""
UNWRITABLE_S: Final = 2.0
"""How long to wait before the database is tried again."""


class Scheduler:
    """The one task that makes flows run."""

    def __init__(self, service: FlowService) -> None:
        self._service = service
        self._runs = Runs(service)
        self._opened = service.world.time.now()
        self._task: asyncio.Task[None] | None = None
        self._event = asyncio.Event()
        self._running: dict[str, tuple[str, asyncio.Task[None]]] = {}
        self._changed = service.world.store.watch("flows")
        self._due: dict[tuple[str, str], int] = {}
        """(sandbox, flow id) -> when its next run is due; only flows that have one."""
        service.sleepers.append(self._event.set)
        service.stop_run = self._stop_run

    def start(self) -> None:
        """Begin, in the running loop."""
        if self._task is None:
            self._event.set()
            self._task = asyncio.create_task(self._loop(), name="local platform scheduler")

    async def close(self) -> None:
        """Stop. What runs is ended and put back to `scheduled`."""
        tasks = [task for _, task in self._running.values()]
        if self._task is not None:
            tasks.append(self._task)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._task = None

    def _stop_run(self, run_id: str) -> None:
        if run_id in self._running:
            self._running[run_id][1].cancel()

    async def _loop(self) -> None:
        while True:
            self._event.clear()
            pause = UNWRITABLE_S
            with contextlib.suppress(sqlite3.Error):
                self._schedule_due()
                self._start_waiting()
                pause = self._pause()
            # Not `wait_for`: in Python 3.11 it swallows a cancellation that arrives together with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._event.wait()

    # -- what is due

    def _dues(self) -> dict[tuple[str, str], int]:
        """When each flow's next run is due. Reads the flows that changed since it was asked last, no others."""
        for sandbox, id in tuple(self._changed):
            flow = self._service.find("flows", sandbox, id)
            schedule = _schedule_of(flow)
            due = None if flow is None or schedule is None else next_due(schedule, flow.get("_last_due"))
            if due is None:
                self._due.pop((sandbox, id), None)
            else:
                self._due[sandbox, id] = due
            self._changed.discard((sandbox, id))
        return self._due

    def _schedule_due(self) -> None:
        now = self._service.world.time.now()
        store = self._service.world.store
        for sandbox, id in [place for place, due in self._dues().items() if due <= now]:
            flow = self._service.find("flows", sandbox, id)
            schedule = _schedule_of(flow)
            if flow is None or schedule is None:
                continue
            last, begin, disabled_until = (flow.get(name) for name in ("_last_due", "_window_start", "_skip_to"))
            settled = settle(schedule, last, now, begin=begin, closed_until=self._opened, disabled_until=disabled_until)
            if settled.last == last and disabled_until is None:
                continue
            began = flow.get("_began", self._service.world.time.real(schedule.start))
            notes = {"_last_due": settled.last, "_window_start": settled.begin, "_began": began}
            kept = {key: value for key, value in flow.items() if key not in (*notes, "_skip_to")}
            changed = {**kept, **{key: value for key, value in notes.items() if value is not None}}
            with store.transaction():
                for window in settled.windows:
                    self._runs.schedule(sandbox, flow, window)
                store.put("flows", sandbox, flow["id"], changed, touched_ms=int(now * 1000))

    def _pause(self) -> float:
        """Seconds until the next run is due."""
        time = self._service.world.time
        waits = [LONGEST_SLEEP_S]
        if dues := self._dues():
            waits.append(time.seconds_until(min(dues.values())))
        if len(self._running) < AT_ONCE:
            waits += [time.seconds_until(run["_due"]) for _, run in self._waiting() if "_due" in run]
        return min(waits)

    # -- running

    def _waiting(self) -> list[tuple[str, Document]]:
        """(sandbox, run) of the runs that may start, oldest first."""
        found: list[tuple[str, Document]] = []
        for id, sandbox in list(self._service.waiting.items()):
            run = self._service.find("runs", sandbox, id)
            if run is None:  # its flow was deleted
                del self._service.waiting[id]
            elif id not in self._running:
                found.append((sandbox, run))
        return found

    def _start_waiting(self) -> None:
        now = self._service.world.time.now()
        busy = {flow for flow, _ in self._running.values()}
        for sandbox, run in self._waiting():
            if len(self._running) >= AT_ONCE:
                return
            if run["flowId"] in busy or run.get("_due", 0) > now:
                continue
            busy.add(run["flowId"])
            task = asyncio.create_task(self._run(sandbox, run), name=f"run {run['id']}")
            self._running[run["id"]] = (run["flowId"], task)
            task.add_done_callback(lambda _done, id=run["id"]: self._done(id))  # type: ignore[misc]  # mypy cannot infer a lambda's default

    def _done(self, run_id: str) -> None:
        self._running.pop(run_id, None)
        self._service.progress.pop(run_id, None)
        self._event.set()

    async def _run(self, sandbox: str, run: Document) -> None:
        """One run to its end; put back when its end cannot be written."""
        try:
            await self._ingested(sandbox, run)
            return
        except sqlite3.Error:
            written = False
        while not written:
            await asyncio.sleep(UNWRITABLE_S)
            with contextlib.suppress(sqlite3.Error):
                self._put_back(sandbox, run)
                written = True

    def _put_back(self, sandbox: str, run: Document) -> None:
        if self._service.find("runs", sandbox, run["id"]) is not None:  # its flow may be gone
            self._runs.put_back(sandbox, run)

    async def _ingested(self, sandbox: str, run: Document) -> None:
        world = self._service.world
        run = self._runs.begin(sandbox, run)
        batch_id = world.batch_id()
        workspace = world.folder / "jobs" / batch_id  # of its own: what a killed process left is never in the way
        flow = self._service.find("flows", sandbox, run["flowId"])
        if flow is None:
            return
        progress = self._service.progress
        try:
            job = job_of(self._service, sandbox, flow, run, workspace / "batch")
            result = await ingest(workspace, run["id"], job, lambda said: progress.__setitem__(run["id"], said))
            self._runs.finish(sandbox, run, batch_id, result, workspace / "batch")
        except JobFailed as error:
            self._runs.fail(sandbox, run, report.INGEST_FAILED, str(error))
        except (OSError, LookupError, TypeError, ValueError, ServiceError) as error:
            # Something the flow needs went away meanwhile, or the disk is full: the run must not stay in progress.
            self._runs.fail(sandbox, run, report.INGEST_FAILED, f"The run broke off: {error}")
        except asyncio.CancelledError:
            with contextlib.suppress(sqlite3.Error):  # the next opening does it
                self._put_back(sandbox, run)
            raise
        finally:
            shutil.rmtree(workspace, ignore_errors=True)


def _schedule_of(flow: Document | None) -> Schedule | None:
    """By what an enabled flow runs; None for one that does not."""
    if flow is None or flow["state"] != "enabled" or not flow.get("scheduleParams"):
        return None
    try:
        return read_schedule(flow["scheduleParams"])
    except ScheduleError:
        return None  # checked when it was written; a store from elsewhere may hold anything
