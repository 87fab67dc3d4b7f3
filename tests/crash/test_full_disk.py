"""A disk that is full, or may not be written: told in words, nothing lost, nothing twice, and usable afterwards."""

from __future__ import annotations

import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash.disk import Disk, disk
from tests.crash.ledger import FS, Ledger, Pipeline, runs_of, status_of
from tests.crash.victim import Refused, Victim, until
from tests.crash.wholeness import check_whole, values_of

MEGABYTE = 1024 * 1024

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc"),
    pytest.mark.timeout(300),
]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Files elsewhere: only the platform's own data is on the small disk."""
    storage = tmp_path / "storage"
    storage.mkdir()
    return Ledger(storage, random.Random(1))


def _ended(victim: Victim, pipeline: Pipeline) -> list[dict[str, Any]]:
    def over() -> list[dict[str, Any]] | None:
        runs = runs_of(victim, pipeline.id("flows"))
        return runs if runs and all(status_of(run) in ("success", "failed") for run in runs) else None

    return until(over, "the runs end")


def _check(victim: Victim, ledger: Ledger, *pipelines: Pipeline) -> None:
    """Everything is there once, and whole."""
    ledger.check_new(victim)
    assert victim.buried(signal.SIGTERM) == 0
    assert "Traceback" not in victim.log.read_text()
    check_whole(victim.data)
    for pipeline in pipelines:
        found = values_of(victim.data, pipeline.id("dataSets"))
        assert set(found.values()) == {1}
        assert set(found) == pipeline.rows


def _fill_the_database(victim: Victim, ledger: Ledger) -> Refused:
    """Create until that is refused: what SQLite has set aside takes some more, though the disk is full."""
    while True:
        try:
            ledger.pipeline(victim, f"p{len(ledger.pipelines)}", 0, starts_in_s=3600)
        except Refused as refusal:
            return refusal


@pytest.fixture
def victim(disk: Disk, ledger: Ledger) -> Iterator[Victim]:
    opened = Victim(disk.folder / "platform", ledger.storage, "--seed", "empty")
    assert opened.opened(), opened.log.read_text()
    yield opened
    opened.kill()
    opened.buried()


def test_a_create_on_a_full_disk_is_refused_in_words_and_works_once_there_is_room(
    disk: Disk, ledger: Ledger, victim: Victim
) -> None:
    disk.fill()
    refusal = _fill_the_database(victim, ledger)
    assert refusal.status == 503
    assert "disk is full" in refusal.text
    assert "Nothing was changed" in refusal.text
    answered = [entry.id for entry in ledger.entries if entry.kind == "connections" and entry.id]
    assert [item["id"] for item in victim.call("GET", f"{FS}/connections")["items"]] == answered

    disk.free()
    pipeline = ledger.pipeline(victim, "afterwards", 1)
    assert [status_of(run) for run in _ended(victim, pipeline)] == ["success"]
    _check(victim, ledger, pipeline)


def test_an_ingestion_that_fills_the_disk_fails_its_run_and_can_be_run_again(
    disk: Disk, ledger: Ledger, victim: Victim
) -> None:
    ledger.sizes = (400_000,)
    pipeline = ledger.pipeline(victim, "large", 0, starts_in_s=4)
    ledger.put_file(pipeline)
    disk.fill(leave=MEGABYTE)
    (run,) = _ended(victim, pipeline)
    assert status_of(run) == "failed"
    (error,) = run["metrics"]["statusSummary"]["errors"]
    assert "No space left on device" in error["message"]

    disk.free()
    victim.call("POST", f"{FS}/runs/{run['id']}/action?op=re-trigger")
    until(lambda: len(runs_of(victim, pipeline.id("flows"))) == 2 or None, "the run is there again")
    assert [status_of(run) for run in _ended(victim, pipeline)] == ["failed", "success"]
    _check(victim, ledger, pipeline)


@pytest.fixture
def elsewhere(tmp_path: Path, ledger: Ledger) -> Iterator[Victim]:
    """A platform on a disk with room; `_writing` takes the room away from its process alone."""
    opened = Victim(tmp_path / "platform", ledger.storage, "--seed", "empty")
    assert opened.opened(), opened.log.read_text()
    yield opened
    opened.kill()
    opened.buried()


def _writing(victim: Victim, *, allowed: bool) -> None:
    """Whether the platform's process, and those it starts from now on, can write a byte into any file."""
    _, hard = resource.prlimit(victim.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(victim.process.pid, resource.RLIMIT_FSIZE, (hard if allowed else 0, hard))


needs_prlimit = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs prlimit, which Linux has")


@needs_prlimit
def test_a_run_that_cannot_be_written_down_waits_for_room(ledger: Ledger, elsewhere: Victim) -> None:
    pipeline = ledger.pipeline(elsewhere, "waiting", 2, starts_in_s=2)
    _writing(elsewhere, allowed=False)
    due = time.time() + 3
    until(lambda: time.time() > due or None, "the run is due")
    assert runs_of(elsewhere, pipeline.id("flows")) == []
    with pytest.raises(Refused) as caught:
        ledger.pipeline(elsewhere, "refused", 0)
    assert caught.value.status == 503

    _writing(elsewhere, allowed=True)
    assert [status_of(run) for run in _ended(elsewhere, pipeline)] == ["success"]
    _check(elsewhere, ledger, pipeline)


@needs_prlimit
def test_a_result_that_cannot_be_written_down_is_made_again_when_there_is_room(
    ledger: Ledger, elsewhere: Victim
) -> None:
    ledger.sizes = (100_000,)
    pipeline = ledger.pipeline(elsewhere, "late", 1)
    (child, *_) = until(lambda: elsewhere.children() or None, "the ingestion begins")
    _writing(elsewhere, allowed=False)
    until(lambda: None if child in elsewhere.children() else True, "the ingestion ends")
    assert [status_of(run) for run in runs_of(elsewhere, pipeline.id("flows"))] == ["inProgress"]
    until(lambda: None if list((elsewhere.data / "jobs").glob("*")) else True, "the result is given up")
    assert list((elsewhere.data / "datasets").glob("*/*")) == []

    _writing(elsewhere, allowed=True)
    assert [status_of(run) for run in _ended(elsewhere, pipeline)] == ["success"]
    _check(elsewhere, ledger, pipeline)


@needs_prlimit
def test_a_platform_that_cannot_write_ends_when_it_is_asked_to_and_the_next_one_goes_on(
    ledger: Ledger, elsewhere: Victim
) -> None:
    ledger.sizes = (200_000,)
    pipeline = ledger.pipeline(elsewhere, "cut", 1)
    until(lambda: elsewhere.children() or None, "the ingestion begins")
    _writing(elsewhere, allowed=False)
    assert elsewhere.buried(signal.SIGTERM) == 0

    after = Victim(elsewhere.data, ledger.storage, "--seed", "empty")
    assert after.opened(), after.log.read_text()
    assert [status_of(run) for run in _ended(after, pipeline)] == ["success"]
    _check(after, ledger, pipeline)


def test_a_folder_that_may_not_be_written_is_told_in_words(disk: Disk, tmp_path: Path) -> None:
    (disk.folder / "made").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(disk.folder)], check=True)
    for name in ("made", "not made"):
        command = [sys.executable, "-m", "aeptui", "local", "serve", "--data", str(disk.folder / name)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{disk.folder / name} cannot be used: Read-only file system" in done.stderr
        assert "Traceback" not in done.stderr


__all__ = ["disk"]
