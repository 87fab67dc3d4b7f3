"""One life of a platform, killed at each of its steps in turn: before each commit and each change to a file or folder.

Random instants hardly ever hit the moment between two neighbouring steps; here every such moment comes. Python's own
audit events and SQLite's trace tell the process which step it is at, so the platform runs as it is.
"""

from __future__ import annotations

import random
import signal
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.crash.ledger import FS, Ledger, Pipeline, cut_short, runs_of, status_of
from tests.crash.victim import Victim, ingestions, until
from tests.crash.wholeness import check_whole, values_of

TESTS: Final = 8
MORE_THAN_ENOUGH: Final = 400

_COUNTED: Final = """
import functools, os, signal, sqlite3, sys
data, fatal = os.environ["CRASH_DATA"], int(os.environ["CRASH_AT"])
at = 0
def step():
    global at
    at += 1
    if at == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
def statement(database, text):
    word = text.split(None, 1)[0].upper()
    if word == "COMMIT" or (word not in ("SELECT", "PRAGMA", "BEGIN") and not database.in_transaction):
        step()
FILES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "os.truncate"}
def event(name, arguments):
    if name in FILES and any(data in str(argument) for argument in arguments):
        step()
sys.addaudithook(event)
connect = sqlite3.connect
def connected(*arguments, **options):
    database = connect(*arguments, **options)
    database.set_trace_callback(functools.partial(statement, database))
    return database
sqlite3.connect = connected
from aeptui.cli.main import main
main()
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")


def _life(data: Path, storage: Path, fatal: int) -> Victim:
    environment = {"CRASH_DATA": str(data), "CRASH_AT": str(fatal)}
    return Victim(data, storage, "--seed", "empty", program=[sys.executable, "-c", _COUNTED], environment=environment)


def _lived(victim: Victim, ledger: Ledger) -> None:
    """What is done in a life: a pipeline is made, runs by itself and on demand, and is deleted."""
    pipeline = ledger.pipeline(victim, "one", 2)
    _wait_for_runs(victim, pipeline)
    ledger.run_on_demand(victim, pipeline)
    _wait_for_runs(victim, pipeline)
    ledger.delete(victim, pipeline)


def _wait_for_runs(victim: Victim, pipeline: Pipeline) -> None:
    until(lambda: _all_ended(victim, pipeline), "the runs end")


def _all_ended(victim: Victim, pipeline: Pipeline) -> bool | None:
    runs = runs_of(victim, pipeline.id("flows"))
    return True if runs and all(status_of(run) in ("success", "failed") for run in runs) else None


def _killed_at(folder: Path, fatal: int) -> bool:
    """One life and the next; whether the first was killed at all."""
    data, storage = folder / "platform", folder / "storage"
    storage.mkdir(parents=True)
    ledger = Ledger(storage, random.Random(fatal))
    victim = _life(data, storage, fatal)
    killed = True
    if victim.opened():
        with cut_short():
            _lived(victim, ledger)
            victim.call("GET", f"{FS}/flows")
            killed = False
    victim.buried(None if killed else signal.SIGTERM)
    if killed:
        until(lambda: None if ingestions(data) else True, "the ingestions end with their platform")
    after = Victim(data, storage, "--seed", "empty")
    assert after.opened(), after.log.read_text()
    ledger.check_new(after)
    ledger.check_on_demand(after)
    live = [pipeline for pipeline in ledger.pipelines if pipeline.runs]
    for pipeline in live:
        _wait_for_runs(after, pipeline)
    assert after.buried(signal.SIGTERM) == 0
    check_whole(data)
    for pipeline in live:
        found = values_of(data, pipeline.id("dataSets"))
        assert set(found.values()) <= {1}, pipeline.name
        assert set(found) == pipeline.rows, pipeline.name
    assert "Traceback" not in after.log.read_text()
    return killed


@pytest.mark.timeout(600)
@pytest.mark.parametrize("start", range(1, TESTS + 1))
def test_a_platform_killed_at_any_step_loses_and_doubles_nothing(tmp_path: Path, start: int) -> None:
    for fatal in range(start, MORE_THAN_ENOUGH, TESTS):
        print(f"killed at step {fatal}")
        if not _killed_at(tmp_path / str(fatal), fatal):
            return
    raise AssertionError("a life has no end of steps")
