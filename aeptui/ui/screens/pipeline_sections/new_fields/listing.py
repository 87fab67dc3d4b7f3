"""The fields a pipeline declares, in a list: declared, changed and removed here when no mapping is at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aeptui.chain.value_types import ValueKind
from aeptui.ui.screens.pipeline_sections.new_fields.declaring import Declaring, moved_path
from aeptui.ui.screens.pipeline_sections.new_fields.screen import DeclaringScreen, Keeper, Tell
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.text_lines import Line, line, sentences
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from aeptui.chain.pipeline import NewField
    from aeptui.chain.typed_text import TypedText

_COLUMNS = (
    Column("path", "New field", min_width=24),
    Column("type", "Type", width=11),
    Column("from", "Mapped from", min_width=12),
    Column("title", "Title", min_width=10, priority=1),
)


class DeclaredGrid(Grid):
    """The grid of declared fields; enter changes one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "change", tooltip="Change the field under the cursor"),
        Binding("slash", "open_filter", "filter", show=False, tooltip="Show only fields that contain some words"),
    ]


class DeclaredFieldsScreen(DeclaringScreen[None]):
    """Every change is told at once.

    Args:
        taken: Targets that are mapped, and what fills them.
        group: What the field group is called that they go into.
        keeper: Keeps what is typed into the form.
    """

    TITLE = "New fields"
    HELP = """Fields of your organisation's own that are made with the schema, in one field group of their own.

They stand under the organisation's namespace, and a mapping can write to them as to any other field. A field that
moves takes its mappings with it. In the mapping table t, then + declares one for a column."""
    DEFAULT_CSS = """
    DeclaredFieldsScreen {
        #declared-detail { height: 5; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,n", "declare", "new field", key_display="+", tooltip="Declare one more field"),
        Binding("e", "change_here", "change", show=False, tooltip="Change the field under the cursor"),
        Binding("d,delete", "remove_here", "remove", key_display="d", tooltip="Remove the field under the cursor"),
    ]

    def __init__(
        self, declaring: Declaring, tell: Tell, taken: Mapping[str, str], group: str, keeper: Keeper | None = None
    ) -> None:
        super().__init__(declaring, tell, keeper)
        self._taken = dict(taken)
        self._group = group

    @property
    def fillers(self) -> Mapping[str, str]:
        return self._taken

    def compose_body(self) -> ComposeResult:
        yield DeclaredGrid(*_COLUMNS, empty="No field is declared. + declares one.", id="declared-grid")
        yield TextView(id="declared-detail", can_focus=False)

    def on_mount(self) -> None:
        self._show()
        self._grid.focus()
        self.resume_typing()

    @property
    def place(self) -> str:
        return "schema.field"

    @property
    def _grid(self) -> Grid:
        return self.query_one("#declared-grid", Grid)

    def _show(self) -> None:
        self._grid.show([self._row(number, field) for number, field in enumerate(self.declaring.declared)])
        self._show_detail()

    def _row(self, number: int, field: NewField) -> Row:
        wrong = self.declaring.problem(field, number) if not self.declaring.refusal else None
        path = Cell(field.path, "error" if wrong is not None else "")
        kind = Cell(f"{field.type}[]" if field.array else field.type, "muted")
        sources = ", ".join(self.sources_of(field.path))
        return Row(
            str(number), (path, kind, Cell(sources or "nothing", "" if sources else "warning"), field.title or "")
        )

    @on(Grid.Highlighted, "#declared-grid")
    def _highlighted(self, event: Grid.Highlighted) -> None:
        event.stop()
        self._show_detail()

    @on(Grid.Opened, "#declared-grid")
    def _opened(self, event: Grid.Opened) -> None:
        event.stop()
        self.action_change_here()

    def _show_detail(self) -> None:
        lines: list[Line] = []
        if self.declaring.refusal:
            lines.append(line(self.declaring.refusal, "warning"))
        number = self._here
        if number is not None:
            field = self.declaring.declared[number]
            wrong = self.declaring.problem(field, number) if not self.declaring.refusal else None
            if wrong is not None:
                lines.append(line(sentences(*wrong), "error"))
            if field.description:
                lines.append(line(field.description, "muted"))
        count = len(self.declaring.declared)
        self.query_one("#declared-detail", TextView).show(lines, title=f"{count:,} in the field group {self._group}")

    @property
    def _here(self) -> int | None:
        key = self._grid.cursor_key
        number = int(key) if key is not None else None
        return number if number is not None and number < len(self.declaring.declared) else None

    def action_declare(self) -> None:
        """Declare one more field."""
        if self.can_declare():
            self.declare_field()

    def declare_field(self, resumed: TypedText | None = None) -> None:
        first = self.declaring.first("", "", ValueKind("string"))
        self.declare(first, self._declared, note="", done="declares it", resumed=resumed)

    def _declared(self, field: NewField) -> None:
        self._tell(self.declaring.declared, f"declare the field {field.path}", None)
        self._show()
        self._grid.action_last()

    def action_change_here(self) -> None:
        """Change the field under the cursor."""
        number = self._here
        if number is not None:
            self.change_field(number)

    def action_remove_here(self) -> None:
        """Remove the field under the cursor."""
        number = self._here
        if number is not None:
            self.remove_field(number)

    def declared_now(self, moved: tuple[str, str] | None) -> None:
        if moved is not None:
            self._taken = {moved_path(path, *moved): by for path, by in self._taken.items()}
        self._show()

    def copy_text(self) -> str:
        number = self._here
        return self.declaring.declared[number].path if number is not None else ""
