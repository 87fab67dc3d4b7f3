"""Keys that arrive in one burst, as over a slow line, do what they do when typed slowly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.terminal_stage import Terminal


@pytest.fixture
def terminal(own_home: Path) -> Iterator[Terminal]:
    terminal = Terminal("-m", "aeptui", "demo", AEPTUI_HOME=str(own_home))
    try:
        terminal.read_until(b"visits")
        terminal.read(0.5)
        yield terminal
    finally:
        terminal.close()


def draft(home: Path, name: str) -> str:
    return "".join(file.read_text("utf-8") for file in home.rglob(f"{name}*") if file.is_file())


def test_a_filter_and_what_it_leads_to(terminal: Terminal) -> None:
    terminal.press(b"/visits\r\r")
    terminal.read_until(b"Pipeline visits")


def test_a_name_typed_at_once_is_the_name(terminal: Terminal, own_home: Path) -> None:
    terminal.press("nQuick brown förms\r".encode())
    terminal.read_until(b"Pipeline quick-brown-forms")
    terminal.read(0.5)
    terminal.press(b"q")
    assert terminal.finish() == 0
    assert 'name = "Quick brown förms"' in draft(own_home, "quick-brown-forms")


def test_a_choice_in_a_list_that_a_key_opened(terminal: Terminal, own_home: Path) -> None:
    terminal.press(b"nBurst\r")
    terminal.read_until(b"Pipeline burst")
    terminal.read(0.5)
    terminal.press(b"\r")
    terminal.read_until(b"Sample SFTP")
    terminal.press(b"/sftp\r\r")
    terminal.read(1.0)
    terminal.press(b"q")
    assert terminal.finish() == 0
    assert 'base_connection = "Sample SFTP"' in draft(own_home, "burst")
