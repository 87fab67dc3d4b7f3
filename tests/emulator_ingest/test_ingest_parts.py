"""Parts of files, as a stream appends them: exactly those lines, and only while they are still there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest


class Ingestion(Protocol):
    folder: Path
    storage: Path

    def put(self, path: str, data: bytes | str) -> Path: ...
    def job(self, **changes: Any) -> dict[str, Any]: ...
    def run(self, job: dict[str, Any]) -> dict[str, Any]: ...
    def records(self, job: dict[str, Any]) -> list[dict[str, Any]]: ...
    def row_errors(self, job: dict[str, Any]) -> list[dict[str, Any]]: ...


def part_of(file: Path, path: str, start: int, end: int, lines_before: int = 0) -> dict[str, Any]:
    facts = file.stat()
    return {
        "path": path,
        "device": facts.st_dev,
        "inode": facts.st_ino,
        "start": start,
        "end": end,
        "lines_before": lines_before,
    }


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def a_job(ingestion: Ingestion, *parts: dict[str, Any]) -> dict[str, Any]:
    return ingestion.job(
        path="/", format="json_lines", parts=list(parts), partial_ingestion_percent=100, error_diagnostics=True
    )


def test_only_the_lines_of_the_part_are_taken_and_a_bad_one_tells_its_line_in_the_file(ingestion: Ingestion) -> None:
    before, taken = lines({"id": "a", "n": 1}, {"id": "b", "n": 2}), lines({"id": "c", "n": 3})
    bad = '[1, 2]\n{"id": "d", "n": 4}\n{"torn'
    file = ingestion.put("s/a.jsonl", before + taken + bad)
    job = a_job(ingestion, part_of(file, "/s/a.jsonl", len(before), len(before + taken + bad) - 6, 2))
    result = ingestion.run(job)
    assert [record["id"] for record in ingestion.records(job)] == ["c", "d"]
    assert (result["status"], result["input_records"], result["failed_records"]) == ("success", 3, 1)
    (error,) = ingestion.row_errors(job)
    assert (error["_corrupt_record"], error["_row"]) == ("[1, 2]", 4)


def _shorter(file: Path, _outside: Path) -> None:
    os.truncate(file, 5)


def _replaced(file: Path, _outside: Path) -> None:
    other = file.with_name("other")
    other.write_text(file.read_text())
    other.rename(file)


def _gone(file: Path, _outside: Path) -> None:
    file.unlink()


def _linked_out(file: Path, outside: Path) -> None:
    outside.write_text(file.read_text())
    file.unlink()
    file.symlink_to(outside)


def _a_pipe(file: Path, _outside: Path) -> None:
    file.unlink()
    os.mkfifo(file)


@pytest.mark.parametrize("change", [_shorter, _replaced, _gone, _linked_out, _a_pipe])
def test_a_part_that_is_not_there_any_more_fails_the_copy_and_leaves_nothing(
    ingestion: Ingestion, tmp_path: Path, change: Callable[[Path, Path], None]
) -> None:
    text = lines({"id": "a", "n": 1}, {"id": "b", "n": 2})
    file = ingestion.put("s/a.jsonl", text)
    job = a_job(ingestion, part_of(file, "/s/a.jsonl", 0, len(text)))
    change(file, tmp_path / "outside.jsonl")
    result = ingestion.run(job)
    assert result["copy_error"]["code"] == "CONNECTOR-1001-500"
    assert "/s/a.jsonl" in result["copy_error"]["message"]
    assert not Path(job["output"]).exists()


def test_a_part_outside_the_storage_is_refused(ingestion: Ingestion, tmp_path: Path) -> None:
    outside = tmp_path / "secret.jsonl"
    outside.write_text(lines({"id": "a", "n": 1}))
    inside = os.path.relpath(outside, ingestion.storage)
    result = ingestion.run(a_job(ingestion, part_of(outside, f"/{inside}", 0, 5)))
    assert result["copy_error"]["code"] == "CONNECTOR-1001-500"
