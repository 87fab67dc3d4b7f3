"""The overview of very many dataflows: few requests, and no dataflow that ran is said never to have run."""

from __future__ import annotations

from pathlib import Path

import pytest

from aeptui.clock import ManualClock, SeededIds
from aeptui.config import Paths
from aeptui.credentials import SessionVault
from aeptui.emulator.platform import LocalPlatform
from aeptui.emulator.seeds import busy, plan
from aeptui.session import Session


async def test_a_dataflow_whose_runs_are_not_among_the_newest_shows_what_it_notes_of_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = plan.Size(flows=80, runs=1_600, datasets=24, schemas=18, wide_fields=10, files=1)
    monkeypatch.setattr(busy, "size_of", lambda data: size)
    await LocalPlatform.open(tmp_path / "local", seed="busy", clock=ManualClock(), ids=SeededIds()).close()

    paths = Paths(config=tmp_path, state=tmp_path, data=tmp_path)
    session = await Session.open("local", paths=paths, clock=ManualClock(), vaults=[SessionVault()])
    found = await session.flows.list()
    asked = [entry.path for entry in session.request_log.entries if entry.path != "/ims/token/v3"]
    await session.aclose()

    assert len(found) == 80
    assert len(asked) <= 5
    ran = [summary for summary in found if summary.flow.last_run is not None]
    assert len(ran) > 60
    for summary in ran:
        assert summary.runs
        assert summary.runs[0].is_terminal
    noted = [summary.runs[0] for summary in ran if summary.runs[0].raw_activities is None]
    assert noted
    assert all(run.input_records is None and run.started_at is not None for run in noted)
