"""Target: the schema, new or existing, and the dataset; below, the fields that mapping can reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from aeptui.ui.screens.pipeline_sections.base import ReadAgainRequested, Section
from aeptui.ui.screens.pipeline_sections.source import field_of, with_problems
from aeptui.ui.screens.pipeline_sections.state import EditorState
from aeptui.ui.widgets.form import Form, FormField
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row

if TYPE_CHECKING:
    from textual.widget import Widget

    from aeptui.chain.pipeline import NewField, SchemaChoice
    from aeptui.chain.problems import Problem
    from aeptui.models.schemas import SchemaField

Choice = Literal["class", "field_groups", "schema", "dataset"]

FIELD_COLUMNS = (
    Column("path", "Field", min_width=24),
    Column("type", "Type", width=10),
    Column("marks", "Marks", min_width=8, priority=1),
    Column("title", "Title", min_width=10, priority=2),
)


class TargetSection(Section):
    """A form above, the schema's fields below."""

    SECTION = "target"
    DEFAULT_CSS = """
    TargetSection {
        #target-form { height: 10; &.-new-fields { height: 11; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "read_again", "read again", show=False, tooltip="Read the schema's fields again"),
    ]

    @dataclass
    class ChoiceRequested(Message):
        """The list of what there is has to be read, then shown."""

        choice: Choice

    def __init__(self, state: EditorState) -> None:
        super().__init__(state)
        self._waits = False
        """Is a new field to be gone on with once the fields are read?"""

    def compose(self) -> ComposeResult:
        yield Form("Target", id="target-form")
        yield Grid(*FIELD_COLUMNS, empty="Choose a class, or an existing schema.", id="target-fields")

    def panes(self) -> Sequence[Widget]:
        return (self.query_one("#target-form"), self.query_one("#target-fields"))

    def show_state(self, state: EditorState) -> None:
        form = self.query_one("#target-form", Form)
        form.set_class(bool(state.pipeline.schema_.fields), "-new-fields")
        form.show_fields(target_fields(state))
        grid = self.query_one("#target-fields", Grid)
        grid.empty_text = {
            "none": "Choose a class, or an existing schema.",
            "reading": "Reading the schema's fields ...",
            "failed": state.target.error,
        }.get(state.target.state, "The schema has no fields.")
        mapped = {row.target for row in state.pipeline.mapping}
        grid.show([field_row(field, field.path in mapped) for field in state.target.fields])
        if self._waits:
            self._open_declared()

    def copy_text(self) -> str:
        grid = self.query_one("#target-fields", Grid)
        if grid.has_focus:
            return grid.cursor_key or ""
        field = self.query_one("#target-form", Form).highlighted
        return field.value if field is not None else ""

    def go_to(self, problem: Problem) -> None:
        self.query_one("#target-form", Form).move_to(field_of(problem))

    @on(Form.Chosen, "#target-form")
    def _chosen(self, event: Form.Chosen) -> None:
        event.stop()
        self.set_value(event.key, event.value)

    @on(Form.EditRequested, "#target-form")
    def _edit_requested(self, event: Form.EditRequested) -> None:
        event.stop()
        field = event.form.field(event.key)
        choices: dict[str, Choice] = {
            "schema.class": "class",
            "schema.field_groups": "field_groups",
            "schema.id": "schema",
            "dataset.id": "dataset",
        }
        if event.key in choices:
            self.post_message(self.ChoiceRequested(choices[event.key]))
        elif event.key == "schema.field":
            self._open_declared()
        elif field is not None:
            percent = event.key == "options.partial_ingestion_percent"
            self.ask(
                field.label,
                field.value,
                lambda text: self.set_value(event.key, text.strip()),
                place=event.key,
                note="A share of bad rows, in percent; empty leaves it to the platform." if percent else "",
                check=_percent_problem if percent else lambda _text: "",
            )

    def set_value(self, key: str, value: str) -> None:
        """Change one setting from its text."""
        pipeline = self.state.pipeline
        part, _, name = key.partition(".")
        text = value or None
        if key == "schema.kind":
            self._set_kind(value)
        elif part == "schema":
            changes: dict[str, object] = {"class_" if name == "class" else name: text}
            if name == "field_groups":
                changes = {"field_groups": ()}
            self.edit(
                f"change the schema's {name.replace('_', ' ')}", schema_=pipeline.schema_.model_copy(update=changes)
            )
        elif key == "dataset.kind":
            from aeptui.chain.pipeline import DatasetChoice

            dataset = DatasetChoice(id="") if value == "existing" else DatasetChoice(name=pipeline.schema_.title)
            self.edit("change the dataset", dataset=dataset)
        elif part == "dataset":
            self.edit(f"change the dataset's {name}", dataset=pipeline.dataset.model_copy(update={name: text}))
        elif name == "error_diagnostics":
            options = pipeline.options.model_copy(update={name: value == "yes"})
            self.edit("change error diagnostics", options=options)
        else:
            number = float(value.rstrip("% ").replace(",", ".")) if value else None
            whole = int(number) if number is not None and number == int(number) else number
            options = pipeline.options.model_copy(update={name: whole})
            self.edit("change the partial ingestion threshold", options=options)

    def _set_kind(self, kind: str) -> None:
        from aeptui.chain.pipeline import SchemaChoice

        schema = SchemaChoice(id="") if kind == "existing" else SchemaChoice(title=self.state.pipeline.name or None)
        self.edit("change the schema", schema_=schema)

    def _open_declared(self) -> None:
        from aeptui.chain.mapping_rows import fillers
        from aeptui.ui.screens.pipeline_sections.new_fields.declaring import changed_parts, declaring_of
        from aeptui.ui.screens.pipeline_sections.new_fields.listing import DeclaredFieldsScreen

        def tell(declared: tuple[NewField, ...], what: str, moved: tuple[str, str] | None) -> None:
            self.edit(what, **changed_parts(self.state.pipeline, declared, moved))

        pipeline = self.state.pipeline
        self._waits = self._resumed is not None and self.state.target.state == "reading"
        if self._waits:
            return
        group = pipeline.schema_.new_field_group_title
        self.app.push_screen(
            DeclaredFieldsScreen(declaring_of(self.state), tell, fillers(pipeline.mapping), group, self)
        )

    def action_read_again(self) -> None:
        self.post_message(ReadAgainRequested("target"))


def target_fields(state: EditorState) -> list[FormField]:
    """The form of the target, with its problems inline."""
    schema, dataset, options = state.pipeline.schema_, state.pipeline.dataset, state.pipeline.options
    two = ("new", "existing")
    if schema.is_new:
        groups = len(schema.field_groups)
        words = ", ".join(short_name(state, one) for one in schema.field_groups)
        fields = [
            FormField("schema.kind", "Schema", "new", "made for this pipeline", "choice", two, clearable=False),
            FormField("schema.title", "Schema title", schema.title or ""),
            FormField("schema.class", "Class", short_name(state, schema.class_), "", "pick"),
            FormField("schema.field_groups", "Field groups", words, f"{groups} chosen" if groups else "", "pick"),
            *_declared_fields(schema),
        ]
    else:
        fields = [
            FormField("schema.kind", "Schema", "existing", "", "choice", two, clearable=False),
            FormField("schema.id", "Existing schema", short_name(state, schema.id), "", "pick", clearable=False),
            *(_declared_fields(schema) if schema.fields else ()),
        ]
    if dataset.is_new:
        fields += [
            FormField("dataset.kind", "Dataset", "new", "made for this pipeline", "choice", two, clearable=False),
            FormField("dataset.name", "Dataset name", dataset.name or ""),
        ]
    else:
        fields += [
            FormField("dataset.kind", "Dataset", "existing", "", "choice", two, clearable=False),
            FormField("dataset.id", "Existing dataset", short_name(state, dataset.id), "", "pick", clearable=False),
        ]
    percent = "" if options.partial_ingestion_percent is None else f"{options.partial_ingestion_percent:g} %"
    keep = "yes" if options.error_diagnostics else "no"
    fields += [
        FormField(
            "options.error_diagnostics", "Keep bad rows", keep, "error diagnostics", "flag", ("no", "yes"), "", False
        ),
        FormField(
            "options.partial_ingestion_percent",
            "Fail above",
            percent,
            "share of bad rows a batch may have" if percent else "the platform's own threshold",
        ),
    ]
    return with_problems(fields, state, "target", "review")


def _declared_fields(schema: SchemaChoice) -> list[FormField]:
    """The fields of the organisation's own that are made with the schema; and their field group, when there are any."""
    count = len(schema.fields)
    words = ", ".join(field.path for field in schema.fields)
    note = f"{count} declared" if count else "your own, beside the field groups"
    fields = [FormField("schema.field", "New fields", words, note, "pick", clearable=False)]
    if count:
        fields.append(FormField("schema.new_field_group", "New field group", schema.new_field_group_title, "for these"))
    return fields


def short_name(state: EditorState, identifier: str | None) -> str:
    """What an id is called, as far as it was read; else its last part, which in XDM says as much."""
    if not identifier:
        return ""
    return state.names.get(identifier) or identifier.rstrip("/").rpartition("/")[2]


def field_row(field: SchemaField, mapped: bool = False) -> Row:
    """One field of a schema."""
    words = "  ".join(filter(None, ("required" if field.required else "", identity_words(field))))
    marks = Cell(words, "warning" if field.required and not mapped else "accent")
    path = Cell(field.path, "muted" if mapped else "")
    return Row(field.path, (path, field.type, marks, Cell(field.title or "", "muted")))


def identity_words(field: SchemaField) -> str:
    """Which identity a field is, in two words; empty when it is none."""
    return "" if field.identity is None else f"{'primary' if field.is_primary else 'id'} {field.identity}".strip()


def _percent_problem(text: str) -> str:
    stripped = text.strip().rstrip("% ").replace(",", ".")
    if not stripped:
        return ""
    try:
        number = float(stripped)
    except ValueError:
        return "A number, like 5."
    return "" if 0 < number <= 100 else "More than 0, and at most 100."
