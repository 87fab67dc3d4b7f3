"""In which order the search of the target picker finds fields."""

from __future__ import annotations

import pytest

from aeptui.models.schemas import SchemaField
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.search import FieldSearch

FIELDS = tuple(
    SchemaField(path, kind, title, description, required)
    for path, kind, title, description, required in (
        ("person.name", "object", "Full name", "", False),
        ("person.name.firstName", "string", "First name", "", False),
        ("person.name.lastName", "string", "Surname", "As in the passport", False),
        ("person.names", "string", "", "", False),
        ("personalEmail.address", "string", "Address", "", False),
        ("personalEmail.status", "string", "", "", False),
        ("web.emailClicks", "integer", "", "", False),
        ("orders.nameOfShop", "string", "Prénom du magasin", "", True),
    )
)


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("first name", "person.name.firstName"),
        ("FIRST_NA", "person.name.firstName"),
        ("person name first", "person.name.firstName"),
        ("surname", "person.name.lastName"),
        ("passport", "person.name.lastName"),
        ("prenom", "orders.nameOfShop"),
        ("name", "person.name"),
        ("names", "person.names"),
        ("e-mail", "web.emailClicks"),
        ("personal email", "personalEmail.address"),
        ("email stat", "personalEmail.status"),
    ],
)
def test_what_is_meant_comes_first(text: str, best: str) -> None:
    assert FIELDS[FieldSearch(FIELDS).find(text)[0]].path == best


def test_names_that_begin_so_come_first_then_whole_words_and_required_ones_before_others() -> None:
    found = [FIELDS[at].path for at in FieldSearch(FIELDS).find("name")]
    assert found == [
        "person.name",
        "orders.nameOfShop",
        "person.names",
        "person.name.firstName",
        "person.name.lastName",
    ]


def test_what_is_mapped_comes_after_what_is_free_among_equals() -> None:
    search = FieldSearch(FIELDS)
    first, last = 1, 2
    assert [at for at in search.find("name", {first}) if at in (first, last)] == [last, first]


def test_a_longer_text_finds_what_a_fresh_search_finds() -> None:
    search = FieldSearch(FIELDS)
    for text in ("n", "na", "nam", "name", "name f", "name", "na", "e", "email", "mail"):
        assert search.find(text) == FieldSearch(FIELDS).find(text)


def test_a_text_without_any_letter_finds_everything_and_nonsense_nothing() -> None:
    assert len(FieldSearch(FIELDS).find(" . ")) == len(FIELDS)
    assert FieldSearch(FIELDS).find("zebra") == []
