"""The welcome of a first start: what aeptui does, and the two ways to begin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from aeptui.ui.screens.help import HelpScreen
from aeptui.ui.screens.profile_form import ProfileFormScreen
from aeptui.ui.screens.profiles import ProfilesScreen
from aeptui.ui.screens.welcome import WelcomeScreen
from aeptui.ui.widgets.choice_line import ChoiceLine
from tests.ui import profiles_demo as demo


async def until(pilot: Any, condition: Callable[[], object]) -> None:
    """Wait until something is true."""
    for _ in range(300):
        await pilot.pause(0.01)
        if condition():
            return
    raise AssertionError("it never became true")


def shown(screen: Any) -> str:
    return "\n".join("".join(segment.text for segment in strip) for strip in screen._compositor.render_strips())


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["80x24", "140x40"])
async def test_it_says_what_aeptui_does_and_how_to_begin(tmp_path: Path, size: tuple[int, int]) -> None:
    app = demo.ProfilesDemo(tmp_path, start="welcome")
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await pilot.pause()
        text = " ".join(shown(app.screen).split())
        for words in (
            "files in cloud storage into a running dataflow",
            "the local platform",
            "nothing leaves this machine",
            "enter try it",
            "n add a profile",
            "? help",
            "q leave",
        ):
            assert words in text


async def test_enter_goes_to_the_pipelines(tmp_path: Path) -> None:
    app = demo.ProfilesDemo(tmp_path, start="welcome")
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "pipelines")


async def test_help_opens_and_closes(tmp_path: Path) -> None:
    app = demo.ProfilesDemo(tmp_path, start="welcome")
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, WelcomeScreen)


async def test_a_profile_added_here_is_shown_among_the_others(tmp_path: Path) -> None:
    app = demo.ProfilesDemo(tmp_path, start="welcome")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, ProfileFormScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await pilot.press("n")
        await until(
            pilot,
            lambda: isinstance(app.screen, ProfileFormScreen) and app.screen.query_one("#store", ChoiceLine).remarks,
        )
        values = {"name": "acme", "client_id": "abc", "org_id": "123ABC@AdobeOrg", "sandbox": "dev", "secret": "s3"}
        for key, value in values.items():
            app.screen.query_one(f"#{key}", Input).value = value
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ProfilesScreen))
        await until(pilot, lambda: "acme" in shown(app.screen))


async def test_on_another_profile_it_says_where_one_is(tmp_path: Path) -> None:
    app = demo.ProfilesDemo(tmp_path, start="welcome")
    app.add_acme("s3")
    app._profile = "acme"
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        await pilot.pause()
        text = " ".join(shown(app.screen).split())
        assert "connected as acme: 1234567890ABCDEF12345678@AdobeOrg, sandbox dev." in text
        assert "enter to the pipelines" in text
