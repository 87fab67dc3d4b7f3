"""The files of a base connection by keys, on a local platform: folders, first rows, formats, and what can be picked."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aeptui.errors import AeptuiError
from aeptui.models.connections import FileFormat
from aeptui.ui.screens.ask import AskScreen
from aeptui.ui.screens.explore import ExploreScreen, PickedPath
from aeptui.ui.screens.explore_picking import (
    folder_above,
    format_for,
    pattern_problem,
    suggested_pattern,
    suggested_title,
)
from aeptui.ui.screens.pick import PickScreen
from aeptui.ui.screens.pipeline import PipelineScreen
from aeptui.ui.widgets.file_list import FileList
from aeptui.ui.widgets.file_preview import FilePreviewGrid
from tests.ui import local_stage as local


def text_of(pilot: Any) -> str:
    return " ".join(str(local.shown(pilot.app.screen)).split())


class Explored:
    """The app with the files of the sample SFTP connection open, and what was picked."""

    def __init__(self, home: Path) -> None:
        self.app = local.LocalApp(home, "sources")
        self.picked: list[PickedPath | None] = []
        self.connection = ""

    async def open(self, pilot: Any, path: str | None = None, expect: str = "") -> ExploreScreen:
        await local.until(pilot, lambda: self.app.session is not None)
        connections = await self.app.local_session.sources.base_connections()
        self.connection = next(str(one.id) for one in connections if one.name == "Sample SFTP")
        screen = ExploreScreen(self.app.local_session, self.connection, path)
        await self.app.push_screen(screen, self.picked.append)
        await local.until(pilot, lambda: expect in text_of(pilot), expect)
        return screen


async def test_folders_open_with_enter_and_close_with_left_and_the_cursor_finds_its_way_back(tmp_path: Path) -> None:
    stage = Explored(tmp_path)
    async with stage.app.run_test(size=(80, 24)) as pilot:
        screen = await stage.open(pilot, expect="web/")
        files = screen.query_one(FileList)
        await pilot.press("end", "enter")
        await local.until(pilot, lambda: "visits/" in text_of(pilot))
        await pilot.press("right")
        await local.until(pilot, lambda: "2026/" in text_of(pilot))
        assert "/ web / visits" in text_of(pilot)
        await pilot.press("left")
        assert files.cursor_key == "/web/visits"
        await pilot.press("backspace")
        assert files.cursor_key == "/web"
        await pilot.press("left")
        assert screen.folder is None


@pytest.mark.parametrize(
    ("path", "file", "words", "columns"),
    [
        ("/loyalty/members", "2026-11-01.tsv", "t delimited l tab u UTF-8 c not compressed detected", "MemberId"),
        ("/orders", "orders.jsonl.gz", "t json c gzip detected", "items (array)"),
        ("/products", "products.parquet", "t parquet detected", "sku"),
        ("/web/visits/2026/11/01", "part-00000.csv", "t delimited l comma", "visit"),
    ],
)
async def test_the_first_rows_of_each_sample_are_shown_in_the_format_that_was_detected(
    tmp_path: Path, path: str, file: str, words: str, columns: str
) -> None:
    stage = Explored(tmp_path)
    async with stage.app.run_test(size=(80, 24)) as pilot:
        screen = await stage.open(pilot, path, file)
        await local.until(pilot, lambda: words in text_of(pilot), words)
        rows = screen.query_one(FilePreviewGrid)
        assert rows.row_count > 10
        assert columns.casefold() in "".join(column.label for column in rows.columns).casefold()


async def test_wide_tables_scroll_sideways_and_the_files_stay(tmp_path: Path) -> None:
    stage = Explored(tmp_path)
    async with stage.app.run_test(size=(80, 24)) as pilot:
        screen = await stage.open(pilot, "/loyalty/members", "M100003")
        await pilot.press("enter")
        assert isinstance(stage.app.focused, FilePreviewGrid)
        assert "Points" not in text_of(pilot)
        await pilot.press(*["right"] * 12)
        assert "Points" in text_of(pilot)
        assert screen.folder == "/loyalty/members"
        await pilot.press("enter")
        assert isinstance(stage.app.focused, FileList)


async def test_holding_a_key_down_reads_only_the_file_it_stops_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Explored(tmp_path)
    async with stage.app.run_test(size=(80, 24)) as pilot:
        await stage.open(pilot, "/loyalty", "members/")
        read: list[str] = []
        sniff = stage.app.local_session.sources.sniff

        async def counted(base_connection_id: str, path: str) -> FileFormat:
            read.append(path.rsplit("/", 1)[-1])
            found: FileFormat = await sniff(base_connection_id, path)
            return found

        monkeypatch.setattr(stage.app.local_session.sources, "sniff", counted)
        monkeypatch.setattr("aeptui.ui.screens.explore._SETTLE_S", 0.5)
        await pilot.press("enter")
        await local.until(pilot, lambda: "2026-11-03.tsv" in text_of(pilot))
        await pilot.press("down", "down")
        await local.until(pilot, lambda: "M116" in text_of(pilot) or "detected" in text_of(pilot))
        assert read == ["2026-11-03.tsv"]


async def test_a_delimiter_that_was_detected_wrongly_can_be_changed_and_detected_again(tmp_path: Path) -> None:
    stage = Explored(tmp_path)
    async with stage.app.run_test(size=(80, 24)) as pilot:
        screen = await stage.open(pilot, "/loyalty/members", "M100003")
        await pilot.press("l")
        await local.until(pilot, lambda: isinstance(stage.app.screen, AskScreen))
        await pilot.press("ctrl+u", *"pipe", "enter")
        await local.until(pilot, lambda: "l pipe" in text_of(pilot) and "as you said" in text_of(pilot))
        await local.until(pilot, lambda: len(screen.query_one(FilePreviewGrid).columns) == 1)
        await pilot.press("f")
        await local.until(pilot, lambda: stage.picked)
        assert stage.picked[0] is not None
        assert stage.picked[0].file_format == FileFormat("delimited", "|", None, "UTF-8")


async def test_type_and_compression_are_chosen_from_a_list_and_r_detects_again(tmp_path: Path) -> None:
    stage = Explored(tmp_path)
    async with stage.app.run_test(size=(80, 24)) as pilot:
        await stage.open(pilot, "/orders", "t json c gzip detected")
        await pilot.press("c")
        await local.until(pilot, lambda: isinstance(stage.app.screen, PickScreen))
        await pilot.press("home", "enter")
        await local.until(pilot, lambda: "c not compressed as you said" in text_of(pilot))
        await pilot.press("t")
        await local.until(pilot, lambda: isinstance(stage.app.screen, PickScreen))
        await pilot.press("end", "enter")
        await local.until(pilot, lambda: "t parquet as you said" in text_of(pilot))
        assert stage.app.is_running
        await pilot.press("r")
        await local.until(pilot, lambda: "t json c gzip detected" in text_of(pilot))


async def test_f_picks_the_file_with_its_format(tmp_path: Path) -> None:
    stage = Explored(tmp_path)
    async with stage.app.run_test(size=(80, 24)) as pilot:
        await stage.open(pilot, "/products", "t parquet detected")
        await pilot.press("R", "f")
        await local.until(pilot, lambda: stage.picked)
        assert stage.picked == [
            PickedPath(stage.connection, "/products/products.parquet", "file", False, FileFormat("parquet"))
        ]


async def test_o_picks_a_folder_and_finds_the_format_of_its_files_however_deep(tmp_path: Path) -> None:
    stage = Explored(tmp_path)
    async with stage.app.run_test(size=(80, 24)) as pilot:
        await stage.open(pilot, expect="web/")
        await pilot.press("end")
        assert "o picks /web R sub-folders: no" in text_of(pilot)
        await pilot.press("R")
        assert "R sub-folders: yes" in text_of(pilot)
        await pilot.press("o")
        await local.until(pilot, lambda: stage.picked)
        (picked,) = stage.picked
        assert picked is not None
        assert (picked.path, picked.type, picked.recursive) == ("/web", "folder", True)
        assert picked.file_format is not None
        assert (picked.file_format.format, picked.file_format.column_delimiter) == ("delimited", ",")


async def test_g_picks_a_pattern_that_begins_with_the_ending_of_the_file_and_must_be_one(tmp_path: Path) -> None:
    stage = Explored(tmp_path)
    async with stage.app.run_test(size=(80, 24)) as pilot:
        await stage.open(pilot, "/loyalty/members", "M100003")
        await pilot.press("g")
        await local.until(pilot, lambda: "/loyalty/members/*.tsv" in text_of(pilot))
        await pilot.press("ctrl+u", *"/loy", "enter")
        await pilot.pause()
        assert "A pattern has a * in it" in text_of(pilot)
        await pilot.press(*"*/*/*.tsv", "enter")
        await local.until(pilot, lambda: stage.picked)
        (picked,) = stage.picked
        assert picked is not None
        assert (picked.path, picked.type) == ("/loy*/*/*.tsv", "folder")
        assert picked.file_format == FileFormat("delimited", "\t", None, "UTF-8")


async def test_the_pipeline_editor_takes_what_is_picked_into_its_source(tmp_path: Path) -> None:
    app: Any = local.LocalApp(tmp_path, "pipelines")
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "loyalty" in text_of(pilot))
        await app.push_screen(PipelineScreen(app.local_session, "loyalty", "source"))
        await local.until(pilot, lambda: "MemberId" in text_of(pilot))
        await pilot.press("x")
        await local.until(pilot, lambda: isinstance(app.screen, ExploreScreen) and "M100003" in text_of(pilot))
        assert app.screen.folder == "/loyalty/members"
        await pilot.press("f")
        await local.until(pilot, lambda: isinstance(app.screen, PipelineScreen) and "< file >" in text_of(pilot))
        source = app.screen.state.pipeline.source
        assert (source.path, source.type, source.column_delimiter) == (
            "/loyalty/members/2026-11-01.tsv",
            "file",
            "\t",
        )


async def test_escape_picks_nothing(tmp_path: Path) -> None:
    stage = Explored(tmp_path)
    async with stage.app.run_test(size=(80, 24)) as pilot:
        screen = await stage.open(pilot, expect="web/")
        await pilot.press("escape")
        await local.until(pilot, lambda: stage.app.screen is not screen)
        assert stage.picked == []


async def test_typing_into_the_filter_never_picks_or_leaves(tmp_path: Path) -> None:
    stage = Explored(tmp_path)
    async with stage.app.run_test(size=(80, 24)) as pilot:
        screen = await stage.open(pilot, "/loyalty/members", "M100003")
        await pilot.press("slash", *"fogtlucR", "backspace", "backspace")
        assert stage.app.screen is screen
        assert screen.folder == "/loyalty/members"
        assert screen.query_one(FileList).filter_text == "fogtlu"


async def test_a_folder_that_cannot_be_listed_is_not_called_empty(tmp_path: Path) -> None:
    stage = Explored(tmp_path)
    async with stage.app.run_test(size=(80, 24)) as pilot:
        await stage.open(pilot, "/nowhere", "This folder could not be listed.")
        assert "This folder is empty" not in text_of(pilot)
        assert "✗" in text_of(pilot)
        await pilot.press("backspace")
        await local.until(pilot, lambda: "loyalty/" in text_of(pilot))
        assert "could not be listed" not in text_of(pilot)


async def test_a_file_that_cannot_be_read_says_why_and_can_still_be_picked(tmp_path: Path) -> None:
    stage = Explored(tmp_path)
    storage = tmp_path / "local" / "storage" / "odd"
    async with stage.app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: stage.app.session is not None)
        storage.mkdir()
        (storage / "broken.parquet").write_bytes(b"PAR1 but nothing else")
        screen = await stage.open(pilot, "/odd", "broken.parquet")
        await local.until(pilot, lambda: stage.app._notifications)
        assert screen.query_one(FilePreviewGrid).row_count == 0
        await pilot.press("f")
        await local.until(pilot, lambda: stage.picked)
        assert stage.picked == [PickedPath(stage.connection, "/odd/broken.parquet", "file", False, None)]


async def test_with_room_files_and_rows_stand_side_by_side(tmp_path: Path) -> None:
    stage = Explored(tmp_path)
    async with stage.app.run_test(size=(140, 40)) as pilot:
        screen = await stage.open(pilot, "/loyalty/members", "M100003")
        files, rows = screen.query_one(FileList), screen.query_one(FilePreviewGrid)
        assert files.region.right <= rows.region.x
        assert rows.size.height > 30


# Without a screen


@pytest.mark.parametrize(
    ("path", "folder"),
    [("/a/b/c.csv", "/a/b"), ("/c.csv", None), ("/a/*/b/*.csv", "/a"), ("/*.csv", None), ("/a", None)],
)
def test_the_folder_above_a_path_is_one_that_can_be_listed(path: str, folder: str | None) -> None:
    assert folder_above(path) == folder


def test_a_pattern_keeps_every_ending_of_a_file() -> None:
    assert suggested_pattern("/orders", "orders.jsonl.gz") == "/orders/*.jsonl.gz"
    assert suggested_pattern(None, "README") == "/*"
    assert pattern_problem("/orders/*.gz") == ""
    assert pattern_problem("orders/*.gz")
    assert pattern_problem("/orders/*/")


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/loyalty/members/*.tsv", "Members"),
        ("/web/visits/2026/11/01", "Visits"),
        ("/web_shop-orders.jsonl.gz", "Web shop orders"),
        ("/", "New pipeline"),
    ],
)
def test_a_new_pipeline_is_named_after_what_it_reads(path: str, title: str) -> None:
    assert suggested_title(path) == title


async def test_a_format_the_user_chose_counts_for_the_whole_folder() -> None:
    chosen = FileFormat("delimited", ";")
    detected = {"/a/1.csv": FileFormat("delimited", ","), "/a/2.csv": chosen}

    async def never(*_: object) -> Any:
        raise AssertionError("nothing is to be asked")

    found = await format_for(
        "/a", is_file=False, known=detected, prefer={"/a/2.csv": chosen}, explore=never, sniff=never
    )
    assert found == chosen


async def test_a_folder_without_any_file_has_no_format() -> None:
    async def explore(folder: str | None) -> Any:
        return (SimpleNamespace(name="deeper", path=f"{folder or ''}/deeper", is_folder=True),)

    async def sniff(_path: str) -> Any:
        raise AeptuiError("There is no file.")

    assert await format_for("/a", is_file=False, known={}, prefer={}, explore=explore, sniff=sniff) is None
