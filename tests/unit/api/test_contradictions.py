"""Where Adobe's sources contradict each other: what this client does. One test per row of aep-api.md section 8.

The numbers are the rows'. What only concerns the local platform is tested there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aeptui.api.errors import EtagMismatch, NotFound
from aeptui.chain.pipeline import Schedule
from aeptui.chain.schedule import schedule_params, schedule_problems
from aeptui.config import Profile
from aeptui.models.connections import FileFormat
from aeptui.models.flows import Flow, FlowRun, FlowSpec
from aeptui.models.mapping_sets import Mapping
from aeptui.models.schemas import SchemaRef
from tests.unit.api import verbs
from tests.unit.api.verbs import ID
from tests.unit.api.wire import Say, Wire, wired

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
REF = Say(201, {"id": ID, "etag": verbs.ETAG})


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with wired() as wire:
        wire.answers = [REF]
        yield wire


async def body_of(wire: Wire, verb: str) -> Any:
    await verbs.CHANGES[verb](wire.client)
    return wire.asked[-1].json


def schedule(**values: Any) -> Schedule:
    return Schedule.model_validate(values)


def test_row_01_frequency_once_is_offered_where_the_live_schedule_spec_has_it() -> None:
    once = schedule(frequency="once")
    for words, allowed in ((["once", "minute"], True), (["minute", "hour"], False)):
        spec = {"type": "object", "properties": {"frequency": {"enum": words}}}
        found = schedule_problems_of(once, spec)
        assert bool(found) is not allowed


def schedule_problems_of(wanted: Schedule, spec: Any) -> list[str]:
    return [str(problem) for problem in schedule_problems(wanted, spec)]


def test_row_02_an_interval_below_fifteen_is_wrong_for_minutes_only() -> None:
    assert schedule_problems_of(schedule(frequency="minute", interval=14), None)
    assert not schedule_problems_of(schedule(frequency="minute", interval=15), None)
    assert not schedule_problems_of(schedule(frequency="hour", interval=1), None)


async def test_row_03_start_interval_and_backfill_are_json_numbers_and_booleans(wire: Wire) -> None:
    params = (await body_of(wire, "flows.create"))["scheduleParams"]
    assert [type(params[key]) for key in ("startTime", "interval", "backfill")] == [int, int, bool]
    read = Flow.model_validate({"id": "f", "scheduleParams": {"interval": "15", "backfill": "true", "startTime": "1"}})
    assert read.schedule is not None
    assert (read.schedule.interval, read.schedule.backfill) == (15, True)


def test_row_04_once_goes_out_without_interval_and_backfill() -> None:
    params = schedule_params(schedule(frequency="once"), NOW, 60).model_dump(by_alias=True, exclude_none=True)
    assert params.keys() == {"startTime", "frequency"}


def test_row_05_a_start_is_never_in_the_past() -> None:
    params = schedule_params(schedule(frequency="once"), NOW, 60)
    assert params.start_time == NOW + timedelta(seconds=60)


async def test_row_06_bodies_have_seconds_and_large_numbers_are_read_as_milliseconds(wire: Wire) -> None:
    assert (await body_of(wire, "flows.create"))["scheduleParams"]["startTime"] == int(verbs.START.timestamp())
    window = (await body_of(wire, "flow_runs.create"))["params"]
    assert all(value < 10**11 for value in window.values())
    moment = datetime.fromtimestamp(1931990400, UTC)
    for value in (1931990400, 1931990400000, "1931990400"):
        assert Flow.model_validate({"id": "f", "createdAt": value}).created_at == moment


async def test_row_07_the_column_delimiter_stands_in_the_properties(wire: Wire) -> None:
    data = (await body_of(wire, "source_connections.create"))["data"]
    assert data == {
        "format": "delimited",
        "properties": {"columnDelimiter": "\t", "compressionType": "gzip", "encoding": "UTF-8"},
    }


async def test_row_08_recursive_is_a_boolean(wire: Wire) -> None:
    assert (await body_of(wire, "source_connections.create"))["params"]["recursive"] is True


async def test_row_09_the_kind_of_path_is_always_said(wire: Wire) -> None:
    assert (await body_of(wire, "source_connections.create"))["params"]["type"] == "folder"


def test_row_10_formats_are_lower_case() -> None:
    assert FileFormat.from_properties({"fileType": "Parquet"}).source_data() == {"format": "parquet"}


async def test_row_11_explore_says_file_type_and_lower_case_words(wire: Wire) -> None:
    wire.answers = [Say(200, [])]
    await verbs.READS["base_connections.preview"](wire.client)
    query = wire.asked[0].query
    assert (query["fileType"], query["objectType"]) == (["delimited"], ["file"])
    assert query["columnDelimiter"] == ["\t"]
    await verbs.READS["base_connections.explore"](wire.client)
    assert wire.asked[1].query["object"] == ["/in box"]  # encoded once


@pytest.mark.parametrize(
    "answer",
    [
        [{"name": "Id", "type": "String"}],
        {"format": "flat", "schema": {"columns": [{"name": "Id", "type": "string", "xdm": {"type": "string"}}]}},
    ],
    ids=["an array of columns", "an object"],
)
async def test_row_12_both_forms_of_an_explored_file_are_read(wire: Wire, answer: Any) -> None:
    wire.answers = [Say(200, answer)]
    found = await wire.client.base_connections.preview(ID, "/a.csv", FileFormat())
    assert [(column.name, column.type) for column in found.columns] == [("Id", "string")]


@pytest.mark.parametrize("verb", ["flow_specs.list", "flows.create"])
async def test_row_13_the_authorization_is_always_sent(wire: Wire, verb: str) -> None:
    wire.answers = [Say(200, {"items": [], "id": "x"})]
    await {**verbs.READS, **verbs.CHANGES}[verb](wire.client)
    assert wire.asked[0].headers["authorization"].startswith("Bearer ")


def test_row_14_only_https_is_spoken_but_to_this_machine() -> None:
    for url in ("http://platform.adobe.io", "ftp://platform.adobe.io", "http://127.0.0.1.evil.example"):
        with pytest.raises(ValueError, match="https"):
            Profile(name="x", platform_url=url)
    assert Profile(name="x", platform_url="http://127.0.0.1:8080")


@pytest.mark.parametrize("answer", [{"items": [{"id": ID, "name": "x"}]}, {"id": ID, "name": "x"}])
async def test_row_15_one_of_a_list_and_a_bare_object_are_both_one(wire: Wire, answer: Any) -> None:
    wire.answers = [Say(200, answer)]
    assert (await wire.client.flows.get(ID)).name == "x"
    wire.answers = [Say(200, {"items": []})]
    with pytest.raises(NotFound):
        await wire.client.flows.get(ID)


@pytest.mark.parametrize(
    "answer",
    [
        {"id": ID, "etag": '"1"'},
        {"items": [{"id": ID, "etag": '"1"'}]},
        {"id": ID, "eTag": '"1"', "flowId": "f", "metrics": {}},
    ],
    ids=["bare", "in a list", "the whole run"],
)
async def test_row_16_a_new_run_is_read_in_all_its_three_shapes(wire: Wire, answer: Any) -> None:
    wire.answers = [Say(201, answer)]
    made = await wire.client.flow_runs.create(verbs.FLOW_RUN)
    assert (made.id, made.etag) == (ID, '"1"')


@pytest.mark.parametrize(
    ("verb", "op"),
    [("flows.enable", "enable"), ("flows.publish", "publish"), ("flow_runs.retrigger", "re-trigger")],
)
async def test_row_17_actions_are_lower_case_without_a_sub_operation(wire: Wire, verb: str, op: str) -> None:
    await verbs.CHANGES[verb](wire.client)
    assert wire.asked[0].query == {"op": [op]}
    assert wire.asked[0].body == b""
    assert "content-type" not in wire.asked[0].headers


async def test_row_18_patch_operations_are_lower_case(wire: Wire) -> None:
    await wire.client.flows.update(ID, [{"op": "REPLACE", "path": "/name", "value": "x"}], verbs.ETAG)
    assert wire.asked[0].json == [{"op": "replace", "path": "/name", "value": "x"}]
    assert wire.asked[0].headers["if-match"] == verbs.ETAG


@pytest.mark.parametrize("code", ["FLOW-1439-404", "1439-400", "http://ns.adobe.com/aep/errors/FLOW-1439-404"])
async def test_row_19_not_found_is_told_by_the_status(wire: Wire, code: str) -> None:
    wire.answers = [Say(404, {"type": code, "title": "gone"})]
    with pytest.raises(NotFound) as caught:
        await wire.client.flows.get(ID)
    assert "label" in caught.value.hint


@pytest.mark.parametrize(
    "body",
    [{"type": "https://ns.adobe.com/aep/errors/FLOW-1404-412"}, {"errorMessage": "Supplied version=[..] does not"}],
)
async def test_row_20_a_stale_etag_is_told_by_the_status(wire: Wire, body: Any) -> None:
    wire.answers = [Say(412, body)]
    with pytest.raises(EtagMismatch):
        await wire.client.flows.update(ID, verbs.PATCH, verbs.ETAG)


async def test_row_21_count_is_not_asked_for(wire: Wire) -> None:
    wire.answers = [Say(200, {"items": []})]
    await verbs.READS["flow_runs.list"](wire.client)
    assert "count" not in wire.asked[0].query


async def test_row_22_both_forms_of_transformations_are_read_and_the_version_is_sent_as_a_number(wire: Wire) -> None:
    for version in (3, "3"):
        params = {"mappingId": "m", "mappingVersion": version}
        read = Flow.model_validate({"id": "f", "transformations": [{"name": "Mapping", "params": params}]})
        assert (read.mapping_set_id, read.mapping_version) == ("m", 3)
    assert (await body_of(wire, "flows.create"))["transformations"][0]["params"]["mappingVersion"] == 0
    for specs in ([{"name": "Mapping"}], {"name": "Mapping"}):
        assert FlowSpec.model_validate({"id": "s", "transformationSpecs": specs}).id == "s"


async def test_row_23_options_are_sent_on_create_and_read_back(wire: Wire) -> None:
    from aeptui.chain.steps.flow import FlowStep, keep_options

    lost = {"id": ID, "etag": '"1"', "options": {}}
    wire.answers = [REF, Say(200, {"items": [lost]}), REF]
    made = await FlowStep().create(wire.client, verbs.FLOW)
    assert made.id == ID
    assert verbs.FLOW.options
    assert (await keep_options(wire.client, made, verbs.FLOW.options)).note == ""
    created, read, patched = wire.asked
    assert created.json["options"] == {"errorDiagnosticsEnabled": True, "partialIngestionPercent": 5}
    assert (read.method, patched.method) == ("GET", "PATCH")
    assert patched.json[0]["path"] == "/options"


async def test_row_24_the_partial_percentage_is_a_number(wire: Wire) -> None:
    assert (await body_of(wire, "flows.create"))["options"]["partialIngestionPercent"] == 5


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_row_25_any_success_makes_a_mapping_set(wire: Wire, status: int) -> None:
    wire.answers = [Say(status, {"id": "0" * 32, "version": 0})]
    assert (await wire.client.mapping_sets.create(verbs.MAPPING_SET)).id == "0" * 32


async def test_row_26_what_is_read_of_a_mapping_is_translated_before_it_is_written(wire: Wire) -> None:
    rows = [
        {"sourceType": "text/x.schema-path", "sourceAttribute": "a", "destinationXdmPath": "b"},
        {"sourceType": "text/x.aep-xl", "source": "lower(a)", "destination": "c"},
    ]
    wire.answers = [Say(200, {"id": "m", "version": "2", "mappings": rows})]
    read = await wire.client.mapping_sets.get("m")
    assert [(row.source_type, row.source, row.destination) for row in read.mappings] == [
        ("ATTRIBUTE", "a", "b"),
        ("EXPRESSION", "lower(a)", "c"),
    ]
    sent = read.rewritten("m", SchemaRef(id="s")).to_wire()
    assert [row["sourceType"] for row in sent["mappings"]] == ["ATTRIBUTE", "EXPRESSION"]
    assert Mapping.model_validate({"sourceType": "text/plain"}).source_type == "text/plain"


async def test_row_27_preview_and_validation_are_read_in_both_forms(wire: Wire) -> None:
    row = {"data": {"a": "1"}, "errors": None}
    for answer in ([row], row):
        wire.answers = [Say(200, answer)]
        (found,) = await wire.client.mapping_sets.preview(verbs.MAPPING_SET, [{"a": 1}])
        assert found.data == {"a": "1"}
    forms: list[tuple[Any, bool]] = [
        (True, True),
        (False, False),
        ({"validationStatus": "succeeded", "error": "none"}, True),
        ({"validationStatus": "failed", "error": "no such function"}, False),
    ]
    for said, right in forms:
        wire.answers = [Say(200, said)]
        assert (await wire.client.expressions.validate("a") is None) is right


@pytest.mark.parametrize("lifetime", [86399, "86399", 86_399_992])
async def test_row_28_a_lifetime_is_seconds_or_milliseconds(wire: Wire, lifetime: Any) -> None:
    wire.token_answer = Say(200, {"access_token": "x.y", "expires_in": lifetime})
    wire.answers = [Say(200, {"items": []})]
    await verbs.READS["flows.list"](wire.client)
    ends = wire.client.token_expires_at
    assert ends is not None
    assert abs((ends - wire.clock.now()).total_seconds() - 86400) < 2


async def test_row_29_the_token_comes_from_version_three(wire: Wire) -> None:
    wire.answers = [Say(200, {"items": []})]
    await verbs.READS["flows.list"](wire.client)
    assert wire.tokens == 1  # the wire knows no other path


async def test_row_30_catalog_counts_from_zero_and_skips_nothing(wire: Wire) -> None:
    def page(asked: Any) -> Say:
        start, limit = (int(asked.query[key][0]) for key in ("start", "limit"))
        return Say(200, {f"{at:024}": {"name": str(at)} for at in range(start, min(start + limit, 250))})

    wire.answers = [page]
    found = [one.name async for one in wire.client.datasets.list()]
    assert found == [str(at) for at in range(250)]
    assert [asked.query["start"] for asked in wire.asked] == [["0"], ["100"], ["200"]]
    assert all(asked.query["orderBy"] for asked in wire.asked)


def test_row_31_the_spellings_of_runs_are_read() -> None:
    run = FlowRun.model_validate({"id": "r", "eTag": '"1"', "activites": [{"id": "copyActivity"}]})
    assert run.etag == '"1"'
    assert [part.kind for part in run.activities] == ["copy"]
    assert FlowRun.model_validate({"id": "r", "etag": '"2"', "activities": []}).etag == '"2"'


async def test_row_32_property_is_a_filter_only(wire: Wire) -> None:
    wire.answers = [Say(200, {"items": []})]
    for verb in ("flows.list", "flow_specs.list", "base_connections.list", "flow_runs.list"):
        await verbs.READS[verb](wire.client)
    for asked in wire.asked:
        assert all("==" in one for one in asked.query.get("property", []))


async def test_row_33_a_target_connection_says_no_format(wire: Wire) -> None:
    assert "format" not in (await body_of(wire, "target_connections.create"))["data"]


@pytest.mark.parametrize("verb", ["base_connections.create", "source_connections.create", "target_connections.create"])
async def test_row_34_the_version_of_a_connection_spec_is_one_point_zero(wire: Wire, verb: str) -> None:
    assert (await body_of(wire, verb))["connectionSpec"]["version"] == "1.0"


async def test_row_35_any_run_may_be_retriggered_and_the_platform_decides(wire: Wire) -> None:
    assert (await wire.client.flow_runs.retrigger(ID)).id == ID


# Beside the rows: what every parser keeps


def test_unknown_fields_are_kept_unknown_words_shown_and_missing_numbers_unknown() -> None:
    status = {"statusSummary": {"status": "MARINATING"}, "recordSummary": {"inputRecordCount": -1}}
    run = FlowRun.model_validate({"id": "r", "newField": {"x": 1}, "metrics": status})
    assert run.model_extra == {"newField": {"x": 1}}
    assert (run.status, run.outcome, run.is_terminal) == ("MARINATING", "unknown", False)
    assert (run.input_records, run.output_records, run.failed_records) == (None, None, None)
    assert Flow.model_validate({"id": "f", "state": "enabled-finalizing"}).state == "enabled-finalizing"
