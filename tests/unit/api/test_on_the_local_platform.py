"""The verbs the screens do not use yet, against the local platform: two readings of one contract that must agree."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aeptui.api.client import AepClient
from aeptui.api.errors import BadRequest, EtagMismatch, NotFound
from aeptui.config import Paths
from aeptui.credentials import SessionVault
from aeptui.models.datasets import DatasetCreate
from aeptui.models.schemas import FieldGroupCreate, IdentityDescriptorCreate, SchemaCreate, SchemaRef
from aeptui.session import Session
from aeptui.session.pipelines import read_pipeline
from tests.unit.api.verbs import PROFILE_CLASS


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    session = await Session.open(
        "local", paths=Paths(config=tmp_path, state=tmp_path, data=tmp_path), vaults=[SessionVault()]
    )
    yield session
    await session.aclose()


@pytest.fixture
def client(session: Session) -> AepClient:
    return session._client


async def executed(session: Session) -> dict[Any, str]:
    tracking = await session.executions.start(read_pipeline(session.paths, "loyalty"))
    record = await tracking.wait()
    assert record.status == "succeeded"
    return dict(record.ids)


async def test_everything_beside_a_batch_can_be_read_and_its_files_downloaded(
    session: Session, client: AepClient, tmp_path: Path
) -> None:
    ids = await executed(session)
    (run,) = [run async for run in client.flow_runs.list(flow_id=ids["flow"])]
    assert run.batch_id is not None
    (batch,) = [batch async for batch in client.batches.list(ids["dataset"])]
    assert (batch.id, batch.failed_records) == (run.batch_id, 7)
    assert (await client.batches.get(batch.id)).status == "success"
    assert len(await client.data_access.input_files(batch.id)) == 3
    assert len(await client.data_access.failed_rows(batch.id)) == 7
    assert len(await client.data_access.failed_rows(batch.id, limit=2)) == 2
    (file,) = await client.data_access.files(batch.id)
    (part,) = await client.data_access.parts(file.id)
    with (tmp_path / "rows.parquet").open("w+b") as into:
        assert await client.data_access.download_part(file.id, part.name, into) == part.length
    assert (tmp_path / "rows.parquet").read_bytes()[:4] == b"PAR1"
    with pytest.raises(BadRequest, match="1387"):
        await client.flow_runs.retrigger(run.id)


async def test_a_mapping_set_is_read_rewritten_and_gets_a_version(session: Session, client: AepClient) -> None:
    ids = await executed(session)
    before = await client.mapping_sets.get(ids["mapping_set"])
    body = before.rewritten(before.name or "x", SchemaRef(id=ids["schema"]))
    after = await client.mapping_sets.update(before.id, body)
    assert (before.version, after.version) == (0, 1)
    again = await client.mapping_sets.get(before.id)
    assert [(row.source_type, row.source, row.destination) for row in again.mappings] == [
        (row.source_type, row.source, row.destination) for row in before.mappings
    ]
    assert all(check.is_ok for check in await client.mapping_sets.validate(body))


async def test_what_the_platform_suggests_for_a_dataset_is_read_or_left_out(
    session: Session, client: AepClient
) -> None:
    ids = await executed(session)
    found = await session.schemas.suggested(ids["dataset"])
    assert found["person.name.firstName"] == "person.name.firstName"
    assert await session.schemas.suggested("no-such-dataset") == {}
    with pytest.raises(NotFound):
        await client.mapping_sets.suggestion(ids["dataset"], "no-such-batch")


async def test_a_flow_is_changed_by_its_etag_and_not_by_an_old_one(session: Session, client: AepClient) -> None:
    ids = await executed(session)
    flow = await client.flows.get(ids["flow"])
    patch = [{"op": "replace", "path": "/description", "value": "new"}]
    await client.flows.update(flow.id, patch, flow.etag or "")
    with pytest.raises(EtagMismatch):
        await client.flows.update(flow.id, patch, flow.etag or "")
    assert (await client.flows.get(flow.id)).description == "new"
    await client.flows.disable(flow.id)
    assert not (await client.flows.get(flow.id)).is_enabled
    await client.flows.delete(flow.id)
    await client.flows.delete(flow.id)  # gone is done
    with pytest.raises(NotFound):
        await client.flows.get(flow.id)


async def test_fields_of_ones_own_become_an_identity_of_a_schema(client: AepClient) -> None:
    tenant = (await client.registry.stats()).tenant_id
    group = await client.field_groups.create(
        FieldGroupCreate.of("Own fields", [PROFILE_CLASS], tenant, {"email": {"type": "string", "title": "Email"}})
    )
    schema = await client.schemas.create(SchemaCreate.of("Own", PROFILE_CLASS, [group.id]))
    full = await client.schemas.get_full(schema.id)
    assert full["properties"][f"_{tenant}"]["properties"]["email"]["type"] == "string"
    body = {"schema_id": schema.id, "source_property": f"/_{tenant}/email", "namespace": "Email", "is_primary": True}
    made = await client.descriptors.create(IdentityDescriptorCreate.model_validate(body))
    found = [one async for one in client.descriptors.list(schema_id=schema.id)]
    assert [(one.id, one.is_primary, one.property) for one in found] == [(made.id, True, f"/_{tenant}/email")]
    await client.descriptors.delete(made.id)
    assert [one async for one in client.descriptors.list(schema_id=schema.id)] == []
    await client.schemas.delete(schema.id)
    assert schema.id not in [one.id async for one in client.schemas.list()]


async def test_a_dataset_is_found_by_its_tag_changed_and_deleted(client: AepClient) -> None:
    schema = await client.schemas.create(SchemaCreate.of("Own", PROFILE_CLASS))
    body = DatasetCreate(name="Own", schema_ref=SchemaRef(id=schema.id), tags={"aeptui": ["x:dataset"]})
    made = await client.datasets.create(body)
    assert [one.id async for one in client.datasets.list(tags="aeptui:x:dataset")] == [made]
    assert await client.datasets.update(made, [{"op": "add", "path": "/description", "value": "new"}]) == made
    assert (await client.datasets.get(made)).description == "new"
    await client.datasets.delete(made)
    with pytest.raises(NotFound):
        await client.datasets.get(made)
