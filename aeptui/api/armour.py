"""What may be written, and the last door before the network that holds everybody to it.

A screen can forget to ask. So nothing that changes anything leaves this process unless an armour let it: not at all for
a profile that is read only and for whoever only plans or checks, and into a production sandbox only after somebody
typed that sandbox's name. What the sandbox is, Adobe is asked; its name says nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import httpx

from aeptui.api.calls import changes_nothing
from aeptui.clock import Clock
from aeptui.errors import AeptuiError, ExitCode
from aeptui.models.sandboxes import Sandbox

_TRUSTED_FOR_S = 300.0
"""How long what Adobe said of the sandbox counts: it may be reset, or become a production one."""

AskForName = Callable[[str], Awaitable[str | None]]
"""Asks the user to type the name of a production sandbox; answers what was typed, None for a no."""


class WriteRefused(AeptuiError):
    """Something that would change the platform was not sent. Nothing has left this process."""

    exit_code = ExitCode.USAGE


class Armour(Protocol):
    """Decides about calls that change something."""

    async def admit(self) -> None:
        """Find out, and ask, whatever must be known before a write.

        Raises:
            WriteRefused: it may not be sent.
            ApiError: what must be known cannot be found out.
        """
        ...

    def check(self, sandbox: str | None) -> None:
        """The decision itself, at the door: no waiting, no asking.

        Args:
            sandbox: The one the request names.
        Raises:
            WriteRefused: it may not be sent.
        """
        ...


class NoArmour:
    """Everything may be written: the local platform, where nothing can be lost."""

    async def admit(self) -> None:
        return None

    def check(self, sandbox: str | None) -> None:
        return None


class NothingWritten:
    """Nothing may be written.

    Args:
        why: One sentence for the error.
        hint: What to do about it.
    """

    def __init__(self, why: str, hint: str) -> None:
        self._why = why
        self._hint = hint

    async def admit(self) -> None:
        self.check(None)

    def check(self, sandbox: str | None) -> None:
        raise WriteRefused(self._why, self._hint)


class SandboxArmour:
    """Writing into one sandbox: it must be there and active, and a production one confirmed by its name.

    Args:
        sandbox: The profile's.
        look: Asks Adobe for the sandboxes this credential can use.
        clock: What Adobe said counts for five minutes.
    """

    def __init__(self, sandbox: str, look: Callable[[], Awaitable[Mapping[str, Sandbox]]], clock: Clock) -> None:
        self.sandbox = sandbox
        self.ask: AskForName | None = None
        """Set by whoever can ask a user; None: nobody can."""
        self._look = look
        self._clock = clock
        self._lock = asyncio.Lock()
        self._confirmed = False
        self._trusted_until: float | None = None

    def confirm(self, name: str) -> None:
        """The name of the production sandbox, as somebody typed it.

        Raises:
            WriteRefused: it is another name.
        """
        if name.strip() != self.sandbox:
            raise WriteRefused(
                f"The name typed is {name.strip()!r}, but this profile's sandbox is {self.sandbox!r}.",
                "Nothing was sent. Type the sandbox's own name, or open the profile of the sandbox you mean.",
            )
        self._confirmed = True

    async def admit(self) -> None:
        async with self._lock:
            if self._trusted_until is not None and self._clock.monotonic() < self._trusted_until:
                return
            self._trusted_until = None
            found = (await self._look()).get(self.sandbox)
            if found is None:
                raise WriteRefused(
                    f"This credential cannot use the sandbox {self.sandbox!r}: it is not among its active ones.",
                    "Correct the profile's sandbox, or ask for access to it; Profiles, key t, shows what to ask for.",
                )
            if found.state and not found.is_active:
                raise WriteRefused(
                    f"The sandbox {self.sandbox!r} is {found.state}, not active.",
                    "Nothing was sent. Wait until it is active, or use another one.",
                )
            if found.is_production and not self._confirmed:
                await self._have_it_confirmed(found)
            self._trusted_until = self._clock.monotonic() + _TRUSTED_FOR_S

    async def _have_it_confirmed(self, found: Sandbox) -> None:
        what = "a production sandbox" if found.type else "of a type Adobe does not tell, so it counts as production"
        typed = await self.ask(self.sandbox) if self.ask is not None else None
        if typed is None:
            raise WriteRefused(
                f"{self.sandbox!r} is {what}; nothing is written there before its name was typed.",
                f"Nothing was sent. Type the name when asked, or without screens add --yes-production {self.sandbox}.",
            )
        self.confirm(typed)

    def check(self, sandbox: str | None) -> None:
        if self._trusted_until is None or sandbox != self.sandbox:
            raise WriteRefused(
                f"A change of the sandbox {sandbox or 'nobody named'!r} was stopped before it was sent.",
                "This is a fault of aeptui; please report it.",
            )


class GuardedTransport(httpx.AsyncBaseTransport):
    """The door itself: known hosts only, the token only to the platform, writes only past the armour.

    Args:
        inner: The real transport of each origin.
        platform: The one origin that gets the token.
        armour: Decides about writes.
    """

    def __init__(self, inner: Mapping[str, httpx.AsyncBaseTransport], platform: str, armour: Armour) -> None:
        self._inner = inner
        self._platform = platform
        self._armour = armour

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        origin = origin_of(request.url)
        transport = self._inner.get(origin)
        if transport is None or ("authorization" in request.headers and origin != self._platform):
            raise WriteRefused(
                f"A request to {request.url.host} was stopped: it is not the profile's platform.",
                "Check the profile's addresses. Nothing was sent.",
            )
        path = request.url.raw_path.decode("ascii", "replace").partition("?")[0]
        if not changes_nothing(request.method, path):
            self._armour.check(request.headers.get("x-sandbox-name"))
        return await transport.handle_async_request(request)

    async def aclose(self) -> None:
        for transport in set(self._inner.values()):
            await transport.aclose()


def origin_of(url: httpx.URL | str) -> str:
    """Scheme, host and port."""
    parsed = httpx.URL(url)
    port = parsed.port or {"http": 80, "https": 443}.get(parsed.scheme, 0)
    return f"{parsed.scheme}://{parsed.host}:{port}"
