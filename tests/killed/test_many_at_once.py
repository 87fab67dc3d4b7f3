"""Two hundred pipelines in one command, in a busy world that asks for patience all the time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from aeptui.api.client import AepClient
from aeptui.api.network import MOST_CONNECTIONS
from aeptui.api.request_log import RequestLog
from aeptui.cli.run_many import run_pipelines
from aeptui.clock import ManualClock, SeededIds
from aeptui.config import Paths, local_profile
from aeptui.credentials import Secret
from aeptui.emulator.faults import FaultPlan
from aeptui.emulator.platform import LocalPlatform
from aeptui.emulator.seeds import busy, plan
from aeptui.session import Session
from aeptui.session.endpoints import endpoints_of
from tests.crash.wholeness import documents
from tests.killed.lives import KINDS, SMALL_ROWS, small

PIPELINES = 200
AT_ONCE = 12
PATIENCE = 40
"""Every call of this number is answered with 429."""
WORLD = plan.Size(flows=80, runs=1_600, datasets=24, schemas=18, wide_fields=130, files=400)


class Line:
    """Lets others come between the beginning and the end of a call, and counts them."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.session: Session | None = None
        self.under_way = 0
        self.most = 0
        """Requests."""
        self.most_executions = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if self.session is not None:
            self.most_executions = max(self.most_executions, len(self.session.executions.running()))
        try:
            for _ in range(12):
                await asyncio.sleep(0)
            await self._app(scope, receive, send)
        finally:
            self.under_way -= 1


@pytest.fixture
def faults() -> FaultPlan:
    asks = {"status": 429, "headers": {"Retry-After": "1"}}
    return FaultPlan.of([{"name": "patience", "route": "/data/**", "every": PATIENCE, "do": "answer", **asks}])


@pytest.fixture
async def line(tmp_path: Path, faults: FaultPlan, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    monkeypatch.setattr(busy, "size_of", lambda data: WORLD)
    clock, ids, log = ManualClock(), SeededIds(), RequestLog()
    paths = Paths(config=tmp_path, state=tmp_path, data=tmp_path)
    platform = LocalPlatform.open(paths.local, seed="busy", clock=clock, ids=ids, faults=faults)
    rows = paths.local / "storage" / "small" / "rows.csv"
    rows.parent.mkdir()
    rows.write_text("id,first\n" + "".join(f"{n},Name {n}\n" for n in range(SMALL_ROWS)), "utf-8")
    line = Line(platform.app)
    known = {"client_id": platform.client_id, "org_id": platform.org_id, "sandbox": platform.sandbox}
    profile = local_profile().model_copy(update=known)
    secret = Secret(platform.client_secret)
    client = AepClient(
        endpoints_of(profile), secret, asgi_app=line, request_log=log, limits=paths.limits, clock=clock, ids=ids
    )
    line.session = Session(profile, paths, client, log, (), clock, ids, platform=platform)
    yield line
    await line.session.aclose()


@pytest.mark.timeout(600)
async def test_all_are_done_none_twice_and_never_more_at_once_than_was_said(
    line: Line, faults: FaultPlan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = line.session
    assert session is not None
    before = {kind: len(documents(session.paths.local, kind)) for kind, _, _ in KINDS.values()}
    files = []
    for number in range(PIPELINES):
        file = tmp_path / f"small-{number:03}.toml"
        file.write_text(small(f"Small {number:03}"), "utf-8")
        files.append(str(file))
    code = await run_pipelines(session, files, {}, as_json=False, watch=False, at_once=AT_ONCE, if_exists="new")
    assert code == 0, capsys.readouterr().out
    records = await session.executions.list()
    assert [one.status for one in records] == ["succeeded"] * PIPELINES
    assert {one.pipeline_name for one in records} == {f"Small {number:03}" for number in range(PIPELINES)}
    for step, (kind, key, _) in KINDS.items():
        if step in {"base_connection", "field_group"}:
            continue  # all of them read from one account that was there, and declare no new field
        found = [document[key] for document in documents(session.paths.local, kind)]
        assert len(found) == before[kind] + PIPELINES, step
        assert {one.ids[step] for one in records} <= set(found), step
        assert len({one.ids[step] for one in records}) == PIPELINES, step
    assert faults.fired["patience"] > PIPELINES * 6 // PATIENCE
    assert line.most_executions == AT_ONCE
    assert line.most <= MOST_CONNECTIONS
    print(f"{faults.fired['patience']} times 429, at most {line.most} requests and {line.most_executions} executions")
