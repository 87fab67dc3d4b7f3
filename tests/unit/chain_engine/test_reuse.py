"""A pipeline may use what exists: source connection, schema, dataset, mapping set. Only the rest is made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aeptui.chain.document import parse_pipeline, pipeline_to_toml
from aeptui.chain.errors import PipelineError
from aeptui.chain.export import read_mapping_set, rows_of_mapping_set
from aeptui.chain.pipeline import MappingRow
from aeptui.models.mapping_sets import MappingSet
from tests.unit.chain_engine.place import Place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    yield place
    await place.client.aclose()
    await place.platform.close()


TEXT = """version = 1
name = "Second helping"

[source]
id = "{source_connection}"

[schema]
id = "{schema}"

[dataset]
id = "{dataset}"

[mapping_set]
id = "{mapping_set}"
{more}
[schedule]
frequency = "once"

[options]
partial_ingestion_percent = 5
"""


async def first(place: Place) -> dict[str, str]:
    """The ids of what a first execution made."""
    record = (await place.run()).record
    assert record.status == "succeeded", record.error
    place.line.posts.clear()
    return {str(step): id for step, id in record.ids.items()}


async def test_only_what_does_not_exist_is_made(place: Place) -> None:
    ids = await first(place)
    parsed = parse_pipeline(TEXT.format(**ids, more=""), file="second.toml")
    assert not parsed.problems
    tracking = await place.run(parsed)
    assert tracking.record.status == "succeeded", tracking.problems
    assert place.made() == ["/targetConnections", "/flows"]
    flow = await place.client.flows.get(tracking.record.ids["flow"])
    assert flow.source_connection_ids == (ids["source_connection"],)
    assert (flow.mapping_set_id, flow.mapping_version) == (ids["mapping_set"], 0)
    assert {one.step: one.action for one in tracking.record.steps if one.action == "reuse"}.keys() == {
        "source_connection",
        "schema",
        "dataset",
        "mapping_set",
    }


async def test_an_undo_leaves_what_was_used(place: Place) -> None:
    ids = await first(place)
    second = await place.run(parse_pipeline(TEXT.format(**ids, more=""), file="second.toml"))
    place.executions._trackings.clear()
    items = await place.executions.survey(second.id)
    assert {one.step for one in items} == {"flow", "target_connection"}
    await place.executions.undo(second.id, items)
    assert await place.ids("flows") == [ids["flow"]]
    assert await place.ids("source_connections") == [ids["source_connection"]]


async def test_the_files_and_columns_of_what_is_used_are_checked_all_the_same(place: Place) -> None:
    ids = await first(place)
    for file in (place.paths.local / "storage/loyalty/members").glob("*.tsv"):
        file.write_text(file.read_text("utf-8", "replace").replace("BirthDate", "Born", 1), "utf-8")
    tracking = await place.run(parse_pipeline(TEXT.format(**ids, more=""), file="second.toml"))
    assert any("BirthDate" in problem.what for problem in tracking.problems), tracking.problems
    assert not place.line.posts


@pytest.mark.parametrize(
    ("key", "wrong", "said"),
    [
        ("source_connection", "00000000-0000-4000-8000-000000000000", "There is no source connection"),
        ("mapping_set", "0" * 32, "There is no mapping set"),
    ],
)
async def test_what_is_not_there_is_said_with_its_line(place: Place, key: str, wrong: str, said: str) -> None:
    ids = {**await first(place), key: wrong}
    tracking = await place.run(parse_pipeline(TEXT.format(**ids, more=""), file="second.toml"))
    assert isinstance(tracking.error, PipelineError)
    (problem,) = [one for one in tracking.problems if one.severity == "error"]
    assert said in problem.what
    assert problem.line == {"source_connection": 5, "mapping_set": 14}[key]
    assert not place.line.posts


async def test_a_mapping_set_of_another_schema_is_refused_before_anything_is_made(place: Place) -> None:
    ids = await first(place)
    text = TEXT.format(**ids, more="").replace(
        f'[schema]\nid = "{ids["schema"]}"\n\n[dataset]\nid = "{ids["dataset"]}"',
        '[schema]\ntitle = "New"\nclass = "https://ns.adobe.com/xdm/context/profile"\n'
        'field_groups = ["https://ns.adobe.com/xdm/context/profile-person-details", '
        '"https://ns.adobe.com/xdm/context/profile-personal-details", '
        '"https://ns.adobe.com/xdm/mixins/profile/profile-loyalty-details"]\n\n[dataset]\nname = "New"',
    )
    tracking = await place.run(parse_pipeline(text, file="second.toml"))
    errors = [one for one in tracking.problems if one.severity == "error"]
    assert [one.where for one in errors] == ["[mapping_set] id"]
    assert ids["schema"] in errors[0].fix
    assert not place.line.posts


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('[source]\nid = "s"', '[source]\nid = "s"\npath = "/x"', "[source] path"),
        ('[source]\nid = "s"', '[source]\nid = "s"\nbase_connection = "Sample SFTP"', "[source] base_connection"),
        ('id = "m"\n', 'id = "m"\n\n[[mapping]]\nsource = "a"\ntarget = "b"\n', "mapping 1"),
        ('[mapping_set]\nid = "m"', "[mapping_set]\nversion = 1", "[mapping_set] version"),
        ('[source]\nid = "s"', '[source]\nid = ""', "[source] id"),
    ],
)
def test_what_contradicts_it_in_the_document_is_a_mistake(old: str, new: str, where: str) -> None:
    text = TEXT.format(source_connection="s", schema="x", dataset="d", mapping_set="m", more="")
    assert not parse_pipeline(text).problems
    problems = parse_pipeline(text.replace(old, new)).problems
    assert where in {problem.where for problem in problems}


def test_it_is_written_as_it_was_read() -> None:
    text = TEXT.format(source_connection="s", schema="x", dataset="d", mapping_set="m", more="version = 2\n")
    pipeline = parse_pipeline(text).pipeline
    assert parse_pipeline(pipeline_to_toml(pipeline)).pipeline == pipeline
    changed = pipeline.model_copy(update={"name": "Other"})
    assert parse_pipeline(pipeline_to_toml(changed, text)).pipeline == changed


def test_constants_of_a_mapping_set_are_no_columns_and_what_cannot_be_said_is_left_to_be_told() -> None:
    rows = [
        {"sourceType": "STATIC", "source": "web", "destination": "channel"},
        {"sourceType": "text/plain", "source": "${MACRO}", "destination": "other"},
        {"sourceType": "text/x.schema-path", "source": "a", "destination": "b"},
    ]
    mapping_set = MappingSet.model_validate({"id": "1", "mappings": rows})
    assert rows_of_mapping_set(mapping_set) == (
        MappingRow(expression='"web"', target="channel"),
        MappingRow(source="a", target="b"),
    )
    assert "text/plain" in read_mapping_set(mapping_set).rows[1].reason
