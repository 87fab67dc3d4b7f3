"""`aeptui doctor`: every finding in words, on broken ground too, and no secret in any of them."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aeptui.config import Paths
from aeptui.session import doctor as session_doctor

CANARY = "p8e-canary-of-the-doctor-5150"
Findings = dict[str, dict[str, Any]]
Done = subprocess.CompletedProcess[str]
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_OF_THE_MACHINE = {
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "DBUS_SESSION_BUS_ADDRESS"),
    *("TERM", "COLORTERM", "COLUMNS", "LINES", "TMUX", "STY", "SSH_CONNECTION", "NO_COLOR", "PYTHONIOENCODING"),
    *_PROXIES,
    *(name.lower() for name in _PROXIES),
}


def surroundings(home: Path, **variables: str) -> dict[str, str]:
    """The environment without what the machine says of its own terminal, network and keyring."""
    environment = {key: value for key, value in os.environ.items() if key not in _OF_THE_MACHINE}
    no_keyring = "keyring.backends.null.Keyring"
    return {**environment, "AEPTUI_HOME": str(home), "PYTHON_KEYRING_BACKEND": no_keyring, **variables}


def read(out: str) -> Findings:
    rows = [json.loads(line) for line in out.splitlines()]
    assert all(row["event"] == "doctor_finding" for row in rows)
    assert all(row["hint"] for row in rows if row["state"] != "ok"), rows
    return {row["name"]: row for row in rows}


def start(home: Path, *arguments: str, way: Sequence[str] = ("-m", "aeptui", "doctor"), **options: Any) -> Done:
    """The command in a process of its own; without a terminal, unless `options` say otherwise."""
    variables = options.pop("variables", {})
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    options = {"encoding": "utf-8", **streams, **options, "env": surroundings(home, **variables)}
    return subprocess.run([sys.executable, *way, *arguments], timeout=60, check=False, **options)


async def doctor(home: Path, *arguments: str, **variables: str) -> tuple[int, Findings, str]:
    done = await asyncio.to_thread(start, home, "--json", *arguments, variables=variables)
    return done.returncode, read(done.stdout), done.stdout + done.stderr


def profile(home: Path, url: str, ims_url: str = "") -> None:
    lines = ("[profiles.acme]", f'platform_url = "{url}"', f'ims_url = "{ims_url or url}"', 'client_id = "abc"')
    (home / "config.toml").write_text("\n".join((*lines, 'sandbox = "dev"', 'org_id = "123ABC@AdobeOrg"', "")))
    (home / "config.toml").chmod(0o600)


@asynccontextmanager
async def server(ahead: timedelta, heads: list[str] | None = None) -> Any:
    """Answers 404 with a clock of its own; gives its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if heads is not None:
            heads.append(head)
        date = format_datetime(datetime.now(UTC) + ahead, usegmt=True)
        writer.write(f"HTTP/1.1 404 Not Found\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with serving(serve) as url:
        yield url


@asynccontextmanager
async def serving(serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> Any:
    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()


async def test_a_sound_installation_needs_nothing(tmp_path: Path) -> None:
    code, found, _ = await doctor(tmp_path)
    assert code == 0
    assert {row["state"] for row in found.values()} <= {"ok", "warning"}
    assert {"versions", "terminal", "locale", "keyring", "proxy", "certificates", "reachability"} <= found.keys()
    assert found["reachability"]["detail"] == "the local platform is inside this program"
    assert found["configuration"]["detail"] == "profile local"
    assert found["keyring"]["state"] == "warning"
    assert "PYTHON_KEYRING_BACKEND" in found["keyring"]["detail"]
    assert found["proxy"]["detail"] == "none set"
    for name in ("aeptui", "Python", "textual", "httpx", "keyring", "cryptography"):
        assert re.search(rf"\b{name} \d+\.\d+", found["versions"]["detail"]), name


@pytest.mark.parametrize(
    ("ahead_s", "state", "words"),
    [
        (600, "failed", r"(599|600|601) s behind the platform's"),
        (-600, "failed", r"(599|600|601) s ahead of the platform's"),
        (120, "warning", r"(119|120|121) s behind the platform's"),
        (0, "ok", "right"),
    ],
)
async def test_a_clock_is_compared_with_the_servers(tmp_path: Path, ahead_s: int, state: str, words: str) -> None:
    async with server(timedelta(seconds=ahead_s)) as url:
        profile(tmp_path, url)
        code, found, _ = await doctor(tmp_path, "--profile", "acme")
    assert code == (2 if state == "failed" else 0)
    assert found["platform"]["state"] == "ok"
    assert re.fullmatch(r"127.0.0.1 answers in \d+ ms \(HTTP 404\)", found["platform"]["detail"])
    assert found["clock"]["state"] == state
    assert re.fullmatch(words, found["clock"]["detail"])
    assert bool(found["clock"]["hint"]) is (state != "ok")


async def test_a_slow_host_makes_no_clock_wrong_and_is_given_up_after_five_seconds(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the other end has had enough
        writer.close()

    async with server(timedelta()) as url, serving(silent) as slow:
        profile(tmp_path, url, slow)
        _, found, _ = await doctor(tmp_path, "--profile", "acme")
    assert found["clock"]["detail"] == "right"
    assert found["identity service"]["state"] == "failed"
    assert found["identity service"]["detail"].endswith("accepts a connection, but gives no HTTP answer in time")


async def test_both_hosts_are_asked_at_the_same_time(tmp_path: Path) -> None:
    both = asyncio.Barrier(2)

    async def together(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await both.wait()
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    async with serving(together) as one, serving(together) as other:
        profile(tmp_path, one, other)
        code, found, _ = await doctor(tmp_path, "--profile", "acme")
    assert code == 0
    assert {found[name]["state"] for name in ("platform", "identity service")} == {"ok"}
    assert found["clock"]["detail"] == "cannot be compared: no server told the time"


async def test_nothing_listening_is_said_in_words(tmp_path: Path) -> None:
    profile(tmp_path, "http://127.0.0.1:9")
    code, found, _ = await doctor(tmp_path, "--profile", "acme")
    assert code == 2
    for name in ("platform", "identity service"):
        assert "refuses the connection" in found[name]["detail"]
    assert found["clock"]["state"] == "warning"


async def test_a_name_nobody_knows_is_said_in_words(tmp_path: Path) -> None:
    profile(tmp_path, "https://platform.nowhere.invalid")
    _, found, _ = await doctor(tmp_path, "--profile", "acme")
    assert found["platform"]["state"] == "failed"
    assert "platform.nowhere.invalid" in found["platform"]["detail"]


@pytest.mark.parametrize(
    ("content", "words"), [("[profiles.acme\n", "not valid TOML"), ("profiles = 3\n", "[profiles] is not a table")]
)
async def test_a_broken_configuration_is_a_finding_and_no_crash(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "config.toml").write_text(content)
    code, found, text = await doctor(tmp_path)
    assert code == 2
    assert words in found["configuration"]["detail"]
    assert "Traceback" not in text
    assert found["config file"]["hint"].startswith("chmod 600")


@pytest.mark.parametrize("command", [("profiles", "list"), ("flows",)])
def test_profiles_that_are_no_table_are_told_in_words(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "config.toml").write_text("profiles = 3\n")
    done = subprocess.run(
        [sys.executable, "-m", "aeptui", *command],
        env=surroundings(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "not a table" in done.stderr


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
    assert found["state folder"]["detail"].endswith("/file is a file")


async def test_no_secret_of_the_environment_is_told_or_sent(tmp_path: Path) -> None:
    heads: list[str] = []
    secrets = {"AEPTUI_CLIENT_SECRET": CANARY, "AEPTUI_ACCESS_TOKEN": CANARY}
    proxies = dict.fromkeys(("HTTPS_PROXY", "all_proxy"), f"http://me:{CANARY}@proxy.acme:3128")
    proxies["NO_PROXY"] = f"me:{CANARY}@acme,.adobe.io"
    async with server(timedelta(), heads) as url:
        profile(tmp_path, url.replace("//", f"//me:{CANARY}@"))
        code, found, text = await doctor(tmp_path, "--profile", "acme", **secrets, **proxies)
    assert code == 0
    assert CANARY not in text
    assert found["proxy"]["detail"] == (
        "HTTPS_PROXY=http://proxy.acme:3128 (with a name and password), "
        "all_proxy=http://proxy.acme:3128 (with a name and password), NO_PROXY=acme,.adobe.io"
    )
    assert len(heads) == 2
    assert "authorization" not in "".join(heads).lower()
    assert CANARY not in "".join(heads)


@pytest.mark.parametrize("where", ["local", "acme"])
async def test_a_proxy_with_a_raw_password_fails_and_no_part_of_it_is_shown(tmp_path: Path, where: str) -> None:
    profile(tmp_path, "https://platform.example")
    raw = {"https_proxy": "http://me:p8e-begin/p8e-end@proxy.acme:3128"}
    code, found, text = await doctor(tmp_path, "--profile", where, **raw)
    assert code == 2
    assert found["proxy"]["detail"] == "https_proxy is no address; none that can be used"
    assert "%2F" in found["proxy"]["hint"]
    assert "p8e" not in text
    assert "Traceback" not in text
    if where == "acme":
        assert found["platform"]["state"] == "failed"


async def test_a_proxy_of_another_kind_and_one_turned_off_are_told_apart(tmp_path: Path) -> None:
    proxies = {"ALL_PROXY": "socks5://proxy.acme:1080", "HTTPS_PROXY": "http://proxy.acme", "https_proxy": ""}
    _, found, _ = await doctor(tmp_path, **proxies)
    assert found["proxy"]["state"] == "warning"
    assert found["proxy"]["detail"] == "ALL_PROXY=socks5://proxy.acme:1080"
    assert found["proxy"]["hint"].startswith("ALL_PROXY must begin with http://")


async def test_a_folder_of_authorities_is_one_only_when_it_holds_some(tmp_path: Path) -> None:
    folder = tmp_path / "authorities"
    folder.mkdir()
    for name in ("SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"):
        _, found, _ = await doctor(tmp_path, **{name: str(folder)})
        assert found["certificates"]["state"] == "failed"
        assert "holds no certificate of an authority" in found["certificates"]["detail"]
    (folder / "0a1b2c3d.0").write_text("")
    _, found, _ = await doctor(tmp_path, REQUESTS_CA_BUNDLE=str(folder))
    assert (found["certificates"]["state"], found["certificates"]["detail"]) == ("ok", "those of REQUESTS_CA_BUNDLE")


async def test_a_variable_that_is_not_used_is_named_and_warned_of_when_it_is_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "authorities"
    folder.mkdir()
    (folder / "0a1b2c3d.0").write_text("")
    missing = str(tmp_path / "missing.pem")
    code, found, _ = await doctor(tmp_path, REQUESTS_CA_BUNDLE=str(folder), SSL_CERT_DIR=missing)
    assert code == 0
    assert found["certificates"]["state"] == "warning"
    assert found["certificates"]["detail"].startswith(
        "those of REQUESTS_CA_BUNDLE; not used beside it: SSL_CERT_DIR; SSL_CERT_DIR names"
    )
    code, found, _ = await doctor(tmp_path, CURL_CA_BUNDLE=missing, SSL_CERT_DIR=str(folder))
    assert code == 2
    assert found["certificates"]["hint"].startswith("Correct CURL_CA_BUNDLE")


async def test_a_folder_whose_name_cannot_be_is_a_finding(tmp_path: Path) -> None:
    code, found, text = await doctor(tmp_path / ("x" * 300))
    assert code == 2
    assert found["config folder"]["state"] == "failed"
    assert "File name too long" in found["config folder"]["detail"]
    assert "Traceback" not in text


async def test_looking_makes_no_folder(tmp_path: Path) -> None:
    code, found, _ = await doctor(tmp_path / "not" / "yet")
    assert code == 0
    assert found["data folder"]["state"] == "ok"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["iso8859-1", "ascii"])
def test_an_output_that_has_not_every_character_is_named_and_written_to(tmp_path: Path, encoding: str) -> None:
    home = tmp_path / "élan-жизнь-😀"
    told: dict[str, Any] = {"variables": {"PYTHONIOENCODING": encoding}, "encoding": "iso8859-1"}
    lines, done = start(home, **told), start(home, "--json", **told)
    assert (lines.returncode, lines.stderr) == (done.returncode, done.stderr) == (0, "")
    found = read(done.stdout)
    assert found["data folder"]["detail"].startswith(str(home))
    assert (found["locale"]["state"], found["locale"]["detail"]) == ("warning", f"output is {encoding}")
    assert "PYTHONUTF8=1" in found["locale"]["hint"]


async def test_wishes_for_the_screens_are_mentioned(tmp_path: Path) -> None:
    _, found, _ = await doctor(tmp_path, NO_COLOR="1", AEPTUI_ASCII="1")
    assert found["locale"]["detail"].endswith("; NO_COLOR and AEPTUI_ASCII set")
    _, found, _ = await doctor(tmp_path, AEPTUI_ASCII="0")
    assert "AEPTUI_ASCII" not in found["locale"]["detail"]


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """A terminal: the end of whoever sits at it, and the one a program is started on."""
    both = pty.openpty()
    yield both
    for end in both:
        os.close(end)


@pytest.mark.parametrize(
    ("variables", "size", "state", "words"),
    [
        ({"TERM": "dumb"}, (24, 80), "failed", "dumb, 80x24"),
        ({"TERM": "xterm"}, (24, 80), "warning", "xterm, 80x24, 16 colours"),
        ({"TERM": "tmux", "TMUX": "x,1,0"}, (24, 80), "warning", "tmux, 80x24, inside tmux, 16 colours"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, (24, 80), "ok", "xterm, 80x24, COLORTERM=truecolor"),
        ({"TERM": "xterm-256color", "SSH_CONNECTION": "a"}, (50, 200), "ok", "xterm-256color, 200x50, inside ssh"),
        ({"TERM": "xterm-256color"}, (24, 79), "warning", "xterm-256color, 79x24"),
        ({"TERM": "xterm-256color"}, (23, 80), "warning", "xterm-256color, 80x23"),
    ],
    ids=["dumb", "16 colours", "tmux", "truecolor", "ssh", "narrow", "low"],
)
def test_a_terminal_is_looked_at_even_when_the_output_goes_elsewhere(
    tmp_path: Path, ends: tuple[int, int], variables: dict[str, str], size: tuple[int, int], state: str, words: str
) -> None:
    termios.tcsetwinsize(ends[1], size)
    done = start(tmp_path, "--json", variables=variables, stdin=ends[1], stderr=ends[1])
    assert done.returncode == (2 if state == "failed" else 0)
    found = read(done.stdout)["terminal"]
    assert (found["state"], found["detail"]) == (state, words)
    if state == "failed" or "16 colours" in words:
        assert ("tmux-256color" if "TMUX" in variables else "xterm-256color") in found["hint"]


def test_lines_are_aligned_and_a_hint_stands_below(tmp_path: Path) -> None:
    done = start(tmp_path, "--profile", "nobody")
    assert done.returncode == 2
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith("ok      versions         aeptui ")
    assert lines[-2].startswith("failed  configuration    There is no profile named 'nobody'")
    assert lines[-1].startswith(f"{'':25}Add it")
    assert all(re.match(r"(ok|warning|failed) +[a-z]| {25}\S", line) for line in lines)


def test_it_works_without_the_packages_of_the_screens_and_of_the_local_platform(tmp_path: Path) -> None:
    heavy = ("textual", "pyarrow", "starlette", "uvicorn")
    code = f"""
import sys
from aeptui.cli.doctor import doctor
doctor(["--json"], standalone_mode=False)
print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)
"""
    done = start(tmp_path, way=("-c", code))
    assert done.stderr == "[]\n"
    assert "versions" in read(done.stdout)


def test_missing_packages_little_space_and_open_permissions_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_doctor, "_version", lambda name: "" if name in {"keyring", "pyarrow"} else "1.0")
    versions, local = session_doctor._versions()
    assert versions.state == "failed"
    assert versions.detail.endswith("missing: keyring")
    assert (local.state, local.detail) == ("warning", "not installed: pyarrow")
    assert "aeptui[local]" in local.hint
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=199 * 1024**2))
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "config.toml").chmod(0o604)
    *folders, file = session_doctor._folders(Paths(config=tmp_path, state=tmp_path, data=tmp_path))
    assert {(one.state, one.detail) for one in folders} == {("warning", f"{tmp_path}, 199 MB free")}
    assert (file.name, file.state) == ("config file", "warning")
    monkeypatch.setattr("os.access", lambda *_: False)
    failed, *_ = session_doctor._folders(Paths(config=tmp_path / "new", state=tmp_path, data=tmp_path))
    assert failed.state == "failed"
    assert failed.detail == f"{tmp_path / 'new'} cannot be written to: no permission in {tmp_path}"
