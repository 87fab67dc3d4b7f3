"""Journals as a crash, a full disk or a stranger's editor leave them: the history is told as far as it is known."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from aeptui.chain.journal import Journal
from aeptui.chain.replay import list_executions, read_execution
from aeptui.ids import ExecutionId

ID = ExecutionId("20261123-140512-3fa9")
STARTED = {"v": 1, "event": "execution_started", "at": "2026-11-23T14:05:12+00:00", "pipeline": "Loyalty members"}
MADE = {"v": 1, "event": "step_succeeded", "step": "schema", "id": "https://ns.adobe.com/acme/schemas/1", "name": "x"}
SENT = {"v": 1, "event": "step_started", "step": "dataset", "at": "2026-11-23T14:05:13+00:00", "action": "create"}


def written(folder: Path, *lines: object, end: str = "\n") -> Path:
    file = folder / f"{ID}.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + end, "utf-8")
    return file


def test_a_step_that_was_sent_without_an_answer_is_in_doubt_when_its_process_is_gone(tmp_path: Path) -> None:
    written(tmp_path, STARTED, MADE, SENT)
    record = read_execution(tmp_path, ID)
    assert record.status == "interrupted"
    assert {step.step: step.state for step in record.steps}["dataset"] == "in_doubt"
    assert record.ids == {"schema": MADE["id"]}
    assert "dataset" in (record.hint or "")


def test_it_is_running_while_its_writer_holds_the_lock(tmp_path: Path) -> None:
    with Journal.create(tmp_path, ID) as journal:
        journal.append({"event": "execution_started", "pipeline": "Loyalty members"})
        assert read_execution(tmp_path, ID).status == "running"
    assert read_execution(tmp_path, ID).status == "interrupted"


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_that_a_crash_cut_short_is_left_out(tmp_path: Path, cut: int) -> None:
    written(tmp_path, STARTED, MADE, json.dumps(SENT)[:cut], end="")
    record = read_execution(tmp_path, ID)
    assert record.status == "interrupted"
    assert record.ids == {"schema": MADE["id"]}


@pytest.mark.parametrize(
    "line",
    [
        "garbage",
        "[]",
        "null",
        '{"v": 99, "event": "execution_started"}',
        '{"v": 1, "event": "execution_finished"}',
        '{"v": 1, "event": "execution_finished", "status": 7, "flow_run": {"id": 1}}',
        '{"v": 1, "event": "flow_run_updated", "flow_run": {"id": "x"}}',
        "\x00\x00\x00",
    ],
)
def test_a_journal_that_makes_no_sense_says_so_and_hides_no_other(tmp_path: Path, line: str) -> None:
    written(tmp_path, STARTED, line, MADE)
    (tmp_path / "20261122-090000-aaaa.jsonl").write_text(json.dumps(STARTED) + "\n", "utf-8")
    newest, oldest = list_executions(tmp_path)
    assert newest.id == ID
    assert newest.status == "interrupted"
    assert newest.error
    assert newest.hint
    assert oldest.pipeline_name == "Loyalty members"


def test_a_disk_that_takes_no_more_stops_the_chain_before_the_next_request(tmp_path: Path) -> None:
    code = f"""if True:
        import resource, signal
        from pathlib import Path
        from aeptui.chain.errors import JournalError
        from aeptui.chain.journal import Journal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        journal = Journal.create(Path({str(tmp_path)!r}), {ID!r})
        journal.append({{"event": "execution_started"}})
        resource.setrlimit(resource.RLIMIT_FSIZE, (60, 60))
        try:
            journal.append({{"event": "step_started", "step": "schema"}})
        except JournalError as error:
            print(error.title, error.hint)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert "cannot be written" in done.stdout
    assert read_execution(tmp_path, ID).status == "interrupted"
