"""`aeptui screenshots`: walks through every screen on a local platform of its own, at a fixed time, and draws each.

The pictures in the repository are made by it, and the tests compare with them, so that they show what is true.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aeptui.clock import ManualClock, SeededIds

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZES = ((80, 24), (140, 40))
_PATIENCE_S = 30.0
_CALM_LOOKS = 4
_LOOK_S = 0.02


class StillClock(ManualClock):
    """Stands still until it is moved; who sleeps wakes when the local platform has finished a flow run.

    So a flow run is looked at equally often each time, however long this machine takes for it.
    """

    async def sleep(self, seconds: float) -> None:
        for _ in range(int(_PATIENCE_S / _LOOK_S)):
            await asyncio.sleep(_LOOK_S)
            if runs := [task for task in asyncio.all_tasks() if task.get_name().startswith("run ")]:
                await asyncio.wait(runs)
                return


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def screenshots(folder: Path) -> None:
    """Draw every screen at 80x24 and 140x40 into FOLDER, as SVG files."""
    folder.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        for name, svg in asyncio.run(drawn(size)).items():
            (folder / f"{name}-{size[0]}x{size[1]}.svg").write_text(svg, "utf-8")
            click.echo(f"{name}-{size[0]}x{size[1]}.svg")


async def drawn(size: tuple[int, int]) -> dict[str, str]:
    """Every screen as SVG, by name."""
    return {name: svg async for name, svg in _walk(size)}


async def _walk(size: tuple[int, int]) -> AsyncIterator[tuple[str, str]]:
    from aeptui.config import Paths
    from aeptui.credentials import SessionVault
    from aeptui.session import Session
    from aeptui.ui.app import AeptuiApp

    clock = StillClock()
    with tempfile.TemporaryDirectory(prefix="aeptui-screens-") as name:
        home = Path(name)
        paths = Paths(config=home, state=home, data=home)

        async def open_session(profile: str | None) -> Session:
            session = await Session.open(profile, paths=paths, clock=clock, ids=SeededIds(), vaults=[SessionVault()])
            for file in paths.pipelines.glob("*.toml"):
                os.utime(file, (clock.now().timestamp(),) * 2)
            return session

        app = AeptuiApp(open_session)
        async with app.run_test(size=size) as pilot:
            walk = _Walk(pilot)
            yield await walk.shot("welcome", "aeptui")
            yield await walk.shot("help", "keys", "question_mark")
            yield await walk.shot("flows-empty", "No dataflows", "escape", "1")
            yield await walk.shot("pipelines", "visits", "2")
            yield await walk.shot("pipeline-review", "Review", "enter")
            for section in ("source", "target", "mapping"):
                yield await walk.shot(f"pipeline-{section}", section.capitalize(), "right_square_bracket")
            yield await walk.shot("mapping-editor", "service: agrees", "down", "down", "down", "enter")
            yield await walk.shot("mapping-target", "person.name.fullName", "escape", "t")
            yield await walk.shot("mapping-many", "upper(MemberId)", "escape", "b", "enter", *"upper({})")
            yield await walk.shot("mapping-preview", "rejected", "escape", "p")
            yield await walk.shot("mapping-forecast", "11,993 whole", "escape", "w")
            yield await walk.shot("pipeline-schedule", "Schedule", "right_square_bracket")
            await walk.press("escape")
            await walk.until(lambda: "visits" in walk.text())
            await walk.press("r")
            await walk.until(lambda: "75" in walk.text() and "dataflow" in walk.text())
            await walk.until(lambda: _has_flow(app))
            clock.advance(2)
            yield await walk.shot("execution", "11,993")
            yield await walk.shot("flow-run", "11,993", "f")
            yield await walk.shot("executions", "succeeded", "4")
            yield await walk.shot("flows", "Loyalty", "1")
            yield await walk.shot("flow", "11,993", "enter")
            yield await walk.shot("confirm", "Delete", "d")
            await walk.press("escape", "escape")
            yield await walk.shot("sources", "SFTP", "3")
            await walk.press("x")
            await walk.until(lambda: "loyalty/" in walk.text())
            await walk.press("enter")
            await walk.until(lambda: "members/" in walk.text())
            yield await walk.shot("explore", "M100003", "enter")
            await walk.press("escape")
            yield await walk.shot("profiles", "local", "5")
            yield await walk.shot("profile-test", "connection specs can be read", "t")
            yield await walk.shot("profile-form", "Client", "n")


def _has_flow(app: Any) -> bool:
    return any(tracking.record.ids.get("flow") for tracking in app.session.executions.running())


class _Walk:
    def __init__(self, pilot: Pilot[int]) -> None:
        self._pilot = pilot

    def text(self) -> str:
        """All that stands on the screen."""
        strips = self._pilot.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds.

        Raises:
            TimeoutError: it never did; the text tells what was shown.
        """
        async with asyncio.timeout(_PATIENCE_S):
            while not condition():
                await self._pilot.pause(_LOOK_S)

    async def shot(self, name: str, text: str, *keys: str) -> tuple[str, str]:
        """Press keys, wait for a text and then for calm, and draw."""
        await self.press(*keys)
        try:
            await self.until(lambda: text in self.text())
        except TimeoutError as error:
            raise click.ClickException(f"{name}: {text!r} never appeared in:\n{self.text()}") from error
        calm, before = 0, ""
        while calm < _CALM_LOOKS:
            await self._pilot.pause(0.05)
            now = self.text()
            calm, before = (calm + 1, now) if now == before else (0, now)
        return name, self._pilot.app.export_screenshot(title=f"aeptui: {name}")
