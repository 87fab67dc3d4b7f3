"""Declaring new tenant fields by keys: in the target picker, in one edit with the target, and in the section Target."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.widgets import Input, Static

from aeptui.errors import AeptuiError
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.pipeline import PipelineScreen
from aeptui.ui.screens.pipeline_sections.mapping.form.screen import MappingFormScreen
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.grid import TargetGrid
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.screen import TargetPickerScreen
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.subjects import Subject
from aeptui.ui.screens.pipeline_sections.new_fields.declaring import Declaring
from aeptui.ui.screens.pipeline_sections.new_fields.form import NewFieldScreen
from aeptui.ui.screens.pipeline_sections.new_fields.listing import DeclaredFieldsScreen
from aeptui.ui.widgets.choice_line import ChoiceLine
from aeptui.ui.widgets.form import Form
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.text_view import TextView
from tests.ui import pipeline_stage as stage
from tests.ui.pipeline_stage import EditorApp, go, open_editor, paste, quiet, targets, text_of, until

LOYALTY = stage.Field("_acme.loyalty", "object", is_leaf=False), stage.Field("_acme.loyalty.points", "integer")
TAKEN = '[[mapping]]\nsource = "JoinedOn"\ntarget = ""\n[[mapping]]\nsource = "Tier"\ntarget = ""\n'
DECLARED = '[[schema.field]]\npath = "_acme.member.tier"\ntype = "string"\n'
MAPPED = '[[mapping]]\nsource = "Tier"\ntarget = "_acme.member.tier"\n'


def session_with(mapping: str = TAKEN, declared: str = "", fields: tuple[stage.Field, ...] = ()) -> Any:
    """A session whose pipeline `loyalty` has these mappings and declares these fields."""
    session = stage.StageSession()
    session.schemas = stage.Schemas((*stage.FIELDS, *fields))
    session.pipelines.put_mapping(mapping, declared)
    return session


def paths(editor: Any) -> list[str]:
    return [field.path for field in editor.state.pipeline.schema_.fields]


def form(pilot: Any) -> NewFieldScreen:
    screen = pilot.app.screen
    assert isinstance(screen, NewFieldScreen), screen
    return screen


def problem(pilot: Any) -> str:
    return str(form(pilot).query_one("#new-problem", Static).content)


async def test_a_field_for_the_column_is_declared_with_its_target_in_one_edit() -> None:
    app = EditorApp(session_with(), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "t", "plus")
        assert form(pilot).query_one("#new-path", Input).value == "joinedOn"
        assert form(pilot).query_one("#new-type", ChoiceLine).value == "date"
        await go(pilot, "enter")
        await quiet(pilot)
        assert isinstance(pilot.app.screen, PipelineScreen)
        (field,) = editor.state.pipeline.schema_.fields
        assert (field.path, field.type, field.array) == ("_acme.joinedOn", "date", False)
        assert (field.title, field.description) == ("Joined on", None)
        assert targets(editor) == ["_acme.joinedOn", ""]
        assert editor.state.target.types["_acme.joinedOn"] == "date"
        assert not [one for one in editor.state.all_problems() if one.row == 0]
        await go(pilot, "u")
        assert (paths(editor), targets(editor)) == ([], ["", ""])


async def test_it_begins_in_the_tenants_object_under_the_cursor() -> None:
    app = EditorApp(session_with(fields=LOYALTY), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "t", "slash")
        await paste(pilot, "acme points")
        await go(pilot, "escape")
        assert pilot.app.screen.query_one(TargetGrid).cursor_key == "_acme.loyalty.points"
        await go(pilot, "plus")
        assert form(pilot).field.path == "_acme.loyalty.joinedOn"
        await go(pilot, "ctrl+u")
        await paste(pilot, "loyalty.lines[*].day")
        await go(pilot, "tab", "right", "tab", "right", "tab", "ctrl+u", *"Day")
        await go(pilot, "enter")
        await quiet(pilot)
        (field,) = editor.state.pipeline.schema_.fields
        assert (field.path, field.type, field.array) == ("_acme.loyalty.lines[*].day", "date-time", True)
        assert field.title == "Day"
        assert targets(editor)[0] == "_acme.loyalty.lines[0].day"


async def test_what_is_wrong_is_said_at_every_key_and_not_accepted() -> None:
    app = EditorApp(session_with(declared=DECLARED, fields=LOYALTY), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "t", "plus", "ctrl+u")
        assert "The path is missing" in problem(pilot)
        await paste(pilot, "loyalty.points")
        assert "is an integer in the schema" in problem(pilot)
        await go(pilot, *".day")
        assert "cannot stand in it" in problem(pilot)
        await go(pilot, "ctrl+u")
        await paste(pilot, "member.tier")
        assert "declared twice" in problem(pilot)
        await go(pilot, "ctrl+u", *"_own")
        assert "no name for a field" in problem(pilot)
        await go(pilot, "enter")
        assert form(pilot)
        await go(pilot, "escape", "escape")
        assert isinstance(pilot.app.screen, PipelineScreen)
        assert (paths(editor), targets(editor)) == (["_acme.member.tier"], ["", ""])


async def test_a_target_of_ours_that_is_not_there_yet_is_what_a_new_field_begins_with() -> None:
    wanted = '[[mapping]]\nsource = "Tier"\ntarget = "_acme.member.starLevel"\n'
    app = EditorApp(session_with(wanted + TAKEN), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "t", "plus")
        assert (form(pilot).field.path, form(pilot).field.title) == ("_acme.member.starLevel", "Star level")
        await go(pilot, "enter")
        await quiet(pilot)
        assert paths(editor) == ["_acme.member.starLevel"]
        await go(pilot, "t", "plus")
        assert form(pilot).field.path == "_acme.member.tier"


async def test_esc_leaves_the_form_of_a_new_field_and_it_goes_on_there_the_next_time() -> None:
    app = EditorApp(session_with(), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "t", "plus", "ctrl+u")
        await paste(pilot, "member.level")
        await go(pilot, "escape", "escape", "t", "plus")
        assert form(pilot).field.path == "_acme.member.level"
        await go(pilot, "escape", "escape", "j", "t", "plus")
        assert form(pilot).field.path == "_acme.tier"
        await go(pilot, "escape", "escape", "k", "t", "plus", "enter")
        await quiet(pilot)
        assert paths(editor) == ["_acme.member.level"]
        await go(pilot, "t", "plus")
        assert form(pilot).field.path != "_acme.member.level"


async def test_selected_rows_get_fields_of_their_own_in_turn() -> None:
    app = EditorApp(session_with(), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "space", "j", "space", "t", "plus", "enter", "plus", "enter")
        await quiet(pilot)
        assert paths(editor) == targets(editor) == ["_acme.joinedOn", "_acme.tier"]
        await go(pilot, "u")
        assert (paths(editor), targets(editor)) == (["_acme.joinedOn"], ["_acme.joinedOn", ""])


async def test_a_declared_field_is_changed_and_its_mappings_follow() -> None:
    app = EditorApp(session_with(MAPPED + TAKEN, DECLARED), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "t")
        assert "new" in text_of(pilot.app.screen.query_one(TargetGrid))
        await go(pilot, "e", "ctrl+u", *"level", "enter")
        assert pilot.app.screen.query_one(TargetGrid).cursor_key == "_acme.level"
        await go(pilot, "escape")
        await quiet(pilot)
        assert (paths(editor), targets(editor)[0]) == (["_acme.level"], "_acme.level")
        await go(pilot, "u")
        assert (paths(editor), targets(editor)[0]) == (["_acme.member.tier"], "_acme.member.tier")


async def test_removing_a_field_that_is_mapped_says_so_first() -> None:
    app = EditorApp(session_with(MAPPED + TAKEN, DECLARED), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "t", "d")
        question = pilot.app.screen
        assert isinstance(question, ConfirmScreen)
        assert "This mapping writes to it: Tier" in str(question.query_one("#confirm-detail", Static).content)
        await go(pilot, "y")
        picker = pilot.app.screen
        assert isinstance(picker, TargetPickerScreen)
        assert picker.query_one(TargetGrid).rows.index_of("_acme") is None
        await go(pilot, "escape")
        await quiet(pilot)
        assert paths(editor) == []
        assert [one.row for one in editor.state.all_problems() if "_acme.member.tier" in one.what] == [0]


async def test_a_schema_that_exists_takes_no_new_fields_and_it_is_said_what_to_do() -> None:
    session = session_with()
    file = session.pipelines.file("loyalty")
    text = file.read_text("utf-8")
    start, end = text.index("[schema]"), text.index("[dataset]")
    file.write_text(f'{text[:start]}[schema]\nid = "https://ns.adobe.com/_x/1"\n{text[end:]}', "utf-8")
    app = EditorApp(session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "t", "plus")
        assert isinstance(pilot.app.screen, TargetPickerScreen)
        assert any("this one exists already" in one.message for one in app._notifications)


async def test_without_a_known_namespace_only_declaring_has_to_wait() -> None:
    session = session_with()

    async def tenant() -> str:
        raise AeptuiError("The registry is not to be asked.", "Ask for the right.")

    session.schemas.tenant = tenant
    app = EditorApp(session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "t", "plus")
        assert isinstance(pilot.app.screen, TargetPickerScreen)
        assert any("namespace is not known" in one.message for one in app._notifications)


async def test_the_section_target_lists_declares_changes_and_removes_them() -> None:
    app = EditorApp(session_with(MAPPED, DECLARED), "loyalty", "target")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        settings = editor.query_one("#target-form", Form)
        assert settings.move_to("schema.field")
        assert settings.field("schema.field").value == "_acme.member.tier"
        await go(pilot, "enter")
        screen = pilot.app.screen
        assert isinstance(screen, DeclaredFieldsScreen)
        listed = screen.query_one(Grid)
        assert "Tier" in text_of(listed)
        await go(pilot, "plus")
        await paste(pilot, "points")
        await go(pilot, "tab", "right", "enter")
        assert "_acme.points" in text_of(listed)
        await go(pilot, "enter", "ctrl+u", *"score", "enter")
        await go(pilot, "g", "d", "y")
        await go(pilot, "escape")
        await quiet(pilot)
        assert [(one.path, one.type) for one in editor.state.pipeline.schema_.fields] == [("_acme.score", "boolean")]
        for _ in range(3):
            await go(pilot, "u")
        assert paths(editor) == ["_acme.member.tier"]


async def test_a_field_that_was_being_declared_for_a_row_is_gone_on_with_after_a_kill() -> None:
    session = session_with(MAPPED + TAKEN, DECLARED)
    app = EditorApp(session, "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_editor(pilot)
        await go(pilot, "j", "t", "plus", *"Day", "tab", "right", "shift+tab", "left")
        await until(pilot, lambda: b"joinedOnDay" in log_of(session), "the path in the log")
        await until(pilot, lambda: b"date-time False -" in log_of(session), "the type in the log")
        again = after_a_kill(session)

    app = EditorApp(again, "loyalty")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await until(pilot, lambda: isinstance(app.screen, NewFieldScreen), "the form")
        field = form(pilot).field
        assert (field.path, field.type) == ("_acme.joinedOnDay", "date-time")
        await go(pilot, "enter")
        await quiet(pilot)
        assert isinstance(pilot.app.screen, PipelineScreen)
        assert targets(editor) == ["_acme.member.tier", "_acme.joinedOnDay", ""]
        assert paths(editor)[-1] == "_acme.joinedOnDay"


async def test_a_declared_field_that_was_being_changed_is_gone_on_with_after_a_kill() -> None:
    session = session_with(MAPPED, DECLARED)
    app = EditorApp(session, "loyalty", "target")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        assert editor.query_one("#target-form", Form).move_to("schema.field")
        await go(pilot, "enter", "enter", *"Now")
        await until(pilot, lambda: b"tierNow" in log_of(session), "the path in the log")
        again = after_a_kill(session)

    app = EditorApp(again, "loyalty")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await until(pilot, lambda: isinstance(app.screen, NewFieldScreen), "the form")
        await go(pilot, "enter")
        assert isinstance(pilot.app.screen, DeclaredFieldsScreen)
        await go(pilot, "escape")
        await quiet(pilot)
        assert (paths(editor), targets(editor)) == (["_acme.member.tierNow"], ["_acme.member.tierNow"])


def log_of(session: Any) -> bytes:
    log = session.pipelines.folder / "drafts" / "loyalty.edits"
    return bytes(log.read_bytes()) if log.exists() else b""


def after_a_kill(session: Any) -> Any:
    again = stage.StageSession(session.pipelines.folder)
    again.schemas = session.schemas
    return again


async def test_a_field_is_declared_from_the_form_of_a_row_that_is_being_typed() -> None:
    app = EditorApp(session_with(), "loyalty", "mapping")
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await open_editor(pilot)
        await go(pilot, "n")
        await paste(pilot, "Points")
        await go(pilot, "ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, TargetPickerScreen), "the tree")
        await go(pilot, "plus", "enter")
        await until(pilot, lambda: isinstance(app.screen, MappingFormScreen), "the row again")
        assert app.screen.query_one("#form-target", Input).value == "_acme.points"
        await until(pilot, lambda: "integer" in app.screen.query_one("#form-live", TextView).text, "the type")
        await go(pilot, "enter")
        await quiet(pilot)
        assert [(one.path, one.type) for one in editor.state.pipeline.schema_.fields] == [("_acme.points", "integer")]
        assert targets(editor) == ["", "", "_acme.points"]


class OneTree(App[None]):
    """The target of a column of objects is picked, in a schema that may get new fields."""

    def on_mount(self) -> None:
        customer = Subject("customer", values=({"id": 1}, {"id": 2}), columns=("customer",))
        self.push_screen(TargetPickerScreen((), {}, subject=customer, declaring=Declaring(tenant="_acme")))


async def test_for_objects_the_form_of_a_new_field_says_that_it_cannot_hold_them() -> None:
    app = OneTree()
    async with app.run_test(size=(80, 24)) as pilot:
        await go(pilot, "plus")
        note = str(app.screen.query_one("#new-note", Static).content)
        assert (
            note == "customer: 2 of 2 values are objects. No new field holds objects: map what is in them, one by one"
        )
