"""Aiming mapping rows at fields: the schema's tree is opened for one row, or for the selected ones in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from aeptui.chain.mapping_rows import fillers
from aeptui.ui.screens.pipeline_sections.mapping.table import MappingTable, no_fields
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.screen import TargetPickerScreen
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.subjects import guess_for, guesses, subject_of
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.walk import COLUMN, ROW, Aiming, TargetWalkScreen
from aeptui.ui.screens.pipeline_sections.new_fields.declaring import (
    changed_parts,
    declaring_of,
    moved_path,
)

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow, NewField
    from aeptui.chain.typed_text import Typing
    from aeptui.ui.screens.pipeline_sections.state import EditorState


class Targeting(MappingTable):
    """Picks targets in the schema's tree."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "t",
            "pick_target",
            "target",
            show=False,
            tooltip="Choose the target in the schema's tree, for each selected row; or for each column not mapped",
        ),
    ]

    def __init__(self, state: EditorState) -> None:
        super().__init__(state)
        self._later = ""
        """The row for which a new field is to be gone on with once the fields are read."""

    def resume(self, typing: Typing) -> bool:
        if not typing.place.startswith((ROW, COLUMN)):
            return super().resume(typing)
        self._resumed, self._later = typing, typing.place
        return True

    def show_state(self, state: EditorState) -> None:
        super().show_state(state)
        if self._later and state.target.state not in {"none", "reading"}:
            self._go_on(state.pipeline.mapping)

    def _go_on(self, rows: tuple[MappingRow, ...]) -> None:
        """Open the tree for the row in whose new field something was being typed."""
        from aeptui.chain.pipeline import MappingRow

        name, self._later = self._later, ""
        number = name.removeprefix(ROW)
        if number.isdecimal() and int(number) < len(rows):
            self._grid.move_to_index(int(number))
            self._pick([int(number)], [rows[int(number)]])
        else:
            self._pick([None], [MappingRow(source=name.removeprefix(COLUMN))])

    def action_pick_target(self) -> None:
        """Open the tree for the row under the cursor, or for several in turn."""
        self._pick(*self._to_aim())

    def _pick(self, places: Sequence[int | None], aimed: Sequence[MappingRow]) -> None:
        state = self.state
        rows = state.pipeline.mapping
        if not aimed:
            self.notify("There is no row to choose a target for; n maps one field.", severity="warning")
            return
        fields = state.target.fields
        if not self._fields_are_known():
            return
        preview = state.sample.preview
        subjects = [subject_of(row, preview, state.sample.current, state.now) for row in aimed]
        found = guesses(subjects, fields, {row.target for row in rows}, preview, state.target.suggested)
        aiming = Aiming(rows, places, aimed, state.pipeline.schema_.fields, self._edit_targets)
        declaring = declaring_of(state)
        if len(subjects) > 1:
            self.app.push_screen(TargetWalkScreen(fields, subjects, aiming, found, declaring, self))
            return
        one = subjects[0]
        picker = TargetPickerScreen(
            fields,
            aiming.taken(0),
            one.target,
            subject=one,
            guess=guess_for(one, found),
            declaring=declaring,
            tell=aiming.tell,
            keeper=self,
            place=aiming.name(0),
        )

        def picked(path: str | None) -> None:
            if path is not None:
                aiming.aim(0, path, picker.declaring.declared)

        self.app.push_screen(picker, picked)

    def pick_in_tree(self, row: MappingRow, index: int | None, then: Callable[[str | None], None]) -> None:
        """Choose a target for a row that is being typed. A field declared for it is an edit of its own.

        The row's text is what is kept there; what is typed into the form of a new field is not.
        """
        state = self.state
        mapping, fields, preview = state.pipeline.mapping, state.target.fields, state.sample.preview
        if not self._fields_are_known():
            return
        told, target = state.pipeline.schema_.fields, row.target
        taken = fillers(mapping, index)
        subject = subject_of(row, preview, state.sample.current, state.now)
        found = guesses([subject], fields, taken, preview, state.target.suggested)

        def tell(declared: tuple[NewField, ...], what: str, moved: tuple[str, str] | None) -> None:
            nonlocal told, target
            told = declared
            if moved is not None:
                target = moved_path(target, *moved)
            self.edit(what, **changed_parts(self.state.pipeline, declared, moved))

        def picked(path: str | None) -> None:
            if picker.declaring.declared != told:
                tell(picker.declaring.declared, f"declare the field {path}", None)
            then(path if path is not None or target == row.target else target)

        guess = guess_for(subject, found)
        declaring = declaring_of(state)
        picker = TargetPickerScreen(
            fields, taken, row.target, subject=subject, guess=guess, declaring=declaring, tell=tell
        )
        self.app.push_screen(picker, picked)

    def _fields_are_known(self) -> bool:
        """Say why not when they are not."""
        fields = self.state.target.fields
        if not fields:
            self.notify(f"The schema's fields are not known. {no_fields(self.state)}", severity="warning", markup=False)
        return bool(fields)

    def _to_aim(self) -> tuple[list[int | None], list[MappingRow]]:
        """Places of the rows that are to get a target, and the rows; None for a column that nothing is mapped from."""
        rows, key = self.state.pipeline.mapping, self._grid.cursor_key
        if self._free is not None and key is not None:
            at = self._free.index_of(key) or 0
            free = [one for one in self._free.free[at:] if one.column and one.key not in self._free.filled]
            return [None] * len(free), [one.mapping for one in free]
        current = self._current
        chosen = sorted(int(one) for one in self._grid.selected_keys) or ([current] if current is not None else [])
        return [*chosen], [rows[place] for place in chosen]

    def _edit_targets(self, what: str, rows: tuple[MappingRow, ...], declared: tuple[NewField, ...]) -> None:
        schema = self.state.pipeline.schema_
        if declared != schema.fields:
            schema = schema.model_copy(update={"fields": declared})
        self.edit(what, mapping=rows, schema_=schema)
