"""An answer of the platform that is held back so that it can be changed, and the way to ask it something more."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OF_THE_BODY: Final = (b"content-length", b"content-type", b"content-encoding", b"transfer-encoding", b"if-match")


@dataclass(frozen=True)
class Held:
    """One whole answer."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()
    content: bytes = b""

    @property
    def is_success(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body; None when it is no JSON."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None

    def with_json(self, body: Any) -> Held:
        """The same answer with another body."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        length = (b"content-length", str(len(content)).encode())
        kept = [(name, value) for name, value in self.headers if name.lower() != b"content-length"]
        return replace(self, headers=(*kept, length), content=content)

    async def send(self, send: Send) -> None:
        """Send it."""
        await self.begin(send)
        await send({"type": "http.response.body", "body": self.content, "more_body": False})

    async def begin(self, send: Send) -> None:
        """Send its status and headers."""
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})


async def whole_body(receive: Receive) -> bytes | None:
    """The body of a request; None when the client left before it was complete."""
    parts: list[bytes] = []
    while (message := await receive())["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
    return None


def replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body which was read already, and then what else there is."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def held(app: ASGIApp, scope: Scope, receive: Receive) -> Held:
    """Have a call handled, and keep its answer."""
    status, headers, parts = 500, list[tuple[bytes, bytes]](), list[bytes]()

    async def keep(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = int(message["status"]), list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, keep)
    return Held(status, tuple(headers), b"".join(parts))


async def nobody_leaves() -> Message:
    """A `receive` for calls that are ours: they have no body, and nobody hangs up."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def asked(app: ASGIApp, scope: Scope, path: str, query: Iterable[tuple[str, str]] = ()) -> Held:
    """A GET as the same client would make it; no fault happens to it."""
    raw = quote(path, safe="/").encode()
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in _OF_THE_BODY]
    asking = {
        **scope,
        "method": "GET",
        "path": path,
        "raw_path": raw,
        "query_string": urlencode(list(query)).encode(),
        "headers": headers,
    }
    return await held(app, asking, nobody_leaves)
