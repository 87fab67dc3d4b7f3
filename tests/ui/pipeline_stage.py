"""A stage for the pipeline editor: the app with it open, on a platform in memory, and hands to play on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual import events

from aeptui.chain.pipeline import MappingRow
from aeptui.ui.app import AeptuiApp
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.screens.pipeline import PipelineScreen
from aeptui.ui.widgets.form import Form
from aeptui.ui.widgets.grid import Grid
from tests.ui.pipeline_platform import FIELDS, NOW, PROFILE, STEPS, Field, Schemas, StageSession, forecasts_of

__all__ = ["FIELDS", "NOW", "PROFILE", "STEPS", "Field", "Schemas", "StageSession", "forecasts_of"]


class HomeScreen(BaseScreen[None]):
    """Stands below the editor, so that there is somewhere to go back to."""

    TITLE = "Home"


class EditorApp(AeptuiApp):
    """The app with the editor of one pipeline open."""

    def __init__(self, session: Any, name: str, section: Any = None) -> None:
        async def factory(_profile: str | None) -> Any:
            return session

        super().__init__(factory, start="flows")
        self.editor_session, self.pipeline, self.section = session, name, section
        self.opened: list[tuple[str, tuple[object, ...]]] = []

    def _make_screen(self, name: str, *arguments: object) -> Any:
        self.opened.append((name, arguments))
        return HomeScreen()

    def editor(self) -> PipelineScreen:
        found = [one for one in self.screen_stack if isinstance(one, PipelineScreen)]
        assert found, self.screen_stack
        return found[-1]


async def until(pilot: Any, condition: Callable[[], object], what: str = "") -> None:
    """Wait until a condition holds."""
    for _ in range(400):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError(f"It never came to pass: {what or condition}")


async def open_editor(pilot: Any) -> Any:
    """The editor, once its document, sample and fields were read, as far as there is any of them."""
    app: EditorApp = pilot.app
    await until(pilot, lambda: isinstance(app.screen, HomeScreen), "the home screen")
    await app.push_screen(PipelineScreen(app.editor_session, app.pipeline, app.section))
    await until(pilot, lambda: app.editor().state is not None, "the document")
    await quiet(pilot)
    return app.editor()


async def quiet(pilot: Any) -> None:
    """Wait until nothing is being read, and the draft is written."""
    editor = pilot.app.editor()

    def settled() -> bool:
        state = editor.state
        busy = any(worker.group in {"settle", "sample", "target", "choose"} for worker in editor.workers)
        return bool(state and "reading" not in {state.sample.state, state.target.state} and not busy)

    await pilot.pause()
    await until(pilot, settled, "quiet")
    await pilot.pause()


def rows_of(editor: Any) -> tuple[MappingRow, ...]:
    """The mapping as it stands."""
    rows: tuple[MappingRow, ...] = editor.state.pipeline.mapping
    return rows


def targets(editor: Any) -> list[str]:
    """What its rows write to."""
    return [row.target for row in rows_of(editor)]


def text_of(grid: Grid) -> str:
    """What a grid shows, line by line."""
    return "\n".join(grid.render_line(y).text.rstrip() for y in range(grid.size.height))


def form_values(editor: PipelineScreen) -> dict[str, str]:
    form = editor.query_one("#section-" + str(editor.section)).query_one(Form)
    return {key: field.value for key, field in form._fields.items()}


async def go(pilot: Any, *presses: str) -> None:
    """Press keys, each once what the one before began is done."""
    for key in presses:
        await pilot.press(key)
        await pilot.pause()


async def paste(pilot: Any, text: str) -> None:
    """Paste into whatever has the focus."""
    pilot.app.screen.focused.post_message(events.Paste(text))
    await pilot.pause()
