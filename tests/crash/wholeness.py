"""Whether a data folder that nobody has open is whole: database, folders and Parquet files say the same."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

Documents = list[dict[str, Any]]


def documents(data: Path, kind: str) -> Documents:
    """All documents of a kind, as they stand in the database."""
    with closing(sqlite3.connect(data / "platform.db")) as database:
        rows = database.execute("SELECT body FROM documents WHERE kind=? ORDER BY seq", (kind,)).fetchall()
    return [json.loads(text) for (text,) in rows]


def check_whole(data: Path) -> None:
    """No half batch, no batch twice, nothing left over. Read from the disk alone."""
    with closing(sqlite3.connect(data / "platform.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        seen = database.execute("SELECT flow, path FROM seen_files").fetchall()
    assert not list((data / "jobs").glob("*")), "the workspace of a job is left"
    batches, runs = documents(data, "batch"), documents(data, "runs")
    recorded = {(batch["relatedObjects"][0]["id"], batch["id"]) for batch in batches}
    folders = {(path.parent.name, path.name) for path in (data / "datasets").glob("*/*")}
    assert folders == recorded, f"folders and records differ: {folders ^ recorded}"
    datasets = {dataset["_id"] for dataset in documents(data, "dataset")}
    homes = {path.name for path in (data / "datasets").glob("*")}
    assert homes <= datasets, f"folders of datasets that are gone: {homes - datasets}"
    for batch in batches:
        _check_batch(data / "datasets" / batch["relatedObjects"][0]["id"] / batch["id"], batch)
    _check_runs(runs, {batch["id"] for batch in batches}, {flow["id"] for flow in documents(data, "flows")}, seen)


def _check_batch(folder: Path, batch: dict[str, Any]) -> None:
    written = {path.name for path in folder.glob("*") if path.name != "meta"}
    assert written == {file["name"] for file in batch["_files"]}, folder
    for file in batch["_files"]:
        path = folder / file["name"]
        assert path.stat().st_size == file["size"], path
        assert parquet.read_metadata(path).num_rows == file["records"], path
    assert sum(file["records"] for file in batch["_files"]) == batch["recordCount"], folder
    assert len(batch["_files"]) == batch["metrics"]["outputFileCount"], folder


def _check_runs(runs: Documents, batches: set[str], flows: set[str], seen: list[tuple[str, str]]) -> None:
    assert {run["metrics"]["statusSummary"]["status"] for run in runs} <= {"scheduled", "success", "failed"}
    assert {run["flowId"] for run in runs} <= flows, "runs of flows that are gone"
    assert {flow for flow, _ in seen} <= flows, "files of flows that are gone"
    named = Counter(batch for run in runs for batch in batches_of(run))
    assert set(named.values()) <= {1}, "one batch of two runs"
    assert set(named) <= batches or not flows, "a run names a batch that is not recorded"
    windows = Counter((run["flowId"], *run["_window"]) for run in runs if run["_kind"] == "scheduled")
    assert set(windows.values()) <= {1}, "two runs of one window"
    for flow in flows:
        ends = sorted(tuple(run["_window"]) for run in runs if run["flowId"] == flow and run["_kind"] == "scheduled")
        assert [start for start, _ in ends[1:]] == [end for _, end in ends[:-1]], "a window is missing"
        taken = {info["path"] for run in runs if run["flowId"] == flow for info in _manifest(run)}
        assert taken == {path for of, path in seen if of == flow}, "files noted and files taken differ"


def _manifest(run: dict[str, Any]) -> Documents:
    return list(((run["metrics"].get("fileSummary") or {}).get("manifest") or {}).get("fileInfo", []))


def batches_of(run: dict[str, Any]) -> list[str]:
    """The batches a run names."""
    found: list[str] = []
    for activity in run["activities"]:
        for info in activity.get("targetInfo", []):
            found += info["reference"]["ids"]
    return found


def values_of(data: Path, dataset: str) -> Counter[str]:
    """How often each row is in a dataset."""
    found: Counter[str] = Counter()
    for path in (data / "datasets" / dataset).glob("*/*.parquet"):
        table = parquet.ParquetFile(path).read(columns=["person.name.firstName"])
        found.update(row["person"]["name"]["firstName"] for row in table.to_pylist())
    return found
