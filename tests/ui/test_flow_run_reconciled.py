"""`c` on a flow run adds up its rows, on a real local platform; `y` there copies Markdown for the ticket."""

from __future__ import annotations

from pathlib import Path

import pytest

from aeptui.chain.document import parse_pipeline
from aeptui.emulator.samples import sample_pipelines
from aeptui.ui.screens.flow_run import FlowRunScreen
from aeptui.ui.screens.read import ReadScreen
from tests.ui.local_stage import LocalApp, shown, until


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_c_adds_up_the_rows_and_y_copies_markdown(tmp_path: Path, size: tuple[int, int]) -> None:
    app = LocalApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.session is not None)
        tracking = await app.local_session.executions.start(parse_pipeline(sample_pipelines()["loyalty"]))
        record = await tracking.wait()
        assert record.flow_run is not None
        app.screen.open("flow_run", record.ids["flow"], record.flow_run.id)  # type: ignore[attr-defined]  # one of ours
        await until(pilot, lambda: isinstance(app.screen, FlowRunScreen) and "11,993" in shown(app.screen))
        assert "c reconcile" in shown(app.screen)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ReadScreen) and "accounted for" in shown(app.screen))
        text = shown(app.screen)
        assert "Every row is accounted for: 12,000 in the files." in text
        assert "2026-11-03.tsv  503,721" in text
        await pilot.press("y")
        assert "| person.name.lastName | 74 | 11,993 | 0.6 |" in app.clipboard
        await pilot.press("escape")
        assert isinstance(app.screen, FlowRunScreen)
