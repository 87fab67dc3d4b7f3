"""`aeptui local serve`: the local platform on a port of this machine, for curl and other clients."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click

from aeptui.cli.output import print_json, talk
from aeptui.errors import LocalPlatformError


@click.group()
def local() -> None:
    """The local platform, for other clients."""


@local.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--storage", metavar="DIR", type=click.Path(file_okay=False, exists=True, path_type=Path))
@click.option("--data", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Its own data.")
@click.option("--seed", type=click.Choice(["empty", "demo"]), default="demo", show_default=True)
@click.option(
    "--speed", default=1.0, show_default=True, type=click.FloatRange(0.001, 100_000), help="60: an hour is a minute."
)
def serve(host: str, port: int, storage: Path | None, data: Path | None, seed: str, speed: float) -> None:
    """Serve the platform's calls on this machine until interrupted.

    The first line is JSON: url, ims_url, client_id, client_secret, org_id, sandbox, storage. The secret is made anew
    each time and kept nowhere.
    """
    from aeptui.config import Paths
    from aeptui.session.local import platform_busy, platform_unusable, require_local_extra

    require_local_extra()
    from aeptui.emulator.platform import PlatformBusy, PlatformUnusable, Seed
    from aeptui.emulator.serve import NotLoopback
    from aeptui.emulator.serve import serve as serve_platform

    folder = data if data is not None else Paths.from_environment().local

    def announce(facts: dict[str, Any]) -> None:
        print_json(facts)
        talk("Serving the local platform. Ctrl+C ends it.")

    try:
        serve_platform(folder, storage, host, port, cast("Seed", seed), speed, announce)
    except PlatformBusy as error:
        raise platform_busy(folder, error.pid) from error
    except PlatformUnusable as error:
        raise platform_unusable(folder, error) from error
    except NotLoopback as error:
        raise LocalPlatformError(f"{error}.", "Use --host 127.0.0.1 and an SSH tunnel.") from error
    except OSError as error:
        raise LocalPlatformError(
            f"{host}:{port} cannot be served: {error.strerror or error}.",
            "Choose another port; --port 0 takes a free one.",
        ) from error
