"""The fields of schemas, read through a session whose local platform answers."""

from __future__ import annotations

from pathlib import Path

from aeptui.chain.pipeline import SchemaChoice
from aeptui.config import Paths
from aeptui.credentials import SessionVault
from aeptui.models.schemas import IdentityDescriptorCreate, SchemaCreate
from aeptui.session import Session

CLASS = "https://ns.adobe.com/xdm/context/profile"
GROUPS = ["https://ns.adobe.com/xdm/context/profile-personal-details"]


async def test_the_fields_of_a_schema_that_exists_say_which_are_identities(tmp_path: Path) -> None:
    paths = Paths(config=tmp_path, state=tmp_path, data=tmp_path)
    session = await Session.open("local", paths=paths, vaults=[SessionVault()])
    made = await session._client.schemas.create(SchemaCreate.of("People", CLASS, GROUPS))
    body = {
        "schema_id": made.id,
        "source_property": "/personalEmail/address",
        "namespace": "Email",
        "is_primary": True,
    }
    await session._client.descriptors.create(IdentityDescriptorCreate.model_validate(body))
    fields = await session.schemas.fields(SchemaChoice(id=made.id))
    new = await session.schemas.fields(SchemaChoice.model_validate({"class": CLASS, "field_groups": GROUPS}))
    await session.aclose()
    assert {field.path: field.identity for field in fields if field.is_primary} == {"personalEmail.address": "Email"}
    assert not any(field.identity for field in new)
