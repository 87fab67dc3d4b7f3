"""A local platform for each test, and a plain client for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from aeptui.clock import ManualClock, SeededIds, SystemClock
from aeptui.emulator.gateway import Gateway
from aeptui.emulator.platform import LocalPlatform
from tests.emulator.conformance import Conformance

T = TypeVar("T")
FS = "/data/foundation/flowservice"
SR = "/data/foundation/schemaregistry"
CAT = "/data/foundation/catalog"
DP = "/data/foundation/conversion"
DA = "/data/foundation/export"
BATCH_FLOW = "9753525b-82c7-4dce-8a9b-5ccfce2b9876"
LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
SFTP = "b7bf2577-4520-42c9-bae9-cad01560f7bc"
PROFILE = "https://ns.adobe.com/xdm/context/profile"
PERSON = "https://ns.adobe.com/xdm/context/profile-person-details"
FULL = {"Accept": "application/vnd.adobe.xed-full+json; version=1"}


def status(run: dict[str, Any]) -> str:
    """A run's status word."""
    return str(run["metrics"]["statusSummary"]["status"])


async def until(condition: Callable[[], Awaitable[T | None]], patience_s: float = 30) -> T:
    """Wait for a condition."""
    async with asyncio.timeout(patience_s):
        while (found := await condition()) is None:  # noqa: ASYNC110 - the other side is behind HTTP
            await asyncio.sleep(0.05)
    return found


