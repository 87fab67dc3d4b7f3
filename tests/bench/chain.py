"""How long a chain of new resources takes on a slow line, in round trips, and what an execution costs in computing.

The line is the local platform's own, with a fault plan that lets every answer take 100 ms. The computing is ours alone:
the answers of a real execution are kept, and given again at once by an application that does nothing else.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from aeptui.api.client import AepClient  # noqa: E402
from aeptui.api.http import Endpoints  # noqa: E402
from aeptui.api.request_log import RequestLog  # noqa: E402
from aeptui.chain.document import ParsedPipeline, parse_pipeline  # noqa: E402
from aeptui.clock import SystemClock, SystemIds  # noqa: E402
from aeptui.config import Paths, local_profile  # noqa: E402
from aeptui.credentials import Secret  # noqa: E402
from aeptui.emulator.faults import FaultPlan  # noqa: E402
from aeptui.emulator.platform import LocalPlatform  # noqa: E402
from aeptui.emulator.samples import sample_pipelines  # noqa: E402
from aeptui.session.executions import Executions  # noqa: E402

ANSWER_S = 0.1
ROUNDS = 5
TRIPS_GOAL = 4.5
"""The chain depends on itself four deep: schema, dataset, target connection, dataflow."""
EXECUTIONS = 20
CPU_GOAL_MS = 50.0
CREATES = 6

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


class Noted(NamedTuple):
    """One call: when it began and when its answer was whole."""

    method: str
    path: str
    begun: float
    ended: float


class Watched:
    """An application whose calls are noted."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.calls: list[Noted] = []

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        begun = time.monotonic()
        await self._app(scope, receive, send)
        self.calls.append(Noted(scope["method"], scope["path"], begun, time.monotonic()))


class Kept:
    """Answers of an application, which are given again at once when it is not asked any more."""

    def __init__(self, app: App) -> None:
        self._app: App | None = app
        self._answers: dict[tuple[str, str, bytes], list[Any]] = {}

    def replay(self) -> None:
        """From now on."""
        self._app = None

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        # The mark of an execution is in what it looks up by name; whoever asks, it is answered alike.
        key = (scope["method"], scope["path"], bytes(scope["query_string"]))
        if self._app is None:
            for message in self._answers[key]:
                await send(message)
            return
        answer = self._answers[key] = []

        async def keep(message: Any) -> None:
            answer.append(message)
            await send(message)

        await self._app(scope, receive, keep)


class Place:
    """A platform on a disk of its own, and executions on it over some line."""

    def __init__(self, folder: Path, line: Callable[[App], App], faults: FaultPlan | None = None) -> None:
        clock, ids, profile = SystemClock(), SystemIds(), local_profile()
        paths = Paths(config=folder, state=folder, data=folder)
        self.platform = LocalPlatform.open(paths.local, clock=clock, ids=ids, faults=faults)
        endpoints = Endpoints(
            platform_url=profile.platform_url,
            ims_url=profile.ims_url,
            client_id=self.platform.client_id,
            org_id=self.platform.org_id,
            sandbox=self.platform.sandbox,
            scopes=profile.scopes,
        )
        log, secret = RequestLog(), Secret(self.platform.client_secret)
        app = line(self.platform.app)
        self.client = AepClient(endpoints, secret, asgi_app=app, request_log=log, clock=clock, ids=ids)
        self.executions = Executions(paths, profile, self.client, log, clock, ids, margin_s=3600, fast=True)

    async def run(self, parsed: ParsedPipeline) -> None:
        """One execution, until its dataflow exists and is as it should be."""
        tracking = await self.executions.start(parsed, watch=False)
        record = await tracking.wait()
        if record.status != "succeeded":
            raise RuntimeError(f"the chain ended {record.status}: {record.error}")

    async def close(self) -> None:
        """Client and platform."""
        await self.client.aclose()
        await self.platform.close()


def pipeline(number: int) -> ParsedPipeline:
    """The sample, with a name of its own: everything is made anew."""
    return parse_pipeline(sample_pipelines()["loyalty"].replace('"Loyalty members"', f'"Members {number}"'))


async def round_trips(folder: Path) -> tuple[float, float, float]:
    """Medians: of the chain, from its first create to the answer to its last one; until the dataflow's options were
    read back; and of the checks before it, with the token.
    """
    lines: list[Watched] = []

    def line(app: App) -> Watched:
        lines.append(Watched(app))
        return lines[-1]

    chains, wholes, checks = [], [], []
    for number in range(ROUNDS):
        slow = FaultPlan.of([{"do": "slow", "seconds": ANSWER_S}])
        place = Place(folder / f"slow-{number}", line, slow)
        await place.run(pipeline(number))
        await place.close()
        calls = lines[-1].calls
        made = [one for one in calls if one.method == "POST" and not one.path.startswith("/ims")]
        if len(made) != CREATES:
            raise RuntimeError(f"{len(made)} creates instead of {CREATES}")
        begun, ended = min(one.begun for one in made), max(one.ended for one in made)
        chains.append((ended - begun) / ANSWER_S)
        wholes.append((max(one.ended for one in calls) - begun) / ANSWER_S)
        checks.append((begun - min(one.begun for one in calls)) / ANSWER_S)
    return statistics.median(chains), statistics.median(wholes), statistics.median(checks)


async def computing(folder: Path) -> float:
    """The median of the computing time of one execution with its checks, in ms."""
    lines: list[Kept] = []

    def line(app: App) -> Kept:
        lines.append(Kept(app))
        return lines[-1]

    place, parsed = Place(folder / "kept", line), pipeline(0)
    await place.run(parsed)
    lines[0].replay()
    took = []
    for _ in range(EXECUTIONS):
        begun = time.process_time()
        await place.run(parsed)
        took.append((time.process_time() - begun) * 1000)
    await place.close()
    return statistics.median(took)


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    with tempfile.TemporaryDirectory() as name:
        chain, whole, checks = asyncio.run(round_trips(Path(name)))
        cpu = asyncio.run(computing(Path(name)))
    print(
        f"a chain of {CREATES} new resources, {ANSWER_S * 1000:.0f} ms an answer, medians of {ROUNDS}, in round trips:"
    )
    print(f"  first create to last     {chain:5.2f}  (goal {TRIPS_GOAL}: {_met(chain <= TRIPS_GOAL)})")
    print(f"  and its options read back{whole:5.2f}")
    print(f"  checks before, with token{checks:5.2f}")
    print(f"computing of an execution with its checks, median of {EXECUTIONS}:")
    print(f"  {cpu:5.1f} ms                   (goal {CPU_GOAL_MS:.0f}: {_met(cpu < CPU_GOAL_MS)})")
    return 0 if chain <= TRIPS_GOAL and cpu < CPU_GOAL_MS else 1


def _met(reached: bool) -> str:
    return "met" if reached else "missed"


if __name__ == "__main__":
    sys.exit(main())
