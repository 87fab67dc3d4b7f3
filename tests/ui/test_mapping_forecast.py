"""The null forecast by its keys, on the sample storage and on files made here; its process is the real one."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from aeptui.chain.pipeline import MappingRow
from aeptui.session.forecast_words import share, values_words
from aeptui.session.losses import Loss, LostValue
from aeptui.ui.screens.ask import AskScreen
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.text_view import TextView
from tests.ui import pipeline_stage as stage
from tests.ui.pipeline_stage import EditorApp, go, open_editor, paste, text_of, until

MANY = 800_000
"""Rows that take longer than a test looks on."""


@pytest.fixture
def editor_session() -> Any:
    """A session whose platform answers from memory; its forecasts are real."""
    return stage.StageSession()


def table(editor: Any) -> str:
    return text_of(editor.query_one("#mapping-grid", Grid))


def said(editor: Any) -> str:
    """What is said of the whole input."""
    return str(editor.query_one("#mapping-forecast", TextView).text)


def detail(editor: Any) -> str:
    return str(editor.query_one("#mapping-detail", TextView).text)


async def forecast(pilot: Any, editor: Any, *keys: str) -> None:
    """Press the keys that run it, and wait for its end."""
    await go(pilot, *(keys or ("w",)))
    await until(pilot, lambda: editor.state.forecast.status in {"done", "failed"}, "the end of the forecast")
    await pilot.pause()


async def planted(session: Any, folder: Path, rows: int = 100) -> None:
    """A pipeline over a file of its own, in which every tenth date is none."""
    folder.mkdir(exist_ok=True)
    twenty = [f"{n},{'31/02/2024' if n % 10 == 0 else '17/03/1980'},{'gold' if n % 4 else ''}\n" for n in range(20)]
    (folder / "in.csv").write_text("id,born,tier\n" + "".join(twenty) * (rows // 20))
    mapping = (
        '[[mapping]]\nsource = "id"\ntarget = "personID"\n'
        '[[mapping]]\nexpression = "date(born, \'dd/MM/yyyy\')"\ntarget = "person.birthDate"\n'
        '[[mapping]]\nsource = "tier"\ntarget = "loyalty.tier"\n'
    )
    text = (
        'version = 1\nname = "Planted"\n[source]\nbase_connection = "Sample SFTP"\npath = "/in.csv"\ntype = "file"\n'
        f'[schema]\ntitle = "P"\nclass = "{stage.PROFILE}"\n[dataset]\nname = "P"\n{mapping}'
        '[schedule]\nfrequency = "once"\n'
    )
    await session.pipelines.save("planted", text)
    session.forecasts = stage.forecasts_of(session, folder)


async def test_each_row_shows_what_share_of_the_whole_input_it_loses_and_why_and_is_among_the_problems(
    editor_session: Any,
) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await forecast(pilot, editor)
        assert "12,000 rows of 3 files: 11,993 whole, 0 with nulls, 7 rejected" in said(editor)
        assert "expected 11 columns, found 9 and 3 others" in said(editor)
        losing = [line.split()[0] for line in table(editor).splitlines() if "<0.1 % rejected" in line]
        assert losing == ["BirthDate", "JoinedOn"]  # Points, the third, is further down
        await go(pilot, "exclamation_mark")
        assert "<0.1 % rejected: 1 x '31/02/1990'" in detail(editor)
        assert "/loyalty/members/2026-11-01.tsv, line 2,467" in detail(editor)
        await go(pilot, "f")
        await until(pilot, lambda: "LastName" not in table(editor), "the view of the problems")
        lines = [line for line in table(editor).splitlines()[1:] if line.strip()]
        assert [line.lstrip("> ").split()[0] for line in lines] == ["BirthDate", "JoinedOn", "Points"]


async def test_values_that_become_null_are_named_and_what_changed_since_is_marked(
    editor_session: Any, tmp_path: Path
) -> None:
    await planted(editor_session, tmp_path)
    app = EditorApp(editor_session, "planted", "mapping")
    async with app.run_test(size=(140, 40)) as pilot:
        editor = await open_editor(pilot)
        await forecast(pilot, editor)
        assert "100 rows of 1 file: 90 whole, 10 with nulls, 0 rejected" in said(editor)
        await go(pilot, "down")
        assert "10.0 % null: 10 x '31/02/2024'" in detail(editor)
        await go(pilot, "down")
        assert "25.0 % null in the input already" in detail(editor)
        rows = editor.state.pipeline.mapping
        changed = MappingRow(expression="upper(tier)", target="loyalty.tier")
        editor._edit(editor.state.pipeline.model_copy(update={"mapping": (*rows[:2], changed)}), "change")
        await stage.quiet(pilot)
        lines = table(editor).splitlines()
        assert "10.0 % null" in lines[2]
        assert "not forecast" in lines[3]
        assert "1 mapping changed since: not forecast, w runs it again" in said(editor)
        await forecast(pilot, editor)
        assert "not forecast" not in table(editor) + said(editor)
        source = editor.state.pipeline.source.model_copy(update={"column_delimiter": ";"})
        editor._edit(editor.state.pipeline.model_copy(update={"source": source}), "another delimiter")
        await stage.quiet(pilot)
        assert "3 mappings changed since" in said(editor)
        assert "10.0 % null" not in table(editor)


async def test_a_forecast_that_runs_is_stopped_by_one_key_and_nothing_is_left(
    editor_session: Any, tmp_path: Path
) -> None:
    await planted(editor_session, tmp_path, MANY)
    app = EditorApp(editor_session, "planted", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        for key in ("escape", "w"):
            await go(pilot, "w")
            await until(pilot, lambda: "rows" in said(editor), "progress")
            assert "%, " in said(editor)
            await go(pilot, key)
            await until(pilot, lambda: editor.state.forecast.status == "cancelled", "the stop")
            await until(pilot, lambda: not running(), "the end of the process")
        assert pilot.app.screen is editor


def running() -> list[int]:
    """The forecast processes below this one."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if parent == os.getpid() and b"aeptui.emulator.ingest" in command:
                found.append(int(process.name))
    return found


