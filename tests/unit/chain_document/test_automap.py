"""Suggested mappings."""

from __future__ import annotations

import csv
import gzip
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeptui.chain.automap import ACCEPTED, LEAST_SCORE, Suggestion, automap
from aeptui.dataprep import SourcePath
from aeptui.emulator.schema_registry.compose import full
from aeptui.emulator.schema_registry.definitions.reader import load
from aeptui.models.connections import FileColumn
from aeptui.models.schemas import SchemaField, flatten_fields, merge_schemas

REFERENCE = Path(__file__).resolve().parents[3] / "../shared/reference/xdm/leaf-paths.derived.json"
SAMPLES = Path(__file__).resolve().parents[3] / "aeptui/emulator/samples"


def field(path: str, kind: str = "string") -> SchemaField:
    return SchemaField(
        path=path,
        type=kind,
        is_leaf=kind not in ("object", "map"),
    )


FIELDS = (
    field("_id"),
    field("personID"),
    field("person", "object"),
    field("person.name", "object"),
    field("person.name.firstName"),
    field("person.name.lastName"),
    field("person.birthDate", "date"),
    field("person.gender"),
    field("billingAddress.city"),
    field("homeAddress.city"),
    field("personalEmail.address"),
    field("workEmail.address"),
    field("mobilePhone.number"),
    field("loyalty.points", "number"),
    field("loyalty.joinDate", "date-time"),
    field("tags", "array"),
    field("_acme.order.total", "number"),
    field("homeAddress._repo.createDate", "date-time"),
)


def suggested(*columns: FileColumn | str, taken: tuple[str, ...] = ()) -> dict[str, str]:
    return {suggestion.source: suggestion.target for suggestion in automap(columns, FIELDS, taken)}


@pytest.mark.parametrize("name", ["FirstName", "first_name", "FIRST NAME", "first-name", "Prénom", "givenName"])
def test_a_name_is_found_however_it_is_written(name: str) -> None:
    (suggestion,) = automap([name], FIELDS, ())
    assert suggestion.target == "person.name.firstName"
    assert SourcePath.parse(suggestion.source).column == name
    assert suggestion.reason


def test_words_that_usually_mean_a_field_are_known() -> None:
    assert suggested("MemberId", "Email", "Phone", "City", "JoinedOn", "Total") == {
        "MemberId": "personID",
        "Email": "personalEmail.address",
        "Phone": "mobilePhone.number",
        "City": "homeAddress.city",
        "JoinedOn": "loyalty.joinDate",
        "Total": "_acme.order.total",
    }


def test_words_before_the_last_one_choose_the_branch() -> None:
    assert suggested("billing_city", "home_city") == {
        "billing_city": "billingAddress.city",
        "home_city": "homeAddress.city",
    }


def test_a_second_source_never_gets_a_target_that_is_used() -> None:
    assert suggested("Email", "EmailAddress") == {"Email": "personalEmail.address", "EmailAddress": "workEmail.address"}
    assert suggested("Email", taken=("personalEmail.address", "workEmail.address")) == {}


def test_types_that_do_not_fit_are_no_suggestion() -> None:
    assert suggested(FileColumn(name="birthDate", type="boolean")) == {}
    assert suggested(FileColumn(name="points", type="integer")) == {"points": "loyalty.points"}
    assert suggested(FileColumn(name="tags", type="array")) == {"tags": "tags"}
    assert suggested(FileColumn(name="tags", type="string")) == {}
    assert suggested(FileColumn(name="person", type="object")) == {}


def test_a_column_of_a_nested_file_keeps_its_path() -> None:
    assert suggested("customer.firstName")["customer.firstName"] == "person.name.firstName"


def test_what_means_nothing_is_left_alone() -> None:
    assert suggested("xq7", "", "__", "created") == {}


_names = st.text(max_size=12) | st.sampled_from(["Email", "e_mail", "city", "first name", "id"])


@pytest.mark.parametrize(
    "name",
    ["cust_first_nm", "customer.first_name", "fname", "firstname", "FIRST-NM", "contact.givenName", "First_Name__c"],
)
def test_abbreviations_prefixes_and_glued_words_are_read(name: str) -> None:
    (suggestion,) = automap([name], FIELDS, ())
    assert (suggestion.target, suggestion.is_accepted) == ("person.name.firstName", True)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("birthDate", ["soon", "later"]),
        ("points", ["many", "few"]),
        ("email", ["yes", "no"]),
        ("phone", ["Nokia", "Fairphone"]),
        ("tags", [{"a": 1}]),
        ("firstName", [["Ada"], ["Tom"]]),
    ],
)
def test_what_the_sample_values_cannot_become_is_never_proposed(column: str, values: list[object]) -> None:
    assert automap([column], FIELDS, ()) or column == "tags"
    assert automap([column], FIELDS, (), rows=[{column: value} for value in values]) == ()


def test_a_word_outside_the_closed_list_is_no_value_for_it() -> None:
    fields = [SchemaField(path="person.gender", type="string", enum=("male", "female"))]
    assert automap(["sex"], fields, (), rows=[{"sex": "male"}])[0].is_accepted
    assert automap(["sex"], fields, (), rows=[{"sex": "M"}]) == ()


