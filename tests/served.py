"""The local platform in a process of its own, on a port: what another client meets."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest


class Served:
    """A platform that is being served, and curl."""

    def __init__(self, facts: dict[str, str], process: subprocess.Popen[str]) -> None:
        self.facts = facts
        self.process = process
        form = (
            "grant_type=client_credentials",
            f"client_id={facts['client_id']}",
            f"client_secret={facts['client_secret']}",
        )
        arguments = [part for field in (*form, "scope=openid") for part in ("--data-urlencode", field)]
        self.token = self.curl(f"{facts['ims_url']}/ims/token/v3", *arguments)["access_token"]

    def curl(self, *arguments: str) -> Any:
        done = subprocess.run(["curl", "-sS", *arguments], capture_output=True, text=True, timeout=30, check=True)
        return json.loads(done.stdout)

    def call(self, method: str, path: str, body: Any = None, accept: str = "application/json") -> Any:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "x-api-key": self.facts["client_id"],
            "x-gw-ims-org-id": self.facts["org_id"],
            "x-sandbox-name": self.facts["sandbox"],
            "Accept": accept,
        }
        arguments = ["-X", method, "-g", self.facts["url"] + path]
        if body is not None:
            headers["Content-Type"] = "application/json"
            arguments += ["-d", json.dumps(body)]
        for name, value in headers.items():
            arguments += ["-H", f"{name}: {value}"]
        return self.curl(*arguments)


@contextmanager
def serving(folder: Path, *options: str, stderr: IO[str] | None = None) -> Iterator[Served]:
    """`aeptui local serve` on a data folder of that name, until the end of the block.

    Args:
        folder: Gets the platform's data, and its home.
        options: Further ones.
        stderr: Where its talk goes; None: where the tests' goes.
    """
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    command = [sys.executable, "-m", "aeptui", "local", "serve", "--data", str(folder / "platform"), *options]
    environment = {**os.environ, "AEPTUI_HOME": str(folder / "home")}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True) as process:
        assert process.stdout is not None
        try:
            yield Served(json.loads(process.stdout.readline()), process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as served:
        yield served


def add_profile(home: Path, facts: dict[str, str], name: str = "remote") -> None:
    """A profile for it, whose secret comes from the environment."""
    fields = {"platform_url": "url", "ims_url": "ims_url", "client_id": "client_id", "org_id": "org_id"}
    lines = [f'{field} = "{facts[key]}"' for field, key in {**fields, "sandbox": "sandbox"}.items()]
    home.mkdir(exist_ok=True)
    text = "\n".join((f"[profiles.{name}]", *lines, 'secret_store = "environment"', ""))
    (home / "config.toml").write_text(text, "utf-8")
