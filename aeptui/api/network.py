"""The way out of this machine: proxies, certificates, connections, and how much of an answer is taken in.

Jump hosts have proxies and certificate authorities of their own; both come from the environment, as for curl:
HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, and SSL_CERT_FILE, SSL_CERT_DIR, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE.
"""

from __future__ import annotations

import os
import re
import ssl
import urllib.request
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx

from aeptui.errors import ConfigError

MOST_CONNECTIONS = 10
"""More cost more: httpx spends 2 ms of CPU per call at 10 connections, and 6 ms at 50."""
LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes of an answer after unpacking; the largest real one, the list of all connection specs, is a few MB."""

_KEPT_S = 15.0
"""An idle connection is kept this long: from the checks of a pipeline to the steps of its chain. Not longer: a server
that closes it just as a create goes out leaves that one in doubt."""
_CA_FILES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_CA_FOLDER = "SSL_CERT_DIR"


AsgiApp: TypeAlias = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]
]

_PROXY = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<user>[^/?#]*@)?(?P<host>\[[0-9a-f:.]+\]|[\w.-]+)(?::(?P<port>\d{1,5}))?/?",
    re.I,
)


class TooLarge(Exception):
    """An answer was given up because of its size."""


def certificates(environment: Mapping[str, str] | None = None) -> ssl.SSLContext:
    """Whom to trust: the bundle the environment names, else the well-known authorities. Always verified.

    Raises:
        ConfigError: the bundle cannot be read; names the variable.
    """
    environment = os.environ if environment is None else environment
    for name in (*_CA_FILES, _CA_FOLDER):
        value = environment.get(name)
        if not value:
            continue
        try:
            if name == _CA_FOLDER or Path(value).is_dir():
                if not Path(value).is_dir():
                    raise FileNotFoundError(2, "No such folder")
                return ssl.create_default_context(capath=value)
            return ssl.create_default_context(cafile=value)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(
                f"{name} names {value}, which cannot be read as certificates: {error.strerror or error}.",
                f"Correct {name}, or unset it to trust the well-known authorities.",
            ) from error
    return httpx.create_ssl_context(trust_env=False)


def proxy_for(url: str) -> str | None:
    """The proxy for an address, as the environment has it; may hold a password."""
    parts = urlsplit(url)
    proxies = urllib.request.getproxies()
    if urllib.request.proxy_bypass(parts.netloc) or parts.hostname in {"localhost", "127.0.0.1", "::1"}:
        return None
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found:
        return None
    return found if "://" in found else f"http://{found}"


def shown_proxy(value: str) -> str | None:
    """A proxy's address as it may be shown; None when it is no address, so that any part of it may be a password."""
    found = _PROXY.fullmatch(value.strip())
    if found is None or int(found["port"] or 0) > 65535:
        return None
    return f"{found['scheme'] or 'http'}://{value.strip()[found.start('host') :].rstrip('/')}"


def has_credentials(value: str) -> bool:
    """Are there a name and a password in a proxy's address?"""
    found = _PROXY.fullmatch(value.strip())
    return found is not None and found["user"] is not None


class InProcess(httpx.AsyncBaseTransport):
    """An application in this process, as if behind a line: when it breaks the line or lets time run out (it raises a
    ConnectionError or a TimeoutError), its client sees just that. Any other exception is a 500, as from a server.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        broken: list[OSError] = []

        async def on_a_line(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
            try:
                await self._app(scope, receive, send)
            except (ConnectionError, TimeoutError) as error:
                broken.append(error)
                raise

        inner = httpx.ASGITransport(app=on_a_line, raise_app_exceptions=False)
        response = await inner.handle_async_request(request)
        if broken:
            kind = httpx.ReadTimeout if isinstance(broken[0], TimeoutError) else httpx.ReadError
            raise kind(str(broken[0]), request=request) from broken[0]
        return response


def open_transport(url: str) -> httpx.AsyncBaseTransport:
    """A pool of connections to the host of an address.

    Raises:
        ConfigError: the proxy or the certificates of the environment cannot be used.
    """
    proxy = proxy_for(url)
    shown = shown_proxy(proxy) if proxy else ""
    if shown is None:
        raise ConfigError(
            "The proxy in the environment is no address that can be used.",
            "Write it as http://USER:PASSWORD@HOST:PORT, with %2F for / and %40 for @ in the password.",
        )
    limits = httpx.Limits(
        max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS, keepalive_expiry=_KEPT_S
    )
    # Without TLS the context is never used; an empty one costs nothing.
    context = certificates() if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return httpx.AsyncHTTPTransport(verify=context, limits=limits, proxy=proxy)
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        raise ConfigError(
            f"The proxy {shown} cannot be used: its address must be http:// or https://.",
            "Correct HTTPS_PROXY or ALL_PROXY, or name the platform's host in NO_PROXY.",
        ) from (None if proxy else error)


async def unpacked(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body in pieces of bounded size, unpacked here: the library would unpack a whole bomb at once.

    Raises:
        httpx.RemoteProtocolError: it ended too soon, or is packed in another way.
    """
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing in {"", "identity"}:
        async for chunk in response.aiter_raw():
            yield chunk
        return
    if packing not in {"gzip", "deflate", "x-gzip"}:
        raise httpx.RemoteProtocolError(f"the answer is packed as {packing[:40]!r}, which nobody asked for")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # either header
    try:
        async for chunk in response.aiter_raw():
            while chunk:
                yield unpacker.decompress(chunk, _PIECE)
                chunk = unpacker.unconsumed_tail
    except zlib.error as error:
        raise httpx.RemoteProtocolError(f"the packed answer is damaged ({error})") from error
    if not unpacker.eof:
        raise httpx.RemoteProtocolError("the packed answer ended too soon")


_PIECE = 256 * 1024


async def read_whole(response: httpx.Response, largest: int = LARGEST_ANSWER) -> bytes:
    """All of a body.

    Raises:
        TooLarge: it is larger; no more than that was read.
    """
    stated = response.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > largest:
        raise TooLarge
    pieces: list[bytes] = []
    size = 0
    async for piece in unpacked(response):
        size += len(piece)
        if size > largest:
            raise TooLarge
        pieces.append(piece)
    return b"".join(pieces)
