"""What of the mapping is shown, in which order, and the way from problem to problem.

Rows are tried in small helpings, so that ten thousand of them hold no key up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from aeptui.chain.helpings import done_in_one, in_helpings
from aeptui.ui.screens.pipeline_sections.mapping.changing import Changing
from aeptui.ui.screens.pipeline_sections.mapping.rows import (
    NEEDS_TRIALS,
    VIEWS,
    FreeRows,
    View,
    free_of,
)
from aeptui.ui.screens.pipeline_sections.mapping.table import MappingGrid

if TYPE_CHECKING:
    from aeptui.ui.screens.pipeline_sections.state import EditorState

_NOTHING: dict[View, str] = {
    "all": "Nothing is mapped: a maps by name, n adds one, i imports; or paste rows.",
    "problems": "No row has a problem. esc shows all.",
    "unmapped": "Every column is mapped, and every required field filled. esc shows all.",
    "calculated": "No row is calculated. esc shows all.",
}


class Viewing(Changing):
    """Chooses which rows show, and in which order."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f",
            "next_view",
            "view",
            show=False,
            tooltip="Show the problems, then what is not mapped, then what is calculated, then all",
        ),
        Binding("J,exclamation_mark", "jump(1)", "next problem", show=False, tooltip="To the next row with a problem"),
        Binding("K", "jump(-1)", "problem before", show=False, tooltip="To the row with a problem before"),
    ]

    def __init__(self, state: EditorState) -> None:
        super().__init__(state)
        self._is_trying = False
        self._progress = ""
        self._chosen_view: View = "all"
        """The view that is wanted; it is shown when the rows it needs were tried."""
        self._left: int | None = None
        """Where the cursor stood among the mappings before what is not mapped was shown."""

    # What shows

    def action_next_view(self) -> None:
        self._show_view(VIEWS[(VIEWS.index(self._chosen_view) + 1) % len(VIEWS)])

    def show_all(self) -> None:
        super().show_all()
        if self._chosen_view != "all":
            self._show_view("all")

    @on(MappingGrid.AllRequested)
    def _all_requested(self, event: MappingGrid.AllRequested) -> None:
        event.stop()
        if self._is_trying:
            # It is called off: an order that needs it is not to begin it anew.
            self._grid.forget_sort()
        self._show_view("all")

    @on(MappingGrid.SortChosen)
    def _sort_chosen(self, event: MappingGrid.SortChosen) -> None:
        event.stop()
        self._arrange(same=True)

    def _show_view(self, view: View) -> None:
        if self._view != "unmapped":
            self._left = self._current
        self._chosen_view = view
        self._arrange()

    def _arrange(self, *, same: bool = False) -> None:
        """Bring the rows in the view and the order that were chosen; that may need every row to be tried.

        Args:
            same: The view stays.
        """
        column, _ = self._grid.sorted_by
        view = self._chosen_view
        needs_trials = view == "problems" or (column in NEEDS_TRIALS and view != "unmapped")
        steps = self._tries(range(len(self._rows)) if needs_trials else ())
        self._in_helpings(steps, len(self._rows), partial(self._arranged, same=same and view == self._view))

    def _arranged(self, *, same: bool) -> None:
        self._view = self._chosen_view
        rows, grid = self._rows, self._grid
        at = self._left if self._free is not None else self._current
        if self._move_to is not None:
            at, self._move_to = self._move_to, None
        column, descending = grid.sorted_by
        self._free = self._free_rows() if self._view == "unmapped" else None
        places: Sequence[int] = range(len(rows))
        if self._view == "problems":
            places = [index for index in places if rows.has_problem(index)]
        elif self._view == "calculated":
            places = [index for index in places if rows.rows[index].expression is not None]
        if column is not None:
            places = rows.sorted_by(column, places, descending=descending)
        self._rows = rows.placed(places)
        grid.shows_part, grid.shows_free = self._view != "all", self._view == "unmapped"
        grid.nothing_text = grid.empty_text = _NOTHING[self._view]
        if grid.shows_free:
            grid.clear_selection()
        grid.show(self._source, same=same)
        if self._free is None and at is not None and not grid.move_to_index(at):
            # Its row does not show: the next one that does is nearest to where one was.
            grid.move_to_index(self._nearest(at))
        grid.refresh_bindings()
        self._title = self._summary()
        self._show_detail()

    def _nearest(self, at: int) -> int:
        """Of the rows that show the next one, or the last."""
        places = self._rows.places
        if self._grid.sorted_by[0] is None:
            return places[min(bisect_left(places, at), len(places) - 1)] if places else 0
        return min(places, key=lambda index: (index < at, abs(index - at)), default=0)

    def _free_rows(self) -> FreeRows:
        state = self.state
        free = list(free_of(state, self._missing_required()))
        rows = FreeRows(free, state.pipeline.mapping, state.sample.current, {})
        column, descending = self._grid.sorted_by
        return rows.sorted(column, descending=descending) if column is not None else rows

    def _summary(self) -> str:
        return f"{self._progress}   {super()._summary()}" if self._progress else super()._summary()

    # What is not mapped

    def action_edit_row(self) -> None:
        at = self._free.index_of(self._grid.cursor_key or "") if self._free is not None else None
        if self._free is None or at is None:
            super().action_edit_row()
            return
        one = self._free.free[at]
        place = self._free.filled.get(one.key)
        if place is None:
            self._open_form(one.mapping, None)
        else:
            self._open_form(self.state.pipeline.mapping[place], place)

    # From problem to problem

    def action_jump(self, by: int) -> None:
        """To the next row with a problem, in the order shown."""
        if self._free is not None:
            self.notify("These are not mapped yet. esc shows the mapping again.")
            return
        places, cursor = self._grid.places, self._grid.cursor_index
        found: list[int] = []

        def look() -> Iterator[None]:
            for step in range(1, len(places) + 1):
                place = places[(cursor + by * step) % len(places)]
                if self._rows.has_problem(place):
                    found.append(place)
                    return
                yield

        def go() -> None:
            if found:
                self._grid.move_to_index(found[0])
            else:
                self.notify("No row has a problem.")

        self._in_helpings(look(), len(places), go)

    # In helpings

    def _tries(self, places: Iterable[int]) -> Iterator[None]:
        """Try these rows, one at a step."""
        rows = self._rows
        for index in places:
            rows.tried(index)
            yield

    def _in_helpings(self, steps: Iterator[None], count: int, then: Callable[[], None]) -> None:
        """Do all steps, then that: at once when they are done at once, else a little at a time.

        Args:
            count: How many steps there are at most.
        """
        self.workers.cancel_group(self, "tries")
        if done_in_one(steps):
            self._rests()
            then()
        else:
            self._is_trying = True
            self._grid.shows_part = True
            self._grid.refresh_bindings()
            self._go_the_rest(steps, count, then)

    @work(group="tries", exclusive=True)
    async def _go_the_rest(self, steps: Iterator[None], count: int, then: Callable[[], None]) -> None:
        await in_helpings(steps, lambda gone: self._told(f"trying rows: {gone / count:.0%}, esc stops it"))
        self._rests()
        then()

    def _rests(self) -> None:
        """Nothing is being tried any more."""
        self._is_trying = False
        self._grid.shows_part = self._view != "all"
        self._grid.refresh_bindings()
        self._told("")

    def _told(self, progress: str) -> None:
        if progress != self._progress:
            self._progress = progress
            self._title = self._summary()
            self._show_detail()
