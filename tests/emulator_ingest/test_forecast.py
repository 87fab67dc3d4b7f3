"""The forecast of a batch: what a run would report, and what every mapping would lose, with nothing written."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aeptui.emulator import samples
from aeptui.emulator.ingest.job import Job
from aeptui.emulator.ingest.losses import Frequent
from aeptui.emulator.ingest.run import run
from tests.emulator_ingest.conftest import DAY, NUMBER, TEXT, Ingestion, an_object

STORAGE = Path(samples.__file__).parent / "storage"
COUNTS = ("status", "input_records", "failed_records", "warning_records", "input_bytes", "warnings")
MAPPINGS = [
    {"sourceType": "ATTRIBUTE", "source": "id", "destination": "id"},
    {"sourceType": "EXPRESSION", "source": "date(born, 'dd/MM/yyyy')", "destination": "born"},
    {"sourceType": "ATTRIBUTE", "source": "points", "destination": "points"},
    {"sourceType": "EXPRESSION", "source": "iif(tier == 'gold', tier, null)", "destination": "tier"},
]
SCHEMA = {**an_object(id=TEXT, born=DAY, points=NUMBER, tier=TEXT), "required": ["id"]}


def in_process(job: dict[str, Any]) -> dict[str, Any]:
    return run(Job.load(job), lambda _progress: None)


def both(ingestion: Ingestion, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a real batch reports, and what was forecast."""
    job = ingestion.job(**changes)
    return in_process(job), in_process({**job, "output": None})


def per_code(result: dict[str, Any]) -> list[tuple[str, int]]:
    return [(error["code"], error["recordCount"]) for error in result["errors"]]


def planted(ingestion: Ingestion) -> None:
    lines = ["id,born,points,tier"]
    for number in range(5000):
        born = "31/02/2024" if number % 10 == 0 else "" if number % 10 == 1 else "17/03/1980"
        points = "12,5O0" if number % 100 == 7 else str(number)
        text = f'"{points}"' if "," in points else points
        lines.append(f"{'' if number % 250 == 3 else number},{born},{text},{'gold' if number % 2 else 'silver'}")
    lines[4000:4000] = ["too,few", "a,b,c,d,e"]
    ingestion.put("in.csv", "\n".join(lines) + "\n")


def test_planted_bad_values_are_counted_for_each_mapping_as_the_real_run_counts_them(ingestion: Ingestion) -> None:
    planted(ingestion)
    real, forecast = both(ingestion, mappings=MAPPINGS, schema=SCHEMA)
    assert {key: forecast[key] for key in COUNTS} == {key: real[key] for key in COUNTS}
    assert per_code(forecast) == per_code(real)
    identifier, born, points, tier = forecast["mappings"]
    assert forecast["readable_records"] == 5000
    (lost,) = born["nulls"]["values"]
    assert (lost["value"], lost["count"], lost["is_exact"]) == ("'31/02/2024'", born["nulls"]["count"], True)
    assert real["warnings"][0]["recordCount"] == born["nulls"]["count"] == real["warning_records"]
    assert born["empty"] == 500
    assert [(one["value"], one["count"]) for one in points["rejected"]["values"]] == [("'12,5O0'", 50)]
    assert "cannot become a number" in points["rejected"]["values"][0]["why"]
    assert points["rejected"]["first"] == {"path": "/in.csv", "member": "", "line": 9}
    assert (identifier["rejected"]["count"], identifier["empty"]) == (20, 0)
    assert (tier["silent"]["values"][0]["value"], tier["silent"]["count"]) == ("'silver'", 2500)
    assert forecast["elsewhere"]["count"] == 2


def test_nothing_is_written(ingestion: Ingestion) -> None:
    planted(ingestion)
    before = sorted(ingestion.folder.rglob("*"))
    in_process({**ingestion.job(mappings=MAPPINGS, schema=SCHEMA), "output": None})
    assert sorted(ingestion.folder.rglob("*")) == before


@pytest.mark.parametrize("name", ["loyalty", "orders", "products", "visits"])
def test_the_samples_are_forecast_as_they_are_ingested(ingestion: Ingestion, name: str) -> None:
    job = {**ingestion.sample_job(name), "storage": str(STORAGE)}
    real, forecast = in_process(job), in_process({**job, "output": None})
    assert {key: forecast[key] for key in COUNTS} == {key: real[key] for key in COUNTS}
    assert per_code(forecast) == per_code(real)


