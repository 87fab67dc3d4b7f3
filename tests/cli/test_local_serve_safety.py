"""Who gets what from `aeptui local serve`: this machine, with its token, and nobody else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.routing import BaseRoute, Mount, Route

from aeptui.clock import SeededIds, SystemClock
from aeptui.emulator.gateway import Gateway
from aeptui.emulator.platform import LocalPlatform
from tests.served import Served, served, serving

FS = "/data/foundation/flowservice"


def ask(
    served: Served, method: str, path: str, token: str | None = "", headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    """(status, body) of one call; `token` None sends none, empty the good one. The path goes out as it is."""
    sent = {
        "x-api-key": served.facts["client_id"],
        "x-gw-ims-org-id": served.facts["org_id"],
        "x-sandbox-name": served.facts["sandbox"],
        "Accept": "application/vnd.adobe.xed-id+json" if "schemaregistry" in path else "application/json",
        **(headers or {}),
    }
    if token is not None:
        sent["Authorization"] = f"Bearer {token or served.token}"
    connection = http.client.HTTPConnection(served.facts["url"].removeprefix("http://"), timeout=20)
    try:
        connection.putrequest(method, path, skip_host="Host" in sent)
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None
    finally:
        connection.close()


def log_in(served: Served, secret: str) -> tuple[int, Any]:
    """(status, body) of a token call with that secret."""
    form = {"grant_type": "client_credentials", "client_id": served.facts["client_id"], "client_secret": secret}
    query = urlencode({**form, "scope": "openid"})
    return ask(served, "POST", f"/ims/token/v3?{query}", None)


def routes_of(routes: list[BaseRoute], before: str = "") -> Iterator[tuple[str, str]]:
    """(method, path) of everything under some routes."""
    for route in routes:
        if isinstance(route, Mount):
            yield from routes_of(list(route.routes), before + route.path)
        elif isinstance(route, Route):
            for method in route.methods or ():
                yield method, (before + route.path).replace("{", "").replace("}", "").replace(":path", "")


@pytest.fixture
def data_routes(tmp_path: Path) -> list[tuple[str, str]]:
    """Every (method, path) under /data that the platform serves."""
    platform = LocalPlatform.open(tmp_path / "looked-at", clock=SystemClock(), ids=SeededIds(), seed="empty")
    assert isinstance(platform.app, Gateway)
    found = [(method, path) for method, path in routes_of(platform.app.services.routes) if path.startswith("/data/")]
    assert len(found) > 60
    return found


def test_no_route_answers_without_a_good_token(
    served: Served, data_routes: list[tuple[str, str]], tmp_path: Path
) -> None:
    with serving(tmp_path / "other") as other:
        tokens = {
            None: (403, "403010"),
            "wrong": (401, "401013"),
            "a.b.c": (401, "401013"),
            other.token: (401, "401013"),
            forged(served, expires=1): (401, "401013"),
            forged(other, expires=2**32): (401, "401013"),
        }
    for token, wanted in tokens.items():
        for method, path in data_routes:
            status, body = ask(served, method, path, token)
            assert status == wanted[0], (method, path)
            if method != "HEAD":
                assert body["error_code"] == wanted[1]
    assert ask(served, "GET", f"{FS}/flows", forged(served, expires=2**32))[0] == 200, "the forgery is a good one"


def forged(served: Served, expires: int) -> str:
    """A token as the platform signs it, with an end of our choice: whoever has the secret can."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {"exp": expires}]
    text = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    signed = hmac.new(served.facts["client_secret"].encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signed).decode().rstrip('=')}"


SPELLINGS = (
    f"/{FS}/flows",
    "/data//foundation/flowservice/flows",
    "/%64ata/foundation/flowservice/flows",
    "/data%2Ffoundation/flowservice/flows",
    "/x/../data/foundation/flowservice/flows",
    "/./data/foundation/flowservice/flows",
    "/DATA/foundation/flowservice/flows",
    "/data/foundation/flowservice/flows/",
    "/data/foundation/flowservice/flows;x",
    "/ims/../data/foundation/flowservice/flows",
)


