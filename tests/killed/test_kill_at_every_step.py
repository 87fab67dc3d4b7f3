"""Killed with -9 around every create and every delete: what goes on afterwards ends with one of everything, or none."""

from __future__ import annotations

import pytest

from aeptui.chain.steps import ALL_STEPS
from tests.crash.victim import until
from tests.faults import FIVE
from tests.killed.lives import KILLED, NOTHING, SMALL_ROWS, STEPS, Home, Moment

NAME = "Small"
WHENS = ("sending", "answered", "noting")


def each_row_once(home: Home) -> None:
    """And one of everything; as the journal tells it, and as the platform does."""
    home.exists_once(NAME)
    (record,) = home.records(NAME)
    assert record.flow_run is not None
    assert (record.flow_run.input_records, record.flow_run.output_records) == (SMALL_ROWS, SMALL_ROWS)
    (run,) = home.runs(record.ids["flow"])
    assert run["metrics"]["recordSummary"]["outputRecordCount"] == SMALL_ROWS


def execution(home: Home, name: str) -> str:
    return home.records(name)[0].id


def test_no_create_is_left_out() -> None:
    assert set(STEPS) == {step.name for step in ALL_STEPS} - {"flow_spec"}


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_create_a_resume_ends_with_one_of_everything(home: Home, step: str, when: str) -> None:
    moment = Moment(when, "POST", step)  # type: ignore[arg-type]
    killed = home.aeptui("run", home.pipeline(NAME, whole=True), "--profile", "local", "--no-watch", moment=moment)
    assert killed.code == KILLED, killed.said
    (record,) = home.records(NAME)
    assert (record.status, record.step(moment.step).state) == ("interrupted", "in_doubt")
    assert len(home.exist(NAME)[moment.step]) == (when != "sending")
    resumed = home.aeptui("resume", record.id, "--no-watch")
    assert resumed.code == 0, resumed.said
    home.exists_once(NAME)


@pytest.mark.parametrize("when", WHENS)
def test_killed_at_the_dataflow_its_run_still_takes_each_row_once(home: Home, when: str) -> None:
    """With the sample: 12,000 rows, of which 7 are broken."""
    moment = Moment(when, "POST", "flow")  # type: ignore[arg-type]
    assert home.aeptui("run", "loyalty", "--profile", "local", moment=moment).code == KILLED
    resumed = home.aeptui("resume", "--last")
    assert resumed.code == 0, resumed.said
    name = "Loyalty members"
    home.exists_once(name)
    (record,) = home.records(name)
    told = record.flow_run
    assert told is not None
    assert (told.input_records, told.output_records, told.failed_records) == (12_000, 11_993, 7)
    (run,) = home.runs(record.ids["flow"])
    counts = run["metrics"]["recordSummary"]
    assert (counts["inputRecordCount"], counts["outputRecordCount"], counts["failedRecordCount"]) == (12_000, 11_993, 7)


@pytest.mark.parametrize("trouble", FIVE)
def test_whatever_happens_to_the_create_of_the_dataflow_its_run_takes_each_row_once(home: Home, trouble: str) -> None:
    """No kill here: the five ways in which an answer gets lost, to the end of the first run."""
    ran = home.aeptui("run", home.pipeline(NAME, at_once=True), "-p", "local", faults=FIVE[trouble]("/flows"))
    if ran.code:
        assert ran.code == 6, ran.said
        ran = home.aeptui("resume", "--last")
    assert ran.code == 0, ran.said
    each_row_once(home)


@pytest.mark.parametrize("trouble", FIVE)
@pytest.mark.parametrize("route", ["/connections", "/tenant/fieldgroups"])
def test_whatever_happens_to_a_create_that_few_have_there_is_one_of_everything(
    home: Home, route: str, trouble: str
) -> None:
    pipeline, faults = home.pipeline(NAME, whole=True), FIVE[trouble](route)
    ran = home.aeptui("run", pipeline, "-p", "local", "--no-watch", faults=faults)
    if ran.code:
        assert ran.code in (4, 6), ran.said
        ran = home.aeptui("resume", "--last", "--no-watch")
    assert ran.code == 0, ran.said
    home.exists_once(NAME)


def test_killed_while_it_watches_a_resume_watches_on(home: Home) -> None:
    life = home.begin("run", home.pipeline(NAME, at_once=True), "--profile", "local")
    until(lambda: next((one for one in home.records(NAME) if "flow" in one.ids), None), "the dataflow is made")
    assert life.killed_after(0).code == KILLED
    resumed = home.aeptui("resume", "--last")
    assert resumed.code == 0, resumed.said
    each_row_once(home)


@pytest.mark.parametrize("step", STEPS)
def test_killed_again_in_the_resume_the_next_one_ends_it(home: Home, step: str) -> None:
    """Whatever the first one left in doubt, the second is killed before it has noted what it did about it."""
    first, second = Moment("answered", "POST", step), Moment("noting", "POST", step)  # type: ignore[arg-type]
    assert home.aeptui("run", home.pipeline(NAME, whole=True), "-p", "local", "--no-watch", moment=first).code == KILLED
    again = execution(home, NAME)
    assert home.aeptui("resume", again, "--no-watch", moment=second).code == KILLED
    resumed = home.aeptui("resume", again, "--no-watch")
    assert resumed.code == 0, resumed.said
    home.exists_once(NAME)


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_delete_the_next_undo_leaves_nothing(home: Home, step: str, when: str) -> None:
    assert home.aeptui("run", home.pipeline(NAME, whole=True), "-p", "local", "--no-watch").code == 0
    moment = Moment(when, "DELETE", step)  # type: ignore[arg-type]
    killed = home.aeptui("undo", execution(home, NAME), "--yes", moment=moment)
    assert killed.code == KILLED, killed.said
    undone = home.aeptui("undo", execution(home, NAME), "--yes")
    assert undone.code == 0, undone.said
    assert home.exist(NAME) == NOTHING
    assert home.records(NAME)[0].status == "undone"


def test_an_undo_that_was_killed_before_its_last_word_is_ended_by_the_next(home: Home) -> None:
    assert home.aeptui("run", home.pipeline(NAME, whole=True), "-p", "local", "--no-watch").code == 0
    assert home.aeptui("undo", execution(home, NAME), "--yes").code == 0
    journal = home.journals / f"{execution(home, NAME)}.jsonl"
    journal.write_text("".join(journal.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    assert home.records(NAME)[0].status == "partly_undone"
    again = home.aeptui("undo", execution(home, NAME), "--yes")
    assert again.code == 0, again.said
    assert home.records(NAME)[0].status == "undone"
