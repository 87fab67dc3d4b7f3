"""An archive on the screen: the same steps, ids, requests and answers as where it was run, and nothing that acts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aeptui.chain.document import parse_pipeline
from aeptui.emulator.samples import sample_pipelines
from aeptui.ids import ExecutionId
from aeptui.session.evidence import pack, read_evidence
from aeptui.session.replayed import EvidenceSession
from aeptui.ui.evidence_app import EvidenceApp
from aeptui.ui.screens.evidence import EvidenceScreen
from aeptui.ui.screens.execution import ExecutionScreen
from aeptui.ui.screens.help import HelpScreen
from aeptui.ui.screens.read import ReadScreen
from aeptui.ui.widgets.request_list import RequestList
from aeptui.ui.widgets.step_list import StepList
from aeptui.ui.widgets.text_view import TextView
from tests.cli.test_transfer import aeptui
from tests.ui.local_stage import LocalApp, messages, shown, until
from tests.ui.terminal_stage import Terminal

ACTING = ("f", "r", "e", "c", "o", "u", "1", "2", "3", "4", "5")


async def seen(pilot: Any) -> dict[str, Any]:
    """What an execution's screen tells: ids, requests, and each step with request and answer."""
    screen = pilot.app.screen
    assert isinstance(screen, ExecutionScreen)
    requests = screen.query_one(RequestList)
    lines = [(one.method, one.path, one.status, one.response_body) for one in requests._requests.values()]
    steps = {}
    screen.query_one(StepList).focus()
    await pilot.press("home")
    for _ in range(7):
        await pilot.pause()
        step = screen.query_one(StepList).highlighted
        assert step is not None
        steps[step.step] = screen.query_one("#detail", TextView).text
        await pilot.press("down")
    return {"ids": screen.copy_text(), "requests": lines, "steps": steps}


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_it_shows_what_was_seen_where_it_ran_and_no_key_acts(tmp_path: Path, size: tuple[int, int]) -> None:
    app = LocalApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.session is not None)
        tracking = await app.local_session.executions.start(parse_pipeline(sample_pipelines()["products"]))
        await tracking.wait()
        execution = tracking.id
    # The history of a later process shows the requests too.
    later = LocalApp(tmp_path, start="executions")
    async with later.run_test(size=size) as pilot:
        await until(pilot, lambda: later.session is not None and "products" in shown(later.screen).lower())
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(later.screen, ExecutionScreen) and "succeeded" in shown(later.screen))
        there = await seen(pilot)
    assert any(method == "POST" and path.endswith("/flows") for method, path, _, _ in there["requests"])

    file = tmp_path / "evidence.zip"
    file.write_bytes(pack(tmp_path / "executions", ExecutionId(execution)))
    archive = EvidenceApp(EvidenceSession(read_evidence(file)), execution)
    async with archive.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(archive.screen, EvidenceScreen) and "succeeded" in shown(archive.screen))
        text = shown(archive.screen)
        assert "Evidence" in text
        assert "evidence.zip of local" in text
        assert "read only, no network" in text
        here = await seen(pilot)
        assert here["ids"] == there["ids"]
        assert here["steps"] == there["steps"]
        # Rows of files, which a preview answers, are the one thing that is not kept.
        assert here["requests"] == there["requests"]
        screen, before = archive.screen, shown(archive.screen)
        await pilot.press(*ACTING)
        await pilot.pause()
        assert archive.screen is screen
        assert (messages(archive), shown(archive.screen)) == ("", before)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(archive.screen, ReadScreen))
        await pilot.press("escape", "question_mark")
        await until(pilot, lambda: isinstance(archive.screen, HelpScreen))
        for words in ("run again", "Delete what it created", "Stop before", "Go to "):
            assert words not in shown(archive.screen)


async def test_an_unfinished_execution_in_an_archive_offers_no_keys_that_are_not_there(tmp_path: Path) -> None:
    app = LocalApp(tmp_path)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session is not None)

        def stop(event: Any) -> None:
            if event.to_json().get("step") == "dataset" and event.event == "step_succeeded":
                tracking.cancel()

        tracking = await app.local_session.executions.start(
            parse_pipeline(sample_pipelines()["loyalty"]), watch=False, on_event=stop
        )
        assert (await tracking.wait()).status == "cancelled"
    file = tmp_path / "evidence.zip"
    file.write_bytes(pack(tmp_path / "executions", tracking.id))
    archive = EvidenceApp(EvidenceSession(read_evidence(file)), tracking.id)
    async with archive.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Cancelled." in shown(archive.screen))
        assert "o goes on" not in shown(archive.screen)
        await pilot.press("o", "u")
        assert messages(archive) == ""
        assert not archive.session.executions.tracking(tracking.id)  # type: ignore[union-attr]  # an EvidenceSession


def test_the_command_opens_it_in_a_terminal_where_there_is_no_history_and_q_leaves(tmp_path: Path) -> None:
    home = tmp_path / "home"
    ran = aeptui(home, "run", "products", "--no-watch", "--json")
    execution = json.loads(ran.stdout.splitlines()[-1])["execution"]
    file = tmp_path / "evidence.zip"
    assert aeptui(home, "export", execution, "--evidence", "-o", str(file)).returncode == 0
    elsewhere = tmp_path / "elsewhere"
    terminal = Terminal("-m", "aeptui", "evidence", str(file), AEPTUI_HOME=str(elsewhere))
    terminal.read_until(b"no network")
    terminal.read_until(execution.encode())
    terminal.press(b"q")
    assert terminal.finish() == 0
    assert terminal.restored()
    assert not elsewhere.exists()  # nothing was opened, and nothing written
