"""Puts the local platform on a port, for other clients on this machine. Loopback only, unless another host is named."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvicorn

from aeptui.clock import SystemClock, SystemIds
from aeptui.emulator.platform import LocalPlatform, Seed

SECONDS_TO_END: Final = 3


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
) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        port: 0 takes a free one.
        announce: Gets `{url, ims_url, client_id, client_secret, org_id, sandbox, storage}` once connections are taken.
        allow_remote: Serve on a host that other machines can reach, too. The traffic is not encrypted.
    Raises:
        NotLoopback: the host is not this machine's own, and `allow_remote` is off.
        PlatformBusy: another process has the folder open.
        OSError: the port is taken.
    """
    if not allow_remote and not is_loopback(host):
        raise NotLoopback(host)
    asyncio.run(_serve(folder, storage, host, port, seed, speed, announce))


async def _serve(
    folder: Path,
    storage: Path | None,
    host: str,
    port: int,
    seed: Seed,
    speed: float,
    announce: Callable[[dict[str, str]], None],
) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's algorithm off only where it is: without it, each answer's body
    # waits for the client's delayed acknowledgement of its head, 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        taken = listener.getsockname()[1]
        platform = LocalPlatform.open(folder, storage, seed=seed, clock=SystemClock(), ids=SystemIds(), speed=speed)
        try:
            config = uvicorn.Config(
                platform.app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=SECONDS_TO_END,
            )
            server = _Server(config)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, lambda: setattr(server, "should_exit", True))
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
