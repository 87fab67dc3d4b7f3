"""Targets for several rows, picked one after the other; each is in the mapping before the next is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from aeptui.chain.mapping_rows import fillers, source_text
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.screen import TargetPickerScreen
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.subjects import Subject, guess_for
from aeptui.ui.screens.pipeline_sections.new_fields.declaring import Declaring, moved_path, moved_rows
from aeptui.ui.screens.pipeline_sections.new_fields.screen import Keeper

if TYPE_CHECKING:
    from aeptui.chain.automap import Suggestion
    from aeptui.chain.pipeline import MappingRow, NewField
    from aeptui.models.schemas import SchemaField

ROW = "new field for row "
"""What a new field that is being typed for a row of the mapping is called; then comes its place."""
COLUMN = "new field for column "
"""The same for a column that nothing is mapped from; then comes its name."""


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
        return f"{ROW}{place}" if place is not None else f"{COLUMN}{source_text(self._aimed[at])}"

    def taken(self, at: int) -> dict[str, str]:
        """The targets of all rows but one of those that get a target, and what fills them."""
        return fillers(self._rows, self._places[at])

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
