"""A bug on any screen ends the app with a report, and the report holds no secret, whatever was at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from aeptui.cli.output import bug_report
from aeptui.credentials import Secret, known_secrets
from aeptui.ui.app import SCREENS
from aeptui.ui.crash import crash_report
from aeptui.ui.screens.ask import AskScreen
from aeptui.ui.screens.passphrase import PassphraseScreen
from aeptui.ui.screens.production import ProductionScreen
from aeptui.ui.screens.profile_form import ProfileFormScreen
from tests.ui.local_stage import LocalApp, until

CANARY = "p8e-canary-of-a-crash-5150"


def _form(session: Any) -> Screen[Any]:
    return ProfileFormScreen(session)


OTHERS: dict[str, Callable[[Any], Screen[Any]]] = {
    "profile_form": _form,
    "ask": lambda session: AskScreen("What?"),
    "passphrase": lambda session: PassphraseScreen("Passphrase", ""),
    "production": lambda session: ProductionScreen("prod"),
}
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "flow": ("9e2541a0-b143-4d23-a541-a0b143dd2301",),
    "flow_run": ("9e2541a0-b143-4d23-a541-a0b143dd2301", "9e2541a0-b143-4d23-a541-a0b143dd2301"),
    "explore": ("9e2541a0-b143-4d23-a541-a0b143dd2301",),
    "pipeline": ("loyalty",),
    "execution": ("20261123-000000-0000",),
}


async def crashed(app: LocalApp, name: str) -> None:
    """Open the screen, and have a bug happen on it with a secret at hand."""
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.session is not None, "the session")
        secret = Secret(CANARY)
        screen = OTHERS[name](app.session) if name in OTHERS else app._make_screen(name, *ARGUMENTS.get(name, ()))

        def crash() -> None:
            plain = secret.reveal()
            raise ValueError(f"with a secret at hand: {plain} {secret} {secret!r} Bearer {plain}")

        await app.push_screen(screen)
        await pilot.pause()
        screen.call_later(crash)
        await pilot.pause(0.5)


@pytest.mark.parametrize("name", [*SCREENS, *OTHERS])
async def test_a_crash_on_any_screen_shows_no_secret(tmp_path: Path, name: str) -> None:
    app = LocalApp(tmp_path)
    with pytest.raises(ValueError, match="at hand") as caught:
        await crashed(app, name)
    report = crash_report(caught.value, known_secrets())
    assert "at hand" in report
    assert "Traceback" in report
    assert CANARY not in report
    assert CANARY not in bug_report(caught.value)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert CANARY.encode() not in kept
