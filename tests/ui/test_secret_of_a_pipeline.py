"""A pipeline that names a secret, run from the screens: it is asked for, masked, and shown and kept nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from aeptui.emulator.samples import sample_pipelines
from aeptui.ui.screens.execution import ExecutionScreen
from aeptui.ui.screens.passphrase import PassphraseScreen
from tests.ui import local_stage as stage

CANARY = "canary-0c5a-typed"
DECLARED = """[base_connection]
name = "Partner SFTP"
connector = "SFTP"
auth = "Basic Authentication for sftp"

[base_connection.params]
host = "sftp.example.com"
userName = "aep"
password = { secret = "partner" }

[source]
"""


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["80x24", "140x40"])
async def test_a_run_asks_for_the_secret_and_shows_the_step_that_used_it(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "pipelines").mkdir()
    text = sample_pipelines()["products"].replace('base_connection = "Sample ', "# ")
    (tmp_path / "pipelines" / "products.toml").write_text(text.replace("[source]\n", DECLARED), "utf-8")
    app = stage.LocalApp(tmp_path, start="pipelines")
    seen = ""
    async with app.run_test(size=size) as pilot:
        await stage.until(pilot, lambda: "roducts" in stage.shown(app.screen), "the pipelines")
        await pilot.press("r")
        await stage.until(pilot, lambda: isinstance(app.screen, PassphraseScreen), "the secret is asked for")
        assert "partner" in stage.shown(app.screen)
        await pilot.press(*CANARY)
        seen += stage.shown(app.screen)
        await pilot.press("enter")
        await stage.until(pilot, lambda: isinstance(app.screen, ExecutionScreen), "the execution")
        await stage.until(pilot, lambda: "base connection" in stage.shown(app.screen), "its step")
        await stage.until(pilot, lambda: stage.shown(app.screen).count("succeeded") >= 8, "all eight steps")
        seen += stage.shown(app.screen)
    assert CANARY not in seen
    assert [file for file in tmp_path.rglob("*") if file.is_file() and CANARY.encode() in file.read_bytes()] == []


async def test_who_types_nothing_makes_nothing(tmp_path: Path) -> None:
    (tmp_path / "pipelines").mkdir()
    text = sample_pipelines()["products"].replace('base_connection = "Sample ', "# ")
    (tmp_path / "pipelines" / "products.toml").write_text(text.replace("[source]\n", DECLARED), "utf-8")
    app = stage.LocalApp(tmp_path, start="pipelines")
    async with app.run_test(size=(80, 24)) as pilot:
        await stage.until(pilot, lambda: "roducts" in stage.shown(app.screen), "the pipelines")
        await pilot.press("r")
        await stage.until(pilot, lambda: isinstance(app.screen, PassphraseScreen), "the secret is asked for")
        await pilot.press("escape")
        await stage.until(pilot, lambda: "kept nowhere here" in stage.shown(app.screen), "it says so")
    assert not list((tmp_path / "executions").glob("*.jsonl"))
