"""Pick the field a mapping writes to: the schema as a tree, and a search over all of it. It changes nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize

from aeptui.chain.value_types import misfits
from aeptui.dataprep import TYPES
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.grid import TargetGrid, TargetRows
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.subjects import Subject
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.tree import FieldTree
from aeptui.ui.screens.pipeline_sections.new_fields.declaring import Declaring, moved_path
from aeptui.ui.screens.pipeline_sections.new_fields.screen import DeclaringScreen, Keeper, Tell
from aeptui.ui.screens.pipeline_sections.source import value_text
from aeptui.ui.widgets.cells import cut, printable, width
from aeptui.ui.widgets.grid import Grid
from aeptui.ui.widgets.text_lines import Line, line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from aeptui.chain.automap import Suggestion
    from aeptui.chain.pipeline import NewField
    from aeptui.chain.typed_text import TypedText
    from aeptui.models.schemas import SchemaField

_TALL = 30
_LONGEST = 40
_IN_HEADING = 30
_FEW = 3


_ELSEWHERE = Declaring(refusal="New fields are declared from the mapping table: t on a row, then +.")


def _untold(_declared: object, _what: str, _moved: object) -> None:
    """For a picker that declares nothing."""


class TargetPickerScreen(DeclaringScreen["str | None"]):
    """Dismisses with the path to map to, or None for no change.

    A field that was declared to be mapped to at once is among `declaring.declared` then, and told to nobody else.

    Args:
        fields: All fields of the schema.
        taken: Targets of the other rows, and what fills them.
        start: The target the row has now; the cursor begins there.
        subject: The row that the target is for; None: that is not known.
        guess: The field that the row seems to mean; the cursor begins there when it has no target.
        declaring: What new fields can be declared beside.
        tell: Is told when declared fields are changed or removed.
        keeper: Keeps what is typed into the form of a new field.
        place: Where the keeper finds this row again.
    """

    TITLE = "Target"
    HELP = """Choose the field of the schema that this mapping writes to.

