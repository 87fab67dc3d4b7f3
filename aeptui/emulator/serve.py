"""Puts the local platform on a port, for other clients on this machine.

Loopback only, unless other machines are let in as well. On loopback a request must also be addressed to loopback: a
page in a browser on this machine could otherwise reach the port under a name of its own (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

import uvicorn
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from aeptui.clock import SystemClock, SystemIds
from aeptui.emulator.failures import tell_on_stderr
from aeptui.emulator.platform import LocalPlatform, Progress, Seed

if TYPE_CHECKING:
    import asyncio.transports

    from aeptui.emulator.faults import FaultPlan

SECONDS_TO_END: Final = 3
_OUTSIDE_A_CONTAINER: Final = ("host.docker.internal", "host.containers.internal")
"""What containers call the machine they run on; nobody can own a public name that ends so."""


class NotLoopback(ValueError):
    """The host can be reached from other machines, and that was not asked for."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} can be reached from other machines; the local platform serves loopback addresses only"
        )
        self.host = host


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: ending is decided here."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # the base class leaves it untyped
        yield


class _HangingUp(H11Protocol):
    """uvicorn's protocol, which lets the application break the connection: `faults/line.py` needs it to."""

    def connection_made(self, transport: asyncio.transports.Transport) -> None:  # type: ignore[override]  # as its base
        from aeptui.emulator.faults.line import LINE

        super().connection_made(transport)
        app = cast("ASGIApp", self.app)  # the same interface in another library's types

        async def on_a_line(scope: Scope, receive: Receive, send: Send) -> None:
            extensions = {**scope.get("extensions", {}), LINE: transport.close}
            await app({**scope, "extensions": extensions}, receive, send)

        self.app = cast("Any", on_a_line)


class OwnHosts:
    """Answers 421 to requests that are addressed to somebody else.

    Args:
        host: The one that is served; beside it every loopback address, `localhost`, and what containers call this
            machine are ours. A request without a Host is let through: browsers always send one.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._host = host.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = Headers(scope=scope).get("host") if scope["type"] == "http" else None
        if not given or self._is_ours(given):
            await self._app(scope, receive, send)
            return
        detail = f"This platform is not {given}. Address it as {self._host}, 127.0.0.1 or localhost, with any port."
        body = {"type": "https://ns.adobe.com/aep/errors/EMU-0421-421", "title": "Misdirected request", "status": 421}
        await JSONResponse({**body, "detail": detail}, 421)(scope, receive, send)

    def _is_ours(self, given: str) -> bool:
        try:
            name = (urlsplit(f"//{given}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return name in (self._host, *_OUTSIDE_A_CONTAINER) or name.endswith(".localhost") or is_loopback(name)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(
    folder: Path,
    storage: Path | None,
    host: str,
    port: int,
    seed: Seed,
    speed: float,
    announce: Callable[[dict[str, str]], None],
    *,
    allow_remote: bool = False,
    faults: FaultPlan | None = None,
    progress: Progress = lambda told: None,
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        port: 0 takes a free one.
        announce: Gets `{url, ims_url, client_id, client_secret, org_id, sandbox, storage}` once connections are taken.
        allow_remote: Serve on a host that other machines can reach, too. The traffic is not encrypted.
        faults: What goes wrong on the line, on purpose.
        progress: Told in words how far the making of a large world is.
    Raises:
        NotLoopback: the host is not this machine's own, and `allow_remote` is off.
        PlatformBusy: another process has the folder open.
        OSError: the port is taken.
    """
    if not allow_remote and not is_loopback(host):
        raise NotLoopback(host)
    asyncio.run(
        _serve(
            folder,
            storage,
            host,
            port,
            seed,
            speed,
            announce,
            allow_remote=allow_remote,
            faults=faults,
            progress=progress,
        )
    )


async def _serve(
    folder: Path,
    storage: Path | None,
    host: str,
    port: int,
    seed: Seed,
    speed: float,
    announce: Callable[[dict[str, str]], None],
    *,
    allow_remote: bool,
    faults: FaultPlan | None,
    progress: Progress,
) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's algorithm off only where it is: without it, each answer's body
    # waits for the client's delayed acknowledgement of its head, 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        address, taken = listener.getsockname()[:2]
        if not allow_remote and not is_loopback(address):  # a name such as localhost can mean anything
            raise NotLoopback(f"{host} ({address})")
        platform = LocalPlatform.open(
            folder,
            storage,
            seed=seed,
            clock=SystemClock(),
            ids=SystemIds(),
            speed=speed,
            faults=faults,
            progress=progress,
        )
        try:
            config = uvicorn.Config(
                OwnHosts(platform.app, host) if is_loopback(address) else platform.app,
                http="auto" if faults is None else _HangingUp,
                ws="none",
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=SECONDS_TO_END,
            )
            tell_on_stderr()
            server = _Server(config)
            loop = asyncio.get_running_loop()

            def end() -> None:
                server.should_exit = True
                platform.release()

            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, end)
            await platform.start()
            listener.listen(128)
            shown = f"[{host}]" if family == socket.AF_INET6 else host
            url = f"http://{shown}:{taken}"
            announce(
                {
                    "url": url,
                    "ims_url": url,
                    "client_id": platform.client_id,
                    "client_secret": platform.client_secret,
                    "org_id": platform.org_id,
                    "sandbox": platform.sandbox,
                    "storage": str(platform.storage),
                }
            )
            await server.serve(sockets=[listener])
        finally:
            await platform.close()
