"""A pipeline that declares fields of the organisation's own: one field group is made for them, with the schema."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aeptui.chain.document import ParsedPipeline, parse_pipeline
from aeptui.session.schemas import Schemas
from tests.unit.chain_engine.place import Place, loyalty

DECLARED = """
[[schema.field]]
path = "_acme.card.level"
type = "string"
title = "Level"

[[schema.field]]
path = "_acme.card.stores"
type = "integer"
array = true

[dataset]
"""


def declared(old: str = "", new: str = "") -> ParsedPipeline:
    text = loyalty().text.replace("\n[dataset]\n", DECLARED)
    assert "[[schema.field]]" in text
    assert old in text
    return parse_pipeline(text.replace(old, new) if old else text)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    here = Place(tmp_path)
    try:
        yield here
    finally:
        await here.executions.aclose()
        await here.client.aclose()
        await here.platform.close()


async def test_whoever_asks_for_the_fields_of_the_pipeline_is_told_of_the_declared_ones(place: Place) -> None:
    schemas = Schemas(place.client)
    known = {one.path: one for one in await schemas.fields(declared().pipeline.schema_)}
    assert {path: one.type for path, one in known.items() if path.startswith("_acme.card")} == {
        "_acme.card": "object",
        "_acme.card.level": "string",
        "_acme.card.stores": "array",
    }
    assert "person.name.firstName" in known
    assert known["_acme.card.level"].title == "Level"


async def test_the_tenant_is_asked_for_once(place: Place) -> None:
    schemas = Schemas(place.client)
    assert await schemas.tenant() == "_acme"
    await place.client.aclose()  # nothing can be asked any more
    assert await schemas.tenant() == "_acme"
