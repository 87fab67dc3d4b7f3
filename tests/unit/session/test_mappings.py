"""What the mapping service says of a row, asked through a session whose local platform answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aeptui.chain.pipeline import MappingRow, SchemaChoice
from aeptui.config import Paths
from aeptui.credentials import SessionVault
from aeptui.models.schemas import SchemaCreate
from aeptui.session import Session

CLASS = "https://ns.adobe.com/xdm/context/profile"
GROUPS = ["https://ns.adobe.com/xdm/context/profile-person-details"]
MADE_LATER = SchemaChoice.model_validate({"title": "New", "class": CLASS})


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    session = await Session.open(
        "local", paths=Paths(config=tmp_path, state=tmp_path, data=tmp_path), vaults=[SessionVault()]
    )
    yield session
    await session.aclose()


async def test_the_service_checks_a_row_and_maps_the_sample_row_when_the_schema_exists(session: Session) -> None:
    made = await session._client.schemas.create(SchemaCreate.of("People", CLASS, GROUPS))
    schema = SchemaChoice(id=made.id)
    row = MappingRow(expression="upper(First)", target="person.name.firstName")
    word = await session.mappings.word(row, {"First": "ada"}, schema)
    assert (word.about, word.errors, word.record) == ("record", (), {"person": {"name": {"firstName": "ADA"}}})
    wrong = await session.mappings.word(row.model_copy(update={"target": "person.nope"}), {"First": "ada"}, schema)
    assert wrong.record is None
    assert "person.nope" in wrong.errors[0]
    bad_date = MappingRow(source="Born", target="person.birthDate")
    assert "soon" in (await session.mappings.word(bad_date, {"Born": "soon"}, schema)).errors[0]


async def test_the_service_reads_only_the_expression_while_the_schema_is_still_to_be_made(session: Session) -> None:
    wrong = await session.mappings.word(MappingRow(expression="upper(", target="x"), {}, MADE_LATER)
    assert wrong.about == "expression"
    assert len(wrong.errors) == 1
    right = await session.mappings.word(MappingRow(expression="upper(A)", target="x"), {}, MADE_LATER)
    assert right.errors == ()
    copied = await session.mappings.word(MappingRow(source="A", target="x"), {}, MADE_LATER)
    assert copied.about == "nothing"
