"""A saved pipeline that is changed outside while it is edited here: nothing that stands in it goes unasked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aeptui.chain.pipeline import MappingRow
from aeptui.errors import ConfigError
from aeptui.session.saved_text import WouldReplace
from tests.unit.session.edited_pipeline import edit, home, ignore, killed, names, shelf

THEIRS = '# by hand\nversion = 1\n\n[[mapping]]\nsource = "z"\ntarget = "z"\n'


def saved(home: Path) -> Path:
    return home / "pipelines" / "orders.toml"


async def test_what_was_changed_outside_is_replaced_only_once_it_is_kept_aside(home: Path) -> None:
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    saved(home).write_text(THEIRS)
    for _ in "twice":
        with pytest.raises(WouldReplace, match=r"orders\.toml was changed outside since these edits began"):
            await editing.save()
    assert saved(home).read_text() == THEIRS
    aside = await editing.keep_aside()
    await editing.save()
    assert aside.read_text() == THEIRS
    assert names((await shelf(home).load("orders")).pipeline) == "ab"
    edit(editing, "c")
    await editing.save()  # what we wrote ourselves is no surprise
    await editing.close()


@pytest.mark.parametrize("way", ["left", "killed"])
async def test_a_change_outside_is_noticed_also_by_an_editor_that_goes_on_with_the_draft(home: Path, way: str) -> None:
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    await editing.save()
    edit(editing, "c")
    await editing.keep()
    if way == "killed":
        home = killed(home)
    await editing.close()
    saved(home).write_text(THEIRS)
    again = await shelf(home).open("orders", ignore)
    assert (names(again.pipeline), again.brought.outside) == ("abc", True)
    with pytest.raises(WouldReplace):
        await again.save()
    await again.close()


async def test_a_draft_of_what_is_still_saved_is_saved_unasked(home: Path) -> None:
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    await editing.close()
    again = await shelf(home).open("orders", ignore)
    assert not again.brought.outside
    await again.save()
    await again.close()


async def test_a_crash_between_saving_and_saying_so_is_no_change_outside(home: Path) -> None:
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    await editing.keep()
    draft = (home / "drafts" / "orders.toml").read_text()
    await editing.save()
    left = killed(home)
    (left / "drafts" / "orders.toml").write_text(draft)
    log = left / "drafts" / "orders.edits"
    log.write_bytes(log.read_bytes().rpartition(b'{"written"')[0])
    again = await shelf(left).open("orders", ignore)
    assert (names(again.pipeline), again.brought.outside) == ("ab", False)
    await again.save()
    await again.close()
    await editing.close()


async def test_a_file_that_is_not_toml_is_not_replaced_by_a_new_document_unasked(home: Path) -> None:
    broken = saved(home).read_text() + "target = \n"
    saved(home).write_text(broken)
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    with pytest.raises(WouldReplace, match="not TOML, and nothing of it is in this document"):
        await editing.save()
    assert saved(home).read_text() == broken
    assert (await editing.keep_aside()).read_text() == broken
    await editing.save()
    await editing.close()


async def test_a_file_with_the_line_ends_of_windows_keeps_them(home: Path) -> None:
    lines = saved(home).read_text().splitlines()
    saved(home).write_bytes("\r\n".join([*lines, ""]).encode())
    editing = await shelf(home).open("orders", ignore)
    for name in "bc":
        edit(editing, name)
        await editing.save()
    await editing.close()
    data = saved(home).read_bytes()
    assert data.startswith(b'version = 1\r\nname = "Orders"  # ours\r\n')
    assert data.count(b"\n") == data.count(b"\r\n")
    assert names((await shelf(home).load("orders")).pipeline) == "abc"


async def test_a_pipeline_that_is_a_link_stays_one(home: Path, tmp_path: Path) -> None:
    real = tmp_path / "orders-in-git.toml"
    saved(home).rename(real)
    saved(home).symlink_to(real)
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    await editing.save()
    await editing.close()
    assert saved(home).is_symlink()
    assert names((await shelf(home).load("orders")).pipeline) == "ab"
    assert '"b"' in real.read_text()


async def test_the_largest_mapping_is_there_again_after_it_was_left(home: Path) -> None:
    rows = tuple(MappingRow(expression="x" * 4_096, target=str(number)) for number in range(1_200))
    editing = await shelf(home).open("orders", ignore)
    editing.edit(editing.pipeline.model_copy(update={"mapping": rows}), "import 1,200 mappings")
    await editing.close()
    again = await shelf(home).open("orders", ignore)
    assert again.pipeline.mapping == rows
    await again.close()


async def test_a_pipe_in_the_folder_of_pipelines_holds_nothing_up(home: Path) -> None:
    os.mkfifo(home / "pipelines" / "pipe.toml")
    assert {row.name: row.pipeline is None for row in await shelf(home).list()} == {"orders": False, "pipe": True}


async def test_a_folder_that_takes_nothing_is_an_error_and_no_crash(home: Path) -> None:
    pipelines = shelf(home)
    (home / "pipelines").rename(home / "elsewhere")
    for folder in ("pipelines", "drafts"):
        (home / folder).write_text("in the way")
    for act in (pipelines.save, pipelines.save_draft, pipelines.bring_back):
        with pytest.raises(ConfigError, match="cannot be written"):
            await act("orders", THEIRS)
    with pytest.raises(ConfigError, match="cannot be deleted"):
        await pipelines.discard_draft("orders")


__all__ = ["home"]
