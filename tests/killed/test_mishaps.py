"""What a machine does to a journal: full and read-only disks, two at once, wrong clocks, strange and missing files.

Each time in words, with nothing lost and nothing twice.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.disk import Disk
from tests.killed.lives import KILLED, NOTHING, Ended, Home, Moment
from tests.served import Served, add_profile, served

NAME = "Small"
DAY_S = 86_400.0
AT_THE_FLOW = Moment("answered", "POST", "flow")


@pytest.fixture
def journals(home: Home) -> Iterator[Disk]:
    """The folder of the journals, on a small disk of its own."""
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("mounting a small file system is root's business")
    home.journals.mkdir(exist_ok=True)
    disk = Disk(home.journals)
    disk.mount("size=256k")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk.folder)], check=False)


def run(home: Home, *more: str, moment: Moment | None = None) -> Ended:
    file = home.folder / "Small.toml"
    path = str(file) if file.exists() else home.pipeline(NAME)
    return home.aeptui("run", path, "--profile", "local", "--no-watch", *more, moment=moment)


def told_in_words(ended: Ended, *words: str) -> None:
    assert ended.code in (2, 4), ended.said
    assert "Traceback" not in ended.said
    for word in words:
        assert word in ended.said, ended.said


def at_most_one(home: Home) -> None:
    assert {len(ids) for ids in home.exist(NAME).values()} <= {0, 1}


@pytest.mark.parametrize("padding", [*range(1024, 8192, 512), 20_000])
def test_a_full_disk_stops_the_chain_and_once_there_is_room_a_resume_ends_it(
    home: Home, journals: Disk, padding: int
) -> None:
    file = Path(home.pipeline(NAME))
    file.write_text(file.read_text("utf-8") + f"# {'x' * padding}\n", "utf-8")  # it fills up at another line
    journals.fill(leave=2 * 4096)
    full = run(home)
    told_in_words(full, "No space left on device", "Make room")
    assert "aeptui resume" in full.said or not home.records(NAME)
    at_most_one(home)
    journals.free()
    if home.records(NAME):
        resumed = home.aeptui("resume", "--last", "--no-watch")
        assert resumed.code == 0, resumed.said
    else:
        assert home.exist(NAME) == NOTHING
        assert run(home).code == 0
    home.exists_once(NAME)


def test_a_disk_that_fills_up_during_an_undo_stops_it_and_the_next_one_ends_it(home: Home, journals: Disk) -> None:
    assert run(home).code == 0
    execution = home.records(NAME)[0].id
    journals.fill()
    told_in_words(home.aeptui("undo", execution, "--yes"), "No space left on device")
    journals.free()
    undone = home.aeptui("undo", execution, "--yes")
    assert undone.code == 0, undone.said
    assert home.exist(NAME) == NOTHING


def test_a_folder_that_may_not_be_written_is_told_before_anything_is_sent(home: Home, journals: Disk) -> None:
    assert run(home, moment=Moment("sending", "POST", "dataset")).code == KILLED
    before, execution = home.exist(NAME), home.records(NAME)[0].id
    subprocess.run(["mount", "-o", "remount,ro", str(journals.folder)], check=True)
    told_in_words(run(home, "--if-exists", "new"), "cannot be begun: Read-only file system", "Nothing was created")
    told_in_words(home.aeptui("resume", execution), "cannot be gone on with: Read-only file system", "Nothing was sent")
    told_in_words(home.aeptui("undo", execution, "--yes"), "Read-only file system")
    assert home.exist(NAME) == before
    subprocess.run(["mount", "-o", "remount,rw", str(journals.folder)], check=True)
    assert home.aeptui("resume", execution, "--no-watch").code == 0
    home.exists_once(NAME)


@pytest.fixture
def remote(home: Home, served: Served) -> dict[str, str]:
    """The settings of commands on a platform in another process, which several processes may use at once."""
    add_profile(home.folder, served.facts)
    storage = Path(served.facts["storage"])
    shutil.copytree(home.data / "storage" / "small", storage / "small")
    return {"AEPTUI_CLIENT_SECRET": served.facts["client_secret"]}


def exist(served: Served) -> dict[str, int]:
    """How many of everything there are on the platform in the other process."""
    fs = "/data/foundation/flowservice"
    kinds = ("sourceConnections", "targetConnections", "flows")
    found = {kind: len(served.call("GET", f"{fs}/{kind}")["items"]) for kind in kinds}
    found["dataSets"] = len(served.call("GET", "/data/foundation/catalog/dataSets"))
    listed = served.call("GET", "/data/foundation/conversion/mappingSets?limit=100&start=0")
    found["mappingSets"] = len(listed["data"])
    accept = "application/vnd.adobe.xed-id+json"
    schemas = served.call("GET", "/data/foundation/schemaregistry/tenant/schemas", accept=accept)
    return {**found, "schemas": len(schemas["results"])}


ONE_OF_EACH = dict.fromkeys(
    ("sourceConnections", "targetConnections", "flows", "dataSets", "mappingSets", "schemas"), 1
)


def begun_and_killed(home: Home, remote: dict[str, str], **setting: float) -> str:
    """The execution of a run that was killed before its dataset was sent."""
    moment = Moment("sending", "POST", "dataset")
    arguments = ("run", home.pipeline(NAME), "-p", "remote", "--yes-production", "prod", "--no-watch")
    killed = home.aeptui(*arguments, moment=moment, environment=remote, **setting)
    assert killed.code == KILLED, killed.said
    return home.records(NAME)[0].id


def resume(execution: str) -> tuple[str, ...]:
    return ("resume", execution, "--yes-production", "prod", "--no-watch")


def test_of_two_resumes_at_once_one_goes_on_and_the_other_says_so(
    home: Home, served: Served, remote: dict[str, str]
) -> None:
    execution = begun_and_killed(home, remote)
    first = home.begin(*resume(execution), environment=remote, begins="writing", stops=True)
    second = home.aeptui(*resume(execution), environment=remote)
    undo = home.aeptui("undo", execution, "--yes", "--yes-production", "prod", environment=remote)
    first.go_on()
    told_in_words(second, "is still running", "Wait for it to end")
    told_in_words(undo, "is still running")
    ended = first.ended()
    assert ended.code == 0, ended.said
    assert exist(served) == ONE_OF_EACH


def test_a_resume_that_looked_before_another_one_ended_makes_nothing_twice(
    home: Home, served: Served, remote: dict[str, str]
) -> None:
    """It has read the journal, and checks the pipeline, while the other one goes through to the end."""
    execution = begun_and_killed(home, remote)
    slow = home.begin(*resume(execution), environment=remote, begins="checking", stops=True)
    quick = home.aeptui(*resume(execution), environment=remote)
    slow.go_on()
    assert quick.code == 0, quick.said
    told_in_words(slow.ended(), "gone on with elsewhere", "nothing was sent")
    assert exist(served) == ONE_OF_EACH


@pytest.mark.parametrize("days", [-1, 1])
@pytest.mark.parametrize("when", ["sending", "answered"])
def test_a_clock_that_jumps_by_a_day_between_run_and_resume_makes_nothing_twice(
    home: Home, when: str, days: int
) -> None:
    moment = Moment(when, "POST", "flow")  # type: ignore[arg-type]
    pipeline = home.pipeline(NAME, at_once=True)
    assert home.aeptui("run", pipeline, "-p", "local", "--no-watch", moment=moment).code == KILLED
    resumed = home.aeptui("resume", "--last", "--no-watch", clock_s=days * DAY_S)
    assert resumed.code == 0, resumed.said
    home.exists_once(NAME)
    (record,) = home.records(NAME)
    assert len(home.runs(record.ids["flow"])) <= 1


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_wrong_by_a_day_makes_one_of_each_that_starts_now(
    home: Home, served: Served, remote: dict[str, str], days: int
) -> None:
    """The platform's clock is right, and right for the second command."""
    arguments = ("-p", "remote", "--yes-production", "prod", "--no-watch")
    pipeline = home.pipeline(NAME, at_once=True)
    wrong = {"environment": remote, "clock_s": days * DAY_S}
    killed = home.aeptui("run", pipeline, *arguments, moment=AT_THE_FLOW, **wrong)
    assert killed.code == KILLED, killed.said
    resumed = home.aeptui(*resume(home.records(NAME)[0].id), environment=remote)
    assert resumed.code == 0, resumed.said
    assert exist(served) == ONE_OF_EACH
    (flow,) = served.call("GET", "/data/foundation/flowservice/flows")["items"]
    assert abs(int(flow["scheduleParams"]["startTime"]) - time.time()) < 600


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"v": 1', '"v": 2', "another version of aeptui"),
        ('"event": "step_started"', '"event": "step_star', "is not a journal entry"),
    ],
    ids=["another version", "a line that is none"],
)
def test_a_journal_that_cannot_be_understood_is_not_gone_on_with(home: Home, old: str, new: str, words: str) -> None:
    assert run(home, moment=Moment("sending", "POST", "dataset")).code == KILLED
    before, execution = home.exist(NAME), home.records(NAME)[0].id
    journal = home.journals / f"{execution}.jsonl"
    text = journal.read_text("utf-8")
    journal.write_text(text.replace(old, new), "utf-8")
    told_in_words(home.aeptui("resume", execution), words)
    told_in_words(home.aeptui("undo", execution, "--yes"), words)
    assert home.exist(NAME) == before
    journal.write_text(text, "utf-8")
    assert home.aeptui("resume", execution, "--no-watch").code == 0
    home.exists_once(NAME)


