"""Sends one call: headers, token, retries, limits, errors, the log. Knows no resource."""

from __future__ import annotations

import asyncio
import copy
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, TypeAlias, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx

from aeptui.api.answers import answer_of, first_lines
from aeptui.api.armour import NothingWritten
from aeptui.api.auth import ImsAuth, TokenAnswer
from aeptui.api.calls import Call
from aeptui.api.errors import ApiError, AuthError, NotFound, ResponseError, TransportError
from aeptui.api.exchange import Exchange, Failed, Take
from aeptui.api.limiter import Pace
from aeptui.api.network import read_whole, unpacked
from aeptui.api.retry import delay_before_retry
from aeptui.clock import Clock
from aeptui.credentials import Secret
from aeptui.errors import ConfigError
from aeptui.models.base import Json

T = TypeVar("T")
Params: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]

_LARGEST_SHOWN = 256 * 1024
_TOKEN_PATH = "/ims/token/v3"


@dataclass(frozen=True)
class Endpoints:
    """Where to talk to, and as whom."""

    platform_url: str
    ims_url: str
    client_id: str
    org_id: str
    sandbox: str
    """Empty: only what belongs to no sandbox can be asked; there is no default."""
    scopes: str


@dataclass(frozen=True)
class Answer:
    """A decoded answer."""

    status: int
    body: Json
    headers: Mapping[str, str]


