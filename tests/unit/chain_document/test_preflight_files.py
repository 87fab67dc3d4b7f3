"""What pre-flight says of the files a pattern means, of identities, and how many questions it asks for that."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from aeptui.chain.document import parse_pipeline
from aeptui.chain.preflight_files import MOST_HEADERS, Files, Storage, read_files
from aeptui.models.connections import BaseConnection, ExploredItem, FileColumn, FileFormat, FilePreview
from aeptui.models.datasets import DatasetCreate
from aeptui.models.schemas import IdentityDescriptorCreate, SchemaCreate, SchemaRef
from tests.unit.chain_document.test_preflight import LOYALTY, World, world

__all__ = ["world"]
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
SOURCE = 'version = 1\nname = "x"\n[source]\nbase_connection = "b"\npath = "/in/*.csv"\nformat = "delimited"\n'


class Door:
    """A storage with one folder; its files have these columns."""

    def __init__(self, files: dict[str, str], modified: dict[str, datetime] | None = None) -> None:
        self._files = files
        self._modified = modified or {}
        self.previewed: list[str] = []

    async def explore(self, _: str, *, path: str | None = None) -> Sequence[ExploredItem]:
        assert path == "/in"
        return [
            ExploredItem(name=name, path=f"/in/{name}", modified_at=self._modified.get(name)) for name in self._files
        ]

    async def preview(self, _: str, path: str, file_format: FileFormat) -> FilePreview:
        self.previewed.append(path)
        names = self._files[path.removeprefix("/in/")].split(",")
        return FilePreview(file_format, tuple(FileColumn(name=name) for name in names))


async def read(door: Door, text: str = SOURCE) -> Files:
    return await read_files(Storage(cast("Any", door), "b"), parse_pipeline(text), NOW)


async def test_a_file_with_other_columns_than_most_is_named_with_what_it_lacks() -> None:
    door = Door({"a.csv": "id,Emial", "b.csv": "id,Email", "c.csv": "Email,id", "d.csv": "id,Email,more"})
    found = await read(door)
    told = [str(problem) for problem in found.problems]
    assert told == [
        "line 5: [source] path: /in/a.csv has other columns than /in/b.csv: it lacks Email and has Emial besides. "
        "Mend the file, or narrow the path so that it is left out",
        "line 5: [source] path: /in/d.csv has other columns than /in/b.csv: it has more besides. "
        "Mend the file, or narrow the path so that it is left out",
    ]
    assert {problem.severity for problem in found.problems} == {"warning"}
    assert [column.name for column in found.columns or ()] == ["id", "Email"]
    assert found.notes == []


async def test_of_many_files_the_first_the_last_and_some_between_are_read_and_that_is_told() -> None:
    door = Door({f"{number:03}.csv": "id,Email" for number in range(200)} | {"199.csv": "id"})
    found = await read(door)
    assert len(door.previewed) == MOST_HEADERS
    assert {"/in/000.csv", "/in/199.csv"} <= set(door.previewed)
    assert found.notes == [f"of 200 files that /in/*.csv means, the heads of {MOST_HEADERS} were read"]
    assert [problem.what.split(" ")[0] for problem in found.problems] == ["/in/199.csv"]


async def test_a_file_that_has_just_changed_may_be_half_there() -> None:
    door = Door(
        {"a.csv": "id", "b.csv": "id"},
        {"a.csv": NOW - timedelta(days=1), "b.csv": NOW - timedelta(minutes=2)},
    )
    (problem,) = (await read(door)).problems
    assert (problem.severity, problem.where) == ("warning", "[source] path")
    assert problem.what.startswith("/in/b.csv changed within the last 5 minutes")


@pytest.mark.parametrize("name", ["a:b.csv", "a\\b.csv", "con.csv", "a\tb.csv", "a?b.csv", f"{'x' * 252}.csv"])
async def test_a_name_that_no_connector_takes_is_told_before_the_run_meets_it(name: str) -> None:
    (problem,) = (await read(Door({name: "id", "z.csv": "id"}))).problems
    assert name in problem.what
    assert (problem.severity, problem.line) == ("warning", 5)


async def test_a_usual_pipeline_is_checked_with_less_than_ten_questions(world: World) -> None:
    text, _, _ = await _with_existing_target(world)
    before = len(world.sent)
    found = await world.checked(text)
    assert found == []
    asked = world.sent[before:]
    assert len(asked) < 10, asked
    heads = [one for one in asked if "objectType=file" in one or "fileType" in one]
    assert len(heads) in (0, 3)  # the log may leave queries out


async def test_a_primary_identity_without_a_mapping_is_told(world: World) -> None:
    text, schema, _ = await _with_existing_target(world)
    await world.client.descriptors.create(
        IdentityDescriptorCreate.model_validate(
            {
                "xdm:sourceSchema": schema,
                "xdm:sourceProperty": "/homePhone/number",
                "xdm:namespace": "Phone",
                "xdm:isPrimary": True,
            }
        )
    )
    (told,) = await world.checked(text)
    assert "The primary identity homePhone.number has no mapping" in told
    mapped = text.replace('target = "mobilePhone.number"', 'target = "homePhone.number"')
    assert await world.checked(mapped) == []


async def _with_existing_target(world: World) -> tuple[str, str, str]:
    """The loyalty pipeline, on a schema and a dataset that are there."""
    pipeline = parse_pipeline(LOYALTY).pipeline
    choice = pipeline.schema_
    schema = await world.client.schemas.create(
        SchemaCreate.of(choice.title or "", choice.class_ or "", choice.field_groups, "")
    )
    dataset = await world.client.datasets.create(
        DatasetCreate(
            name="Members",
            schema_ref=SchemaRef(id=schema.id, content_type="application/vnd.adobe.xed+json;version=1"),
            tags={},
        )
    )
    head, _, rest = LOYALTY.partition("[schema]")
    mapping = rest[rest.index("# An attribute") :]
    return f'{head}[schema]\nid = "{schema.id}"\n\n[dataset]\nid = "{dataset}"\n\n{mapping}', schema.id, dataset


async def test_a_base_connection_of_a_spec_that_is_no_source_is_told_with_the_right_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "4fce964d-3f37-408f-9778-e597338a21ee"

    async def listed(**_: object) -> AsyncIterator[BaseConnection]:
        yield BaseConnection.model_validate({"id": "b", "name": "Sample SFTP", "connectionSpec": {"id": wrong}})

    monkeypatch.setattr(world.client.base_connections, "list", listed)
    told = [one for one in await world.checked(LOYALTY) if "[source] base_connection" in one]
    assert len(told) == 1
    assert f"{wrong} is a destination of Amazon S3, not a source" in told[0]
    assert "Amazon S3 is ecadc60c-7455-4d87-84dc-2a0e293d997b" in told[0]
