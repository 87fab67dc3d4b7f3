"""Sends one call: headers, token, retries, errors, the log. Knows no resource."""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

import httpx

from aeptui.api.auth import ImsAuth
from aeptui.api.errors import ApiError, AuthError, DecodeError, TransportError, response_error
from aeptui.api.request_log import RequestLog
from aeptui.api.retry import Outcome, delay_before_retry
from aeptui.clock import Clock, IdSource
from aeptui.models.base import Json

AsgiApp: TypeAlias = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]
]
Params: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_MOST_CONNECTIONS = 10


@dataclass(frozen=True)
class Endpoints:
    """Where to talk to, and as whom."""

    platform_url: str
    ims_url: str
    client_id: str
    org_id: str
    sandbox: str
    scopes: str


@dataclass(frozen=True)
class Answer:
    """A decoded answer."""

    status: int
    body: Json
    content: bytes
    headers: Mapping[str, str]


class Http:
    """The one door to the network.

    Args:
        secret: The client secret; None with an access token of its own.
        asgi_app: Answers in this process instead of the network.
        connect_s, read_s: Seconds to wait for a connection, and for an answer.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        secret: str | None,
        access_token: str | None,
        asgi_app: AsgiApp | None,
        log: RequestLog,
        clock: Clock,
        ids: IdSource,
        *,
        connect_s: float,
        read_s: float,
    ) -> None:
        self.endpoints = endpoints
        self.log = log
        self._secret = secret
        self._clock = clock
        self._ids = ids
        transport = None
        if asgi_app is not None:
            transport = httpx.ASGITransport(app=asgi_app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(read_s, connect=connect_s, pool=read_s),
            limits=httpx.Limits(max_connections=_MOST_CONNECTIONS, max_keepalive_connections=_MOST_CONNECTIONS),
            follow_redirects=False,
        )
        for value in (secret, access_token):
            if value:
                log.strike_out(value)
        self.auth = ImsAuth(self._fetch_token, clock, access_token)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

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
        raw: bool = False,
    ) -> Answer:
        """One call, with its retries.

        Args:
            raw: Leave the content as bytes: it is a file.
        Raises:
            ApiError: see `aeptui.api.errors`.
            AuthError: no token.
        """
        query = urlencode(list(params.items() if isinstance(params, Mapping) else params or ()))
        path = quote(path, safe="/%")  # an id is whatever somebody typed; it must not begin a query
        target = f"{path}?{query}" if query else path
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Accept": accept, "x-api-key": self.endpoints.client_id, "x-gw-ims-org-id": self.endpoints.org_id}
        if sandboxed:
            headers["x-sandbox-name"] = self.endpoints.sandbox
        if content is not None:
            headers["Content-Type"] = content_type
        if etag is not None:
            headers["If-Match"] = etag
        attempt, refused = 0, None
        while True:
            attempt += 1
            token = await self.auth.token(refused)
            self.log.strike_out(token)
            headers["Authorization"] = f"Bearer {token}"
            result = await self._attempt(method, target, headers, content, body, attempt, raw=raw)
            if isinstance(result, Answer):
                return result
            error, outcome = result
            if outcome.status == 401 and refused is None:
                refused = token
                continue
            delay = delay_before_retry(method, outcome, attempt, random.random)
            if delay is None:
                raise error
            await self._clock.sleep(delay)

    async def _attempt(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        content: bytes | None,
        body: Json,
        attempt: int,
        *,
        raw: bool,
    ) -> Answer | tuple[ApiError, Outcome]:
        request_id = self._ids.uuid()
        started_at, started = self._clock.now(), self._clock.monotonic()

        def note(status: int | None, answer: Json, error: ApiError | None) -> None:
            self.log.note(
                at=started_at,
                method=method,
                path=target,
                status=status,
                duration_ms=(self._clock.monotonic() - started) * 1000,
                attempt=attempt,
                request_id=request_id,
                error=error.title if error is not None else None,
                request_body=body,
                response_body=answer,
            )

        path = target.partition("?")[0]
        try:
            response = await self._client.request(
                method,
                self.endpoints.platform_url + target,
                headers={**headers, "x-request-id": request_id},
                content=content,
            )
        except httpx.RequestError as error:
            was_sent = not isinstance(error, _NOT_SENT)
            failure = _no_answer(error, method, path, self.endpoints.platform_url, was_sent=was_sent)
            note(None, None, failure)
            failure.__cause__ = error
            return failure, Outcome(None, was_sent)
        if response.is_success:
            if raw:
                note(response.status_code, f"({len(response.content):,} bytes)", None)
                return Answer(response.status_code, None, response.content, response.headers)
            try:
                answer = response.json() if response.content else None
            except ValueError as error:
                decode = DecodeError(
                    f"The platform's answer to {method} {path} is not JSON.",
                    "A proxy may have answered in its place; check the profile's platform URL.",
                    method=method,
                    path=path,
                    request_id=request_id,
                )
                note(response.status_code, response.text, decode)
                raise decode from error
            note(response.status_code, answer, None)
            return Answer(response.status_code, answer, response.content, response.headers)
        try:
            answer = response.json()
        except ValueError:
            answer = None
        wait_s = retry_after_s(response.headers.get("Retry-After"), self._clock.now())
        refusal = response_error(
            method,
            path,
            response.status_code,
            self.log.redacted(answer),
            request_id=response.headers.get("x-request-id") or request_id,
            retry_after_s=wait_s,
        )
        refusal.title = str(self.log.redacted(refusal.title))
        note(response.status_code, answer if answer is not None else response.text[:2000], refusal)
        return refusal, Outcome(response.status_code, True, wait_s)

    async def _fetch_token(self) -> tuple[int, Json]:
        """POST {ims}/ims/token/v3; harmless to repeat."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.endpoints.client_id,
            "client_secret": self._secret or "",
            "scope": self.endpoints.scopes,
        }
        started_at, started = self._clock.now(), self._clock.monotonic()
        attempt = 0
        while True:
            attempt += 1
            status, answer, trouble = None, None, None
            try:
                response = await self._client.post(f"{self.endpoints.ims_url}/ims/token/v3", data=form)
                status = response.status_code
                answer = response.json()
            except httpx.RequestError as error:
                trouble = error
            except ValueError:
                answer = None
            self.log.note(
                at=started_at,
                method="POST",
                path="/ims/token/v3",
                status=status,
                duration_ms=(self._clock.monotonic() - started) * 1000,
                attempt=attempt,
                request_id=None,
                error=type(trouble).__name__ if trouble is not None else None,
                request_body={"grant_type": "client_credentials", "client_id": self.endpoints.client_id},
            )
            outcome = Outcome(status)
            # A token may be asked for as often as one likes, so the rule of reads holds.
            delay = (
                delay_before_retry("GET", outcome, attempt, random.random) if status is None or status >= 429 else None
            )
            if delay is not None:
                await self._clock.sleep(delay)
                continue
            if trouble is not None:
                raise AuthError(
                    f"Adobe's identity service at {self.endpoints.ims_url} cannot be reached: {_why(trouble)}.",
                    "Check the network, the proxy, and the profile's IMS URL.",
                ) from trouble
            return status or 0, answer


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Seconds of a `Retry-After` header: a number, or a date."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (TypeError, ValueError):
        return None


def query_of(link: object) -> dict[str, str]:
    """The decoded query of a link. Its host is never followed: the token would go with it."""
    from urllib.parse import parse_qsl

    return dict(parse_qsl(urlsplit(str(link)).query)) if link else {}


def _no_answer(error: httpx.RequestError, method: str, path: str, url: str, *, was_sent: bool) -> TransportError:
    host = urlsplit(url).netloc
    if not was_sent:
        title, hint = (
            f"{host} cannot be reached: {_why(error)}.",
            "Check the network, the proxy, and the profile's URL.",
        )
    else:
        title, hint = f"{host} did not answer {method} {path}: {_why(error)}.", "Try again when the line is stable."
    return TransportError(title, hint, method=method, path=path, maybe_applied=was_sent and method != "GET")


def _why(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "it took too long"
    return str(error) or type(error).__name__
