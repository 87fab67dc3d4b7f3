"""The target side of pre-flight: the schema's fields, the dataset, and names that are taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aeptui.api.errors import NotFound, ResponseError, Unauthorized
from aeptui.chain.new_fields import schema_of, usable
from aeptui.chain.preflight_fields import clash_problems, group_title_problem, namespace_problems
from aeptui.chain.problems import Problem, Severity, closest
from aeptui.chain.reads import all_at_once, refused
from aeptui.chain.toml_lines import KeyPath
from aeptui.ids import DatasetId

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.document import ParsedPipeline
    from aeptui.models.datasets import Dataset
    from aeptui.models.schemas import Schema, SchemaField


@dataclass(slots=True)
class TargetFacts:
    """What was found; empty or None when it could not be read, and then a problem says why."""

    problems: list[Problem] = field(default_factory=list)
    fields: tuple[SchemaField, ...] = ()
    identities: tuple[str, ...] = ()
    """Fields of the schema that exists by which a record is told from all others."""
    schema: Schema | None = None
    dataset: Dataset | None = None


async def read_target(parsed: ParsedPipeline, client: AepClient) -> TargetFacts:
    """Read the target side of a pipeline, all at once."""
    facts = TargetFacts()
    reader = _TargetReader(parsed, client, facts)
    await all_at_once(reader.schema(), reader.dataset())
    return facts


class _TargetReader:
    def __init__(self, parsed: ParsedPipeline, client: AepClient, facts: TargetFacts) -> None:
        self._parsed = parsed
        self._pipeline = parsed.pipeline
        self._places = parsed.places
        self._client = client
        self._facts = facts

    def _problem(self, path: KeyPath, what: str, fix: str, *, is_warning: bool = False) -> None:
        severity: Severity = "warning" if is_warning else "error"
        self._facts.problems.append(self._places.problem(path, what, fix, severity))

    async def schema(self) -> None:
        """The fields of the schema that exists, or of the one that will be made."""
        choice = self._pipeline.schema_
        if self._places.is_spoiled(("schema",)) or self._places.is_spoiled(("schema", "id")):
            return
        if choice.id is not None:
            await self._existing_schema(choice.id)
            return
        await all_at_once(all_at_once(self._new_schema(), self._title_is_free()), self._new_fields())

    async def _existing_schema(self, schema_id: str) -> None:
        from aeptui.models.schemas import Schema, flatten_fields, primary_identities

        if not schema_id.strip():
            return
        full = await self._read(
            ("schema", "id"),
            f"schema {schema_id}",
            lambda: self._client.schemas.get_full(schema_id, descriptors=True),
            lambda: self._client.schemas.list(),
        )
        if full is not None:
            self._facts.schema = Schema.model_validate(full)
            self._facts.fields = flatten_fields(full)
            self._facts.identities = primary_identities(full)

    async def _new_schema(self) -> None:
        from aeptui.models.schemas import flatten_fields, merge_schemas

        choice = self._pipeline.schema_
        if not (choice.class_ or "").strip() or self._places.is_spoiled(("schema", "class")):
            return
        class_id = choice.class_ or ""
        groups = list(dict.fromkeys(choice.field_groups))
        reads = [
            self._read(
                ("schema", "class"),
                f"class {class_id}",
                lambda: self._client.classes.get_full(class_id),
                lambda: self._client.classes.list(),
            ),
            *(self._field_group(group) for group in groups),
        ]
        parts = await asyncio.gather(*reads)
        for group, part in zip(groups, parts[1:], strict=True):
            if part is not None and parts[0] is not None:
                self._check_fits(group, part, class_id)
        if self._places.is_spoiled(("schema", "field_groups")):
            return
        # With a part missing, its fields would look misspelt in every mapping.
        whole = [part for part in parts if part is not None]
        if len(whole) == len(parts):
            own = schema_of(usable(choice.fields))
            self._facts.fields = flatten_fields(merge_schemas([*whole, own]))
            self._facts.problems += clash_problems(self._parsed, whole[0], whole[1:])

    async def _new_fields(self) -> None:
        """What the platform says of the fields that are declared, beside those there are."""
        if self._pipeline.schema_.fields:
            wrong, title = await all_at_once(
                namespace_problems(self._parsed, self._client), group_title_problem(self._parsed, self._client)
            )
            self._facts.problems += [*wrong, *([title] if title is not None else [])]

    def _field_group(self, group: str) -> Any:
        place = self._group_place(group)
        return self._read(
            place,
            f"field group {group}",
            lambda: self._client.field_groups.get_full(group),
            lambda: self._client.field_groups.list(),
        )

    def _group_place(self, group: str) -> KeyPath:
        groups = self._pipeline.schema_.field_groups
        return ("schema", "field_groups", groups.index(group))

    def _check_fits(self, group: str, part: Any, class_id: str) -> None:
        meant_for = part.get("meta:intendedToExtend") if isinstance(part, dict) else None
        if isinstance(meant_for, list) and meant_for and class_id not in meant_for:
            what = f"The field group {part.get('title') or group} is not meant for the class {class_id}"
            fix = f"Use it with {meant_for[0]}, or take another one"
            self._problem(self._group_place(group), what, fix, is_warning=True)

    async def _read(
        self,
        path: KeyPath,
        subject: str,
        read: Callable[[], Awaitable[Any]],
        known: Callable[[], AsyncIterable[Any]],
    ) -> Any:
        """One full JSON schema, or None with a problem that names the closest id there is."""
        try:
            return await read()
        except Unauthorized:
            raise
        except NotFound:
            near = await self._nearest(subject.rpartition(" ")[2], known)
            fix = f"Did you mean {near}?" if near else "Choose one that exists"
            self._problem(path, f"There is no {subject}", fix)
        except ResponseError as error:
            self._facts.problems.append(refused(self._places, path, f"The {subject} cannot be read", error))
        return None

    async def _nearest(self, wanted: str, known: Callable[[], AsyncIterable[Any]]) -> str | None:
        try:
            there = [one async for one in known()]
        except Unauthorized:
            raise
        except ResponseError:
            return None  # only the suggestion is lost
        for one in there:
            if wanted.casefold() in (one.title.casefold(), str(one.id).rpartition("/")[2].casefold()):
                return str(one.id)
        return closest(wanted, [str(one.id) for one in there])

    async def _title_is_free(self) -> None:
        title = self._pipeline.schema_.title
        if not title or self._places.is_spoiled(("schema", "title")):
            return
        try:
            taken = [schema async for schema in self._client.schemas.list() if schema.title == title]
        except Unauthorized:
            raise
        except ResponseError:
            return  # a warning that cannot be made is no reason to stop
        if taken:
            fix = f'Choose another title, or use it: id = "{taken[0].id}"'
            what = f'A schema titled "{title}" exists already, and the registry may refuse a second one'
            self._problem(("schema", "title"), what, fix, is_warning=True)

    async def dataset(self) -> None:
        """The dataset that exists, or whether the new one's name is taken."""
        choice = self._pipeline.dataset
        if self._places.is_spoiled(("dataset",)) or self._places.is_spoiled(("dataset", "id")):
            return
        if choice.id is not None and choice.id.strip():
            await self._existing_dataset(choice.id)
        elif choice.id is None and choice.name and not self._places.is_spoiled(("dataset", "name")):
            await self._name_is_free(choice.name)

    async def _existing_dataset(self, dataset_id: str) -> None:
        place = ("dataset", "id")
        try:
            dataset = await self._client.datasets.get(DatasetId(dataset_id))
        except Unauthorized:
            raise
        except NotFound:
            self._problem(
                place, f"There is no dataset {dataset_id}", "Choose one that exists, or give a name for a new one"
            )
            return
        except ResponseError as error:
            self._facts.problems.append(refused(self._places, place, "The dataset cannot be read", error))
            return
        self._facts.dataset = dataset
        wanted = self._pipeline.schema_.id
        if wanted is not None and dataset.schema_id and dataset.schema_id != wanted:
            what = f"The dataset {dataset.name or dataset_id} has another schema, {dataset.schema_id} (error 1425)"
            self._problem(place, what, f'Write id = "{dataset.schema_id}" under [schema], or choose another dataset')

    async def _name_is_free(self, name: str) -> None:
        try:
            taken = [dataset async for dataset in self._client.datasets.list(name=name)]
        except Unauthorized:
            raise
        except ResponseError:
            return  # a warning that cannot be made is no reason to stop
        if taken:
            what = f'A dataset named "{name}" exists already; a second one will be made'
            fix = f'Choose another name, or use it: id = "{taken[0].id}"'
            self._problem(("dataset", "name"), what, fix, is_warning=True)
