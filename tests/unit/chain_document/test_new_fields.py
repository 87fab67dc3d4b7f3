"""New fields declared in a pipeline file: read, judged, written back, and known to everything that asks for fields."""

from __future__ import annotations

import pytest

from aeptui.chain.document import ParsedPipeline, parse_pipeline, pipeline_to_toml
from aeptui.chain.new_fields import FieldPlaces, properties_of, schema_of, usable
from aeptui.chain.pipeline import FIELD_TYPES, NewField, SchemaChoice
from aeptui.models.schemas import SchemaField, flatten_fields

HEAD = """version = 1
name = "Loyalty members"
[source]
base_connection = "Sample SFTP"
path = "/loyalty/*.tsv"
type = "folder"
format = "delimited"
[schema]
title = "Loyalty members"
class = "https://ns.adobe.com/xdm/context/profile"
"""
TAIL = """
[dataset]
name = "Loyalty members"

[[mapping]]
source = "Tier"
target = "_acme.loyalty.tier"

[schedule]
frequency = "once"
"""
FIELDS = """
# what the shop calls a level
[[schema.field]]
path = "_acme.loyalty.tier"
type = "string"
title = "Tier" # as printed on the card

[[schema.field]]
path = "_acme.loyalty.stores"
type = "integer"
array = true
"""
TIER = NewField(path="_acme.loyalty.tier", type="string", title="Tier")
STORES = NewField(path="_acme.loyalty.stores", type="integer", array=True)


def read(fields: str, head: str = HEAD, tail: str = TAIL) -> ParsedPipeline:
    return parse_pipeline(head + fields + tail)


def field(path: str, type: str = "string", more: str = "") -> str:
    return f'\n[[schema.field]]\npath = "{path}"\ntype = "{type}"\n{more}'


def with_fields(parsed: ParsedPipeline, *fields: NewField) -> str:
    schema = parsed.pipeline.schema_.model_copy(update={"fields": fields})
    return pipeline_to_toml(parsed.pipeline.model_copy(update={"schema_": schema}), parsed.text)


def test_declared_fields_are_read_and_know_their_lines() -> None:
    parsed = read('new_field_group = "Own fields"\n' + FIELDS)
    assert parsed.problems == ()
    assert parsed.pipeline.schema_.fields == (TIER, STORES)
    assert parsed.pipeline.schema_.new_field_group_title == "Own fields"
    assert parsed.lines["schema.field[1].path"] == parsed.text.splitlines().index('path = "_acme.loyalty.stores"') + 1
    assert read(FIELDS).pipeline.schema_.new_field_group_title == "Loyalty members fields"


@pytest.mark.parametrize(
    ("fields", "where", "what", "fix"),
    [
        ('\n[[schema.field]]\ntype = "string"\n', "1: path", "path is missing", "_tenant.loyalty.tier"),
        (field("loyalty.tier"), "1: path", "does not begin with the organisation's namespace", "_acme.loyalty.tier"),
        (field("_acme"), "1: path", "is the namespace", "_acme.name"),
        (field("_acme.a b"), "1: path", "not a path", "_tenant.loyalty.tier"),
        (field("_acme.größe"), "1: path", "no name for a field", "letters, digits, - and _"),
        (field("_acme._id"), "1: path", "no name for a field", "begin with a letter"),
        (field("_acme" + ".a" * 25), "1: path", "25 levels deep", "24 at most"),
        (field("_acme.a[0].b"), "1: path", "single item", "[*]"),
        (field("_acme.a[*]"), "1: path", "ends in [*]", "array = true"),
        (field("_acme[*].a"), "1: path", "array of the namespace", "[*] away"),
        (field("_acme.a[*][*].b"), "1: path", "array of arrays", "[*] once"),
        (field("${_acme}.a"), "1: path", "not declared", "[vars]"),
        (field("_acme.a") + field("_acme.a"), "2: path", "declared twice", "Delete one"),
        (field("_acme.a") + field("_acme.A"), "2: path", "upper and lower case", "another name"),
        (field("_acme.a.b") + field("_acme.A.c"), "2: path", "upper and lower case", "_acme.a"),
        (field("_acme.a") + field("_acme.a.b"), "2: path", "_acme.a is a string", "another name"),
        (field("_acme.a.b") + field("_acme.a"), "2: path", "is an object, which holds other fields", "another name"),
        (field("_acme.a[*].b") + field("_acme.a.c"), "2: path", "an array of objects", "_acme.a[*] in front"),
        (field("_acme.a") + field("_other.b"), "2: path", "another namespace", "_acme in place of _other"),
        (field("_acme.a", "sting"), "1: type", 'no type "sting"', '"string"?'),
        (field("_acme.a", "timestamp"), "1: type", 'no type "timestamp"', '"date-time"?'),
        (field("_acme.a", "object"), "1: type", "cannot be of the type", "_acme.a.name"),
        (field("_acme.a", "array"), "1: type", "cannot be of the type", "array = true"),
        ('\n[[schema.field]]\npath = "_acme.a"\n', "1: type", "type is missing", "string, boolean, integer"),
        (field("_acme.a", more='array = "yes"\n'), "1: array", "text, not true or false", "array = true"),
        (field("_acme.a", more="arrays = true\n"), "1: arrays", 'no key "arrays"', '"array"'),
    ],
)
def test_a_mistake_in_a_field_is_told_once_with_its_line_and_what_to_write(
    fields: str, where: str, what: str, fix: str
) -> None:
    parsed = read(fields)
    (problem,) = parsed.problems
    assert problem.where == f"new field {where}"
    assert what in problem.what
    assert fix in problem.fix
    assert problem.section == "target"
    assert problem.line is not None
    assert problem.line > HEAD.count("\n")


