"""A server that misbehaves on purpose: the client keeps its limits, keeps its token, and never repeats a create."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from aeptui.api.errors import ApiError, AuthError, BadRequest, DecodeError, TransportError
from aeptui.api.network import MOST_CONNECTIONS
from aeptui.chain.pipeline import SchemaChoice
from aeptui.config import ClientSettings
from aeptui.session.schemas import Schemas
from tests.unit.api.verbs import CHANGES, FLOW, ID, READS, Act
from tests.unit.api.wire import SECRET, TOKEN, Asked, Say, Wire, wired

ONE = Say(200, {"items": [{"id": "flow-1"}]})
CREATES = {name: act for name, act in CHANGES.items() if name.endswith((".create", ".retrigger", ".update"))}


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with wired() as wire:
        yield wire


# What never goes out twice


@pytest.mark.parametrize("create", CREATES.values(), ids=CREATES)
@pytest.mark.parametrize(
    "trouble",
    [
        Say(hang_up=True),
        Say(201, {"id": "a" * 99}, hang_up="half"),
        Say(502, b"<html>Bad gateway</html>", {"content-type": "text/html"}),
        Say(503),
        Say(201, b"<html>signed in</html>", {"content-type": "text/html"}),
        Say(201, b"x", {"content-encoding": "gzip"}),
    ],
    ids=["reset", "half a body", "502 in HTML", "503", "HTML", "no gzip"],
)
async def test_no_create_is_sent_twice_and_each_says_it_may_be_done(wire: Wire, create: Act, trouble: Say) -> None:
    wire.answers = [trouble]
    with pytest.raises(ApiError) as caught:
        await create(wire.client)
    assert len(wire.asked) == 1
    assert caught.value.maybe_applied
    assert caught.value.hint


async def test_a_create_that_runs_out_of_time_may_be_done(wire: Wire) -> None:
    settings = ClientSettings(total_timeout_s=0.3)
    wire.answers = [Say(201, {"id": "a"}, wait_s=5)]
    async with wire.client_with(settings=settings) as client:
        with pytest.raises(TransportError, match="took longer") as caught:
            await client.flows.create(FLOW)
    assert caught.value.maybe_applied
    assert "total_timeout_s" in caught.value.hint
    assert len(wire.asked) == 1


async def test_a_delete_is_repeated_and_what_is_gone_is_done(wire: Wire) -> None:
    wire.answers = [Say(hang_up=True), Say(404, {"title": "gone"})]
    await wire.client.flows.delete(ID)
    assert [asked.method for asked in wire.asked] == ["DELETE", "DELETE"]


# Time and size


async def test_slow_bytes_end_with_the_time_for_the_whole_call(wire: Wire) -> None:
    wire.answers = [Say(200, {"items": [{"id": "x" * 500}]}, drip_s=0.02)]
    async with wire.client_with(settings=ClientSettings(read_timeout_s=0.2, total_timeout_s=0.5)) as client:
        started = time.monotonic()
        with pytest.raises(TransportError) as caught:
            await client.flows.get(ID)
    assert time.monotonic() - started < 3
    assert not caught.value.maybe_applied


async def test_a_body_of_three_gigabytes_is_given_up_at_once(wire: Wire) -> None:
    wire.answers = [Say(200, b"[", endless=3 * 1024**3)]
    with pytest.raises(DecodeError, match="larger than 64 MB"):
        await wire.client.flows.get(ID)
    assert wire.sent_bytes < 64 * 1024**2


async def test_a_body_of_unknown_length_is_given_up_at_its_limit(wire: Wire) -> None:
    wire.answers = [Say(200, b"[", {"content-length": ""}, endless=3 * 1024**3)]
    with pytest.raises(DecodeError, match="larger"):
        await wire.client.flows.get(ID)
    assert wire.sent_bytes < 100 * 1024**2


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
async def test_a_packed_bomb_is_given_up_without_unpacking_it(wire: Wire, pack: type) -> None:
    bomb = pack(b"0" * (300 * 1024**2))
    wire.answers = [Say(200, bomb, {"content-encoding": "gzip" if pack is gzip.compress else "deflate"})]
    await wire.client.token()
    tracemalloc.start()
    with pytest.raises(DecodeError, match="larger"):
        await wire.client.flows.get(ID)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 160 * 1024**2


async def test_a_bomb_in_a_bomb_is_not_even_opened(wire: Wire) -> None:
    wire.answers = [Say(200, gzip.compress(gzip.compress(b"0" * 10_000_000)), {"content-encoding": "gzip, gzip"})]
    with pytest.raises(TransportError, match="nobody asked for"):
        await wire.client.flows.get(ID)


async def test_a_packed_answer_is_read(wire: Wire) -> None:
    packed = gzip.compress(b'{"items": [{"id": "flow-1"}]}')
    wire.answers = [Say(200, packed, {"content-encoding": "gzip"})]
    assert (await wire.client.flows.get(ID)).id == "flow-1"
    assert wire.asked[0].headers["accept-encoding"] == "gzip"


async def test_json_without_end_of_depth_is_an_error(wire: Wire) -> None:
    for body in (b"[" * 100_000, b'{"items": [' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"]}"):
        wire.answers = [Say(200, body)]
        with pytest.raises(DecodeError):
            await wire.client.flows.get(ID)


async def test_half_a_body_is_read_again(wire: Wire) -> None:
    wire.answers = [Say(200, {"items": [{"id": "flow-1"}]}, hang_up="half"), ONE]
    assert (await wire.client.flows.get(ID)).id == "flow-1"
    assert len(wire.asked) == 2


# Hosts


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_takes_the_token_nowhere(wire: Wire, status: int) -> None:
    async with wired() as elsewhere:
        wire.answers = [Say(status, b"", {"location": f"{elsewhere.url}/data/foundation/flowservice/flows/x"})]
        for act in (READS["flows.get"], CHANGES["flows.create"]):
            with pytest.raises(BadRequest, match="redirect to 127\\.0\\.0\\.1"):
                await act(wire.client)
        assert elsewhere.asked == []
        assert elsewhere.connections == 0


@pytest.mark.parametrize("resource", ["flows", "flow_runs", "base_connections"])
async def test_a_page_elsewhere_is_asked_for_here(wire: Wire, resource: str) -> None:
    async with wired() as elsewhere:

        def page(asked: Asked) -> Say:
            token = asked.query.get("continuationToken", [""])[0]
            link = f"{elsewhere.url}:443/runs?continuationToken=QUJDRA%3D%3D&limit=1"
            return Say(200, {"items": [{"id": token or "first"}], "_links": {"next": {"href": "" if token else link}}})

        wire.answers = [page]
        found = [one.id async for one in getattr(wire.client, resource).list()]
        assert found == ["first", "QUJDRA=="]
        assert elsewhere.connections == 0


async def test_a_request_to_another_host_is_stopped_at_the_door(wire: Wire) -> None:
    from aeptui.api.armour import WriteRefused

    async with wired() as elsewhere:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with pytest.raises(WriteRefused, match="not the profile's platform"):
            await wire.client._http._exchange._client.get(f"{elsewhere.url}/x", headers=headers)
        assert elsewhere.connections == 0


# Haste


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_both_forms_of_retry_after_are_waited_for(wire: Wire, form: str) -> None:
    def busy(_: Asked) -> Say:
        theirs = wire.clock.now() + timedelta(minutes=9)  # the server's clock is ahead
        until = "9" if form == "seconds" else format_datetime(theirs + timedelta(seconds=9), usegmt=True)
        return Say(429, {"title": "Too many"}, {"retry-after": until, "date": format_datetime(theirs, usegmt=True)})

    wire.answers = [busy, ONE]
    await wire.client.flows.get(ID)
    assert 9 <= wire.clock.monotonic() < 12
    assert wire.client.clock_offset_s == pytest.approx(540, abs=1)


async def test_a_clock_that_differs_is_put_right_for_whoever_writes_too(wire: Wire) -> None:
    theirs = wire.clock.now() + timedelta(minutes=9)
    wire.answers = [Say(200, {"items": [{"id": "flow-1"}]}, {"date": format_datetime(theirs, usegmt=True)})]
    assert wire.client.now() == wire.clock.now()
    await wire.client.reading().flows.get(ID)
    assert abs((wire.client.now() - theirs).total_seconds()) < 1.5
    near = wire.clock.now() + timedelta(seconds=9)
    wire.answers = [Say(200, {"items": [{"id": "flow-1"}]}, {"date": format_datetime(near, usegmt=True)})]
    await wire.client.flows.get(ID)
    assert wire.client.now() == wire.clock.now()


@pytest.mark.parametrize("value", ["soon", "-5", "nan", "inf", "1e400", "Mon, 99 Foo 2026", ""])
async def test_a_senseless_retry_after_is_none(wire: Wire, value: str) -> None:
    wire.answers = [Say(429, {}, {"retry-after": value}), ONE]
    await wire.client.flows.get(ID)
    assert wire.clock.monotonic() < 5


async def test_two_hundred_reads_with_an_expired_token_ask_for_one_token(wire: Wire) -> None:
    def strict(asked: Asked) -> Say:
        fresh = asked.headers["authorization"] == f"Bearer {TOKEN}2"
        return ONE if fresh else Say(401, {"error_code": "401013", "message": "Oauth token is not valid"})

    wire.answers = [ONE]
    await wire.client.flows.get(ID)
    wire.answers = [strict]
    found = await asyncio.gather(*(wire.client.flows.get(ID) for _ in range(200)))
    assert len(found) == 200
    assert wire.tokens == 2
    assert wire.connections <= MOST_CONNECTIONS


async def test_connections_are_opened_once_and_kept(wire: Wire) -> None:
    wire.answers = [ONE]
    await asyncio.gather(*(wire.client.reading().flows.get(ID) for _ in range(6)))
    opened = wire.connections
    await asyncio.gather(*(wire.client.flows.disable(ID) for _ in range(3)))
    assert wire.connections == opened


async def test_an_identity_service_that_hangs_up_is_asked_again(wire: Wire) -> None:
    wire.token_answer = Say(hang_up=True)
    with pytest.raises(AuthError, match="cannot be reached"):
        await wire.client.flows.get(ID)
    assert wire.tokens == 4
    assert SECRET not in repr(wire.client.request_log.entries)


# Files


async def test_a_download_goes_on_where_the_line_was_lost(wire: Wire, tmp_path: Path) -> None:
    content = bytes(range(256)) * 4096

    def part(asked: Asked) -> Say:
        start = int(asked.headers.get("range", "bytes=0-")[6:].rstrip("-"))
        left = content[start:]
        status = 206 if start else 200
        return Say(status, left, hang_up="half" if len(left) > 300_000 else False)

    wire.answers = [part]
    seen: list[int] = []
    with (tmp_path / "rows").open("w+b") as file:
        size = await wire.client.data_access.download("01KX", "row_errors/a.json", file, progress=seen.append)
    assert (tmp_path / "rows").read_bytes() == content
    assert size == len(content) == seen[-1]
    assert len(wire.asked) == 3


async def test_a_download_from_a_server_that_knows_no_ranges_begins_anew(wire: Wire) -> None:
    whole = b"0123456789" * 1000
    wire.answers = [Say(200, whole, hang_up="half"), Say(200, whole)]
    file = io.BytesIO()
    assert await wire.client.data_access.download("01KX", "a", file) == len(whole)
    assert file.getvalue() == whole


async def test_another_part_than_was_asked_for_is_not_put_into_the_file(wire: Wire) -> None:
    def confused(asked: Asked) -> Say:
        if "range" not in asked.headers:
            return Say(200, b"0123456789", hang_up="half")
        return Say(206, b"wrong", {"content-range": "bytes 2-6/10"})

    wire.answers = [confused]
    file = io.BytesIO()
    with pytest.raises(TransportError, match="another part"):
        await wire.client.data_access.download("01KX", "a", file)
    assert file.getvalue() == b"01234"


async def test_a_large_file_is_never_held_in_memory(wire: Wire, tmp_path: Path) -> None:
    wire.answers = [Say(200, b"x", endless=80 * 1024**2)]
    tracemalloc.start()
    with (tmp_path / "rows").open("w+b") as file:
        size = await wire.client.data_access.download("01KX", "a", file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 80 * 1024**2 + 1
    assert peak < 16 * 1024**2


async def test_the_first_rows_of_a_huge_file_are_all_that_is_read(wire: Wire) -> None:
    line = b'{"name": "x", "_errors": [{"code": "1401", "message": "no"}]}\n'

    def listing_or_rows(asked: Asked) -> Say:
        if asked.query["path"] == ["row_errors"]:
            return Say(200, {"data": [{"name": "parsing_errors_0.json", "length": "9"}]})
        return Say(200, line * 5000, endless=50 * 1024**2)

    wire.answers = [listing_or_rows]
    rows = await wire.client.data_access.failed_rows("01KX", limit=200)
    assert len(rows) == 200
    assert wire.sent_bytes < 20 * 1024**2


# Nonsense


@pytest.mark.parametrize(
    "body", [b"<html>Welcome to the hotel</html>", b"null", b"[]", b"{}", b'{"items": 3}', b"7", b'"x"', b"\xff\xfe"]
)
@pytest.mark.parametrize("act", READS.values(), ids=READS)
async def test_nonsense_is_a_documented_error_or_nothing_and_no_crash(wire: Wire, act: Act, body: bytes) -> None:
    wire.answers = [Say(200, body, {"content-type": "text/html"})]
    with contextlib.suppress(ApiError):
        await act(wire.client)
    told = [entry for entry in wire.client.request_log.entries if entry.error]
    assert all(entry.status == 200 for entry in told)


@pytest.mark.parametrize("half", [rb"\ud800", rb"\uDC00", b"\xed\xa0\x80"])
async def test_half_a_character_is_shown_as_one_that_is_missing(wire: Wire, half: bytes) -> None:
    wire.answers = [Say(200, b'{"items": [{"id": "a", "name": "x' + half + b' \\ud83d\\ude42"}]}')]
    assert (await wire.client.flows.get(ID)).name == "x? 🙂"


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b'"x"', b"[[1]]"])
async def test_a_schema_that_is_no_object_is_an_error_for_whoever_reads_its_fields(wire: Wire, body: bytes) -> None:
    wire.answers = [Say(200, body, {"content-type": "application/json"})]
    with pytest.raises(DecodeError, match="is not a Schema"):
        await Schemas(wire.client).fields(SchemaChoice(id="https://ns.adobe.com/acme/schemas/6f1d"))
