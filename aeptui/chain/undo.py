"""Takes back what an execution created: the last first, nothing else, and each only after another look at it.

What the execution reused is never touched. A resource that does not carry this execution's marker, was changed since,
or is used by others stays, and the reason is told. Deleting twice is as good as once, so an undo that was interrupted
is simply begun again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from aeptui.api.errors import ApiError, NotFound
from aeptui.chain import events
from aeptui.chain.errors import ChainError
from aeptui.chain.events import ChainEvent, UndoStatus
from aeptui.chain.replay import ExecutionRecord, StepRecord, apply
from aeptui.chain.step import STEPS, Seen, Step, StepName, marker_of
from aeptui.chain.steps import ALL_STEPS, STEP_BY_NAME
from aeptui.models.base import Json, mapping_of

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.journal import Journal
    from aeptui.clock import Clock

Emit = Callable[[ChainEvent, ExecutionRecord], None]


@dataclass(frozen=True)
class Undoable:
    """One resource of an execution, and what an undo does with it."""

    step: StepName
    id: str
    name: str
    action: Literal["delete", "keep", "gone"]
    why: str = ""
    etag: str | None = None


async def survey(record: ExecutionRecord, client: AepClient, *, changed_too: bool = False) -> tuple[Undoable, ...]:
    """What an undo of the execution would delete, the last made first. Only reads.

    Args:
        changed_too: Also what somebody changed since it was made.
    Raises:
        ApiError: the platform does not answer; nothing was decided.
    """
    batches = await _own_batches(record, client)
    found: list[Undoable] = []
    for step in reversed(ALL_STEPS):
        known = record.step(step.name)
        if known.action not in (None, "create") or (known.made is None and not known.maybe_applied):
            continue
        for identifier in await _ids(step, known, record, client):
            one = await _looked_at(step, identifier, known, record, client, changed_too=changed_too)
            if one.action == "delete":
                one = _unless_needed(one, found)
            if one.action == "delete" and step.name == "dataset":
                own = {other.id for other in found} | {record.step("target_connection").id or ""}
                one = await _unless_others_use_it(one, client, batches, own, is_stream=_is_stream(record))
            if one.action == "delete" and step.name == "base_connection":
                own = {other.id for other in found} | {record.step("source_connection").id or ""}
                one = await _unless_others_read_it(one, client, own)
            if one.action == "delete" and step.name == "field_group":
                one = await _unless_schemas_use_it(one, client, {other.id for other in found if other.action != "keep"})
            found.append(one)
    return tuple(found)


async def undo(
    record: ExecutionRecord,
    items: Sequence[Undoable],
    client: AepClient,
    journal: Journal,
    emit: Emit,
    *,
    clock: Clock,
    cancel: asyncio.Event | None = None,
) -> ExecutionRecord:
    """Delete what the survey found; the record as it is then.

    What cannot be deleted is told and left, and so is what it needs: the rest goes on.

    Raises:
        ChainError: the execution has made more since the survey, of what was to be deleted.
    """
    listed = {one.step for one in items}
    unlisted = [one.step for one in record.steps if one.action == "create" and one.made and one.step not in listed]
    if unlisted and listed and max(map(STEPS.index, unlisted)) > min(map(STEPS.index, listed)):
        raise ChainError(
            f"The execution {record.id} has made more since somebody looked ({', '.join(unlisted)}), which needs what "
            "was to be deleted. Nothing was deleted.",
            f"Look again: `aeptui undo {record.id}`.",
        )
    batches = await _own_batches(record, client)

    def tell(event: ChainEvent, **also: Json) -> None:
        nonlocal record
        journal.append({**event.to_json(), **also})
        record = apply(record, event)
        emit(event, record)

    tell(events.UndoStarted(record.id, clock.now(), tuple(one.step for one in items)), batches=sorted(batches))
    left = bool(unlisted)
    stayed: list[Undoable] = []
    for one in items:
        if cancel is not None and cancel.is_set():
            left = True
            break
        if one.action == "delete":
            one = _unless_needed(one, stayed)
        if one.action == "keep":
            left = True
            stayed.append(one)
            tell(events.StepKept(record.id, clock.now(), one.step, one.id, one.why))
            continue
        if one.action == "delete":
            try:
                await STEP_BY_NAME[one.step].delete(client, one.id, one.etag)
            except ApiError as error:
                left = True
                stayed.append(replace(one, action="keep"))
                tell(events.StepKept(record.id, clock.now(), one.step, one.id, error.in_full))
                continue
        tell(events.StepUndone(record.id, clock.now(), one.step, one.id))
    status: UndoStatus = "partly_undone" if left else "undone"
    tell(events.UndoFinished(record.id, clock.now(), status))
    return record


async def _ids(step: Step, known: StepRecord, record: ExecutionRecord, client: AepClient) -> tuple[str, ...]:
    """The resource it made; of one in doubt, whatever carries its marker."""
    if known.made is not None:
        return (known.made.id,)
    if known.body is None:
        return ()
    found = await step.find(client, marker_of(record.id, step.name), known.body)
    return tuple(dict.fromkeys(one.id for one in found))


async def _looked_at(
    step: Step, identifier: str, known: StepRecord, record: ExecutionRecord, client: AepClient, *, changed_too: bool
) -> Undoable:
    try:
        seen = await step.look(client, identifier)
    except NotFound:
        return Undoable(step.name, identifier, known.name or "", "gone")
    one = Undoable(step.name, identifier, seen.name, "delete", etag=seen.etag)
    if not any(marker_of(record.id, step.name) in text for text in seen.marks):
        return replace(one, action="keep", why="it does not carry the mark of this execution any more")
    changed = _change(seen, known)
    if changed and not changed_too:
        return replace(one, action="keep", why=f"{changed} was changed since it was made")
    return one


def _change(seen: Seen, known: StepRecord) -> str:
    """The field in which a resource differs from what was sent for it; empty: none, or nobody can tell.

    A new etag alone says nothing: states and schedules move by themselves.
    """
    if known.version is not None and mapping_of(seen.facts).get("version") not in (None, known.version):
        return "its version"
    if known.etag is None or seen.etag in (None, known.etag):
        return ""
    live = mapping_of(seen.facts)
    sent = mapping_of(known.body)
    return next((key for key, value in sent.items() if key in live and not _covers(live[key], value)), "")


def _covers(live: Json, sent: Json) -> bool:
    """Whether what was sent is still there: services add fields, and write numbers as strings."""
    if isinstance(sent, dict):
        return isinstance(live, dict) and all(_covers(live.get(key), value) for key, value in sent.items())
    if isinstance(sent, list):
        return (
            isinstance(live, list)
            and len(live) == len(sent)
            and all(_covers(one, other) for one, other in zip(live, sent, strict=True))
        )
    if isinstance(sent, bool) or isinstance(live, bool):
        return str(live).lower() == str(sent).lower()
    if isinstance(sent, int | float):
        try:
            return float(live) == float(sent)
        except (TypeError, ValueError):
            return False
    return bool(live == sent)


async def _own_batches(record: ExecutionRecord, client: AepClient) -> set[str]:
    """The batches that this execution's dataflow wrote, also those an undo before this one knew of."""
    flow = record.step("flow")
    found = set(record.own_batches)
    if flow.id is not None:
        found |= {run.batch_id async for run in client.flow_runs.list(flow_id=flow.id) if run.batch_id}
    return found


