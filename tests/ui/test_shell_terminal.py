"""The app in a real pseudo-terminal: how it ends, and what it leaves behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.terminal_stage import Terminal

DEMO = str(Path(__file__).with_name("shell_demo.py"))
CANARY = "canary-7f3a-never-show-me"
READY = b"connected"


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    terminal = Terminal(DEMO, *getattr(request, "param", ()))
    try:
        terminal.read_until(READY)
        yield terminal
    finally:
        terminal.close()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_gives_the_terminal_back_and_its_own_exit_code(
    terminal: Terminal, number: signal.Signals, code: int
) -> None:
    assert not terminal.restored()
    terminal.process.send_signal(number)
    assert terminal.finish() == code
    assert terminal.restored()


def test_quitting_exits_with_zero_and_gives_the_terminal_back(terminal: Terminal) -> None:
    terminal.press(b"q")
    assert terminal.finish() == 0
    assert terminal.restored()


@pytest.mark.parametrize("terminal", [("deaf",)], indirect=True)
def test_a_terminal_that_goes_away_ends_the_app_even_where_hangups_are_ignored(terminal: Terminal) -> None:
    terminal.hang_up()
    assert terminal.process.wait(timeout=15) == 129


def test_words_nobody_can_read_any_more_do_not_change_the_exit_code() -> None:
    code = """if True:
        import os, sys, time
        from aeptui.ui.terminal import run_app
        class App:
            return_code = 129
            def run(self):
                print("ready", flush=True)
                while os.isatty(0):
                    try:
                        os.tcgetpgrp(0)
                    except OSError:
                        break
                    time.sleep(0.02)
                sys.stdout.write("left over")
        import signal
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        sys.exit(run_app(App()))
    """
    terminal = Terminal("-c", code)
    try:
        terminal.read_until(b"ready")
        terminal.hang_up()
        assert terminal.process.wait(timeout=15) == 129
    finally:
        terminal.close()


def test_a_crash_exits_with_one_and_shows_no_secret(terminal: Terminal) -> None:
    terminal.press(b"c")
    assert terminal.finish() == 1
    assert terminal.restored()
    shown = terminal.output.decode("utf-8", "replace").replace("\r\n", "")
    assert "ValueError" in shown
    assert "broken with ***" in shown
    assert CANARY not in shown


def test_suspending_stops_the_process_and_continuing_paints_again(terminal: Terminal) -> None:
    terminal.press(b"\x1a")
    _, status = os.waitpid(terminal.process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    terminal.read(0)
    terminal.output = b""
    terminal.process.send_signal(signal.SIGCONT)
    terminal.read_until(READY)
    terminal.press(b"q")
    assert terminal.finish() == 0


@pytest.mark.parametrize(
    ("variables", "said"),
    [({"TERM": "dumb"}, "TERM is 'dumb'"), ({"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "1"}, "encoded as")],
)
def test_a_terminal_that_cannot_show_it_is_refused_in_words(variables: dict[str, str], said: str) -> None:
    terminal = Terminal(DEMO, **variables)
    try:
        assert terminal.finish() == 1  # the demo has no command line that turns the error into exit code 2
        assert said in terminal.output.decode().replace("\r\n", " ")
    finally:
        terminal.close()


def test_output_that_is_not_utf8_is_mended_by_starting_again() -> None:
    terminal = Terminal(DEMO, PYTHONIOENCODING="latin-1")
    try:
        terminal.read_until(READY)
        terminal.press(b"q")
        assert terminal.finish() == 0
    finally:
        terminal.close()
