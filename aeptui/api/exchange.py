"""One attempt of one call: connections, the pace, the door for writes, the log. Knows of no other attempt."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import httpx

from aeptui.api.answers import http_date, no_answer, redirected, retry_after_s, too_large
from aeptui.api.armour import Armour, GuardedTransport, origin_of
from aeptui.api.calls import Call
from aeptui.api.errors import ApiError, ResponseError, response_error
from aeptui.api.limiter import Limiter
from aeptui.api.network import MOST_CONNECTIONS, AsgiApp, InProcess, TooLarge, open_transport, read_whole
from aeptui.api.request_log import RequestLog
from aeptui.api.retry import Outcome
from aeptui.clock import Clock, IdSource
from aeptui.config import ClientSettings
from aeptui.models.base import Json

T = TypeVar("T")
Take: TypeAlias = Callable[[httpx.Response, Call], Awaitable[tuple[T, Json]]]
"""Reads a successful answer; gives what the caller wants and what the log shows."""

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
)
_LARGEST_REFUSAL = 1024 * 1024


class Failed(Exception):
    """An attempt that may be made again."""

    def __init__(self, error: ApiError, outcome: Outcome) -> None:
        super().__init__(error.title)
        self.error = error
        self.outcome = outcome


@dataclass
class ServerClock:
    """What the platform's answers say of its clock; the same for every armour."""

    offset_s: float | None = None
    """How far it is ahead of this machine's; None until it answered."""


class Exchange:
    """The connections to a platform and its identity service.

    Args:
        platform_url, ims_url: The only hosts that are ever talked to.
        asgi_app: Answers in this process instead of the network.
        armour: Decides what may be written.
        limiter: The pace of all who use this client id.
        settings: How long to wait.
    """

    def __init__(
        self,
        platform_url: str,
        ims_url: str,
        *,
        asgi_app: AsgiApp | None,
        armour: Armour,
        limiter: Limiter,
        log: RequestLog,
        clock: Clock,
        ids: IdSource,
        settings: ClientSettings,
    ) -> None:
        self.limiter = limiter
        self.server_clock = ServerClock()
        self._platform = origin_of(platform_url)
        self._log = log
        self._clock = clock
        self._ids = ids
        self._settings = settings
        self._slots = asyncio.Semaphore(MOST_CONNECTIONS)
        self._transports: dict[str, httpx.AsyncBaseTransport] = {
            origin_of(url): (open_transport(url) if asgi_app is None else InProcess(asgi_app))
            for url in (ims_url, platform_url)
        }
        self._guard(armour)

    def _guard(self, armour: Armour) -> None:
        self.armour = armour
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(self._transports, self._platform, armour),
            timeout=httpx.Timeout(self._settings.read_timeout_s, connect=self._settings.connect_timeout_s, pool=None),
            follow_redirects=False,
            trust_env=False,  # proxies and certificates are chosen in network.py
        )

    def behind(self, armour: Armour) -> Exchange:
        """The same connections and pace behind another armour."""
        other = copy.copy(self)
        other._guard(armour)
        return other

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def attempt(self, call: Call, number: int, take: Take[T], under_way: list[bool]) -> T:
        """Send it once.

        Args:
            number: Of the attempt, from 1, for the log.
            under_way: Its one item is True as long as the platform may be acting on it, also when time runs out.
        Raises:
            Failed: it was refused, or no answer came; it may be made again.
            ApiError: an answer came, but is not what was asked for.
        """
        async with self._slots:
            if call.authorised:
                await self.limiter.turn()
            request_id = self._ids.uuid()
            started_at, started = self._clock.now(), self._clock.monotonic()

            def note(status: int | None, answer: Json, error: ApiError | None) -> None:
                self._log.note(
                    at=started_at,
                    method=call.method,
                    path=call.target,
                    status=status,
                    duration_ms=(self._clock.monotonic() - started) * 1000,
                    attempt=number,
                    request_id=request_id,
                    error=error.title if error is not None else None,
                    request_body=call.body,
                    response_body=answer,
                )

            status: int | None = None
            error: ApiError
            under_way[0] = True
            try:
                async with self._client.stream(
                    call.method,
                    call.url,
                    headers={**call.headers, "x-request-id": request_id} if call.authorised else call.headers,
                    content=call.content,
                ) as response:
                    status = response.status_code
                    self._compare_clocks(response)
                    if response.is_success:
                        value, shown = await take(response, call)
                        if call.authorised:
                            self.limiter.answered()
                        note(status, shown, None)
                        under_way[0] = False
                        return value
                    error, outcome, shown = await self._refusal(response, call, request_id)
            except httpx.RequestError as lost:
                was_sent = not isinstance(lost, _NOT_SENT)
                error, outcome, shown = no_answer(lost, call, was_sent=was_sent), Outcome(None, was_sent), None
                error.__cause__ = lost
                if isinstance(lost, httpx.ConnectError) and "certificate" in str(lost).lower():
                    note(None, None, error)
                    raise error  # noqa: B904 - its cause is set; another attempt would meet the same certificate
            except TooLarge:
                note(status, None, error := too_large(call, request_id))
                raise error from None
            except ApiError as bad:  # of `take`: it is no JSON
                note(status, None, bad)
                raise
            under_way[0] = False  # but not when time ran out in the middle: then nobody knows
            note(status, shown, error)
        raise Failed(error, outcome)

    async def _refusal(
        self, response: httpx.Response, call: Call, request_id: str
    ) -> tuple[ResponseError, Outcome, Json]:
        wait_s = retry_after_s(response.headers, self._clock.now())
        if response.status_code == 429 and call.authorised:
            self.limiter.refused(wait_s)
        if response.is_redirect:
            return redirected(call, response, request_id), Outcome(response.status_code), None
        try:
            answer = json.loads(await read_whole(response, _LARGEST_REFUSAL))
        except (TooLarge, ValueError, RecursionError):
            answer = None
        refusal = response_error(
            call.method,
            call.path,
            response.status_code,
            self._log.redacted(answer),
            request_id=response.headers.get("x-request-id") or request_id,
            retry_after_s=wait_s,
        )
        refusal.title = str(self._log.redacted(refusal.title))
        return refusal, Outcome(response.status_code, True, wait_s), answer

    def _compare_clocks(self, response: httpx.Response) -> None:
        theirs = http_date(response.headers.get("date", ""))
        if theirs is not None:
            self.server_clock.offset_s = (theirs - self._clock.now()).total_seconds()
