"""A server on a socket that answers by script: it can refuse, dawdle, talk nonsense, and hang up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aeptui.api.client import AepClient
from aeptui.api.http import Endpoints
from aeptui.clock import ManualClock, SeededIds

SECRET = "p8e-canary-secret-of-the-client"
TOKEN = "canary-token-number-"


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass
class Say:
    """One answer; `hang_up` closes the line instead, before or in the middle of it."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False

    def raw(self) -> bytes:
        content = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {"content-type": "application/json", "content-length": str(len(content)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


class Wire:
    """The server. `answers` are given in turn, the last one for ever; tokens are handed out besides."""

    def __init__(self) -> None:
        self.answers: list[Say | Callable[[Asked], Say]] = [Say()]
        self.asked: list[Asked] = []
        self.tokens = 0
        self.token_answer: Say | None = None
        self.clock = ManualClock()
        self.client: AepClient
        self.server: asyncio.Server

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                answer = await self._answer(head.decode("latin-1"), reader)
                if answer.hang_up:
                    break
                writer.write(answer.raw())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

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
        asked = Asked(method, parts.path, parse_qs(parts.query), headers, body)
        self.asked.append(asked)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer if isinstance(answer, Say) else answer(asked)


@asynccontextmanager
async def wired(secret: str = SECRET) -> AsyncIterator[Wire]:
    """A wire and a client at its other end, on a clock that stands still and never waits."""
    wire = Wire()
    wire.server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{wire.server.sockets[0].getsockname()[1]}"
    endpoints = Endpoints(url, url, "client-1", "ORG@AdobeOrg", "dev", "openid")
    wire.client = AepClient(endpoints, secret, clock=wire.clock, ids=SeededIds(), read_s=5)
    try:
        yield wire
    finally:
        await wire.client.aclose()
        wire.server.close()
