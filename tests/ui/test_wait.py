"""The screen that waits for something: its answer arrives whatever is on top when the work ends."""

from __future__ import annotations

import asyncio

from textual.app import App

from aeptui.errors import AeptuiError
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.wait import Say, WaitScreen


async def test_work_that_ends_under_another_screen_answers_once_that_is_gone() -> None:
    goes_on = asyncio.Event()

    async def work(_say: Say) -> str:
        await goes_on.wait()
        return "done"

    answers: list[str | AeptuiError | None] = []
    app: App[None] = App()
    async with app.run_test() as pilot:
        app.push_screen(WaitScreen("Reading", work), answers.append)
        await pilot.pause()
        app.push_screen(ConfirmScreen("Leave?", "", "Leave"))
        await pilot.pause()
        goes_on.set()
        await pilot.pause()
        assert answers == []
        await pilot.press("n")
        await pilot.pause()
        assert answers == ["done"]
