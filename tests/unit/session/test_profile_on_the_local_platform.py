"""The test of a profile, asked of the local platform: the real client on one side, real services on the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aeptui.clock import SystemClock, SystemIds
from aeptui.config import Paths, local_profile
from aeptui.credentials import Secret, SessionVault
from aeptui.emulator.platform import LocalPlatform
from aeptui.session.profiles import Profiles, TestStage


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[LocalPlatform]:
    opened = LocalPlatform.open(tmp_path / "local", clock=SystemClock(), ids=SystemIds())
    yield opened
    await opened.close()


async def stages(platform: LocalPlatform, home: Path, secret: str) -> list[TestStage]:
    profiles = Profiles(
        Paths(config=home, state=home, data=home),
        (SessionVault(),),
        local_profile(),
        SystemClock(),
        SystemIds(),
        asgi_app=platform.app,
        local_secret=Secret(secret),
    )
    return [stage async for stage in profiles.test("local")]


async def test_the_local_platform_passes_every_stage(platform: LocalPlatform, tmp_path: Path) -> None:
    seen = await stages(platform, tmp_path, platform.client_secret)
    assert [stage.state for stage in seen] == ["running", "ok"] * 5, seen
    assert all(stage.detail and stage.duration_ms is not None for stage in seen if stage.state == "ok")


async def test_a_wrong_secret_fails_at_the_token_and_is_not_repeated(platform: LocalPlatform, tmp_path: Path) -> None:
    canary = "wrong-canary-secret-31415"
    seen = await stages(platform, tmp_path, canary)
    assert [stage.state for stage in seen] == ["running", "failed", *["skipped"] * 4]
    assert seen[1].detail
    assert seen[1].hint
    assert canary not in str(seen)