class Http:
    """The one door to the network.

    Args:
        credential: The client secret, or an access token from elsewhere.
        exchange: The connections.
        total_s: How long one call with all its attempts may take.
    """

    def __init__(
        self, endpoints: Endpoints, credential: Secret, exchange: Exchange, clock: Clock, total_s: float
    ) -> None:
        self.endpoints = endpoints
        self._exchange = exchange
        self._clock = clock
        self._total_s = total_s
        self.auth = ImsAuth(self._fetch_token, clock, credential)
        self._shared: dict[tuple[str, str], asyncio.Task[Answer]] | None = None

    @property
    def pace(self) -> Pace:
        """How fast requests may go now."""
        return self._exchange.limiter.pace

    @property
    def clock_offset_s(self) -> float | None:
        """How far the platform's clock is ahead of this machine's; None until it answered."""
        return self._exchange.server_clock.offset_s

    def reading(self, *, shared: bool = False) -> Http:
        """This door, with the same connections, token and pace, for one who may change nothing.

        Args:
            shared: Ask each question once for all who ask through it, for as long as it is kept.
        """
        other = copy.copy(self)
        other._shared = {} if shared else None
        other._exchange = self._exchange.behind(
            NothingWritten(
                "A check or a plan was about to change something, and was stopped before it was sent.",
                "This is a fault of aeptui; please report it.",
            )
        )
        return other

    async def aclose(self) -> None:
        """Close all connections."""
        await self._exchange.aclose()

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Json = None,
        accept: str = "application/json",
        content_type: str = "application/json",
        etag: str | None = None,
        sandboxed: bool = True,
    ) -> Answer:
        """One call, with its retries. A DELETE of what is gone already is done.

        Raises:
            ApiError: see `aeptui.api.errors`.
            AuthError: no token.
            WriteRefused: it would change something that may not be changed.
        """
        call = self._call(
            method,
            path,
            params=params,
            body=body,
            accept=accept,
            content_type=content_type,
            etag=etag,
            sandboxed=sandboxed,
        )
        if self._shared is None or not call.reads:
            return await self._timed(call, self._whole)
        key = (call.target, accept)
        if key not in self._shared or self._shared[key].cancelled():
            self._shared[key] = asyncio.create_task(self._timed(call, self._whole))
        try:
            # One who is cancelled must not take the answer away from the others.
            return await asyncio.shield(self._shared[key])
        except (ApiError, AuthError):
            self._shared.pop(key, None)  # the next one who asks may be luckier
            raise

    async def lines(self, path: str, *, params: Params, limit: int) -> list[str]:
        """The first lines of a file of any size; no more of it is read than that takes."""
        call = self._call("GET", path, params=params, accept="*/*")

        async def take(response: httpx.Response, call: Call) -> tuple[list[str], Json]:
            lines = await first_lines(response, limit)
            return lines, f"({len(lines):,} lines)"  # rows of customers: never kept

        return await self._timed(call, take)

    async def download(
        self, path: str, into: BinaryIO, *, params: Params | None = None, progress: Callable[[int], None] | None = None
    ) -> int:
        """A file of any size, straight to disk; after a lost line it goes on where it was. Answers its size in bytes.

        Args:
            into: Empty, and at its beginning.
            progress: Told how many bytes there are so far.
        """
        call = self._call("GET", path, params=params, accept="*/*")
        call = replace(call, headers={**call.headers, "Accept-Encoding": "identity"})

        async def take(response: httpx.Response, call: Call) -> tuple[int, Json]:
            part = response.headers.get("content-range", "")
            if response.status_code != 206:
                into.seek(0)
                into.truncate()
            elif part and not part.startswith(f"bytes {into.tell()}-"):
                raise httpx.RemoteProtocolError("it sent another part of the file than was asked for")
            async for piece in unpacked(response):
                await asyncio.to_thread(into.write, piece)
                if progress is not None:
                    progress(into.tell())
            return into.tell(), f"({into.tell():,} bytes)"

        def resumed(call: Call) -> Call:
            return replace(call, headers={**call.headers, "Range": f"bytes={into.tell()}-"}) if into.tell() else call

        return await self._repeated(call, take, again=resumed)

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Json = None,
        accept: str,
        content_type: str = "application/json",
        etag: str | None = None,
        sandboxed: bool = True,
    ) -> Call:
        if sandboxed and not self.endpoints.sandbox:
            raise ConfigError(
                "This profile names no sandbox, and there is no default one.",
                "Choose it under Profiles (key e), or in config.toml.",
            )
        query = urlencode(list(params.items() if isinstance(params, Mapping) else params or ()))
        path = quote(path, safe="/%")  # an id is whatever somebody typed; it must not begin a query
        target = f"{path}?{query}" if query else path
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Accept": accept, "Accept-Encoding": "gzip", "x-api-key": self.endpoints.client_id}
        headers["x-gw-ims-org-id"] = self.endpoints.org_id
        if sandboxed:
            headers["x-sandbox-name"] = self.endpoints.sandbox
        if content is not None:
            headers["Content-Type"] = content_type
        if etag is not None:
            headers["If-Match"] = etag
        return Call(method, self.endpoints.platform_url + target, path, target, headers, content, body)

    async def _timed(self, call: Call, take: Take[T]) -> T:
        if not call.reads:
            await self._exchange.armour.admit()  # may ask the user, who needs the time they need
        under_way = [False]
        try:
            async with asyncio.timeout(self._total_s):
                return await self._repeated(call, take, under_way)
        except TimeoutError as error:
            raise TransportError(
                f"{call.method} {call.path} took longer than {self._total_s:g} s with all attempts.",
                "Try again when the line is stable, or set total_timeout_s in [client] of config.toml.",
                method=call.method,
                path=call.path,
                maybe_applied=under_way[0] and not call.reads,
            ) from error

    async def _repeated(
        self,
        call: Call,
        take: Take[T],
        under_way: list[bool] | None = None,
        again: Callable[[Call], Call] = lambda call: call,
    ) -> T:
        attempt, refused = 0, None
        under_way = under_way if under_way is not None else [False]
        while True:
            attempt += 1
            sent = again(call) if attempt > 1 else call
            token = None
            if call.authorised:
                token = await self.auth.token(refused)
                sent = replace(sent, headers={**sent.headers, "Authorization": f"Bearer {token.reveal()}"})
            try:
                return await self._exchange.attempt(sent, attempt, take, under_way)
            except Failed as failed:
                error, outcome = failed.error, failed.outcome
            if outcome.status == 401 and refused is None and token is not None:
                refused = token
                continue
            if isinstance(error, NotFound) and call.method == "DELETE":
                # Gone already, perhaps by an attempt of ours.
                return (await take(httpx.Response(204), call))[0]
            repeatable = call.reads or call.method == "DELETE"
            delay = delay_before_retry(outcome, attempt, random.random, repeatable=repeatable)
            if delay is None:
                raise error
            await self._clock.sleep(delay)

    async def _whole(self, response: httpx.Response, call: Call) -> tuple[Answer, Json]:
        content = b"" if response.status_code == 204 else await read_whole(response)
        body = await answer_of(content, response.headers.get("content-type", ""), call)
        shown = body if len(content) <= _LARGEST_SHOWN else f"({len(content):,} bytes)"
        return Answer(response.status_code, body, response.headers), shown

    async def _fetch_token(self, secret: Secret) -> TokenAnswer:
        """POST {ims}/ims/token/v3; harmless to repeat."""
        shown = {"grant_type": "client_credentials", "client_id": self.endpoints.client_id}
        form = {**shown, "client_secret": secret.reveal(), "scope": self.endpoints.scopes}
        call = Call(
            "POST",
            self.endpoints.ims_url + _TOKEN_PATH,
            _TOKEN_PATH,
            _TOKEN_PATH,
            {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            urlencode(form).encode(),
            shown,
            authorised=False,
        )

        async def take(response: httpx.Response, call: Call) -> tuple[TokenAnswer, Json]:
            answer, _ = await self._whole(response, call)
            return TokenAnswer(answer.status, answer.body), None  # a token is not for the log

        try:
            return await self._repeated(call, take)
        except ResponseError as refusal:
            return TokenAnswer(refusal.status, refusal.body)
        except TransportError as lost:
            raise AuthError(
                f"Adobe's identity service at {self.endpoints.ims_url} cannot be reached: {lost.why}.",
                "Check the network, the proxy, and the profile's IMS URL.",
            ) from lost
        except ApiError:
            return TokenAnswer(200, None)


def query_of(link: object) -> dict[str, str]:
    """The decoded query of a link. Its host is never followed: the token would go with it."""
    try:
        return dict(parse_qsl(urlsplit(str(link)).query)) if link else {}
    except ValueError:
        return {}


__all__ = ["Answer", "Endpoints", "Http", "Params", "query_of"]
