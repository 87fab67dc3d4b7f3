"""Whether a host can be reached: every way it cannot in words of its own, and no credential on any of them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from aeptui.api.network import has_credentials, shown_proxy
from aeptui.api.reach import reach
from tests.unit.api.test_network import authority

CANARY = "p8e-canary-of-reach-5150"
DATE = "Tue, 24 Nov 2026 03:00:00 GMT"
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No proxy, no authority and no .netrc of whoever runs this."""
    for name in (*NAMES, *CERTIFICATES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@asynccontextmanager
async def serving(serve: Serve, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server of raw bytes on this machine; gives its port."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def saying(answer: str, heads: list[str] | None = None) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if heads is not None:
            heads.append(head)
        writer.write(answer.encode())
        await writer.drain()

    return serve


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(100_000)
    await asyncio.sleep(3)


async def hanging_up(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """Accept, and nothing more."""


@pytest.mark.parametrize("status", [200, 302, 404, 500])
async def test_any_http_status_counts_as_reached(status: int) -> None:
    answer = f"HTTP/1.1 {status} Whatever\r\nDate: {DATE}\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
    async with serving(saying(answer)) as port:
        reached = await reach(f"http://127.0.0.1:{port}")
    assert (reached.ok, reached.status, reached.hint, reached.via_proxy) == (True, status, "", None)
    assert reached.detail == "127.0.0.1 answers"
    assert reached.server_date == datetime(2026, 11, 24, 3, tzinfo=UTC)
    assert 0 <= reached.duration_ms < 5000


async def test_it_asks_once_and_sends_no_credential_even_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login me password {CANARY}\n")
    (tmp_path / ".netrc").chmod(0o600)
    heads: list[str] = []
    async with serving(
        saying("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", heads)
    ) as port:
        assert (await reach(f"http://me:{CANARY}@127.0.0.1:{port}/base?key={CANARY}")).status == 401
    assert [head.splitlines()[0] for head in heads] == ["GET /base HTTP/1.1"]
    assert "authorization" not in heads[0].lower()
    assert CANARY not in heads[0]


async def test_the_body_of_an_answer_is_not_waited_for() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await saying("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")(reader, writer)
        await asyncio.sleep(3)

    async with serving(serve) as port:
        reached = await reach(f"http://127.0.0.1:{port}", timeout_s=2)
    assert reached.ok
    assert reached.duration_ms < 1500


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Nov 2026 03:00:00 GMT"])
async def test_a_date_that_is_none_is_no_date(date: str) -> None:
    async with serving(saying(f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n")) as port:
        reached = await reach(f"http://127.0.0.1:{port}")
    assert reached.ok
    assert reached.server_date is None


async def test_a_name_that_is_not_known_is_said_to_be_one() -> None:
    reached = await reach("https://platform.nowhere.invalid")
    assert not reached.ok
    assert reached.detail == "platform.nowhere.invalid is a name that is not known here"
    assert "DNS" in reached.hint
    assert "HTTPS_PROXY" in reached.hint


async def test_a_closed_port_refuses_the_connection() -> None:
    reached = await reach("http://127.0.0.1:9")
    assert (reached.ok, reached.status, reached.detail) == (False, None, "127.0.0.1 refuses the connection")
    assert "HTTPS_PROXY" in reached.hint


async def test_the_limit_is_for_all_of_it_and_not_for_each_piece() -> None:
    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for one in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100:
            writer.write(bytes([one]))
            await writer.drain()
            await asyncio.sleep(0.1)

    async with serving(dripping) as port:
        reached = await reach(f"http://127.0.0.1:{port}", timeout_s=0.5)
    assert reached.detail == "127.0.0.1 accepts a connection, but gives no HTTP answer in time"
    assert reached.hint
    assert 400 < reached.duration_ms < 2500


async def test_tls_that_does_not_begin_is_told_from_a_host_that_does_not_answer() -> None:
    async with serving(silent) as port:
        reached = await reach(f"https://127.0.0.1:{port}", timeout_s=0.5)
    assert reached.detail == "127.0.0.1 accepts a connection, but TLS does not begin in time"
    assert "firewall" in reached.hint


async def test_a_connection_that_is_dropped_names_the_firewall(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr("anyio.connect_tcp", never)
    reached = await reach("https://192.0.2.1", timeout_s=0.3)
    assert reached.detail == "192.0.2.1 does not answer in time"
    assert "firewall" in reached.hint


@pytest.mark.parametrize(
    ("scheme", "serve", "words"),
    [
        ("http", hanging_up, "hangs up"),
        ("https", hanging_up, "TLS is broken off"),
        ("https", saying("HTTP/1.1 400 Bad\r\n\r\n"), "does not speak TLS"),
        ("http", saying("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "but not with HTTP"),
    ],
    ids=["no answer", "no tls", "plain http", "another protocol"],
)
async def test_what_listens_there_but_is_no_platform_is_said_in_words(scheme: str, serve: Serve, words: str) -> None:
    async def first_read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if serve is not hanging_up and scheme == "https":
            await reader.read(10)
            writer.write(b"HTTP/1.1 400 Bad\r\n\r\n")
            await writer.drain()
            return
        await serve(reader, writer)

    async with serving(first_read) as port:
        reached = await reach(f"{scheme}://127.0.0.1:{port}")
    assert not reached.ok
    assert words in reached.detail
    assert reached.hint


async def test_a_private_authority_is_named_and_then_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    public, context = authority(tmp_path)
    async with serving(saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), context) as port:
        refused = await reach(f"https://127.0.0.1:{port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(public))
        trusted = await reach(f"https://127.0.0.1:{port}")
        other = await reach(f"https://localhost:{port}")
    assert refused.detail.startswith("the certificate of 127.0.0.1 is not trusted: self")
    assert "SSL_CERT_FILE" in refused.hint
    assert trusted.ok
    assert "mismatch" in other.detail
    assert "another name" in other.hint


async def test_a_certificate_out_of_its_time_makes_one_look_at_the_date(monkeypatch: pytest.MonkeyPatch) -> None:
    def expired(_: httpx.Request) -> httpx.Response:
        cause = ssl.SSLCertVerificationError()
        cause.verify_message = "certificate has expired"
        raise httpx.ConnectError("certificate verify failed") from cause

    monkeypatch.setattr("aeptui.api.reach.open_transport", lambda _: httpx.MockTransport(expired))
    reached = await reach("https://platform.example")
    assert reached.detail == "the certificate of platform.example is not trusted: certificate has expired"
    assert "date" in reached.hint


async def test_a_bundle_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/at/all.pem")
    reached = await reach("https://127.0.0.1:9")
    assert "SSL_CERT_FILE" in reached.detail
    assert reached.hint


def tunnel_to(port: int, heads: list[str]) -> Serve:
    """A proxy that leads every CONNECT to one port of this machine."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(65536):
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await saying("HTTP/1.1 200 Connected\r\n\r\n", heads)(reader, writer)
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))

    return serve


async def test_a_proxy_that_opens_tls_is_told_from_one_that_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, context = authority(tmp_path)
    heads: list[str] = []
    async with (
        serving(saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), context) as inner,
        serving(tunnel_to(inner, heads)) as port,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{CANARY}@127.0.0.1:{port}")
        reached = await reach("https://platform.example")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(public))
        trusted = await reach("https://platform.example")
    assert "mismatch" in trusted.detail  # its authority is known now, as it is to the client
    assert heads[0].startswith("CONNECT platform.example:443")
    assert reached.via_proxy == f"http://127.0.0.1:{port}"
    assert "the certificate of platform.example is not trusted through the proxy http://127.0.0.1" in reached.detail
    assert "SSL_CERT_FILE" in reached.hint
    assert CANARY not in repr(reached)


@pytest.mark.parametrize(
    ("answer", "words", "hint"),
    [
        ("HTTP/1.1 403 Forbidden", "refuses it (403)", "allow-list"),
        ("HTTP/1.1 407 Proxy Authentication Required", "wants a name and password", "USER:PASSWORD"),
    ],
)
async def test_a_proxy_that_refuses_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, answer: str, words: str, hint: str
) -> None:
    async with serving(saying(f"{answer}\r\nContent-Length: 0\r\n\r\n")) as port:
        monkeypatch.setenv("https_proxy", f"http://me:{CANARY}@127.0.0.1:{port}")
        reached = await reach("https://platform.example")
    assert f"the proxy http://127.0.0.1:{port} {words}" in reached.detail
    assert hint in reached.hint
    assert CANARY not in repr(reached)


@pytest.mark.parametrize(
    ("proxy", "words"),
    [("127.0.0.1:9", "refuses the connection"), ("http://me:pass@nowhere.invalid:3128", "a name that is not known")],
)
async def test_a_proxy_that_is_not_there_is_the_one_at_fault(
    monkeypatch: pytest.MonkeyPatch, proxy: str, words: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    reached = await reach("https://platform.example")
    assert reached.detail.startswith("platform.example cannot be reached: the proxy http://")
    assert words in reached.detail
    assert reached.hint == "Check HTTPS_PROXY."


async def test_a_proxy_that_keeps_silent_does_not_take_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(silent) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        reached = await reach("https://platform.example", timeout_s=0.4)
    assert "does not answer in time through the proxy" in reached.detail
    assert reached.duration_ms < 2000


@pytest.mark.parametrize(
    "proxy", ["http://me:p8e/canary@proxy:3128", "http://me:8/canary@proxy", "socks5://me:1/canary@x"]
)
async def test_a_proxy_with_a_raw_password_is_refused_and_no_part_of_it_is_shown(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    reached = await reach("https://platform.example")
    assert not reached.ok
    assert "is no address" in reached.detail
    assert "%2F" in reached.hint
    assert not any(part in repr(reached) for part in ("p8e", "canary", "me:"))


@pytest.mark.parametrize("url", ["https://[nowhere", "https://127.0.0.1:99999", "https://" + "a" * 70 + ".example"])
async def test_an_address_that_is_none_is_an_answer_too(url: str) -> None:
    reached = await reach(url)
    assert not reached.ok
    assert reached.hint


@pytest.mark.parametrize(
    ("value", "shown", "credentials"),
    [
        ("http://proxy.acme:3128", "http://proxy.acme:3128", False),
        ("http://me:canary@proxy.acme:3128/", "http://proxy.acme:3128", True),
        ("me:canary@proxy.acme:3128", "http://proxy.acme:3128", True),
        ("HTTPS://me:can@ary@[::1]:8", "HTTPS://[::1]:8", True),
        ("socks5h://proxy", "socks5h://proxy", False),
        ("http://me:can/ary@proxy:3128", None, False),
        ("http://me:canary", None, False),
        ("http://me:99999", None, False),
        ("http://proxy/canary", None, False),
        ("", None, False),
    ],
)
def test_a_proxy_is_shown_without_name_and_password_or_not_at_all(
    value: str, shown: str | None, credentials: bool
) -> None:
    assert shown_proxy(value) == shown
    assert has_credentials(value) is credentials