def test_a_little_dirt_among_the_values_leaves_the_pair_to_a_person() -> None:
    rows = [{"birthDate": "1984-03-12"}] * 19 + [{"birthDate": "31/31/1984"}]
    (suggestion,) = automap(["birthDate"], FIELDS, (), rows=rows)
    assert not suggestion.is_accepted
    assert "1 of 20 sample values cannot become date" in suggestion.reason


def test_a_key_whose_values_repeat_is_left_to_a_person() -> None:
    assert automap(["visitId"], FIELDS, (), rows=[{"visitId": "1"}, {"visitId": "2"}])[0].is_accepted
    assert not automap(["visitId"], FIELDS, (), rows=[{"visitId": "1"}, {"visitId": "1"}])[0].is_accepted


def test_country_codes_go_to_the_code_whatever_the_column_is_called() -> None:
    fields = [field("homeAddress.country"), field("homeAddress.countryCode")]
    assert automap(["home_country"], fields, (), rows=[{"home_country": "DE"}])[0].target == "homeAddress.countryCode"
    assert automap(["home_country"], fields, (), rows=[{"home_country": "Spain"}])[0].target == "homeAddress.country"


@pytest.mark.parametrize("name", ["owner_email", "warehouse_city", "parent_first_name", "AssistantPhone", "AccountId"])
def test_a_word_that_the_field_cannot_explain_is_never_accepted_unseen(name: str) -> None:
    assert not any(one.is_accepted for one in automap([name], FIELDS, ()))


def test_a_bare_name_beside_named_addresses_is_left_to_a_person() -> None:
    found = {one.source: one for one in automap(["home_city", "Region"], PROFILE, ())}
    assert found["home_city"].is_accepted
    assert not found["Region"].is_accepted
    assert "other columns name that branch" in found["Region"].reason


def test_what_the_platform_suggests_is_evidence_and_no_more() -> None:
    platform = {"xq7": "billingAddress.city", "FirstName": "person.gender", "Email": "personalEmail.address"}
    found = {one.source: one for one in automap(list(platform), FIELDS, (), platform=platform)}
    assert (found["xq7"].target, found["xq7"].is_accepted) == ("billingAddress.city", False)
    assert found["FirstName"].target == "person.name.firstName"
    alone = automap(["Email"], FIELDS, ())[0]
    assert found["Email"].score > alone.score
    assert "the platform suggests it too" in found["Email"].reason
    # Nor does it get past what the values cannot become, or name a field that the schema does not have.
    assert automap(["xq7"], FIELDS, (), platform={"xq7": "loyalty.points"}, rows=[{"xq7": "many"}]) == ()
    assert automap(["xq7"], FIELDS, (), platform={"xq7": "no.such.field"}) == ()


XDM = "https://ns.adobe.com/xdm"
PROFILE_PARTS = (
    f"{XDM}/context/profile",
    f"{XDM}/context/profile-person-details",
    f"{XDM}/context/profile-personal-details",
)
SETS: dict[str, tuple[str, ...]] = {
    "crm_contacts": (
        *PROFILE_PARTS,
        f"{XDM}/context/profile-work-details",
        f"{XDM}/mixins/profile/profile-loyalty-details",
        f"{XDM}/context/profile-preferences-details",
        f"{XDM}/mixins/profile-consents",
    ),
    "web_events": (f"{XDM}/context/experienceevent", f"{XDM}/context/experienceevent-web"),
    "orders": (*PROFILE_PARTS, "https://ns.adobe.com/acme/mixins/order-details"),
}


@cache
def schema_parts() -> dict[str, dict[str, Any]]:
    files = ("classes.toml", "datatypes.toml", "fieldgroups.toml", "tenant.toml")
    return {document["$id"]: document for file in files for _, document in load(file)}


def fields_of(*identifiers: str) -> tuple[SchemaField, ...]:
    """The fields of a schema of the local platform, made of a class and field groups."""
    parts = schema_parts()
    return flatten_fields(merge_schemas([full(parts[one], parts.get) for one in identifiers]))


PROFILE = fields_of(*PROFILE_PARTS)


def judged(found: Sequence[Suggestion], reference: set[tuple[str, str]]) -> tuple[float, list[Suggestion]]:
    """The share of the reference that is proposed, and the pairs that are accepted unseen and are none of it."""
    pairs = {(SourcePath.parse(one.source).column, one.target) for one in found}
    accepted = [one for one in found if one.score >= ACCEPTED]
    wrong = [one for one in accepted if (SourcePath.parse(one.source).column, one.target) not in reference]
    return len(pairs & reference) / len(reference), wrong


