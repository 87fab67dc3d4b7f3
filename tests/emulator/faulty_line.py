"""A client of a platform on which things go wrong by a plan."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aeptui.clock import ManualClock, SeededIds
from aeptui.emulator.faults import FaultPlan
from aeptui.emulator.platform import LocalPlatform

FS = "/data/foundation/flowservice"
SR = "/data/foundation/schemaregistry"
CAT = "/data/foundation/catalog"
DP = "/data/foundation/conversion"


class Pair:
    """A client that is logged in, and the plan of what goes wrong for it."""

    def __init__(self, caller: Any, plan: FaultPlan) -> None:
        self.caller = caller
        self.plan = plan

    def __getattr__(self, name: str) -> Any:
        return getattr(self.caller, name)

    async def names(self, path: str) -> list[str]:
        """The names in a list of Flow Service."""
        answer = await self.caller.get(path)
        assert answer.status_code == 200, answer.text
        return [item["name"] for item in answer.json()["items"]]


@pytest.fixture
async def faulty(tmp_path: Path, storage: Path, clock: ManualClock, caller: Any) -> AsyncIterator[Pair]:
    plan = FaultPlan()
    platform = LocalPlatform.open(tmp_path / "faulty", storage, clock=clock, ids=SeededIds(7), faults=plan)
    made = await type(caller)(platform, clock).log_in()
    yield Pair(made, plan)
    await made.http.aclose()
    await platform.close()
