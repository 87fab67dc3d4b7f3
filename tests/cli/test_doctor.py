"""`aeptui doctor`: every finding in words, on broken ground too, and no secret in any of them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

CANARY = "p8e-canary-of-the-doctor-5150"
Findings = dict[str, dict[str, Any]]


async def doctor(home: Path, *arguments: str, **variables: str) -> tuple[int, Findings, str]:
    unwanted = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "TERM")
    environment = {key: value for key, value in os.environ.items() if key not in unwanted}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "aeptui",
        "doctor",
        "--json",
        *arguments,
        env={**environment, "AEPTUI_HOME": str(home), **variables},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, talk = await asyncio.wait_for(process.communicate(), 60)
    rows = [json.loads(line) for line in out.decode().splitlines()]
    assert all(row["event"] == "doctor_finding" for row in rows)
    return process.returncode or 0, {row["name"]: row for row in rows}, out.decode() + talk.decode()


def profile(home: Path, url: str) -> None:
    lines = ("[profiles.acme]", f'platform_url = "{url}"', f'ims_url = "{url}"', 'client_id = "abc"', 'sandbox = "dev"')
    (home / "config.toml").write_text("\n".join((*lines, 'org_id = "123ABC@AdobeOrg"', "")))
    (home / "config.toml").chmod(0o600)


@pytest.fixture
async def late_server() -> AsyncIterator[str]:
    """Its clock is ten minutes ahead; it wants no token, and gets none."""
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        date = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
        writer.write(f"HTTP/1.1 404 Not Found\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    assert heads
    assert "authorization" not in "".join(heads).lower()


async def test_a_sound_installation_needs_nothing(tmp_path: Path) -> None:
    code, found, _ = await doctor(tmp_path)
    assert code == 0
    assert {row["state"] for row in found.values()} <= {"ok", "warning"}
    assert {"versions", "terminal", "locale", "keyring", "proxy", "certificates", "reachability"} <= found.keys()
    assert found["reachability"]["detail"] == "the local platform is inside this program"


async def test_a_clock_that_is_wrong_is_found_out(tmp_path: Path, late_server: str) -> None:
    profile(tmp_path, late_server)
    code, found, _ = await doctor(tmp_path, "--profile", "acme")
    assert code == 2
    assert found["platform"]["state"] == "ok"
    assert found["clock"]["state"] == "failed"
    assert "behind" in found["clock"]["detail"]


async def test_nothing_listening_is_said_in_words(tmp_path: Path) -> None:
    profile(tmp_path, "http://127.0.0.1:9")
    code, found, _ = await doctor(tmp_path, "--profile", "acme")
    assert code == 2
    for name in ("platform", "identity service"):
        assert "refuses the connection" in found[name]["detail"]
        assert found[name]["hint"]
    assert found["clock"]["state"] == "warning"


async def test_a_name_nobody_knows_is_said_in_words(tmp_path: Path) -> None:
    profile(tmp_path, "https://platform.nowhere.invalid")
    _, found, _ = await doctor(tmp_path, "--profile", "acme")
    assert found["platform"]["state"] == "failed"
    assert "platform.nowhere.invalid" in found["platform"]["detail"]


async def test_a_broken_configuration_is_a_finding_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[profiles.acme\n")
    code, found, text = await doctor(tmp_path)
    assert code == 2
    assert "not valid TOML" in found["configuration"]["detail"]
    assert "Traceback" not in text
    assert found["config file"]["hint"].startswith("chmod 600")


async def test_a_profile_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    code, found, _ = await doctor(tmp_path, "--profile", "nobody")
    assert code == 2
    assert "nobody" in found["configuration"]["detail"]


async def test_certificates_that_cannot_be_read_are_found_out(tmp_path: Path) -> None:
    _, found, _ = await doctor(tmp_path, SSL_CERT_FILE=str(tmp_path / "missing.pem"))
    assert found["certificates"]["state"] == "failed"
    assert "SSL_CERT_FILE" in found["certificates"]["hint"]
    (tmp_path / "empty.pem").write_text("")
    _, found, _ = await doctor(tmp_path, CURL_CA_BUNDLE=str(tmp_path / "empty.pem"))
    assert found["certificates"]["state"] == "failed"


async def test_timeouts_that_are_no_numbers_are_a_finding(tmp_path: Path) -> None:
    _, found, _ = await doctor(tmp_path, AEPTUI_READ_TIMEOUT_S="soon")
    assert "AEPTUI_READ_TIMEOUT_S" in found["configuration"]["detail"]


async def test_a_folder_that_cannot_be_used_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, found, _ = await doctor(tmp_path / "file")
    assert code == 2
    assert found["state folder"]["state"] == "failed"


async def test_no_secret_of_the_environment_is_told(tmp_path: Path) -> None:
    secrets = {"AEPTUI_CLIENT_SECRET": CANARY, "AEPTUI_ACCESS_TOKEN": CANARY}
    _, found, text = await doctor(tmp_path, HTTPS_PROXY=f"http://me:{CANARY}@proxy.acme:3128", **secrets)
    assert CANARY not in text
    assert "http://proxy.acme:3128" in found["proxy"]["detail"]