CELLS = st.sampled_from(["", "1", "31/02/2024", "17/03/1980", "x", "gold", "9" * 400, "é", "{}"])


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=5), max_size=30), entangled=st.booleans())
def test_whatever_the_rows_the_counts_are_those_of_the_run(
    ingestion: Ingestion, rows: list[list[str]], entangled: bool
) -> None:
    ingestion.put("in.csv", "\n".join(["id,born,points,tier", *(",".join(row) for row in rows)]) + "\n")
    again = [{"sourceType": "ATTRIBUTE", "source": "tier", "destination": "tier"}] if entangled else []
    real, forecast = both(ingestion, mappings=[*MAPPINGS, *again], schema=SCHEMA)
    assert {key: forecast[key] for key in COUNTS} == {key: real[key] for key in COUNTS}
    assert per_code(forecast) == per_code(real)
    nulls: Counter[str] = Counter()
    for rule, mapping in zip(MAPPINGS, forecast["mappings"], strict=False):
        nulls[rule["destination"]] += mapping["nulls"]["count"]
        assert mapping["nulls"]["count"] == sum(value["count"] for value in mapping["nulls"]["values"])
    assert {one["destination"]: one["recordCount"] for one in real["warnings"]} == +nulls


def test_nested_rows_into_arrays_are_forecast_too(ingestion: Ingestion, make_object: Callable[..., Any]) -> None:
    items = {"type": "array", "items": make_object(sku=TEXT, price=NUMBER)}
    rows = [{"lines": [{"s": "a", "p": "1"}, {"s": "b", "p": "x"}]}, {"lines": [{"s": "a", "p": ""}]}, {"lines": None}]
    ingestion.put("in.json", "\n".join(json.dumps(row) for row in rows))
    mappings = [
        {"sourceType": "ATTRIBUTE", "source": "lines[*].s", "destination": "items[*].sku"},
        {"sourceType": "ATTRIBUTE", "source": "lines[*].p", "destination": "items[*].price"},
    ]
    schema = make_object(items=items)
    real, forecast = both(ingestion, path="/in.json", format="json", mappings=mappings, schema=schema)
    assert {key: forecast[key] for key in COUNTS} == {key: real[key] for key in COUNTS}
    sku, price = forecast["mappings"]
    assert (price["rejected"]["count"], sku["rejected"]["count"]) == (1, 0)
    assert sku["empty"] == 1


def test_half_a_gzip_and_a_missing_file_are_said_as_a_run_says_them(ingestion: Ingestion) -> None:
    whole = gzip.compress(b"id,n\n" + b"".join(b"%d,%d\n" % (n, n * 7919 % 1000) for n in range(50_000)))
    ingestion.put("in.csv.gz", whole[: len(whole) // 2])
    for changes in ({"path": "/in.csv.gz", "compression": "gzip"}, {"path": "/gone.csv"}):
        real, forecast = both(ingestion, **changes)
        assert forecast["copy_error"] == real["copy_error"]
        assert forecast["copy_error"]["message"]


def test_a_bad_value_in_an_archive_is_told_with_the_name_of_its_member(ingestion: Ingestion) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "id,n\n1,2\n")
        archive.writestr("b.csv", "id,n\n1,2\n2,x\n")
    ingestion.put("in.zip", packed.getvalue())
    real, forecast = both(ingestion, path="/in.zip", compression="zipDeflate")
    assert {key: forecast[key] for key in COUNTS} == {key: real[key] for key in COUNTS}
    assert forecast["mappings"][1]["rejected"]["first"] == {"path": "/in.zip", "member": "b.csv", "line": 3}


def test_progress_tells_the_share_of_the_packed_bytes(ingestion: Ingestion) -> None:
    size = 0
    for number in range(2):
        text = b"id,n\n" + b"".join(b"%d,%d\n" % (n, n * 7919 % 1000) for n in range(50_000))
        size += ingestion.put(f"in/{number}.csv.gz", gzip.compress(text)).stat().st_size
    told: list[Any] = []
    run(Job.load({**ingestion.job(path="/in/*", type="folder", compression="gzip"), "output": None}), told.append)
    assert [one.bytes for one in told] == sorted(one.bytes for one in told)
    assert told[-1] == (100_000, 2, 2, size, size)
    assert 0 < told[0].bytes < size // 2


def test_a_forecast_runs_as_a_process_of_its_own_like_an_ingestion(ingestion: Ingestion) -> None:
    planted(ingestion)
    job = {**ingestion.job(mappings=MAPPINGS, schema=SCHEMA), "output": None}
    file = ingestion.folder / "job.json"
    file.write_text(json.dumps(job))
    command = [*ingestion.command({**job, "output": "x"})[:-1], str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1])["result"]["input_records"] == 5002


def test_the_most_frequent_values_are_found_among_any_number_in_bounded_memory() -> None:
    counted = Frequent(16)
    for number in range(10_000):
        counted.add("often" if number % 3 == 0 else f"once {number}", "why", ("/a", "", number))
    result = counted.result()
    assert result["count"] == 10_000
    first = result["values"][0]
    assert first["value"] == "often"
    assert 3000 < first["count"] <= 3334
    assert len(counted._counters) == 16


def test_long_values_are_cut(ingestion: Ingestion, tmp_path: Path) -> None:
    ingestion.put("in.csv", f"id,n\n1,{'9x' * 5000}\n")
    _, forecast = both(ingestion)
    (value,) = forecast["mappings"][1]["rejected"]["values"]
    assert len(value["value"]) < 100
