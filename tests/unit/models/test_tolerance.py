"""Services leave fields out, add others and mix up units: models take it, and never make up a number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeptui.models.base import read_count, read_epoch
from aeptui.models.connections import BaseConnection
from aeptui.models.datasets import Dataset
from aeptui.models.flow_runs import FlowRun
from aeptui.models.flows import Flow
from aeptui.models.schemas import flatten_fields, merge_schemas, primary_identities

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_RUN_WORDS = ("statusSummary", "recordSummary", "durationSummary", "fileSummary", "status", "errors", "code")


@pytest.mark.parametrize("value", [1795435200, 1795435200000, "1795435200000", "1795435200"])
def test_a_moment_is_read_in_either_unit(value: Any) -> None:
    assert read_epoch(value) == NOON


@pytest.mark.parametrize("value", [0, -1, "", None, 1e300, "0"])
def test_no_moment_is_unknown_and_not_1970(value: Any) -> None:
    assert read_epoch(value) is None


@pytest.mark.parametrize(("value", "count"), [(7, 7), ("7", 7), (7.0, 7), (0, 0)])
def test_a_count_is_read(value: Any, count: int) -> None:
    assert read_count(value) == count


@pytest.mark.parametrize("value", [-1, None, "many", True, float("nan"), float("inf"), [], "inf"])
def test_what_is_no_count_is_unknown_and_not_0(value: Any) -> None:
    assert read_count(value) is None


@pytest.mark.parametrize("model", [BaseConnection, Dataset, Flow, FlowRun])
def test_an_id_is_enough_and_more_than_is_known_is_kept(model: Any) -> None:
    entity = model.model_validate({"id": "1", "brandNew": {"field": 1}})
    assert entity.id == "1"
    assert entity.model_extra["brandNew"] == {"field": 1}


@given(st.dictionaries(st.sampled_from(_RUN_WORDS), JSON), st.lists(JSON, max_size=3))
def test_a_run_of_whatever_shape_answers_every_question(metrics: dict[str, Any], activities: list[Any]) -> None:
    run = FlowRun.model_validate({"id": "1", "metrics": metrics, "activities": activities})
    assert run.outcome in {"scheduled", "running", "succeeded", "partial", "failed", "unknown"}
    for value in (run.input_records, run.failed_records, run.input_bytes):
        assert value is None or value >= 0
    assert run.errors is not None
    assert run.batch_id is None or isinstance(run.batch_id, str)
    assert run.duration_s is None or run.duration_s >= 0
    assert isinstance(run.activities, tuple)


def test_a_schema_is_flattened_to_paths_with_their_words() -> None:
    name = {"type": "object", "properties": {"firstName": {"type": "string", "title": "First name"}}}
    schema = {
        "type": "object",
        "required": ["_id"],
        "properties": {
            "_id": {"type": "string"},
            "person": {"type": "object", "properties": {"name": name, "tags": {"type": "array", "items": name}}},
            "since": {"type": "string", "format": "date-time"},
            "size": {"type": "string", "enum": ["s", "m"]},
        },
    }
    fields = {field.path: field for field in flatten_fields(schema)}
    assert fields["_id"].required
    assert fields["person.name.firstName"].title == "First name"
    assert fields["person.tags[*].firstName"].is_leaf
    assert fields["since"].type == "date-time"
    assert fields["size"].enum == ("s", "m")
    assert not fields["person"].is_leaf


def test_merged_schemas_have_the_fields_of_all() -> None:
    one = {"properties": {"a": {"type": "object", "properties": {"x": {"type": "string"}}}}, "required": ["a"]}
    other = {"properties": {"a": {"type": "object", "properties": {"y": {"type": "integer"}}}}}
    paths = {field.path for field in flatten_fields(merge_schemas([one, other]))}
    assert {"a.x", "a.y"} <= paths


@given(st.lists(JSON.map(lambda value: {"properties": {"x": value, "a": {"properties": value}}, "required": value})))
def test_schemas_of_any_shape_are_merged_and_read(schemas: list[Any]) -> None:
    assert all(field.path for field in flatten_fields(merge_schemas([*schemas, {"required": [{}, []]}])))


def test_identities_are_told_by_the_descriptors_whatever_form_their_pointers_have() -> None:
    text = {"type": "string"}
    schema = {
        "properties": {
            "_acme": {"type": "object", "properties": {"email": text, "crm": text}},
            "phones": {"type": "array", "items": {"type": "object", "properties": {"number": text}}},
        },
        "meta:descriptors": [
            _identity("/properties/_acme/properties/email", "Email", primary=True),
            _identity("/_acme/crm", "CRMID"),
            _identity("/phones/*/number", "Phone"),
            _identity("/_acme/gone", "Email"),
            {"@type": "xdm:alternateDisplayInfo", "xdm:sourceProperty": "/_acme/crm"},
        ],
    }
    fields = {field.path: field for field in flatten_fields(schema)}
    known = {path: (field.identity, field.is_primary) for path, field in fields.items() if field.identity is not None}
    assert known == {
        "_acme.email": ("Email", True),
        "_acme.crm": ("CRMID", False),
        "phones[*].number": ("Phone", False),
    }
    assert primary_identities(schema) == ("_acme.email",)


def _identity(pointer: str, namespace: str, *, primary: bool = False) -> dict[str, object]:
    return {
        "@type": "xdm:descriptorIdentity",
        "xdm:sourceProperty": pointer,
        "xdm:namespace": namespace,
        "xdm:isPrimary": primary,
    }
