"""The whole way of a new user, by keys, on the real local platform with the real sample files."""

from __future__ import annotations

from pathlib import Path

import pytest

from aeptui.ui.screens.execution import ExecutionScreen
from tests.ui import local_stage as stage


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_from_welcome_to_a_finished_run_takes_at_most_twelve_keys(tmp_path: Path, size: tuple[int, int]) -> None:
    app = stage.LocalApp(tmp_path, start="welcome")
    async with app.run_test(size=size) as pilot:
        await stage.until(pilot, lambda: "Welcome" in stage.shown(app.screen), "welcome")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "loyalty" in stage.shown(app.screen), "the pipelines")
        await pilot.press("r")
        await stage.until(pilot, lambda: isinstance(app.screen, ExecutionScreen), "the execution")
        await stage.until(pilot, lambda: "11,993" in stage.shown(app.screen), "the first run's counts")
        await stage.until(pilot, lambda: "31/02/1990" in stage.shown(app.screen), "a bad row's reason")
        text = stage.shown(app.screen)
    assert "12,000" in text
    assert "7 failed" in text
    assert text.count("succeeded") >= 7


async def test_quitting_in_the_editor_keeps_the_draft(tmp_path: Path) -> None:
    app = stage.LocalApp(tmp_path, start="pipelines")
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.until(pilot, lambda: "loyalty" in stage.shown(app.screen), "the pipelines")
        await pilot.press("enter")
        await stage.until(pilot, lambda: "Review" in stage.shown(app.screen), "the editor")
        await pilot.press("left_square_bracket", "left_square_bracket")
        await stage.until(pilot, lambda: "personID" in stage.shown(app.screen), "the mapping")
        await pilot.press("d")
        await stage.until(pilot, lambda: "12 mapped" in stage.shown(app.screen), "one row less")
        await pilot.press("ctrl+q")
    draft = tmp_path / "drafts" / "loyalty.toml"
    assert "personID" not in draft.read_text("utf-8")
    assert "personID" in (tmp_path / "pipelines" / "loyalty.toml").read_text("utf-8")
