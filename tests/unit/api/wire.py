"""A server on a socket that answers by script: it can refuse, dawdle, talk nonsense, pack bombs, and hang up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from aeptui.api.client import AepClient
from aeptui.api.http import Endpoints
from aeptui.clock import ManualClock, SeededIds
from aeptui.config import ClientSettings
from aeptui.credentials import Secret

SECRET = "p8e-canary-secret-of-the-client"
TOKEN = "canary-token-number-"
DEV = {"name": "dev", "type": "development", "state": "active"}
PROD = {"name": "dev", "type": "production", "state": "active"}
"""A production sandbox with a harmless name: the name says nothing."""

_SANDBOXES = "/data/foundation/sandbox-management/"


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Say:
    """One answer."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: Literal[False, True, "half"] = False
    """Close the line instead: before the answer, or in the middle of its body."""
    drip_s: float = 0.0
    """Send it a byte at a time, with that pause between."""
    endless: int = 0
    """That many bytes more follow the body, a megabyte at a time."""
    wait_s: float = 0.0
    """Think first."""

    def raw(self) -> bytes:
        content = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        length = {"content-length": str(len(content) + self.endless)}
        headers = {"content-type": "application/json", **length, **self.headers}
        lines = [f"HTTP/1.1 {self.status} Whatever", *(f"{name}: {value}" for name, value in headers.items() if value)]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        return head + (content[: len(content) // 2] if self.hang_up == "half" else content)


class Wire:
    """The server. `answers` are given in turn, the last one for ever; tokens and sandboxes are answered besides."""

    def __init__(self) -> None:
        self.answers: list[Say | Callable[[Asked], Say]] = [Say()]
        self.asked: list[Asked] = []
        self.tokens = 0
        self.token_answer: Say | None = None
        self.sandboxes: list[Mapping[str, Any]] | Say = [DEV]
        self.sandbox_looks = 0
        self.connections = 0
        self.sent_bytes = 0
        self.clock = ManualClock()
        self.url = ""
        self.client: AepClient
        self.server: asyncio.Server

    def client_with(self, credential: str = SECRET, *, sandbox: str = "dev", **options: Any) -> AepClient:
        """Another client at the other end."""
        options.setdefault("settings", ClientSettings(read_timeout_s=5))
        endpoints = Endpoints(self.url, self.url, "client-1", "ORG@AdobeOrg", sandbox, "openid")
        return AepClient(endpoints, Secret(credential), clock=self.clock, ids=SeededIds(), **options)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                answer = await self._answer(head.decode("latin-1"), reader)
                await asyncio.sleep(answer.wait_s)
                if answer.hang_up is True:
                    break
                await self._send(answer, writer)
                if answer.hang_up or answer.headers.get("content-length") == "":
                    break  # the end of the line is then the end of the body
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _send(self, answer: Say, writer: asyncio.StreamWriter) -> None:
        raw = answer.raw()
        step = 1 if answer.drip_s else len(raw)
        for at in range(0, len(raw), step):
            writer.write(raw[at : at + step])
            await writer.drain()
            if answer.drip_s:
                await asyncio.sleep(answer.drip_s)
        piece = b"0" * 1024 * 1024
        left = answer.endless
        while left > 0:
            writer.write(piece[:left])
            await writer.drain()
            self.sent_bytes += min(left, len(piece))
            left -= len(piece)

    async def _answer(self, head: str, reader: asyncio.StreamReader) -> Say:
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        parts = urlsplit(target)
        if parts.path == "/ims/token/v3":
            self.tokens += 1
            await asyncio.sleep(0.02)  # long enough for others to come and want one too
            token = {"access_token": f"{TOKEN}{self.tokens}", "expires_in": 86399, "token_type": "bearer"}
            return self.token_answer or Say(200, token)
        if parts.path == _SANDBOXES:
            self.sandbox_looks += 1
            return self.sandboxes if isinstance(self.sandboxes, Say) else Say(200, {"sandboxes": self.sandboxes})
        asked = Asked(method, parts.path, parse_qs(parts.query), headers, body)
        self.asked.append(asked)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer if isinstance(answer, Say) else answer(asked)


@asynccontextmanager
async def wired(credential: str = SECRET, limits: Path | None = None) -> AsyncIterator[Wire]:
    """A wire and a client at its other end, on a clock that stands still and never waits."""
    wire = Wire()
    wire.server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.url = f"http://127.0.0.1:{wire.server.sockets[0].getsockname()[1]}"
    wire.client = wire.client_with(credential, limits=limits)
    try:
        yield wire
    finally:
        await wire.client.aclose()
        wire.server.close()
