"""Sandbox Management, as far as it can be read."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aeptui.api.http import Http
from aeptui.api.resources.flow_service import decode, rows_of
from aeptui.models.sandboxes import Sandbox

SANDBOX_MANAGEMENT = "/data/foundation/sandbox-management"
_PAGE = 100


class Sandboxes:
    """The sandboxes of the organisation. None of these calls belongs to a sandbox."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self) -> AsyncIterator[Sandbox]:
        """The active ones that this credential can use. Source: Sandbox Management, GET /."""
        return self._pages(f"{SANDBOX_MANAGEMENT}/")

    def list_all(self) -> AsyncIterator[Sandbox]:
        """All of them, in every state; for administrators. Source: Sandbox Management, GET /sandboxes.

        Raises:
            Forbidden: this credential may not.
        """
        return self._pages(f"{SANDBOX_MANAGEMENT}/sandboxes")

    async def get(self, name: str) -> Sandbox:
        """One by its name. Source: Sandbox Management, GET /sandboxes/{name}."""
        path = f"{SANDBOX_MANAGEMENT}/sandboxes/{name}"
        return decode(Sandbox, (await self._http.send("GET", path, sandboxed=False)).body, "GET", path)

    async def _pages(self, path: str) -> AsyncIterator[Sandbox]:
        start, seen = 0, set[str]()
        while True:
            # The links are templates with {offset} in them: we count.
            params = {"limit": str(_PAGE), "offset": str(start)}
            answer = (await self._http.send("GET", path, params=params, sandboxed=False)).body
            rows = rows_of(answer, "sandboxes", "GET", path)
            before = len(seen)
            for raw in rows:
                sandbox = decode(Sandbox, raw, "GET", path)
                if sandbox.name not in seen:
                    seen.add(sandbox.name)
                    yield sandbox
            if len(rows) < _PAGE or len(seen) == before:
                return
            start += len(rows)
