"""Every verb of every resource, called once with plausible arguments: what asks, and what changes something.

A test fails when the client has a verb that is not here (`test_every_verb.py`).
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from aeptui.api.client import AepClient
from aeptui.models.base import SpecRef
from aeptui.models.connections import (
    DATA_LANDING_ZONE_SPEC_ID,
    AuthBody,
    BaseConnectionCreate,
    FileFormat,
    SourceConnectionCreate,
    TargetConnectionCreate,
)
from aeptui.models.datasets import DatasetCreate, FileDescription
from aeptui.models.flows import FlowCreate, FlowRunCreate, ScheduleParams, Transformation, run_params
from aeptui.models.mapping_sets import MappingCreate, MappingSetCreate
from aeptui.models.schemas import ClassCreate, FieldGroupCreate, IdentityDescriptorCreate, SchemaCreate, SchemaRef

Act = Callable[[AepClient], Coroutine[Any, Any, Any]]

ID = "9e2541a0-b143-4d23-a541-a0b143dd2301"
ETAG = '"2b00f1aa-0000-0200-0000-6612ab340000"'
SCHEMA_ID = "https://ns.adobe.com/acme/schemas/6f1d"
PROFILE_CLASS = "https://ns.adobe.com/xdm/context/profile"
PATCH = [{"op": "replace", "path": "/description", "value": "new"}]
START = datetime(2031, 3, 22, 4, 0, tzinfo=UTC)

BASE_CONNECTION = BaseConnectionCreate(
    name="Acme SFTP",
    description="aeptui:x:base_connection",
    auth=AuthBody(
        spec_name="Basic Authentication for sftp", params={"host": "h", "userName": "u", "password": "made-up"}
    ),
    connection_spec=SpecRef(id="b7bf2577-4520-42c9-bae9-cad01560f7bc"),
)
SOURCE_CONNECTION = SourceConnectionCreate(
    name="Loyalty / source",
    description="aeptui:x:source_connection",
    base_connection_id=ID,
    data=FileFormat("delimited", "\t", "gzip", "UTF-8").source_data(),
    params={"path": "/in/*.tsv", "type": "folder", "recursive": True},
    connection_spec=SpecRef(id="b7bf2577-4520-42c9-bae9-cad01560f7bc"),
)
TARGET_CONNECTION = TargetConnectionCreate(
    name="Loyalty / target",
    data={"schema": {"id": SCHEMA_ID, "version": "application/vnd.adobe.xed-full+json;version=1"}},
    params={"dataSetId": "66120a000000000000000001"},
)
FLOW = FlowCreate(
    name="Loyalty",
    description="aeptui:x:flow",
    flow_spec=SpecRef(id="9753525b-82c7-4dce-8a9b-5ccfce2b9876"),
    source_connection_ids=(ID,),
    target_connection_ids=(ID,),
    transformations=(Transformation(params={"mappingId": "0" * 32, "mappingVersion": 0}),),
    options={"errorDiagnosticsEnabled": True, "partialIngestionPercent": 5},
    schedule_params=ScheduleParams(start_time=START, frequency="minute", interval=30, backfill=True),
)
ONCE = FLOW.model_copy(update={"schedule_params": ScheduleParams(start_time=START, frequency="once")})
FLOW_RUN = FlowRunCreate(flow_id=ID, params=run_params(START, START, datetime(2031, 3, 23, tzinfo=UTC)))
MAPPING_SET = MappingSetCreate.of(
    "aeptui:x:mapping_set",
    SchemaRef(id=SCHEMA_ID),
    (
        MappingCreate(source_type="ATTRIBUTE", source="FirstName", destination="person.name.firstName"),
        MappingCreate(source_type="EXPRESSION", source="lower(Email)", destination="personalEmail.address"),
    ),
)
SCHEMA = SchemaCreate.of("Loyalty", PROFILE_CLASS, ["https://ns.adobe.com/xdm/context/profile-person-details"])
CLASS = ClassCreate.of("Visit", "https://ns.adobe.com/xdm/data/time-series")
FIELD_GROUP = FieldGroupCreate.of("Acme", [PROFILE_CLASS], "acme", {"tier": {"type": "string", "title": "Tier"}})
DESCRIPTOR = IdentityDescriptorCreate.model_validate(
    {"schema_id": SCHEMA_ID, "source_property": "/_acme/email", "namespace": "Email", "is_primary": True}
)
DATASET = DatasetCreate(
    name="Loyalty",
    schema_ref=SchemaRef(id=SCHEMA_ID),
    enable_error_diagnostics=True,
    tags={"aeptui": ["x:dataset"]},
    file_description=FileDescription(),
)


async def _all(found: AsyncIterator[Any]) -> list[Any]:
    return [one async for one in found]


READS: dict[str, Act] = {
    "sandboxes.list": lambda c: _all(c.sandboxes.list()),
    "sandboxes.list_all": lambda c: _all(c.sandboxes.list_all()),
    "sandboxes.get": lambda c: c.sandboxes.get("dev"),
    "connection_specs.list": lambda c: _all(c.connection_specs.list(property=["name==sftp"])),
    "connection_specs.get": lambda c: c.connection_specs.get(ID),
    "connection_specs.explore": lambda c: c.connection_specs.explore(DATA_LANDING_ZONE_SPEC_ID, path="/dlz/in"),
    "connection_specs.preview": lambda c: c.connection_specs.preview(
        DATA_LANDING_ZONE_SPEC_ID, "/dlz/a.csv", FileFormat()
    ),
    "connection_specs.determine_properties": lambda c: c.connection_specs.determine_properties(
        DATA_LANDING_ZONE_SPEC_ID, "/dlz/a.csv"
    ),
    "base_connections.list": lambda c: _all(c.base_connections.list(property=["name==Acme"])),
    "base_connections.get": lambda c: c.base_connections.get(ID),
    "base_connections.test": lambda c: c.base_connections.test(ID),
    "base_connections.explore": lambda c: c.base_connections.explore(ID, path="/in box"),
    "base_connections.preview": lambda c: c.base_connections.preview(ID, "/a.tsv", FileFormat("delimited", "\t")),
    "base_connections.determine_properties": lambda c: c.base_connections.determine_properties(ID, "/a.tsv"),
    "source_connections.list": lambda c: _all(c.source_connections.list()),
    "source_connections.get": lambda c: c.source_connections.get(ID),
    "target_connections.list": lambda c: _all(c.target_connections.list()),
    "target_connections.get": lambda c: c.target_connections.get(ID),
    "flow_specs.list": lambda c: _all(c.flow_specs.list(property=["name==CloudStorageToAEP"])),
    "flow_specs.get": lambda c: c.flow_specs.get(ID),
    "flows.list": lambda c: _all(c.flows.list(orderby="-createdAt")),
    "flows.get": lambda c: c.flows.get(ID),
    "flow_runs.list": lambda c: _all(c.flow_runs.list(flow_id=ID)),
    "flow_runs.get": lambda c: c.flow_runs.get(ID),
    "mapping_sets.list": lambda c: _all(c.mapping_sets.list(name="x")),
    "mapping_sets.get": lambda c: c.mapping_sets.get("0" * 32, version=1),
    "mapping_sets.suggestion": lambda c: c.mapping_sets.suggestion(ID, "b1"),
    "expressions.functions": lambda c: c.expressions.functions(),
    "expressions.operators": lambda c: c.expressions.operators(),
    "schemas.list": lambda c: _all(c.schemas.list(title="Loyalty")),
    "schemas.get": lambda c: c.schemas.get(SCHEMA_ID),
    "schemas.get_full": lambda c: c.schemas.get_full(SCHEMA_ID),
    "schemas.parts": lambda c: c.schemas.parts(SCHEMA_ID),
    "classes.list": lambda c: _all(c.classes.list()),
    "classes.get": lambda c: c.classes.get(PROFILE_CLASS),
    "classes.get_full": lambda c: c.classes.get_full(PROFILE_CLASS),
    "field_groups.list": lambda c: _all(c.field_groups.list(class_id=PROFILE_CLASS)),
    "field_groups.get": lambda c: c.field_groups.get("https://ns.adobe.com/acme/mixins/6f1d"),
    "field_groups.get_full": lambda c: c.field_groups.get_full("https://ns.adobe.com/acme/mixins/6f1d"),
    "descriptors.list": lambda c: _all(c.descriptors.list(schema_id=SCHEMA_ID, kind="xdm:descriptorIdentity")),
    "descriptors.get": lambda c: c.descriptors.get("6f1d"),
    "registry.stats": lambda c: c.registry.stats(),
    "datasets.list": lambda c: _all(c.datasets.list(name="Loyalty", tags="aeptui:x")),
    "datasets.get": lambda c: c.datasets.get("66120a000000000000000001"),
    "batches.list": lambda c: _all(c.batches.list("66120a000000000000000001", status="success", limit=5)),
    "batches.get": lambda c: c.batches.get("01KX0000000000000000000001"),
    "data_access.files": lambda c: c.data_access.files("01KX"),
    "data_access.meta": lambda c: c.data_access.meta("01KX", "row_errors"),
    "data_access.failed": lambda c: c.data_access.failed("01KX"),
    "data_access.parts": lambda c: c.data_access.parts("01KX-1"),
    "data_access.row_errors": lambda c: c.data_access.row_errors("01KX"),
    "data_access.failed_rows": lambda c: c.data_access.failed_rows("01KX"),
    "data_access.failed_rows_by_file": lambda c: c.data_access.failed_rows_by_file("01KX", limit=9),
    "data_access.input_files": lambda c: c.data_access.input_files("01KX"),
    "data_access.download": lambda c: c.data_access.download("01KX", "row_errors/a.json", io.BytesIO()),
    "data_access.download_part": lambda c: c.data_access.download_part("01KX-1", "a.parquet", io.BytesIO()),
}
HARMLESS: dict[str, Act] = {
    "mapping_sets.validate": lambda c: c.mapping_sets.validate(MAPPING_SET),
    "mapping_sets.preview": lambda c: c.mapping_sets.preview(MAPPING_SET, [{"FirstName": "Ada"}]),
    "expressions.validate": lambda c: c.expressions.validate("lower(Email)"),
}
CHANGES: dict[str, Act] = {
    "base_connections.create": lambda c: c.base_connections.create(BASE_CONNECTION),
    "base_connections.update": lambda c: c.base_connections.update(ID, PATCH, ETAG),
    "base_connections.publish": lambda c: c.base_connections.publish(ID),
    "base_connections.delete": lambda c: c.base_connections.delete(ID),
    "source_connections.create": lambda c: c.source_connections.create(SOURCE_CONNECTION),
    "source_connections.update": lambda c: c.source_connections.update(ID, PATCH, ETAG),
    "source_connections.publish": lambda c: c.source_connections.publish(ID),
    "source_connections.delete": lambda c: c.source_connections.delete(ID, ETAG),
    "target_connections.create": lambda c: c.target_connections.create(TARGET_CONNECTION),
    "target_connections.update": lambda c: c.target_connections.update(ID, PATCH, ETAG),
    "target_connections.publish": lambda c: c.target_connections.publish(ID),
    "target_connections.delete": lambda c: c.target_connections.delete(ID),
    "flows.create": lambda c: c.flows.create(FLOW, draft=True),
    "flows.update": lambda c: c.flows.update(ID, PATCH, ETAG),
    "flows.enable": lambda c: c.flows.enable(ID),
    "flows.disable": lambda c: c.flows.disable(ID),
    "flows.publish": lambda c: c.flows.publish(ID),
    "flows.delete": lambda c: c.flows.delete(ID, ETAG),
    "flow_runs.create": lambda c: c.flow_runs.create(FLOW_RUN),
    "flow_runs.retrigger": lambda c: c.flow_runs.retrigger(ID),
    "mapping_sets.create": lambda c: c.mapping_sets.create(MAPPING_SET),
    "mapping_sets.update": lambda c: c.mapping_sets.update("0" * 32, MAPPING_SET),
    "mapping_sets.delete": lambda c: c.mapping_sets.delete("0" * 32),
    "schemas.create": lambda c: c.schemas.create(SCHEMA),
    "schemas.update": lambda c: c.schemas.update(SCHEMA_ID, PATCH),
    "schemas.delete": lambda c: c.schemas.delete(SCHEMA_ID),
    "classes.create": lambda c: c.classes.create(CLASS),
    "classes.update": lambda c: c.classes.update("https://ns.adobe.com/acme/classes/6f1d", PATCH),
    "classes.delete": lambda c: c.classes.delete("https://ns.adobe.com/acme/classes/6f1d"),
    "field_groups.create": lambda c: c.field_groups.create(FIELD_GROUP),
    "field_groups.update": lambda c: c.field_groups.update("https://ns.adobe.com/acme/mixins/6f1d", PATCH),
    "field_groups.delete": lambda c: c.field_groups.delete("https://ns.adobe.com/acme/mixins/6f1d"),
    "descriptors.create": lambda c: c.descriptors.create(DESCRIPTOR),
    "descriptors.delete": lambda c: c.descriptors.delete("6f1d"),
    "datasets.create": lambda c: c.datasets.create(DATASET),
    "datasets.update": lambda c: c.datasets.update("66120a000000000000000001", PATCH),
    "datasets.delete": lambda c: c.datasets.delete("66120a000000000000000001"),
}
