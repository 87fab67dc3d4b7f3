"""`aeptui doctor`: what around aeptui may be wrong, with what to do. Secrets are never shown."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import shutil
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

import click

from aeptui.errors import ExitCode

if TYPE_CHECKING:
    from aeptui.session.doctor import Finding, TerminalFacts


@click.command()
@click.option("--profile", "-p", metavar="NAME", help="Whose platform to reach; without it the last one used.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per finding.")
@click.pass_context
def doctor(ctx: click.Context, profile: str | None, as_json: bool) -> None:
    """Look at versions, folders, terminal, locale, keyring, proxy, certificates, reachability and clock.

    Nothing is changed, and no secret is sent anywhere or shown. Ends with 2 when something must be mended.
    """
    failed = asyncio.run(_examine(profile, as_json))
    if failed:
        ctx.exit(int(ExitCode.USAGE))


async def _examine(name: str | None, as_json: bool) -> bool:
    from aeptui.clock import SystemClock
    from aeptui.config import Paths, choose_profile
    from aeptui.credentials import default_vaults
    from aeptui.session.doctor import examine

    encoding = getattr(sys.stdout, "encoding", "") or "unknown"
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What the output's encoding has no character for must not end the look at that very encoding.
        sys.stdout.reconfigure(errors="backslashreplace")
    paths = Paths.from_environment()
    vaults = default_vaults(paths.secrets_file)
    terminal = _terminal(encoding)
    findings = examine(paths, vaults, os.environ, terminal, SystemClock(), lambda: choose_profile(paths, name))
    failed = False
    async for finding in findings:
        failed = failed or finding.state == "failed"
        if as_json:
            click.echo(json.dumps({"event": "doctor_finding", **asdict(finding)}))
        else:
            _print(finding)
    return failed


def _terminal(encoding: str) -> TerminalFacts:
    from aeptui.session.doctor import TerminalFacts

    size = shutil.get_terminal_size(fallback=_size_beside_stdout())
    return TerminalFacts(_is_terminal(sys.stdin) and _is_terminal(sys.stderr), encoding, size.columns, size.lines)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _size_beside_stdout() -> tuple[int, int]:
    """The size of the terminal when our output goes elsewhere, as into `jq`."""
    for descriptor in (2, 0):
        with contextlib.suppress(OSError):
            return os.get_terminal_size(descriptor)
    return 80, 24


def _print(finding: Finding) -> None:
    click.echo(f"{finding.state:8}{finding.name:17}{finding.detail}")
    if finding.hint:
        click.echo(f"{'':25}{finding.hint}")
