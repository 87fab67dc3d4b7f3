"""Adding up the rows of a flow run: what is said when numbers differ, are missing, or were only looked at in part."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from aeptui.models.flow_runs import FlowRun
from aeptui.monitor import null_counts
from aeptui.monitor import reconcile as module
from aeptui.monitor.reconcile import Reconciliation, reconcile
from aeptui.monitor.reconcile_words import markdown_of, text_of
from tests.unit.api.wire import Asked, Say, Wire, wired

BATCH = "/data/foundation/export/batches/batch-1"


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with wired() as wire:
        yield wire


def run_of(status: str = "success", batch: bool = True, files: Any = None, **counts: int) -> FlowRun:
    names = {"rows": "inputRecordCount", "ingested": "outputRecordCount"}
    names |= {"rejected": "failedRecordCount", "skipped": "skippedRecordCount"}
    records = {names[name]: number for name, number in counts.items()}
    metrics = {"statusSummary": {"status": status}, "recordSummary": records, "fileSummary": files or {}}
    target = {"targetInfo": [{"reference": {"type": "Batch", "ids": ["batch-1"]}}]}
    raw = {"id": "run-1", "flowId": "flow-1", "metrics": metrics, "activities": [target] if batch else []}
    return FlowRun.model_validate(raw)


class World:
    """A platform of a few answers: a batch, its diagnostics, and its files in the dataset."""

    def __init__(self) -> None:
        self.batch: dict[str, Any] = {}
        self.paths: list[str] = []
        self.refused: list[str | None] = []
        self.tables: list[pa.Table] = []
        self.mappings = ["person.name", "orders[0].sku", "gone.field"]

    def __call__(self, asked: Asked) -> Say:
        path, inside = asked.path, asked.query.get("path", [""])[0]
        if path.endswith("/flows/flow-1"):
            mapping = {"name": "Mapping", "params": {"mappingId": "set-1", "mappingVersion": 0}}
            return Say(200, {"items": [{"id": "flow-1", "name": "Members", "transformations": [mapping]}]})
        if path.endswith("/mappingSets/set-1"):
            rows = [{"source": "x", "destination": one} for one in self.mappings]
            return Say(200, {"id": "set-1", "version": 0, "mappings": rows})
        if path.endswith("/catalog/batches/batch-1"):
            return Say(200, {"batch-1": {"status": "success", "metrics": self.batch}})
        if path == f"{BATCH}/files":
            return self._listed(
                {"dataSetFileId": f"file-{at}", "records": str(table.num_rows)} for at, table in enumerate(self.tables)
            )
        if path.startswith("/data/foundation/export/files/file-"):
            return self._file(int(path.rpartition("-")[2]), inside)
        if inside in ("row_errors", "input_files"):
            return self._listed([{"name": "0.json", "length": "9"}])
        rows = [{"path": one} for one in self.paths]
        if inside == "row_errors/0.json":
            rows = [{"_errors": [], "_filename": one} for one in self.refused]  # type: ignore[dict-item]  # or none
        return Say(200, "".join(f"{json.dumps(row)}\n" for row in rows).encode())

    def _listed(self, entries: Any) -> Say:
        return Say(200, {"data": list(entries), "_page": {"limit": 100}})

    def _file(self, at: int, inside: str) -> Say:
        held = io.BytesIO()
        parquet.write_table(self.tables[at], held)
        if inside:
            return Say(200, held.getvalue())
        return self._listed([{"name": f"part-{at}.parquet", "length": str(len(held.getvalue()))}])


@pytest.fixture
def world(wire: Wire) -> World:
    world = World()
    wire.answers = [world]
    return world


async def told(wire: Wire, run: FlowRun) -> Reconciliation:
    return await reconcile(wire.client, run)


@pytest.mark.parametrize(
    ("run", "verdict", "words"),
    [
        (
            run_of(batch=False, rows=12_000, ingested=11_991, rejected=7, skipped=1),
            "does not add up",
            "The files have 12,000 rows; 11,991 ingested + 7 rejected + 1 skipped = 11,999 are accounted for: "
            "1 are missing.",
        ),
        (
            run_of(batch=False, rows=12_000, ingested=11_993, rejected=5),
            "does not add up",
            "11,993 ingested + 5 rejected = 11,998 are accounted for: 2 are missing. How many were skipped, the "
            "platform does not say.",
        ),
        (run_of(batch=False, rows=5, ingested=5, rejected=1), "does not add up", "1 too many."),
        (run_of(batch=False, rows=5, ingested=5), "not known", "does not say how many rows are rejected."),
        (run_of(batch=False), "not known", "how many rows are in the files, ingested and rejected."),
        (run_of("inProgress", batch=False, rows=5, ingested=5, rejected=0), "not known", "has not ended"),
    ],
)
async def test_what_does_not_add_up_or_is_not_known_is_said_in_words(
    wire: Wire, world: World, run: FlowRun, verdict: str, words: str
) -> None:
    found = await told(wire, run)
    assert found.verdict == verdict
    assert words in found.findings[0]
    assert words in text_of(found)


async def test_numbers_that_are_not_there_are_dashes_and_null_and_never_0(wire: Wire, world: World) -> None:
    found = await told(wire, run_of(batch=False))
    assert "all files             -         -         -        -" in text_of(found)
    assert "| all files | - | - | - | - |" in markdown_of(found)
    assert (found.to_json()["rows"], found.to_json()["skipped"]) == (None, None)


async def test_where_two_places_of_the_platform_differ_both_numbers_are_told(wire: Wire, world: World) -> None:
    world.batch = {"inputRecordCount": 10, "outputRecordCount": 7, "failedRecordCount": 2}
    world.tables = [pa.table({"a": [1] * 6})]
    world.paths = ["/in/a.csv", "/in/b.csv"]
    world.refused = ["/in/a.csv"] * 3
    found = await told(wire, run_of(rows=10, ingested=8, rejected=2, files={"inputFileCount": 3}))
    assert found.verdict == "does not add up"
    assert found.findings == (
        "The flow run says 8 rows ingested, its batch says 7.",
        "The flow run says 8 rows ingested, the dataset's files hold 6.",
        "The flow run says 8 rows ingested, 6 were counted in the dataset.",
        "2 rows were rejected, 3 are in the diagnostics.",
        "The flow run says 3 files read, 2 are listed beside its batch.",
    )


async def test_empty_is_counted_through_objects_lists_and_fields_that_are_not_there(wire: Wire, world: World) -> None:
    person = pa.array([{"name": "A"}, {"name": None}, None, {"name": "D"}], pa.struct([("name", pa.string())]))
    orders = pa.array([[{"sku": "1"}], [], None, None], pa.list_(pa.struct([("sku", pa.string())])))
    world.tables = [pa.table({"person": person, "orders": orders}), pa.table({"person": person[:1]})]
    found = await told(wire, run_of(rows=5, ingested=5, rejected=0))
    assert found.empty_fields == {"person.name": 2, "orders": 3, "gone.field": 5}
    assert [file.nulls for file in found.nulls] == [
        {"person.name": 2, "orders": 2, "gone.field": 4},
        {"person.name": 0, "orders": 1, "gone.field": 1},
    ]
    assert (found.verdict, found.looked_at) == ("adds up", 5)
    assert "| person.name | 2 | 5 | 40.0 | 2 | 0 |" in markdown_of(found)


async def test_what_was_only_looked_at_in_part_is_said(
    wire: Wire, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(null_counts, "MOST_ROWS", 3)
    monkeypatch.setattr(module, "MOST_REJECTED", 2)
    world.tables = [pa.table({"person": [{"name": "A"}] * 4}), pa.table({"person": [{"name": "A"}]})]
    world.paths, world.refused = ["/in/a.csv", "/in/b.csv"], ["/in/a.csv"] * 3
    found = await told(wire, run_of(rows=8, ingested=5, rejected=3))
    assert (found.verdict, found.looked_at) == ("adds up", 3)
    assert found.notes == (
        "Only the first 2 rejected rows were looked at; per file there may be more.",
        "The platform counts the rows of all files together, not of each.",
        "Of part-0.parquet only the first 3 rows were looked at.",
        "Part-1.parquet was not looked at: too large, or of unknown size.",
    )
    # Two were seen in one file; that none are in the other is not known.
    assert [(file.path, file.rejected) for file in found.files] == [("/in/a.csv", 2), ("/in/b.csv", None)]


async def test_a_refused_row_whose_file_is_not_named_is_given_to_none(wire: Wire, world: World) -> None:
    world.paths = ["/in/a.csv", "/in/b.csv"]
    world.refused = ["a.csv", "0.json", None]  # samples show the diagnostics' own name, or none
    found = await told(wire, run_of(rows=3, ingested=0, rejected=3))
    assert [(file.path, file.rejected) for file in found.files] == [("/in/a.csv", 1), ("/in/b.csv", None)]
    assert found.notes[0] == "Of 2 rejected rows the diagnostics do not name the file."


async def test_one_file_alone_has_all_the_rows(wire: Wire, world: World) -> None:
    files = {"manifest": {"fileInfo": [{"path": "in/a|b.csv", "outputBytes": 7}]}}
    world.paths = ["in/a|b.csv"]
    found = await told(wire, run_of(rows=3, ingested=3, rejected=0, files=files))
    assert "| in/a\\|b.csv | 7 | 3 | 3 | 0 |" in markdown_of(found)


async def test_what_is_gone_meanwhile_is_left_out_and_said(wire: Wire) -> None:
    wire.answers = [Say(404, {"title": "Not found", "detail": "It is gone."})]
    found = await told(wire, run_of(rows=3, ingested=3, rejected=0))
    assert found.verdict == "adds up"
    assert [note.partition(" cannot")[0] for note in found.notes[:3]] == [
        "The dataflow",
        "The batch",
        "The list of the files it wrote",
    ]


async def test_diagnostics_that_kept_only_some_of_the_rejected_rows_are_no_mismatch(wire: Wire, world: World) -> None:
    world.paths, world.refused = ["/in/a.csv", "/in/b.csv"], ["/in/a.csv"]
    found = await told(wire, run_of(rows=3, ingested=0, rejected=3))
    assert (found.verdict, found.findings) == ("adds up", ())
    assert found.notes[0] == "Of 3 rejected rows 1 are in the diagnostics; per file there may be more."
    assert [(file.path, file.rejected) for file in found.files] == [("/in/a.csv", 1), ("/in/b.csv", None)]
