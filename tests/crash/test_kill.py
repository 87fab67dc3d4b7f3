"""Two hundred times `kill -9`, at random instants: nothing is there twice, nothing by halves, and nothing is missing.

Each test kills one platform twenty-five times and opens it again on what is left. Its instants come from a seed, which
every failure names; `KILL_SEED=n` tries others. How far the platform is at an instant is up to the machine.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from aeptui.clock import SystemClock, SystemIds
from aeptui.emulator.platform import LocalPlatform
from tests.crash.ledger import FS, Ledger, Pipeline, cut_short, runs_of, status_of
from tests.crash.victim import Victim, ingestions, strike, until
from tests.crash.wholeness import batches_of, check_whole, documents, values_of

TESTS: Final = 8
KILLS: Final = 25
SPEED: Final = "1200"
"""A quarter of an hour, the shortest interval, in three quarters of a second."""
DOINGS: Final = {"opening": 1, "creating": 3, "ingesting": 3, "ticking": 2, "deleting": 1}
"""What is going on when the platform is killed, and how often."""
TERMINAL: Final = ("success", "failed")

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")


class Killing:
    """One data folder and everything that happens to it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.data, self.storage = folder / "platform", folder / "storage"
        self.storage.mkdir()
        self.seed = seed
        self.chance = random.Random(seed)
        self.ledger = Ledger(self.storage, self.chance)
        self.kills: Counter[str] = Counter()
        self.pause = threading.Event()
        self.victim = self.life()
        assert self.victim.opened()
        schedule = {"frequency": "minute", "interval": 15}
        self.ticking = self.ledger.pipeline(self.victim, "ticking", 1, schedule)
        self._names = 0
        self._rest()

    def life(self) -> Victim:
        """The next process on the data folder."""
        return Victim(self.data, self.storage, "--speed", SPEED)

    def name(self) -> str:
        self._names += 1
        return f"p{self._names:03d}"

    # -- one kill

    def kill_once(self) -> None:
        """Do something, be killed in the middle of it, open again, look."""
        # Each kill's own numbers: how far the work got before does not change the instants that follow.
        self.chance = self.ledger.chance = random.Random(f"{self.seed}/{self.kills.total()}")
        doing = self.chance.choices(list(DOINGS), list(DOINGS.values()))[0]
        whom = self.chance.choice(("server", "server", "both", "ingestion"))
        if doing == "opening":
            self.victim.buried(signal.SIGKILL)
            self.kills["idle"] += 1
            self.victim = self.life()
            self._killed_after(self.chance.uniform(0, 0.9), self.victim.opened)
        elif doing == "creating":
            self._killed_after(self.chance.uniform(0, 0.15), self._create)
        elif doing == "deleting":
            self._killed_after(self.chance.uniform(0, 0.05), self._delete)
        else:
            work = self._ingest if doing == "ingesting" else self._tick
            if whom != "server":
                self._strike_ingestion(work, alone=whom == "ingestion")
                doing = f"{doing}, {whom}"
            else:
                self._killed_after(self.chance.uniform(0, 1.0), work)
        self.kills[doing] += 1
        if self.victim.process.poll() is not None:
            self._again()
        self._rest()

    def _killed_after(self, seconds: float, work: Callable[[], object]) -> None:
        """Work until the kill comes, or wait for it when the work is done before."""
        timer = threading.Timer(seconds, self.victim.kill)
        timer.start()
        with cut_short():
            work()
        timer.join()
        self.victim.buried()

    def _strike_ingestion(self, work: Callable[[], object], *, alone: bool) -> None:
        """Kill an ingestion process some time after it has begun; with the platform, or without it."""
        struck = False
        while not struck:
            work()
            for _ in range(200):
                if self.victim.children():
                    break
                self.pause.wait(0.02)
            self.pause.wait(self.chance.uniform(0, 0.4))
            victims = self.victim.children()
            if not alone:
                victims.append(self.victim.process.pid)
                self.chance.shuffle(victims)
            struck = True in [strike(pid) for pid in victims]
        if not alone:
            self.victim.buried()

    def _again(self) -> None:
        """Nobody outlives a killed platform, and the next opening finds, or makes, everything whole."""
        until(lambda: None if ingestions(self.data) else True, "the ingestions end with their platform")
        if self.chance.random() < 0.3:
            opened = LocalPlatform.open(self.data, self.storage, clock=SystemClock(), ids=SystemIds())
            asyncio.run(opened.close())
            check_whole(self.data)
        self.victim = self.life()
        assert self.victim.opened(), self.victim.log.read_text()
        self.ledger.check_new(self.victim)
        self.ledger.check_on_demand(self.victim)

    def _rest(self) -> None:
        """Ticking is for the kills that are about it."""
        flow = self.ticking.id("flows")
        (shown,) = self.victim.call("GET", f"{FS}/flows/{flow}")["items"]
        if shown["state"] == "enabled":
            self.victim.call("POST", f"{FS}/flows/{flow}/action?op=disable")

    # -- what is going on meanwhile

    def _create(self) -> None:
        while True:
            made = self.ledger.pipeline(self.victim, self.name(), 1)
            self.ledger.run_on_demand(self.victim, made)
            if self.victim.process.poll() is not None:
                return

    def _ingest(self) -> None:
        self.ledger.pipeline(self.victim, self.name(), self.chance.randint(1, 3))

    def _tick(self) -> None:
        (shown,) = self.victim.call("GET", f"{FS}/flows/{self.ticking.id('flows')}")["items"]
        if shown["state"] == "disabled":
            self.victim.call("POST", f"{FS}/flows/{shown['id']}/action?op=enable")
        for _ in range(self.chance.randint(1, 3)):
            self.ledger.put_file(self.ticking)
            self.pause.wait(self.chance.uniform(0, 0.3))

    def _delete(self) -> None:
        candidates = [one for one in self.ledger.pipelines if one.runs and one is not self.ticking]
        if candidates:
            self.ledger.delete(self.victim, self.chance.choice(candidates))

    # -- the end

    def settle(self) -> None:
        """Let everything come to its end, run again what failed because its process was killed, and stop."""
        flow = self.ticking.id("flows")
        known = len(runs_of(self.victim, flow))
        self.victim.call("POST", f"{FS}/flows/{flow}/action?op=enable")
        until(lambda: len(runs_of(self.victim, flow)) > known or None, "the flow ticks on")
        self._rest()
        until(self._all_ended, "all runs end")
        for pipeline in self.running():
            for run in runs_of(self.victim, pipeline.id("flows")) if pipeline is not self.ticking else ():
                if status_of(run) == "failed":
                    self.victim.call("POST", f"{FS}/runs/{run['id']}/action?op=re-trigger")
        until(self._all_ended, "all runs end")
        assert self.victim.buried(signal.SIGTERM) == 0

    def running(self) -> list[Pipeline]:
        """The pipelines whose flow exists and was never to be deleted."""
        return [pipeline for pipeline in self.ledger.pipelines if pipeline.runs]

    def _all_ended(self) -> bool | None:
        for pipeline in self.running():
            runs = runs_of(self.victim, pipeline.id("flows"))
            if not runs or any(status_of(run) not in TERMINAL for run in runs):
                return None
        return True

    def check_rows(self) -> None:
        """Each row of each file is in its flow's dataset once, and the runs' counts say so."""
        of_flow: dict[str, list[dict[str, Any]]] = {}
        for run in documents(self.data, "runs"):
            of_flow.setdefault(run["flowId"], []).append(run)
        for pipeline in self.running():
            found = values_of(self.data, pipeline.id("dataSets"))
            assert set(found.values()) <= {1}, f"{pipeline.name}: rows are there twice"
            assert set(found) == pipeline.rows, f"{pipeline.name}: rows are missing"
            runs = of_flow[pipeline.id("flows")]
            assert _total(runs, "recordSummary", "outputRecordCount") == len(pipeline.rows), pipeline.name
            assert _total(runs, "fileSummary", "inputFileCount") == pipeline.files, pipeline.name
            if pipeline is not self.ticking:
                assert sum(bool(batches_of(run)) for run in runs) == 1, pipeline.name


def _total(runs: list[dict[str, Any]], summary: str, count: str) -> int:
    return sum((run["metrics"].get(summary) or {}).get(count, 0) for run in runs)


def seeds() -> list[int]:
    """One for each test; different ones with `KILL_SEED`."""
    first = int(os.environ.get("KILL_SEED", "0"))
    return [first + number for number in range(TESTS)]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", seeds())
def test_twenty_five_kills_leave_nothing_twice_nothing_by_halves_and_nothing_missing(tmp_path: Path, seed: int) -> None:
    print(f"KILL_SEED={seed}")
    killing = Killing(tmp_path, seed)
    try:
        while killing.kills.total() < KILLS:
            killing.kill_once()
        killing.settle()
    finally:
        killing.victim.kill()
        killing.victim.buried()
    print(dict(killing.kills))
    check_whole(killing.data)
    killing.check_rows()
    assert "Traceback" not in killing.victim.log.read_text()
