"""A pipeline that declares fields of the organisation's own: one field group is made for them, with the schema."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aeptui.chain.compare import differences
from aeptui.chain.document import ParsedPipeline, parse_pipeline, pipeline_to_toml
from aeptui.chain.errors import PipelineError
from aeptui.chain.export import LiveFlow, read_flow
from aeptui.chain.new_fields import fields_in, properties_of
from aeptui.chain.pipeline import FIELD_TYPES, NewField
from aeptui.chain.replay import read_execution
from aeptui.chain.update import existing
from aeptui.emulator.samples import sample_pipelines
from aeptui.models.schemas import FieldGroupCreate, SchemaCreate, flatten_fields
from aeptui.session.schemas import Schemas
from aeptui.session.tracking import Tracking
from tests.unit.chain_engine.place import COLLECTIONS, CREATES, STEPS, Place

PROFILE = "https://ns.adobe.com/xdm/context/profile"
ROUTE = "/tenant/fieldgroups"
GROUP = "https://ns.adobe.com/acme/mixins/product-details"
TYPES = {
    "sku": "string",
    "name": "string",
    "category": "string",
    "price": "number",
    "currency": "string",
    "stock": "integer",
    "active": "boolean",
    "launchedOn": "date",
    "weightKg": "number",
}
TAGS = """
[[schema.field]]
path = "_acme.product.tags"
type = "string"
array = true
title = "Tags"
description = "As the shop shows them"
"""
DECLARED = (
    "".join(f'\n[[schema.field]]\npath = "_acme.product.{name}"\ntype = "{TYPES[name]}"\n' for name in TYPES) + TAGS
)


def declared(old: str = "", new: str = "") -> ParsedPipeline:
    """The sample of products, with fields of its own in place of the field group that there is for them."""
    text = sample_pipelines()["products"].replace(f'field_groups = ["{GROUP}"]\n', DECLARED)
    assert text.count("[[schema.field]]") == len(TYPES) + 1
    assert old in text
    return parse_pipeline(text.replace(old, new, 1) if old else text)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    here = Place(tmp_path)
    try:
        yield here
    finally:
        await here.executions.aclose()
        await here.client.aclose()
        await here.platform.close()


async def groups(place: Place) -> list[str]:
    """The field groups that an execution made."""
    listed = place.client.field_groups.list(container="tenant")
    return [one.id async for one in listed if "aeptui:" in (one.description or "")]


async def everything(place: Place) -> dict[str, Any]:
    return {
        name: [one.model_dump(mode="json") async for one in getattr(place.client, name).list()]
        for name in (*COLLECTIONS, "field_groups")
    }


async def live(place: Place, tracking: Tracking) -> LiveFlow:
    return await read_flow(place.client, tracking.record.ids["flow"], now=place.client.now())


async def test_whoever_asks_for_the_fields_of_the_pipeline_is_told_of_the_declared_ones(place: Place) -> None:
    known = {one.path: one for one in await Schemas(place.client).fields(declared().pipeline.schema_)}
    assert {path: known[f"_acme.product.{path}"].type for path in TYPES} == TYPES
    tags = known["_acme.product.tags"]
    assert (tags.type, tags.item_type, tags.title) == ("array", "string", "Tags")
    assert known["_acme.product"].type == "object"
    assert "_id" in known  # of the class


async def test_the_tenant_is_asked_for_once(place: Place) -> None:
    schemas = Schemas(place.client)
    assert await schemas.tenant() == "_acme"
    await place.client.aclose()  # nothing can be asked any more
    assert await schemas.tenant() == "_acme"


async def test_the_field_group_is_made_before_the_schema_which_refers_to_it(place: Place) -> None:
    tracking = await place.run(declared())
    record = tracking.record
    assert (record.status, record.error) == ("succeeded", None)
    assert [one.step for one in record.steps][:3] == ["source_connection", "field_group", "schema"]
    assert await groups(place) == [record.ids["field_group"]]
    sent = {path.rpartition("/")[2]: body for path, body in place.line.posts}
    assert sent["fieldgroups"]["description"] == f"aeptui:{record.id}:field_group"
    assert sent["fieldgroups"]["title"] == "Products fields"
    assert sent["schemas"]["allOf"][-1] == {"$ref": record.ids["field_group"]}
    made = {one.path: one for one in flatten_fields(await place.client.schemas.get_full(record.ids["schema"]))}
    assert {path: made[f"_acme.product.{path}"].type for path in TYPES} == TYPES
    assert made["_acme.product.tags"].item_type == "string"
    assert made["_acme.product.tags"].description == "As the shop shows them"


async def test_the_registry_takes_each_type_for_what_the_pipeline_says(place: Place) -> None:
    fields = tuple(NewField(path=f"_acme.as.{word}", type=word) for word in FIELD_TYPES)
    body = FieldGroupCreate.of("All", (PROFILE,), "acme", properties_of(fields)["_acme"]["properties"])
    group = await place.client.field_groups.get_full((await place.client.field_groups.create(body)).id)
    assert {one.path: one.type for one in flatten_fields(group) if one.is_leaf} == {
        one.path: one.type for one in fields
    }
    assert set(fields_in(group)) == set(fields)


async def test_the_plan_shows_it_in_every_form_and_what_an_undo_would_delete(place: Place) -> None:
    plan = await place.pipelines.plan(declared())
    steps = {step.step: step for step in plan.steps}
    assert steps["schema"].needs == ("field_group",)
    assert "create 'Products fields'" in plan.to_text()
    assert "schema, field group, source connection." in plan.undo_words()
    assert "/schemaregistry/tenant/fieldgroups" in plan.to_curl("https://x")
    told = {one["step"]: one for one in json.loads(json.dumps(plan.to_json()))["steps"]}
    fields = told["field_group"]["request"]["body"]["definitions"]["fields"]["properties"]
    assert fields["_acme"]["properties"]["product"]["properties"]["tags"]["items"] == {"type": "string"}
    assert told["schema"]["request"]["body"]["allOf"][-1] == {"$ref": "${field_group.id}"}
    plain = await place.pipelines.plan(parse_pipeline(sample_pipelines()["products"]))
    assert "field_group" not in {step.step for step in plain.steps}


@pytest.mark.parametrize("trouble", ["cut", "lose", "fail_after", "late", "refuse"])
async def test_whatever_happens_to_it_there_is_exactly_one_of_everything_in_the_end_and_then_nothing(
    place: Place, trouble: str
) -> None:
    before = await everything(place)
    setattr(place.line, trouble, ROUTE)
    tracking = await place.run(declared())
    place.line.refuse = ""
    await place.line.arrive()
    if tracking.record.status != "succeeded":
        assert tracking.record.can_resume
        tracking = await place.resume(tracking)
    told = read_execution(place.paths.executions, tracking.id)
    assert told.status == "succeeded", told.error
    assert await groups(place) == [told.ids["field_group"]]
    for step, collection in zip(STEPS, COLLECTIONS, strict=True):
        assert await place.ids(collection) == [told.ids[step]], step  # type: ignore[index]
    await undone(place, tracking)
    assert await everything(place) == before


@pytest.mark.parametrize("prefix", [ROUTE, *CREATES[1:3]])
async def test_an_undo_in_the_middle_takes_back_what_there_is(place: Place, prefix: str) -> None:
    before = await everything(place)
    place.line.refuse = prefix
    tracking = await place.run(declared())
    assert tracking.record.status == "failed"
    assert len(await groups(place)) == (prefix != ROUTE)
    await undone(place, tracking)
    assert await everything(place) == before


async def undone(place: Place, tracking: Tracking) -> dict[str, tuple[str, str]]:
    """Step to what was done with what it made, and why."""
    place.executions._trackings.clear()
    items = await place.executions.survey(tracking.id)
    await place.executions.undo(tracking.id, items)
    return {one.step: (one.action, one.why) for one in items}


async def test_it_stays_while_a_schema_of_others_is_made_of_it(place: Place) -> None:
    tracking = await place.run(declared())
    group = tracking.record.ids["field_group"]
    others = await place.client.schemas.create(SchemaCreate.of("Theirs", PROFILE, (group,)))
    done = await undone(place, tracking)
    assert done["field_group"] == ("keep", "the schema Theirs, which stays, is made of it")
    assert done["schema"] == ("delete", "")
    assert await groups(place) == [group]
    await place.client.schemas.delete(others.id)
    assert (await undone(place, tracking))["field_group"] == ("delete", "")
    assert await groups(place) == []


async def test_fields_that_changed_after_it_was_made_are_refused_by_a_resume(place: Place) -> None:
    place.line.refuse = "/flows"
    tracking = await place.run(declared())
    place.line.refuse = ""
    posts = len(place.line.posts)
    again = await place.executions.resume(tracking.id, declared('type = "date"', 'type = "string"'), watch=False)
    await again.wait()
    assert isinstance(again.error, PipelineError)
    assert [one.where for one in again.error.problems if one.severity == "error"] == ["[schema.field]"]
    assert "field group" in again.error.problems[0].what
    assert len(place.line.posts) == posts


async def test_another_organisations_namespace_is_told_before_anything_is_made(place: Place) -> None:
    parsed = parse_pipeline(declared().text.replace("_acme.", "_demo."))
    problems = [one for one in await place.pipelines.check(parsed) if one.severity == "error"]
    assert [one.where for one in problems] == [f"new field {n}: path" for n in range(1, len(TYPES) + 2)]
    assert "does not stand under _acme" in problems[-1].what
    assert problems[-1].fix == 'Write path = "_acme.product.tags"'
    assert parsed.text.splitlines()[(problems[-1].line or 0) - 1] == 'path = "_demo.product.tags"'
    tracking = await place.run(parsed)
    assert isinstance(tracking.error, PipelineError)
    assert place.line.posts == []


async def test_a_clash_names_the_field_group_that_has_the_field(place: Place) -> None:
    group = f'field_groups = ["{GROUP}"]\n'
    found = await place.pipelines.check(declared("[[schema.field]]", group + "[[schema.field]]"))
    said = [one.what for one in found if one.severity == "error"]
    assert len(said) == len(TYPES) + 1
    assert said[0] == '_acme.product.sku exists already, in the field group "Product Details"'
    other = f'{group}\n[[schema.field]]\npath = "_acme.product.sku"\ntype = "long"\n'
    text = sample_pipelines()["products"].replace(group, other)
    (clash,) = await place.pipelines.check(parse_pipeline(text))
    assert clash.what.endswith('is a string in the field group "Product Details", and not a long')
    beside = parse_pipeline(text.replace("product.sku", "shelf", 1))
    assert await place.pipelines.check(beside) == ()


async def test_the_title_of_a_field_group_that_there_is_is_a_warning(place: Place) -> None:
    body = FieldGroupCreate.of("Products fields", (PROFILE,), "acme", {})
    known = await place.client.field_groups.create(body)
    (warning,) = await place.pipelines.check(declared())
    assert (warning.severity, warning.where) == ("warning", "[schema] new_field_group")
    assert known.id in warning.fix
    assert await place.pipelines.check(declared("[[schema.field]]", 'new_field_group = "Mine"\n[[schema.field]]')) == ()


async def test_the_live_dataflow_becomes_a_file_with_the_fields_and_differs_from_neither_form(place: Place) -> None:
    parsed = declared()
    tracking = await place.run(parsed)
    found = await live(place, tracking)
    assert found.notes == ()
    assert set(found.pipeline.schema_.fields) == set(parsed.pipeline.schema_.fields)
    assert found.pipeline.schema_.field_groups == ()
    assert found.pipeline.schema_.new_field_group is None
    assert parse_pipeline(pipeline_to_toml(found.pipeline)).problems == ()

    by_id = declared(DECLARED, f'field_groups = ["{tracking.record.ids["field_group"]}"]\n')
    for pipeline in (parsed.pipeline, found.pipeline, by_id.pipeline):
        assert differences(pipeline, found, base_connection_id=found.base_connection_id) == ()
    fewer = declared(TAGS).pipeline
    (one,) = differences(fewer, found, base_connection_id=found.base_connection_id)
    assert (one.where, one.file) == ("new field _acme.product.tags", None)
    assert one.live == "array of string, Tags, As the shop shows them"
    assert existing(parsed.pipeline, found, base_connection_id=found.base_connection_id).is_same
    assert not existing(fewer, found, base_connection_id=found.base_connection_id).can_update


async def test_a_schema_that_uses_the_field_group_of_another_execution_names_it_by_its_id(place: Place) -> None:
    first = await place.run(declared())
    group = first.record.ids["field_group"]
    second = declared(DECLARED, f'field_groups = ["{group}"]\n').text.replace("Products", "More products")
    tracking = await place.run(parse_pipeline(second))
    assert tracking.record.status == "succeeded", tracking.problems
    schema = (await live(place, tracking)).pipeline.schema_
    assert (schema.field_groups, schema.fields) == ((group,), ())
