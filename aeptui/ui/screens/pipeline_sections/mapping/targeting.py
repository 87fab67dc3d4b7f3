"""Aiming mapping rows at fields: the schema's tree is opened for one row, or for the selected ones in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from aeptui.chain.mapping_rows import source_text
from aeptui.ui.screens.pipeline_sections.declaring import Declaring, declaring_of, moved_path, moved_rows
from aeptui.ui.screens.pipeline_sections.declaring_screen import Tell
from aeptui.ui.screens.pipeline_sections.mapping.subjects import Subject, guess_for, guesses, subject_of
from aeptui.ui.screens.pipeline_sections.mapping.table import MappingTable
from aeptui.ui.screens.pipeline_sections.mapping.target_picker import TargetPickerScreen

if TYPE_CHECKING:
    from aeptui.chain.automap import Suggestion
    from aeptui.chain.pipeline import MappingRow, NewField
    from aeptui.models.schemas import SchemaField


class TargetWalkScreen(TargetPickerScreen):
    """Picks targets for several rows, one after the other. What was taken is told at once; it dismisses with None.

    Args:
        subjects: The rows, at least one.
        taken: The targets of the other rows as they are now, by the place of a row among the subjects.
        then: Is told the place of a row among them, and its target.
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
        taken: Callable[[int], Mapping[str, str]],
        then: Callable[[int, str], None],
        found: Mapping[str, Suggestion],
        declaring: Declaring,
        tell: Tell,
    ) -> None:
        self._subjects = list(subjects)
        self._then = then
        self._found = found
        self._taken_for = taken
        super().__init__(fields, taken(0), declaring=declaring, tell=tell)
        self._go_to(0)

    def _go_to(self, at: int) -> None:
        self._at = at
        subject = self._subject = self._subjects[at]
        self._start = subject.target
        self._guess = guess_for(subject, self._found)
        self._taken = dict(self._taken_for(at))

    @property
    def heading(self) -> str:
        return f"{super().heading} ({self._at + 1} of {len(self._subjects)})"

    def take(self, path: str) -> None:
        subject = self._subject
        self._subjects[self._at] = replace(subject, target=path)
        self._then(self._at, path)
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


class Targeting(MappingTable):
    """Picks targets in the schema's tree."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "t",
            "pick_target",
            "target",
            show=False,
            tooltip="Choose the target in the schema's tree; of each selected row",
        ),
    ]

    def action_pick_target(self) -> None:
        """Open the tree for the row under the cursor, or for the selected ones in turn."""
        state = self.state
        rows = state.pipeline.mapping
        current = self._current
        chosen = sorted(int(key) for key in self._grid.selected_keys) or ([current] if current is not None else [])
        if not chosen:
            self.notify("There is no row to choose a target for; n maps one field.", severity="warning")
            return
        fields = state.target.fields
        if not fields:
            reason = state.target.error or "They are not read yet, or no schema is chosen in the section Target."
            self.notify(f"The schema's fields are not known. {reason}", severity="warning", markup=False)
            return
        preview = state.sample.preview
        subjects = [subject_of(rows[index], preview, state.sample.current, state.now) for index in chosen]
        found = guesses(subjects, fields, {row.target for row in rows}, preview, state.target.suggested)
        # Kept here too: the next change may come before the editor has told us of this one.
        aimed, declared = rows, state.pipeline.schema_.fields

        def taken(at: int) -> Mapping[str, str]:
            others = (row for place, row in enumerate(aimed) if place != chosen[at])
            return {row.target: source_text(row) for row in others if row.target}

        def aim(at: int, path: str) -> None:
            nonlocal aimed, declared
            index = chosen[at]
            is_new = picker.declaring.declared != declared
            declared = picker.declaring.declared
            if is_new or path != aimed[index].target:
                row = aimed[index].model_copy(update={"target": path})
                aimed = (*aimed[:index], row, *aimed[index + 1 :])
                self._edit_target(f"{'declare and map' if is_new else 'map'} to {path}", aimed, declared)

        def tell(fields: tuple[NewField, ...], what: str, moved: tuple[str, str] | None) -> None:
            nonlocal aimed, declared
            declared = fields
            if moved is not None:
                aimed = moved_rows(aimed, *moved)
            self._edit_target(what, aimed, declared)

        picker: TargetPickerScreen
        declaring = declaring_of(state)
        if len(subjects) > 1:
            picker = TargetWalkScreen(fields, subjects, taken, aim, found, declaring, tell)
            self.app.push_screen(picker)
            return
        one = subjects[0]
        guess = guess_for(one, found)
        picker = TargetPickerScreen(
            fields, taken(0), one.target, subject=one, guess=guess, declaring=declaring, tell=tell
        )
        self.app.push_screen(picker, lambda path: aim(0, path) if path is not None else None)

    def _edit_target(self, what: str, rows: tuple[MappingRow, ...], declared: tuple[NewField, ...]) -> None:
        schema = self.state.pipeline.schema_
        if declared != schema.fields:
            schema = schema.model_copy(update={"fields": declared})
        self.edit(what, mapping=rows, schema_=schema)