class Caller:
    """Calls the platform with good headers, and can make a whole flow. Tests find constants here."""

    FS, SR, CAT, DP, DA = FS, SR, CAT, DP, DA
    BATCH_FLOW, LAKE, SFTP, PROFILE, PERSON, FULL = BATCH_FLOW, LAKE, SFTP, PROFILE, PERSON, FULL

    def __init__(self, platform: LocalPlatform, clock: ManualClock | None = None) -> None:
        self.platform = platform
        self.clock = clock
        self.conformance = Conformance()
        judged = isinstance(platform.app, Gateway)  # else a fault plan stands before it, whose answers are no service's
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=platform.app),
            base_url="http://localhost",
            event_hooks={"response": [self.conformance] if judged else []},
        )

    @staticmethod
    def status(run: dict[str, Any]) -> str:
        """A run's status word."""
        return status(run)

    @staticmethod
    async def until(condition: Callable[[], Awaitable[T | None]], patience_s: float = 30) -> T:
        """Wait for a condition."""
        return await until(condition, patience_s)

    async def log_in(self) -> Caller:
        """Take a token."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.platform.client_id,
            "client_secret": self.platform.client_secret,
            "scope": "openid",
        }
        answer = await self.http.post("/ims/token/v3", data=form)
        self.http.headers.update(
            {
                "Authorization": f"Bearer {answer.json()['access_token']}",
                "x-api-key": self.platform.client_id,
                "x-gw-ims-org-id": self.platform.org_id,
                "x-sandbox-name": self.platform.sandbox,
            }
        )
        return self

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return await self.http.get(path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """POST."""
        return await self.http.post(path, json=body, **options)

    async def patch(self, path: str, body: Any, **options: Any) -> httpx.Response:
        """PATCH."""
        return await self.http.patch(path, json=body, **options)

    async def made(self, path: str, body: Any) -> str:
        """POST something that must work; its id."""
        answer = await self.post(path, body)
        assert answer.is_success, answer.text
        return str(answer.json()["id"])

    async def one(self, path: str) -> dict[str, Any]:
        """The only item of a Flow Service answer."""
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        (item,) = answer.json()["items"]
        return dict(item)

    async def base(self, name: str = "Sample SFTP") -> dict[str, Any]:
        """A sample base connection."""
        return await self.one(f'{FS}/connections?property=name=="{name}"')

    async def source(self, path: str, **changes: Any) -> str:
        """A source connection on the sample SFTP server."""
        base = await self.base()
        body = {
            "name": "files",
            "baseConnectionId": base["id"],
            "data": {"format": "delimited"},
            "params": {"path": path, "type": "folder"},
            "connectionSpec": {"id": SFTP, "version": "1.0"},
            **changes,
        }
        return await self.made(f"{FS}/sourceConnections", body)

    async def schema(self, *groups: str, title: str = "People", base: str = PROFILE) -> str:
        """A schema."""
        parts = [{"$ref": id} for id in (base, *(groups or (PERSON,)))]
        answer = await self.post(
            f"{SR}/tenant/schemas", {"type": "object", "title": title, "description": "", "allOf": parts}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["$id"])

    async def dataset(self, schema: str, name: str = "People") -> str:
        """A dataset."""
        content = "application/vnd.adobe.xed+json;version=1"
        body = {"name": name, "schemaRef": {"id": schema, "contentType": content}}
        answer = await self.post(f"{CAT}/dataSets", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()[0]).rpartition("/")[2]

    async def target(self, schema: str, dataset: str) -> str:
        """A target connection."""
        version = "application/vnd.adobe.xed-full+json;version=1"
        body = {
            "name": "lake",
            "data": {"schema": {"id": schema, "version": version}},
            "params": {"dataSetId": dataset},
            "connectionSpec": {"id": LAKE, "version": "1.0"},
        }
        return await self.made(f"{FS}/targetConnections", body)

    async def mapping(self, schema: str, *pairs: tuple[str, str]) -> str:
        """A mapping set of attribute copies."""
        content = "application/vnd.adobe.xed-full+json;version=1"
        chosen = pairs or (("first", "person.name.firstName"), ("born", "person.birthDate"))
        body = {
            "name": "columns",
            "outputSchema": {"schemaRef": {"id": schema, "contentType": content}},
            "mappings": [{"sourceType": "ATTRIBUTE", "source": a, "destination": b} for a, b in chosen],
        }
        return await self.made(f"{DP}/mappingSets", body)

    async def flow_body(self, path: str = "/people", **changes: Any) -> dict[str, Any]:
        """The body of a flow whose parts all exist."""
        schema = await self.schema()
        dataset = await self.dataset(schema)
        mapping = await self.mapping(schema)
        return {
            "name": "people daily",
            "flowSpec": {"id": BATCH_FLOW, "version": "1.0"},
            "sourceConnectionIds": [await self.source(path)],
            "targetConnectionIds": [await self.target(schema, dataset)],
            "transformations": [{"name": "Mapping", "params": {"mappingId": mapping, "mappingVersion": 0}}],
            "options": {"partialIngestionPercent": 50, "errorDiagnosticsEnabled": True},
            "scheduleParams": {"startTime": self.soon_s(), "frequency": "once"},
            **changes,
        }

    def soon_s(self) -> int:
        """The earliest start that is not past when the request arrives; where time stands still, now."""
        return self.now_s() + (0 if self.clock is not None else 1)

    def now_s(self) -> int:
        """The platform's time, epoch seconds."""
        return int(self.platform.now().timestamp())

    async def runs(self, flow: str) -> list[dict[str, Any]]:
        """The runs of a flow, oldest first."""
        answer = await self.get(f"{FS}/runs?property=flowId=={flow}&orderby=createdAt")
        return list(answer.json()["items"])

    async def ended(self, flow: str, count: int = 1) -> list[dict[str, Any]]:
        """The runs of a flow once so many of them have ended."""

        async def done() -> list[dict[str, Any]] | None:
            runs = await self.runs(flow)
            over = [run for run in runs if status(run) in ("success", "failed")]
            return runs if len(over) >= count else None

        return await until(done)


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """A small storage: two files of people, one row broken."""
    folder = tmp_path / "files"
    (folder / "people").mkdir(parents=True)
    (folder / "people" / "a.csv").write_text("first,born\nAnna,1990-01-31\nBo,not a date\n")
    (folder / "people" / "b.csv").write_text("first,born\nCyd,2001-12-01\n")
    (folder / "people" / "c.json").write_text(json.dumps({"first": "Dee"}) + "\n")
    (folder / "people" / "c.json").rename(folder / "c.json")
    return folder


@pytest.fixture
def clock() -> ManualClock:
    """The time of `platform`; it stands still until a test moves it."""
    return ManualClock()


@pytest.fixture
async def platform(tmp_path: Path, storage: Path, clock: ManualClock) -> AsyncIterator[LocalPlatform]:
    """A demo world on that storage, with time standing still; its runs need `start`."""
    opened = LocalPlatform.open(tmp_path / "local", storage, clock=clock, ids=SeededIds())
    yield opened
    await opened.close()


@pytest.fixture
async def caller(platform: LocalPlatform, clock: ManualClock) -> AsyncIterator[Caller]:
    """A client that is logged in."""
    made = await Caller(platform, clock).log_in()
    yield made
    await made.http.aclose()


@pytest.fixture
async def live(tmp_path: Path, storage: Path) -> AsyncIterator[Caller]:
    """A client of a platform whose time is real and whose scheduler runs."""
    opened = LocalPlatform.open(tmp_path / "live", storage, clock=SystemClock(), ids=SeededIds(2))
    await opened.start()
    made = await Caller(opened).log_in()
    yield made
    await made.http.aclose()
    await opened.close()
