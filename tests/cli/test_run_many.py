"""Many pipelines in one command: one that fails does not stop the others, and what all need is asked once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

SAMPLES = ("loyalty", "orders", "products", "visits")
ROWS = {"loyalty": 11_993, "orders": 2_000, "products": 500, "visits": 5_000}


def aeptui(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aeptui", *arguments]
    environment = {**os.environ, "AEPTUI_HOME": str(home)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110, check=False)


def test_one_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    assert aeptui(tmp_path, "executions").returncode == 0
    sample = Path(__file__).parents[2] / "aeptui/emulator/samples/pipelines/loyalty.toml"
    broken.write_text(sample.read_text("utf-8").replace("BirthDate", "BirthDay"), "utf-8")
    ran = aeptui(tmp_path, "run", "loyalty", str(broken), "orders", "nowhere", "products", "visits", "--json")
    assert ran.returncode == 2
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    ended = {one["file"]: one for one in told if one["event"] == "execution_finished"}
    assert {file: one["flow_run"]["output_records"] for file, one in ended.items()} == ROWS
    refused = {one["file"]: one for one in told if one["event"] == "refused"}
    assert set(refused) == {str(broken), "nowhere"}
    assert any("BirthDay" in problem["what"] for problem in refused[str(broken)]["problems"])


def test_the_table_at_the_end_has_a_line_for_each(tmp_path: Path) -> None:
    ran = aeptui(tmp_path, "run", "orders", "nowhere", "products", "--no-watch")
    table = [line.split() for line in ran.stdout.splitlines() if "/3" not in line]
    assert [line[:2] for line in table] == [
        ["PIPELINE", "STATUS"],
        ["orders", "succeeded"],
        ["nowhere", "refused"],
        ["products", "succeeded"],
    ]


def test_the_same_pipeline_twice_is_refused(tmp_path: Path) -> None:
    ran = aeptui(tmp_path, "run", "orders", "orders")
    assert ran.returncode == 2
    assert "named twice" in ran.stderr
    assert "no dataflows" in aeptui(tmp_path, "flows").stderr


def test_what_all_of_them_need_to_know_is_asked_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert aeptui(home, "flows").returncode == 0  # puts the sample pipelines there
    text = (home / "pipelines" / "orders.toml").read_text("utf-8")
    files = []
    for number in range(12):
        file = tmp_path / f"orders-{number:02}.toml"
        file.write_text(text.replace('"Orders"', f'"Orders {number:02}"'), "utf-8")
        files.append(str(file))
    log = tmp_path / "requests.jsonl"
    ran = aeptui(home, "--log-requests", str(log), "run", *files, "--no-watch", "--at-once", "6")
    assert ran.returncode == 0, ran.stderr
    sent = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    creates = Counter(one["path"] for one in sent if one["method"] == "POST" and one["path"].endswith("/flows"))
    assert sum(creates.values()) == 12
    asked = Counter(one["path"] for one in sent if one["method"] == "GET" and "flowSpecs" in one["path"])
    assert sum(asked.values()) == 1, asked
