"""A production sandbox in the screens: nothing is sent before its name was typed, and then only that once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from aeptui.config import Paths
from aeptui.credentials import EnvironmentVault, SessionVault
from aeptui.session import Session
from aeptui.ui.app import AeptuiApp
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.production import ProductionScreen
from tests.served import Served, add_profile, served
from tests.ui.local_stage import shown, until

FS = "/data/foundation/flowservice"
SIZES = pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["80x24", "140x40"])


class RemoteApp(AeptuiApp):
    """The app on a profile that leads to a platform in another process."""

    def __init__(self, home: Path, facts: dict[str, str]) -> None:
        from aeptui.emulator.samples import sample_pipelines

        add_profile(home, facts)
        (home / "pipelines").mkdir()
        (home / "pipelines" / "products.toml").write_text(sample_pipelines()["products"], "utf-8")
        vaults = (EnvironmentVault({"AEPTUI_CLIENT_SECRET": facts["client_secret"]}), SessionVault())

        async def factory(profile: str | None) -> Session:
            return await Session.open("remote", paths=Paths(config=home, state=home, data=home), vaults=vaults)

        super().__init__(factory, start="pipelines")


def made(served: Served) -> int:
    return sum(len(served.call("GET", f"{FS}/{kind}")["items"]) for kind in ("sourceConnections", "flows"))


@SIZES
async def test_a_run_in_production_waits_for_the_name(served: Served, tmp_path: Path, size: tuple[int, int]) -> None:
    app: Any = RemoteApp(tmp_path / "screens", served.facts)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "Products" in shown(app.screen) or "products" in shown(app.screen), "the list")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen), "the question")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, ProductionScreen), "the name is asked for")
        await pilot.press(*"dev", "enter")
        assert isinstance(app.screen, ProductionScreen)
        assert await asyncio.to_thread(made, served) == 0
        await pilot.press("escape")
        await until(pilot, lambda: "nothing is written there" in shown(app.screen), "it says so")
        assert await asyncio.to_thread(made, served) == 0

        await pilot.press("escape", "r")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen), "the question again")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, ProductionScreen), "asked again")
        await pilot.press(*"prod", "enter")
        await until(pilot, lambda: "First flow run" in shown(app.screen), "the dataflow is made")
        assert await asyncio.to_thread(made, served) == 2


__all__ = ["served"]
