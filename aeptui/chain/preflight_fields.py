"""What the platform says of the fields a pipeline declares: the organisation's namespace, and fields that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aeptui.api.errors import ResponseError, Unauthorized
from aeptui.chain.new_fields import FieldPlaces, path_problem, tenant_namespace
from aeptui.chain.places import where
from aeptui.chain.problems import Problem
from aeptui.errors import ConfigError
from aeptui.models.schemas import flatten_fields

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.document import ParsedPipeline
    from aeptui.chain.pipeline import NewField
    from aeptui.chain.toml_lines import KeyPath


async def namespace_problems(parsed: ParsedPipeline, client: AepClient) -> tuple[Problem, ...]:
    """Fields outside the namespace of the organisation, which the registry would refuse."""
    sound = tuple(_sound(parsed))
    if not sound:
        return ()
    try:
        tenant = tenant_namespace(await client.registry.stats())
    except Unauthorized:
        raise
    except (ResponseError, ConfigError) as error:
        what = f"Which namespace the organisation has is not known: {error.title.rstrip('.')}"
        fix = "The registry refuses another one when the field group is made; nothing is lost then"
        return (parsed.places.problem(("schema", "field"), what, fix, "warning"),)
    wrong = ((place, path_problem(field.path, tenant)) for place, field in sound)
    return tuple(parsed.places.problem((*place, "path"), *found) for place, found in wrong if found is not None)


def clash_problems(
    parsed: ParsedPipeline, class_schema: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]
) -> Iterator[Problem]:
    """Fields that the class or a chosen field group has already, or that cannot stand beside theirs. Pure.

    Args:
        class_schema: The class in full form; `groups` likewise.
    """
    there = FieldPlaces()
    there.there_are(flatten_fields(class_schema), "the class")
    for group in groups:
        there.there_are(flatten_fields(group), f'the field group "{group.get("title") or group.get("$id")}"')
    for place, field in _sound(parsed):
        if (wrong := there.add(field)) is not None:
            yield parsed.places.problem((*place, "path"), *wrong)


async def group_title_problem(parsed: ParsedPipeline, client: AepClient) -> Problem | None:
    """A warning when there is a field group of the new one's title."""
    title = parsed.pipeline.schema_.new_field_group_title
    try:
        taken = [one async for one in client.field_groups.list(container="tenant", title=title) if one.title == title]
    except Unauthorized:
        raise
    except ResponseError:
        return None  # a warning that cannot be made is no reason to stop
    if not taken:
        return None
    what = f'A field group titled "{title}" exists already, and the registry may refuse a second one'
    fix = f'Write new_field_group = "..." with another title, or use it: field_groups = ["{taken[0].id}"]'
    return parsed.places.problem(("schema", "new_field_group"), what, fix, "warning")


def _sound(parsed: ParsedPipeline) -> Iterator[tuple[KeyPath, NewField]]:
    """The declared fields with which the document finds nothing wrong, and their places."""
    told = {problem.where.partition(": ")[0] for problem in parsed.problems if problem.severity == "error"}
    for number, field in enumerate(parsed.pipeline.schema_.fields):
        place: KeyPath = ("schema", "field", number)
        if where(place) not in told:
            yield place, field
