"""The line drops while an execution runs in the screens: what the history says afterwards is what exists."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ui.terminal_stage import Terminal


def close_the_terminal(terminal: Terminal) -> None:
    terminal.hang_up()


def send(number: signal.Signals) -> Callable[[Terminal], None]:
    return lambda terminal: terminal.process.send_signal(number)


ENDS = {
    "terminal closed": (close_the_terminal, 129),
    "SIGHUP": (send(signal.SIGHUP), 129),
    "SIGTERM": (send(signal.SIGTERM), 143),
    "SIGKILL": (send(signal.SIGKILL), -9),
}


@pytest.mark.parametrize("lines", [1, 5, 9, 13], ids=lambda lines: f"journal-line-{lines}")
@pytest.mark.parametrize("end", ENDS)
def test_what_the_history_says_is_what_exists(own_home: Path, end: str, lines: int) -> None:
    cut, code = ENDS[end]
    terminal = Terminal("-m", "aeptui", "demo", AEPTUI_HOME=str(own_home))
    try:
        terminal.read_until(b"loyalty")
        terminal.press(b"r")
        wait_for_journal(own_home, lines, terminal)
        cut(terminal)
        assert terminal.finish() == code
        if end != "SIGKILL" and terminal.master >= 0:
            assert terminal.restored()
    finally:
        terminal.close()

    (execution,) = told(own_home, "executions", "--json")
    assert execution["status"] in ({"interrupted"} if end == "SIGKILL" else {"cancelled", "succeeded"})
    in_doubt = {step for step, state in execution["steps"].items() if state == "in_doubt"}
    flows = {flow["flow"] for flow in told(own_home, "flows", "--json")}
    known = {execution["ids"]["flow"]} if "flow" in execution["ids"] else set()
    assert flows == known or (flows > known and "flow" in in_doubt)
    text = subprocess.run(
        [sys.executable, "-m", "aeptui", "executions"], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert execution["status"] in text


def wait_for_journal(home: Path, lines: int, terminal: Terminal) -> None:
    """Until the journal has that many lines, reading the screen on so that nothing blocks."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        journals = list((home / "executions").glob("*.jsonl"))
        if journals and journals[0].read_bytes().count(b"\n") >= lines:
            return
        terminal.read(0.002)
    raise AssertionError(f"The journal never had {lines} lines; on the screen: {terminal.output[-2000:]!r}")


def told(home: Path, *arguments: str) -> list[dict[str, Any]]:
    environment = {**os.environ, "AEPTUI_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-m", "aeptui", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