Right opens an object, left closes it; enter on an object does both, on a field it takes it. Space takes an object or
an array as a whole. Inside an array i says which item is meant, * that each is.
/ searches path, title and description of every field at once, best first; esc then shows what was found in the tree.
+ declares a field that the schema lacks, and maps to it; e and d change and remove one that is declared (new).
A field that another row fills is marked <, and taken when enter is pressed twice."""
    DEFAULT_CSS = """
    TargetPickerScreen {
        #picker-about { height: 2; }
        #picker-detail { height: 4; }
        &.-tall #picker-detail { height: 7; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "plus", "declare", "new field", tooltip="Declare a field of your own that the schema lacks, and take it"
        ),
        Binding("e", "change_declared", "change", show=False, tooltip="Change the declared field under the cursor"),
        Binding("d,delete", "remove_declared", "remove", show=False, tooltip="Remove the declared field"),
    ]

    def __init__(
        self,
        fields: Sequence[SchemaField],
        taken: Mapping[str, str],
        start: str = "",
        *,
        subject: Subject | None = None,
        guess: Suggestion | None = None,
        declaring: Declaring = _ELSEWHERE,
        tell: Tell = _untold,
        keeper: Keeper | None = None,
        place: str = "",
    ) -> None:
        super().__init__(declaring, tell, keeper)
        self._place = place
        self._fields = fields
        self._taken = dict(taken)
        self._start = start
        self._subject = subject or Subject("")
        self._guess = guess
        self._rows = self._made()
        self._twice = ""
        """Filled by another row; the same key again takes it all the same."""

    @property
    def heading(self) -> str:
        return f"Target of {_cut(self._subject.text, _IN_HEADING)}" if self._subject.text else "Target"

    def compose_body(self) -> ComposeResult:
        yield TextView(id="picker-about", can_focus=False)
        yield TargetGrid(empty="The schema has no fields.", id="picker-grid")
        yield TextView(id="picker-detail", can_focus=False)

    def _made(self) -> TargetRows:
        declaring = self.declaring
        fields = self._fields if declaring is _ELSEWHERE else declaring.all_fields
        return TargetRows(FieldTree(fields), self._taken, {one.path for one in declaring.declared})

    def on_mount(self) -> None:
        self._grid.show_tree(self._rows)
        self._begin()
        self._grid.focus()
        self.resume_typing()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height >= _TALL, "-tall")

    @property
    def _grid(self) -> TargetGrid:
        return self.query_one("#picker-grid", TargetGrid)

    def _begin(self) -> None:
        """Show the subject, and put the cursor where its target is or might be."""
        subject = self._subject
        self._rows.stars = subject.stars or int(subject.kind.is_array)
        self._rows.items.clear()
        self._rows.choose_items(self._start)
        if not self._grid.reveal(self._start) and self._guess is not None:
            self._grid.reveal(self._guess.target)
        self.query_one("#picker-about", TextView).show(self._about())
        self._show_detail()

    def _about(self) -> list[Line]:
        subject, guess = self._subject, self._guess
        if not subject.text:
            return [line("The row has no source yet.", "muted")]
        room = self.app.size.width - 4
        text = _cut(subject.text, room // 3)
        sample = "null" if subject.sample is None else _cut(value_text(subject.sample), room // 5)
        shown = f"   {sample}   " if subject.values else "   "
        rest = _cut(subject.kind.words, room - width(text) - width(shown))
        lines: list[Line] = [((text, "strong"), (shown, ""), (rest, "muted"))]
        if self._start:
            lines.append((("goes to ", "muted"), (self._start, "")))
        elif guess is not None:
            style = "ok" if guess.is_accepted else "warning"
            lines.append(
                (
                    ("seems to mean ", "muted"),
                    (guess.target, ""),
                    (f"  {guess.score:.0%} ", style),
                    (guess.reason, "muted"),
                )
            )
        else:
            lines.append(line("no field seems to be meant; / searches", "muted"))
        return lines

    @on(Grid.Highlighted, "#picker-grid")
    def _highlighted(self, event: Grid.Highlighted) -> None:
        event.stop()
        self._twice = ""
        self._show_detail()

    def _show_detail(self) -> None:
        number = self._grid.number
        detail = self.query_one("#picker-detail", TextView)
        if number is None:
            detail.show([], title="")
            return
        title = f"{self._rows.path(number)}   {self._rows.tree.type_words(number)}"
        detail.show(self._detail(number), title=title)

    def _detail(self, number: int) -> list[Line]:
        tree, field = self._rows.tree, self._rows.tree.fields[number]
        by = self._rows.mapped.by.get(number)
        lines: list[Line] = []
        if self._twice:
            lines.append(line(f"{self._twice} is filled by {by} already. Once more takes it all the same.", "warning"))
        bad = self._misfits(number)
        if bad:
            shown = ", ".join(_cut(value, _LONGEST) for value in dict.fromkeys(map(value_text, bad[:_FEW])))
            count = sum(value is not None and value != "" for value in self._subject.values)
            kind = tree.kind(number)
            lines.append(line(f"{len(bad)} of {count} sample values cannot become {kind}: {shown}", "warning"))
        facts = []
        if field is not None and field.required:
            above = tree.parents[number]
            facts.append(f"required in {tree.paths[above]}" if above >= 0 else "required")
        if field is not None and field.identity is not None:
            which = "primary identity" if field.is_primary else "identity"
            facts.append(f"{which}, namespace {field.identity or 'not known'}")
        if by is not None and not self._twice:
            facts.append(f"filled by {by}")
        if facts:
            lines.append(line("   ".join(facts), "accent"))
        if field is not None and field.enum:
            lines.append((("one of ", "muted"), (", ".join(field.enum), "")))
        words = [] if field is None else [part for part in (field.title, field.description) if part]
        if words:
            lines.append(line(": ".join(words), "muted"))
        return lines

    def _misfits(self, number: int) -> list[object]:
        kind = self._rows.tree.kind(number)
        if kind not in TYPES or kind in ("object", "array", "map") or self._rows.tree.is_array(number):
            return []
        values = self._subject.values
        return [] if self._subject.kind.is_array else misfits(values, kind)

    # Taking

    @on(TargetGrid.Taken)
    def _taken_one(self, event: TargetGrid.Taken) -> None:
        event.stop()
        if event.path in self._taken and self._twice != event.path:
            self._twice = event.path
            self._show_detail()
            self.app.bell()
            return
        self.take(event.path)

    # Declaring

    @property
    def fillers(self) -> Mapping[str, str]:
        return {**self._taken, self._start: self._subject.text} if self._start else self._taken

    @property
    def place(self) -> str:
        return self._place

    def action_declare(self) -> None:
        """Declare a field for this row, and take it."""
        if self.can_declare():
            self.declare_field()

    def declare_field(self, resumed: TypedText | None = None) -> None:
        subject, tree, number = self._subject, self._rows.tree, self._grid.number
        near = "" if number is None else tree.object_around(number)
        column = subject.columns[0] if len(subject.columns) == 1 else ""
        first = self.declaring.first(near, column, subject.kind, self._start)
        done = "declares and maps it"
        note = f"{_cut(subject.text, _LONGEST)}: {subject.kind.words}" if subject.kind.words else ""
        if subject.kind.type == "object":
            note += ". No new field holds objects: map what is in them, one by one"
        self.declare(first, self._declared, note=note, done=done, resumed=resumed)

    def _declared(self, field: NewField) -> None:
        self._rebuild(field.path)
        self.take(self._rows.path(self._rows.tree.numbers[field.path]))

    def _rebuild(self, path: str) -> None:
        """Show the fields as they are now, with open what was open."""
        before = self._rows
        self._rows = self._made()
        self._rows.stars = before.stars
        paths = (before.tree.paths[number] for number in before.opened)
        self._rows.opened = {self._rows.tree.numbers[one] for one in paths if one in self._rows.tree.numbers}
        self._grid.show_tree(self._rows, path)
        self._show_detail()

    def action_change_declared(self) -> None:
        """Change the declared field under the cursor."""
        number = self._declared_here()
        if number is not None:
            self.change_field(number)

    def action_remove_declared(self) -> None:
        """Remove the declared field under the cursor."""
        number = self._declared_here()
        if number is not None:
            self.remove_field(number)

    def _declared_here(self) -> int | None:
        number = self._grid.number
        found = None if number is None else self.declaring.number(self._rows.tree.paths[number])
        if found is None:
            self.notify("Only fields that this pipeline declares, marked new, can be changed here.", timeout=5)
        return found

    def declared_now(self, moved: tuple[str, str] | None) -> None:
        if moved is not None:
            old, new = moved
            self._taken = {moved_path(path, old, new): by for path, by in self._taken.items()}
            self._start = moved_path(self._start, old, new)
        self._rebuild(moved[1] if moved is not None else self._grid.cursor_key or "")

    def take(self, path: str) -> None:
        """This is the target."""
        self.dismiss(path)

    async def action_back(self) -> None:
        """Leave the target as it was."""
        self.dismiss(None)

    def copy_text(self) -> str:
        number = self._grid.number
        return self._rows.path(number) if number is not None else ""


def _cut(text: str, cells: int) -> str:
    return cut(printable(text), cells)
