"""What only looks gets a client that cannot change anything, whatever it would be asked to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aeptui.api.armour import WriteRefused
from aeptui.config import Paths
from aeptui.credentials import SessionVault
from aeptui.session import Session, executions
from aeptui.session.pipelines import read_pipeline
from tests.unit.api.verbs import CHANGES

TRIED: list[str] = []


async def meddling(parsed: Any, client: Any, **_: Any) -> Any:
    """A pre-flight that changes things: a fault nobody may ever make."""
    for name, act in CHANGES.items():
        with pytest.raises(WriteRefused):
            await act(client)
        TRIED.append(name)
    raise WriteRefused("It was stopped.", "As it should be.")


@pytest.fixture
async def session(tmp_path: Path) -> Any:
    paths = Paths(config=tmp_path, state=tmp_path, data=tmp_path)
    session = await Session.open("local", paths=paths, vaults=[SessionVault()])
    TRIED.clear()
    yield session
    await session.aclose()


def writes_of(session: Session) -> set[str]:
    return {entry.method for entry in session.request_log.entries if entry.path != "/ims/token/v3"} - {"GET"}


async def test_a_plan_and_a_check_cannot_write(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aeptui.chain.preflight.preflight", meddling)
    parsed = read_pipeline(session.paths, "loyalty")
    for look in (session.pipelines.plan, session.pipelines.check):
        with pytest.raises(WriteRefused, match="It was stopped"):
            await look(parsed)
    assert [*CHANGES, *CHANGES] == TRIED
    assert writes_of(session) == set()


async def test_the_checks_before_a_run_cannot_write(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "preflight", meddling)
    tracking = await session.executions.start(read_pipeline(session.paths, "loyalty"))
    await tracking.wait()
    assert tracking.error is not None
    assert "It was stopped" in tracking.error.title
    assert [*CHANGES] == TRIED
    assert writes_of(session) == set()


async def test_a_real_plan_sends_nothing_but_reads(session: Any) -> None:
    await session.pipelines.plan(read_pipeline(session.paths, "loyalty"))
    assert session.request_log.entries
    assert writes_of(session) == set()
