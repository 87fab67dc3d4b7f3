"""Killed with -9 at any instant, 300 times: whoever goes on until it is done has one of everything.

`KILL_SEED=7` kills at other instants.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from aeptui.chain.replay import ExecutionRecord
from tests.crash.wholeness import check_whole
from tests.killed.lives import KILLED, NOTHING, SMALL_ROWS, Home

TESTS = 10
KILLS = 30
"""Of `run`, in each; those of `resume` and `undo` come on top."""
WATCHED = 8
"""One in so many is watched to the end of its run."""
WRITING = 0.7
"""This share of the kills falls while a journal is written, the rest at any time at all."""
FIRST_GUESS_S = 0.2
UNDONE = 3
"""One in so many is taken back."""


class Killing:
    """Pipelines that are run, killed, gone on with and taken back, on one platform."""

    def __init__(self, home: Home, seed: int) -> None:
        self._home = home
        self._random = random.Random(seed)
        self._lasts: dict[object, float] = {}
        """How long each command takes when nobody kills it, as far as known: others may use this machine."""
        self.kills: Counter[str] = Counter()
        self.stood: Counter[str] = Counter()
        """How far an execution was when it was killed."""
        self.names: list[str] = []

    def one(self) -> None:
        """One pipeline, from its first run to its end."""
        name = f"Small {len(self.names)}"
        self.names.append(name)
        watched = len(self.names) % WATCHED == 0
        file = self._home.pipeline(name, at_once=watched)
        watching = () if watched else ("--no-watch",)
        chance = 1.0
        while not (records := self._begun(name)):
            self._struck(name, chance, "run", file, "--profile", "local", "--if-exists", "new", *watching)
            chance = 0.5
        execution, chance = records[0].id, 0.6
        while self._begun(name)[0].status != "succeeded":
            self._struck(name, chance, "resume", execution, *watching)
            chance /= 2
        self._check(name, watched=watched)
        if len(self.names) % UNDONE == 0:
            self._take_back(name, execution)

    def check(self) -> None:
        """All that was made, at the end: nothing was made later, and the platform's folder is whole."""
        for number, name in enumerate(self.names, 1):
            if number % UNDONE:
                self._check(name, watched=number % WATCHED == 0)
            else:
                assert self._home.exist(name) == NOTHING, name
        check_whole(self._home.data)

    def _begun(self, name: str) -> list[ExecutionRecord]:
        """The executions that have a pipeline in their journal; the others sent nothing."""
        return self._home.records(name)

    def _struck(self, name: str, chance: float, command: str, *arguments: str) -> None:
        """A command, killed at a random instant with that chance."""
        writing = self._random.random() < WRITING
        kind = (command, writing, "--no-watch" in arguments)
        life = self._home.begin(command, *arguments, begins="writing" if writing else "command")
        if self._random.random() >= chance:
            ended = life.ended()
            self._lasts[kind] = ended.took_s
        else:
            ended = life.killed_after(self._random.random() * self._lasts.get(kind, FIRST_GUESS_S))
        if ended.code == KILLED:
            self.kills[command] += 1
            records = self._home.records(name)
            self.stood[f"{command}, {len(records[0].ids)} done" if records else f"{command}, not begun"] += 1
        else:
            assert ended.code == 0, ended.said

    def _take_back(self, name: str, execution: str) -> None:
        chance = 0.8
        while self._begun(name)[0].status != "undone":
            self._struck(name, chance, "undo", execution, "--yes")
            chance /= 2
        assert self._home.exist(name) == NOTHING, name

    def _check(self, name: str, *, watched: bool) -> None:
        self._home.exists_once(name)
        if watched:
            (record,) = self._home.records(name)
            told = record.flow_run
            assert told is not None
            assert (told.input_records, told.output_records, told.failed_records) == (SMALL_ROWS, SMALL_ROWS, 0)
            (run,) = self._home.runs(record.ids["flow"])
            assert run["metrics"]["recordSummary"]["outputRecordCount"] == SMALL_ROWS


def seeds() -> list[int]:
    """One for each test; others with `KILL_SEED`."""
    first = int(os.environ.get("KILL_SEED", "0"))
    return [first + number for number in range(TESTS)]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", seeds())
def test_thirty_kills_of_run_leave_one_of_everything(home: Home, seed: int, tmp_path: Path) -> None:
    print(f"KILL_SEED={seed}")
    killing = Killing(home, seed)
    while killing.kills["run"] < KILLS:
        killing.one()
    print(dict(killing.kills), dict(sorted(killing.stood.items())))
    killing.check()
