"""Nothing that changes anything leaves without leave: asked at the transport, whoever asks above it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from aeptui.api.armour import WriteRefused
from aeptui.api.client import AepClient
from aeptui.api.errors import ApiError, DecodeError
from aeptui.errors import ConfigError, ExitCode
from tests.unit.api.verbs import CHANGES, HARMLESS, READS, Act
from tests.unit.api.wire import DEV, PROD, Say, Wire, wired


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with wired() as wire:
        wire.answers = [Say(200, {"id": "a", "etag": '"1"'})]
        yield wire


async def disable(client: AepClient) -> None:
    await client.flows.disable("flow-1")


async def quietly(act: Act, client: AepClient) -> None:
    """What comes back is another test's matter."""
    try:
        await act(client)
    except (ApiError, WriteRefused):
        return


@pytest.mark.parametrize("act", CHANGES.values(), ids=CHANGES)
async def test_who_plans_or_checks_sends_no_change_whatever_is_asked(wire: Wire, act: Act) -> None:
    wire.client.confirm_production("dev")
    with pytest.raises(WriteRefused):
        await act(wire.client.reading())
    assert wire.asked == []


@pytest.mark.parametrize("act", CHANGES.values(), ids=CHANGES)
async def test_a_read_only_profile_sends_no_change_whatever_is_asked(wire: Wire, act: Act) -> None:
    async with wire.client_with(read_only=True) as client:
        client.confirm_production("dev")
        with pytest.raises(WriteRefused, match="read only") as caught:
            await act(client)
    assert wire.asked == []
    assert caught.value.exit_code == ExitCode.USAGE
    assert "read_only" in caught.value.hint


@pytest.mark.parametrize("act", CHANGES.values(), ids=CHANGES)
async def test_nothing_changes_in_production_before_its_name_was_typed(wire: Wire, act: Act) -> None:
    wire.sandboxes = [PROD]
    with pytest.raises(WriteRefused, match="production") as caught:
        await act(wire.client)
    assert wire.asked == []
    assert "--yes-production dev" in caught.value.hint
    wire.client.confirm_production("dev")
    await quietly(act, wire.client)
    assert wire.asked


@pytest.mark.parametrize("act", [*READS.values(), *HARMLESS.values()], ids=[*READS, *HARMLESS])
async def test_what_only_asks_passes_everywhere(wire: Wire, act: Act) -> None:
    wire.sandboxes = [PROD]
    async with wire.client_with(read_only=True) as client:
        await quietly(act, client)
    await quietly(act, wire.client.reading())
    assert wire.asked or wire.sandbox_looks


async def test_a_name_of_a_sandbox_says_nothing_of_its_type(wire: Wire) -> None:
    wire.sandboxes = [{**DEV, "name": "prod"}, PROD]
    with pytest.raises(WriteRefused, match="production"):
        await disable(wire.client)


async def test_a_type_nobody_tells_counts_as_production(wire: Wire) -> None:
    wire.sandboxes = [{"name": "dev", "state": "active"}]
    with pytest.raises(WriteRefused, match="counts as production"):
        await disable(wire.client)
    assert wire.asked == []


@pytest.mark.parametrize("sandboxes", [[], [{**DEV, "name": "other"}], [{**DEV, "state": "resetting"}]])
async def test_a_sandbox_that_is_not_there_or_not_active_is_not_written_to(wire: Wire, sandboxes: list[Any]) -> None:
    wire.sandboxes = sandboxes
    with pytest.raises(WriteRefused, match="dev"):
        await disable(wire.client)
    assert wire.asked == []


async def test_what_cannot_be_found_out_is_not_guessed(wire: Wire) -> None:
    wire.sandboxes = Say(403, {"error_code": "403027", "message": "User region is missing"})
    with pytest.raises(ApiError, match="region"):
        await disable(wire.client)
    assert wire.asked == []


async def test_another_name_is_refused_and_nothing_is_sent(wire: Wire) -> None:
    wire.sandboxes = [PROD]
    with pytest.raises(WriteRefused, match="'prod'"):
        wire.client.confirm_production("prod")
    with pytest.raises(WriteRefused):
        await disable(wire.client)
    assert wire.asked == []


async def test_the_user_is_asked_once_however_many_changes_wait(wire: Wire) -> None:
    wire.sandboxes = [PROD]
    asked: list[str] = []

    async def ask(sandbox: str) -> str:
        asked.append(sandbox)
        await asyncio.sleep(0)
        return sandbox

    wire.client.ask_for_name(ask)
    await asyncio.gather(*(disable(wire.client) for _ in range(5)))
    assert asked == ["dev"]
    assert len(wire.asked) == 5


async def test_a_no_sends_nothing_and_the_next_change_asks_again(wire: Wire) -> None:
    wire.sandboxes = [PROD]
    answers: list[str | None] = [None, "dev"]

    async def ask(sandbox: str) -> str | None:
        return answers.pop(0)

    wire.client.ask_for_name(ask)
    with pytest.raises(WriteRefused):
        await disable(wire.client)
    assert wire.asked == []
    await disable(wire.client)
    assert len(wire.asked) == 1


async def test_a_development_sandbox_is_looked_at_once_and_again_when_that_is_old(wire: Wire) -> None:
    for _ in range(3):
        await disable(wire.client)
    assert wire.sandbox_looks == 1
    wire.clock.advance(301)
    wire.sandboxes = [PROD]
    with pytest.raises(WriteRefused):
        await disable(wire.client)
    assert len(wire.asked) == 3


async def test_without_a_sandbox_nothing_is_sent_to_any(wire: Wire) -> None:
    async with wire.client_with(sandbox="") as client:
        for act in (*READS.values(), *HARMLESS.values(), *CHANGES.values()):
            with contextlib.suppress(ConfigError, WriteRefused, DecodeError):
                await act(client)
    assert all(asked.path.startswith("/data/foundation/sandbox-management/") for asked in wire.asked)


@pytest.mark.parametrize("admitted", [False, True])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
async def test_the_door_itself_stops_what_nobody_let_through(wire: Wire, method: str, admitted: bool) -> None:
    """Past everything that asks: straight at the transport."""
    clients = [wire.client.reading(), wire.client_with(read_only=True)]
    if admitted:
        await wire.client.admit_writes()
    else:
        clients.append(wire.client)
    for client in clients:
        with pytest.raises(WriteRefused):
            await client._http._exchange._client.request(
                method, f"{wire.url}/data/foundation/flowservice/flows", headers={"x-sandbox-name": "dev"}
            )
    assert wire.asked == []


async def test_leave_for_one_sandbox_is_none_for_another(wire: Wire) -> None:
    await wire.client.admit_writes()
    raw = wire.client._http._exchange._client
    for headers in ({"x-sandbox-name": "prod"}, {}):
        with pytest.raises(WriteRefused, match="stopped"):
            await raw.post(f"{wire.url}/data/foundation/flowservice/flows", headers=headers)
    assert wire.asked == []


async def test_an_encoded_slash_makes_no_harmless_route(wire: Wire) -> None:
    with pytest.raises(WriteRefused):
        await wire.client.reading()._http.send("POST", "/data/foundation/conversion/mappingSets%2Fvalidate", body={})
    assert wire.asked == []
