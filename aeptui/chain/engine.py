"""Runs the chain: each step as soon as what it needs is there, each request once, everything on disk first.

A lost answer is looked up by the execution's marker, never answered by sending again. An execution that stopped half
way goes on with what it has made; a step whose outcome nobody knows is looked up before it is made anew.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from aeptui.api.errors import ApiError, BadRequest, NotFound, ResponseError
from aeptui.chain import events
from aeptui.chain.errors import ChainError, StepFailed, StepInDoubt
from aeptui.chain.events import ChainEvent, FinalStatus, FlowRunSummary
from aeptui.chain.looking import find_by_marker
from aeptui.chain.replay import ExecutionRecord, apply
from aeptui.chain.resume import Settle, lasting
from aeptui.chain.step import ChainContext, Made, Step, StepName
from aeptui.chain.steps import STEP_BY_NAME, steps_of
from aeptui.chain.steps.base_connection import with_secrets
from aeptui.chain.steps.flow import flow_options, keep_options
from aeptui.chain.trial import try_base_connection
from aeptui.chain.watching import until_cancelled
from aeptui.clock import Clock
from aeptui.credentials import strike_out
from aeptui.errors import AeptuiError
from aeptui.models.base import CreateBody, Json
from aeptui.models.connections import BaseConnectionCreate

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.journal import Journal
    from aeptui.chain.pipeline import Pipeline
    from aeptui.chain.preflight import Resolved
    from aeptui.credentials import Secret
    from aeptui.models.flow_runs import FlowRun

Emit = Callable[[ChainEvent, ExecutionRecord], None]
WatchFirstRun = Callable[[str], AsyncIterator["FlowRun"]]

_SOON_S = 0.002
_LOOK_UP_WAITS_S = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Lists lag behind creates by seconds."""
_VISIBLE_WAITS_S = (0.5, 1.0, 2.0, 4.0)
"""So does one service behind another: a dataset that Catalog has made may be unknown to Flow Service for a moment."""


class _NotRun(Exception):
    """A step that was not begun, because another failed or the user cancelled."""


async def execute(
    pipeline: Pipeline,
    resolved: Resolved,
    client: AepClient,
    journal: Journal,
    emit: Emit,
    *,
    record: ExecutionRecord,
    clock: Clock,
    margin_s: float,
    watch_first_run: WatchFirstRun | None = None,
    cancel: asyncio.Event | None = None,
    settle: Settle | None = None,
    secrets: Mapping[str, Secret] | None = None,
) -> ExecutionRecord:
    """Run the chain of one pipeline that passed pre-flight, from where its record stands.

    Args:
        emit: Gets every event once it is in the journal, and the record with it.
        record: Of the execution: before its first event, or as its journal tells it, to be gone on with.
        margin_s: How far ahead "as soon as possible" lies.
        watch_first_run: Yields the first run of a flow until it has ended; None: do not wait for it.
        cancel: When set, no further request is begun.
        settle: What the user decided about steps in doubt.
        secrets: By name, those of a declared base connection that is still to be made.
    Returns:
        The record; a step that failed is in it and is not raised.
    Raises:
        JournalError: the disk does not take the journal; nothing more was sent.
    """
    context = ChainContext(pipeline, resolved, record.id, client.now(), margin_s)
    running = _Execution(
        context, client, journal, emit, clock, record, cancel or asyncio.Event(), settle or Settle(), secrets or {}
    )
    return await running.run(watch_first_run)


