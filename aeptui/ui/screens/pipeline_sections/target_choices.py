"""What there is to choose a target from: classes, field groups, schemas, datasets; each read when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aeptui.ui.widgets.grid import Cell, Column, Row

if TYPE_CHECKING:
    from aeptui.chain.pipeline import Pipeline
    from aeptui.session import Session
    from aeptui.ui.screens.pipeline_sections.target import Choice


@dataclass(frozen=True)
class Choices:
    """A list to choose from."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    chosen: tuple[str, ...]
    note: str = ""
    many: bool = False


_COLUMNS = (
    Column("title", "Title", min_width=24),
    Column("about", "Description", min_width=16, priority=2),
    Column("id", "Id", min_width=24, priority=1),
)


async def read_choices(session: Session, choice: Choice, pipeline: Pipeline) -> Choices:
    """Read the list.

    Raises:
        AeptuiError: it cannot be read.
    """
    schema, dataset = pipeline.schema_, pipeline.dataset
    if choice == "class":
        rows = [_row(one.id, one.title, one.description) for one in await session.schemas.classes()]
        return Choices("Class", _COLUMNS, _sorted(rows), _one(schema.class_), "What one record of the dataset is.")
    if choice == "field_groups":
        groups = await session.schemas.field_groups(schema.class_ or "")
        rows = [_row(one.id, one.title, one.description) for one in groups]
        known = {row.key for row in rows}
        # A field group that this class does not list stays chosen until the user takes it out.
        rows += [_row(one, one, "not listed for this class") for one in schema.field_groups if one not in known]
        note = "Each adds its fields to the schema."
        return Choices("Field groups", _COLUMNS, _sorted(rows), schema.field_groups, note, many=True)
    if choice == "schema":
        rows = [_row(one.id, one.title, str(one.class_id or "")) for one in await session.schemas.schemas()]
        return Choices("Existing schema", _COLUMNS, _sorted(rows), _one(schema.id))
    rows = [_row(one.id, one.name, one.description) for one in await session.schemas.datasets()]
    return Choices("Existing dataset", _COLUMNS, _sorted(rows), _one(dataset.id))


def take_choice(pipeline: Pipeline, choice: Choice, keys: tuple[str, ...]) -> Pipeline:
    """The pipeline with what was chosen."""
    if choice == "class":
        schema = pipeline.schema_.model_copy(update={"class_": keys[0] if keys else None})
    elif choice == "field_groups":
        # The order of those chosen before stays, so that the document changes no more than it must.
        before = [key for key in pipeline.schema_.field_groups if key in keys]
        after = [key for key in keys if key not in before]
        schema = pipeline.schema_.model_copy(update={"field_groups": (*before, *after)})
    elif choice == "schema":
        schema = pipeline.schema_.model_copy(update={"id": keys[0] if keys else ""})
    else:
        dataset = pipeline.dataset.model_copy(update={"id": keys[0] if keys else ""})
        return pipeline.model_copy(update={"dataset": dataset})
    return pipeline.model_copy(update={"schema_": schema})


def _row(identifier: object, title: str | None, about: str | None) -> Row:
    return Row(str(identifier), (title or "(no title)", Cell(about or "", "muted"), Cell(str(identifier), "muted")))


def _sorted(rows: list[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: str(row.cells[0]).casefold()))


def _one(key: str | None) -> tuple[str, ...]:
    return (key,) if key else ()
