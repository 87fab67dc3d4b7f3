"""A coroutine on an open session, with interrupts that end between requests."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from aeptui.errors import PassphraseNeeded

if TYPE_CHECKING:
    from aeptui.session import Session

T = TypeVar("T")


def with_session(
    profile: str | None,
    work: Callable[[Session], Awaitable[T]],
    *,
    storage: Path | None = None,
    yes_production: str | None = None,
) -> T:
    """Open a session, do the work, close it.

    Args:
        yes_production: The name of the production sandbox that may be changed.
    Raises:
        AeptuiError: the session cannot be opened, or what the work raises.
        KeyboardInterrupt: SIGINT, SIGTERM or SIGHUP came; the session was closed first.
    """
    from aeptui.session import Session

    async def whole() -> T:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine run by asyncio.run is a task
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, task.cancel)
        session = await _with_passphrase(lambda: Session.open(profile, storage=storage, yes_production=yes_production))
        log_requests(session)
        if sys.stdin.isatty():
            session.ask_for_secrets(_ask_secret)
            session.secrets.unlock = _unlock
        try:
            return await work(session)
        finally:
            await session.aclose()

    try:
        return asyncio.run(whole())
    except asyncio.CancelledError as error:
        raise KeyboardInterrupt from error


def log_requests(session: Session) -> None:
    """Write its requests to the file that `--log-requests` names."""
    from aeptui.session.request_files import RequestFile

    context = click.get_current_context(silent=True)
    path = context.find_root().params.get("log_requests") if context is not None else None
    if context is not None and path:
        # One file for all sessions of this process: the screens open another one with each profile.
        file = context.meta.setdefault("aeptui.requests", None) or RequestFile(Path(path))
        context.meta["aeptui.requests"] = file
        session.log_requests_to(file)


async def _with_passphrase(open_session: Callable[[], Awaitable[Session]]) -> Session:
    """Open it; where its secret is in the encrypted file, ask for the passphrase if there is somebody to ask."""
    from aeptui.session import unlock_secrets_file

    try:
        return await open_session()
    except PassphraseNeeded:
        if not sys.stdin.isatty():
            raise
    await unlock_secrets_file(ask_passphrase())
    return await open_session()


async def _unlock() -> None:
    from aeptui.session import unlock_secrets_file

    await unlock_secrets_file(ask_passphrase())


async def _ask_secret(name: str) -> str | None:
    """A secret that a pipeline names and nothing keeps: typed at the prompt, for this process."""
    words = f"Secret {name} (not shown; empty: stop; `aeptui secrets set {name}` keeps it)"
    return str(click.prompt(words, hide_input=True, err=True, default="", show_default=False)) or None


def ask_passphrase(*, new: bool = False) -> str:
    """Typed at the prompt, not shown; a new one twice."""
    words = "A passphrase for the encrypted file" if new else "Passphrase of the encrypted file"
    return str(click.prompt(f"{words} (not shown)", hide_input=True, err=True, confirmation_prompt=new))
