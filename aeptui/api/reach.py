"""Can a host be reached at all: one request without any credential, and what went wrong in words.

It takes the way of the client itself (`open_transport`), not httpx's own reading of the environment, which knows fewer
of its variables: what can be reached here can be reached there.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from aeptui.api.answers import http_date
from aeptui.api.network import open_transport, proxy_for, shown_proxy
from aeptui.errors import ConfigError

LIMIT_S = 5.0

_SET_PROXY = "behind a proxy set HTTPS_PROXY."
_PROXY_FORM = "Write it as http://USER:PASSWORD@HOST:PORT, with %2F for / and %40 for @ in the password."


@dataclass(frozen=True)
class Reached:
    """How one address answered."""

    ok: bool
    detail: str
    hint: str = ""
    status: int | None = None
    """Of the answer, whatever it is; None when there was none."""
    server_date: datetime | None = None
    """What the server's clock says, to the second."""
    duration_ms: int = 0
    via_proxy: str | None = None
    """The proxy it went through, without name and password."""


async def reach(url: str, *, timeout_s: float = LIMIT_S) -> Reached:
    """One GET of the address itself, without token, following nothing. Any HTTP answer counts: 404 is an answer.

    Args:
        url: As in a profile; a name and password in it are not sent.
        timeout_s: How long all of it may take.
    """
    started = time.monotonic()
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port  # refused here when it is none
        bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
        proxy = proxy_for(bare)
    except ValueError:
        return Reached(False, "the profile's address is none", "Correct it under Profiles (key e).")
    via = shown_proxy(proxy) if proxy else None
    if proxy and via is None:
        return Reached(False, f"{host} cannot be reached: the proxy in the environment is no address", _PROXY_FORM)
    found = await _ask(bare, host, via, timeout_s)
    took_ms = round((time.monotonic() - started) * 1000)
    return replace(found, duration_ms=took_ms, via_proxy=via)


async def _ask(url: str, host: str, via: str | None, timeout_s: float) -> Reached:
    way = f" through the proxy {via}" if via else ""
    stage = "connect_tcp"

    async def note(event: str, _: Any) -> None:
        nonlocal stage
        if event.endswith(".started") and "close" not in event:
            stage = event.split(".")[1]

    try:
        async with asyncio.timeout(timeout_s):
            # No limit of httpx's own: its limits are for each part, and one part may follow another.
            client = httpx.AsyncClient(transport=open_transport(url), timeout=None, trust_env=False)  # noqa: S113
            async with client, client.stream("GET", url, extensions={"trace": note}) as response:
                date = http_date(response.headers.get("date", ""))
                return Reached(True, f"{host} answers{way}", "", response.status_code, date)
    except ConfigError as error:
        return Reached(False, error.title, error.hint)
    except TimeoutError:
        return _too_slow(stage, host, via)
    except httpx.ProxyError as error:
        return _refused_by_proxy(str(error), host, via or "")
    except (httpx.RequestError, httpx.InvalidURL, OSError, ValueError) as error:
        return _failed(error, stage, host, via)


def _too_slow(stage: str, host: str, via: str | None) -> Reached:
    if stage == "start_tls":
        hint = "A firewall may let the connection through and stop TLS: ask for this host to be allowed."
        return Reached(False, f"{host} accepts a connection, but TLS does not begin in time{_through(via)}", hint)
    if via and stage == "connect_tcp":
        return Reached(
            False, f"{host} cannot be reached: the proxy {via} does not answer in time", "Check HTTPS_PROXY."
        )
    if via:
        hint = "Check HTTPS_PROXY, and ask whether the proxy lets this host through."
        return Reached(False, f"{host} does not answer in time{_through(via)}", hint)
    if stage == "connect_tcp":
        hint = "A firewall may drop it: ask for access to its port, or set HTTPS_PROXY."
        return Reached(False, f"{host} does not answer in time", hint)
    hint = "Something in between may hold it up; try again, or set HTTPS_PROXY."
    return Reached(False, f"{host} accepts a connection, but gives no HTTP answer in time", hint)


def _refused_by_proxy(text: str, host: str, via: str) -> Reached:
    code = text[:3] if text[:3].isdigit() else ""
    if code == "407":
        hint = "Give the right ones: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT."
        return Reached(False, f"{host} cannot be reached: the proxy {via} wants a name and password", hint)
    said = f" ({code})" if code else ""
    hint = f"Ask for {host} to be put on the proxy's allow-list, or name it in NO_PROXY if there is a direct way."
    return Reached(False, f"{host} cannot be reached: the proxy {via} refuses it{said}", hint)


def _failed(error: Exception, stage: str, host: str, via: str | None) -> Reached:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _not_trusted(cause, host, via)
    if stage == "connect_tcp":
        return _not_connected(causes, host, via)
    if stage == "start_tls":
        no_tls = any("WRONG_VERSION" in str(cause) for cause in causes)
        what = "what answers there does not speak TLS" if no_tls else "TLS is broken off"
        hint = "Check the address and its port; a firewall may forbid this host."
        return Reached(False, f"{host} accepts a connection, but {what}{_through(via)}", hint)
    if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in str(error):
        hint = "Check the address and its port: something else listens there."
        return Reached(False, f"{host} answers{_through(via)}, but not with HTTP", hint)
    hint = f"Something between here and there may forbid it; {_SET_PROXY}" if not via else "Ask who runs the proxy."
    return Reached(False, f"{host} hangs up{_through(via)}", hint)


def _not_connected(causes: list[BaseException], host: str, via: str | None) -> Reached:
    what = f"{host} cannot be reached: the proxy {via}" if via else host
    check = "Check HTTPS_PROXY." if via else f"Check the address; {_SET_PROXY}"
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            name = "has a name that is not known here" if via else "is a name that is not known here"
            dns = check if via else f"Check the address, and DNS; {_SET_PROXY}"
            return Reached(False, f"{what} {name}", dns)
        if isinstance(cause, ConnectionRefusedError):
            return Reached(False, f"{what} refuses the connection", check)
    words = next((one.strerror for one in causes if isinstance(one, OSError) and one.strerror), "")
    said = f" ({words})" if words else ""
    return Reached(False, f"{what} is out of reach from here{said}", check)


def _not_trusted(error: ssl.SSLCertVerificationError, host: str, via: str | None) -> Reached:
    why = error.verify_message or "it cannot be verified"
    hint = "A proxy that opens TLS has an authority of its own: set SSL_CERT_FILE to its certificates."
    if "expired" in why or "not yet valid" in why:
        hint = "Check this machine's date first; if it is right, the server's certificate has to be renewed."
    elif "mismatch" in why:
        hint = "It is made out to another name: check the address; a proxy or sign-in page may have answered."
    return Reached(False, f"the certificate of {host} is not trusted{_through(via)}: {why.rstrip('.')}", hint)


def _through(via: str | None) -> str:
    return f" through the proxy {via}" if via else ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and everything it came from; a name with several addresses gives a group of them."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for one in error.exceptions:
                yield from _causes(one)
        error = error.__cause__ or error.__context__
