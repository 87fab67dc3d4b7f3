"""What stands before the services: paths, request ids, the size of bodies, and the checks of the platform gateway.

A plain ASGI wrapper. It knows no service beyond its prefix.
"""

from __future__ import annotations

import re
import sqlite3
import string
from typing import Final
from urllib.parse import quote_from_bytes, unquote

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import Message, Receive, Scope, Send

from aeptui.emulator.bounds import MOST_BYTES
from aeptui.emulator.errors import ServiceError, gateway_error, sandbox_error, too_large, unusable
from aeptui.emulator.http import ENCODED_SLASH, on_failure, refusal
from aeptui.emulator.ims.state import Tokens
from aeptui.emulator.sandboxes.state import is_active
from aeptui.emulator.world import CLIENT_ID, ORG_ID, World

_SANDBOXES: Final = "/data/foundation/sandbox-management"


class Gateway:
    """Checks each call, then hands it to the application."""

    def __init__(self, services: Starlette, world: World, tokens: Tokens) -> None:
        self.services = services
        self._world = world
        self._tokens = tokens
        self._guarded = ServerErrorMiddleware(self._pass, handler=on_failure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.services(scope, receive, send)
            return
        # A counter, not the id source: how many requests came before must not change which ids resources get.
        request_id = Headers(scope=scope).get("x-request-id") or f"local-{next(self._world.requests):06d}"
        scope = {**scope, "path": routed_path(scope), "query_string": _text(scope), "aeptui.request_id": request_id}
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                raise too_large(scope["path"], MOST_BYTES)
            return message

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode("latin-1", "replace"))]
            await send(message)

        await self._guarded(scope, bounded, answer)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["path"].startswith("/data/"):
                scope["aeptui.sandbox"] = self._checked(scope["path"], Headers(scope=scope))
        except ServiceError as error:
            await refusal(error, scope["aeptui.request_id"])(scope, receive, send)
            return
        except sqlite3.Error as error:
            await refusal(unusable(str(error)), scope["aeptui.request_id"])(scope, receive, send)
            return
        await self.services(scope, receive, send)

    def _checked(self, path: str, headers: Headers) -> str:
        """The sandbox of a call that may pass.

        Raises:
            ServiceError: in the order in which the gateway looks: token, key, organisation, sandbox.
        """
        bearer = headers.get("authorization")
        if not bearer:
            raise gateway_error("403010", "Oauth token is missing")
        scheme, _, token = bearer.partition(" ")
        if scheme.lower() != "bearer" or not self._tokens.valid(token.strip()):
            raise gateway_error("401013", "Oauth token is not valid")
        key = headers.get("x-api-key")
        if not key:
            raise gateway_error("403000", "Api Key is required")
        if key != CLIENT_ID:
            raise gateway_error("403003", "Api Key is invalid")
        organisation = headers.get("x-gw-ims-org-id")
        if not organisation:
            raise gateway_error("400003", "The header x-gw-ims-org-id is missing")
        if organisation != ORG_ID:
            raise gateway_error("403027", "user region is missing")
        name = headers.get("x-sandbox-name")
        if path.startswith(_SANDBOXES):
            return name or ""
        if not name:
            raise sandbox_error(path, None)
        if not is_active(self._world.store.get("sandbox", "", name), self._world.time.now_ms()):
            raise sandbox_error(path, name)
        return name


def routed_path(scope: Scope) -> str:
    """The path as routes see it: no slash at its end, and an encoded slash inside a segment still inside it."""
    raw = scope.get("raw_path") or str(scope["path"]).encode()
    text = bytes(raw).partition(b"?")[0].decode("latin-1")
    parts = [unquote(part).replace("/", ENCODED_SLASH) for part in text.split("/")]
    return re.sub("/+", "/", "/".join(parts)).rstrip("/") or "/"


def _text(scope: Scope) -> bytes:
    """The query, with bytes that are no ASCII text encoded: servers differ in whether they let them in."""
    return quote_from_bytes(scope.get("query_string", b""), safe=string.printable).encode()
