"""Broken HTTP over a real socket: the server answers or hangs up, and goes on serving."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from tests.emulator.probing import FS

PATIENCE_S: Final = 20
FLOWS: Final = f"{FS}/flows".encode()


class Line:
    """A served platform, and sockets to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "aeptui", "local", "serve", "--data", str(folder), "--seed", "empty"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self.process.stdout is not None
        self.facts: dict[str, str] = json.loads(self.process.stdout.readline())
        self.host = urlsplit(self.facts["url"]).netloc
        form = (
            f"grant_type=client_credentials&client_id={self.facts['client_id']}"
            f"&client_secret={self.facts['client_secret']}&scope=openid"
        ).encode()
        asked = b"POST /ims/token/v3 HTTP/1.1\r\nHost: %b\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
        token = self.json(asked % (self.host.encode(), len(form), form))["access_token"]
        self.auth = (
            f"Host: {self.host}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n"
            f"x-api-key: {self.facts['client_id']}\r\nx-gw-ims-org-id: {self.facts['org_id']}\r\n"
            f"x-sandbox-name: {self.facts['sandbox']}\r\nContent-Type: application/json\r\n"
        ).encode()

    def say(self, raw: bytes, *, hang_up: bool = False) -> bytes:
        """Send bytes as they are; everything that comes back until the server closes."""
        address, _, port = self.host.rpartition(":")
        with socket.create_connection((address, int(port)), timeout=PATIENCE_S) as line:
            try:
                line.sendall(raw)
                if hang_up:
                    return b""
                line.shutdown(socket.SHUT_WR)
                return b"".join(iter(lambda: line.recv(65_536), b""))
            except ConnectionError:  # it need not hear us out
                return b""

    def json(self, raw: bytes) -> Any:
        return json.loads(self.say(raw).partition(b"\r\n\r\n")[2])

    def well(self) -> bool:
        """Whether a good request is answered well."""
        return self.say(b"GET %b HTTP/1.1\r\n%b\r\n" % (FLOWS, self.auth)).startswith(b"HTTP/1.1 200 ")

    def end(self) -> str:
        """End it; what it said on stderr."""
        self.process.terminate()
        assert self.process.stderr is not None
        said = self.process.stderr.read().decode()
        self.process.wait(PATIENCE_S)
        return said


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    made = Line(tmp_path / "platform")
    yield made
    if made.process.poll() is None:
        made.end()
    for stream in (made.process.stdout, made.process.stderr):
        assert stream is not None
        stream.close()


def _post(auth: bytes, body: bytes, *headers: bytes) -> bytes:
    return b"POST %b HTTP/1.1\r\n%b%b\r\n%b" % (FLOWS, auth, b"".join(one + b"\r\n" for one in headers), body)


