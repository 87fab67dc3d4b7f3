"""The header's facts: nothing is claimed that was not seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aeptui.config import Paths, Profile
from aeptui.credentials import SessionVault
from aeptui.errors import AeptuiError
from aeptui.session import Session
from aeptui.session.facts import Standing
from tests.unit.api.wire import Say, Wire, wired

PROFILE = Profile(name="acme", client_id="client-1", org_id="ORG@AdobeOrg", sandbox="dev")


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with wired() as wire:
        yield wire


def standing_of(wire: Wire) -> Standing:
    return Standing(PROFILE, wire.client, wire.client.request_log, is_local=False)


async def ask(wire: Wire) -> None:
    try:
        async for _ in wire.client.flows.list():
            pass
    except AeptuiError:
        return


async def test_before_anything_was_asked_it_says_so(wire: Wire) -> None:
    facts = standing_of(wire).facts
    assert (facts.connection, facts.connection_style, facts.production) == ("not asked yet", "muted", None)


@pytest.mark.parametrize(
    ("answer", "words", "style"),
    [
        (Say(200, {"items": []}), "connected", "ok"),
        (Say(403, {"error_code": "403027"}), "connected", "ok"),
        (Say(401, {"error_code": "401013"}), "no access", "error"),
        (Say(503), "in trouble", "warning"),
        (Say(hang_up=True), "no answer", "error"),
    ],
)
async def test_it_says_how_the_last_request_fared(wire: Wire, answer: Say, words: str, style: str) -> None:
    standing = standing_of(wire)
    wire.answers = [answer]
    await ask(wire)
    assert (standing.facts.connection, standing.facts.connection_style) == (words, style)


async def test_a_refused_secret_is_no_access_and_a_lost_line_comes_back(wire: Wire) -> None:
    standing = standing_of(wire)
    heard: list[str] = []
    standing.follow(lambda: heard.append(standing.facts.connection))
    wire.token_answer = Say(400, {"error": "invalid_client"})
    await ask(wire)
    assert standing.facts.connection == "no access"
    wire.token_answer = None
    await ask(wire)
    assert standing.facts.connection == "connected"
    assert heard[0] == "no access"
    await standing.aclose()


@pytest.mark.parametrize(("kind", "production"), [("production", True), ("development", False), ("strange", True)])
async def test_whether_it_is_production_is_asked_once_somebody_looks(wire: Wire, kind: str, production: bool) -> None:
    wire.sandboxes = [{"name": "dev", "type": kind, "state": "active"}, {"name": "prod"}]
    standing, changed = standing_of(wire), asyncio.Event()
    standing.follow(lambda: changed.set() if standing.facts.production is not None else None)
    await asyncio.wait_for(changed.wait(), 5)
    assert standing.facts.production is production
    assert wire.sandbox_looks == 1
    await standing.aclose()


async def test_a_slowed_pace_is_said_until_it_is_free_again(wire: Wire) -> None:
    standing = standing_of(wire)
    wire.answers = [Say(429, {"title": "Too many"}), Say(200, {"items": []})]
    await ask(wire)
    assert standing.facts.connection.startswith("slowed to")
    assert standing.facts.connection_style == "warning"
    for _ in range(40):
        await ask(wire)
    assert standing.facts.connection == "connected"


async def test_a_test_of_another_profile_says_nothing_of_this_session(tmp_path: Path) -> None:
    paths = Paths(config=tmp_path, state=tmp_path, data=tmp_path)
    session = await Session.open("local", paths=paths, vaults=[SessionVault()])
    try:
        other = PROFILE.model_copy(update={"platform_url": "http://127.0.0.1:9", "ims_url": "http://127.0.0.1:9"})
        await session.profiles.save(other, "p8e-another-secret")
        states = {stage.name: stage.state async for stage in session.profiles.test("acme")}
        assert states["token"] == "failed"
        assert session.describe().connection == "connected"
    finally:
        await session.aclose()
