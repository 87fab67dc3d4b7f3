"""Records that are XDM already: no mapping, every field as it is, checked like all others."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

MakeObject = Callable[..., dict[str, Any]]


class Ingestion(Protocol):
    storage: Path

    def put(self, path: str, data: bytes | str) -> Path: ...
    def job(self, **changes: Any) -> dict[str, Any]: ...
    def run(self, job: dict[str, Any]) -> dict[str, Any]: ...
    def records(self, job: dict[str, Any]) -> list[dict[str, Any]]: ...
    def row_errors(self, job: dict[str, Any]) -> list[dict[str, Any]]: ...


@pytest.fixture
def schema(make_object: MakeObject) -> dict[str, Any]:
    text = {"type": "string"}
    order = make_object(sku=text, quantity={"type": "integer", "minimum": 1})
    made = make_object(
        _id=text,
        timestamp={"type": "string", "format": "date-time"},
        person=make_object(name=make_object(firstName=text, lastName=text), birthDate={**text, "format": "date"}),
        _acme=make_object(orders={"type": "array", "items": order}, score={"type": "number"}),
        identityMap={"type": "object", "additionalProperties": {"type": "array", "items": make_object(id=text)}},
    )
    made["required"] = ["_id"]
    return made


AT = dt.datetime(2026, 11, 25, 10, tzinfo=dt.UTC)


def test_nested_parquet_goes_in_as_it_is_and_other_fields_are_left_out(
    ingestion: Ingestion, schema: dict[str, Any]
) -> None:
    orders = pa.list_(pa.struct([("sku", pa.string()), ("quantity", pa.int64()), ("note", pa.string())]))
    table = pa.table(
        {
            "_id": ["a", "b"],
            "timestamp": pa.array([AT, None], pa.timestamp("us", "UTC")),
            "person": [{"name": {"firstName": "Anna"}, "birthDate": dt.date(1990, 1, 31), "shoe": 38}, None],
            "_acme": pa.array(
                [{"orders": [{"sku": "x", "quantity": 2, "note": "n"}], "score": 0.5}, {"orders": [], "score": None}],
                pa.struct([("orders", orders), ("score", pa.float64())]),
            ),
            "identityMap": pa.array(
                [[("email", [{"id": "a@x.test"}])], None],
                pa.map_(pa.string(), pa.list_(pa.struct([("id", pa.string())]))),
            ),
            "color": ["red", "blue"],
        }
    )
    pq.write_table(table, ingestion.put("in.parquet", b""))
    job = ingestion.job(
        path="/in.parquet", format="parquet", mappings=None, schema=schema, partial_ingestion_percent=None
    )
    result = ingestion.run(job)
    assert (result["status"], result["output_records"], result["errors"]) == ("success", 2, [])
    assert ingestion.records(job) == [
        {
            "_id": "a",
            "timestamp": AT,
            "person": {"name": {"firstName": "Anna", "lastName": None}, "birthDate": dt.date(1990, 1, 31)},
            "_acme": {"orders": [{"sku": "x", "quantity": 2}], "score": 0.5},
            "identityMap": [("email", [{"id": "a@x.test"}])],
        },
        {"_id": "b", "timestamp": None, "person": None, "_acme": {"orders": [], "score": None}, "identityMap": None},
    ]


def test_json_lines_that_break_the_schema_are_rejected_with_the_field(
    ingestion: Ingestion, schema: dict[str, Any]
) -> None:
    records = [
        {"_id": "good", "timestamp": "2026-11-25T10:00:00Z"},
        {"timestamp": "2026-11-25T10:00:00Z"},
        {"_id": "date", "timestamp": "yesterday"},
        {"_id": "deep", "_acme": {"orders": [{"sku": "x", "quantity": 0}]}},
        {"_id": "kind", "person": "Anna"},
        {"id": "another shape", "n": 1},
    ]
    ingestion.put("in.json", "".join(json.dumps(record) + "\n" for record in records))
    job = ingestion.job(path="/in.json", format="json", mappings=None, schema=schema)
    result = ingestion.run(job)
    assert (result["input_records"], result["output_records"], result["failed_records"]) == (6, 1, 5)
    found = {line["_row"]: line["_errors"][0] for line in ingestion.row_errors(job)}
    assert {row: (error["code"], error.get("column")) for row, error in found.items()} == {
        2: ("1555", "_id"),
        3: ("3700", "timestamp"),
        4: ("EMU-1601-400", "_acme.orders[*].quantity"),
        5: ("3700", "person"),
        6: ("EMU-1601-400", None),
    }
    assert "none of the fields" in found[6]["message"]
