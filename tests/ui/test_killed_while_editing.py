"""A real process in a real terminal, killed while keys arrive in the editor: what it showed is there afterwards."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aeptui.chain.pipeline import MappingRow
from aeptui.clock import ManualClock, SeededIds
from aeptui.config import Paths
from aeptui.session.editing import Brought
from aeptui.session.pipelines import Pipelines
from tests.ui.terminal_stage import Terminal


@dataclass(frozen=True)
class Left:
    """What a killed process left: the pipeline as the next one opens it."""

    rows: tuple[MappingRow, ...]
    path: str
    brought: Brought

    @property
    def typed(self) -> tuple[str, ...]:
        return self.brought.typing.text.texts if self.brought.typing is not None else ()


class Life:
    """The app from its start, with the pipeline `loyalty` open, until it is killed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.terminal = Terminal("-m", "aeptui", "demo", AEPTUI_HOME=str(home))
        self.log = home / "drafts" / "loyalty.edits"
        self.terminal.read_until(b"loyalty")
        self.terminal.press(b"\r")

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Read the screen on until something holds."""
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, f"{what}; on the screen: {self.terminal.output[-2000:]!r}"
            self.terminal.read(0.002)

    def until_logged(self, text: bytes) -> None:
        self.until(lambda: self.log.exists() and text in self.log.read_bytes(), f"{text!r} in the log")

    def type(self, text: str) -> None:
        """Press keys as somebody does who looks at the screen: each once the one before is shown.

        Args:
            text: Of letters that stand nowhere else on the screen, so that it can be told when one is shown.
        """
        for key in text:
            shown = len(self.terminal.output)
            self.terminal.press(key.encode())
            self.until(lambda shown=shown, key=key: key.encode() in self.terminal.output[shown:], f"{key} shows")  # type: ignore[misc]

    def kill(self) -> Left:
        self.terminal.process.kill()
        self.terminal.process.wait()
        self.terminal.close()
        return asyncio.run(self._left())

    async def _left(self) -> Left:
        """Look at a copy: the next life is to find it as the killed one left it."""
        copy = self.home.with_name(f"{self.home.name}-copy")
        shutil.rmtree(copy, ignore_errors=True)
        for folder in ("drafts", "pipelines"):
            shutil.copytree(self.home / folder, copy / folder)
        nobody: Any = None
        pipelines = Pipelines(Paths.from_environment({"AEPTUI_HOME": str(copy)}), nobody, ManualClock(), SeededIds(), 0)
        editing = await pipelines.open("loyalty", lambda _trouble: None)
        left = Left(editing.pipeline.mapping, editing.pipeline.source.path, editing.brought)
        await editing.close()
        return left


def all_but_the_last_key(kept: str, typed: str) -> bool:
    return kept in (typed, typed[:-1])


def test_whatever_is_being_done_in_the_editor_a_kill_loses_the_last_key_at_most(own_home: Path) -> None:
    # In the table.
    life = Life(own_home)
    life.until_logged(b'"text"')
    life.terminal.press(b"[[ddd")
    life.until_logged(b"delete")
    life.until(lambda: life.log.read_bytes().count(b"delete") == 3, "three rows are gone")
    left = life.kill()
    before = left.rows
    assert left.brought.edits == 3

    # In the form of a row, both lines of it.
    life = Life(own_home)
    life.terminal.read_until(b"3 edits")
    life.terminal.press(b"[[n")
    life.terminal.read_until(b"Map one field")
    life.type("WQ#Z8")
    life.terminal.press(b"\r")
    life.type("JK7$X")
    left = life.kill()
    assert left.rows == before
    assert left.typed[0] == "WQ#Z8"
    assert all_but_the_last_key(left.typed[1], "JK7$X")

    # Right after the row was taken, and taken back.
    life = Life(own_home)
    life.terminal.read_until(b"Map one field")
    life.terminal.press(b"\x1b")
    life.until_logged(b'"map JK7')
    life.terminal.press(b"u")
    life.terminal.read_until(b"Taken back")
    left = life.kill()
    assert (left.rows, left.typed) == (before, ())

    # In a question, with the undone row still to be made again.
    life = Life(own_home)
    life.terminal.read_until(b"Ready to run")
    life.terminal.press(b"[[U")
    life.terminal.read_until(b"Made again")
    life.terminal.press(b"[[\x1b[B\r")
    life.terminal.read_until(b"Path of a file")
    life.type("#Q7JZ")
    left = life.kill()
    assert left.rows[:-1] == before
    assert left.rows[-1].target.startswith("JK7$")
    rows, path = left.rows, left.path
    assert all_but_the_last_key(left.typed[0], f"{path}#Q7JZ")

    # While the editor is left, and its draft written.
    life = Life(own_home)
    life.terminal.read_until(b"Path of a file")
    life.terminal.press(b"!\r")
    life.until_logged(b"change the path")
    life.terminal.press(b"\x1b")
    life.until(lambda: life.log.read_bytes().count(b'"at"') > 1, "the draft is announced")
    left = life.kill()
    assert left.rows == rows
    assert left.path.startswith(f"{path}#Q7J")
    assert left.path.endswith("!")
