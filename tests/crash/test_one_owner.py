"""One process for one data folder: the second one is told which process has it, and nothing happens to the folder."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.crash.ledger import Ledger, runs_of, status_of
from tests.crash.victim import Victim, ingestions, strike, until
from tests.crash.wholeness import check_whole, values_of

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc"),
    pytest.mark.timeout(300),
]


@pytest.fixture
def data(own_home: Path) -> Path:
    """Where every command of this home has its local platform."""
    return own_home / "local"


@pytest.fixture
def owner(data: Path) -> Iterator[Victim]:
    opened = Victim(data, None)
    assert opened.opened(), opened.log.read_text()
    yield opened
    opened.kill()
    opened.buried()


def _aeptui(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aeptui", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("arguments", [("local", "serve"), ("run", "loyalty", "--profile", "local")])
def test_a_second_process_is_told_which_one_has_the_folder(
    owner: Victim, data: Path, arguments: tuple[str, ...]
) -> None:
    done = _aeptui(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"The local platform in {data} is open in process {owner.process.pid}." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_stopped_process_still_has_its_folder(owner: Victim) -> None:
    strike(owner.process.pid, signal.SIGSTOP)
    try:
        done = _aeptui("local", "serve")
    finally:
        strike(owner.process.pid, signal.SIGCONT)
    assert done.returncode == 2
    assert f"process {owner.process.pid}." in done.stderr
    assert owner.buried(signal.SIGTERM) == 0


def test_a_number_left_by_a_killed_process_keeps_nobody_out_though_another_process_has_it_now(data: Path) -> None:
    data.mkdir(parents=True)
    (data / "lock").write_text(f"{os.getpid()}\n")  # of us, who live and have no lock
    victim = Victim(data, None)
    assert victim.opened(), victim.log.read_text()
    assert (data / "lock").read_text().strip() == str(victim.process.pid)
    assert victim.buried(signal.SIGTERM) == 0


def test_of_several_that_open_a_new_folder_at_once_one_gets_it(data: Path) -> None:
    victims = [Victim(data, None) for _ in range(4)]
    with ExitStack() as ends:
        for victim in victims:
            ends.callback(victim.buried, signal.SIGKILL)
        opened = [victim for victim in victims if victim.opened()]
        assert len(opened) == 1
        others = [victim for victim in victims if victim is not opened[0]]
        assert [until(victim.process.poll, "the others end") for victim in others] == [2, 2, 2]
        said = victims[0].log.read_text()
        assert said.count(f"is open in process {opened[0].process.pid}.") == 3, said
        assert opened[0].call("GET", "/data/foundation/flowservice/connections")["items"]


def test_an_ingestion_that_slept_through_the_end_of_its_platform_changes_nothing_when_it_wakes(tmp_path: Path) -> None:
    (storage := tmp_path / "storage").mkdir()
    ledger = Ledger(storage, random.Random(1))
    ledger.sizes = (400_000,)
    victim = Victim(tmp_path / "platform", storage, "--seed", "empty")
    assert victim.opened(), victim.log.read_text()
    pipeline = ledger.pipeline(victim, "slept", 1)
    flow = pipeline.id("flows")

    def reading() -> int | None:
        counted = any("recordSummary" in run["metrics"] for run in runs_of(victim, flow))
        return victim.children()[0] if counted else None

    child = until(reading, "rows are read")
    strike(child, signal.SIGSTOP)
    victim.buried(signal.SIGKILL)
    after = Victim(tmp_path / "platform", storage, "--seed", "empty")
    try:
        assert after.opened(), after.log.read_text()
        until(lambda: [run for run in runs_of(after, flow) if status_of(run) == "success"] or None, "the run ends")
        assert child in ingestions(after.data)
        strike(child, signal.SIGCONT)
        until(lambda: None if ingestions(after.data) else True, "the ingestion that nobody waits for ends")
        assert after.buried(signal.SIGTERM) == 0
    finally:
        after.buried(signal.SIGKILL)
        strike(child)
    check_whole(after.data)
    assert values_of(after.data, pipeline.id("dataSets")) == Counter(pipeline.rows)
