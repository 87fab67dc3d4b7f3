"""Our own client on the local platform when its line, or its answers, go wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from aeptui.api.client import AepClient
from aeptui.api.errors import ApiError, DecodeError, EtagMismatch, RateLimited, ServerError, TransportError
from aeptui.api.http import Endpoints
from aeptui.clock import ManualClock, SeededIds
from aeptui.credentials import Secret
from aeptui.emulator.faults import FaultPlan
from aeptui.emulator.platform import LocalPlatform
from tests.faults import FIVE, faults, faulty
from tests.unit.api.verbs import PATCH, SOURCE_CONNECTION

__all__ = ["faults", "faulty"]


@pytest.fixture
async def client(faulty: LocalPlatform) -> AsyncIterator[AepClient]:
    endpoints = Endpoints(
        "http://localhost", "http://localhost", faulty.client_id, faulty.org_id, faulty.sandbox, "openid"
    )
    clock = ManualClock()
    async with AepClient(
        endpoints, Secret(faulty.client_secret), asgi_app=faulty.app, clock=clock, ids=SeededIds(3)
    ) as client:
        yield client


async def source(client: AepClient) -> str:
    (base,) = [one async for one in client.base_connections.list() if one.name == "Sample SFTP"]
    body = SOURCE_CONNECTION.model_copy(update={"base_connection_id": base.id})
    return (await client.source_connections.create(body)).id


async def names(client: AepClient) -> list[str | None]:
    return [one.name async for one in client.source_connections.list()]


async def test_a_read_survives_what_a_bad_line_does_once(client: AepClient, faults: FaultPlan) -> None:
    """Each of these costs a second attempt, and nothing else."""
    for fault in (
        {"do": "answer", "error": "401013"},
        {"do": "answer", "status": 429, "headers": {"Retry-After": "3"}},
        {"do": "answer", "status": 429},
        {"do": "answer", "status": 502, "text": "<html>Bad Gateway</html>"},
        {"do": "answer", "status": 503},
        {"do": "cut", "at": "before"},
        {"do": "cut", "at": "after"},
        {"do": "cut", "at": "body"},
        {"do": "silence", "seconds": 60},
    ):
        faults.clear()
        rule = faults.add(method="GET", route="/connections", first=1, **fault)
        assert len([one async for one in client.base_connections.list()]) > 8
        assert (rule.seen, rule.fired) == (2, 1), fault


async def test_a_token_call_that_fails_once_is_made_again(client: AepClient, faults: FaultPlan) -> None:
    rule = faults.add(route="/token/*", first=1, do="cut")
    await client.token()
    assert rule.seen == 2


@pytest.mark.parametrize("way", FIVE)
async def test_a_create_in_doubt_says_so_and_is_not_sent_twice(client: AepClient, faults: FaultPlan, way: str) -> None:
    for fault in FIVE[way]("/sourceConnections"):
        faults.add(**fault)
    with pytest.raises((TransportError, ServerError)) as caught:
        await source(client)
    assert isinstance(caught.value, ApiError)
    assert caught.value.maybe_applied
    assert faults.rules[0].seen == 1
    name = SOURCE_CONNECTION.name
    looks = [await names(client), await names(client)]
    assert (
        looks
        == {
            "request lost": [[], []],
            "answer lost": [[name], [name]],
            "500 after applied": [[name], [name]],
            "timeout, then late success": [[], [name]],
            "duplicate page in the look-up": [[name], [name]],
        }[way]
    )
    assert [rule.fired for rule in faults.rules[1:]] == [2] * (len(faults.rules) - 1), "each page came twice"


async def test_a_line_that_is_cut_is_told_as_that_and_a_silent_one_as_a_timeout(
    client: AepClient, faults: FaultPlan
) -> None:
    faults.add(method="POST", route="/sourceConnections", nth=1, do="cut", at="after")
    faults.add(method="POST", route="/sourceConnections", nth=2, do="silence", seconds=1)
    with pytest.raises(TransportError, match="the line was cut before the answer came"):
        await source(client)
    with pytest.raises(TransportError, match="it took too long"):
        await source(client)


async def test_an_etag_that_does_not_match_once_is_told_as_such(client: AepClient, faults: FaultPlan) -> None:
    made = await client.source_connections.get(await source(client))
    faults.add(method="PATCH", first=1, do="answer", error="FLOW-1404-412")
    with pytest.raises(EtagMismatch):
        await client.source_connections.update(made.id, PATCH, made.etag or "")
    await client.source_connections.update(made.id, PATCH, made.etag or "")


async def test_a_create_that_is_refused_for_its_pace_alone_gives_up_with_the_wait(
    client: AepClient, faults: FaultPlan
) -> None:
    faults.add(method="POST", route="/sourceConnections", do="answer", status=429, headers={"Retry-After": "600"})
    with pytest.raises(RateLimited) as caught:
        await source(client)
    assert caught.value.retry_after_s == 600
    assert await names(client) == []


async def test_a_token_that_repeats_is_found_out(client: AepClient, faults: FaultPlan) -> None:
    faults.add(route="/connections", do="token_repeats")
    with pytest.raises(DecodeError, match="go round in a circle"):
        [one async for one in client.base_connections.list()]


async def test_a_new_resource_is_looked_for_until_lists_have_it(client: AepClient, faults: FaultPlan) -> None:
    faults.add(method="POST", do="lag", reads=2)
    made = await source(client)
    assert [await names(client) for _ in range(3)] == [[], [], [SOURCE_CONNECTION.name]]
    assert (await client.source_connections.get(made)).id == made
