"""Sources by keys, on a local platform: connectors, base connections, their test, and the way to a new pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aeptui.errors import AeptuiError
from aeptui.ui.screens.ask import AskScreen
from aeptui.ui.screens.explore import ExploreScreen
from aeptui.ui.screens.pipeline import PipelineScreen
from aeptui.ui.screens.sources import SourcesScreen
from aeptui.ui.widgets.connection_lists import BaseConnectionList, ConnectionSpecList
from aeptui.ui.widgets.file_list import FileList
from tests.ui import local_stage as local

DOWN = AeptuiError("The platform does not answer.", "Look at the connection.")


def text_of(pilot: Any) -> str:
    return " ".join(str(local.shown(pilot.app.screen)).split())


async def opened(pilot: Any) -> SourcesScreen:
    """The screen, once connectors and base connections are there."""
    await local.until(pilot, lambda: isinstance(pilot.app.screen, SourcesScreen))
    screen: SourcesScreen = pilot.app.screen
    await local.until(pilot, lambda: screen.query_one(BaseConnectionList).row_count == 1, "base connections")
    return screen


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["80x24", "140x40"])
async def test_connectors_stand_above_the_base_connections_of_the_one_under_the_cursor(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    app = local.LocalApp(tmp_path, "sources")
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot)
        specs, connections = screen.query_one(ConnectionSpecList), screen.query_one(BaseConnectionList)
        assert specs.highlighted is not None
        assert specs.highlighted.label == "Amazon S3"
        assert "Cloud Storage Amazon S3 files 1" in text_of(pilot)
        assert connections.highlighted is not None
        assert connections.highlighted.name == "Sample Amazon S3"
        await pilot.press("end")
        await local.until(pilot, lambda: "Sample SFTP ✓ enabled not tested" in text_of(pilot))


async def test_a_connector_without_base_connections_says_so(tmp_path: Path) -> None:
    app = local.LocalApp(tmp_path, "sources")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("home")
        await local.until(pilot, lambda: "No base connection for Amazon Kinesis yet." in text_of(pilot))
        await pilot.press("t", "x")
        assert isinstance(app.screen, SourcesScreen)


async def test_t_tests_a_base_connection_and_tells_the_result_in_the_row_and_in_a_toast(tmp_path: Path) -> None:
    app = local.LocalApp(tmp_path, "sources")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("t")
        await local.until(pilot, lambda: "✓ works" in text_of(pilot))
        assert "✓ Sample Amazon S3 works: the storage answered in" in local.messages(app)


async def test_a_failed_test_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = local.LocalApp(tmp_path, "sources")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)

        async def refuse(_base_connection_id: str) -> None:
            raise AeptuiError("The storage refuses the key.", "Make a new key.")

        monkeypatch.setattr(app.local_session.sources, "test", refuse)
        await pilot.press("t")
        await local.until(pilot, lambda: "✗ The storage" in text_of(pilot))
        assert "✗ Sample Amazon S3 failed: The storage refuses the key." in local.messages(app)
        assert "Make a new key." in local.messages(app)


async def test_sources_that_could_not_be_read_are_not_called_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = local.LocalApp(tmp_path, "flows")
    async with app.run_test(size=(80, 24)) as pilot:
        await local.until(pilot, lambda: "No dataflows yet" in text_of(pilot))

        async def refuse() -> Any:
            raise DOWN

        with monkeypatch.context() as broken:
            broken.setattr(app.local_session.sources, "base_connections", refuse)
            await pilot.press("3")
            await local.until(pilot, lambda: "The base connections could not be read." in text_of(pilot))
            assert "The connectors could not be read." in text_of(pilot)
            assert "✗ The platform does not answer." in text_of(pilot)
        await pilot.press("r")
        await opened(pilot)
        assert "does not answer" not in text_of(pilot)


async def test_enter_goes_to_the_base_connections_then_to_their_files_and_back(tmp_path: Path) -> None:
    app = local.LocalApp(tmp_path, "sources")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("enter")
        assert app.focused is screen.query_one(BaseConnectionList)
        await pilot.press("y")
        assert app.clipboard == screen.query_one(BaseConnectionList).cursor_key
        await pilot.press("enter")
        await local.until(pilot, lambda: isinstance(app.screen, ExploreScreen))
        await local.until(pilot, lambda: "loyalty/" in text_of(pilot))
        assert "Explore Sample Amazon S3" in text_of(pilot)
        await pilot.press("escape")
        await local.until(pilot, lambda: app.screen is screen)


async def test_what_is_picked_becomes_a_new_pipeline_that_reads_it(tmp_path: Path) -> None:
    app = local.LocalApp(tmp_path, "sources")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("x")
        await local.until(pilot, lambda: "loyalty/" in text_of(pilot))
        await pilot.press("enter")
        await local.until(pilot, lambda: "members/" in text_of(pilot))
        await pilot.press("enter")
        await local.until(pilot, lambda: "2026-11-01.tsv" in text_of(pilot))
        await pilot.press("g")
        await local.until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press("enter")
        await local.until(pilot, lambda: "A new pipeline for this? Its name" in text_of(pilot))
        assert "files like /loyalty/members/*.tsv" in text_of(pilot)
        await pilot.press("enter")
        await local.until(pilot, lambda: isinstance(app.screen, PipelineScreen))
        parsed = await app.local_session.pipelines.load("members")
        source = parsed.pipeline.source
        assert parsed.pipeline.name == "Members"
        assert (source.base_connection, source.path, source.type) == (
            "Sample Amazon S3",
            "/loyalty/members/*.tsv",
            "folder",
        )
        assert (source.format, source.column_delimiter, source.recursive) == ("delimited", "\t", False)


async def test_saying_no_to_the_pipeline_leads_back_to_the_same_folder(tmp_path: Path) -> None:
    app: Any = local.LocalApp(tmp_path, "sources")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("x")
        await local.until(pilot, lambda: "products/" in text_of(pilot))
        await pilot.press("down", "down", "enter")
        await local.until(pilot, lambda: "products.parquet" in text_of(pilot))
        await pilot.press("f")
        await local.until(pilot, lambda: isinstance(app.screen, AskScreen) and app.focused, "the question")
        await pilot.press("escape")
        await local.until(pilot, lambda: isinstance(app.screen, ExploreScreen), "the files again")
        await local.until(pilot, lambda: app.screen.query_one(FileList).row_count == 1)
        assert app.screen.folder == "/products"
        assert [one.name for one in await app.local_session.pipelines.list() if one.has_draft] == []
