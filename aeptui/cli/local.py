"""`aeptui local serve`: the local platform on a port of this machine, for curl and other clients."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import click

from aeptui.cli.output import print_json, talk
from aeptui.errors import LocalPlatformError

if TYPE_CHECKING:
    from aeptui.emulator.faults import FaultPlan


_SAME_LINE = "\r\x1b[K"


@click.group()
def local() -> None:
    """The local platform, for other clients."""


_FAULTS = """\b
A file for --faults holds a table for each fault: which calls, which of them, and what happens.
\b
  [[fault]]                     # the flow is created, but its answer is lost
  method = "POST"               # or ["POST", "PUT"]; without it: any
  route = "/flows"              # * is within a segment, ** any; also: query, body, sandbox
  first = 1                     # or nth = 2, nth = [2, 5], every = 3, from = 4; else all
  do = "cut"                    # the connection breaks
  at = "after"                  # before or after the call was handled, or in the body
\b
  [[fault]]
  route = "/sourceConnections"
  body = { name = "loyalty*" }
  do = "answer"
  status = 429                  # or error = "FLOW-1404-412": a refusal in the service's words
  headers = { Retry-After = "2" }  # and json = {...} or text = "<html>"
  applied = false               # true: answered so after the call was handled
\b
  do = "answer" | "cut" | "slow" (seconds, at) | "silence" (applied, seconds)
     | "late" (handled after reads or seconds, never answered)
     | "page_twice" | "token_repeats" | "token_expires"
     | "summaries_missing" (summaries) | "counts_minus_one" | "unknown_status" (word)
     | "seconds_for_ms" | "initializing" (reads) | "lag" (reads, get)
\b
Calls are counted, never left to chance; each fault that happens is told on stderr.
"""


@local.command(epilog=_FAULTS)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="A loopback address; any other needs --allow-remote too."
)
@click.option(
    "--allow-remote",
    is_flag=True,
    help="Serve also on a --host that other machines can reach. Nothing is encrypted: client secret, tokens and rows "
    "pass in the clear, and whoever has the secret can read all files of the storage.",
)
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--storage", metavar="DIR", type=click.Path(file_okay=False, exists=True, path_type=Path))
@click.option("--data", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Its own data.")
@click.option(
    "--seed",
    type=click.Choice(["empty", "demo", "busy"]),
    default="demo",
    show_default=True,
    help="The world of new data. busy: 1,200 dataflows with 60,000 runs, a folder of 50,000 files; made once, which "
    "takes a minute or so and half a gigabyte.",
)
@click.option(
    "--speed", default=1.0, show_default=True, type=click.FloatRange(0.001, 100_000), help="60: an hour is a minute."
)
@click.option(
    "--faults",
    "fault_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Let go wrong on purpose what this TOML file says; see below.",
)
def serve(
    host: str,
    port: int,
    storage: Path | None,
    data: Path | None,
    seed: str,
    speed: float,
    allow_remote: bool,
    fault_file: Path | None,
) -> None:
    """Serve the platform's calls on this machine until interrupted.

    The first line is JSON: url, ims_url, client_id, client_secret, org_id, sandbox, storage. The secret is made anew
    each time and kept nowhere. On a loopback host a request must be addressed to this machine, too: with any other Host
    header than a loopback address, localhost, HOST or host.docker.internal it is answered with 421, so that no web page
    reaches the platform under a name of its own.
    """
    from aeptui.config import Paths
    from aeptui.session.local import platform_busy, platform_unusable, require_local_extra

    require_local_extra()
    from aeptui.emulator.platform import PlatformBusy, PlatformUnusable, Seed
    from aeptui.emulator.serve import NotLoopback, is_loopback
    from aeptui.emulator.serve import serve as serve_platform

    host = host.removeprefix("[").removesuffix("]")
    plan = _plan(fault_file) if fault_file is not None else None
    folder = data if data is not None else Paths.from_environment().local

    def announce(facts: dict[str, Any]) -> None:
        if sys.stderr.isatty():
            click.echo(_SAME_LINE, err=True, nl=False)
        print_json(facts)
        if not is_loopback(host):
            talk(
                f"Warning: other machines can reach {host}. Nothing is encrypted: client secret, tokens and rows "
                f"pass in the clear, and whoever has the secret can read every file in {facts['storage']}."
            )
        talk("Serving the local platform. Ctrl+C ends it.")

    try:
        serve_platform(
            folder,
            storage,
            host,
            port,
            cast("Seed", seed),
            speed,
            announce,
            allow_remote=allow_remote,
            faults=plan,
            progress=_told(),
        )
    except PlatformBusy as error:
        raise platform_busy(folder, error.pid) from error
    except PlatformUnusable as error:
        raise platform_unusable(folder, error) from error
    except NotLoopback as error:
        raise LocalPlatformError(
            f"{error}.",
            "Use --host 127.0.0.1 and an SSH tunnel. Only if other machines are meant to reach it, without encryption, "
            "add --allow-remote.",
        ) from error
    except OSError as error:
        raise LocalPlatformError(
            f"{host}:{port} cannot be served: {error.strerror or error}.",
            "Choose another port; --port 0 takes a free one.",
        ) from error


def _told() -> Callable[[str], None]:
    """Tells on stderr how far the making of a world is: on one line of a terminal, elsewhere once."""
    on_terminal = sys.stderr.isatty()
    begun = False

    def tell(words: str) -> None:
        nonlocal begun
        if on_terminal:
            click.echo(f"{_SAME_LINE}Making the world: {words} ...", err=True, nl=False)
        elif not begun:
            talk("Making the world, once; this takes a while ...")
        begun = True

    return tell


def _plan(file: Path) -> FaultPlan:
    """The plan in a file; each fault that happens is told.

    Raises:
        LocalPlatformError: lists every mistake.
    """
    from aeptui.emulator.faults import FaultPlan, FaultPlanError

    try:
        plan = FaultPlan.load(file)
    except FaultPlanError as error:
        raise LocalPlatformError(
            "\n  ".join(error.problems), "Correct it; `local serve --help` has a sample."
        ) from error
    except OSError as error:
        raise LocalPlatformError(f"{file} cannot be read: {error.strerror or error}.") from error
    plan.heard = lambda rule, call: talk(f"fault {rule.name}: {call.method} {quote(call.path)}")
    return plan
