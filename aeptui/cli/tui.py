"""Opens the screens. Imports Textual, and leaves everything heavy to the session, after the first paint."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aeptui.cli.running import log_requests

if TYPE_CHECKING:
    from aeptui.session.evidence import Evidence


def open_screens(profile: str | None = None, start: str | None = None, storage: Path | None = None) -> int:
    """Run the app in this terminal; answers its exit code."""
    from aeptui.ui.terminal import check_terminal, run_app

    check_terminal()
    from aeptui.ui.app import AeptuiApp, OpenSession

    async def open_session(name: str | None) -> OpenSession:
        from aeptui.session import Session

        session = await Session.open(name, storage=storage)
        log_requests(session)
        return session

    def known_secrets() -> tuple[str, ...]:
        credentials = sys.modules.get("aeptui.credentials")
        return tuple(credentials.known_secrets()) if credentials is not None else ()

    async def unlock(passphrase: str) -> None:
        from aeptui.session import unlock_secrets_file

        await unlock_secrets_file(passphrase)

    return run_app(AeptuiApp(open_session, start, profile, known_secrets, unlock))


def open_evidence(evidence: Evidence) -> int:
    """Show an archive in this terminal; answers its exit code."""
    from aeptui.ui.terminal import check_terminal, run_app

    check_terminal()
    from aeptui.session.replayed import EvidenceSession
    from aeptui.ui.evidence_app import EvidenceApp

    return run_app(EvidenceApp(EvidenceSession(evidence), evidence.record.id))


@click.command()
@click.option(
    "--storage",
    metavar="DIR",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Files of your own for the local platform to read, instead of the samples.",
)
@click.pass_context
def demo(ctx: click.Context, storage: Path | None) -> None:
    """Open the screens on the local platform, with sample files and ready pipelines.

    Press r on the pipeline "loyalty" to watch 12,000 rows become a dataset.
    """
    ctx.exit(open_screens("local", "pipelines", storage))
