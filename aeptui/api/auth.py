"""OAuth server-to-server: one token for all requests, fetched once however many wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aeptui.api.errors import AuthError
from aeptui.clock import Clock
from aeptui.models.base import Json, mapping_of

_RENEW_BEFORE_S = 500.0
_MILLISECONDS_ABOVE = 1_000_000
"""A lifetime above it is in milliseconds: the retired token exchange counted so."""


@dataclass(frozen=True)
class Token:
    """A token and when to ask for another, on the clock's monotonic scale."""

    value: str
    renew_at: float


class ImsAuth:
    """Holds the token of one client.

    Args:
        fetch: Asks IMS; answers status and body.
        given: A token from outside, which cannot be renewed.
    """

    def __init__(
        self, fetch: Callable[[], Awaitable[tuple[int, Json]]], clock: Clock, given: str | None = None
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._given = given
        self._token: Token | None = None
        self._lock = asyncio.Lock()

    async def token(self, refused: str | None = None) -> str:
        """A token that should be taken.

        Args:
            refused: The token that a service just refused: it is not handed out again.
        Raises:
            AuthError: IMS refused.
        """
        if self._given is not None:
            if refused is not None:
                raise AuthError(
                    "The access token that was given is not valid any more.",
                    "Set a new AEPTUI_ACCESS_TOKEN, or unset it to use the profile's secret.",
                )
            return self._given
        async with self._lock:
            token = self._token
            if token is None or token.value == refused or self._clock.monotonic() >= token.renew_at:
                token = self._token = await self._new_token()
            return token.value

    async def _new_token(self) -> Token:
        status, body = await self._fetch()
        answer = mapping_of(body)
        if status >= 400 or not answer.get("access_token"):
            reason = str(answer.get("error_description") or answer.get("error") or f"status {status}")
            hint = "Check client id, secret and scopes of the profile; Profiles, key t, tests them stage by stage."
            if status >= 500 or status == 429:
                hint = "Adobe's identity service has trouble; try again in a minute."
            raise AuthError(f"Adobe's identity service (IMS) gave no token: {reason}.", hint)
        try:
            lifetime_s = float(answer.get("expires_in") or 3600)
        except (TypeError, ValueError):
            lifetime_s = 3600.0
        if lifetime_s > _MILLISECONDS_ABOVE:
            lifetime_s /= 1000
        early_s = min(_RENEW_BEFORE_S, lifetime_s / 2)
        return Token(str(answer["access_token"]), self._clock.monotonic() + lifetime_s - early_s)
