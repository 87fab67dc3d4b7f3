"""The shell around every screen: header, key line, help, palette, sections, errors, quitting."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandList, CommandPalette
from textual.geometry import Region
from textual.widgets import Input
from textual.widgets._toast import Toast

from aeptui.errors import AeptuiError, ExitCode, ThemeError
from aeptui.ui.app import SCREENS, SECTIONS, AeptuiApp
from aeptui.ui.crash import crash_report, scrub
from aeptui.ui.screens.base import BaseScreen, ProfileRequested
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.help import HelpScreen, flowing
from aeptui.ui.screens.opening import OpeningScreen
from aeptui.ui.terminal import TerminalError, run_app
from aeptui.ui.theme import DERIVED, load_themes, read_theme
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.header import HeaderLine
from aeptui.ui.widgets.key_line import KeyLine, chosen
from tests.ui import shell_demo as demo


async def opened(pilot: Any) -> Any:
    """The app once its session is open and its first screen stands."""
    for _ in range(50):
        await pilot.pause()
        if pilot.app.current_mode in SECTIONS and pilot.app.screen.query(Grid):
            break
    return pilot.app.screen


async def test_the_first_paint_is_a_frame_and_the_session_opens_after_it() -> None:
    app: AeptuiApp = demo.ShellDemo()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert screen.section == "flows"
        header = screen.query_one(HeaderLine).render_line(0).text
        assert header.startswith(" aeptui  flows")
        for part in ("local", "prod", "PRODUCTION", "connected"):
            assert part in header
        assert len(header) == 80


async def test_the_key_line_names_the_keys_that_work_and_keeps_help_when_narrow() -> None:
    app: Any = demo.ShellDemo()
    async with app.run_test(size=(80, 24)) as pilot:
        line = (await opened(pilot)).query_one(KeyLine)
        text = line.render_line(0).text
        for hint in ("enter open", "/ filter", "n new", "? help", "esc back"):
            assert hint in text
        assert "space select" not in text  # this grid has no selection
        assert chosen(line.hints, 20) == (("?", "help"), ("esc", "back"))


async def test_help_lists_every_key_of_the_screen_with_its_text() -> None:
    app: Any = demo.ShellDemo()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        reachable = {active.binding.key for active in screen.active_bindings.values()}
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        shown = " ".join(keys for keys, _ in app.screen.keys).split()
        assert len(shown) == len(reachable)
        assert ("n", "Make a new one") in app.screen.keys
        assert all(text for _, text in app.screen.keys)
        await pilot.press("pagedown", "down", "escape")
        assert app.screen is screen


def test_a_help_text_breaks_lines_only_between_sentences_and_paragraphs() -> None:
    given = "\nOne sentence that\ngoes on.\nAnother one:\n\na list, which\nends\n"
    assert flowing(given) == "One sentence that goes on.\nAnother one:\n\na list, which ends"


async def test_every_binding_of_the_shell_has_help_text() -> None:
    for owner in (AeptuiApp, BaseScreen, Grid, HelpScreen, ConfirmScreen, OpeningScreen):
        for binding in owner.BINDINGS:
            assert binding.description, binding  # type: ignore[union-attr]  # ours are all Binding objects
            assert binding.tooltip, binding  # type: ignore[union-attr]  # as above


async def test_digits_go_to_sections_and_return_to_where_one_was() -> None:
    app: Any = demo.ShellDemo()
    async with app.run_test() as pilot:
        await opened(pilot)
        for digit, name in enumerate(SECTIONS, 1):
            await pilot.press(str(digit))
            await pilot.pause()
            assert app.screen.section == name
        sources = SECTIONS.index("sources") + 1
        await pilot.press(str(sources))
        app.screen.open("flow", "some-id")
        await pilot.pause()
        assert len(app.screen_stack) == 2
        await pilot.press("1", str(sources))
        assert len(app.screen_stack) == 2
        await pilot.press("escape")
        assert len(app.screen_stack) == 1
        await pilot.press("escape")
        assert len(app.screen_stack) == 1


async def test_the_palette_offers_the_screen_s_keys_and_every_section() -> None:
    app: Any = demo.ShellDemo()
    async with app.run_test(size=(100, 40)) as pilot:
        screen = await opened(pilot)
        titles = [command.title for command in app.get_system_commands(screen)]
        assert "New  (n)" in titles
        for name in ("Dataflows", "Pipelines", "Sources", "Executions", "Profiles"):
            assert any(title.startswith(name) for title in titles)
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert isinstance(app.screen, CommandPalette)
        assert not app.screen.query_one(Input).cursor_blink
        await pilot.press(*"new")
        for _ in range(100):
            await pilot.pause(0.01)
            if app.screen.query_one(CommandList).option_count:
                break
        await pilot.press("enter")
        for _ in range(100):
            await pilot.pause(0.01)
            if screen.made:
                break
        assert screen.made == 1


async def test_an_error_in_a_worker_is_a_toast_with_its_hint() -> None:
    app: Any = demo.ShellDemo()
    async with app.run_test() as pilot:
        await opened(pilot)
        await pilot.press("x")
        await app.workers.wait_for_complete([worker for worker in app.workers if worker.node is app.screen])
        await pilot.pause()
        (toast,) = app._notifications
        assert toast.message == "The platform said no [b].\nAsk again later."
        assert toast.severity == "error"
        app.screen.report(AeptuiError("Bearer abc refused."))
        await pilot.pause()
        assert [notice.message for notice in app._notifications][-1] == "Bearer *** refused."
        assert app.is_running


async def test_a_passing_word_gives_way_to_the_next_below_the_header_and_an_error_stays() -> None:
    app: Any = demo.ShellDemo()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await opened(pilot)
        screen.report(AeptuiError("The disk is full."))
        for word in ("one", "two", "three"):
            app.notify(f"Taken back: {word}.")
            await pilot.pause(0.05)
        app.notify("There is nothing to take back.", severity="warning")
        app.notify("There is nothing to take back.", severity="warning")
        toasts: list[Region] = []
        for _ in range(50):
            await pilot.pause(0.01)
            toasts = [toast.region for toast in screen.query(Toast)]
            if len(toasts) == 2 and all(toasts):
                break
        said = [notice.message for notice in app._notifications]
        assert said == ["The disk is full.", "There is nothing to take back."]
        # What a word is about stands at the bottom: the row in full, and its keys.
        assert [(one.y, one.height) for one in toasts] == [(1, 1), (2, 1)]


async def test_a_profile_that_cannot_open_says_why_and_offers_the_local_platform() -> None:
    app: Any = demo.ShellDemo()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        app.screen.post_message(ProfileRequested("broken"))
        for _ in range(50):
            await pilot.pause()
            if isinstance(app.screen, OpeningScreen) and app.screen.error is not None:
                break
        text = "\n".join(app.screen.query_one("OpeningNote").render_line(y).text for y in range(5))
        assert "No secret for profile broken." in text
        assert "Add one under Profiles." in text
        await pilot.press("l")
        assert (await opened(pilot)).section == "flows"
        assert app.opened == [None, "broken", "local"]


async def test_quitting_asks_only_when_something_would_be_lost() -> None:
    app: Any = demo.ShellDemo()
    async with app.run_test() as pilot:
        screen: Any = await opened(pilot)
        session = app.session
        await pilot.press("n", "q")
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("enter")  # a dangerous question wants a deliberate y
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("n")
        assert app.screen == screen
        screen.made = 0
        await pilot.press("q")
    assert app.return_code == 0
    assert session.closed


async def test_enter_says_yes_to_a_harmless_question_and_escape_no() -> None:
    app: Any = demo.ShellDemo()
    async with app.run_test() as pilot:
        await opened(pilot)
        answers: list[bool | None] = []
        for key in ("enter", "y", "n", "escape"):
            app.push_screen(ConfirmScreen("Test [b]it?", "Detail"), answers.append)
            await pilot.pause()
            await pilot.press(key)
        assert answers == [True, True, False, False]


async def test_y_sends_the_screen_s_value_to_the_clipboard() -> None:
    app: Any = demo.ShellDemo()
    async with app.run_test() as pilot:
        await opened(pilot)
        await pilot.press("down", "y")
        assert app.clipboard == "2"
        assert "sent to the terminal's clipboard" in next(iter(app._notifications)).message


@pytest.mark.parametrize("theme", ["aeptui-dark", "aeptui-light", "aeptui-high-contrast", "textual-dark", "nord"])
async def test_every_theme_defines_every_variable(theme: str) -> None:
    app: Any = demo.ShellDemo()
    async with app.run_test() as pilot:
        await opened(pilot)
        app.theme = theme
        await pilot.pause()
        assert DERIVED.keys() <= app.theme_variables.keys()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("name = 1", "name"),
        ('name = "x"\n[palette]\nprimary = "no-colour"', "palette.primary"),
        ('name = "x"\n[palette]\nprimary = "#fff"\nhue = "#fff"', "palette.hue"),
        ('name = "x"\n[palette]\nerror = "#fff"', "palette.primary"),
        ('name = "x"\ncolour = 1\n[palette]\nprimary = "#fff"', "colour"),
        ("name = ", "cannot be read"),
    ],
)
def test_a_wrong_theme_file_is_refused_by_file_and_key(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ThemeError) as caught:
        read_theme(path)
    assert "mine.toml" in str(caught.value)
    assert named in str(caught.value)
    themes, errors = load_themes(tmp_path)
    assert not themes
    assert len(errors) == 1


def test_starting_the_app_imports_nothing_heavy() -> None:
    heavy = ("httpx", "pydantic", "keyring", "jsonschema", "tomlkit", "starlette", "pyarrow", "aeptui.session")
    code = f"import sys, aeptui.ui.app, aeptui.ui.terminal; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_section_names_a_screen() -> None:
    assert set(SECTIONS) <= SCREENS.keys()


def test_a_crash_report_holds_neither_locals_nor_anything_shaped_like_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEPTUI_CLIENT_SECRET", "env-canary-value")
    try:
        token = "hidden-in-a-local"
        raise ValueError(f"env-canary-value Bearer abc123 client_secret='s3cr3t' p8e-AAAABBBBCCCC {len(token)}")
    except ValueError as error:
        report = crash_report(error, ["given-canary"])
    for secret in ("env-canary-value", "abc123", "s3cr3t", "AAAABBBBCCCC", "given-canary"):
        assert secret not in report
    assert "ValueError" in report
    assert scrub("eyJhbGciOiJSUzI1.eyJpZCI6IjEi.sig x") == "*** x"


class NeverRun:
    return_code: int | None = None

    def run(self) -> object:
        raise AssertionError("it was run")


def test_without_a_terminal_it_says_what_to_use_instead() -> None:
    with pytest.raises(TerminalError) as caught:
        run_app(NeverRun())
    assert "not a terminal" in caught.value.title
    assert "aeptui run" in caught.value.hint
    assert caught.value.exit_code == ExitCode.USAGE
