"""A pipeline in a folder of its own, and hands to edit it and to end its editor without a word."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from aeptui.chain.pipeline import MappingRow, Pipeline
from aeptui.chain.typed_text import TypedText, Typing
from aeptui.clock import ManualClock, SeededIds
from aeptui.config import Paths
from aeptui.session.editing import Editing
from aeptui.session.pipelines import Pipelines

TEXT = """version = 1
name = "Orders"  # ours

[[mapping]]
source = "a"
target = "a"
"""
TYPING = Typing("mapping", "new", "mapping", TypedText(("lower(Em", ""), 0, 8, ""))


def shelf(home: Path) -> Pipelines:
    nobody: Any = None
    return Pipelines(Paths(config=home, state=home, data=home), nobody, ManualClock(), SeededIds(), 0)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "pipelines").mkdir(parents=True)
    (home / "pipelines" / "orders.toml").write_text(TEXT)
    return home


def ignore(_trouble: object) -> None:
    """Of no interest."""


def with_row(pipeline: Pipeline, name: str) -> Pipeline:
    return pipeline.model_copy(update={"mapping": (*pipeline.mapping, MappingRow(source=name, target=name))})


def names(pipeline: Pipeline) -> str:
    return "".join(row.target for row in pipeline.mapping)


async def lines_are(home: Path, count: int) -> None:
    """Wait until the log has so many lines."""
    log = home / "drafts" / "orders.edits"
    while not log.exists() or log.read_bytes().count(b"\n") < count:  # noqa: ASYNC110 - a file tells nobody
        await asyncio.sleep(0.001)


def killed(home: Path) -> Path:
    """A home as a killed process leaves it: what stands in the files, and no lock on them."""
    left = home.with_name(f"{home.name}-left")
    shutil.rmtree(left, ignore_errors=True)
    shutil.copytree(home, left)
    return left


def edit(editing: Editing, name: str) -> None:
    assert editing.edit(with_row(editing.pipeline, name), f"map {name}")


async def left_with_edits(home: Path, *edits: str) -> Path:
    """A home as a killed process leaves it after these edits."""
    editing = await shelf(home).open("orders", ignore)
    for name in edits:
        edit(editing, name)
    await lines_are(home, 1 + len(edits))
    left = killed(home)
    await editing.close()
    return left
