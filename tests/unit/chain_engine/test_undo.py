"""Undo leaves the platform as it was, or says precisely what it could not delete, and why."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aeptui.chain.errors import ChainError
from aeptui.chain.events import ChainEvent
from aeptui.chain.replay import read_execution
from aeptui.errors import ConfigError
from aeptui.session.tracking import Tracking
from tests.unit.chain_engine.place import COLLECTIONS, CREATES, Place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    yield place
    await place.client.aclose()
    await place.platform.close()


async def everything(place: Place) -> dict[str, Any]:
    """All that the platform has, as it answers it."""
    return {
        collection: [one.model_dump(mode="json") async for one in getattr(place.client, collection).list()]
        for collection in (*COLLECTIONS, "base_connections", "flow_runs", "batches")
    }


async def undone(place: Place, tracking: Tracking, **options: Any) -> list[ChainEvent]:
    place.executions._trackings.clear()
    told: list[ChainEvent] = []
    items = await place.executions.survey(tracking.id, **options)
    await place.executions.undo(tracking.id, items, on_event=told.append)
    return told


@pytest.mark.parametrize("prefix", [*CREATES, ""])
async def test_after_every_prefix_of_the_chain_the_platform_is_as_it_was(place: Place, prefix: str) -> None:
    before = await everything(place)
    place.line.refuse = prefix
    tracking = await place.run()
    place.line.refuse = ""
    if tracking.record.can_undo:
        told = await undone(place, tracking)
        assert told[-1].to_json()["status"] == "undone"
        assert read_execution(place.paths.executions, tracking.id).status == "undone"
    assert await everything(place) == before


@pytest.mark.parametrize("collection", CREATES)
@pytest.mark.parametrize("trouble", ["lose", "late"])
async def test_what_was_in_doubt_is_found_and_deleted_too(place: Place, collection: str, trouble: str) -> None:
    before = await everything(place)
    setattr(place.line, trouble, collection)
    tracking = await place.run()
    await place.line.arrive()
    await undone(place, tracking)
    assert await everything(place) == before


async def test_what_the_pipeline_reused_is_not_touched(place: Place) -> None:
    first = await place.run()
    from aeptui.chain.document import parse_pipeline
    from aeptui.emulator.samples import sample_pipelines

    text = sample_pipelines()["loyalty"]
    begin, end = text.index("[schema]"), text.index("# An attribute is copied")
    ids = f'[schema]\nid = "{first.record.ids["schema"]}"\n\n[dataset]\nid = "{first.record.ids["dataset"]}"\n\n'
    before = await everything(place)
    second = await place.run(parse_pipeline(text[:begin] + ids + text[end:], file="x.toml"))
    assert second.record.status == "succeeded", second.problems
    await undone(place, second)
    assert await everything(place) == before


async def test_what_somebody_changed_stays_unless_that_is_said(place: Place) -> None:
    before = await everything(place)
    tracking = await place.run()
    flow = await place.client.flows.get(tracking.record.ids["flow"])
    patch = [{"op": "replace", "path": "/name", "value": "mine now"}]
    await place.client.flows.update(flow.id, patch, flow.etag or "")
    told = [event.to_json() for event in await undone(place, tracking)]
    assert told[-1]["status"] == "partly_undone"
    kept = {event["step"]: event["why"] for event in told if event["event"] == "step_kept"}
    assert "name was changed" in kept["flow"]
    # And whatever it cannot live without.
    assert kept["mapping_set"] == "the flow mine now, which stays, needs it"
    assert set(kept) == {"flow", "mapping_set", "target_connection", "dataset", "schema", "source_connection"}
    assert await place.ids("flows") == [flow.id]

    told = [event.to_json() for event in await undone(place, tracking, changed_too=True)]
    assert told[-1]["status"] == "undone"
    assert await everything(place) == before


async def test_a_dataset_that_others_write_into_stays(place: Place) -> None:
    tracking = await place.run()
    dataset = tracking.record.ids["dataset"]
    body = next(body for path, body in place.line.posts if path.endswith("/targetConnections"))
    others = {**body, "name": "of others", "description": "not ours"}
    await place.client.target_connections._http.send(
        "POST", "/data/foundation/flowservice/targetConnections", body=others
    )
    told = [event.to_json() for event in await undone(place, tracking)]
    kept = {event["step"]: event["why"] for event in told if event["event"] == "step_kept"}
    assert "of others writes into it" in kept["dataset"]
    assert await place.ids("datasets") == [dataset]
    assert told[-1]["status"] == "partly_undone"


async def test_a_resource_without_the_mark_of_the_execution_stays(place: Place) -> None:
    tracking = await place.run()
    source = await place.client.source_connections.get(tracking.record.ids["source_connection"])
    patch = [{"op": "replace", "path": "/description", "value": "adopted by the night shift"}]
    await place.client.source_connections.update(source.id, patch, source.etag or "")
    told = [event.to_json() for event in await undone(place, tracking, changed_too=True)]
    kept = {event["step"]: event["why"] for event in told if event["event"] == "step_kept"}
    assert "does not carry the mark" in kept["source_connection"]
    assert await place.ids("source_connections") == [source.id]


async def test_an_undo_that_broke_off_is_begun_again(place: Place) -> None:
    before = await everything(place)
    tracking = await place.run()
    place.executions._trackings.clear()
    items = await place.executions.survey(tracking.id)
    await place.executions.undo(tracking.id, items[:3])
    # As a process that died after three of them leaves the journal.
    journal = place.paths.executions / f"{tracking.id}.jsonl"
    lines = journal.read_text("utf-8").splitlines()
    assert json.loads(lines[-1])["event"] == "undo_finished"
    journal.write_text("\n".join(lines[:-1]) + "\n", "utf-8")
    assert read_execution(place.paths.executions, tracking.id).status == "partly_undone"
    told = await undone(place, tracking)
    assert told[-1].to_json()["status"] == "undone"
    assert await everything(place) == before
    with pytest.raises(ConfigError, match="undone already"):
        await place.executions.survey(tracking.id)


async def test_an_undone_execution_is_not_gone_on_with(place: Place) -> None:
    tracking = await place.run()
    await undone(place, tracking)
    with pytest.raises(ConfigError, match="Nothing is left to do"):
        await place.executions.resume(tracking.id)


async def test_what_was_made_after_somebody_looked_is_not_left_without_what_it_needs(place: Place) -> None:
    place.line.refuse = "/flows"
    tracking = await place.run()
    place.executions._trackings.clear()
    items = await place.executions.survey(tracking.id)
    place.line.refuse = ""
    await place.resume(tracking)
    before = await everything(place)
    with pytest.raises(ChainError, match="made more since somebody looked"):
        await place.executions.undo(tracking.id, items)
    assert await everything(place) == before
