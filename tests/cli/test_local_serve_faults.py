"""`aeptui local serve --faults`: over a real socket a line that is cut is really cut."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from aeptui.api.client import AepClient
from aeptui.api.errors import TransportError
from aeptui.api.http import Endpoints
from aeptui.clock import SystemClock, SystemIds
from aeptui.config import ClientSettings
from aeptui.credentials import Secret
from tests.served import Served, serving
from tests.unit.api.verbs import SOURCE_CONNECTION

FS = "/data/foundation/flowservice"


class Faulty:
    """A platform that is being served with faults, an HTTP client for it, and what it said."""

    def __init__(self, served: Served, talk: Path) -> None:
        self.served = served
        self._talk = talk
        headers = {
            "Authorization": f"Bearer {served.token}",
            "x-api-key": served.facts["client_id"],
            "x-gw-ims-org-id": served.facts["org_id"],
            "x-sandbox-name": "dev",
        }
        self.http = httpx.Client(base_url=served.facts["url"], headers=headers, timeout=20, trust_env=False)

    @property
    def said(self) -> str:
        return self._talk.read_text("utf-8")

    def create(self, **options: Any) -> httpx.Response:
        """POST a source connection."""
        (base,) = self.http.get(f'{FS}/connections?property=name=="Sample SFTP"').json()["items"]
        body = {
            "name": "made",
            "baseConnectionId": base["id"],
            "data": {"format": "delimited"},
            "params": {"path": "/loyalty", "type": "folder"},
            "connectionSpec": base["connectionSpec"],
        }
        return self.http.post(f"{FS}/sourceConnections", json=body, **options)

    def names(self) -> list[str]:
        return [item["name"] for item in self.http.get(f"{FS}/sourceConnections").json()["items"]]


@contextmanager
def faulty(folder: Path, plan: str) -> Iterator[Faulty]:
    file, talk = folder / "faults.toml", folder / "stderr"
    file.write_text(plan, "utf-8")
    with talk.open("w") as stderr, serving(folder, "--faults", str(file), stderr=stderr) as served:
        made = Faulty(served, talk)
        yield made
        made.http.close()
    assert "Traceback" not in made.said
    assert "ASGI" not in made.said


def test_a_line_is_cut_before_after_and_in_the_middle_of_the_answer(tmp_path: Path) -> None:
    plan = "".join(
        f'[[fault]]\nname = "{at}"\nmethod = "POST"\nroute = "/sourceConnections"\nnth = {n}\ndo = "cut"\nat = "{at}"\n'
        for n, at in enumerate(("before", "after", "body"), 1)
    )
    with faulty(tmp_path, plan) as platform:
        nothing, half = "without sending a response", "without sending complete message body"
        for count, words in enumerate((nothing, nothing, half)):
            with pytest.raises(httpx.RemoteProtocolError, match=words):
                platform.create()
            assert len(platform.names()) == count
        assert platform.create().status_code == 201
        lines = [line for line in platform.said.splitlines() if line.startswith("fault")]
    assert lines == [f"fault {at}: POST {FS}/sourceConnections" for at in ("before", "after", "body")]


def test_curl_sees_an_answer_in_the_place_of_the_platforms(tmp_path: Path) -> None:
    plan = (
        '[[fault]]\nroute = "/flows"\nnth = 1\ndo = "answer"\nstatus = 502\ntext = "<html>Bad Gateway</html>"\n'
        '[[fault]]\nroute = "/flows"\nnth = 2\ndo = "answer"\nstatus = 429\nheaders = { Retry-After = "2" }\n'
    )
    with faulty(tmp_path, plan) as platform:
        command = ["curl", "-sS", "-i", f"{platform.served.facts['url']}{FS}/flows"]
        answers = [
            subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout for _ in range(3)
        ]
    assert answers[0].startswith("HTTP/1.1 502")
    assert answers[0].endswith("<html>Bad Gateway</html>")
    assert answers[1].startswith("HTTP/1.1 429")
    assert "retry-after: 2" in answers[1].lower()
    assert answers[2].startswith("HTTP/1.1 403"), "the gateway is asked again"


def test_a_timeout_and_then_a_late_success(tmp_path: Path) -> None:
    plan = '[[fault]]\nmethod = "POST"\nroute = "/sourceConnections"\nfirst = 1\ndo = "late"\nreads = 1\n'
    with faulty(tmp_path, plan) as platform:
        with pytest.raises(httpx.ReadTimeout):
            platform.create(timeout=httpx.Timeout(20, read=0.3))
        assert [platform.names() for _ in range(3)] == [[], ["made"], ["made"]]


def test_a_client_that_waits_for_ever_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with faulty(tmp_path, '[[fault]]\nroute = "/flows"\ndo = "silence"\n') as platform:
        with pytest.raises(httpx.ReadTimeout):
            platform.http.get(f"{FS}/flows", timeout=httpx.Timeout(20, read=0.3))
        ended: list[Exception] = []

        def wait() -> None:
            try:
                platform.http.get(f"{FS}/flows", timeout=60)
            except httpx.TransportError as error:
                ended.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        pause = threading.Event()
        while platform.said.count("fault 1:") < 2:
            pause.wait(0.02)
        platform.served.process.send_signal(signal.SIGTERM)
        assert platform.served.process.wait(20) == 0
        waiting.join(20)
    assert [type(error) for error in ended] == [httpx.RemoteProtocolError]


async def test_our_own_client_tells_that_a_create_may_have_been_applied(tmp_path: Path) -> None:
    plan = '[[fault]]\nmethod = "POST"\nroute = "/sourceConnections"\nfirst = 1\ndo = "cut"\nat = "after"\n'
    with faulty(tmp_path, plan) as platform:
        facts = platform.served.facts
        endpoints = Endpoints(facts["url"], facts["ims_url"], facts["client_id"], facts["org_id"], "dev", "openid")
        async with AepClient(
            endpoints,
            Secret(facts["client_secret"]),
            settings=ClientSettings(read_timeout_s=20),
            clock=SystemClock(),
            ids=SystemIds(),
        ) as client:
            (base,) = [one async for one in client.base_connections.list() if one.name == "Sample SFTP"]
            body = SOURCE_CONNECTION.model_copy(update={"base_connection_id": base.id})
            with pytest.raises(TransportError) as caught:
                await client.source_connections.create(body)
            assert caught.value.maybe_applied
            assert [one.name async for one in client.source_connections.list()] == [SOURCE_CONNECTION.name]


def test_a_plan_that_cannot_be_used_is_told_at_once_and_nothing_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text('[[fault]]\nroute = "/flows"\ndo = "answer"\nstatsu = 503\nstatus = 503\n[[fault]]\ndo = "cutt"\n')
    command = [sys.executable, "-m", "aeptui", "local", "serve", "--data", str(tmp_path / "data")]
    done = subprocess.run([*command, "--faults", str(file)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert f'{file}: fault 1: the key "statsu" is unknown; did you mean "status"?' in done.stderr
    assert f'{file}: fault 2: do is "cutt"; did you mean "cut"?' in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "data").exists()
    done = subprocess.run([*command, "--faults", "none.toml"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "none.toml" in done.stderr) == (2, True)


def test_the_help_has_a_sample() -> None:
    command = [sys.executable, "-m", "aeptui", "local", "serve", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    for words in ("--faults FILE", "[[fault]]", 'do = "cut"', '"page_twice"'):
        assert words in done.stdout