def test_no_broken_request_on_a_socket_stops_the_server_or_gets_a_500(line: Line) -> None:
    auth, get = line.auth, b"GET " + FLOWS
    chunked = b"Transfer-Encoding: chunked"
    hosts = (
        b"",
        b"[",
        b"[::1",
        b"\xff",
        b"a" * 9_000,
        b"evil.example",
        b"127.0.0.1:x",
        b"127.0.0.1:99999",
        b"@",
        b"//",
    )
    broken = [
        b"",
        b"\x00",
        b"\r\n" * 1_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
        b"get / http/1.1\r\n\r\n",
        get + b" HTTP/1.0\r\n\r\n",
        get + b"?%zz&\xff HTTP/1.1\r\n" + auth + b"\r\n",
        get + b"\xff HTTP/1.1\r\n" + auth + b"\r\n",
        get + b"?x=" + b"a" * 200_000 + b" HTTP/1.1\r\n" + auth + b"\r\n",
        get + b"/" + b"%2e%2e%2f" * 5_000 + b" HTTP/1.1\r\n" + auth + b"\r\n",
        b"GET http://elsewhere.example" + FLOWS + b" HTTP/1.1\r\n" + auth + b"\r\n",
        b"GET * HTTP/1.1\r\n" + auth + b"\r\n",
        b"OPTIONS * HTTP/1.1\r\n" + auth + b"\r\n",
        b"CONNECT elsewhere.example:443 HTTP/1.1\r\n" + auth + b"\r\n",
        b"TRACE " + FLOWS + b" HTTP/1.1\r\n" + auth + b"\r\n",
        b"X" * 9_000 + b" " + FLOWS + b" HTTP/1.1\r\n" + auth + b"\r\n",
        get + b" HTTP/1.1\r\n" + auth + b"x-long: " + b"a" * 100_000 + b"\r\n\r\n",
        get + b" HTTP/1.1\r\n" + auth + b"x-many: a\r\n" * 5_000 + b"\r\n",
        get + b" HTTP/1.1\r\n" + auth + b"x-request-id: \xff\xfe\r\n\r\n",
        get + b" HTTP/1.1\r\n" + auth + b"x-folded: a\r\n b\r\n\r\n",
        get + b" HTTP/1.1\r\n" + auth + b"no colon\r\n\r\n",
        get + b" HTTP/1.1\r\n" + auth + b"x-nul: a\x00b\r\n\r\n",
        get + b" HTTP/1.1\r\n" + auth + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        get + b" HTTP/1.1\r\n" + auth,
        _post(auth, b"{}", b"Content-Length: -1"),
        _post(auth, b"{}", b"Content-Length: 9" + b"9" * 40),
        _post(auth, b"{}", b"Content-Length: 2", b"Content-Length: 3"),
        _post(auth, b"{}", b"Content-Length: 2", chunked),
        _post(auth, b'{"name"', b"Content-Length: 500"),
        _post(auth, b"{}", b"Content-Length: 2", b"Expect: 100-continue"),
        _post(auth, b"{}", b"Content-Length: 2", b"Content-Encoding: gzip"),
        _post(auth, b"zz\r\n{}\r\n0\r\n\r\n", chunked),
        _post(auth, b"ffffffffffffffff\r\n{}\r\n", chunked),
        _post(auth, b"2\r\n{}\r\n", chunked),
        _post(auth, b"2\r\n{}\r\n0\r\nx-trailer: a\r\n\r\n", chunked),
        _post(auth, b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", chunked),
        _post(auth, b"1\r\n[\r\n" * 5_000 + b"0\r\n\r\n", chunked),
        *(get + b" HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n" for host in hosts),
        *(b"POST /ims/token/v3 HTTP/1.1\r\nHost: " + line.host.encode() + b"\r\nContent-Length: 3\r\n\r\n" + body
          for body in (b"%ff", b"\xff\xff\xff", b"&=&")),
    ]  # fmt: skip
    for raw in broken:
        answer = line.say(raw)
        assert not answer.startswith((b"HTTP/1.1 500", b"HTTP/1.0 500")), (raw[:200], answer[:500])
        line.say(raw, hang_up=True)
        line.say(raw[: len(raw) // 2], hang_up=True)
    assert line.well()
    assert "Error" not in line.end()


def test_a_body_beyond_the_bound_is_refused_and_its_connection_is_of_no_more_use(line: Line) -> None:
    from aeptui.emulator.bounds import MOST_BYTES

    head = b"Content-Length: %d" % (4 * MOST_BYTES)
    answer = line.say(_post(line.auth, b"[" + b" " * (2 * MOST_BYTES), head))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 "), answer[:200]
    assert line.well()


def test_a_mistake_of_the_platform_is_told_in_the_shape_of_the_service_and_where_on_stderr(line: Line) -> None:
    with closing(sqlite3.connect(line.folder / "platform.db", isolation_level=None)) as database:
        database.execute("UPDATE documents SET body = '[\"canary\"]' WHERE kind = 'sandbox'")
    raw = b"GET %b?property=name==canary HTTP/1.1\r\n%bx-request-id: asked-7\r\n\r\n" % (FLOWS, line.auth)
    head, _, body = line.say(raw).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 500 ")
    told = json.loads(body)
    assert told["type"].endswith("EMU-0500-500")
    assert told["report"]["request-id"] == "asked-7"
    said = line.end()
    assert f"TypeError (GET {FS}/flows, request asked-7)" in said
    assert "gateway.py:" in said
    assert "indices" not in said
    assert "canary" not in said
