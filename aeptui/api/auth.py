"""OAuth server-to-server: one token for all requests, fetched once however many wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aeptui.api.errors import AuthError
from aeptui.clock import Clock
from aeptui.credentials import Secret
from aeptui.credentials.access_token import read_access_token
from aeptui.models.base import Json, mapping_of

_RENEW_BEFORE_S = 500.0
_MILLISECONDS_ABOVE = 1_000_000
"""A lifetime above it is in milliseconds: the retired token exchange counted so."""


@dataclass(frozen=True)
class TokenAnswer:
    """What IMS said."""

    status: int
    body: Json


@dataclass(frozen=True)
class Token:
    """A token, and when to ask for another, on the clock's monotonic scale: setting the clock ends no token."""

    value: Secret
    renew_at: float
    expires_at: datetime


class ImsAuth:
    """Holds the token of one client.

    Args:
        fetch: Asks IMS with the client secret.
        credential: The client secret; or an access token from elsewhere, which cannot be renewed.
    """

    def __init__(self, fetch: Callable[[Secret], Awaitable[TokenAnswer]], clock: Clock, credential: Secret) -> None:
        self._fetch = fetch
        self._clock = clock
        self._credential = credential
        self._token: Token | None = None
        self._lock = asyncio.Lock()

    @property
    def is_given(self) -> bool:
        """Whether the token came from elsewhere."""
        return self._credential.is_access_token

    @property
    def expires_at(self) -> datetime | None:
        """When the token in use ends; None: there is none yet, or it does not say."""
        if self._credential.is_access_token:
            return read_access_token(self._credential).expires_at
        return self._token.expires_at if self._token is not None else None

    async def token(self, refused: Secret | None = None) -> Secret:
        """A token that should be taken. One whose end has passed by this machine's clock is tried: clocks are wrong.

        Args:
            refused: The token that a service just refused: it is not handed out again.
        Raises:
            AuthError: IMS refused.
        """
        if self._credential.is_access_token:
            if refused is not None:
                raise AuthError(
                    f"The access token is not valid any more.{self._ended()}",
                    "Give a new one: Profiles, key e; or AEPTUI_ACCESS_TOKEN. A client secret renews itself.",
                )
            return self._credential
        async with self._lock:
            token = self._token
            if token is None or token.value == refused or self._clock.monotonic() >= token.renew_at:
                token = self._token = await self._new_token()
            return token.value

    def _ended(self) -> str:
        expires_at = self.expires_at
        return f" It ended {expires_at:%Y-%m-%d %H:%M}Z." if expires_at and expires_at < self._clock.now() else ""

    async def _new_token(self) -> Token:
        said = await self._fetch(self._credential)
        answer = mapping_of(said.body)
        if said.status >= 400 or not isinstance(answer.get("access_token"), str) or not answer["access_token"]:
            reason = str(answer.get("error_description") or answer.get("error") or f"status {said.status}")[:200]
            hint = "Check client id, secret and scopes of the profile; Profiles, key t, tests them stage by stage."
            if said.status >= 500 or said.status == 429:
                hint = "Adobe's identity service has trouble; try again in a minute."
            raise AuthError(f"Adobe's identity service (IMS) gave no token: {reason}.", hint)
        lifetime_s = _seconds(answer.get("expires_in"))
        early_s = min(_RENEW_BEFORE_S, lifetime_s / 2)
        return Token(
            Secret(answer["access_token"]),
            self._clock.monotonic() + lifetime_s - early_s,
            self._clock.now() + timedelta(seconds=lifetime_s),
        )


def _seconds(stated: Json) -> float:
    """A lifetime, whatever its unit; an hour when it is none."""
    try:
        lifetime_s = float(stated or 3600)
    except (TypeError, ValueError):
        return 3600.0
    if lifetime_s > _MILLISECONDS_ABOVE:
        lifetime_s /= 1000
    return lifetime_s if 0 < lifetime_s <= _MILLISECONDS_ABOVE else 3600.0
