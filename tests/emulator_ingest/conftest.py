"""Runs the ingestion process the way the local platform does: a job file in, JSON lines out, a folder on disk."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from aeptui.emulator.samples import sample_pipelines

NOW = 1_795_440_000.0
TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
DAY: dict[str, Any] = {"type": "string", "format": "date"}


def an_object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


SCHEMAS: dict[str, dict[str, Any]] = {
    "loyalty": an_object(
        personID=TEXT,
        person=an_object(name=an_object(firstName=TEXT, lastName=TEXT, fullName=TEXT), birthDate=DAY, gender=TEXT),
        personalEmail=an_object(address=TEXT, primary={"type": "boolean"}),
        mobilePhone=an_object(number=TEXT),
        homeAddress=an_object(city=TEXT, country=TEXT),
        loyalty=an_object(joinDate=MOMENT, tier=TEXT, points=NUMBER, status=TEXT),
        faxPhone=an_object(number=TEXT),
    ),
    "orders": {
        **an_object(
            _id=TEXT,
            timestamp=MOMENT,
            eventType=TEXT,
            _acme=an_object(
                order=an_object(
                    id=TEXT,
                    placedAt=MOMENT,
                    status=TEXT,
                    currency=TEXT,
                    total=NUMBER,
                    channel=TEXT,
                    customer=an_object(id=TEXT, email=TEXT),
                    items={
                        "type": "array",
                        "items": an_object(sku=TEXT, name=TEXT, quantity={"type": "integer"}, price=NUMBER),
                    },
                )
            ),
        ),
        "required": ["_id", "timestamp"],
    },
    "products": an_object(
        _acme=an_object(
            product=an_object(
                sku=TEXT,
                name=TEXT,
                category=TEXT,
                price=NUMBER,
                currency=TEXT,
                stock={"type": "integer"},
                active={"type": "boolean"},
                launchedOn=DAY,
                weightKg=NUMBER,
                tags={"type": "array", "items": TEXT},
            )
        )
    ),
    "visits": {
        **an_object(
            _id=TEXT,
            timestamp=MOMENT,
            eventType=TEXT,
            web=an_object(
                webPageDetails=an_object(
                    URL=TEXT,
                    name=TEXT,
                    siteSection=TEXT,
                    isErrorPage={"type": "boolean"},
                    pageViews=an_object(value=NUMBER),
                ),
                webReferrer=an_object(URL=TEXT, type={"type": "string", "enum": ["typed_bookmarked", "external"]}),
            ),
        ),
        "required": ["_id", "timestamp"],
    },
}


class Ingestion:
    """A storage folder, and batches made from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.storage = folder / "storage"
        self.storage.mkdir()
        self._batches = 0

    def put(self, path: str, data: bytes | str) -> Path:
        file = self.storage / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        return file

    def job(self, **changes: Any) -> dict[str, Any]:
        """A job over `/in.csv` with the columns id and n, changed as said."""
        self._batches += 1
        return {
            "storage": str(self.storage),
            "path": "/in.csv",
            "type": "file",
            "format": "delimited",
            "mappings": [
                {"sourceType": "ATTRIBUTE", "source": "id", "destination": "id"},
                {"sourceType": "ATTRIBUTE", "source": "n", "destination": "n"},
            ],
            "schema": an_object(id=TEXT, n=NUMBER),
            "partial_ingestion_percent": 100,
            "error_diagnostics": True,
            "output": str(self.folder / "out" / f"BATCH{self._batches}"),
            "now": NOW,
            **changes,
        }

    def sample_job(self, name: str) -> dict[str, Any]:
        """The job of a sample pipeline."""
        pipeline = tomllib.loads(sample_pipelines()[name])
        source = pipeline["source"]
        given = {key: value for key, value in source.items() if key != "base_connection"}
        mappings = [
            {
                "sourceType": "ATTRIBUTE" if "source" in entry else "EXPRESSION",
                "source": entry.get("source") or entry["expression"],
                "destination": entry["target"],
            }
            for entry in pipeline["mapping"]
        ]
        percent = pipeline["options"].get("partial_ingestion_percent")
        return self.job(**given, mappings=mappings, schema=SCHEMAS[name], partial_ingestion_percent=percent)

    def command(self, job: dict[str, Any]) -> list[str]:
        file = self.folder / f"job-{Path(job['output']).name}.json"
        file.write_text(json.dumps(job))
        return [sys.executable, "-m", "aeptui.emulator.ingest", str(file)]

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        done = subprocess.run(self.command(job), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])["result"]
        return result

    def records(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        """What the batch wrote, read back."""
        rows: list[dict[str, Any]] = []
        for file in sorted(Path(job["output"]).glob("*.parquet")):
            rows.extend(pq.read_table(file).to_pylist())
        return rows

    def row_errors(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        """Every rejected row of the batch."""
        files = sorted((Path(job["output"]) / "meta" / "row_errors").glob("*.json"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@pytest.fixture
def ingestion(tmp_path: Path) -> Ingestion:
    return Ingestion(tmp_path)


@pytest.fixture
def make_object() -> Callable[..., dict[str, Any]]:
    """Builds the schema of an object from its properties."""
    return an_object
