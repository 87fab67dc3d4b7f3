"""The client against a real server that misbehaves: what is sent again, what never is, and what is said."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from aeptui.api.errors import (
    ApiError,
    AuthError,
    BadRequest,
    Conflict,
    DecodeError,
    EtagMismatch,
    Forbidden,
    NotFound,
    RateLimited,
    ServerError,
    TransportError,
    Unauthorized,
)
from aeptui.api.request_log import purpose
from aeptui.errors import ExitCode
from aeptui.models.base import SpecRef
from aeptui.models.flows import Flow, FlowCreate, ScheduleParams
from tests.unit.api.wire import SECRET, TOKEN, Asked, Say, Wire, wired

FLOW = {"id": "flow-1", "name": "Loyalty", "state": "enabled", "etag": '"1"'}
ONE = Say(200, {"items": [FLOW]})
MADE = Say(201, {"id": "flow-1", "etag": '"1"'})


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with wired() as wire:
        yield wire


async def read(wire: Wire) -> Flow:
    return await wire.client.flows.get("flow-1")


async def write(wire: Wire) -> str:
    body = FlowCreate(
        name="Loyalty",
        flow_spec=SpecRef(id="9753525b"),
        source_connection_ids=("a",),
        target_connection_ids=("b",),
        schedule_params=ScheduleParams(start_time=datetime(2026, 11, 23, tzinfo=UTC), frequency="once"),
    )
    return (await wire.client.flows.create(body)).id


async def test_ten_requests_at_once_ask_for_one_token(wire: Wire) -> None:
    wire.answers = [ONE]
    await asyncio.gather(*(read(wire) for _ in range(10)))
    assert wire.tokens == 1
    assert {asked.headers["authorization"] for asked in wire.asked} == {f"Bearer {TOKEN}1"}


async def test_a_token_is_renewed_before_it_ends(wire: Wire) -> None:
    wire.answers = [ONE]
    await read(wire)
    wire.clock.advance(86_399 - 400)
    await read(wire)
    assert wire.tokens == 2


async def test_every_request_says_who_and_where(wire: Wire) -> None:
    wire.answers = [ONE]
    await read(wire)
    (asked,) = wire.asked
    assert asked.path == "/data/foundation/flowservice/flows/flow-1"
    assert asked.headers["x-api-key"] == "client-1"
    assert asked.headers["x-gw-ims-org-id"] == "ORG@AdobeOrg"
    assert asked.headers["x-sandbox-name"] == "dev"
    assert asked.headers["accept"] == "application/json"
    assert asked.headers["x-request-id"]
    assert "content-type" not in asked.headers


async def test_a_refused_token_is_renewed_once(wire: Wire) -> None:
    wire.answers = [Say(401, {"error_code": "401013", "message": "Oauth token is not valid"}), ONE]
    assert (await read(wire)).id == "flow-1"
    assert wire.tokens == 2
    assert wire.asked[1].headers["authorization"] == f"Bearer {TOKEN}2"


async def test_a_token_that_is_refused_again_is_a_matter_of_credentials(wire: Wire) -> None:
    wire.answers = [Say(401, {"error_code": "401013", "message": "Oauth token is not valid"})]
    with pytest.raises(Unauthorized) as caught:
        await read(wire)
    assert len(wire.asked) == 2
    assert caught.value.exit_code == ExitCode.CREDENTIALS
    assert "Profiles" in caught.value.hint


@pytest.mark.parametrize(
    "answer",
    [
        Say(400, {"error": "invalid_client", "error_description": "invalid client_secret parameter"}),
        Say(200, {"expires_in": 1}),
        Say(200, []),
        Say(200, b"<html>proxy</html>"),
        Say(502, b""),
    ],
    ids=["refused", "no token", "a list", "a proxy's page", "trouble"],
)
async def test_no_token_says_what_to_look_at(wire: Wire, answer: Say) -> None:
    wire.token_answer = answer
    with pytest.raises(AuthError) as caught:
        await read(wire)
    assert not wire.asked
    assert caught.value.exit_code == ExitCode.CREDENTIALS
    assert "IMS" in caught.value.title
    assert caught.value.hint


@pytest.mark.parametrize("trouble", [Say(502), Say(503), Say(504), Say(500), Say(hang_up=True)])
async def test_a_read_is_tried_again_and_gives_up_with_words(wire: Wire, trouble: Say) -> None:
    wire.answers = [trouble, trouble, ONE]
    assert (await read(wire)).id == "flow-1"
    wire.answers = [trouble]
    wire.asked.clear()
    with pytest.raises(ApiError) as caught:
        await read(wire)
    assert len(wire.asked) == 4
    assert caught.value.hint


@pytest.mark.parametrize("trouble", [Say(502), Say(503), Say(504), Say(500), Say(hang_up=True)])
async def test_a_write_that_may_have_been_done_is_never_sent_again(wire: Wire, trouble: Say) -> None:
    wire.answers = [trouble, MADE]
    with pytest.raises((ServerError, TransportError)) as caught:
        await write(wire)
    assert len(wire.asked) == 1
    assert caught.value.maybe_applied


async def test_a_write_that_was_refused_for_haste_waits_as_long_as_it_is_told(wire: Wire) -> None:
    wire.answers = [Say(429, {"title": "Too many"}, {"retry-after": "7"}), MADE]
    before = wire.clock.monotonic()
    assert await write(wire) == "flow-1"
    assert wire.clock.monotonic() - before >= 7
    assert len(wire.asked) == 2


async def test_a_wait_that_looks_like_hanging_is_an_error_that_says_how_long(wire: Wire) -> None:
    wire.answers = [Say(429, {"title": "Too many"}, {"retry-after": "3600"})]
    with pytest.raises(RateLimited) as caught:
        await read(wire)
    assert caught.value.retry_after_s == 3600
    assert len(wire.asked) == 1


async def test_a_server_that_is_not_there_says_so(wire: Wire) -> None:
    wire.server.close()
    with pytest.raises(AuthError, match="cannot be reached"):
        await write(wire)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, {"type": "/placeholder/type/uri", "title": "BAD", "detail": "No name."}, BadRequest, "No name"),
        (400, {"errorMessage": "startTime is in the past", "type": "CONNECTOR-1360-400"}, BadRequest, "in the past"),
        (403, {"error_code": "403027", "message": "User Region is Missing"}, Forbidden, "organisation"),
        (404, {"title": "NotFound", "report": {"detailed-message": "no such flow"}}, NotFound, "no such flow"),
        (409, {"message": "exists"}, Conflict, "exists"),
        (412, {"message": "etag"}, EtagMismatch, "changed meanwhile"),
        (418, b"teapot", BadRequest, "418"),
        (301, b"", BadRequest, "301"),
    ],
)
async def test_each_refusal_says_what_and_what_to_do(
    wire: Wire, status: int, body: Any, kind: type[ApiError], words: str
) -> None:
    wire.answers = [Say(status, body)]
    with pytest.raises(kind) as caught:
        await read(wire)
    assert words in f"{caught.value.title} {caught.value.hint}"
    assert caught.value.hint
    assert (caught.value.method, caught.value.path) == ("GET", "/data/foundation/flowservice/flows/flow-1")
    assert caught.value.request_id


@pytest.mark.parametrize(
    "body", [b"<html>Welcome to the hotel</html>", b"", b"null", b"[]", b"{}", b'{"items": []}', b'{"items": 3}', b"7"]
)
async def test_an_answer_that_is_none_is_an_error_and_not_a_crash(wire: Wire, body: bytes) -> None:
    wire.answers = [Say(200, body)]
    with pytest.raises((DecodeError, NotFound)) as caught:
        await read(wire)
    assert caught.value.hint


async def test_a_packed_answer_that_is_broken_is_no_crash_either(wire: Wire) -> None:
    wire.answers = [Say(200, b"not gzip at all", {"content-encoding": "gzip"})]
    with pytest.raises(TransportError):
        await read(wire)


async def test_pages_are_walked_by_their_token_and_no_host_of_the_platform_s_is_followed(wire: Wire) -> None:
    def page(asked: Asked) -> Say:
        number = int(asked.query.get("continuationToken", ["0"])[0])
        items = [{**FLOW, "id": f"flow-{number}-{at}"} for at in range(3)]
        link = f"https://elsewhere.example/flows?continuationToken={number + 1}"
        return Say(200, {"items": items, "_links": {"next": {"href": link}} if number < 3 else {}})

    wire.answers = [page]
    found = [flow.id async for flow in wire.client.flows.list(property=["state==enabled"])]
    assert len(found) == len(set(found)) == 12
    assert len(wire.asked) == 4
    assert all(asked.query["property"] == ["state==enabled"] for asked in wire.asked)


async def test_pages_that_go_round_in_a_circle_are_an_error_and_not_the_end_of_the_list(wire: Wire) -> None:
    wire.answers = [Say(200, {"items": [FLOW], "_links": {"next": {"href": "?continuationToken=same"}}})]
    with pytest.raises(DecodeError, match="circle"):
        assert [flow async for flow in wire.client.flows.list()]
    assert len(wire.asked) == 2


async def test_an_id_from_a_keyboard_stays_an_id(wire: Wire) -> None:
    wire.answers = [ONE]
    await wire.client.flows.get("a?limit=1#b c")
    assert wire.asked[0].path.endswith("/flows/a%3Flimit%3D1%23b%20c")
    assert not wire.asked[0].query


async def test_the_log_tells_each_attempt_and_what_for(wire: Wire) -> None:
    wire.answers = [Say(503, {"title": "busy"}), ONE]
    with purpose("20261123-140512-3fa9"):
        await read(wire)
    token, first, second = wire.client.request_log.entries
    assert token.path == "/ims/token/v3"
    assert (first.status, first.attempt, second.status, second.attempt) == (503, 1, 200, 2)
    assert {first.purpose, second.purpose} == {"20261123-140512-3fa9"}
    assert second.response_body == {"items": [FLOW]}


@pytest.mark.parametrize("status", [200, 400, 401, 500])
async def test_no_secret_is_in_the_log_in_an_error_or_in_a_traceback(wire: Wire, status: int) -> None:
    def echo(asked: Asked) -> Say:
        told = {"message": f"you sent {asked.headers['authorization']} and {SECRET}", "clientSecret": "other-one-5150"}
        return Say(status, {**FLOW, **told, "auth": {"params": {"password": "other-one-5150"}}})

    wire.answers = [echo]
    said = ""
    try:
        await read(wire)
    except ApiError as error:
        said = f"{error} {error.title} {error.hint} {error!r} {vars(error)}"
        said += "".join(traceback.format_exception(error))
    said += repr(wire.client.request_log.entries) + repr(wire.client) + repr(vars(wire.client))
    for secret in (SECRET, TOKEN, "other-one-5150"):
        assert secret not in said
