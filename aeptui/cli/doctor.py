"""`aeptui doctor`: what around aeptui may be wrong, with what to do. Secrets are never shown."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from aeptui.cli.output import print_json
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

    paths = Paths.from_environment()
    vaults = default_vaults(paths.secrets_file)
    findings = examine(paths, vaults, os.environ, _terminal(), SystemClock(), lambda: choose_profile(paths, name))
    failed = False
    async for finding in findings:
        failed = failed or finding.state == "failed"
        if as_json:
            print_json({"event": "doctor_finding", **asdict(finding)})
        else:
            _print(finding)
    return failed


def _terminal() -> TerminalFacts:
    from aeptui.session.doctor import TerminalFacts

    size = shutil.get_terminal_size()
    is_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    return TerminalFacts(is_terminal, getattr(sys.stdout, "encoding", "") or "unknown", size.columns, size.lines)


def _print(finding: Finding) -> None:
    click.echo(f"{finding.state:8}{finding.name:17}{finding.detail}")
    if finding.hint:
        click.echo(f"{'':25}{finding.hint}")
