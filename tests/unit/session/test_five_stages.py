"""The test of a profile over a real line: one fault, one red stage, and its remedy; from the command line too."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aeptui.clock import ManualClock, SeededIds
from aeptui.config import Paths, Profile, save_profile
from aeptui.credentials import EnvironmentVault
from aeptui.session.profiles import TEST_STAGES, Profiles, TestStage
from tests.unit.api.wire import DEV, PROD, Say, Wire, wired
from tests.unit.session.five_stages import FAULTS, ORG, platform

CANARY = "p8e-canary-of-five-stages"
faults = pytest.mark.parametrize("stage", FAULTS)


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with wired() as wire:
        platform(wire)
        yield wire


def saved(wire: Wire, home: Path, **more: Any) -> Paths:
    paths = Paths(config=home, state=home, data=home)
    urls = {"platform_url": wire.url, "ims_url": wire.url}
    values = {"client_id": "client-1", "org_id": ORG, "sandbox": "dev", "secret_store": "environment", **urls, **more}
    save_profile(paths, Profile.model_validate({"name": "acme", **values}))
    return paths


async def stages_of(wire: Wire, home: Path) -> dict[str, TestStage]:
    vaults = (EnvironmentVault({"AEPTUI_CLIENT_SECRET": CANARY}),)
    paths = saved(wire, home)
    current = Profile(name="local")
    door = Profiles(paths, vaults, current, ManualClock(), SeededIds())
    return {stage.name: stage async for stage in door.test("acme")}


async def test_a_profile_that_is_right_has_five_green_stages(wire: Wire, tmp_path: Path) -> None:
    found = await stages_of(wire, tmp_path)
    assert {name: stage.state for name, stage in found.items()} == dict.fromkeys(TEST_STAGES, "ok")
    assert found["sandbox"].detail == "dev, development, active"


@faults
async def test_one_fault_makes_one_stage_red_with_its_remedy(wire: Wire, tmp_path: Path, stage: str) -> None:
    spoil, detail, asks_for = FAULTS[stage]
    spoil(wire)
    found = await stages_of(wire, tmp_path)
    assert [name for name, one in found.items() if one.state == "failed"] == [stage]
    red = found[stage]
    assert detail in red.detail
    assert red.hint
    assert red.meaning
    assert asks_for in red.ask
    assert bool(asks_for) == bool(red.ask)
    if red.ask:
        for words in ("client-1", ORG, "dev"):
            assert words in red.ask
    assert CANARY not in repr(found)


@pytest.mark.parametrize(
    ("stage", "states"),
    [
        ("token", "failed skipped skipped skipped skipped"),
        ("organisation", "ok failed skipped skipped skipped"),
        ("sandbox", "ok ok failed skipped skipped"),
        ("schemas", "ok ok ok failed ok"),
        ("sources", "ok ok ok ok failed"),
    ],
)
async def test_what_needs_the_failed_stage_is_not_tried(wire: Wire, tmp_path: Path, stage: str, states: str) -> None:
    FAULTS[stage][0](wire)
    assert [one.state for one in (await stages_of(wire, tmp_path)).values()] == states.split()


async def test_another_organisation_than_the_profile_says_is_a_fault(wire: Wire, tmp_path: Path) -> None:
    platform(wire, stats=Say(200, {"imsOrg": "9@AdobeOrg", "tenantId": "x"}))
    red = (await stages_of(wire, tmp_path))["organisation"]
    assert "9@AdobeOrg" in red.detail
    assert "Correct the organisation id" in red.hint


async def test_a_sandbox_that_is_being_reset_is_not_used(wire: Wire, tmp_path: Path) -> None:
    wire.sandboxes = [{**DEV, "state": "resetting"}]
    assert "resetting" in (await stages_of(wire, tmp_path))["sandbox"].detail


async def test_trouble_of_the_platform_is_no_matter_for_an_administrator(wire: Wire, tmp_path: Path) -> None:
    platform(wire, stats=Say(503, {"title": "busy"}))
    assert (await stages_of(wire, tmp_path))["organisation"].ask == ""


async def test_an_empty_list_is_a_missing_permission_and_not_a_success(wire: Wire, tmp_path: Path) -> None:
    platform(wire, connectionSpecs=Say(200, {"items": []}), classes=Say(200, {"results": [], "_page": {}}))
    found = await stages_of(wire, tmp_path)
    assert "View Sources" in found["sources"].ask
    assert "View Schemas" in found["schemas"].ask
    wire.sandboxes = []
    assert "it sees: none" in (await stages_of(wire, tmp_path))["sandbox"].detail


async def test_something_hidden_by_a_label_is_a_permission_too(wire: Wire, tmp_path: Path) -> None:
    platform(wire, connectionSpecs=Say(404, {"type": "https://ns.adobe.com/aep/errors/FLOW-1439-404", "title": "gone"}))
    assert "View Sources" in (await stages_of(wire, tmp_path))["sources"].ask


def token(ends: datetime) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, {"exp": ends.timestamp()}))
    return ".".join((*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "x"))


@pytest.mark.parametrize(("left_s", "state"), [(3600, "ok"), (-60, "ok"), (-3600, "failed")])
async def test_a_ready_made_token_is_looked_at_and_nobody_is_asked(
    wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_s: int, state: str
) -> None:
    ends = ManualClock().now() + timedelta(seconds=left_s)
    monkeypatch.setenv("AEPTUI_ACCESS_TOKEN", token(ends))
    found = await stages_of(wire, tmp_path)
    assert found["token"].state == state
    assert f"{ends:%H:%M}Z" in found["token"].detail
    assert wire.tokens == 0


async def test_a_token_of_any_shape_is_a_token_when_it_is_given_as_one(
    wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AEPTUI_ACCESS_TOKEN", "an-opaque-token-5150")
    found = await stages_of(wire, tmp_path)
    assert [one.state for one in found.values()] == ["ok"] * 5
    assert wire.tokens == 0
    assert {asked.headers["authorization"] for asked in wire.asked} == {"Bearer an-opaque-token-5150"}


async def test_a_test_changes_nothing(wire: Wire, tmp_path: Path) -> None:
    await stages_of(wire, tmp_path)
    assert {asked.method for asked in wire.asked} == {"GET"}


async def aeptui(home: Path, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
    environment = {**os.environ, "AEPTUI_HOME": str(home), "AEPTUI_CLIENT_SECRET": CANARY}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "aeptui",
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, talk = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
    return process.returncode or 0, out.decode(), talk.decode()


@faults
async def test_the_command_line_says_the_same(wire: Wire, tmp_path: Path, stage: str) -> None:
    FAULTS[stage][0](wire)
    saved(wire, tmp_path)
    code, out, _ = await aeptui(tmp_path, "profiles", "test", "acme", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 3
    assert [row["name"] for row in rows if row["state"] == "failed"] == [stage]
    code, out, talk = await aeptui(tmp_path, "profiles", "test", "acme")
    assert FAULTS[stage][1] in out
    assert CANARY not in out + talk


async def test_the_sandboxes_of_a_profile_are_listed_and_production_is_marked(wire: Wire, tmp_path: Path) -> None:
    wire.sandboxes = [{**DEV, "title": "Development"}, {**PROD, "name": "live", "title": "All customers"}]
    saved(wire, tmp_path)
    code, out, _ = await aeptui(tmp_path, "profiles", "sandboxes", "acme")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [["dev", "development"], ["live", "PRODUCTION"]]
    _, out, _ = await aeptui(tmp_path, "profiles", "sandboxes", "local", "--json")
    assert {json.loads(line)["name"] for line in out.splitlines()} == {"prod", "dev"}


async def test_the_local_platform_has_five_green_stages_on_the_command_line(tmp_path: Path) -> None:
    code, out, _ = await aeptui(tmp_path, "profiles", "test", "local")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()] == [["ok", name] for name in TEST_STAGES]


async def test_production_is_not_changed_from_the_command_line_without_its_name(wire: Wire, tmp_path: Path) -> None:
    from aeptui.emulator.samples import sample_pipelines

    wire.sandboxes = [PROD]
    saved(wire, tmp_path)
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "products.toml").write_text(sample_pipelines()["products"], "utf-8")
    code, _, talk = await aeptui(tmp_path, "run", "products", "--profile", "acme", "--yes-production", "prod")
    assert code == 2
    assert "'prod'" in talk
    assert "'dev'" in talk
    assert wire.asked == []
    code, _, talk = await aeptui(tmp_path, "plan", "products", "--profile", "acme")
    assert code != 0
    assert {asked.method for asked in wire.asked} == {"GET"}
