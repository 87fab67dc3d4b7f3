"""The passphrase of the encrypted file of secrets: masked, asked twice when it is new. Keeps nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from textual.widgets import Input

from aeptui.errors import AeptuiError
from aeptui.ui.screens.ask import AskScreen
from aeptui.ui.widgets.secret_input import SecretInput

if TYPE_CHECKING:
    from textual.app import App

    from aeptui.session.profiles import Profiles

_SHORTEST = 8


class PassphraseScreen(AskScreen):
    """Dismisses with what was typed, or None.

    Args:
        title: What it is for.
        note: What to know.
        again: What was typed the first time; it must be the same.
    """

    def __init__(self, title: str, note: str, again: str | None = None, shortest: int = 1) -> None:
        def check(text: str) -> str:
            if again is not None and text != again:
                return "Not the same as before." if len(text) >= len(again) else "Type it once more."
            return f"At least {shortest} characters; several words are a good one." if len(text) < shortest else ""

        super().__init__(title, note=note, check=check)

    def make_input(self, value: str) -> Input:
        return SecretInput(id="ask-text")


async def open_secrets_file(app: App[Any], profiles: Profiles) -> bool:
    """Have the user open the encrypted file, or begin it. Must run in a worker. False: they left it as it is."""
    state = await profiles.secrets_file()
    if state.is_open:
        return True
    if state.exists:
        return await ask_to_unlock(app, profiles.open_secrets_file)
    first = await app.push_screen_wait(
        PassphraseScreen(
            "A passphrase for the encrypted file",
            "aeptui keeps the secrets of profiles in it, on this machine. Nobody can bring a forgotten one back.",
            shortest=_SHORTEST,
        )
    )
    if first is None:
        return False
    again = await app.push_screen_wait(PassphraseScreen("The same passphrase once more", "", again=first))
    if again is None:
        return False
    await profiles.open_secrets_file(again)
    return True


async def ask_to_unlock(app: App[Any], unlock: Callable[[str], Awaitable[None]]) -> bool:
    """Ask for the passphrase until it is right. False: the user gave up."""
    note = "The secret of this profile is in the encrypted file. It stays open until you leave."
    while True:
        typed = await app.push_screen_wait(PassphraseScreen("The passphrase of the encrypted file", note))
        if typed is None:
            return False
        try:
            await unlock(typed)
        except AeptuiError as error:
            note = error.in_full
        else:
            return True