class _Execution:
    def __init__(
        self,
        context: ChainContext,
        client: AepClient,
        journal: Journal,
        emit: Emit,
        clock: Clock,
        record: ExecutionRecord,
        cancel: asyncio.Event,
        settle: Settle,
        secrets: Mapping[str, Secret],
    ) -> None:
        self._context = context
        self._client = client
        self._journal = journal
        self._emit = emit
        self._clock = clock
        self._record = record
        self._cancel = cancel
        self._settle = settle
        self._secrets = secrets
        self._made: dict[StepName, Made] = {one.step: one.made for one in record.steps if one.made is not None}
        self._unsettled = frozenset(one.step for one in record.steps if one.maybe_applied)
        self._steps = steps_of(context.pipeline)
        self._resumed = any(one.state != "pending" for one in record.steps)
        self._error: ChainError | None = None

    async def run(self, watch_first_run: WatchFirstRun | None) -> ExecutionRecord:
        record, now = self._record, self._clock.now()
        begun: ChainEvent = events.ExecutionStarted(
            record.id, now, record.pipeline_name, tuple(step.name for step in self._steps)
        )
        if self._resumed:
            begun = events.ExecutionResumed(record.id, now, record.pipeline_name, tuple(self._made))
        self._tell(
            begun,
            profile=record.profile,
            sandbox=record.sandbox,
            pipeline_text=record.pipeline_text,
            pipeline_file=record.pipeline_file,
            variables=dict(record.variables),
            pid=os.getpid(),
        )
        await self._run_steps()
        if self._error is not None:
            status: FinalStatus = "in_doubt" if isinstance(self._error, StepInDoubt) else "failed"
            return self._finish(status, self._error)
        if "flow" not in self._made:
            return self._finish("cancelled")
        if self._context.pipeline.source.is_stream:
            watch_first_run = None  # a stream has no runs
        # The dataflow exists, and nobody waits for this: the first run is watched meanwhile.
        keeping = asyncio.create_task(self._keep_options(), name="options of the flow")
        trouble: AeptuiError | None = None
        try:
            if watch_first_run is not None:
                async for run in until_cancelled(watch_first_run(self._made["flow"].id), self._cancel):
                    self._tell(events.FlowRunUpdated(record.id, self._clock.now(), FlowRunSummary.of(run)))
        except ApiError as error:
            trouble = AeptuiError(f"The first run could not be watched: {error.title}", error.hint)
        except (asyncio.CancelledError, AeptuiError):
            keeping.cancel()
            raise
        await keeping
        if trouble is not None or watch_first_run is None:
            return self._finish("succeeded", trouble)
        seen = self._record.flow_run
        return self._finish("failed" if seen is not None and seen.outcome == "failed" else "succeeded")

    async def _run_steps(self) -> None:
        tasks: dict[StepName, asyncio.Task[None]] = {}
        for step in self._steps:
            needed = [tasks[name] for name in step.needs if name in tasks]
            tasks[step.name] = asyncio.create_task(self._run_step(step, needed), name=f"step {step.name}")
        try:
            await asyncio.wait(tasks.values())
        except asyncio.CancelledError:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
            raise
        for task in tasks.values():
            error = task.exception()
            if error is not None and not isinstance(error, _NotRun | ChainError):
                raise error
            # Doubt outweighs failure: it is what has to be settled first.
            if isinstance(error, ChainError) and (self._error is None or isinstance(error, StepInDoubt)):
                self._error = error

    async def _run_step(self, step: Step, needed: list[asyncio.Task[None]]) -> None:
        for task in needed:
            await asyncio.wait([task])
            if task.cancelled() or task.exception() is not None:
                raise _NotRun
        if step.name in self._made:
            await self._tried(step)
            return
        if self._cancel.is_set() or self._error is not None:
            raise _NotRun
        context = self._context
        begun = self._clock.monotonic()
        existing = step.existing(context)
        title = step.title(context)
        if existing is not None:
            action, found = existing
            self._tell_made(step, found, title, begun, action)
            return
        if step.name in self._unsettled and step.name not in self._settle.anew:
            left = await self._left_behind(step, context.marker(step.name))
            if left is not None:
                self._tell_made(step, left, title, begun, "create", adopted=True)
                await self._tried(step)
                return
        body = self._body(step)
        self._tell(
            events.StepStarted(context.execution, self._clock.now(), step.name, "create", title),
            marker=context.marker(step.name),
            body=body.to_wire(),
        )
        adopted = False
        try:
            made = await self._create(step, body)
        except AeptuiError as error:
            if not getattr(error, "maybe_applied", False):
                raise self._failed(step, error) from error
            made = await self._look_up(step, context.marker(step.name), body.to_wire(), error)
            adopted = True
        self._tell_made(step, made, title, begun, "create", adopted=adopted)
        await self._tried(step)

    async def _tried(self, step: Step) -> None:
        """A new base connection has to work before anything is built on it."""
        if step.name != "base_connection" or self._cancel.is_set():
            return
        try:
            await try_base_connection(
                self._client,
                self._made[step.name].id,
                self._record.id,
                self._clock,
                _VISIBLE_WAITS_S,
                lambda attempt, wait_s: self._tell_waiting(step, "not_visible_yet", attempt, _VISIBLE_WAITS_S, wait_s),
            )
        except StepFailed as failure:
            self._error = self._error or failure
            raise

    def _body(self, step: Step) -> CreateBody:
        """What to send. "As soon as possible" counts from now, not from when the chain began."""
        return step.body(replace(self._context, now=self._client.now()), self._made)

    async def _create(self, step: Step, body: CreateBody) -> Made:
        """Send it; again only after a refusal that says that what was just made is not there yet."""
        for attempt, wait_s in enumerate(_VISIBLE_WAITS_S, 1):
            try:
                return await step.create(self._client, self._sent(body))
            except (NotFound, BadRequest) as error:
                if not self._is_lag(step, error):
                    raise
            self._tell_waiting(step, "not_visible_yet", attempt, _VISIBLE_WAITS_S, wait_s)
            await self._clock.sleep(wait_s)
            body = self._body(step)
        return await step.create(self._client, self._sent(body))

    def _sent(self, body: CreateBody) -> CreateBody:
        """The body with the secrets in it: for the request, and nothing else."""
        declared = self._context.pipeline.base_connection
        if declared is None or not isinstance(body, BaseConnectionCreate):
            return body
        return with_secrets(body, declared, self._secrets)

    def _is_lag(self, step: Step, error: ResponseError) -> bool:
        """Whether a refusal is about a resource that this execution has made: its lists lag, the request is right."""
        made = (self._record.step(name) for name in step.needs)
        return any(one.action == "create" and one.id is not None and one.id in error.title for one in made)

    async def _left_behind(self, step: Step, marker: str) -> Made | None:
        """What an attempt before this one has made after all; None: nothing."""
        lost = AeptuiError("an earlier attempt was interrupted.")
        body = self._body(step).to_wire()
        sent = self._record.step(step.name).body or body
        found, asked = await self._found(step, marker, sent)
        if found and lasting(sent) != lasting(body):
            ids = ", ".join(one.id for one in found)
            undo = f"Put the pipeline back as it was, or `aeptui undo {self._record.id}` and run it anew."
            raise self._doubt(step, lost, f"{ids} exists, made from the pipeline as it was. {undo}")
        chosen = self._settle.adopt.get(step.name)
        if chosen is not None:
            for one in found:
                if one.id == chosen:
                    return one
            raise self._doubt(step, lost, f"{chosen} does not carry this execution's marker, so it is not taken.")
        if len(found) > 1:
            raise self._doubt(step, lost, self._choices(step, found), found)
        if not found and not asked:
            raise self._doubt(step, lost, "The look-up was not answered. Resume again when the platform answers.")
        return found[0] if found else None

    async def _look_up(self, step: Step, marker: str, body: Json, lost: AeptuiError) -> Made:
        """The resource whose answer was lost."""
        found, asked = await self._found(step, marker, body)
        if len(found) == 1:
            return found[0]
        if found:
            raise self._doubt(step, lost, self._choices(step, found), found)
        again = f"`aeptui resume {self._record.id}` looks again, and makes it only if it is not there."
        if step.name == "flow" or not asked:
            raise self._doubt(step, lost, f"Look in the list of dataflows, or wait a moment: {again}")
        # Everything before the flow moves no data: a leftover that shows up late does no harm.
        raise self._failed(step, lost, maybe_applied=True)

    async def _found(self, step: Step, marker: str, body: Json) -> tuple[Sequence[Made], bool]:
        """Every resource with this step's marker, looked for as long as lists may lag; and whether anybody answered."""
        return await find_by_marker(
            lambda: step.find(self._client, marker, body),
            self._clock,
            _LOOK_UP_WAITS_S,
            lambda attempt, wait_s: self._tell_waiting(step, "look_up", attempt, _LOOK_UP_WAITS_S, wait_s),
        )

    def _choices(self, step: Step, found: Sequence[Made]) -> str:
        ids = ", ".join(one.id for one in found)
        command = f"aeptui resume {self._record.id}"
        return (
            f"{len(found)} of them exist: {ids}. Look at them, then `{command} --adopt {step.name}=ID` takes one, "
            f"`{command} --anew {step.name}` makes another; or keep one and delete the others."
        )

    def _failed(self, step: Step, error: AeptuiError, *, maybe_applied: bool = False) -> StepFailed:
        now = self._clock.now()
        # Some services quote what they were sent.
        title, hint = strike_out(error.title), strike_out(error.hint)
        self._tell(events.StepFailed(self._record.id, now, step.name, title, hint, maybe_applied))
        failure = StepFailed(title, hint, step=step.name)
        self._error = self._error or failure
        return failure

    def _doubt(self, step: Step, lost: AeptuiError, hint: str, found: Sequence[Made] = ()) -> StepInDoubt:
        what = step.name.replace("_", " ")
        title = f"Whether the {what} was created is not known: {strike_out(lost.title)}"
        ids = tuple(one.id for one in found)
        self._tell(events.StepInDoubt(self._record.id, self._clock.now(), step.name, title, hint, ids))
        doubt = StepInDoubt(title, hint, step=step.name)
        self._error = doubt
        return doubt

    async def _keep_options(self) -> None:
        """See that the dataflow takes bad rows as the pipeline says; a kill before this is made good by a resume."""
        made = self._made["flow"]
        kept = await keep_options(self._client, made, flow_options(self._context.pipeline))
        if kept == made:
            return
        known = self._record.step("flow")
        begun = self._clock.monotonic() - (known.duration_ms or 0.0) / 1000
        self._tell_made(STEP_BY_NAME["flow"], kept, known.name or "", begun, "create")

    def _tell_made(
        self, step: Step, made: Made, title: str, begun: float, action: str, *, adopted: bool = False
    ) -> None:
        self._made[step.name] = made
        took_ms = (self._clock.monotonic() - begun) * 1000
        now = self._clock.now()
        self._tell(
            events.StepSucceeded(
                self._record.id,
                now,
                step.name,
                made.id,
                title,
                took_ms,
                action,  # type: ignore[arg-type]  # one of the three words, by construction
                made.version,
                adopted,
                made.note,
                made.etag,
            )
        )

    def _tell_waiting(
        self,
        step: Step,
        why: Literal["look_up", "not_visible_yet"],
        attempt: int,
        waits: Sequence[float],
        wait_s: float,
    ) -> None:
        now = self._clock.now()
        self._tell(events.StepWaiting(self._record.id, now, step.name, why, attempt, len(waits), wait_s))

    def _finish(self, status: FinalStatus, error: AeptuiError | None = None) -> ExecutionRecord:
        now, ids, run = self._clock.now(), self._record.ids, self._record.flow_run
        why = (error.title, error.hint) if error is not None else (None, None)
        self._tell(events.ExecutionFinished(self._record.id, now, status, ids, run, *why))
        return self._record

    def _tell(self, event: ChainEvent, **also: Json) -> None:
        """Into the journal first, then to whoever watches.

        What was made need not be on the disk before the next step says that it begins: one wait for the disk is enough
        for both. Without a next step it is there a moment later.
        """
        made = isinstance(event, events.StepSucceeded)
        self._journal.append({**event.to_json(), **also}, at_once=not made)
        if made:
            asyncio.get_running_loop().call_later(_SOON_S, self._journal.sync)
        self._record = apply(self._record, event)
        self._emit(event, self._record)
