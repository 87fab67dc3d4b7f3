"""What the header says of a session: where it leads, and how its last request fared. Never more than is known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aeptui.errors import AeptuiError

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.api.request_log import LoggedRequest, RequestLog
    from aeptui.config import Profile

_TOKEN_PATH = "/ims/token"


@dataclass(frozen=True)
class SessionFacts:
    """What the header shows."""

    profile: str
    org: str
    sandbox: str
    production: bool | None
    """None: not known yet. Who is about to change something takes it for production."""
    connection: str
    connection_style: str
    """`ok`, `warning`, `error` or `muted`."""

    read_only: bool = False
    """Its profile refuses every change."""

    @property
    def risk(self) -> str:
        """What to think of before changing something there; empty where nothing can be lost."""
        if self.production is False:
            return ""
        if self.production is None:
            return f"Whether the sandbox {self.sandbox} is a production one is not known."
        return f"This is the PRODUCTION sandbox {self.sandbox}."


class Standing:
    """Keeps the facts of one session up to date.

    Args:
        is_local: The platform is in this process: there, and no production.
    """

    def __init__(self, profile: Profile, client: AepClient, log: RequestLog, *, is_local: bool) -> None:
        self._profile = profile
        self._client = client
        self._production: bool | None = False if is_local else None
        self._connection = ("connected", "ok") if is_local else ("not asked yet", "muted")
        self._changed: Callable[[], None] = lambda: None
        self._look: asyncio.Task[None] | None = None
        self._unsubscribe = log.subscribe(self._heard)

    @property
    def facts(self) -> SessionFacts:
        """As they are now."""
        profile = self._profile
        return SessionFacts(
            profile.name,
            profile.org_id,
            profile.sandbox,
            self._production,
            *self._connection,
            read_only=profile.read_only,
        )

    def follow(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever a fact changed, and find out what is not known yet."""
        self._changed = changed
        if self._production is None and self._look is None:
            self._look = asyncio.create_task(self._look_at_sandbox(), name="sandbox type")

    async def aclose(self) -> None:
        """Look no further."""
        self._unsubscribe()
        if self._look is not None:
            self._look.cancel()
            await asyncio.gather(self._look, return_exceptions=True)

    async def _look_at_sandbox(self) -> None:
        try:
            async for sandbox in self._client.sandboxes.list():
                if sandbox.name == self._profile.sandbox:
                    self._production = sandbox.is_production
        except AeptuiError:
            return  # how it fared is in the log, and so in the header
        self._changed()

    def _heard(self, request: LoggedRequest) -> None:
        pace = self._client.pace.words
        now = (pace, "warning") if pace and request.status not in (None, 401) else _words(request)
        if now != self._connection:
            self._connection = now
            self._changed()


def _words(request: LoggedRequest) -> tuple[str, str]:
    """How a request fared, and the style that says it."""
    if request.status is None:
        return "no answer", "error"
    if request.status == 401 or (request.path.startswith(_TOKEN_PATH) and request.status >= 400):
        return "no access", "error"
    if request.status >= 500:
        return "in trouble", "warning"
    return "connected", "ok"
