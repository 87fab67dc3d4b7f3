"""A pipeline being edited when its log is damaged or belongs to another text, and when the disk does not take it."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aeptui.errors import AeptuiError
from tests.unit.session.edited_pipeline import (
    TEXT,
    edit,
    home,
    ignore,
    killed,
    left_with_edits,
    lines_are,
    names,
    shelf,
)

__all__ = ["home"]


# A log that is not as it should be


def damage(home: Path, change: Callable[[bytes], bytes]) -> bytes:
    log = home / "drafts" / "orders.edits"
    data = change(log.read_bytes())
    log.write_bytes(data)
    return data


async def test_a_torn_last_line_costs_that_edit_only_and_the_log_goes_on_behind_it(home: Path) -> None:
    left = await left_with_edits(home, "b", "c")
    damage(left, lambda data: data[:-7])
    editing = await shelf(left).open("orders", ignore)
    assert (names(editing.pipeline), editing.brought.set_aside) == ("ab", None)
    edit(editing, "d")
    await lines_are(left, 3)
    again = await shelf(killed(left)).open("orders", ignore)
    assert names(again.pipeline) == "abd"
    await again.close()
    await editing.close()


async def test_behind_a_line_of_garbage_nothing_is_made_but_all_of_it_is_set_aside(home: Path) -> None:
    left = await left_with_edits(home, "b", "c", "d")

    def spoil(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        return b"".join([*lines[:2], b"{garbage\n", *lines[3:]])

    data = damage(left, spoil)
    editing = await shelf(left).open("orders", ignore)
    assert names(editing.pipeline) == "ab"
    assert editing.brought.set_aside is not None
    assert editing.brought.set_aside.read_bytes() == data
    assert "line 3" in editing.brought.why
    edit(editing, "e")
    await lines_are(left, 3)
    again = await shelf(killed(left)).open("orders", ignore)
    assert names(again.pipeline) == "abe"
    await again.close()
    await editing.close()


async def test_edits_of_another_text_are_set_aside_and_not_made(home: Path) -> None:
    left = await left_with_edits(home, "b")
    data = (left / "drafts" / "orders.edits").read_bytes()
    (left / "pipelines" / "orders.toml").write_text(TEXT.replace("Orders", "Others"))
    editing = await shelf(left).open("orders", ignore)
    assert (names(editing.pipeline), editing.brought.edits) == ("a", 0)
    assert editing.brought.set_aside is not None
    assert editing.brought.set_aside.read_bytes() == data
    assert "another text" in editing.brought.why
    assert [one.name for one in await shelf(left).list()] == ["orders"]
    await editing.close()


async def test_a_log_whose_edits_were_all_written_goes_silently_when_the_text_is_another(home: Path) -> None:
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    await editing.save()
    await lines_are(home, 4)
    left = killed(home)
    await editing.close()
    (left / "pipelines" / "orders.toml").write_text(TEXT.replace("Orders", "Others"))
    editing = await shelf(left).open("orders", ignore)
    assert (names(editing.pipeline), editing.brought.set_aside) == ("a", None)
    await editing.close()


async def test_a_log_of_another_version_is_set_aside(home: Path) -> None:
    left = await left_with_edits(home, "b")
    damage(left, lambda data: data.replace(b'"v":1', b'"v":2'))
    editing = await shelf(left).open("orders", ignore)
    assert editing.brought.set_aside is not None
    await editing.close()


# A disk that does not take it


@pytest.fixture
def full_disk() -> Iterator[Callable[[int | None], None]]:
    """Says how large files may become; None: as large as they like."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size: int | None) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, before if size is None else (size, before[1]))

    yield limit
    limit(None)


async def test_a_full_disk_is_told_once_and_the_next_edit_that_fits_brings_all(
    home: Path, full_disk: Callable[[int | None], None]
) -> None:
    told: list[AeptuiError | None] = []
    editing = await shelf(home).open("orders", told.append)
    edit(editing, "b")
    await lines_are(home, 2)
    size = (home / "drafts" / "orders.edits").stat().st_size
    full_disk(size + 10)
    for name in "cd":
        edit(editing, name)
    with pytest.raises(AeptuiError):
        await editing.keep()
    assert names(editing.pipeline) == "abcd"
    assert [str(one)[:30] for one in told] == ["Edits of orders cannot be kept"]
    # No part of a line that did not fit stays behind.
    assert (home / "drafts" / "orders.edits").stat().st_size == size
    full_disk(None)
    edit(editing, "e")
    await lines_are(home, 5)
    again = await shelf(killed(home)).open("orders", ignore)
    assert names(again.pipeline) == "abcde"
    await again.close()
    await editing.close()
    assert told[1:] == [None]


async def test_a_folder_that_cannot_be_made_stops_no_editing(home: Path) -> None:
    told: list[AeptuiError | None] = []
    (home / "drafts").write_text("a file where the folder should be")
    editing = await shelf(home).open("orders", told.append)
    edit(editing, "b")
    with pytest.raises(AeptuiError):
        await editing.close()
    assert names(editing.pipeline) == "ab"
    assert len(told) == 1
