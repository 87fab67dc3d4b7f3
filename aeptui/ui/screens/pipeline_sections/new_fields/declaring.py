"""Declaring fields of the organisation's own: where one may stand, what one for a column would be. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from aeptui.chain.automap_names import without_accents
from aeptui.chain.mapping_checks import above, target_field
from aeptui.chain.new_fields import FieldPlaces, Wrong, path_problem, schema_of, type_problem, usable
from aeptui.chain.pipeline import FIELD_TYPES, NewField
from aeptui.models.schemas import SchemaField, flatten_fields

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow, Pipeline
    from aeptui.chain.value_types import ValueKind
    from aeptui.ui.screens.pipeline_sections.state import EditorState

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_BRACKETS = re.compile(r"\[[^\]]*\]")
EXISTS = (
    "Fields can be declared only for a schema that is made with the dataflow, and this one exists already. "
    "Add the field in the platform's own interface, then read the fields again (r in the section Target); "
    "or make a new schema there."
)


@dataclass(frozen=True)
class Declaring:
    """What new fields can be declared beside."""

    fields: tuple[SchemaField, ...] = ()
    """Those of the schema, without the declared ones."""
    declared: tuple[NewField, ...] = ()
    tenant: str = ""
    """The namespace they stand in, such as `_acme`."""
    refusal: str = ""
    """Why none can be declared, and what to do; empty when one can."""
    is_new: bool = True
    """Is the schema made with the dataflow? One that exists does not get the declared fields."""

    @cached_property
    def _places(self) -> FieldPlaces:
        return FieldPlaces(self.fields)

    @cached_property
    def all_fields(self) -> tuple[SchemaField, ...]:
        """Those of the schema and the declared ones."""
        return with_declared(self.fields, self.declared) if self.is_new else self.fields

    def number(self, path: str) -> int | None:
        """Which of the declared fields has this path."""
        return next((at for at, one in enumerate(self.declared) if one.path == path), None)

    def problem(self, field: NewField, number: int | None = None) -> Wrong | None:
        """What is wrong with a field.

        Args:
            number: It stands in the place of this one; None: it is one more.
        """
        wrong = path_problem(field.path, self.tenant) or type_problem(field.type, field.path)
        if wrong is not None:
            return wrong
        places = self._places.copy()
        for at, one in enumerate(self.declared):
            if at != number and not path_problem(one.path):
                places.add(one)
        return places.add(field)

    def first(self, near: str, column: str, kind: ValueKind, wanted: str = "") -> NewField:
        """What a field for a column would be.

        Args:
            near: The object it is to stand in, such as `_acme.loyalty`; only one of the tenant's counts.
            wanted: The target written already; where a new field can stand there, it is meant.
        """
        if wanted.startswith(f"{self.tenant}."):
            parent, _, name = wanted.rpartition(".")
            there = self.first(parent, name, kind).model_copy(update={"path": wanted})
            if self.problem(there) is None:
                return there
        words = _WORD.findall(without_accents(column))
        name = "".join(word.capitalize() if at else word.lower() for at, word in enumerate(words))
        inside = near if near == self.tenant or near.startswith(f"{self.tenant}.") else self.tenant
        return NewField(
            path=f"{inside}.{name}",
            type=kind.type if kind.type in FIELD_TYPES else "string",
            array=kind.is_array,
            title=" ".join(words).capitalize() or None,
        )

    def put(self, field: NewField, number: int | None = None) -> tuple[NewField, ...]:
        """The declared fields with one more, or with this one in the place of another."""
        if number is None:
            return (*self.declared, field)
        return (*self.declared[:number], field, *self.declared[number + 1 :])

    def without(self, number: int) -> tuple[NewField, ...]:
        """The declared fields without one."""
        return (*self.declared[:number], *self.declared[number + 1 :])


def declaring_of(state: EditorState) -> Declaring:
    """What can be declared for the schema of this pipeline."""
    schema, target = state.pipeline.schema_, state.target
    declared = schema.fields
    if not schema.is_new or (state.pipeline.dataset.id is not None and not schema.class_):
        return Declaring(target.fields, declared, refusal=EXISTS, is_new=False)
    refusal = ""
    if not schema.class_:
        refusal = "Choose a class for the new schema first, in the section Target."
    elif not target.tenant:
        refusal = f"The organisation's namespace is not known. {target.tenant_error}".strip()
    return Declaring(without_declared(target.fields, declared), declared, target.tenant, refusal)


def with_declared(fields: Sequence[SchemaField], declared: Iterable[NewField]) -> tuple[SchemaField, ...]:
    """Fields and those declared beside them, as far as these are sound."""
    there = {one.path for one in fields}
    own = [one for one in flatten_fields(schema_of(usable(declared))) if one.path not in there]
    return tuple(sorted((*fields, *own), key=lambda one: one.path.split("."))) if own else tuple(fields)


def without_declared(fields: Sequence[SchemaField], declared: Sequence[NewField]) -> tuple[SchemaField, ...]:
    """Fields without the declared ones, and without the objects that only these need."""
    own = {one.path for one in declared}
    around = {path for one in declared for path in above(one.path)}
    needed = {path for one in fields if one.path not in own and one.path not in around for path in above(one.path)}
    return tuple(one for one in fields if one.path not in own and (one.path not in around or one.path in needed))


def changed_parts(
    pipeline: Pipeline, declared: tuple[NewField, ...], moved: tuple[str, str] | None
) -> dict[str, object]:
    """The parts of the document that change when the declared fields become these; mappings follow one that moved."""
    parts: dict[str, object] = {"schema_": pipeline.schema_.model_copy(update={"fields": declared})}
    if moved is not None and moved[0] != moved[1]:
        parts["mapping"] = moved_rows(pipeline.mapping, *moved)
    return parts


def moved_rows(rows: Sequence[MappingRow], old: str, new: str) -> tuple[MappingRow, ...]:
    """The rows, with those that are mapped to the old path mapped to the new one."""
    return tuple(row.model_copy(update={"target": moved_path(row.target, old, new)}) for row in rows)


def moved_path(target: str, old: str, new: str) -> str:
    """A target that is, or is an item of, the field at the old path, at the new one; its indices stay."""
    same = target_field(target)
    if same != old and not same.startswith(f"{old}["):
        return target
    indices = iter(_BRACKETS.findall(target))
    return _BRACKETS.sub(lambda found: next(indices, found[0]), new + same[len(old) :])
