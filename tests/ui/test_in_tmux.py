"""In a real tmux pane, as on a jump host: one key from the first screen to the finished run."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux on PATH")


class Pane:
    """One pane of a tmux server of its own."""

    def __init__(self, socket: Path, size: tuple[int, int], command: list[str]) -> None:
        self._socket = socket
        width, height = (str(one) for one in size)
        self.tmux("-f", os.devnull, "new-session", "-d", "-x", width, "-y", height, f"exec {shlex.join(command)}")
        self.pid = int(self.tmux("display-message", "-p", "#{pane_pid}"))

    def tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *arguments], capture_output=True, text=True, timeout=20, check=True
        )
        return done.stdout

    def shown(self) -> str:
        return self.tmux("capture-pane", "-p")

    def until(self, condition: Callable[[str], object]) -> str:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            text = self.shown()
            if condition(text):
                return text
            time.sleep(0.1)
        raise AssertionError(f"It never came to pass:\n{self.shown()}")

    def close(self) -> None:
        """Take the terminal away; what ran in it has to end."""
        subprocess.run(["tmux", "-S", str(self._socket), "kill-server"], capture_output=True, check=False)
        deadline = time.monotonic() + 20
        while Path(f"/proc/{self.pid}").exists():
            assert time.monotonic() < deadline, f"process {self.pid} outlives its terminal"
            time.sleep(0.1)


@pytest.fixture(params=[(80, 24), (140, 40)], ids=["80x24", "140x40"])
def pane(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pane]:
    pane = Pane(tmp_path / "tmux", request.param, [sys.executable, "-m", "aeptui", "demo"])
    try:
        yield pane
    finally:
        pane.close()


def test_one_key_leads_to_the_finished_run_and_its_bad_rows(pane: Pane) -> None:
    pane.until(lambda text: "> loyalty" in text)
    pane.tmux("send-keys", "r")
    text = pane.until(lambda text: "11,993" in text and "31/02/1990" in text)
    assert "12,000 in" in text
    assert "7 failed" in text

    pane.tmux("send-keys", "q")
    told = subprocess.run(
        [sys.executable, "-m", "aeptui", "executions"], capture_output=True, text=True, timeout=60, check=True
    )
    assert "succeeded" in told.stdout
    assert "11,993" in told.stdout


def test_plain_ascii_is_plain_to_the_edges_of_dialogs_and_toasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AEPTUI_ASCII", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    pane = Pane(tmp_path / "tmux", (80, 24), [sys.executable, "-m", "aeptui", "demo"])
    try:
        pane.until(lambda text: "> loyalty" in text)
        pane.tmux("send-keys", "y")
        text = pane.until(lambda text: "clipboard" in text)
        assert text.isascii(), text
        pane.tmux("send-keys", "?")
        text = pane.until(lambda text: "| enter" in text.replace("  ", " "))
        assert text.isascii(), text
    finally:
        pane.close()
