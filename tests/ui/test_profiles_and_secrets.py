"""Profiles from files, secrets in the encrypted file, tokens that count down, and the sandbox from the service."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from aeptui.clock import ManualClock
from aeptui.config import load_profiles
from aeptui.credentials import Secret
from aeptui.ui.screens.passphrase import PassphraseScreen
from aeptui.ui.screens.pick import PickScreen
from aeptui.ui.widgets.choice_line import ChoiceLine
from tests.ui import profiles_demo as demo
from tests.ui.local_stage import LocalApp
from tests.ui.test_profiles import CANARY, COMPLETE, ORG, SIZES, fill, form_screen, profiles_screen, shown, until
from tests.unit.api.wire import DEV, PROD, Say, wired
from tests.unit.session.five_stages import FAULTS, platform

PASSPHRASE = "correct horse battery"


def files_of(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def token(ends_in_s: int) -> str:
    claims = {"exp": ManualClock().now().timestamp() + ends_in_s, "client_id": "abc"}
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"a": 1}, claims))
    return ".".join((*parts, "signature"))


async def passphrase(pilot: Any, text: str, *, words: str) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, PassphraseScreen) and words in shown(pilot.app.screen))
    await pilot.press(*text.replace(" ", "_"), "enter")


async def test_a_secret_goes_into_the_encrypted_file_and_opens_the_profile_later(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot)
        await pilot.press("n")
        form = await form_screen(pilot)
        fill(form, **COMPLETE)
        form.query_one("#store", ChoiceLine).value = "file"
        await pilot.press("ctrl+s")
        await passphrase(pilot, PASSPHRASE, words="A passphrase for")
        await until(pilot, lambda: "once more" in shown(app.screen))
        await pilot.press(*"wrong_one", "enter")
        assert "Not the same" in shown(app.screen) or "once more" in shown(app.screen)
        app.screen.query_one(Input).value = ""
        await passphrase(pilot, PASSPHRASE, words="once more")
        screen = await profiles_screen(pilot, rows=2)
        await until(pilot, lambda: "encrypted file" in shown(screen))
        assert app.keyring.entries == {}
        assert PASSPHRASE not in app.export_screenshot()
    assert load_profiles(app.paths)["acme"].secret_store == "file"
    assert CANARY.encode() not in files_of(tmp_path)
    assert PASSPHRASE.replace(" ", "_").encode() not in files_of(tmp_path)

    later: Any = demo.ProfilesDemo(tmp_path)
    async with later.run_test(size=(80, 24)) as pilot:
        screen = await profiles_screen(pilot, rows=2)
        assert "file locked" in shown(screen)
        await pilot.press("down", "enter")
        await passphrase(pilot, "not this one", words="The passphrase of")
        await until(pilot, lambda: "wrong" in shown(later.screen))
        await passphrase(pilot, PASSPHRASE, words="The passphrase of")
        await until(pilot, lambda: later.session is not None and later.session.profile.name == "acme")
        assert later.vaults[3].read("acme") == Secret(CANARY)


async def test_giving_up_the_passphrase_opens_nothing_and_says_what_is_possible(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    vault = app.vaults[3]
    vault.create(Secret(PASSPHRASE))
    demo.save_profile(app.paths, demo.ACME.model_copy(update={"secret_store": "file"}))
    vault.store("acme", Secret(CANARY))
    later: Any = demo.ProfilesDemo(tmp_path)
    async with later.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot, rows=2)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(later.screen, PassphraseScreen))
        await pilot.press("escape")
        await until(pilot, lambda: "locked" in shown(later.screen))
        assert "local platform" in shown(later.screen)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(later.screen, PassphraseScreen))


async def test_the_file_is_opened_from_the_list_too(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    app.vaults[3].create(Secret(PASSPHRASE.replace(" ", "_")))
    demo.save_profile(app.paths, demo.ACME.model_copy(update={"secret_store": "file"}))
    app.vaults[3].store("acme", Secret(CANARY))
    later: Any = demo.ProfilesDemo(tmp_path)
    async with later.run_test(size=(140, 40)) as pilot:
        screen = await profiles_screen(pilot, rows=2)
        await pilot.press("u")
        await passphrase(pilot, PASSPHRASE, words="The passphrase of")
        await until(pilot, lambda: later.screen is screen and "encrypted file" in shown(screen))


@SIZES
async def test_a_token_stands_for_the_secret_and_counts_down(tmp_path: Path, size: tuple[int, int]) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    app.add_acme(token(7260))
    async with app.run_test(size=size) as pilot:
        screen = await profiles_screen(pilot, rows=2)
        text = shown(screen)
        assert "2 h 01 m" in text
        assert "access token" in text
        clock = app.session.clock
        clock.advance(7260 - 61)
        screen._count_down()
        await pilot.pause()
        assert "1 m 01 s" in shown(screen)
        clock.advance(120)
        screen._count_down()
        await pilot.pause()
        assert "ended" in shown(screen)


def postman(folder: Path) -> Path:
    values = {"CLIENT_SECRET": CANARY, "API_KEY": "abc", "IMS_ORG": ORG, "SANDBOX_NAME": "dev"}
    file = folder / "acme.postman_environment.json"
    rows = [{"key": key, "value": value, "enabled": True} for key, value in values.items()]
    file.write_text(json.dumps({"name": "Acme", "values": rows}))
    return file


async def test_a_profile_is_imported_seen_and_saved(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    app: Any = demo.ProfilesDemo(home)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot)
        await pilot.press("i")
        await until(pilot, lambda: app.screen.query("#ask-text"))
        app.screen.query_one("#ask-text", Input).value = str(postman(tmp_path))
        await pilot.press("enter")
        form = await form_screen(pilot)
        assert form.query_one("#client_id", Input).value == "abc"
        assert form.query_one("#secret", Input).value == ""
        assert CANARY not in app.export_screenshot()
        assert any("plain text" in notice.message for notice in app._notifications)
        await pilot.press("ctrl+s")
        await profiles_screen(pilot, rows=2)
        assert app.keyring.entries == {"acme/client_secret": CANARY}
    assert CANARY.encode() not in files_of(home)


async def test_another_file_is_refused_in_words(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await profiles_screen(pilot)
        await pilot.press("i")
        await until(pilot, lambda: app.screen.query("#ask-text"))
        app.screen.query_one("#ask-text", Input).value = str(tmp_path / "nothing.json")
        await pilot.press("enter")
        await until(pilot, lambda: app._notifications)
        assert app.screen is screen
        assert "cannot be read" in next(iter(app._notifications)).message


async def test_a_copy_begins_with_everything_but_name_and_secret(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    app.add_acme(CANARY)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot, rows=2)
        await pilot.press("down", "c")
        form = await form_screen(pilot)
        assert form.query_one("#name", Input).value == ""
        assert form.query_one("#org_id", Input).value == ORG
        assert form.query_one("#secret", Input).value == ""


async def test_a_profile_is_exported_without_its_secret(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    app.add_acme(CANARY)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot, rows=2)
        await pilot.press("down", "x")
        await until(pilot, lambda: app.screen.query("#ask-text"))
        app.screen.query_one("#ask-text", Input).value = str(tmp_path / "acme.toml")
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "acme.toml").exists())
    text = (tmp_path / "acme.toml").read_text()
    assert ORG in text
    assert CANARY not in text


@SIZES
async def test_the_sandbox_is_chosen_from_those_the_service_lists(tmp_path: Path, size: tuple[int, int]) -> None:
    async with wired() as wire:
        wire.sandboxes = [{**DEV, "title": "Development"}, {**PROD, "name": "live", "title": "All customers"}]
        app: Any = demo.ProfilesDemo(tmp_path)
        async with app.run_test(size=size) as pilot:
            await profiles_screen(pilot)
            await pilot.press("n")
            form = await form_screen(pilot)
            fill(form, **{**COMPLETE, "sandbox": "", "platform_url": wire.url, "ims_url": wire.url})
            await pilot.press("ctrl+l")
            await until(pilot, lambda: isinstance(app.screen, PickScreen))
            await until(pilot, lambda: "live" in shown(app.screen))
            assert "PRODUCTION" in shown(app.screen)
            await pilot.press("down", "enter")
            await until(pilot, lambda: app.screen is form)
            assert form.query_one("#sandbox", Input).value == "live"


async def test_a_sandbox_list_that_is_refused_says_why_and_keeps_the_form(tmp_path: Path) -> None:
    async with wired() as wire:
        wire.sandboxes = Say(403, {"error_code": "403027", "message": "User Region is Missing"})
        app: Any = demo.ProfilesDemo(tmp_path)
        async with app.run_test(size=(80, 24)) as pilot:
            await profiles_screen(pilot)
            await pilot.press("n")
            form = await form_screen(pilot)
            await pilot.press("ctrl+l")
            await until(pilot, lambda: app._notifications)
            assert "client id" in next(iter(app._notifications)).message
            fill(form, **{**COMPLETE, "secret": ""})
            await pilot.press("ctrl+l")
            await until(pilot, lambda: any("Type its secret" in notice.message for notice in app._notifications))
            fill(form, **{**COMPLETE, "platform_url": wire.url, "ims_url": wire.url})
            await pilot.press("ctrl+l")
            await until(pilot, lambda: any("Region" in notice.message for notice in app._notifications))
            assert form.query_one("#client_id", Input).value == "abc"


@SIZES
@pytest.mark.parametrize("stage", FAULTS)
async def test_the_screen_shows_the_one_red_stage_and_the_text_to_send(
    tmp_path: Path, size: tuple[int, int], stage: str
) -> None:
    async with wired() as wire:
        platform(wire)
        FAULTS[stage][0](wire)
        app: Any = demo.ProfilesDemo(tmp_path)
        urls = {"platform_url": wire.url, "ims_url": wire.url}
        demo.save_profile(app.paths, demo.ACME.model_copy(update=urls))
        app.keyring.entries["acme/client_secret"] = CANARY
        async with app.run_test(size=size) as pilot:
            screen = await profiles_screen(pilot, rows=2)
            await pilot.press("down", "t")
            await until(
                pilot,
                lambda: [s.state for s in screen._stages.values()].count("running") == 0 and len(screen._stages) == 5,
            )
            assert [name for name, one in screen._stages.items() if one.state == "failed"] == [stage]
            await until(pilot, lambda: f"{stage}" in shown(screen))
            copied: list[str] = []
            app.copy_to_clipboard = copied.append
            await pilot.press("a")
            assert bool(copied) == bool(FAULTS[stage][2])
            assert FAULTS[stage][2] in "".join(copied)
            assert CANARY not in shown(screen)


@SIZES
async def test_the_local_platform_shows_five_green_stages(tmp_path: Path, size: tuple[int, int]) -> None:
    app: Any = LocalApp(tmp_path, "profiles")
    async with app.run_test(size=size) as pilot:
        screen = await profiles_screen(pilot)
        await pilot.press("t")
        await until(pilot, lambda: [stage.state for stage in screen._stages.values()] == ["ok"] * 5)
        await until(pilot, lambda: "connection specs can be read" in shown(screen))


async def test_a_read_only_profile_is_made_and_shown_as_one(tmp_path: Path) -> None:
    app: Any = demo.ProfilesDemo(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await profiles_screen(pilot)
        await pilot.press("n")
        form = await form_screen(pilot)
        fill(form, **COMPLETE)
        form.query_one("#read_only").focus()
        await pilot.press("right", "ctrl+s")
        screen = await profiles_screen(pilot, rows=2)
        await until(pilot, lambda: "read only" in shown(screen))
    assert load_profiles(app.paths)["acme"].read_only