async def test_a_forecast_whose_process_is_killed_says_so(editor_session: Any, tmp_path: Path) -> None:
    await planted(editor_session, tmp_path, MANY)
    app = EditorApp(editor_session, "planted", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "w")
        await until(pilot, lambda: "rows" in said(editor), "progress")
        for process in running():
            os.kill(process, signal.SIGKILL)
        await until(pilot, lambda: editor.state.forecast.status == "failed", "the end")
        assert "SIGKILL" in said(editor)


async def test_a_file_that_vanished_is_said_as_the_run_would_say_it(editor_session: Any, tmp_path: Path) -> None:
    await planted(editor_session, tmp_path)
    app = EditorApp(editor_session, "planted", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await forecast(pilot, editor)
        (tmp_path / "in.csv").unlink()
        await forecast(pilot, editor)
        assert "/in.csv does not exist" in said(editor)
        assert "10.0 % null" in table(editor)  # what was found before is kept


async def test_where_the_files_are_out_of_reach_a_file_is_asked_for_and_named(
    editor_session: Any, tmp_path: Path
) -> None:
    await planted(editor_session, tmp_path)
    editor_session.forecasts = stage.forecasts_of(editor_session, None)
    app = EditorApp(editor_session, "planted", "mapping")
    async with app.run_test(size=(140, 40)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "w")
        assert isinstance(pilot.app.screen, AskScreen)
        await paste(pilot, str(tmp_path / "in.csv"))
        await forecast(pilot, editor, "enter")
        assert f"{tmp_path / 'in.csv'}: 100 rows of 1 file" in said(editor)


def test_some_is_never_nothing_and_not_all_is_never_all() -> None:
    assert [share(count, 10_000) for count in (0, 1, 312, 9_999, 10_000)] == [
        "0 %",
        "<0.1 %",
        "3.1 %",
        "99.9 %",
        "100 %",
    ]


def test_values_that_could_not_each_be_counted_are_at_least_so_many() -> None:
    loss = Loss(500, (LostValue("'31/02/2024'", 412, ""), LostValue("''", 3, "", is_exact=False)))
    assert values_words(loss) == "412 x '31/02/2024', at least 3 x '' and 85 others"