def _is_stream(record: ExecutionRecord) -> bool:
    """Whether its dataflow has no runs, so that nothing tells which batches are its own."""
    sent = record.step("flow").body
    return sent is not None and "scheduleParams" not in mapping_of(sent)


def _unless_needed(one: Undoable, later: Sequence[Undoable]) -> Undoable:
    """What something needs that stays does stay too, whether the platform would refuse its deletion or not."""
    users = [other for other in later if other.action == "keep" and one.step in STEP_BY_NAME[other.step].needs]
    if not users:
        return one
    why = f"the {users[0].step.replace('_', ' ')} {users[0].name or users[0].id}, which stays, needs it"
    return replace(one, action="keep", why=why)


async def _unless_others_use_it(
    one: Undoable, client: AepClient, own_batches: set[str], own_targets: set[str], *, is_stream: bool
) -> Undoable:
    others = [batch.id async for batch in client.batches.list(one.id) if batch.id not in own_batches]
    if others:
        some = ", ".join(others[:3])
        if is_stream:
            why = f"it holds {len(others)} batches, such as {some}; a stream's cannot be told from those of others"
            return replace(one, action="keep", why=why)
        return replace(one, action="keep", why=f"it holds {len(others)} batches of others, such as {some}")
    targets = client.target_connections.list(property=(f"params.dataSetId=={one.id}",))
    users = [target.id async for target in targets if target.id not in own_targets]
    if users:
        return replace(one, action="keep", why=f"the target connection {users[0]} of others writes into it")
    return one


async def _unless_others_read_it(one: Undoable, client: AepClient, own_sources: set[str]) -> Undoable:
    sources = client.source_connections.list(property=(f"baseConnectionId=={one.id}",))
    users = [source.id async for source in sources if source.id not in own_sources]
    if users:
        return replace(one, action="keep", why=f"the source connection {users[0]} of others reads through it")
    return one


async def _unless_schemas_use_it(one: Undoable, client: AepClient, going: set[str]) -> Undoable:
    users = [schema async for schema in client.schemas.list() if one.id in schema.extends and schema.id not in going]
    if users:
        return replace(
            one, action="keep", why=f"the schema {users[0].title or users[0].id}, which stays, is made of it"
        )
    return one
