"""A local platform, a line to it that can break in every way, and executions over that line."""

from __future__ import annotations

import json
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import httpx

from aeptui.api.client import AepClient
from aeptui.api.http import Endpoints
from aeptui.api.request_log import RequestLog
from aeptui.chain.document import ParsedPipeline, parse_pipeline
from aeptui.clock import ManualClock, SeededIds
from aeptui.config import Paths, local_profile
from aeptui.credentials import Secret
from aeptui.emulator.platform import LocalPlatform
from aeptui.emulator.samples import sample_pipelines
from aeptui.session.executions import Executions
from aeptui.session.pipelines import Pipelines
from aeptui.session.tracking import Tracking

CREATES = ("/sourceConnections", "/tenant/schemas", "/dataSets", "/targetConnections", "/mappingSets", "/flows")
COLLECTIONS = ("source_connections", "schemas", "datasets", "target_connections", "mapping_sets", "flows")
"""As the client calls them."""
STEPS = ("source_connection", "schema", "dataset", "target_connection", "mapping_set", "flow")


class Line:
    """The way to the platform: notes every POST, and breaks where it is told to."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.posts: list[tuple[str, Any]] = []
        self.refuse = ""
        """POSTs to this collection are answered with 400."""
        self.lose = ""
        """The answer of the next POST to this collection is lost; it was carried out."""
        self.cut = ""
        """The next POST to this collection never arrives, and nobody can tell."""
        self.fail_after = ""
        """The next POST to this collection is carried out, and answered with 500."""
        self.late = ""
        """The next POST to this collection is given up by the client, and carried out at `arrive`."""
        self._held: list[Callable[[], Any]] = []
        self.twice = False
        """Every page of a list is served a second time, as if it were the next one."""
        self.forgetful = False
        """The platform drops the options of a flow, as its documentation of the create allows."""
        self.refuse_changes = False
        self.before: Callable[[str], None] = lambda path: None

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if self.refuse_changes and scope.get("method") == "PATCH":
            await _refuse(send)
            return
        if self.twice and scope.get("method") == "GET":
            await self._app(scope, receive, _page_twice(scope, send))
            return
        if scope["type"] != "http" or scope["method"] != "POST" or path.startswith("/ims"):
            await self._app(scope, receive, send)
            return
        body = (await receive())["body"]
        self.before(path)
        self.posts.append((path, json.loads(body)))
        if self.forgetful and path.endswith("/flows"):
            body = json.dumps({key: value for key, value in json.loads(body).items() if key != "options"}).encode()

        async def again() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        if self.cut and path.endswith(self.cut):
            self.cut = ""
            raise httpx.ReadError("the line was cut")
        if self.late and path.endswith(self.late):
            self.late = ""
            self._held.append(lambda: self._app(scope, again, _swallow))
            raise httpx.ReadTimeout("no answer came")
        if self.fail_after and path.endswith(self.fail_after):
            self.fail_after = ""
            await self._app(scope, again, _swallow)
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        if self.refuse and path.endswith(self.refuse):
            await _refuse(send)
            return
        if self.lose and path.endswith(self.lose):
            self.lose = ""
            await self._app(scope, again, _swallow)
            raise httpx.ReadError("the line was cut")
        await self._app(scope, again, send)

    async def arrive(self) -> None:
        """What the client had given up reaches the platform after all."""
        for carry_out in self._held:
            await carry_out()
        self._held.clear()


async def _swallow(_: Any) -> None:
    return


def _page_twice(scope: MutableMapping[str, Any], send: Any) -> Any:
    """A `send` that gives the first page of a Flow Service list a link to itself; the second time it ends."""
    query = bytes(scope.get("query_string", b"")).decode()

    async def rewritten(message: Any) -> None:
        if message["type"] == "http.response.body" and b'"_links":{}' in message.get("body", b""):
            if "again" not in query:
                link = b'"_links":{"next":{"href":"/x?continuationToken=again"}}'
                message = {**message, "body": message["body"].replace(b'"_links":{}', link)}
        elif message["type"] == "http.response.start":
            headers = [pair for pair in message["headers"] if pair[0] != b"content-length"]
            message = {**message, "headers": headers}
        await send(message)

    if "continuationToken=again" in query:
        kept = [part for part in query.split("&") if not part.startswith("continuationToken")]
        scope["query_string"] = "&".join(kept).encode()
    return rewritten


async def _refuse(send: Any) -> None:
    answer = json.dumps({"title": "Bad Request", "status": 400, "detail": "It was refused."}).encode()
    await send({"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": answer})


class Place:
    """A platform, a line to it, and executions over that line."""

    def __init__(self, home: Path) -> None:
        clock, ids = ManualClock(), SeededIds()
        self.paths = Paths(config=home, state=home, data=home)
        self.platform = LocalPlatform.open(self.paths.local, clock=clock, ids=ids)
        self.line = Line(self.platform.app)
        profile = local_profile()
        endpoints = Endpoints(
            platform_url=profile.platform_url,
            ims_url=profile.ims_url,
            client_id=self.platform.client_id,
            org_id=self.platform.org_id,
            sandbox=self.platform.sandbox,
            scopes=profile.scopes,
        )
        log = RequestLog()
        self.client = AepClient(
            endpoints,
            Secret(self.platform.client_secret),
            asgi_app=self.line,
            request_log=log,
            clock=clock,
            ids=SeededIds(2),
        )
        self.pipelines = Pipelines(self.paths, self.client, clock, ids, margin_s=2)
        self.executions = Executions(self.paths, profile, self.client, log, clock, ids, margin_s=2, fast=True)

    async def run(self, parsed: ParsedPipeline | None = None) -> Tracking:
        tracking = await self.executions.start(parsed or loyalty(), watch=False)
        await tracking.wait()
        return tracking

    async def resume(self, tracking: Tracking) -> Tracking:
        """Go on with an execution that has ended without its dataflow."""
        again = await self.executions.resume(tracking.id, watch=False)
        await again.wait()
        return again

    def made(self) -> list[str]:
        """The collections something was sent to, in order."""
        return [next(end for end in CREATES if path.endswith(end)) for path, _ in self.line.posts]

    async def exist(self, collection: str) -> int:
        """How many of these resources there are."""
        return len(await self.ids(collection))

    async def ids(self, collection: str) -> list[str]:
        """The ids of these resources."""
        return [one.id async for one in getattr(self.client, collection).list()]


def loyalty() -> ParsedPipeline:
    """The sample pipeline."""
    return parse_pipeline(sample_pipelines()["loyalty"], file="loyalty.toml")