@pytest.mark.parametrize("name", SETS)
def test_exports_of_real_systems_are_mapped_as_a_person_would(name: str) -> None:
    text = (Path(__file__).parent / "automap_sets" / f"{name}.tsv").read_text(encoding="utf-8")
    head, *lines = csv.reader(text.splitlines(), delimiter="\t")
    assert 60 <= len(lines) <= 120
    assert head[:2] == ["column", "target"]
    reference = {(line[0], line[1]) for line in lines if line[1]}
    fields = fields_of(*SETS[name])
    assert {target for _, target in reference} <= {one.path for one in fields}
    rows = [{line[0]: line[at] or None for line in lines} for at in (2, 3, 4)]
    share, wrong = judged(automap([line[0] for line in lines], fields, (), rows=rows), reference)
    assert wrong == []
    assert share >= 0.8
    # Without a row to look at the names alone are still safe enough to propose by.
    assert judged(automap([line[0] for line in lines], fields, ()), reference)[0] >= 0.8


_TIDIED = re.compile(r"(?:(?:lower|upper|trim|nvl)\(|[\s()]|\"\w*\"|,)+")


def reference_of(pipeline: Mapping[str, Any]) -> set[tuple[str, str]]:
    """What the ready pipeline copies, or only tidies: an expression that decides or joins is nobody's suggestion."""
    pairs = set()
    for row in pipeline["mapping"]:
        text = row.get("source") or _TIDIED.sub(" ", row["expression"]).strip()
        if re.fullmatch(r"[\w.]*[A-Za-z][\w.]*", text):
            pairs.add((text, row["target"]))
    return pairs


def sample_rows(name: str) -> list[dict[str, Any]]:
    """The first rows of a sample file, nested objects as dotted columns."""
    storage = SAMPLES / "storage"
    if name == "loyalty":
        text = (storage / "loyalty/members/2026-11-01.tsv").read_text(encoding="utf-8")
        return [dict(row) for row in islice(csv.DictReader(text.splitlines(), delimiter="\t"), 20)]
    if name == "visits":
        text = (storage / "web/visits/2026/11/01/part-00000.csv").read_text(encoding="utf-8")
        return [dict(row) for row in islice(csv.DictReader(text.splitlines()), 20)]
    if name == "products":
        from pyarrow import parquet

        return parquet.read_table(storage / "products/products.parquet").slice(0, 20).to_pylist()  # type: ignore[no-any-return]  # no stubs
    with gzip.open(storage / "orders/orders.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in islice(lines, 20)]
    return [
        {key: value for key, value in row.items() if key != "customer"}
        | {f"customer.{key}": value for key, value in row["customer"].items()}
        for row in found
    ]


@pytest.mark.parametrize("name", ["loyalty", "orders", "products", "visits"])
def test_the_sample_storage_is_mapped_as_its_ready_pipelines_do(name: str) -> None:
    pipeline = tomllib.loads((SAMPLES / "pipelines" / f"{name}.toml").read_text(encoding="utf-8"))
    schema = pipeline["schema"]
    rows = sample_rows(name)
    columns = [
        FileColumn(name=key, type="array" if isinstance(value, list) else "string") for key, value in rows[0].items()
    ]
    found = automap(columns, fields_of(schema["class"], *schema["field_groups"]), (), rows=rows)
    share, wrong = judged(found, reference_of(pipeline))
    assert wrong == []
    assert share >= 0.8


def test_ten_thousand_columns_meet_only_the_fields_that_share_their_words() -> None:
    fields = [field(f"_acme.block{block}.part{part}.city") for block in range(100, 130) for part in range(100)]
    columns = [f"part{part}_city_block{block}" for block in range(100, 200) for part in range(100)]
    found = automap(columns, fields, ())
    assert len(found) == 3000
    assert all(one.is_accepted for one in found)


@given(st.lists(_names, max_size=8, unique=True))
def test_no_target_is_given_twice_and_every_source_can_be_written(names: list[str]) -> None:
    suggestions = automap(names, FIELDS, ())
    targets = [suggestion.target for suggestion in suggestions]
    assert len(set(targets)) == len(targets)
    assert {suggestion.target for suggestion in suggestions} <= {one.path for one in FIELDS if one.is_leaf}
    assert all(LEAST_SCORE <= suggestion.score <= 1 for suggestion in suggestions)
    assert all(SourcePath.parse(suggestion.source).column in names for suggestion in suggestions)


@pytest.mark.shared
def test_the_sample_members_are_mapped_as_a_person_would() -> None:
    if not REFERENCE.exists():
        pytest.skip("the reference files do not stand beside the repository")
    leaves = json.loads(REFERENCE.read_text())
    known = {
        leaf["path"]: leaf["xdmType"]
        for name in ("profile-basic", "profile-loyalty")
        for leaf in leaves[name]["leaves"]
    }
    columns = [
        "MemberId",
        "FirstName",
        "LastName",
        "Email",
        "Phone",
        "BirthDate",
        "City",
        "Country",
        "JoinedOn",
        "Tier",
        "Points",
    ]
    suggestions = automap(columns, [field(path, kind) for path, kind in known.items()], ())
    assert [suggestion.target for suggestion in suggestions] == [
        "personID",
        "person.name.firstName",
        "person.name.lastName",
        "personalEmail.address",
        "mobilePhone.number",
        "person.birthDate",
        "homeAddress.city",
        "homeAddress.country",
        "loyalty.joinDate",
        "loyalty.tier",
        "loyalty.points",
    ]
