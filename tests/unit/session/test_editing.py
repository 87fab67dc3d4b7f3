"""A pipeline being edited: whatever ends the process, its edits, their history and what was being typed are there."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aeptui.errors import AeptuiError, ConfigError
from aeptui.session.editing import Brought
from tests.unit.session.edited_pipeline import (
    TYPING,
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


async def test_after_a_kill_edits_their_history_and_typed_text_are_there(home: Path) -> None:
    editing = await shelf(home).open("orders", ignore)
    for name in "bcd":
        edit(editing, name)
    editing.undo()
    editing.typing(TYPING)
    await lines_are(home, 6)
    left = killed(home)
    assert not (left / "drafts" / "orders.toml").exists()

    again = await shelf(left).open("orders", ignore)
    assert (names(again.pipeline), again.brought.edits, again.brought.undos) == ("abc", 2, 0)
    assert again.brought.typing == TYPING
    assert [again.redo(), again.undo(), again.undo(), again.undo(), again.undo()] == [
        "map d", "map d", "map c", "map b", "",
    ]  # fmt: skip
    await again.close()
    await editing.close()


async def test_other_readers_see_edits_that_no_draft_holds(home: Path) -> None:
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    await lines_are(home, 2)
    loaded = await shelf(home).load("orders")
    assert names(loaded.pipeline) == "ab"
    assert "# ours" in loaded.text
    (row,) = await shelf(home).list()
    assert row.has_draft
    assert row.pipeline == loaded.pipeline
    await editing.close()


async def test_typed_text_alone_makes_a_draft_in_the_list(home: Path) -> None:
    editing = await shelf(home).open("orders", ignore)
    assert [row.has_draft for row in await shelf(home).list()] == [False]
    editing.typing(TYPING)
    await lines_are(home, 2)
    assert [row.has_draft for row in await shelf(home).list()] == [True]
    await editing.close()


async def test_a_pipeline_is_listed_anew_when_one_of_its_files_changed_and_only_then(home: Path) -> None:
    pipelines = shelf(home)
    (before,) = await pipelines.list()
    assert (await pipelines.list())[0] is before
    editing = await pipelines.open("orders", ignore)
    edit(editing, "b")
    await lines_are(home, 2)
    (edited,) = await pipelines.list()
    assert before.pipeline is not None
    assert edited.pipeline is not None
    assert (names(before.pipeline), names(edited.pipeline)) == ("a", "ab")
    await editing.save()
    await editing.close()
    (saved,) = await pipelines.list()
    assert saved.pipeline is not None
    assert (names(saved.pipeline), saved.has_draft) == ("ab", False)
    assert (await pipelines.list())[0] is saved


async def test_a_draft_and_its_history_go_together_and_end_with_saving(home: Path) -> None:
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    await editing.close()
    assert "# ours" in (home / "drafts" / "orders.toml").read_text()
    editing = await shelf(home).open("orders", ignore)
    assert (names(editing.pipeline), editing.brought.edits, editing.is_written) == ("ab", 0, True)
    assert editing.undo() == "map b"
    assert editing.redo() == "map b"
    await editing.save()
    await editing.close()
    assert list((home / "drafts").iterdir()) == []
    assert names((await shelf(home).load("orders")).pipeline) == "ab"
    await (await shelf(home).open("orders", ignore)).close()
    assert list((home / "drafts").iterdir()) == []


async def test_undo_goes_on_after_a_save_and_a_kill(home: Path) -> None:
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    await editing.save()
    edit(editing, "c")
    await lines_are(home, 5)
    again = await shelf(killed(home)).open("orders", ignore)
    assert (names(again.pipeline), again.brought.edits) == ("abc", 1)
    assert [again.undo(), again.undo(), names(again.pipeline)] == ["map c", "map b", "a"]
    await again.close()
    await editing.close()


KILLED_AT = {
    "as the draft's new text is about to take its place": "os.rename",
    "when it has just taken it": "written",
}


@pytest.mark.parametrize("moment", KILLED_AT)
async def test_a_kill_while_the_draft_is_written_loses_nothing_and_repeats_nothing(home: Path, moment: str) -> None:
    child = subprocess.run(
        [sys.executable, "-m", "tests.unit.session.killed_editor", str(home), KILLED_AT[moment]],
        cwd=Path(__file__).parents[3], check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert (home / "drafts" / "orders.toml").exists() == (KILLED_AT[moment] == "written")
    again = await shelf(home).open("orders", ignore)
    assert names(again.pipeline) == "abcd"
    assert again.brought.edits == (1 if KILLED_AT[moment] == "written" else 3)
    assert [again.undo(), again.undo(), again.undo(), again.undo()] == ["map d", "map c", "map b", ""]
    await again.close()


async def test_an_edit_made_while_the_draft_is_written_is_not_taken_for_written(home: Path) -> None:
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    keeping = asyncio.create_task(editing.keep())
    for _ in range(2):
        await asyncio.sleep(0)  # it has taken the document as it is now
    edit(editing, "c")
    assert names((await keeping).pipeline) == "ab"
    assert not editing.is_written
    again = await shelf(killed(home)).open("orders", ignore)
    assert (names(again.pipeline), again.brought.edits) == ("abc", 1)
    await again.close()
    await editing.close()


async def test_a_draft_that_nobody_waits_for_any_more_is_written_to_its_end(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = threading.Event()
    monkeypatch.setattr(os, "fsync", lambda _descriptor: disk.wait(10))
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    keeping = asyncio.create_task(editing.keep())
    await lines_are(home, 3)  # the text is announced, and the disk takes its time
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    disk.set()
    assert names((await editing.keep()).pipeline) == "ab"
    await lines_are(home, 4)
    assert (home / "drafts" / "orders.edits").read_bytes().count(b'"at"') == 2  # the first line, and one text
    await editing.close()


# Two editors


async def test_a_second_editor_shows_the_pipeline_and_refuses_to_change_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aeptui.session.edit_opening._TRIES", 1)
    first = await shelf(home).open("orders", ignore)
    edit(first, "b")
    await lines_are(home, 2)
    second = await shelf(home).open("orders", ignore)
    assert names(second.pipeline) == "ab"
    assert "open in another editor" in str(second.brought.elsewhere)
    for change in (lambda: edit(second, "x"), second.undo, second.redo):
        with pytest.raises(AeptuiError, match="open in another editor"):
            change()
    second.typing(TYPING)
    assert names((await second.keep()).pipeline) == "ab"
    with pytest.raises(AeptuiError, match="open in another editor"):
        await second.save()
    await second.close()
    with pytest.raises(ConfigError, match="open in another editor"):
        await shelf(home).delete("orders")
    await first.close()
    third = await shelf(home).open("orders", ignore)
    edit(third, "c")
    await third.close()
    assert names((await shelf(home).load("orders")).pipeline) == "abc"


async def test_a_pipeline_that_is_being_closed_is_waited_for_and_then_read(home: Path) -> None:
    first = await shelf(home).open("orders", ignore)
    edit(first, "b")
    second = asyncio.create_task(shelf(home).open("orders", ignore))
    await asyncio.sleep(0.02)  # so that it has found it taken
    await first.save()
    await first.close()
    opened = await second
    assert (names(opened.pipeline), opened.brought) == ("ab", Brought())
    await opened.close()


async def test_opening_what_is_not_there_leaves_nothing_behind(home: Path) -> None:
    for _ in range(2):
        with pytest.raises(ConfigError, match="no pipeline named 'nothing'"):
            await shelf(home).open("nothing", ignore)
    assert list((home / "drafts").iterdir()) == []


async def test_what_a_crash_left_half_written_is_cleared_away(home: Path) -> None:
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    await editing.close()
    (home / "drafts" / ".orders.toml.x1y2").write_text("half a dra")
    await (await shelf(home).open("orders", ignore)).close()
    assert sorted(file.name for file in (home / "drafts").iterdir()) == ["orders.edits", "orders.toml"]


async def test_an_opening_that_nobody_waits_for_leaves_nothing_open(home: Path) -> None:
    opening = asyncio.create_task(shelf(home).open("orders", ignore))
    while not (home / "drafts" / "orders.edits").exists():  # noqa: ASYNC110 - a file tells nobody
        await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await shelf(home).delete("orders")


async def test_deleting_takes_the_edits_too_and_answers_the_newest_text(home: Path) -> None:
    left = await left_with_edits(home, "b")
    assert 'target = "b"' in await shelf(left).delete("orders")
    assert await shelf(left).list() == ()
    assert list((left / "drafts").iterdir()) == []


async def test_the_log_can_be_read_by_its_owner_only(home: Path) -> None:
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    await lines_are(home, 2)
    log = home / "drafts" / "orders.edits"
    assert log.stat().st_mode & 0o777 == 0o600
    assert json.loads(log.read_bytes().splitlines()[1])["edit"] == "map b"
    await editing.close()


async def test_a_log_that_has_grown_long_is_swallowed_by_the_draft_meanwhile(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aeptui.session.editing._LONG", 300)
    editing = await shelf(home).open("orders", ignore)
    for name in "bcdefgh":
        edit(editing, name)
    while not editing.is_written:  # noqa: ASYNC110 - it happens in the background
        await asyncio.sleep(0.001)
    assert names(editing.parsed.pipeline) == "abcdefgh"
    await editing.close()


async def test_a_log_that_has_grown_huge_begins_anew_once_all_of_it_is_in_the_draft(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aeptui.session.editing.LONGEST", 600)
    editing = await shelf(home).open("orders", ignore)
    for name in "bcdef":
        edit(editing, name)
    editing.typing(TYPING)
    await editing.keep()
    edit(editing, "g")
    await lines_are(home, 10)
    assert (home / "drafts" / "orders.edits").stat().st_size > 600  # typed text is in no draft
    editing.typing(None)
    await editing.keep()
    edit(editing, "h")
    await lines_are(home, 2)
    while (home / "drafts" / "orders.edits").stat().st_size > 600:  # noqa: ASYNC110 - a file tells nobody
        await asyncio.sleep(0.001)
    await lines_are(home, 2)
    again = await shelf(killed(home)).open("orders", ignore)
    assert (names(again.pipeline), again.brought.edits, again.undo(), again.undo()) == ("abcdefgh", 1, "map h", "")
    await again.close()
    assert [editing.undo(), editing.undo(), editing.undo()] == ["map h", "map g", "map f"]
    await lines_are(home, 5)
    again = await shelf(killed(home)).open("orders", ignore)
    assert (names(again.pipeline), again.redo(), again.redo(), again.redo()) == ("abcde", "map f", "map g", "map h")
    await again.close()
    await editing.close()
