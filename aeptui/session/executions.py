"""Executions: the ones that run in this process, and the journals of all others.

An execution belongs to the session, not to whoever looks at it: leaving a screen does not end it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from aeptui.chain.engine import execute
from aeptui.chain.errors import JournalLocked, PipelineError
from aeptui.chain.events import ChainEvent
from aeptui.chain.journal import Journal, new_execution_id
from aeptui.chain.preflight import preflight
from aeptui.chain.replay import ExecutionRecord, ExecutionStatus, list_executions, new_record, read_execution, reopened
from aeptui.chain.resume import Settle, changed_steps, news, pipeline_of, secrets_to_send
from aeptui.clock import Clock, IdSource
from aeptui.config import Paths, Profile
from aeptui.errors import AeptuiError, ConfigError
from aeptui.ids import ExecutionId
from aeptui.session.named_secrets import Secrets
from aeptui.session.pipelines import file_of
from aeptui.session.tracking import Tracking
from aeptui.session.turns import Turn, Turns

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.api.request_log import LoggedRequest, RequestLog
    from aeptui.chain.document import ParsedPipeline
    from aeptui.chain.undo import Undoable
    from aeptui.chain.update import Existing
    from aeptui.models.flow_runs import FlowRun

_END_S = 1.2
"""How long the request under way may take when the session closes."""


class Executions:
    """Starts executions and reads their journals."""

    def __init__(
        self,
        paths: Paths,
        profile: Profile,
        client: AepClient,
        request_log: RequestLog,
        clock: Clock,
        ids: IdSource,
        *,
        margin_s: float,
        fast: bool,
        secrets: Secrets | None = None,
    ) -> None:
        self._paths = paths
        self._profile = profile
        self._client = client
        self._request_log = request_log
        self._clock = clock
        self._ids = ids
        self._margin_s = margin_s
        self._fast = fast
        self._secrets = secrets or Secrets(paths, ())
        self._turns = Turns()
        self._trackings: dict[ExecutionId, Tracking] = {}
        self._checking = client.reading()

    def share_checks(self) -> None:
        """From now on ask the platform each question of a check once, for many pipelines that are run together."""
        self._checking = self._client.reading(shared=True)

    async def start(
        self,
        parsed: ParsedPipeline,
        *,
        watch: bool = True,
        on_event: Callable[[ChainEvent], None] | None = None,
    ) -> Tracking:
        """Check a pipeline, then run its chain; with `watch`, until its first flow run has ended."""
        record = self._new_record(parsed)
        folder = self._paths.executions
        return self._track(record, lambda: Journal.create(folder, record.id), parsed, watch, on_event)

    def _new_record(self, parsed: ParsedPipeline) -> ExecutionRecord:
        execution = new_execution_id(self._clock, self._ids)
        while execution in self._trackings:  # hundreds may be begun within one second
            execution = new_execution_id(self._clock, self._ids)
        return new_record(
            execution,
            pipeline_name=parsed.pipeline.name,
            profile=self._profile.name,
            sandbox=self._profile.sandbox,
            started_at=self._clock.now(),
            pipeline_text=parsed.text,
            pipeline_file=file_of(parsed),
            variables=parsed.variables,
        )

    async def update(
        self, parsed: ParsedPipeline, found: Existing, *, on_event: Callable[[ChainEvent], None] | None = None
    ) -> Tracking:
        """Bring a dataflow to what the pipeline says, in place.

        Raises:
            ConfigError: it cannot be done in place; says why.
        """
        if found.refused:
            raise ConfigError(
                f"The dataflow {found.live.flow_id} cannot be changed in place: {'; '.join(found.refused)}.",
                "Make a new one, or put the pipeline back there.",
            )
        tracking = self._tracking_of(self._new_record(parsed), on_event)
        work = self._updated(tracking, parsed, found)
        tracking._task = asyncio.create_task(work, name=f"execution {tracking.id}")
        return tracking

    async def _updated(self, tracking: Tracking, parsed: ParsedPipeline, found: Existing) -> None:
        from aeptui.api.request_log import purpose
        from aeptui.chain.update import update

        try:
            await self._client.admit_writes()
            folder = self._paths.executions
            with purpose(tracking.id), Journal.create(folder, tracking.id) as journal, self._keeping(tracking):
                record = tracking.record
                await update(
                    parsed.pipeline, found, self._client, journal, tracking._emit, record=record, clock=self._clock
                )
        except AeptuiError as error:
            self._refuse(tracking, error, self._clock.now())

    async def resume(
        self,
        execution: str,
        parsed: ParsedPipeline | None = None,
        *,
        settle: Settle | None = None,
        watch: bool = True,
        on_event: Callable[[ChainEvent], None] | None = None,
    ) -> Tracking:
        """Go on with an execution that stopped half way: what it made stays, what is in doubt is looked up first.

        Args:
            parsed: The pipeline as it is now; None: as it was when the execution was last begun.
            settle: What the user decided about steps in doubt.
        Raises:
            ConfigError: there is no such execution, nothing is left to do, or it belongs to another profile.
            PipelineError: a step that is done was made from what the pipeline does not say any more.
            JournalLocked: it is still running.
        """
        known = await asyncio.to_thread(read_execution, self._paths.executions, ExecutionId(execution))
        self._check_resumable(known)
        parsed = parsed if parsed is not None else pipeline_of(known)
        record = replace(
            known, pipeline_text=parsed.text, pipeline_name=parsed.pipeline.name, variables=dict(parsed.variables)
        )
        earlier = await self.kept_requests(record.id)
        folder = self._paths.executions
        tracking = self._track(record, lambda: reopened(folder, known), parsed, watch, on_event, settle)
        tracking.comes_after(earlier)
        return tracking

    def _check_resumable(self, record: ExecutionRecord) -> None:
        if record.status == "running":
            raise JournalLocked(f"The execution {record.id} is still running.", "Wait for it to end.")
        if not record.can_resume:
            self._check_readable(record)
            done = "has ended" if record.status in ("succeeded", "failed") else f"is {record.status.replace('_', ' ')}"
            raise ConfigError(
                f"Nothing is left to do for the execution {record.id}: it {done}.",
                record.hint or "`aeptui executions` shows all of them; `aeptui run FILE` begins another.",
            )
        self._check_place(record)

    def _check_readable(self, record: ExecutionRecord) -> None:
        if record.error and not record.pipeline_text:
            raise ConfigError(f"The execution {record.id} cannot be gone on with: {record.error}", record.hint or "")

    def _check_place(self, record: ExecutionRecord) -> None:
        here = (self._profile.name, self._profile.sandbox)
        if (record.profile, record.sandbox) != here:
            raise ConfigError(
                f"The execution {record.id} belongs to the profile {record.profile} (sandbox {record.sandbox}), "
                f"not to {here[0]} ({here[1]}).",
                f"Open it with that profile: aeptui --profile {record.profile}",
            )

    def _track(
        self,
        record: ExecutionRecord,
        open_journal: Callable[[], Journal],
        parsed: ParsedPipeline,
        watch: bool,
        on_event: Callable[[ChainEvent], None] | None,
        settle: Settle | None = None,
    ) -> Tracking:
        tracking = self._tracking_of(record, on_event)
        work = self._run(tracking, open_journal, parsed, watch, settle)
        tracking._task = asyncio.create_task(work, name=f"execution {record.id}")
        return tracking

    def _tracking_of(self, record: ExecutionRecord, on_event: Callable[[ChainEvent], None] | None) -> Tracking:
        tracking = Tracking(record, self._request_log)
        if on_event is not None:
            tracking._event_listeners.append(on_event)
        self._trackings[record.id] = tracking
        return tracking

    async def survey(self, execution: str, *, changed_too: bool = False) -> tuple[Undoable, ...]:
        """What an undo of the execution would delete, the last made first; only reads.

        Args:
            changed_too: Also what somebody changed since it was made.
        Raises:
            ConfigError: there is no such execution, it created nothing, or it belongs to another profile.
            JournalLocked: it is still running.
        """
        from aeptui.chain.undo import survey

        return await survey(await self._undoable(execution), self._client.reading(), changed_too=changed_too)

    async def undo(
        self,
        execution: str,
        items: Sequence[Undoable],
        *,
        on_event: Callable[[ChainEvent], None] | None = None,
        cancel: asyncio.Event | None = None,
    ) -> ExecutionRecord:
        """Delete what `survey` found, and note in the journal what is gone and what had to stay.

        Raises:
            JournalLocked: the execution is running, or being undone elsewhere.
        """
        from aeptui.api.request_log import purpose
        from aeptui.chain.undo import undo

        record = await self._undoable(execution)
        await self._client.admit_writes()

        def emit(event: ChainEvent, _: ExecutionRecord) -> None:
            if on_event is not None:
                on_event(event)

        self._trackings.pop(record.id, None)  # the journal tells more than what it saw
        kept = self._keeping(Tracking(record, self._request_log))
        with reopened(self._paths.executions, record) as journal, kept, purpose(record.id):
            return await undo(record, items, self._client, journal, emit, clock=self._clock, cancel=cancel)

    async def _undoable(self, execution: str) -> ExecutionRecord:
        record = await asyncio.to_thread(read_execution, self._paths.executions, ExecutionId(execution))
        if record.status == "running":
            raise JournalLocked(f"The execution {record.id} is still running.", "Cancel it, or wait for it to end.")
        if not record.can_undo:
            self._check_readable(record)
            what = "is undone already" if record.status == "undone" else "created nothing that is known"
            raise ConfigError(
                f"There is nothing to undo: the execution {record.id} {what}.",
                record.hint or "`aeptui executions` shows all of them.",
            )
        self._check_place(record)
        return record

    def tracking(self, execution: str) -> Tracking | None:
        """The execution of this process with that id."""
        return self._trackings.get(ExecutionId(execution))

    def running(self) -> tuple[Tracking, ...]:
        """Those that have not ended."""
        return tuple(tracking for tracking in self._trackings.values() if tracking.is_running)

    async def list(self) -> tuple[ExecutionRecord, ...]:
        """Every execution with a journal, newest first; live ones as they are now."""
        records = await asyncio.to_thread(list_executions, self._paths.executions)
        return tuple(self._live(record) for record in records)

    async def load(self, execution: str) -> ExecutionRecord:
        """One execution by its id.

        Raises:
            ConfigError: there is no such execution.
        """
        tracking = self.tracking(execution)
        if tracking is not None:
            return tracking.record
        return await asyncio.to_thread(read_execution, self._paths.executions, ExecutionId(execution))

    async def kept_requests(self, execution: str) -> tuple[LoggedRequest, ...]:
        """The requests of an execution of the past, as they are kept beside its journal; none are where none were."""
        from aeptui.session.kept_requests import read_requests

        return (await asyncio.to_thread(read_requests, self._paths.executions, execution)).entries

    def _keeping(self, tracking: Tracking) -> AbstractContextManager[None]:
        """While its journal is open, keep its requests beside it."""
        from aeptui.session.kept_requests import about_process, keeping

        about = about_process(self._profile, self._clock.now())
        return keeping(self._paths.executions, tracking.id, self._request_log, tracking.since, about)

    async def aclose(self) -> None:
        """Let the requests under way be answered, start no more, and close the journals."""
        running = [tracking for tracking in self._trackings.values() if tracking.is_running]
        for tracking in running:
            tracking.cancel()
        tasks = [tracking._task for tracking in running if tracking._task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_END_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _live(self, record: ExecutionRecord) -> ExecutionRecord:
        tracking = self._trackings.get(record.id)
        return tracking.record if tracking is not None else record

    async def _run(
        self,
        tracking: Tracking,
        open_journal: Callable[[], Journal],
        parsed: ParsedPipeline,
        watch: bool,
        settle: Settle | None,
    ) -> None:
        from aeptui.api.request_log import purpose

        try:
            with purpose(tracking.id):
                async with self._turns.of(parsed.pipeline) as turn:
                    await self._checked_run(tracking, open_journal, parsed, watch, settle, turn)
        except AeptuiError as error:
            self._refuse(tracking, error, self._clock.now())
        except Exception as error:
            # A bug: the process reports it; until then no screen may show this as going on.
            self._refuse(
                tracking,
                AeptuiError(
                    f"It ended by a fault of aeptui: {type(error).__name__}.", "Its journal tells what exists."
                ),
                self._clock.now(),
            )
            raise

    async def _checked_run(
        self,
        tracking: Tracking,
        open_journal: Callable[[], Journal],
        parsed: ParsedPipeline,
        watch: bool,
        settle: Settle | None,
        turn: Turn,
    ) -> None:
        client = self._client.reading() if turn.asks_anew else self._checking
        checked = await preflight(parsed, client, now=self._client.now())
        tracking.problems = news(checked.problems, tracking.record)
        if checked.resolved is None:
            raise PipelineError(checked.problems, parsed.file)
        if tracking._stop.is_set():
            self._end(tracking, "cancelled", self._clock.now())
            return
        changed = changed_steps(tracking.record, parsed, checked.resolved, self._client.now(), self._margin_s)
        if changed:
            raise PipelineError(changed, parsed.file)
        secrets = await self._secrets.resolve(secrets_to_send(parsed.pipeline, checked.resolved, tracking.record))
        await self._client.admit_writes()
        with open_journal() as journal, self._keeping(tracking):
            await execute(
                parsed.pipeline,
                checked.resolved,
                self._client,
                journal,
                turn.watched(tracking._emit),
                record=tracking.record,
                clock=self._clock,
                margin_s=self._margin_s,
                watch_first_run=self._watch_first_run if watch else None,
                cancel=tracking._stop,
                settle=settle,
                secrets=secrets,
            )

    def _watch_first_run(self, flow_id: str) -> AsyncIterator[FlowRun]:
        from aeptui.monitor.watch import watch_run

        return watch_run(self._client, flow_id, clock=self._clock, fast=self._fast)

    def _refuse(self, tracking: Tracking, error: AeptuiError, now: datetime) -> None:
        tracking.error = error
        tracking.record = replace(tracking.record, error=error.title, hint=error.hint)
        self._end(tracking, "failed", now)

    def _end(self, tracking: Tracking, status: ExecutionStatus, now: datetime) -> None:
        tracking.record = replace(tracking.record, status=status, finished_at=now)
        tracking._changed()
