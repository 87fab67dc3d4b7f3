"""Profiles: the list, the form, the test, and that a secret shows up nowhere but in its vault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.widgets import Input, Static

from aeptui.config import load_profiles
from aeptui.credentials import Secret
from aeptui.session.profiles import TestStage
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.help import HelpScreen
from aeptui.ui.screens.profile_form import ProfileFormScreen
from aeptui.ui.screens.profiles import ProfilesScreen
from aeptui.ui.widgets.choice_line import ChoiceLine
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.key_line import KeyLine
from aeptui.ui.widgets.text_view import TextView
from tests.ui import profiles_demo as demo

CANARY = "p8e-canary-in-the-form-2342"
ORG = "1234567890ABCDEF12345678@AdobeOrg"
SIZES = pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["80x24", "140x40"])


async def until(pilot: Any, condition: Callable[[], object]) -> None:
    """Wait until something is true."""
    for _ in range(300):
        await pilot.pause(0.01)
        if condition():
            return
    raise AssertionError("it never became true")


async def profiles_screen(pilot: Any, rows: int = 1) -> Any:
    app = pilot.app
    await until(
        pilot,
        lambda: (
            isinstance(app.screen, ProfilesScreen) and [grid.row_count for grid in app.screen.query(Grid)] == [rows]
        ),
    )
    return app.screen


async def form_screen(pilot: Any) -> Any:
    """The form, once it has looked at the keyring."""
    app = pilot.app
    await until(
        pilot, lambda: isinstance(app.screen, ProfileFormScreen) and app.screen.query_one("#store", ChoiceLine).remarks
    )
    return app.screen


def shown(screen: Any) -> str:
    """Everything on the screen, as text."""
    return "\n".join("".join(segment.text for segment in strip) for strip in screen._compositor.render_strips())


def problems(form: Any) -> dict[str, str]:
    return {
        str(widget.id).removeprefix("problem-"): str(widget.content)
        for widget in form.query(".problem.-shown").results(Static)
    }


def fill(form: Any, **values: str) -> None:
    for key, value in values.items():
        form.query_one(f"#{key}", Input).value = value


COMPLETE = {"name": "acme", "client_id": "abc", "org_id": ORG, "sandbox": "dev", "secret": CANARY}


@SIZES
async def test_the_local_platform_is_there_from_the_start(tmp_path: Path, size: tuple[int, int]) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    async with app.run_test(size=size) as pilot:
        screen = await profiles_screen(pilot)
        text = shown(screen)
        for words in ("in use", "local", "prod", "not needed", "enter use it", "n new", "t test"):
            assert words in text
        assert "edit" not in screen.query_one(KeyLine).render_line(0).text  # nothing of local can be changed


@SIZES
async def test_a_profile_is_added_with_its_secret_in_the_keyring(tmp_path: Path, size: tuple[int, int]) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    async with app.run_test(size=size) as pilot:
        await profiles_screen(pilot)
        await pilot.press("n")
        form = await form_screen(pilot)
        await pilot.press(*"acme", "enter", *"abc", "enter")
        fill(form, org_id=ORG, secret=CANARY[:-2])
        await pilot.press("tab", *"dev", "tab", "end", *CANARY[-2:])
        assert form.query_one("#secret", Input).value == CANARY
        assert CANARY not in shown(form)
        assert CANARY not in app.export_screenshot()
        await pilot.press(*["enter"] * 6)
        screen = await profiles_screen(pilot, rows=2)
        await until(pilot, lambda: screen.query_one(Grid).cursor_key == "acme")
        assert "keyring (Secret Service)" in shown(screen)
        assert app.keyring.entries == {"acme/client_secret": CANARY}
        assert [notice.message for notice in app._notifications] == [
            "Saved acme. The secret is in the keyring (Secret Service)."
        ]
    saved = load_profiles(app.paths)["acme"]
    assert (saved.client_id, saved.org_id, saved.sandbox, saved.secret_store) == ("abc", ORG, "dev", "keyring")
    assert all(CANARY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


async def test_without_a_keyring_the_form_says_why_and_the_secret_is_kept_for_the_session(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path, usability=demo.NO_BUS)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot)
        await pilot.press("n")
        form = await form_screen(pilot)
        assert form.query_one("#store", ChoiceLine).value == "session"
        assert form.unfinished() == ""
        form.query_one("#secret").focus()
        await pilot.pause()
        for words in ("DBUS_SESSION_BUS_ADDRESS is not set", "set AEPTUI_CLIENT_SECRET."):
            assert words in " ".join(shown(form).split())
        fill(form, **COMPLETE)
        form.query_one("#store", ChoiceLine).value = "keyring"  # insisting does not help, and loses nothing
        await pilot.press("ctrl+s")
        screen = await profiles_screen(pilot, rows=2)
        assert "this session only" in shown(screen)
        assert "kept for this session only" in next(iter(app._notifications)).message
        assert app.vaults[1].read("acme") == Secret(CANARY)
    assert load_profiles(app.paths)["acme"].secret_store == "session"
    assert all(CANARY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


async def test_everything_wrong_is_shown_under_its_field_and_goes_away_when_mended(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    app.add_acme()
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot, rows=2)
        await pilot.press("n")
        form = await form_screen(pilot)
        fill(form, name="acme", org_id="nope", sandbox="Dev", secret="two words", platform_url="http://x.example")
        assert problems(form) == {}
        await pilot.press("ctrl+s")
        await until(pilot, lambda: problems(form))
        assert problems(form).keys() == {"name", "client_id", "org_id", "sandbox", "secret", "platform_url"}
        assert "There is a profile named acme already." in shown(form)
        assert form.focused.id == "name"
        fill(form, name="acme2", client_id="abc")
        await pilot.pause()
        assert problems(form).keys() == {"org_id", "sandbox", "secret", "platform_url"}
        assert app.screen is form


async def test_a_new_profile_needs_a_secret_unless_it_comes_from_the_environment(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot)
        await pilot.press("n")
        form = await form_screen(pilot)
        fill(form, **(COMPLETE | {"secret": ""}))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: problems(form))
        assert problems(form).keys() == {"secret"}
        form.query_one("#store", ChoiceLine).focus()
        await pilot.press("left")
        assert "AEPTUI_CLIENT_SECRET" in shown(form)
        assert problems(form) == {}
        fill(form, secret=CANARY)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: problems(form))
        assert problems(form) == {"secret": "It would not be kept. Empty it, or choose another place."}
        fill(form, secret="")
        await pilot.press("ctrl+s")
        await profiles_screen(pilot, rows=2)
    assert load_profiles(app.paths)["acme"].secret_store == "environment"


async def test_escape_asks_before_it_loses_what_was_typed(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot)
        await pilot.press("n")
        form = await form_screen(pilot)
        assert app.unfinished() == []
        await pilot.press("a", "escape")
        assert isinstance(app.screen, ConfirmScreen)
        assert app.unfinished() == ["The profile in the form is not saved."]
        await pilot.press("n")
        assert app.screen is form
        assert form.query_one("#name", Input).value == "a"
        await pilot.press("backspace", "escape")
        await until(pilot, lambda: isinstance(app.screen, ProfilesScreen))
        await pilot.press("n")
        await form_screen(pilot)
        await pilot.press("b", "escape", "y")
        await until(pilot, lambda: isinstance(app.screen, ProfilesScreen))
        assert load_profiles(app.paths).keys() == {"local"}


async def test_keys_typed_ahead_go_into_the_field_they_were_meant_for(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot)
        await pilot.press("n")
        await form_screen(pilot)
        typed = [*"acme", "enter", *"abc", "tab", *"1@AdobeOrg", "down", *"dev", "enter", *CANARY, "ctrl+s"]
        names = {"@": "at", "-": "minus"}
        for key in typed:  # all at once, as a slow line delivers them
            app.post_message(events.Key(names.get(key, key), key if len(key) == 1 else None))
        await profiles_screen(pilot, rows=2)
        assert app.keyring.entries == {"acme/client_secret": CANARY}
    saved = load_profiles(app.paths)["acme"]
    assert (saved.client_id, saved.org_id, saved.sandbox) == ("abc", "1@AdobeOrg", "dev")


async def test_help_is_reachable_from_inside_a_field(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot)
        await pilot.press("n")
        await form_screen(pilot)
        await pilot.press("question_mark")
        assert app.screen.query_one("#name", Input).value == "?"
        await pilot.press("f1")
        assert isinstance(app.screen, HelpScreen)


async def test_the_secret_in_the_form_is_never_copied(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot)
        await pilot.press("n")
        form = await form_screen(pilot)
        fill(form, secret=CANARY)
        form.query_one("#secret").focus()
        await pilot.press("ctrl+shift+a", "ctrl+c", "ctrl+x")
        assert app.clipboard == ""
        assert form.query_one("#secret", Input).value == CANARY
        assert form.copy_text() == ""


async def test_a_profile_is_changed_and_keeps_its_secret_when_none_is_typed(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    app.add_acme(CANARY)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot, rows=2)
        await pilot.press("down", "e")
        form = await form_screen(pilot)
        assert form.query_one("#name", Input).disabled
        assert form.focused.id == "client_id"
        assert CANARY not in str([field.value for field in form.query(Input)])
        fill(form, sandbox="stage")
        await pilot.press("ctrl+s")
        await profiles_screen(pilot, rows=2)
        assert app.keyring.entries == {"acme/client_secret": CANARY}
    assert load_profiles(app.paths)["acme"].sandbox == "stage"


async def test_a_secret_moves_when_it_shall_be_kept_elsewhere(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    app.add_acme(CANARY)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot, rows=2)
        await pilot.press("down", "e")
        form = await form_screen(pilot)
        form.query_one("#store", ChoiceLine).focus()
        await pilot.press("right", "ctrl+s")
        await profiles_screen(pilot, rows=2)
        assert app.keyring.entries == {}
        assert app.vaults[1].read("acme") == Secret(CANARY)


async def test_deleting_asks_and_takes_the_secret_along(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    app.add_acme(CANARY)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await profiles_screen(pilot, rows=2)
        await pilot.press("d")
        assert app.screen is screen  # the cursor is on local
        await pilot.press("down", "d")
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("n")
        assert load_profiles(app.paths).keys() == {"local", "acme"}
        await pilot.press("d", "y")
        await profiles_screen(pilot, rows=1)
        assert app.keyring.entries == {}
    assert load_profiles(app.paths).keys() == {"local"}


async def test_the_profile_in_use_is_not_deleted_and_it_says_what_to_do(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    app.add_acme(CANARY)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot, rows=2)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.opened == [None, "acme"] and app.session is not None)
        await pilot.press("5")
        await profiles_screen(pilot, rows=2)
        await pilot.press("down", "d", "y")
        await until(pilot, lambda: app._notifications)
        assert "in use" in next(iter(app._notifications)).message
        assert app.keyring.entries == {"acme/client_secret": CANARY}


async def test_using_another_profile_asks_when_an_execution_is_running(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    app.add_acme()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await profiles_screen(pilot, rows=2)
        app.session.executions.count = 1
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("n")
        assert app.screen is screen
        assert app.opened == [None]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: app.opened == [None, "acme"])


@SIZES
async def test_a_test_shows_its_stages_and_the_first_fault_with_what_to_do(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    async with app.run_test(size=size) as pilot:
        screen = await profiles_screen(pilot)
        app.session.profiles.script = [
            TestStage("token", "running"),
            TestStage("token", "ok", "the secret is accepted", "", 132),
            TestStage("organisation", "running"),
            TestStage("organisation", "failed", "The credential is not entitled.", "Add it to a product profile."),
            TestStage("sandbox", "skipped"),
        ]
        await pilot.press("t")
        await until(pilot, lambda: "not tried" in screen.query_one("#test", TextView).text)
        await pilot.pause()
        text = shown(screen)
        for words in ("Test of local", "✓ token", "132 ms", "✗ organisation", "not entitled", "Add it to a product"):
            assert words in text


async def test_a_file_that_cannot_be_read_is_a_toast_and_the_screen_goes_on(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot)
        app.paths.config_file.write_text("[profiles", "utf-8")
        await pilot.press("r")
        await until(pilot, lambda: app._notifications)
        assert "not valid TOML" in next(iter(app._notifications)).message
        app.paths.config_file.write_text("", "utf-8")
        await pilot.press("r")
        await profiles_screen(pilot)


def test_every_key_of_the_screens_has_help_text() -> None:
    for owner in (ProfilesScreen, ProfileFormScreen):
        for binding in owner.BINDINGS:
            assert binding.description, binding  # type: ignore[union-attr]  # ours are all Binding objects
            assert binding.tooltip, binding  # type: ignore[union-attr]  # as above
