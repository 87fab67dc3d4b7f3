"""Picking targets in the schema's tree by keys, on the loyalty pipeline and on a schema of thousands of fields."""

from __future__ import annotations

from typing import Any

import pytest

from aeptui.ui.screens.pipeline_sections.mapping.target_picker.grid import TargetGrid
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.screen import TargetPickerScreen
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.text_view import TextView
from tests.ui import pipeline_stage as stage
from tests.ui.pipeline_stage import EditorApp, Field, go, open_editor, paste, quiet, targets, text_of

WIDE = (
    *(Field(f"_acme.area{area}", "object", is_leaf=False) for area in range(40)),
    *(
        Field(f"_acme.area{area}.fieldNumber{number}", "string", title=f"Number {number} of area {area}")
        for area in range(40)
        for number in range(100)
    ),
)
ORDERED = (
    Field("lines", "array", is_leaf=False, item_type="object"),
    Field("lines[*].sku", "string", title="Stock unit", description="What the warehouse calls it"),
    Field("tags", "array", is_leaf=False, item_type="string"),
    Field("person", "object", is_leaf=False),
    Field("person.firstName", "string", required=True, title="First name"),
    Field("person.email", "string", identity="Email", is_primary=True),
    Field("person.crm", "string", identity="CRMID"),
    Field("person.birthDate", "date"),
    Field("person.tier", "string", enum=("gold", "silver")),
)


@pytest.fixture
def editor_session() -> Any:
    """A session whose platform answers from memory."""
    return stage.StageSession()


def session_with(fields: tuple[Field, ...], *rows: str) -> Any:
    """A session with a schema and one pipeline, `orders`, whose mapping has these rows (`source > target`)."""
    session = stage.StageSession()
    session.schemas = stage.Schemas(fields)
    mapping = "".join(
        f'[[mapping]]\nsource = "{source}"\ntarget = "{target}"\n'
        for source, target in (row.split(">") for row in rows)
    )
    session.pipelines.put_mapping(mapping)
    return session


def picker(pilot: Any) -> TargetPickerScreen:
    screen = pilot.app.screen
    assert isinstance(screen, TargetPickerScreen), screen
    return screen


def grid(pilot: Any) -> TargetGrid:
    return picker(pilot).query_one(TargetGrid)


def detail(pilot: Any) -> str:
    return picker(pilot).query_one("#picker-detail", TextView).text


def about(pilot: Any) -> str:
    return picker(pilot).query_one("#picker-about", TextView).text