def test_no_spelling_of_a_path_goes_round_the_token(served: Served) -> None:
    for path in SPELLINGS:
        status, body = ask(served, "GET", path, None)
        assert status in (403, 501), (path, body)
        assert "items" not in body


def test_the_secret_is_made_anew_each_time_and_no_old_token_is_taken(tmp_path: Path) -> None:
    with serving(tmp_path) as before:
        assert log_in(before, before.facts["client_secret"])[0] == 200
        status, body = log_in(before, "wrong")
        assert (status, body["error"]) == (401, "invalid_client")
    with serving(tmp_path) as after:
        assert after.facts["client_secret"] != before.facts["client_secret"]
        status, body = log_in(after, before.facts["client_secret"])
        assert (status, body["error"]) == (401, "invalid_client")
        assert ask(after, "GET", f"{FS}/flows", before.token)[0] == 401
        assert ask(after, "GET", f"{FS}/flows")[0] == 200
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    for secret in (before.facts["client_secret"], after.facts["client_secret"], before.token):
        assert secret.encode() not in kept


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.7", "127.0.0.1.nip.io", "127.1"])
def test_a_host_that_others_can_reach_is_refused_unless_asked_twice(tmp_path: Path, host: str) -> None:
    command = [sys.executable, "-m", "aeptui", "local", "serve", "--data", str(tmp_path / "data"), "--host", host]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--allow-remote" in done.stderr
    assert "can be reached from other machines" in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "data").exists()


def test_asked_twice_it_serves_others_warns_and_still_wants_the_token(tmp_path: Path) -> None:
    with (
        (tmp_path / "stderr").open("w+") as talk,
        serving(tmp_path, "--host", "0.0.0.0", "--allow-remote", stderr=talk) as served,
    ):
        assert ask(served, "GET", f"{FS}/flows", None)[0] == 403
        assert ask(served, "GET", f"{FS}/flows", headers={"Host": "jump-host.example"})[0] == 200
    said = (tmp_path / "stderr").read_text()
    assert "Warning: other machines can reach 0.0.0.0. Nothing is encrypted" in said
    assert served.facts["storage"] in said
    assert served.facts["client_secret"] not in said


OURS = ("localhost", "localhost:1", "LOCALHOST", "localhost.", "app.localhost:8", "127.0.0.1", "127.9.9.9:9", "[::1]:8")
CONTAINERS = ("host.docker.internal:8080", "host.containers.internal")
OTHERS = ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "[", "8.8.8.8")


def test_whatever_means_this_machine_may_stand_in_the_host_header_and_nothing_else(served: Served) -> None:
    """A tunnel, a container or a tool chooses it, with any port. A name that anybody can own is turned away."""
    token = f"/ims/token/v3?client_secret={served.facts['client_secret']}"
    for host in (*OURS, *CONTAINERS):
        assert ask(served, "GET", f"{FS}/flows", headers={"Host": host})[0] == 200, host
    for host in OTHERS:
        for path in (f"{FS}/flows", token):
            status, body = ask(served, "GET", path, headers={"Host": host})
            assert status == 421, host
            assert "127.0.0.1 or localhost" in body["detail"]


def test_a_request_without_a_host_is_answered(served: Served) -> None:
    """Old tools send none; a browser, which is what the check is for, always does."""
    address, _, port = served.facts["url"].removeprefix("http://").rpartition(":")
    with socket.create_connection((address, int(port)), timeout=20) as line:
        line.sendall(f"GET {FS}/flows HTTP/1.0\r\n\r\n".encode())
        assert b" 403 " in line.recv(65_536)


def test_it_answers_on_ipv6_too(tmp_path: Path) -> None:
    try:
        with socket.socket(socket.AF_INET6) as line:
            line.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    with serving(tmp_path, "--host", "[::1]") as served:
        assert served.facts["url"].startswith("http://[::1]:")
        assert served.call("GET", f"{FS}/flows")["items"] == []


__all__ = ["served"]
