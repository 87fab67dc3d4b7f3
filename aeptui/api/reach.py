"""Can a host be reached at all: one request without any credential, and what went wrong in words."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from aeptui.api.network import open_transport, proxy_for, without_credentials
from aeptui.errors import ConfigError

_LIMIT_S = 5.0


@dataclass(frozen=True)
class Reached:
    """How one address answered."""

    ok: bool
    detail: str
    hint: str = ""
    server_date: datetime | None = None
    """What the server's clock says, to the second."""
    duration_ms: int = 0


async def reach(url: str, *, limit_s: float = _LIMIT_S) -> Reached:
    """One GET of the address itself, without token, following nothing. Any HTTP answer counts: 404 is an answer.

    Args:
        url: As in a profile.
        limit_s: How long each part may take.
    """
    host = urlsplit(url).hostname or url
    proxy = proxy_for(url)
    way = f" through the proxy {without_credentials(proxy)}" if proxy else ""
    started = time.monotonic()
    try:
        client = httpx.AsyncClient(transport=open_transport(url), timeout=limit_s, trust_env=False)
        async with client, client.stream("GET", url) as response:
            took_ms = round((time.monotonic() - started) * 1000)
            date = _date(response.headers.get("date", ""))
            return Reached(True, f"{host} answers{way}", "", date, took_ms)
    except ConfigError as error:
        return Reached(False, error.title, error.hint)
    except httpx.RequestError as error:
        detail, hint = _words(error, host, bool(proxy))
        return Reached(False, f"{detail}{way}", hint)


def _words(error: httpx.RequestError, host: str, proxied: bool) -> tuple[str, str]:
    text = str(error).lower()
    if isinstance(error, httpx.ProxyError) or (proxied and isinstance(error, httpx.ConnectError)):
        return f"{host} cannot be reached", "Check HTTPS_PROXY, and ask whether the proxy lets this host through."
    if "certificate" in text or "ssl" in text:
        hint = "A proxy that opens TLS has an authority of its own: set SSL_CERT_FILE to its certificates."
        return f"the certificate of {host} is not trusted", hint
    if isinstance(error, httpx.TimeoutException):
        return f"{host} does not answer in time", "A firewall may drop it: ask for access to port 443, or set a proxy."
    if "name" in text or "nodename" in text or "resolution" in text:
        return f"the name {host} is not known here", "Check the address, and DNS; behind a proxy set HTTPS_PROXY."
    if "refused" in text or isinstance(error, httpx.ConnectError):
        return f"{host} refuses the connection", "Check the address; behind a proxy set HTTPS_PROXY."
    return f"{host} hangs up", "Something between here and there may forbid it; behind a proxy set HTTPS_PROXY."


def _date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else None
