"""Whatever happens to a create, going on ends with exactly one of everything, and the journal has its ids."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aeptui.chain.document import parse_pipeline
from aeptui.chain.errors import JournalLocked, PipelineError
from aeptui.chain.journal import Journal
from aeptui.chain.replay import read_execution
from aeptui.chain.resume import Settle
from aeptui.emulator.samples import sample_pipelines
from aeptui.errors import ConfigError
from aeptui.session.tracking import Tracking
from tests.unit.chain_engine.place import COLLECTIONS, CREATES, STEPS, Place, loyalty


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    yield place
    await place.client.aclose()
    await place.platform.close()


async def exactly_one_of_everything(place: Place, tracking: Tracking) -> None:
    """In the platform, in the journal, and the same ones."""
    told = read_execution(place.paths.executions, tracking.id)
    assert told.status == "succeeded", told.error
    for step, collection in zip(STEPS, COLLECTIONS, strict=True):
        assert await place.ids(collection) == [told.ids[step]], step  # type: ignore[index]


TROUBLES = ("cut", "lose", "fail_after", "late")


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("collection", CREATES)
async def test_after_a_resume_there_is_exactly_one_of_everything(place: Place, collection: str, trouble: str) -> None:
    setattr(place.line, trouble, collection)
    tracking = await place.run()
    await place.line.arrive()
    if tracking.record.status != "succeeded":
        assert tracking.record.can_resume
        tracking = await place.resume(tracking)
    await exactly_one_of_everything(place, tracking)


@pytest.mark.parametrize("collection", CREATES)
async def test_a_page_that_is_served_twice_is_not_taken_for_two_resources(place: Place, collection: str) -> None:
    place.line.lose = collection
    place.line.twice = True
    tracking = await place.run()
    place.line.twice = False
    assert tracking.record.status == "succeeded", tracking.record.error
    await exactly_one_of_everything(place, tracking)


@pytest.mark.parametrize("at", range(len(CREATES)))
async def test_a_refused_step_is_made_when_it_is_not_refused_any_more(place: Place, at: int) -> None:
    place.line.refuse = CREATES[at]
    tracking = await place.run()
    made_before = dict(tracking.record.ids)
    place.line.refuse = ""
    tracking = await place.resume(tracking)
    await exactly_one_of_everything(place, tracking)
    assert made_before.items() <= dict(tracking.record.ids).items()


async def test_two_matches_are_in_doubt_until_the_user_chooses(place: Place) -> None:
    place.line.lose = "/targetConnections"
    place.line.before = lambda path: None
    tracking = await place.run()
    flow = tracking.record.ids["flow"]
    body = next(body for path, body in place.line.posts if path.endswith("/flows"))
    journal = place.paths.executions / f"{tracking.id}.jsonl"
    lines = [line for line in journal.read_text("utf-8").splitlines() if '"flow_run' not in line]
    cut = next(at for at, line in enumerate(lines) if '"step_succeeded"' in line and '"step": "flow"' in line)
    journal.write_text("\n".join(lines[:cut]) + "\n", "utf-8")
    place.executions._trackings.clear()
    other = (await place.client.flows._http.send("POST", "/data/foundation/flowservice/flows", body=body)).body["id"]

    again = await place.resume(tracking)
    assert again.record.status == "in_doubt"
    assert flow in (again.record.hint or "")
    assert str(other) in (again.record.hint or "")
    assert "--adopt flow=ID" in (again.record.hint or "")

    settled = await place.executions.resume(tracking.id, settle=Settle({"flow": flow}), watch=False)
    await settled.wait()
    assert settled.record.status == "succeeded"
    assert settled.record.ids["flow"] == flow


async def test_nothing_is_left_to_do_after_success(place: Place) -> None:
    tracking = await place.run()
    posts = len(place.line.posts)
    place.executions._trackings.clear()
    with pytest.raises(ConfigError, match="Nothing is left to do"):
        await place.executions.resume(tracking.id)
    assert len(place.line.posts) == posts


async def test_a_journal_that_is_being_written_is_not_gone_on_with(place: Place) -> None:
    place.line.refuse = "/flows"
    tracking = await place.run()
    place.line.refuse = ""
    posts = len(place.line.posts)
    with Journal.reopen(place.paths.executions, tracking.id):
        again = await place.resume(tracking)
    assert isinstance(again.error, JournalLocked)
    assert "still running" in again.error.title
    assert len(place.line.posts) == posts


async def test_a_pipeline_that_changed_where_nothing_was_made_yet_counts_as_it_is_now(place: Place) -> None:
    place.line.refuse = "/flows"
    tracking = await place.run()
    place.line.refuse = ""
    text = sample_pipelines()["loyalty"].replace("partial_ingestion_percent = 5", "partial_ingestion_percent = 7")
    again = await place.executions.resume(tracking.id, parse_pipeline(text), watch=False)
    await again.wait()
    assert again.record.status == "succeeded"
    flow = await place.client.flows.get(again.record.ids["flow"])
    assert flow.options["partialIngestionPercent"] == 7


@pytest.mark.parametrize(
    ("old", "new", "section"),
    [
        ('target = "person.name.lastName"', 'target = "person.name.middleName"', "mapping"),
        ('title = "Loyalty members"', 'title = "Other members"', "schema"),
        ("recursive = false", "recursive = true", "source"),
    ],
)
async def test_a_pipeline_that_changed_where_something_was_made_is_refused(
    place: Place, old: str, new: str, section: str
) -> None:
    place.line.refuse = "/flows"
    tracking = await place.run()
    posts = len(place.line.posts)
    text = sample_pipelines()["loyalty"].replace(old, new, 1)
    assert text != sample_pipelines()["loyalty"], "the sample does not say this any more"
    again = await place.executions.resume(tracking.id, parse_pipeline(text), watch=False)
    await again.wait()
    assert isinstance(again.error, PipelineError)
    assert f"[{section}]" in str(again.error.problems[0])
    assert len(place.line.posts) == posts


async def test_a_line_that_a_crash_cut_short_is_no_obstacle(place: Place) -> None:
    place.line.cut = "/flows"
    tracking = await place.run()
    journal = place.paths.executions / f"{tracking.id}.jsonl"
    with journal.open("ab") as file:
        file.write(b'{"v": 1, "event": "step_st')
    place.executions._trackings.clear()
    tracking = await place.resume(tracking)
    await exactly_one_of_everything(place, tracking)
    assert loyalty().text == tracking.record.pipeline_text


async def test_options_that_a_kill_kept_from_being_set_are_set_by_a_resume(place: Place) -> None:
    place.line.forgetful = place.line.refuse_changes = True
    tracking = await place.run()
    place.line.refuse_changes = False
    journal = place.paths.executions / f"{tracking.id}.jsonl"
    lines = journal.read_text("utf-8").splitlines()
    made = next(at for at, line in enumerate(lines) if '"step_succeeded"' in line and '"step": "flow"' in line)
    journal.write_text("\n".join(lines[: made + 1]) + "\n", "utf-8")
    place.executions._trackings.clear()
    tracking = await place.resume(tracking)
    await exactly_one_of_everything(place, tracking)
    flow = await place.client.flows.get(tracking.record.ids["flow"])
    assert flow.options == {"errorDiagnosticsEnabled": True, "partialIngestionPercent": 5}


async def test_what_was_asked_before_a_resume_is_shown_before_what_is_asked_after_it(place: Place) -> None:
    place.line.cut = "flows"
    first = await place.run()
    asked = [(one.method, one.path) for one in first.requests]
    again = await place.resume(first)
    both = [(one.method, one.path) for one in again.requests]
    assert both[: len(asked)] == asked
    assert ("POST", "/data/foundation/flowservice/flows") in both[len(asked) :]
    numbers = [one.number for one in again.requests]
    assert numbers == sorted(set(numbers))
    # They are on disk, each once, for whoever looks when this process is gone.
    kept = await place.executions.kept_requests(again.id)
    assert [(one.method, one.path) for one in kept] == both
