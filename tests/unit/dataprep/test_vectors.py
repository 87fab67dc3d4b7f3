"""The platform's documented samples, run through the language (the reference file stands beside the repository)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aeptui.dataprep import MappingRule, coerce, compile_mapping, evaluate
from aeptui.dataprep.dates import iso_text

pytestmark = pytest.mark.shared

_FILE = Path(__file__).resolve().parents[3] / "../shared/reference/dataprep_vectors_dev.json"
_VECTORS: list[dict[str, Any]] = json.loads(_FILE.read_text())["vectors"] if _FILE.exists() else []
_USABLE = [vector for vector in _VECTORS if vector["usable"]]


def _vectors(kind: str) -> list[Any]:
    found = [pytest.param(vector, id=vector["id"]) for vector in _USABLE if vector["kind"] == kind]
    return found or [
        pytest.param(None, marks=pytest.mark.skip(reason="the reference samples are not beside the repository"))
    ]


def _plain(value: object) -> object:
    return iso_text(value) if isinstance(value, datetime) else value


@pytest.mark.parametrize("vector", _vectors("expression"))
def test_a_documented_expression_gives_its_documented_result(vector: dict[str, Any]) -> None:
    result = _plain(evaluate(vector["expression"], vector["input"] or {}))
    assert result == vector["output"]
    assert type(result) is type(vector["output"])


@pytest.mark.parametrize("vector", _vectors("coercion"))
def test_a_documented_coercion_gives_its_documented_result(vector: dict[str, Any]) -> None:
    assert coerce(evaluate(vector["expression"], vector["input"]), vector["target_type"]) is vector["output"]


@pytest.mark.parametrize("vector", _vectors("mapping"))
def test_a_documented_mapping_set_gives_its_documented_record(vector: dict[str, Any]) -> None:
    rules = [MappingRule(rule["sourceType"], rule["source"], rule["destination"]) for rule in vector["mappings"]]
    mapped = compile_mapping(rules, _fields(vector["output"]), datetime(2026, 1, 1, tzinfo=UTC))(vector["input"])
    assert mapped.record == vector["output"]
    assert not mapped.errors
    assert not mapped.warnings


def _fields(record: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """A schema that holds exactly the documented record."""
    fields: dict[str, str] = {}
    for name, value in record.items():
        path = f"{above}{name}"
        if isinstance(value, dict):
            fields |= {path: "object"} | _fields(value, f"{path}.")
        elif isinstance(value, list):
            fields[path] = "array"
            if isinstance(value[0], dict):
                fields |= _fields(value[0], f"{path}[*].")
        else:
            fields[path] = "string"
    return fields
