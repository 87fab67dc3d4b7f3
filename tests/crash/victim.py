"""A served platform that is there to be killed, and a client that notices when an answer does not come."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

T = TypeVar("T")
PATIENCE_S: Final = 120.0


class Lost(Exception):
    """No answer came: what was asked for is done or not."""


class Refused(Exception):
    """An answer, and not a good one."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text[:500]}")
        self.status = status
        self.text = text


def until(condition: Callable[[], T | None], what: str) -> T:
    """What the condition gives, once it gives something."""
    pause, end = threading.Event(), time.monotonic() + PATIENCE_S
    while (found := condition()) is None:
        assert time.monotonic() < end, f"in vain: {what}"
        pause.wait(0.02)
    return found


def ingestions(data: Path) -> dict[int, int]:
    """The ingestion processes of a data folder, whoever started them: process id -> parent's process id."""
    found: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError):
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
            if "aeptui.emulator.ingest" in command and str(data) in command:
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    found[int(folder.name)] = int(parent)
    return found


def strike(pid: int, number: int = signal.SIGKILL) -> bool:
    """Send a signal; whether there was somebody."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


class Victim:
    """One life of `aeptui local serve` on a data folder.

    Args:
        program: What to start instead of `python -m aeptui`.
        environment: Variables of its own.
    """

    def __init__(
        self,
        data: Path,
        storage: Path | None,
        *options: str,
        program: Sequence[str] = (sys.executable, "-m", "aeptui"),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.data = data
        self.log = data.with_suffix(".stderr")
        command = [*program, "local", "serve", "--data", str(data), *options]
        if storage is not None:
            command += ["--storage", str(storage)]
        own = {**os.environ, **(environment or {})}
        with self.log.open("ab") as stderr:
            self.process = subprocess.Popen(command, env=own, stdout=subprocess.PIPE, stderr=stderr)
        self._headers: dict[str, str] = {}
        self._http = http.client.HTTPConnection("localhost")

    def opened(self) -> bool:
        """Wait until it serves; False when it ended before."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            return False
        said = json.loads(line)
        self._http = http.client.HTTPConnection(urllib.parse.urlsplit(said["url"]).netloc, timeout=PATIENCE_S)
        form = {
            "grant_type": "client_credentials",
            "client_id": said["client_id"],
            "client_secret": said["client_secret"],
            "scope": "openid",
        }
        self._headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            token = self._asked("POST", "/ims/token/v3", urllib.parse.urlencode(form))["access_token"]
        except Lost:
            return False
        self._headers = {
            "Authorization": f"Bearer {token}",
            "x-api-key": said["client_id"],
            "x-gw-ims-org-id": said["org_id"],
            "x-sandbox-name": said["sandbox"],
            "Content-Type": "application/json",
        }
        return True

    def call(self, method: str, path: str, body: Any = None, accept: str = "application/json") -> Any:
        """One request; the answer's body.

        Raises:
            Lost: the platform was killed.
            Refused: the status is 400 or more.
        """
        return self._asked(method, path, None if body is None else json.dumps(body), accept)

    def _asked(self, method: str, path: str, text: str | None, accept: str = "application/json") -> Any:
        try:
            self._http.request(method, path, text, {**self._headers, "Accept": accept})
            answer = self._http.getresponse()
            said = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise Lost(f"{method} {path}") from error
        finally:
            self._http.close()  # an idle connection that the platform hangs up on would look like a lost answer
        if answer.status >= 400:
            raise Refused(answer.status, said)
        return json.loads(said) if said else None

    def children(self) -> list[int]:
        """Its ingestion processes."""
        return [pid for pid, parent in ingestions(self.data).items() if parent == self.process.pid]

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self.process.kill()

    def buried(self, number: int | None = None) -> int:
        """Wait for its end, after this signal if one is given; its exit code."""
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        self._http.close()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code
