"""Aiming mapping rows at fields: the schema's tree is opened for one row, or for the selected ones in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from aeptui.chain.mapping_rows import source_text
from aeptui.ui.screens.pipeline_sections.mapping.table import MappingTable
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.screen import TargetPickerScreen
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.subjects import Subject, guess_for, guesses, subject_of
from aeptui.ui.screens.pipeline_sections.new_fields.declaring import (
    Declaring,
    changed_parts,
    declaring_of,
    moved_path,
    moved_rows,
)
from aeptui.ui.screens.pipeline_sections.new_fields.screen import Keeper

if TYPE_CHECKING:
    from aeptui.chain.automap import Suggestion
    from aeptui.chain.pipeline import MappingRow, NewField
    from aeptui.chain.typed_text import Typing
    from aeptui.models.schemas import SchemaField
    from aeptui.ui.screens.pipeline_sections.state import EditorState

_ROW = "new field for row "
_FROM = "new field for column "


class TargetWalkScreen(TargetPickerScreen):
    """Picks targets for several rows, one after the other. What was taken is told at once; it dismisses with None.

    Args:
        subjects: The rows, at least one.
        aiming: Gets each target as it is taken.
        found: Column to the field it seems to mean.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "walk(1)", "next row", tooltip="Leave this row as it is, and go to the next one"),
        Binding("shift+tab", "walk(-1)", "row before", show=False, tooltip="Go back to the row before"),
    ]

    def __init__(
        self,
        fields: Sequence[SchemaField],
        subjects: Sequence[Subject],
        aiming: Aiming,
        found: Mapping[str, Suggestion],
        declaring: Declaring,
        keeper: Keeper,
    ) -> None:
        self._subjects = list(subjects)
        self._aiming = aiming
        self._found = found
        super().__init__(fields, aiming.taken(0), declaring=declaring, tell=aiming.tell, keeper=keeper)
        self._go_to(0)

    def _go_to(self, at: int) -> None:
        self._at = at
        subject = self._subject = self._subjects[at]
        self._start = subject.target
        self._guess = guess_for(subject, self._found)
        self._taken = self._aiming.taken(at)
        self._place = self._aiming.name(at)

    @property
    def heading(self) -> str:
        return f"{super().heading} ({self._at + 1} of {len(self._subjects)})"

    def take(self, path: str) -> None:
        subject = self._subject
        self._subjects[self._at] = replace(subject, target=path)
        self._aiming.aim(self._at, path, self.declaring.declared)
        if self._at + 1 == len(self._subjects):
            self.dismiss(None)
        else:
            self.action_walk(1)

    def declared_now(self, moved: tuple[str, str] | None) -> None:
        if moved is not None:
            self._subjects = [replace(one, target=moved_path(one.target, *moved)) for one in self._subjects]
        super().declared_now(moved)

    def action_walk(self, by: int) -> None:
        """So many rows further."""
        at = self._at + by
        if not 0 <= at < len(self._subjects):
            self.notify("This is the first row." if by < 0 else "This is the last row; esc leaves it.", timeout=3)
            return
        self._go_to(at)
        self._rows.map(self._taken)
        self._grid.action_clear_filter()
        self._begin()
        self.show_heading()


class Aiming:
    """The mapping while targets are picked for some of its rows, and for columns that become rows of it.

    It is kept here because the next target may be taken before the editor has told of the one before.

    Args:
        rows: The mapping.
        places: Which of its rows get a target; None for one that is still to be added.
        aimed: The rows that get one, as they are now.
        edit: Makes a change part of the document: what it is, the rows, the declared fields.
    """

    def __init__(
        self,
        rows: tuple[MappingRow, ...],
        places: Sequence[int | None],
        aimed: Sequence[MappingRow],
        declared: tuple[NewField, ...],
        edit: Callable[[str, tuple[MappingRow, ...], tuple[NewField, ...]], None],
    ) -> None:
        self._rows = rows
        self._places = list(places)
        self._aimed = list(aimed)
        self._declared = declared
        self._edit = edit

    def name(self, at: int) -> str:
        """What finds one of those that get a target again after a crash."""
        place = self._places[at]
        return f"{_ROW}{place}" if place is not None else f"{_FROM}{source_text(self._aimed[at])}"

    def taken(self, at: int) -> dict[str, str]:
        """The targets of all rows but one of those that get a target, and what fills them."""
        others = (row for place, row in enumerate(self._rows) if place != self._places[at])
        return {row.target: source_text(row) for row in others if row.target}

    def aim(self, at: int, path: str, declared: tuple[NewField, ...]) -> None:
        """One of them gets its target, which may have been declared for it."""
        place = self._places[at]
        row = self._aimed[at].model_copy(update={"target": path})
        if declared == self._declared and row == self._aimed[at] and place is not None:
            return
        what = f"{'map' if declared == self._declared else 'declare and map'} to {path}"
        self._aimed[at], self._declared = row, declared
        if place is None:
            self._places[at] = len(self._rows)
            self._rows = (*self._rows, row)
        else:
            self._rows = (*self._rows[:place], row, *self._rows[place + 1 :])
        self._edit(what, self._rows, declared)

    def tell(self, declared: tuple[NewField, ...], what: str, moved: tuple[str, str] | None) -> None:
        """Declared fields were changed or removed; rows follow one that moved."""
        self._declared = declared
        if moved is not None:
            self._rows = moved_rows(self._rows, *moved)
            self._aimed = list(moved_rows(self._aimed, *moved))
        self._edit(what, self._rows, declared)


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
        if not typing.place.startswith((_ROW, _FROM)):
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
        number = name.removeprefix(_ROW)
        if number.isdecimal() and int(number) < len(rows):
            self._grid.move_to_index(int(number))
            self._pick([int(number)], [rows[int(number)]])
        else:
            self._pick([None], [MappingRow(source=name.removeprefix(_FROM))])

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
        taken = {one.target: source_text(one) for at, one in enumerate(mapping) if one.target and at != index}
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
        target = self.state.target
        if not target.fields:
            reason = target.error or "They are not read yet, or no schema is chosen in the section Target."
            self.notify(f"The schema's fields are not known. {reason}", severity="warning", markup=False)
        return bool(target.fields)

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
