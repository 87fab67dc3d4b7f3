"""What a client of a platform that is being killed knows: what it asked for, what was answered, and what must hold.

Names are unique, so that an object whose answer was lost is found again by its name.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from tests.crash.victim import Lost, Refused, Victim

FS: Final = "/data/foundation/flowservice"
SR: Final = "/data/foundation/schemaregistry"
CAT: Final = "/data/foundation/catalog"
DP: Final = "/data/foundation/conversion"
SFTP: Final = {"id": "b7bf2577-4520-42c9-bae9-cad01560f7bc", "version": "1.0"}
LAKE: Final = {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"}
BATCH_FLOW: Final = {"id": "9753525b-82c7-4dce-8a9b-5ccfce2b9876", "version": "1.0"}
MAJOR: Final = "application/vnd.adobe.xed-full+json;version=1"

_COLLECTIONS: Final = {
    "connections": f"{FS}/connections",
    "sourceConnections": f"{FS}/sourceConnections",
    "targetConnections": f"{FS}/targetConnections",
    "flows": f"{FS}/flows",
    "schemas": f"{SR}/tenant/schemas",
    "dataSets": f"{CAT}/dataSets",
    "mappingSets": f"{DP}/mappingSets",
}


@dataclass
class Entry:
    """One object that was asked for. `id` is None while nobody knows it; `wanted` False once its end was asked for."""

    kind: str
    name: str
    id: str | None = None
    wanted: bool = True
    ended: bool = False
    """Its deletion was answered."""
    checked: bool = False


@dataclass
class Pipeline:
    """A flow with everything of its own, and the rows its files have."""

    name: str
    path: str
    entries: list[Entry] = field(default_factory=list)
    rows: set[str] = field(default_factory=set)
    files: int = 0

    def id(self, kind: str) -> str:
        """The id of its object of a kind, which must be known."""
        found = self.entry(kind)
        assert found is not None
        assert found.id is not None, found
        return found.id

    def entry(self, kind: str) -> Entry | None:
        """Its object of a kind, if it was asked for."""
        return next((entry for entry in self.entries if entry.kind == kind), None)

    @property
    def runs(self) -> bool:
        """Whether it has a flow that exists and that nobody asked to delete."""
        flow = self.entry("flows")
        return flow is not None and flow.id is not None and all(entry.wanted for entry in self.entries)


class Ledger:
    """Asks a platform for things and remembers."""

    def __init__(self, storage: Path, chance: random.Random) -> None:
        self.storage = storage
        self.chance = chance
        self.sizes: tuple[int, ...] = (1, 7, 300, 4_000, 20_000)
        """How many rows a file may have."""
        self.entries: list[Entry] = []
        self.pipelines: list[Pipeline] = []
        self.on_demand: list[tuple[str, int, bool]] = []
        """(flow, its own start time, whether it was answered)."""
        self._files = 0

    # -- files

    def put_file(self, pipeline: Pipeline) -> None:
        """A file that appears whole in a pipeline's folder; each of its rows exists once in the world."""
        self._files += 1
        name = f"{self._files:04d}.csv"
        rows = [f"{pipeline.name}/{name}/{number}" for number in range(self.chance.choice(self.sizes))]
        folder = self.storage / pipeline.path.strip("/")
        folder.mkdir(exist_ok=True)
        draft = self.storage / ".draft"
        draft.write_text("first\n" + "\n".join(rows) + "\n")
        pipeline.rows.update(rows)
        pipeline.files += 1
        draft.rename(folder / name)

    # -- making

    def pipeline(
        self, victim: Victim, name: str, files: int, schedule: dict[str, Any] | None = None, *, starts_in_s: int = 1
    ) -> Pipeline:
        """Make a pipeline, step by step. Raises Lost in the middle when the platform is killed."""
        made = Pipeline(name, f"/{name}")
        self.pipelines.append(made)
        for _ in range(files):
            self.put_file(made)
        for kind, body in self._bodies(made, {"frequency": "once", **(schedule or {})}, starts_in_s):
            entry = Entry(kind, name)
            self.entries.append(entry)
            made.entries.append(entry)
            entry.id = _id_of(kind, _posted(victim, kind, body))
        return made

    def _bodies(
        self, made: Pipeline, schedule: dict[str, Any], starts_in_s: int
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The bodies in their order; each may use the ids of those before."""
        name = made.name
        params = {"host": "sftp.test", "userName": "u", "password": "p"}
        auth = {"specName": "Basic Authentication for sftp", "params": params}
        yield "connections", {"name": name, "auth": auth, "connectionSpec": SFTP}
        source = {
            "name": name,
            "baseConnectionId": made.id("connections"),
            "data": {"format": "delimited"},
            "params": {"path": made.path, "type": "folder"},
            "connectionSpec": SFTP,
        }
        yield "sourceConnections", source
        parts = [{"$ref": f"https://ns.adobe.com/xdm/context/{part}"} for part in ("profile", "profile-person-details")]
        yield "schemas", {"type": "object", "title": name, "description": "", "allOf": parts}
        reference = {"id": made.id("schemas"), "contentType": MAJOR}
        yield "dataSets", {"name": name, "schemaRef": reference}
        target = {
            "name": name,
            "data": {"schema": {"id": made.id("schemas"), "version": MAJOR}},
            "params": {"dataSetId": made.id("dataSets")},
            "connectionSpec": LAKE,
        }
        yield "targetConnections", target
        mapping = {"sourceType": "ATTRIBUTE", "source": "first", "destination": "person.name.firstName"}
        yield "mappingSets", {"name": name, "outputSchema": {"schemaRef": reference}, "mappings": [mapping]}
        flow = {
            "name": name,
            "flowSpec": BATCH_FLOW,
            "sourceConnectionIds": [made.id("sourceConnections")],
            "targetConnectionIds": [made.id("targetConnections")],
            "transformations": [{"name": "Mapping", "params": {"mappingId": made.id("mappingSets")}}],
            "scheduleParams": {"startTime": int(time.time()) + starts_in_s, **schedule},
        }
        yield "flows", flow

    def run_on_demand(self, victim: Victim, pipeline: Pipeline) -> None:
        """A run over a window without files: how often it is there is what counts."""
        mark = len(self.on_demand) + 1
        times = {"startTime": mark, "windowStartTime": mark, "windowEndTime": mark}
        self.on_demand.append((pipeline.id("flows"), mark, False))
        victim.call("POST", f"{FS}/runs", {"flowId": pipeline.id("flows"), "params": times})
        self.on_demand[-1] = (pipeline.id("flows"), mark, True)

    def delete(self, victim: Victim, pipeline: Pipeline) -> None:
        """Delete a pipeline, the flow first. Raises Lost in the middle when the platform is killed."""
        for kind in ("flows", "targetConnections", "dataSets", "sourceConnections", "connections", "mappingSets"):
            entry = pipeline.entry(kind)
            if entry is not None and entry.id is not None:
                entry.wanted, entry.checked = False, False
                victim.call("DELETE", f"{_COLLECTIONS[kind]}/{entry.id}")
                entry.ended = True

    # -- checking

    def check_new(self, victim: Victim) -> None:
        """Each object not looked at since it was asked for: there once, or (its answer lost) at most once.

        What is found of the lost ones is adopted.
        """
        for entry in self.entries:
            if not entry.checked:
                self._check(victim, entry)
                entry.checked = True

    def _check(self, victim: Victim, entry: Entry) -> None:
        listed = _named(victim, entry)
        if entry.ended:
            assert listed == [], f"deleted, and there again: {entry}"
        elif entry.id is not None and entry.wanted:
            assert listed == [entry.id], f"answered, and listed as {listed}: {entry}"
        else:
            assert len(listed) <= 1, f"asked for once, and listed as {listed}: {entry}"
            entry.ended = not entry.wanted and not listed
            entry.id = entry.id or next(iter(listed), None)
        if entry.id is not None:
            assert _readable(victim, entry) == bool(listed), f"list and get disagree: {entry} {listed}"

    def check_on_demand(self, victim: Victim) -> None:
        """Runs that were asked for exist once, or at most once."""
        gone = {entry.id for entry in self.entries if entry.kind == "flows" and not entry.wanted}
        for flow in {flow for flow, _, _ in self.on_demand} - gone:
            marks = [run["params"]["startTime"] for run in runs_of(victim, flow) if run.get("params")]
            for mark, answered in [(mark, answered) for of, mark, answered in self.on_demand if of == flow]:
                assert marks.count(mark) in ((1,) if answered else (0, 1)), (flow, mark, answered, marks)


def runs_of(victim: Victim, flow: str) -> list[dict[str, Any]]:
    """The runs of a flow, oldest first."""
    found: list[dict[str, Any]] = []
    path = f"{FS}/runs?property=flowId=={flow}&orderby=createdAt&limit=100"
    while True:
        page = victim.call("GET", path)
        found += page["items"]
        following = page["_links"].get("next")
        if following is None:
            return found
        path = FS + following["href"]


def status_of(run: dict[str, Any]) -> str:
    """scheduled, inProgress, success or failed."""
    return str(run["metrics"]["statusSummary"]["status"])


def _posted(victim: Victim, kind: str, body: dict[str, Any]) -> Any:
    """The answer to a create. A start that has passed before the platform came to read it is put off."""
    while True:
        try:
            return victim.call("POST", _COLLECTIONS[kind], body)
        except Refused as refusal:
            if "1360" not in refusal.text:
                raise
            body["scheduleParams"]["startTime"] += 1


def _id_of(kind: str, answer: Any) -> str:
    if kind == "schemas":
        return str(answer["$id"])
    if kind == "dataSets":
        return str(answer[0]).rpartition("/")[2]
    return str(answer["id"])


def _named(victim: Victim, entry: Entry) -> list[str]:
    """The ids of everything of that name."""
    path, kind = _COLLECTIONS[entry.kind], entry.kind
    if kind == "schemas":
        page = victim.call("GET", f"{path}?property=title=={entry.name}", accept="application/vnd.adobe.xed-id+json")
        return [item["$id"] for item in page["results"]]
    if kind == "dataSets":
        return list(victim.call("GET", f"{path}?name={entry.name}"))
    if kind == "mappingSets":
        page = victim.call("GET", f"{path}?name={entry.name}&limit=100&start=0")
        return [item["id"] for item in page["data"]]
    return [item["id"] for item in victim.call("GET", f"{path}?property=name=={entry.name}")["items"]]


def _readable(victim: Victim, entry: Entry) -> bool:
    path = f"{_COLLECTIONS[entry.kind]}/{quote(str(entry.id), safe='')}"
    try:
        victim.call("GET", path, accept=MAJOR if entry.kind == "schemas" else "application/json")
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return False
    return True


@contextlib.contextmanager
def cut_short() -> Iterator[None]:
    """What is inside may end when the platform does."""
    with contextlib.suppress(Lost):
        yield
