"""Requests on disk: bounded, whole after a crash, and never in the way of the work."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aeptui.api.request_log import RequestLog, purpose
from aeptui.ids import ExecutionId
from aeptui.session import kept_requests
from aeptui.session.kept_requests import keeping, read_requests, requests_file

EXECUTION = ExecutionId("20261123-140512-3fa9")


def ask(log: RequestLog, path: str = "/flows", method: str = "GET", body: Any = None, of: str = EXECUTION) -> None:
    with purpose(of):
        log.note(
            at=datetime(2026, 11, 23, tzinfo=UTC),
            method=method,
            path=path,
            status=200,
            duration_ms=1.5,
            attempt=1,
            request_id="r-1",
            request_body=body,
            response_body=body,
        )


def test_what_came_before_the_journal_and_inside_is_kept_as_it_was_and_nothing_else(tmp_path: Path) -> None:
    log = RequestLog()
    ask(log, "/of-an-earlier-process")
    since = log.newest
    ask(log, "/check", body={"client_secret": "canary"})
    ask(log, "/of-another", of="another")
    with keeping(tmp_path, EXECUTION, log, since, {"platform_url": "http://p"}):
        ask(log, "/flows", "POST", {"name": "Ünë"})
    ask(log, "/after")
    kept = read_requests(tmp_path, EXECUTION)
    assert [entry.path for entry in kept.entries] == ["/check", "/flows"]
    assert kept.entries[1].request_body == {"name": "Ünë"}
    assert [entry.number for entry in kept.entries] == [1, 2]
    assert kept.sessions[0]["platform_url"] == "http://p"
    assert b"canary" not in requests_file(tmp_path, EXECUTION).read_bytes()


def test_a_line_that_a_crash_cut_short_costs_only_itself(tmp_path: Path) -> None:
    log = RequestLog()
    for path in ("/first", "/second"):
        with keeping(tmp_path, EXECUTION, log, log.newest, {}):
            ask(log, path)
        with requests_file(tmp_path, EXECUTION).open("ab") as file:
            file.write(b'{"event": "request", "number": 3, "pa')
    kept = read_requests(tmp_path, EXECUTION)
    assert [entry.path for entry in kept.entries] == ["/first", "/second"]
    assert len(kept.sessions) == 2


def test_who_asks_for_ever_fills_no_disk_and_what_changes_something_is_kept_longest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_requests, "MOST_READS", 2000)
    monkeypatch.setattr(kept_requests, "MOST", 4000)
    log = RequestLog()
    with keeping(tmp_path, EXECUTION, log, 0, {}):
        for _ in range(50):
            ask(log, "/runs")
        ask(log, "/flows", "POST")
        for _ in range(50):
            ask(log, "/flows", "PATCH")
    kept = read_requests(tmp_path, EXECUTION)
    assert kept.is_full
    assert [entry.method for entry in kept.entries if entry.method != "PATCH"][-1] == "POST"
    assert requests_file(tmp_path, EXECUTION).stat().st_size <= 4100


def test_rows_of_files_are_not_kept(tmp_path: Path) -> None:
    log = RequestLog()
    with keeping(tmp_path, EXECUTION, log, 0, {}):
        ask(log, "/connections/1/explore?objectType=file&preview=true&fileType=csv", body={"data": ["Ada Lovelace"]})
        ask(log, "/mappingSets/preview", "POST", {"data": "Ada Lovelace"})
    assert "Ada" not in requests_file(tmp_path, EXECUTION).read_text("utf-8")


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="there is no disk that is full")
def test_a_disk_that_takes_nothing_stops_nothing(tmp_path: Path) -> None:
    log = RequestLog()
    (tmp_path / "requests").write_text("a file where the folder should be")
    with keeping(tmp_path, EXECUTION, log, 0, {}):
        ask(log)
    assert read_requests(tmp_path, EXECUTION).entries == ()
    full = kept_requests._File(tmp_path / "fine.jsonl")
    os.close(full._descriptor)
    full._descriptor = os.open("/dev/full", os.O_RDWR)
    full.write({"event": "request"})
    full.write({"event": "request"})
    assert full._descriptor == -1
