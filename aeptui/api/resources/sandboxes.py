"""Sandbox Management, as far as any credential may read it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aeptui.api.http import Http
from aeptui.api.resources.flow_service import decode
from aeptui.models.base import items_of, mapping_of
from aeptui.models.sandboxes import Sandbox

SANDBOX_MANAGEMENT = "/data/foundation/sandbox-management"
_PAGE = 100


class Sandboxes:
    """The sandboxes a credential can use."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def list(self) -> AsyncIterator[Sandbox]:
        """The active ones. Links are templates, so we count. Source: Sandbox Management, GET /."""
        start = 0
        while True:
            params = {"limit": str(_PAGE), "offset": str(start)}
            answer = mapping_of(
                (await self._http.send("GET", f"{SANDBOX_MANAGEMENT}/", params=params, sandboxed=False)).body
            )
            rows = items_of(answer.get("sandboxes"))
            for raw in rows:
                yield decode(Sandbox, raw, "GET", SANDBOX_MANAGEMENT)
            if len(rows) < _PAGE:
                return
            start += len(rows)

    async def get(self, name: str) -> Sandbox:
        """Source: Sandbox Management, GET /sandboxes/{name}."""
        path = f"{SANDBOX_MANAGEMENT}/sandboxes/{name}"
        return decode(Sandbox, (await self._http.send("GET", path, sandboxed=False)).body, "GET", path)
