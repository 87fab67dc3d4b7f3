"""What is wrong with the fields a pipeline declares, as far as the document tells. No I/O."""

from __future__ import annotations

from collections.abc import Iterator

from aeptui.chain.new_fields import FieldPlaces, namespace_of, path_problem, type_problem
from aeptui.chain.pipeline import Pipeline
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem
from aeptui.chain.toml_lines import KeyPath


def field_problems(pipeline: Pipeline, places: Places) -> Iterator[Problem]:
    """Fields that cannot be, clash with each other, or have no new schema to go into."""
    schema = pipeline.schema_
    if schema.new_field_group is not None and not schema.fields and not places.is_spoiled(("schema", "field")):
        what = "A new field group needs fields"
        yield places.problem(("schema", "new_field_group"), what, "Add [[schema.field]] for each, or delete the line")
    if not schema.fields:
        return
    place: KeyPath = ("schema", "field", 0)
    if schema.id is not None or (pipeline.dataset.id is not None and schema.title is None):
        what = "Fields go into a schema that is made with the dataflow, and this one exists already"
        fix = (
            "Make a new schema: title and class under [schema] in place of its id, and a new dataset; "
            "or add the fields to the schema in the platform's own interface and delete them here"
        )
        yield places.problem(place, what, fix)
        return
    told = FieldPlaces()
    first = ""
    for number, field in enumerate(schema.fields):
        place = ("schema", "field", number)
        if places.is_spoiled(place):
            continue
        path_is_read, type_is_read = (not places.is_spoiled((*place, key)) for key in ("path", "type"))
        if type_is_read and (wrong := type_problem(field.type, field.path)):
            yield places.problem((*place, "type"), *wrong)
        if not path_is_read:
            continue
        wrong = path_problem(field.path) or told.add(field)
        namespace = namespace_of(field.path)
        if wrong is None and first and namespace != first:
            what = f"{field.path} stands in another namespace than the fields before it"
            wrong = what, f"Write {first} in place of {namespace}, if that is your organisation's"
        if wrong is not None:
            yield places.problem((*place, "path"), *wrong)
        first = first or namespace