def test_a_table_in_single_brackets_and_a_group_without_fields_are_told() -> None:
    (single,) = read('\n[schema.field]\npath = "_acme.a"\ntype = "string"\n').problems
    assert "[[schema.field]], in double brackets" in single.fix
    (alone,) = read('new_field_group = "Mine"\n').problems
    assert "needs fields" in alone.what
    (misspelt,) = read('new_fieldgroup = "Mine"\n' + field("_acme.a")).problems
    assert '"new_field_group"' in misspelt.fix


def test_fields_for_a_schema_that_exists_are_not_offered_and_the_way_out_is_told() -> None:
    head = HEAD[: HEAD.index("title =")] + 'id = "https://ns.adobe.com/acme/schemas/1"\n'
    (problem,) = read(FIELDS, head).problems
    assert "exists already" in problem.what
    assert "Make a new schema" in problem.fix
    told = read(FIELDS, tail=TAIL.replace('name = "Loyalty members"', 'id = "66120a"')).problems
    assert [one.where for one in told] == ["[dataset] id"]


def test_fields_are_written_back_with_their_comments() -> None:
    parsed = read(FIELDS)
    assert pipeline_to_toml(parsed.pipeline, parsed.text) == parsed.text
    tier = TIER.model_copy(update={"title": "Level"})
    added = NewField(path="_acme.loyalty.joined", type="date")
    changed = with_fields(parsed, added, tier)
    assert '# what the shop calls a level\n[[schema.field]]\npath = "_acme.loyalty.tier"' in changed
    assert 'title = "Level" # as printed on the card' in changed
    assert "stores" not in changed
    assert changed.index("joined") < changed.index("tier") < changed.index("[dataset]")
    assert parse_pipeline(changed).problems == ()


def test_the_first_field_goes_below_the_schema_and_the_last_one_leaves_no_trace() -> None:
    bare = read("")
    text = with_fields(bare, TIER)
    assert parse_pipeline(text).pipeline.schema_.fields == (TIER,)
    assert text.index("[schema]") < text.index("[[schema.field]]") < text.index("[dataset]")
    assert with_fields(parse_pipeline(text)) == bare.text


def test_a_draft_shows_what_is_declared_well_with_its_parents_and_types() -> None:
    fields = (
        TIER,
        STORES,
        NewField(path="_acme.orders[*].sku", type="string"),
        NewField(path="_acme.orders[*].price", type="number"),
        NewField(path="_acme.loyalty", type="string"),  # an object already
        NewField(path="_acme.unfinished"),
        NewField(path="nowhere", type="string"),
    )
    known = {one.path: one for one in flatten_fields(schema_of(usable(fields)))}
    assert {path: one.type for path, one in known.items()} == {
        "_acme": "object",
        "_acme.loyalty": "object",
        "_acme.loyalty.tier": "string",
        "_acme.loyalty.stores": "array",
        "_acme.orders": "array",
        "_acme.orders[*].sku": "string",
        "_acme.orders[*].price": "number",
    }
    assert known["_acme.loyalty.stores"].item_type == "integer"
    assert known["_acme.loyalty.tier"].title == "Tier"


def test_every_type_is_read_back_as_itself_and_the_registry_says_xdm_types_itself() -> None:
    fields = tuple(NewField(path=f"_acme.f{number}", type=word) for number, word in enumerate(FIELD_TYPES))
    assert [one.type for one in flatten_fields(schema_of(fields)) if one.is_leaf] == list(FIELD_TYPES)
    assert "meta:xdmType" not in str(properties_of(fields))


@pytest.mark.parametrize(
    ("there", "wanted", "what", "fix"),
    [
        (("_acme.tier", "string", None), ("_acme.tier", "string"), "exists already, in the card", "Delete this"),
        (
            ("_acme.tier", "integer", None),
            ("_acme.tier", "string"),
            "an integer in the card, and not a string",
            "exists",
        ),
        (("_acme.tier", "object", None), ("_acme.tier", "string"), "holds other fields", "another name"),
        (("_acme.tier", "string", None), ("_acme.tier.a", "string"), "is a string in the card", "another name"),
        (("_acme.tiers", "array", "object"), ("_acme.tiers.a", "string"), "array of objects", "_acme.tiers[*]"),
        (("_acme.tiers", "array", "object"), ("_acme.tiers[*].a", "string"), "add to its items", "for the array"),
        (("_acme.Tier", "string", None), ("_acme.tier", "string"), "upper and lower case", "another name"),
    ],
)
def test_a_field_that_cannot_stand_beside_those_there_are_says_why(
    there: tuple[str, str, str | None], wanted: tuple[str, str], what: str, fix: str
) -> None:
    path, kind, item = there
    places = FieldPlaces()
    places.there_are([SchemaField(path, kind, item_type=item)], "the card")
    wrong = places.add(NewField(path=wanted[0], type=wanted[1]))
    assert wrong is not None
    assert what in wrong[0]
    assert fix in wrong[1]
    assert places.add(NewField(path="_acme.other", type="string")) is None


def test_the_choice_of_a_schema_names_its_fields_in_the_file_and_in_python() -> None:
    assert SchemaChoice(field=(TIER,)) == SchemaChoice.model_validate({"field": [TIER.model_dump()]})
