"""Suggested mappings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeptui.chain.automap import LEAST_SCORE, automap
from aeptui.dataprep import SourcePath
from aeptui.models.connections import FileColumn
from aeptui.models.schemas import SchemaField

REFERENCE = Path(__file__).resolve().parents[3] / "../shared/reference/xdm/leaf-paths.derived.json"


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
