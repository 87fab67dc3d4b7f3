"""One pace for all who share a client id, in this process and in others."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from aeptui.api.limiter import Limiter
from aeptui.clock import ManualClock
from tests.unit.api.verbs import ID
from tests.unit.api.wire import Say, wired

FLOW = Say(200, {"items": [{"id": "flow-1"}]})
BUSY = Say(429, {"title": "Too many"})


async def test_nobody_is_slowed_before_the_first_refusal_and_nothing_is_written(tmp_path: Path) -> None:
    clock = ManualClock()
    limiter = Limiter(tmp_path / "limits", "client-1", clock)
    for _ in range(100):
        await limiter.turn()
        limiter.answered()
    assert clock.monotonic() == 0
    assert limiter.pace.words == ""
    assert not (tmp_path / "limits").exists()


async def test_after_a_refusal_all_of_the_same_client_go_at_one_pace(tmp_path: Path) -> None:
    clock = ManualClock()
    one, other = (Limiter(tmp_path, "client-1", clock) for _ in range(2))
    stranger = Limiter(tmp_path, "client-2", clock)
    one.refused(None)
    assert other.pace.words == "slowed to 10/s"
    assert stranger.pace.is_free
    before = clock.monotonic()
    for limiter in (one, other, one, other, one):
        await limiter.turn()
    assert clock.monotonic() - before == pytest.approx(1.0 + 4 * 0.1)


async def test_each_refusal_halves_the_pace_and_answers_bring_it_back(tmp_path: Path) -> None:
    clock = ManualClock()
    limiter = Limiter(tmp_path, "client-1", clock)
    gaps = []
    for _ in range(9):
        for _ in range(10):  # as many as were under way
            limiter.refused(None)
        gaps.append(limiter.pace.gap_s)
        clock.advance(2)
    assert gaps == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5])
    assert limiter.pace.words == "slowed to 1 in 5 s"
    for _ in range(60):
        await limiter.turn()
        limiter.answered()
    assert limiter.pace.is_free
    assert list(tmp_path.iterdir()) == []


async def test_a_pause_that_was_asked_for_holds_everybody(tmp_path: Path) -> None:
    clock = ManualClock()
    one, other = (Limiter(tmp_path, "client-1", clock) for _ in range(2))
    one.refused(17)
    await other.turn()
    assert clock.monotonic() == pytest.approx(17)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"gap_s": "x"}', '{"gap_s": 1e9, "next_at": 9e99}', "\ud800"])
async def test_a_senseless_file_slows_nobody(tmp_path: Path, text: str) -> None:
    clock = ManualClock()
    limiter = Limiter(tmp_path, "client-1", clock)
    limiter.refused(None)
    (file,) = tmp_path.iterdir()
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    await limiter.turn()
    assert clock.monotonic() <= 2


async def test_a_refusal_of_long_ago_slows_nobody(tmp_path: Path) -> None:
    clock = ManualClock()
    Limiter(tmp_path, "client-1", clock).refused(None)
    clock.advance(700)
    assert Limiter(tmp_path, "client-1", clock).pace.is_free


async def test_a_folder_that_cannot_be_used_leaves_the_pace_in_the_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    clock = ManualClock()
    limiter = Limiter(tmp_path / "file" / "limits", "client-1", clock)
    limiter.refused(None)
    await limiter.turn()
    assert clock.monotonic() == pytest.approx(1.0)


async def test_a_folder_that_cannot_be_made_leaves_the_pace_in_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    limiter = Limiter(tmp_path / "state" / "limits", "client-1", clock)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    limiter.refused(None)
    assert not limiter.pace.is_free
    await limiter.turn()
    assert clock.monotonic() == pytest.approx(1.0)


async def test_another_process_is_slowed_too(tmp_path: Path) -> None:
    code = (
        "import sys, json; from pathlib import Path; from aeptui.api.limiter import Limiter;"
        "from aeptui.clock import SystemClock;"
        "limiter = Limiter(Path(sys.argv[1]), 'client-1', SystemClock()); limiter.refused(30.0);"
        "print(json.dumps(limiter.pace.gap_s))"
    )
    said = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert json.loads(said.stdout) == pytest.approx(0.1)
    from aeptui.clock import SystemClock

    assert Limiter(tmp_path, "client-1", SystemClock()).pace.words == "slowed to 10/s"


async def test_the_client_slows_down_by_itself_and_says_so(tmp_path: Path) -> None:
    async with wired(limits=tmp_path) as wire:
        wire.answers = [BUSY, FLOW]
        await wire.client.flows.get(ID)
        assert wire.client.pace.refusals == 1
        async with wire.client_with(limits=tmp_path) as other:
            assert other.pace.words.startswith("slowed")
            before = wire.clock.monotonic()
            await asyncio.gather(*(other.flows.get(ID) for _ in range(4)))
            assert wire.clock.monotonic() > before
