"""A batch taken by columns is the batch taken row by row: the same records, rejections, warnings and counts.

A mapping set in which two rules write to one place cannot be run by columns, so a rule said twice is the other way.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

import pytest

MakeObject = Callable[..., dict[str, Any]]


class Ingestion(Protocol):
    def put(self, path: str, data: bytes | str) -> object: ...
    def job(self, **changes: Any) -> dict[str, Any]: ...
    def run(self, job: dict[str, Any]) -> dict[str, Any]: ...
    def records(self, job: dict[str, Any]) -> list[dict[str, Any]]: ...
    def row_errors(self, job: dict[str, Any]) -> list[dict[str, Any]]: ...


def rule(source: str, destination: str, kind: str = "ATTRIBUTE") -> dict[str, str]:
    return {"sourceType": kind, "source": source, "destination": destination}


MAPPINGS = [
    rule("id", "id"),
    rule("upper(name)", "person.name", "EXPRESSION"),
    rule("to_integer(age)", "person.age", "EXPRESSION"),
    rule("to_integer(points)", "loyalty.points", "EXPRESSION"),
    rule("tier", "loyalty.tier"),
    rule("born", "person.born"),
    rule("split(tags, ',')", "tags", "EXPRESSION"),
]


@pytest.fixture
def schema(make_object: MakeObject) -> dict[str, Any]:
    text = {"type": "string"}
    loyalty = make_object(points={"type": "integer", "maximum": 100}, tier={"type": "string", "enum": ["gold", "tin"]})
    loyalty["required"] = ["points"]
    made = make_object(
        id={"type": "string", "pattern": "^[a-z]"},
        person=make_object(name=text, age={"type": "integer"}, born={"type": "string", "format": "date"}, x=text),
        loyalty=loyalty,
        tags={"type": "array", "items": text, "maxItems": 2},
    )
    made["required"] = ["id", "person"]
    return made


def _lines() -> list[str]:
    """Rows of which most are good; each kind of trouble comes back at its own pace, so that they meet."""
    lines = ["id,name,age,points,tier,born,tags"]
    for n in range(20_000):
        cells = [
            f"a{n}",
            f"Anna {n}",
            str(n % 90),
            str(n % 100),
            "gold",
            f"19{n % 100:02}-01-31",
            "x,y".replace(",", ";"),
        ]
        if n % 97 == 3:
            cells[2] = "old"
        if n % 89 == 5:
            cells[3] = "many"
        if n % 83 == 7:
            cells[4] = "mud"
        if n % 79 == 11:
            cells[3] = ""
        if n % 73 == 13:
            cells[3] = cells[4] = ""
        if n % 71 == 17:
            cells[0] = "" if n % 2 else f"A{n}"
        if n % 67 == 19:
            cells[5] = "1990-02-30"
        if n % 61 == 23:
            cells[1] = cells[2] = cells[5] = ""
        if n % 59 == 29:
            cells[6] = '"x,y,z"'
        if n % 53 == 31:
            cells.append("extra")
        if n % 47 == 37:
            cells[1] = '"An ""A"" na'
        if n % 1009 == 41:
            lines.append("")
        lines.append(",".join(cells))
    return lines


def _both(ingestion: Ingestion, **changes: Any) -> None:
    by_columns = ingestion.job(mappings=MAPPINGS, **changes)
    by_rows = ingestion.job(mappings=[*MAPPINGS, rule("tier", "loyalty.tier")], **changes)
    results = [ingestion.run(job) for job in (by_columns, by_rows)]
    for result in results:
        assert result.pop("output_bytes") > 0
        assert [file.pop("size") > 0 for file in result["output_files"]]
    assert results[0] == results[1]
    assert results[0]["failed_records"] > 1000
    assert results[0]["warning_records"] > 100
    assert ingestion.records(by_columns) == ingestion.records(by_rows)
    assert ingestion.row_errors(by_columns) == ingestion.row_errors(by_rows)


def test_a_delimited_file_with_every_trouble(ingestion: Ingestion, schema: dict[str, Any]) -> None:
    ingestion.put("in.csv", "\n".join(_lines()) + "\n")
    _both(ingestion, schema=schema)


def test_a_json_file_with_every_trouble(ingestion: Ingestion, schema: dict[str, Any]) -> None:
    names, *lines = (line.replace('"', "").split(",") for line in _lines())
    documents = [json.dumps(dict(zip(names, cells, strict=False))) for cells in lines if len(cells) > 1]
    for place in range(5, len(documents), 211):
        documents[place] = documents[place][:-1]
    ingestion.put("in.json", "\n".join(documents))
    _both(ingestion, schema=schema, path="/in.json", format="json")
