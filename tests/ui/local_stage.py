"""The whole app on a local platform of its own: real requests, real files, real runs, in the folder of one test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aeptui.config import Paths
from aeptui.credentials import SessionVault
from aeptui.session import Session
from aeptui.ui.app import AeptuiApp


class LocalApp(AeptuiApp):
    """The app as a user has it; `home` holds everything it writes."""

    def __init__(self, home: Path, start: str = "flows") -> None:
        async def factory(profile: str | None) -> Session:
            paths = Paths(config=home, state=home, data=home)
            return await Session.open(profile, paths=paths, vaults=[SessionVault()])

        super().__init__(factory, start=start)

    @property
    def local_session(self) -> Session:
        assert isinstance(self.session, Session)
        return self.session


async def until(pilot: Any, condition: Callable[[], object], what: str = "") -> None:
    """Wait until a condition holds."""
    for _ in range(800):
        if condition():
            await pilot.pause()
            return
        await pilot.pause(0.02)
    raise AssertionError(f"It never came to pass: {what or condition}\n{shown(pilot.app.screen)}")


def shown(screen: Any) -> str:
    """All that stands on the screen."""
    return "\n".join("".join(segment.text for segment in strip) for strip in screen._compositor.render_strips())


def messages(app: Any) -> str:
    """The toasts so far."""
    return "\n".join(note.message for note in app._notifications)
