"""Sends any request at all to a platform in this process, and holds every answer to the same rules.

The ASGI application is called by hand: a client library would refuse to send, or would mend, what is wrong on purpose.
A failure of the platform arrives here as the exception that it is.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from aeptui.clock import ManualClock, SeededIds
from aeptui.emulator.platform import LocalPlatform

CPU_S: Final = 5.0
"""Processor time that one request may take: a limit that a busy machine does not reach."""
PATIENCE_S: Final = 60.0
FS, SR, CAT = "/data/foundation/flowservice", "/data/foundation/schemaregistry", "/data/foundation/catalog"
DP, DA, SB = "/data/foundation/conversion", "/data/foundation/export", "/data/foundation/sandbox-management"
PROFILE: Final = "https://ns.adobe.com/xdm/context/profile"
PERSON: Final = "https://ns.adobe.com/xdm/context/profile-person-details"
FULL: Final = "application/vnd.adobe.xed-full+json;version=1"
SFTP: Final = "b7bf2577-4520-42c9-bae9-cad01560f7bc"
LAKE: Final = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
BATCH_FLOW: Final = "9753525b-82c7-4dce-8a9b-5ccfce2b9876"

_SHAPES: Final = {
    FS: {"type", "title", "status", "report", "errorMessage", "errorDetails"},
    SR: {"type", "title", "status", "report", "detail"},
    "/ims": {"error", "error_description"},
}
_PROBLEM: Final = {"type", "title", "status", "detail"}
_GATEWAY: Final = {"error_code", "message"}


@dataclass(frozen=True)
class Request:
    """What goes out: everything in bytes, as it would stand on the line."""

    method: str
    path: bytes
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    cut: bool = False
    """The client hangs up before its body is complete."""


@dataclass
class Answer:
    """What came back."""

    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class TooLong(AssertionError):
    """A request took more processor time than it may."""


@contextmanager
def limited(seconds: float = CPU_S) -> Iterator[None]:
    """Interrupts what computes for too long, even inside a regular expression."""

    def stop(*_: object) -> None:
        raise TooLong(f"more than {seconds} s of computing for one request")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


class Target:
    """A platform, its good headers, and the ids of real objects of every kind."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self._started, self._turn = False, 0
        self.clock = ManualClock()
        storage = folder / "files"
        (storage / "people").mkdir(parents=True)
        (storage / "people" / "a.csv").write_text("first,born\nAnna,1990-01-31\nBo,not a date\n")
        (storage / "people" / "b.json").write_text('{"first": "Cyd"}\n')
        self.folder = folder / "local"
        self.platform = LocalPlatform.open(self.folder, storage, clock=self.clock, ids=SeededIds())
        form = (
            f"grant_type=client_credentials&client_id={self.platform.client_id}"
            f"&client_secret={self.platform.client_secret}&scope=openid"
        )
        token = self.send(Request("POST", b"/ims/token/v3", body=form.encode())).json["access_token"]
        self.auth = (
            (b"authorization", f"Bearer {token}".encode()),
            (b"x-api-key", self.platform.client_id.encode()),
            (b"x-gw-ims-org-id", self.platform.org_id.encode()),
            (b"x-sandbox-name", self.platform.sandbox.encode()),
        )
        self.ids: dict[str, str] = {}
        self.bodies: list[tuple[str, str, Any]] = []
        self._furnish()

    def close(self) -> None:
        self._runner.run(self.platform.close())
        self._runner.close()

    def send(self, request: Request) -> Answer:
        """Send it; the answer, which has been checked."""
        with limited():
            answer = self._runner.run(self._exchange(request))
        if not request.cut:
            check(request, answer)
        return answer

    def good(self, method: str, path: str, body: Any = None, accept: str = "application/json") -> Answer:
        """A request that nothing is wrong with."""
        headers = (*self.auth, (b"content-type", b"application/json"), (b"accept", accept.encode()))
        text, _, query = path.partition("?")
        sent = b"" if body is None else json.dumps(body).encode()
        return self.send(Request(method, text.encode(), query.encode(), headers, sent))

    def made(self, path: str, body: Any) -> Any:
        """The answer to a create that must work; the body is kept to be spoiled later."""
        answer = self.good("POST", path, body)
        assert 200 <= answer.status < 300, (path, answer.body)
        self.bodies.append(("POST", path, body))
        return answer.json

    async def _exchange(self, request: Request) -> Answer:
        answer = Answer()
        rest: list[dict[str, Any]] = [{"type": "http.request", "body": request.body, "more_body": request.cut}]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(request.path.decode("latin-1")),
            "raw_path": request.path,
            "query_string": request.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }

        async def receive() -> dict[str, Any]:
            return rest.pop(0) if rest else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                assert answer.status == 0, "two answers to one request"
                answer.status, answer.headers = message["status"], dict(message["headers"])
            else:
                answer.body += message.get("body", b"")

        async with asyncio.timeout(PATIENCE_S):
            await self.platform.app(scope, receive, send)
        return answer

    def _furnish(self) -> None:
        """One real object of every kind, the bodies that made them, and a run."""
        self.bodies.clear()
        self._turn += 1
        spec = {"id": SFTP, "version": "1.0"}
        params = {"host": "h", "userName": "u", "password": "p"}
        auth = {"specName": "Basic Authentication for sftp", "params": params}
        self.ids["connections"] = self.made(
            f"{FS}/connections", {"name": "c", "description": "d", "auth": auth, "connectionSpec": spec}
        )["id"]
        source = {
            "name": "s",
            "baseConnectionId": self.ids["connections"],
            "data": {"format": "delimited", "properties": {"columnDelimiter": ",", "encoding": "UTF-8"}},
            "params": {"path": "/people/*.csv", "type": "folder", "recursive": True},
            "connectionSpec": spec,
        }
        self.ids["sourceConnections"] = self.made(f"{FS}/sourceConnections", source)["id"]
        group = {
            "type": "object",
            "title": f"g{self._turn}",
            "description": "",
            "meta:intendedToExtend": [PROFILE],
            "definitions": {
                "g": {"properties": {"_acme": {"type": "object", "properties": {"a": {"type": "string"}}}}}
            },
            "allOf": [{"$ref": "#/definitions/g"}],
        }
        made = self.made(f"{SR}/tenant/fieldgroups", group)
        self.ids["fieldgroups"] = self.ids["mixins"] = made["meta:altId"]
        parts = [{"$ref": PROFILE}, {"$ref": PERSON}, {"$ref": made["$id"]}]
        schema = self.made(
            f"{SR}/tenant/schemas", {"type": "object", "title": f"t{self._turn}", "description": "", "allOf": parts}
        )
        self.ids["schemas"] = schema["meta:altId"]
        descriptor = {
            "@type": "xdm:descriptorIdentity",
            "xdm:sourceSchema": schema["$id"],
            "xdm:sourceVersion": 1,
            "xdm:sourceProperty": "/_acme/a",
            "xdm:namespace": "Email",
            "xdm:property": "xdm:code",
            "xdm:isPrimary": True,
        }
        self.ids["descriptors"] = self.made(f"{SR}/tenant/descriptors", descriptor)["@id"]
        reference = {"id": schema["$id"], "contentType": FULL}
        (path,) = self.made(f"{CAT}/dataSets", {"name": "a" * 40 + "!", "schemaRef": reference, "tags": {"a": ["b"]}})
        self.ids["dataSets"] = self.ids["datasets"] = path.rpartition("/")[2]
        target = {
            "name": "t",
            "data": {"schema": {"id": schema["$id"], "version": FULL}},
            "params": {"dataSetId": self.ids["dataSets"]},
            "connectionSpec": {"id": LAKE, "version": "1.0"},
        }
        self.ids["targetConnections"] = self.made(f"{FS}/targetConnections", target)["id"]
        mapping = {"sourceType": "EXPRESSION", "source": "lower(first)", "destination": "person.name.firstName"}
        mapping_set = {"name": "m", "outputSchema": {"schemaRef": reference}, "mappings": [mapping]}
        made = self.made(f"{DP}/mappingSets", mapping_set)
        self.ids["mappingSets"] = made["id"]
        self.made(f"{DP}/mappingSets/validate", mapping_set)
        self.made(f"{DP}/mappingSets/preview", {"data": [{"first": "X"}], "mappingSet": mapping_set})
        self.made(f"{DP}/languages/el/validate", {"expression": "a"})
        flow = {
            "name": "f",
            "flowSpec": {"id": BATCH_FLOW, "version": "1.0"},
            "sourceConnectionIds": [self.ids["sourceConnections"]],
            "targetConnectionIds": [self.ids["targetConnections"]],
            "transformations": [{"name": "Mapping", "params": {"mappingId": made["id"], "mappingVersion": 0}}],
            "options": {"partialIngestionPercent": 50, "errorDiagnosticsEnabled": True},
            "scheduleParams": {"startTime": self.now_s() + 864_000, "frequency": "hour", "interval": 1},
        }
        self.ids["flows"] = self.made(f"{FS}/flows", flow)["id"]
        self._run_once(flow)

    def etag(self, kind: str) -> bytes:
        """The etag that a change of the real object of a kind needs just now; of no use where there is none."""
        if kind not in ("connections", "sourceConnections", "targetConnections", "flows"):
            return b"x"
        items = self.good("GET", f"{FS}/{kind}/{self.ids[kind]}").json.get("items")
        return str(items[0]["etag"]).encode() if items else b"x"

    def now_s(self) -> int:
        return int(self.platform.now().timestamp())

    def _run_once(self, good: Any) -> None:
        """A flow that really runs: it shows that the scheduler lives, and gives a run, a batch and a file."""
        body = {**good, "scheduleParams": {"startTime": self.now_s(), "frequency": "once"}}
        answer = self.good("POST", f"{FS}/flows", body)
        assert answer.status == 201, answer.body
        flow = answer.json["id"]
        run = self._runner.run(self._ended(flow))
        assert run["metrics"]["statusSummary"]["status"] == "success", run
        self.ids["runs"] = run["id"]
        self.ids["batches"] = run["activities"][1]["targetInfo"][0]["reference"]["ids"][0]
        self.ids["files"] = self.good("GET", f"{DA}/batches/{self.ids['batches']}/files").json["data"][0][
            "dataSetFileId"
        ]

    async def _ended(self, flow: str) -> Any:
        if not self._started:
            await self.platform.start()
            self._started = True
        self.platform.wake()
        headers = self.auth
        request = Request("GET", f"{FS}/runs".encode(), f"property=flowId=={flow}".encode(), headers)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                runs = (await self._exchange(request)).json["items"]
                if runs and runs[0]["metrics"]["statusSummary"]["status"] in ("success", "failed"):
                    return runs[0]
                await asyncio.sleep(0.02)

    def still_well(self) -> None:
        """Nothing that was sent broke anything: every list can be read, the store is whole, and flows run."""
        self.good("GET", f"{SR}/stats")
        for kind in ("connections", "sourceConnections", "targetConnections", "flows", "runs"):
            url = f"{FS}/{kind}?limit=1000"
            while url:
                page = self.good("GET", url)
                assert page.status == 200, (kind, page.body[:500])
                href = page.json["_links"].get("next", {}).get("href")
                url = f"{FS}{href}" if href else ""
        for kind in ("schemas", "fieldgroups", "classes", "datatypes"):
            page = self.good(
                "GET", f"{SR}/tenant/{kind}?orderby=title&limit=500", accept="application/vnd.adobe.xed-id+json"
            )
            assert page.status == 200, (kind, page.body[:500])
            for one in page.json["results"]:
                found = self.good("GET", f"{SR}/tenant/{kind}/{one['meta:altId']}", accept=FULL)
                assert found.status == 200, (one, found.body[:500])
        for url in (
            f"{CAT}/dataSets?limit=100",
            f"{CAT}/batches?limit=100",
            f"{DP}/mappingSets?limit=100&start=0",
            f"{SB}/",
        ):
            page = self.good("GET", url)
            assert page.status == 200, (url, page.body[:500])
        with closing(sqlite3.connect(self.folder / "platform.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            for (body,) in database.execute("SELECT body FROM documents"):
                json.loads(body, parse_constant=_no_constant)
        self._furnish()


def _no_constant(name: str) -> object:
    raise AssertionError(f"{name} in the store is not JSON")


def check(request: Request, answer: Answer) -> None:
    """The rules for every answer."""
    told = (
        answer.status,
        request.method,
        request.path[:200],
        request.query[:200],
        request.body[:400],
        answer.body[:300],
    )
    assert answer.status, ("no answer", told)
    assert answer.status < 500 or answer.status == 501, told
    kind = answer.headers.get(b"content-type", b"")
    if request.method == "HEAD" or answer.status in (204, 304):
        return
    if answer.status >= 400:
        assert kind == b"application/json", told
        body = json.loads(answer.body, parse_constant=_no_constant)
        assert isinstance(body, dict), told
        assert error_shape(request.path, body, answer.status), told
    elif kind == b"application/json":
        json.loads(answer.body, parse_constant=_no_constant)


def error_shape(path: bytes, body: dict[str, Any], status: int) -> bool:
    """Whether an error is told in the gateway's shape, in that of the called service, or in the generic one."""
    if set(body) == _GATEWAY:
        return status == int(body["error_code"][:3])
    shapes: Sequence[set[str]] = [_PROBLEM, *(keys for at, keys in _SHAPES.items() if path.startswith(at.encode()))]
    return any(keys <= set(body) for keys in shapes) and body.get("status", status) == status
