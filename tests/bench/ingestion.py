"""Speed and memory of the ingestion process, and of its forecast: a large TSV through ten mappings, three calculated.

The files are made in a temporary folder and go with it. A size that is wanted only once can be given: `python
tests/bench/ingestion.py 20000000` ingests that many rows and prints the same line; it needs 120 bytes of disk a row.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
ROWS = 1_000_000
ROUNDS = 3
RATE_GOAL = 60_000
MEMORY_GOAL_MB = 400
SIZES = (ROWS // 4, ROWS, 2 * ROWS)
FORECAST_SHARE = 0.8
"""Of the speed of ingestion: it writes nothing, and keeps account of every mapping instead."""
GROWTH_GOAL_MB = 40
"""How much more a file eight times as long may take: noise of the allocator, not rows."""

HEADER = ["id", "first", "last", "email", "birth", "city", "zip", "points", "tier", "joined"]
CITIES = ("Paris", "Lyon", "Nantes", "Lille", "Metz")
MAPPINGS = (
    ("ATTRIBUTE", "id", "_id"),
    ("ATTRIBUTE", "first", "person.name.firstName"),
    ("EXPRESSION", "upper(trim(last))", "person.name.lastName"),
    ("EXPRESSION", "lower(email)", "personalEmail.address"),
    ("ATTRIBUTE", "birth", "person.birthDate"),
    ("ATTRIBUTE", "city", "homeAddress.city"),
    ("ATTRIBUTE", "zip", "homeAddress.postalCode"),
    ("ATTRIBUTE", "points", "loyalty.points"),
    ("EXPRESSION", "concat(first, ' ', last)", "person.name.fullName"),
    ("ATTRIBUTE", "joined", "loyalty.joinDate"),
)
TEXTS = {
    "person.name": "firstName lastName fullName middleName courtesyTitle suffix",
    "person": "gender maritalStatus nationality",
    "personalEmail": "address label status type",
    "homeAddress": "city country countryCode postalCode region state street1 street2",
    "loyalty": "tier status program",
}


class Measured(NamedTuple):
    """One run of the process."""

    seconds: float
    peak_mb: float


def schema() -> dict[str, Any]:
    """A profile with the objects that the mappings reach, most of whose fields they do not."""
    root: dict[str, Any] = {"type": "object", "properties": {"_id": {"type": "string"}}, "required": ["_id"]}

    def properties(path: str) -> dict[str, Any]:
        found: dict[str, Any] = root["properties"]
        for name in path.split("."):
            found = found.setdefault(name, {"type": "object", "properties": {}})["properties"]
        return found

    for path, names in TEXTS.items():
        properties(path).update({name: {"type": "string"} for name in names.split()})
    properties("person")["birthDate"] = {"type": "string", "format": "date"}
    properties("loyalty").update(points={"type": "number"}, joinDate={"type": "string", "format": "date-time"})
    return root


def write_rows(file: Path, rows: int) -> None:
    """A TSV with ids, names and mail addresses that do not repeat, and dates and numbers that do."""
    with file.open("w", encoding="utf-8") as stream:
        stream.write("\t".join(HEADER) + "\n")
        for n in range(rows):
            day = f"{n % 12 + 1:02}-{n % 28 + 1:02}"
            stream.write(
                f"{n}\tAnna{n}\t Smith{n}\tAnna{n}@Example.com\t{1950 + n % 60}-{day}\t{CITIES[n % 5]}"
                f"\t{10000 + n % 80000}\t{n % 5000}\tgold\t20{n % 26:02}-{day}T10:00:00Z\n"
            )


def measure(folder: Path, rows: int, *, forecast: bool = False) -> Measured:
    """Ingest one file of so many rows in a process of its own, as the local platform does; or forecast it."""
    storage = folder / "storage"
    storage.mkdir(exist_ok=True)
    source = storage / f"{rows}.tsv"
    if not source.exists():
        write_rows(source, rows)
    output = folder / "out" / f"{rows}-{time.monotonic_ns()}"
    job = {
        "storage": str(storage),
        "path": f"/{source.name}",
        "format": "delimited",
        "column_delimiter": "\t",
        "mappings": [dict(zip(("sourceType", "source", "destination"), entry, strict=True)) for entry in MAPPINGS],
        "schema": schema(),
        "partial_ingestion_percent": 5,
        "error_diagnostics": True,
        "output": None if forecast else str(output),
        "now": 1_795_440_000.0,
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "aeptui.emulator.ingest", str(folder / "job.json")],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    *_, last = process.stdout
    # It starts no process of its own, so its own peak is that of the whole tree.
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    result = json.loads(last)["result"]
    if (result["input_records"], result["failed_records"]) != (rows, 0):
        raise RuntimeError(f"{rows} rows in, {result['input_records']} read, {result['failed_records']} failed")
    if not forecast:
        if result["output_records"] != rows:
            raise RuntimeError(f"{rows} rows in, {result['output_records']} out")
        for file in output.iterdir():
            if file.is_file():
                file.unlink()
    return Measured(seconds, usage.ru_maxrss / 1024)


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = [measure(folder, ROWS) for _ in range(ROUNDS)]
        rate = ROWS / statistics.median(run.seconds for run in runs)
        peak = max(run.peak_mb for run in runs)
        print(f"ingesting {ROWS:,} rows of {len(HEADER)} columns, {len(MAPPINGS)} mappings, median of {ROUNDS}:")
        print(f"  speed        {rate:9,.0f} rows/s  (goal {RATE_GOAL:,}: {_met(rate >= RATE_GOAL)})")
        print(f"  peak memory  {peak:9.0f} MB      (goal {MEMORY_GOAL_MB}: {_met(peak <= MEMORY_GOAL_MB)})")
        peaks = {rows: peak if rows == ROWS else measure(folder, rows).peak_mb for rows in SIZES}
        growth = peaks[SIZES[-1]] - peaks[SIZES[0]]
        print("  peak by size " + ", ".join(f"{rows:,} rows {size:.0f} MB" for rows, size in peaks.items()))
        print(f"  growth       {growth:9.0f} MB      (goal {GROWTH_GOAL_MB}: {_met(growth <= GROWTH_GOAL_MB)})")
        forecasts = [measure(folder, ROWS, forecast=True) for _ in range(ROUNDS)]
        forecast = ROWS / statistics.median(run.seconds for run in forecasts)
        near = forecast >= FORECAST_SHARE * rate
        print(f"  forecast     {forecast:9,.0f} rows/s  (goal {FORECAST_SHARE:.0%} of ingestion: {_met(near)})")
        met = rate >= RATE_GOAL and peak <= MEMORY_GOAL_MB and growth <= GROWTH_GOAL_MB and near
        return 0 if met else 1


def one(rows: int) -> None:
    """Measure one size, and say it in a line."""
    with tempfile.TemporaryDirectory() as name:
        run = measure(Path(name), rows)
    print(f"{rows:,} rows: {rows / run.seconds:,.0f} rows/s, peak {run.peak_mb:.0f} MB")


def _met(reached: bool) -> str:
    return "met" if reached else "missed"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one(int(sys.argv[1]))
    else:
        sys.exit(main())
