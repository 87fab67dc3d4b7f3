"""Changing mapping rows: one in its form, or the selected ones at once. Every change is one edit, so one undo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType

from aeptui.chain.mapping_rows import source_text
from aeptui.ui.formatting import counted
from aeptui.ui.screens.pipeline_sections.mapping.form.fixes import around_row
from aeptui.ui.screens.pipeline_sections.mapping.table import MappingTable
from aeptui.ui.widgets.grid import Grid

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow
    from aeptui.chain.typed_text import Typing
    from aeptui.ui.screens.pipeline_sections.mapping.form.screen import MappingFormScreen
    from aeptui.ui.screens.pipeline_sections.mapping.many import ChangeManyScreen
    from aeptui.ui.screens.pipeline_sections.state import EditorState


_MANY = "many"
"""What a change of many rows is called there."""
_NEW = "new"
"""The place of what is typed for a row that is not there yet."""


class Changing(MappingTable):
    """Adds, changes and deletes rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new_row", "new", tooltip="Map one more field"),
        Binding("e", "edit_row", "edit", show=False, tooltip="Change the row under the cursor"),
        Binding(
            "d,delete",
            "delete_rows",
            "delete",
            show=False,
            tooltip="Delete the selected rows, or the one under the cursor",
        ),
        Binding(
            "c",
            "duplicate_rows",
            "duplicate",
            show=False,
            tooltip="Copy the selected rows, or the one under the cursor; each copy stands right below",
        ),
        Binding(
            "b",
            "change_rows",
            "change many",
            show=False,
            tooltip="Change the selected rows at once, or all rows shown: wrap, replace, move",
        ),
    ]

    def __init__(self, state: EditorState) -> None:
        super().__init__(state)
        self._count = len(state.pipeline.mapping)
        self._choose: tuple[int, ...] = ()
        self._form: MappingFormScreen | None = None
        self._changes: ChangeManyScreen | None = None
        self._form_place: int | None = None
        self._form_knows: tuple[object, ...] = ()

    def action_new_row(self) -> None:
        from aeptui.chain.pipeline import MappingRow

        self._open_form(MappingRow(), None)

    def action_edit_row(self) -> None:
        index = self._current
        if index is not None:
            self._open_form(self.state.pipeline.mapping[index], index)

    @on(Grid.Opened, "#mapping-grid")
    def _opened(self, event: Grid.Opened) -> None:
        event.stop()
        self.action_edit_row()

    def _open_form(self, row: MappingRow, index: int | None) -> None:
        from aeptui.ui.screens.pipeline_sections.mapping.form.screen import MappingFormScreen

        state = self.state
        place = _NEW if index is None else str(index)
        form = MappingFormScreen(
            row,
            self._trial,
            around_row(state, index),
            is_new=index is None,
            typed=self.typed_at(place, "mapping"),
            resumed=self.take_resumed(place),
            at=state.sample.row,
            ask=self.ask_service,
            pick=lambda typed, then: self.pick_in_tree(typed, index, then),
        )
        self._form, self._form_place, self._form_knows = form, index, self._known(state)
        self.app.push_screen(form, self.ends_typing(lambda answer: self._take(answer, index)))

    def resume(self, typing: Typing) -> bool:
        from aeptui.chain.pipeline import MappingRow

        if typing.place == _MANY:
            return self._resume_changes(typing)
        rows = self.state.pipeline.mapping
        index = int(typing.place) if typing.place.isdecimal() and int(typing.place) < len(rows) else None
        self._resumed = typing if index is not None else replace(typing, place=_NEW)
        if index is not None:
            self._grid.move_to_index(index)
        self._open_form(rows[index] if index is not None else MappingRow(), index)
        return True

    def _let_form_learn(self, state: EditorState) -> None:
        """A form that opened before columns and fields were read gets them when they are."""
        knows = self._known(state)
        if self._changes is not None and self._changes.is_attached:
            self._changes.learn(self._trial, [field.path for field in state.target.fields])
        if self._form is not None and self._form.is_attached and knows != self._form_knows:
            self._form_knows = knows
            self._form.learn(self._trial, around_row(state, self._form_place), state.sample.row)

    def _known(self, state: EditorState) -> tuple[object, ...]:
        """What a form is opened with, and may learn anew."""
        return self._trial, state.sample.preview, state.target.fields

    def _take(self, row: MappingRow | None, index: int | None) -> None:
        if row is None:
            return
        rows = self.state.pipeline.mapping
        if index is None:
            self._move_to = len(rows)
            self.edit(f"map {row.target or source_text(row)}", mapping=(*rows, row))
        else:
            self.edit(f"change mapping {index + 1}", mapping=(*rows[:index], row, *rows[index + 1 :]))

    # Many rows

    def show_state(self, state: EditorState) -> None:
        count = len(state.pipeline.mapping)
        if count != self._count:
            # A row is known by its place: after rows came or went, the places selected before are other rows.
            self._count = count
            self._grid.clear_selection()
            self._left_texts = {place: text for place, text in self._left_texts.items() if place == _MANY}
        super().show_state(state)
        self._let_form_learn(state)
        if self._choose:
            self._grid.choose(str(place) for place in self._choose)
            self._choose = ()

    def _summary(self) -> str:
        count = len(self._grid.selected_keys)
        return f"{count:,} selected   {super()._summary()}" if count else super()._summary()

    @on(Grid.SelectionChanged, "#mapping-grid")
    def _selection_changed(self, event: Grid.SelectionChanged) -> None:
        event.stop()
        self._title = self._summary()
        self._show_detail()

    @property
    def _chosen(self) -> tuple[int, ...]:
        """Places of the selected rows, in their order; else of the row under the cursor."""
        current = self._current
        return self._places_of(self._grid.selected_keys) or ((current,) if current is not None else ())

    def _places_of(self, keys: Iterable[str]) -> tuple[int, ...]:
        """The rows of the mapping among what is shown; what is not mapped yet is none of them."""
        return tuple(sorted(int(key) for key in keys if key.isdecimal()))

    def copy_text(self) -> str:
        from aeptui.chain.mapping_tables import to_tsv

        rows = self.state.pipeline.mapping
        return to_tsv(rows[place] for place in self._chosen)

    def action_duplicate_rows(self) -> None:
        """Copy rows right below themselves. Of several, the copies are selected then: they are what comes next."""
        from aeptui.chain.mapping_rows import doubled

        chosen = self._chosen
        if not chosen:
            self.notify("There is no row to copy.", severity="warning")
            return
        rows, copies = doubled(self.state.pipeline.mapping, chosen)
        unaimed = sum(not rows[place].target for place in copies)
        count = len(copies)
        words = f"{counted(count, 'mapping')} copied; u takes it back."
        if unaimed:
            words += f" {'It has' if count == 1 else f'{unaimed:,} have'} no target yet: two cannot write one field."
        self.notify(words)
        self._move_to = copies[0]
        self._choose = copies if count > 1 else ()
        self.edit(f"duplicate {f'mapping {chosen[0] + 1}' if count == 1 else f'{count:,} mappings'}", mapping=rows)

    def action_change_rows(self) -> None:
        """Change the selected rows at once; without a selection all that are shown."""
        selected = self._grid.selected_keys
        places = self._places_of(selected or self._grid.shown_keys)
        if places:
            self._open_changes(places, "selected" if selected else "shown")
        else:
            self.notify("There is no row to change.", severity="warning")

    def _open_changes(self, places: tuple[int, ...], which: str) -> None:
        from aeptui.ui.screens.pipeline_sections.mapping.many import ChangeManyScreen

        def changed(answer: tuple[str, tuple[MappingRow, ...]] | None) -> None:
            if answer is not None:
                what, made = answer
                self.notify(f"{what[:1].upper()}{what[1:]}; u takes it back.", markup=False)
                self.edit(what, mapping=made)

        screen = ChangeManyScreen(
            self.state.pipeline.mapping,
            places,
            which,
            self._trial,
            [field.path for field in self.state.target.fields],
            typed=self.typed_at(_MANY, "a change of many mappings"),
            resumed=self.take_resumed(_MANY) or self.left_at(_MANY),
        )
        self._changes = screen
        self.app.push_screen(screen, self.ends_typing(changed))

    def _resume_changes(self, typing: Typing) -> bool:
        from aeptui.ui.screens.pipeline_sections.mapping.many_changes import read_places

        which, _, said = (typing.text.texts[2] if len(typing.text.texts) > 2 else "").partition(" ")
        places = read_places(said, len(self.state.pipeline.mapping))
        if places:
            self._resumed = typing
            self._open_changes(places, which)
        return bool(places)

    def action_delete_rows(self) -> None:
        rows = self.state.pipeline.mapping
        doomed = set(self._chosen)
        if not doomed:
            self.notify("There is no row to delete.", severity="warning")
            return
        kept = tuple(row for index, row in enumerate(rows) if index not in doomed)
        count = len(doomed)
        what = f"delete mapping {min(doomed) + 1}" if count == 1 else f"delete {count:,} mappings"
        self.notify(f"{counted(count, 'mapping')} deleted; u takes it back.")
        self._move_to = min(min(doomed), len(kept) - 1) if kept else None
        self.edit(what, mapping=kept)
