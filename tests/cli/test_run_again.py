"""Running a pipeline again: nothing to do, changed in place, or another one; never a second one by accident."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).parents[2] / "aeptui/emulator/samples/pipelines/visits.toml"


def aeptui(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aeptui", *arguments]
    environment = {**os.environ, "AEPTUI_HOME": str(home)}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=110, check=False, stdin=subprocess.DEVNULL
    )


def flows(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in aeptui(home, "flows", "--json").stdout.splitlines()]


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    """A pipeline that runs every half hour, and has run once."""
    file = tmp_path / "visits.toml"
    text = SAMPLE.read_text("utf-8").replace('frequency = "once"', 'frequency = "minute"\ninterval = 30')
    file.write_text(text, "utf-8")
    assert aeptui(tmp_path, "run", str(file), "--no-watch").returncode == 0
    return file


def test_an_equal_dataflow_is_left_as_it_is(tmp_path: Path, pipeline: Path) -> None:
    again = aeptui(tmp_path, "run", str(pipeline), "--json")
    assert again.returncode == 0, again.stderr
    assert [json.loads(line)["event"] for line in again.stdout.splitlines()] == ["nothing_to_do"]
    assert len(flows(tmp_path)) == 1
    planned = aeptui(tmp_path, "plan", str(pipeline), "--format", "json")
    (there,) = json.loads(planned.stdout)["existing"]
    assert (there["nothing_to_do"], there["changes"]) == (True, [])
    assert "nothing to do" in aeptui(tmp_path, "plan", str(pipeline)).stderr


def test_a_different_one_is_changed_only_when_that_is_said(tmp_path: Path, pipeline: Path) -> None:
    text = pipeline.read_text("utf-8").replace("interval = 30", "interval = 45")
    text = text.replace("partial_ingestion_percent = 5", "partial_ingestion_percent = 9")
    text = text.replace('expression = "1"', 'expression = "2"')
    assert 'expression = "2"' in text, "the sample does not say this any more"
    pipeline.write_text(text, "utf-8")
    refused = aeptui(tmp_path, "run", str(pipeline))
    assert refused.returncode == 2
    assert "--if-exists update" in refused.stderr
    assert "[schedule] interval: 30 there, 45 in the pipeline" in refused.stderr
    assert aeptui(tmp_path, "diff", str(pipeline)).returncode == 7

    (before,) = flows(tmp_path)
    changed = aeptui(tmp_path, "run", str(pipeline), "--if-exists", "update", "--json")
    assert changed.returncode == 0, changed.stderr
    done = [json.loads(line) for line in changed.stdout.splitlines()]
    assert {one["step"]: one["action"] for one in done if one["event"] == "step_succeeded"} == {
        "mapping_set": "update",
        "flow": "update",
    }
    (after,) = flows(tmp_path)
    assert after["flow"] == before["flow"]
    told = aeptui(tmp_path, "diff", str(pipeline))
    assert (told.returncode, told.stdout) == (0, "")


def test_what_cannot_be_changed_in_place_says_why(tmp_path: Path, pipeline: Path) -> None:
    text = pipeline.read_text("utf-8").replace('path = "/web/visits"', 'path = "/web/visits/2026"')
    pipeline.write_text(text, "utf-8")
    refused = aeptui(tmp_path, "run", str(pipeline), "--if-exists", "update")
    assert refused.returncode == 2
    assert "[source] path belongs to its connections" in refused.stderr
    assert len(flows(tmp_path)) == 1


def test_another_one_is_made_when_that_is_said(tmp_path: Path, pipeline: Path) -> None:
    assert aeptui(tmp_path, "run", str(pipeline), "--no-watch", "--if-exists", "new").returncode == 0
    assert len(flows(tmp_path)) == 2
    refused = aeptui(tmp_path, "run", str(pipeline), "--if-exists", "update")
    assert refused.returncode == 0, "one of them is what the pipeline says"
    assert "Nothing to do" in refused.stderr


def test_a_disabled_one_is_enabled(tmp_path: Path, pipeline: Path) -> None:
    script = """if True:
        import asyncio, sys
        from aeptui.session import Session
        async def main():
            session = await Session.open("local")
            (one,) = await session.flows.list()
            await session.flows.set_enabled(one.flow.id, False)
            await session.aclose()
        asyncio.run(main())
    """
    environment = {**os.environ, "AEPTUI_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=60)
    assert flows(tmp_path)[0]["state"] == "disabled"
    assert aeptui(tmp_path, "run", str(pipeline)).returncode == 2
    assert aeptui(tmp_path, "run", str(pipeline), "--if-exists", "update").returncode == 0
    assert flows(tmp_path)[0]["state"] == "enabled"