@pytest.mark.parametrize(
    "torn",
    [
        '{"v": 1, "event": "step_succ',
        '{"v": 1, "event": "step_failed", "step": "flow", "error": "It was refused.", "hint": ""}',
        "\x00\x00\x00",
    ],
    ids=["a part", "all but its end", "zeros"],
)
def test_a_last_line_that_was_cut_short_is_no_obstacle(home: Home, torn: str) -> None:
    assert run(home, moment=AT_THE_FLOW).code == KILLED
    (journal,) = home.journals.glob("*.jsonl")
    with journal.open("a", encoding="utf-8") as file:
        file.write(torn)
    resumed = home.aeptui("resume", "--last", "--no-watch")
    assert resumed.code == 0, resumed.said
    home.exists_once(NAME)


def test_a_journal_of_which_nothing_was_written_says_to_run_again(home: Home) -> None:
    assert run(home, moment=Moment("sending", "POST", "dataset")).code == KILLED
    (journal,) = home.journals.glob("*.jsonl")
    journal.write_bytes(b'{"v": 1, "event": "execu')
    told_in_words(home.aeptui("resume", journal.stem), "run the pipeline again")


def test_a_journal_that_is_gone_is_not_gone_on_with(home: Home) -> None:
    assert run(home, moment=AT_THE_FLOW).code == KILLED
    before = home.exist(NAME)
    (journal,) = home.journals.glob("*.jsonl")
    journal.unlink()
    told_in_words(home.aeptui("resume", journal.stem), "There is no execution")
    told_in_words(home.aeptui("undo", journal.stem, "--yes"), "There is no execution")
    assert home.exist(NAME) == before
    again = run(home)  # nothing tells what made it, but it is there
    assert (again.code, "Nothing to do" in again.said) == (0, True), again.said
    assert home.exist(NAME) == before


def test_a_journal_that_is_deleted_meanwhile_stops_the_chain(home: Home) -> None:
    life = home.begin("run", home.pipeline(NAME), "-p", "local", "--no-watch", begins="writing", stops=True)
    (journal,) = home.journals.glob("*.jsonl")
    journal.unlink()
    life.go_on()
    told_in_words(life.ended(), "it was deleted", f"aeptui:{journal.stem}")
    assert home.exist(NAME)["flow"] == []


__all__ = ["served"]
