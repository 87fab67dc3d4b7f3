"""The four sample pipelines through the real process; expectations are counted another way, straight from the files."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aeptui.emulator import samples
from aeptui.emulator.samples import install
from aeptui.emulator.samples.generate import BROKEN_ROWS

STORAGE = Path(samples.__file__).parent / "storage"


class Ingestion(Protocol):
    storage: Path

    def sample_job(self, name: str) -> dict[str, Any]: ...
    def run(self, job: dict[str, Any]) -> dict[str, Any]: ...
    def records(self, job: dict[str, Any]) -> list[dict[str, Any]]: ...
    def row_errors(self, job: dict[str, Any]) -> list[dict[str, Any]]: ...


@pytest.fixture
def installed(ingestion: Ingestion) -> Ingestion:
    install(ingestion.storage)
    return ingestion


def good_members() -> dict[str, list[str]]:
    """Members by id, read naively: a line is good when all of its cells look right one by one."""
    good: dict[str, list[str]] = {}
    for file in sorted((STORAGE / "loyalty/members").iterdir()):
        for raw in file.read_bytes().splitlines()[1:]:
            try:
                line = raw.decode("utf-8")
            except UnicodeDecodeError:
                continue
            if line.count('"') % 2:
                continue
            [cells] = csv.reader([line], delimiter="\t")
            if len(cells) != 11 or not cells[8].isdigit():
                continue
            try:
                for text in (cells[5], cells[6]):
                    if text:
                        date.fromisoformat(text)
            except ValueError:
                continue
            good[cells[0]] = cells
    return good


def test_loyalty_ingests_every_good_member_and_no_other(installed: Ingestion) -> None:
    job = installed.sample_job("loyalty")
    result = installed.run(job)
    good = good_members()
    assert len(good) == 11_993
    assert (result["status"], result["input_records"], result["output_records"]) == ("success", 12_000, len(good))
    assert result["failed_records"] == 7
    records = {record["personID"]: record for record in installed.records(job)}
    assert set(records) == set(good)
    for number, cells in good.items():
        record = records[number]
        first, last, email, phone, born, joined, tier, points, city, country = (cell or None for cell in cells[1:])
        name = {"firstName": first, "lastName": last, "fullName": f"{first} {last}" if last else first}
        assert record["person"] == {
            "name": name,
            "birthDate": date.fromisoformat(born) if born else None,
            "gender": None,
        }
        assert (record["personalEmail"] or {}).get("address") == (email.strip().lower() if email else None)
        assert (record["mobilePhone"] or {}).get("number") == phone
        assert record["homeAddress"] == {"city": city, "country": country}
        assert record["loyalty"] == {
            "joinDate": datetime.fromisoformat(joined or "").replace(tzinfo=UTC),
            "tier": (tier or "bronze").upper(),
            "points": float(points or ""),
            "status": "active" if email else "incomplete",
        }


def test_each_of_the_seven_broken_members_is_reported_with_its_line_and_reason(installed: Ingestion) -> None:
    job = installed.sample_job("loyalty")
    result = installed.run(job)
    reported = {(error["_filename"], error["_row"]): error["_errors"][0] for error in installed.row_errors(job)}
    assert set(reported) == {("/" + row.file, row.line) for row in BROKEN_ROWS}
    for row in BROKEN_ROWS:
        error = reported["/" + row.file, row.line]
        assert error["code"] == row.code.split("-")[1]
        assert row.says in error["message"], error
    assert [(error["code"], error["recordCount"]) for error in result["errors"]] == [
        ("INGEST-1212-400", 7),
        ("INGEST-1401-400", 4),
        ("MAPPER-3700-400", 3),
    ]
    assert [(entry["path"][-6:], entry["rows"], entry["failed"]) for entry in result["files"]] == [
        ("01.tsv", 4000, 2),
        ("02.tsv", 4000, 2),
        ("03.tsv", 4000, 3),
    ]


def test_orders_keep_their_nested_items_typed(installed: Ingestion) -> None:
    job = installed.sample_job("orders")
    result = installed.run(job)
    with gzip.open(STORAGE / "orders/orders.jsonl.gz", "rt", encoding="utf-8") as lines:
        orders = [json.loads(line) for line in lines]
    assert result["output_records"] == result["input_records"] == len(orders) == 2000
    for order, record in zip(orders, installed.records(job), strict=True):
        placed = datetime.fromisoformat(order["placedAt"].replace("Z", "+00:00"))
        assert (record["_id"], record["timestamp"]) == (order["id"], placed)
        assert record["_acme"]["order"] == {**order, "placedAt": placed, "currency": order["currency"].upper()}
    [part] = Path(job["output"]).glob("*.parquet")
    item = pq.read_schema(part).field("_acme").type.field("order").type.field("items").type.value_type
    assert item.field("quantity").type == pa.int32()
    assert item.field("price").type == pa.float64()


def test_products_come_through_parquet_with_dates_numbers_and_lists(installed: Ingestion) -> None:
    job = installed.sample_job("products")
    result = installed.run(job)
    given = pq.read_table(STORAGE / "products/products.parquet").to_pylist()
    assert result["output_records"] == len(given) == 500
    assert [record["_acme"]["product"] for record in installed.records(job)] == given
    [part] = Path(job["output"]).glob("*.parquet")
    product = pq.read_schema(part).field("_acme").type.field("product").type
    assert product.field("launchedOn").type == pa.date32()
    assert product.field("active").type == pa.bool_()


def test_visits_are_taken_from_all_nested_folders(installed: Ingestion) -> None:
    job = installed.sample_job("visits")
    result = installed.run(job)
    rows: list[dict[str, str]] = []
    for file in sorted((STORAGE / "web/visits").rglob("*.csv")):
        with file.open(encoding="utf-8", newline="") as stream:
            rows.extend(csv.DictReader(stream))
    assert result["output_records"] == len(rows) == 5000
    assert len(result["files"]) == 10
    for row, record in zip(rows, installed.records(job), strict=True):
        page = record["web"]["webPageDetails"]
        assert (record["_id"], page["name"], page["URL"]) == (row["visitId"], row["pageName"], row["url"])
        assert page["isErrorPage"] is (row["isErrorPage"] == "true")
        assert page["pageViews"] == {"value": 1.0}
        assert record["web"]["webReferrer"]["type"] == ("external" if row["referrer"] else "typed_bookmarked")
