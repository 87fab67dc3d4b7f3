"""What is told afterwards: after a run, and after a process that was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "aeptui", *arguments]


def ask(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "AEPTUI_HOME": str(home)}
    return subprocess.run(command(*arguments), env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_executions_flows_runs_and_failed_rows_tell_of_a_run(tmp_path: Path) -> None:
    assert ask(tmp_path, "run", "loyalty").returncode == 0

    (execution,) = map(json.loads, ask(tmp_path, "executions", "--json").stdout.splitlines())
    assert execution["status"] == "succeeded"
    assert "Loyalty members" in ask(tmp_path, "executions").stdout
    (flow,) = map(json.loads, ask(tmp_path, "flows", "--json").stdout.splitlines())
    assert flow["flow"] == execution["ids"]["flow"]
    (run,) = map(json.loads, ask(tmp_path, "runs", "Loyalty members", "--json").stdout.splitlines())
    assert (run["input_records"], run["output_records"], run["failed_records"]) == (12_000, 11_993, 7)
    rows = [json.loads(line) for line in ask(tmp_path, "failed-rows", run["run"]).stdout.splitlines()]
    assert len(rows) == 7
    assert all(row["errors"] and row["file"] and row["line"] for row in rows)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_a_process_that_ends_in_mid_execution_leaves_a_journal_that_tells_the_truth(
    tmp_path: Path, number: signal.Signals
) -> None:
    environment = {**os.environ, "AEPTUI_HOME": str(tmp_path)}
    with subprocess.Popen(
        command("run", "loyalty", "--json"),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        made = {}
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "step_succeeded":
                made[event["step"]] = event["id"]
            if event.get("step") == "schema" and event["event"] == "step_succeeded":
                process.send_signal(number)
                break
        made |= {
            event["step"]: event["id"]
            for event in map(json.loads, process.stdout.read().splitlines())
            if event["event"] == "step_succeeded"
        }
        process.wait(timeout=30)

    (execution,) = map(json.loads, ask(tmp_path, "executions", "--json").stdout.splitlines())
    assert set(made.items()) <= set(execution["ids"].items())
    if number == signal.SIGKILL:
        assert execution["status"] == "interrupted"
    else:
        assert execution["status"] in {"cancelled", "interrupted", "succeeded"}
    flows = [json.loads(line)["flow"] for line in ask(tmp_path, "flows", "--json").stdout.splitlines()]
    assert flows == [execution["ids"]["flow"]] if "flow" in execution["ids"] else len(flows) <= 1
    states = execution["steps"]
    assert len(flows) == 0 or states["flow"] in {"succeeded", "in_doubt"}


def test_a_reader_who_goes_away_does_not_stop_the_chain(tmp_path: Path) -> None:
    environment = {**os.environ, "AEPTUI_HOME": str(tmp_path)}
    with subprocess.Popen(
        command("run", "loyalty", "--json"), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 0
    (execution,) = map(json.loads, ask(tmp_path, "executions", "--json").stdout.splitlines())
    assert execution["status"] == "succeeded"
    assert execution["flow_run"]["output_records"] == 11_993


@pytest.mark.parametrize("arguments", [("runs", "No such"), ("failed-rows", "no-such"), ("run", "no-such")])
def test_what_is_not_there_is_named_with_the_way_to_what_is(tmp_path: Path, arguments: tuple[str, str]) -> None:
    done = ask(tmp_path, *arguments)
    assert done.returncode == 2
    assert arguments[1] in done.stderr
    assert done.stderr.count("\n") == 2


def test_a_run_that_failed_says_why_and_what_to_do(tmp_path: Path) -> None:
    assert ask(tmp_path, "plan", "loyalty").returncode == 0
    file = tmp_path / "pipelines" / "loyalty.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("partial_ingestion_percent = 5", "partial_ingestion_percent = 0.01"), "utf-8")
    done = ask(tmp_path, "run", "loyalty")
    assert done.returncode == 5
    assert "12,000 in, 0 out, 7 failed" in done.stdout
    assert "31/02/1990" in done.stdout
    assert "Nothing was kept: 7 rows were refused, more than the pipeline allows." in done.stderr
    assert "raise the threshold" in done.stderr
    assert "aeptui failed-rows" in done.stderr
