"""A platform whose line goes wrong on purpose, for every suite; and the five ways in which a POST can end in doubt.

from tests.faults import FIVE, faults, faulty        # the two fixtures, and the five

async def test_...(faults, faulty):                  # a FaultPlan, and a LocalPlatform with it
    faults.add(method="POST", route="/flows", do="cut", at="after")       # or
    for fault in FIVE["answer lost"]("/flows"): faults.add(**fault)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import pytest

from aeptui.clock import ManualClock, SeededIds
from aeptui.emulator.faults import FaultPlan
from aeptui.emulator.platform import LocalPlatform

Fault = dict[str, Any]


def request_lost(route: str) -> list[Fault]:
    """The first POST never arrives, and nobody can tell."""
    return [{"method": "POST", "route": route, "first": 1, "do": "cut", "at": "before"}]


def answer_lost(route: str) -> list[Fault]:
    """The first POST is carried out, and its answer is lost."""
    return [{"method": "POST", "route": route, "first": 1, "do": "cut", "at": "after"}]


def error_after_applied(route: str) -> list[Fault]:
    """The first POST is carried out, and answered with 500."""
    return [{"method": "POST", "route": route, "first": 1, "do": "answer", "status": 500, "applied": True}]


def late_success(route: str, reads: int = 1) -> list[Fault]:
    """The first POST runs into the time limit; what it makes is there only after one look that does not find it."""
    return [{"method": "POST", "route": route, "first": 1, "do": "late", "reads": reads}]


def page_twice_in_look_up(route: str) -> list[Fault]:
    """The answer of the first POST is lost, and every page of the look-up comes twice."""
    return [*answer_lost(route), {"method": "GET", "route": route, "do": "page_twice"}]


FIVE: Final[dict[str, Callable[[str], list[Fault]]]] = {
    "request lost": request_lost,
    "answer lost": answer_lost,
    "500 after applied": error_after_applied,
    "timeout, then late success": late_success,
    "duplicate page in the look-up": page_twice_in_look_up,
}
"""For a route such as `/flows` or `/tenant/schemas`."""


@pytest.fixture
def faults() -> FaultPlan:
    """The plan of `faulty`; empty at first."""
    return FaultPlan()


@pytest.fixture
async def faulty(tmp_path: Path, faults: FaultPlan) -> AsyncIterator[LocalPlatform]:
    """A demo world behind a line with `faults`, on a clock that stands still; its runs need `start`."""
    platform = LocalPlatform.open(tmp_path / "faulty", clock=ManualClock(), ids=SeededIds(), faults=faults)
    yield platform
    await platform.close()
