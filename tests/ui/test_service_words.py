"""What the form says of the mapping service's answers, on the local platform's own answers: two readings of one row."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aeptui.chain.pipeline import MappingRow, SchemaChoice
from aeptui.clock import ManualClock
from aeptui.config import Paths
from aeptui.credentials import SessionVault
from aeptui.errors import AeptuiError
from aeptui.models.mapping_sets import MappingSetCreate, PreviewedRow
from aeptui.models.schemas import SchemaCreate
from aeptui.session import Session, mappings
from aeptui.ui.screens.pipeline_sections.mapping.form.service_words import verdict
from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial
from tests.ui.pipeline_stage import NOW


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    session = await Session.open(
        "local", paths=Paths(config=tmp_path, state=tmp_path, data=tmp_path), vaults=[SessionVault()]
    )
    yield session
    await session.aclose()


async def test_service_and_form_agree_on_every_mapping_of_the_loyalty_file_and_on_its_bad_rows(
    session: Session,
) -> None:
    pipeline = (await session.pipelines.load("loyalty")).pipeline
    preview = await session.sources.sample(pipeline.source)
    groups = pipeline.schema_.field_groups
    made = await session._client.schemas.create(SchemaCreate.of("Loyalty", pipeline.schema_.class_ or "", groups or ()))
    schema = SchemaChoice(id=made.id)
    types = {field.path: field.type for field in await session.schemas.fields(schema)}
    columns = tuple(column.name for column in preview.columns)
    wrong = (MappingRow(source="City", target="person.birthDate"), MappingRow(source="City", target="person.nope"))
    for number, row in enumerate((*pipeline.mapping, *wrong)):
        sample = preview.rows[number]
        trial = Trial(types, columns, sample, session.clock.now())
        said = verdict(row, trial, await session.mappings.word(row, sample, schema))[0]
        assert said == ("service: agrees that it is wrong" if row in wrong else "service: agrees"), (row, sample)


class Silent:
    """A platform that takes every question and answers none."""

    mapping_sets: Any

    def __init__(self) -> None:
        self.mapping_sets = self

    async def validate(self, _body: MappingSetCreate) -> None:
        await asyncio.Event().wait()


async def test_a_service_that_does_not_answer_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mappings, "PATIENCE_S", 0.01)
    platform: Any = Silent()
    row = MappingRow(source="A", target="b")
    with pytest.raises(AeptuiError, match="Nothing came within") as raised:
        await mappings.Mappings(platform).word(row, {}, SchemaChoice(id="x"))
    trial = Trial({}, None, None, ManualClock(NOW).now())
    assert verdict(row, trial, raised.value.title)[0].startswith("service: no answer. ")


class Deep:
    """A platform whose record has no bottom: as JSON, or as text that holds JSON."""

    mapping_sets: Any

    def __init__(self, *, as_text: bool) -> None:
        self.mapping_sets = self
        self._as_text = as_text

    async def validate(self, _body: MappingSetCreate) -> tuple[()]:
        return ()

    async def preview(self, _body: MappingSetCreate, _rows: Any) -> list[PreviewedRow]:
        data: Any = '{"b":' * 3000 + "1" + "}" * 3000
        if not self._as_text:
            data = 1
            for _ in range(3000):
                data = {"b": data, "c": 1}
        return [PreviewedRow.model_construct(data=data, errors=None)]


@pytest.mark.parametrize("as_text", [True, False])
async def test_a_record_without_a_bottom_is_a_difference_and_no_crash(as_text: bool) -> None:
    platform: Any = Deep(as_text=as_text)
    row = MappingRow(source="A", target="b")
    word = await mappings.Mappings(platform).word(row, {"A": "x"}, SchemaChoice(id="x"))
    trial = Trial({"b": "string"}, ("A",), {"A": "x"}, ManualClock(NOW).now())
    assert verdict(row, trial, word)[0].startswith("service differs: it makes ")