async def test_the_tree_begins_at_the_rows_target_with_its_objects_open_and_esc_leaves_it(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        before = targets(editor)
        await go(pilot, "j", "t")
        assert grid(pilot).cursor_key == "person.name.firstName"
        shown = text_of(grid(pilot))
        assert "▾ person" in shown
        assert "▸ loyalty" in shown
        assert "< LastName" in shown
        await go(pilot, "j", "escape")
        assert pilot.app.screen is editor
        assert targets(editor) == before


async def test_what_is_taken_is_one_edit_that_can_be_taken_back(editor_session: Any) -> None:
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        before = targets(editor)
        await go(pilot, "j", "t", "j", "enter")
        await quiet(pilot)
        assert pilot.app.screen is editor
        assert targets(editor)[1] != before[1]
        await go(pilot, "u")
        assert targets(editor) == before


async def test_objects_open_and_close_and_left_goes_out_of_them() -> None:
    app = EditorApp(session_with(ORDERED, "City>person.tier"), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "t", "left")
        assert grid(pilot).cursor_key == "person"
        await go(pilot, "left")
        assert "firstName" not in text_of(grid(pilot))
        assert "required inside" in text_of(grid(pilot))
        await go(pilot, "enter", "l")
        assert grid(pilot).cursor_key == "person.firstName"


async def test_marks_and_detail_tell_what_a_field_is() -> None:
    app = EditorApp(session_with(ORDERED, "Email>person.email", "City>person.tier"), "loyalty", "mapping")
    async with app.run_test(size=(140, 40)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "j", "t")
        shown = text_of(grid(pilot))
        assert "primary Email  < Email" in shown
        assert "id CRMID" in shown
        assert "string[]" in shown
        assert "gold, silver" in detail(pilot)
        await go(pilot, "k", "k", "k")
        assert "primary identity, namespace Email" in detail(pilot)
        assert "filled by Email" in detail(pilot)
        await go(pilot, "escape", "left_square_bracket")
        assert "primary Email" in text_of(editor.query_one("#target-fields", Grid))


async def test_values_that_cannot_become_the_field_are_said_before_it_is_taken() -> None:
    app = EditorApp(session_with(ORDERED, "City>person.birthDate"), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "t")
        assert "values are text" in about(pilot)
        assert "sample values cannot become date: " in detail(pilot)


async def test_the_best_guess_is_under_the_cursor_when_there_is_no_target(editor_session: Any) -> None:
    session = session_with(stage.FIELDS, "FirstName>")
    app = EditorApp(session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "t")
        assert grid(pilot).cursor_key == "person.name.firstName"
        assert "seems to mean person.name.firstName" in about(pilot)


async def test_search_finds_in_all_fields_and_enter_takes_what_was_found() -> None:
    app = EditorApp(session_with(WIDE, "City>_acme.area3.fieldNumber7"), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "t", "slash")
        await paste(pilot, "area 17 NUMBER-42")
        assert grid(pilot).cursor_key == "_acme.area17.fieldNumber42"
        assert grid(pilot).row_count < 10
        await go(pilot, "enter")
        await quiet(pilot)
        assert targets(editor) == ["_acme.area17.fieldNumber42"]


async def test_enter_on_an_object_that_was_found_opens_it_in_the_tree_and_takes_nothing() -> None:
    app = EditorApp(session_with(ORDERED, "City>"), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "t", "slash", *"person", "enter")
        assert grid(pilot).cursor_key == "person"
        assert grid(pilot).filter_text == ""
        assert "email" in text_of(grid(pilot))
        await go(pilot, "space")
        await quiet(pilot)
        assert targets(editor) == ["person"]


async def test_esc_after_a_search_shows_what_was_found_in_the_tree() -> None:
    app = EditorApp(session_with(WIDE, "City>_acme.area3.fieldNumber7"), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "t", "slash")
        await paste(pilot, "area21 number99")
        await go(pilot, "escape")
        assert grid(pilot).cursor_key == "_acme.area21.fieldNumber99"
        assert grid(pilot).row_count == 1 + 40 + 200  # two of the areas are open
        await go(pilot, "slash")
        await paste(pilot, "nothing like this")
        await go(pilot, "escape")
        assert grid(pilot).cursor_key == "_acme.area21.fieldNumber99"


async def test_a_search_reads_descriptions_and_puts_free_fields_first() -> None:
    app = EditorApp(session_with(ORDERED, "City>person.tier", "Email>person.email"), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "t", "slash")
        await paste(pilot, "warehouse")
        assert grid(pilot).cursor_key == "lines[*].sku"
        assert "Stock unit" in text_of(grid(pilot))
        await go(pilot, "ctrl+u")
        await paste(pilot, "first_name")
        assert grid(pilot).cursor_key == "person.firstName"
        await go(pilot, "ctrl+u")
        await paste(pilot, "person")
        assert text_of(grid(pilot)).index("person.crm") < text_of(grid(pilot)).index("person.email")


async def test_inside_an_array_one_item_or_each_can_be_meant() -> None:
    app = EditorApp(session_with(ORDERED, "City>"), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "t", "g", "enter", "l", "l")
        assert picker(pilot).copy_text() == "lines[0].sku"
        await go(pilot, "i")
        assert picker(pilot).copy_text() == "lines[1].sku"
        await go(pilot, "asterisk")
        assert picker(pilot).copy_text() == "lines[*].sku"
        await go(pilot, "i", "i", "enter")
        await quiet(pilot)
        assert targets(editor) == ["lines[1].sku"]
        await go(pilot, "t")
        assert picker(pilot).copy_text() == "lines[1].sku"


async def test_an_object_is_taken_whole_with_space_and_a_list_of_texts_with_enter() -> None:
    app = EditorApp(session_with(ORDERED, "City>", "Email>"), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "t", "g", "j", "enter")
        await quiet(pilot)
        await go(pilot, "j", "t", "G", "left", "space")
        await quiet(pilot)
        assert targets(editor) == ["tags", "person"]


async def test_a_field_that_another_row_fills_takes_a_second_enter() -> None:
    app = EditorApp(session_with(ORDERED, "City>person.tier", "Email>person.email"), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "t", "slash", *"email", "enter")
        assert "person.email is filled by Email already" in detail(pilot)
        assert targets(editor)[0] == "person.tier"
        await go(pilot, "enter")
        await quiet(pilot)
        assert targets(editor)[0] == "person.email"


async def test_selected_rows_are_walked_one_after_another() -> None:
    session = session_with(stage.FIELDS, "FirstName>", "City>homeAddress.city", "BirthDate>", "LastName>")
    app = EditorApp(session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "space", "j", "j", "space", "j", "space", "t")
        assert "(1 of 3)" in picker(pilot).heading
        await go(pilot, "enter")
        assert "BirthDate" in about(pilot)
        assert "dates" in about(pilot)
        assert "< FirstName" in text_of(grid(pilot))
        await go(pilot, "tab", "enter")
        await quiet(pilot)
        assert pilot.app.screen is editor
        assert targets(editor) == ["person.name.firstName", "homeAddress.city", "", "person.name.lastName"]
        await go(pilot, "u")
        assert targets(editor) == ["person.name.firstName", "homeAddress.city", "", ""]


async def test_without_fields_the_reason_is_said(editor_session: Any) -> None:
    editor_session.schemas = stage.Schemas(())
    app = EditorApp(editor_session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "t")
        assert pilot.app.screen is editor
        assert any("fields are not known" in one.message for one in app._notifications)
        await go(pilot, "a")
        (said,) = app._notifications
        assert said.message.endswith("Choose a schema, or a class for a new one, in the section Target.")


async def test_columns_that_nothing_is_mapped_from_are_walked_from_the_cursor_on() -> None:
    app = EditorApp(session_with(stage.FIELDS, "FirstName>person.name.firstName"), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "f", "f", "j", "t")
        assert "Target of LastName" in picker(pilot).heading
        await go(pilot, "enter", "tab")
        assert "< LastName" in text_of(grid(pilot))
        await go(pilot, "shift+tab", "shift+tab", "enter", "escape")
        await quiet(pilot)
        rows = editor.state.pipeline.mapping
        assert [(row.source, row.target) for row in rows] == [
            ("FirstName", "person.name.firstName"),
            ("LastName", "person.name.lastName"),
        ]
        assert "mapped now" in text_of(editor.query_one("#mapping-grid", Grid))
        await go(pilot, "u")
        assert len(targets(editor)) == 1
