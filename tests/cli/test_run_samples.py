"""The four sample pipelines through the command line; their counts are made another way from the files."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from aeptui.emulator.samples import generate

STORAGE = Path(generate.__file__).with_name("storage")


def aeptui(home: Path, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aeptui", *arguments],
        env={**os.environ, "AEPTUI_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        **more,
    )


def expected(name: str) -> tuple[int, int]:
    """Rows in and rows refused, counted without any of the product's readers."""
    if name == "loyalty":
        lines = sum(file.read_bytes().count(b"\n") - 1 for file in STORAGE.glob("loyalty/members/*.tsv"))
        return lines, len(generate.BROKEN_ROWS)
    if name == "orders":
        with gzip.open(STORAGE / "orders" / "orders.jsonl.gz", "rt", encoding="utf-8") as file:
            return sum(1 for line in file if json.loads(line)), 0
    if name == "products":
        return pq.ParquetFile(STORAGE / "products" / "products.parquet").metadata.num_rows, 0
    files = list((STORAGE / "web" / "visits").rglob("part-*.csv"))
    return sum(sum(1 for _ in csv.reader(file.open(encoding="utf-8", newline=""))) - 1 for file in files), 0


@pytest.mark.parametrize("name", ["loyalty", "orders", "products", "visits"])
def test_a_sample_ends_with_the_counts_of_its_files(tmp_path: Path, name: str) -> None:
    done = aeptui(tmp_path, "run", name, "--json")

    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    last = events[-1]
    assert (last["event"], last["status"]) == ("execution_finished", "succeeded")
    rows, refused = expected(name)
    run = last["flow_run"]
    assert (run["input_records"], run["output_records"], run["failed_records"] or 0) == (rows, rows - refused, refused)
    assert set(last["ids"]) == {event["step"] for event in events if event["event"] == "step_succeeded"}
    assert len(last["ids"]) == 7
    records = [
        record
        for file in (tmp_path / "local").rglob("*.parquet")
        if "storage" not in file.parts
        for record in pq.ParquetFile(file).read().to_pylist()
    ]
    assert len(records) == rows - refused
    if name == "loyalty":
        with (STORAGE / "loyalty" / "members" / "2026-11-01.tsv").open(encoding="utf-8", errors="replace") as file:
            first = next(csv.DictReader(file, delimiter="\t"))
        record = next(one for one in records if one["personID"] == first["MemberId"])
        assert record["person"]["name"]["firstName"] == (first["FirstName"] or None)
        assert record["person"]["birthDate"].isoformat() == first["BirthDate"]
        assert record["personalEmail"]["address"] == first["Email"].strip().lower()
        assert isinstance(record["loyalty"]["points"], float)


def test_a_pipeline_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    done = aeptui(tmp_path, "run", "loyalti")

    assert done.returncode == 2
    assert "loyalti" in done.stderr
    assert "visits" in done.stderr
    assert done.stdout == ""
