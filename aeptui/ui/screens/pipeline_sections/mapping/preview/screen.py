"""What the sample rows become: each row beside its record, and what all of them come to. Judged in small helpings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize

from aeptui.chain.helpings import in_helpings
from aeptui.errors import AeptuiError
from aeptui.session.forecast_words import summary_words
from aeptui.ui.formatting import counted
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.screens.pipeline_sections.mapping.preview.lines import (
    RecordLine,
    as_json,
    input_of,
    note_of,
    record_lines,
)
from aeptui.ui.screens.pipeline_sections.mapping.preview.statistics import COLUMNS, Statistic, grid_rows, statistics
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.text_lines import Line, line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from aeptui.session.losses import Forecast
    from aeptui.session.preview import JudgedRow, Preview, RowFate

_MARKS = {"whole": ("whole", "ok"), "nulls": ("with nulls", "warning"), "rejected": ("rejected", "error")}


class _PreviewGrid(Grid):
    """A grid in which g asks for a row of the sample, not for the first line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "screen.ask_row", "row", show=False, tooltip="To a row by its number"),
        Binding("slash", "open_filter", "filter", show=False, tooltip="Show only lines that contain some words"),
    ]
    leads_on = False
    """Does enter lead from a line to somewhere?"""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "open":
            return self.leads_on
        return super().check_action(action, parameters)


class _StatisticsGrid(_PreviewGrid):
    """Its lines count rows, and lead to them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "first such row", tooltip="To the first row it counts"),
    ]
    leads_on = True


class PreviewScreen(BaseScreen[int]):
    """Dismisses with the place of the row that was shown last.

    Args:
        prepare: Compiles the mapping for the sample rows; judging is then asked of what it answers.
        count: How many sample rows there are.
        row: The place of the first to show.
    """

    TITLE = "Preview"
    HELP = """What the sample rows become, judged as ingestion judges them: what was read stands left of what is made.

. and , go from row to row, and so do right and left; ! goes to the next row that loses something, g to one by number.
tab shows what all rows come to: nulls, warnings and rejected rows by value and reason; enter there goes to the first
such row. y copies the record as JSON."""
    AUTO_FOCUS: ClassVar[str | None] = "#preview-record"
    DEFAULT_CSS = """
    PreviewScreen {
        #preview-detail { height: 4; }
        #preview-statistics { display: none; }
        &.-statistics #preview-statistics { display: block; }
        &.-statistics #preview-record { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("full_stop,right", "row(1)", "next row", key_display=". ,", tooltip="The next sample row"),
        Binding("comma,left", "row(-1)", "row before", show=False, tooltip="The sample row before"),
        Binding(
            "exclamation_mark,J",
            "problem",
            "next problem",
            key_display="!",
            tooltip="The next row that loses something",
        ),
        Binding("tab,shift+tab", "view('statistics')", "statistics", tooltip="What all rows come to"),
        Binding("tab,shift+tab", "view('record')", "record", tooltip="The row and the record it becomes"),
        Binding("g", "ask_row", "row", tooltip="To a row by its number"),
    ]

    def __init__(self, prepare: Callable[[], Awaitable[Preview]], count: int, row: int) -> None:
        super().__init__()
        self._prepare = prepare
        self._count = count
        self._row = row % count
        self._preview: Preview | None = None
        self._fates: list[RowFate] = []
        self._judged: JudgedRow | None = None
        self._lines: list[RecordLine] = []
        self._statistics: list[Statistic] = []
        self._found: Forecast | None = None

    @property
    def heading(self) -> str:
        return f"Preview: row {self._row + 1:,} of {self._count:,}"

    @property
    def takes_keys(self) -> bool:
        return self._preview is not None

    def compose_body(self) -> ComposeResult:
        yield TextView(id="preview-head", can_focus=False, most=3)
        yield _PreviewGrid(
            Column("input", "Input row", min_width=26),
            Column("record", "XDM record", min_width=40),
            Column("note", "What became of it", min_width=24, priority=1),
            empty="Nothing is mapped.",
            id="preview-record",
        )
        yield _StatisticsGrid(*COLUMNS, empty="Nothing is null, and nothing is rejected.", id="preview-statistics")
        yield TextView(id="preview-detail", can_focus=False)

    def on_mount(self) -> None:
        self._record.loading_text = "compiling the mapping ..."
        self._judge_all()

    # Judging

    @work(group="judge", exclusive=True)
    async def _judge_all(self) -> None:
        """Compile, show the row that was asked for, then judge all rows, a few at a time."""
        try:
            preview = self._preview = await self._prepare()
        except AeptuiError as error:
            self._record.loading_text = ""
            self.query_one("#preview-head", TextView).show([line(error.in_full, "error")])
            return
        self._record.loading_text = ""
        self._show_row()
        self._to_line(lambda one: one.field is not None)
        await in_helpings(self._fates_of_all(preview), lambda _gone: self._show_head())
        self._found = preview.statistics()
        self._statistics = statistics(self._found)
        self.query_one("#preview-statistics", Grid).show(grid_rows(self._statistics, self._count))
        self._show_head()

    def _fates_of_all(self, preview: Preview) -> Iterator[None]:
        """Judge all rows, one at each step."""
        for _ in range(self._count):
            self._fates.append(preview.take())
            yield

    # Showing

    @property
    def _record(self) -> Grid:
        return self.query_one("#preview-record", Grid)

    def _show_row(self) -> None:
        if self._preview is None:
            return
        self._judged = self._preview.judged(self._row)
        self._lines = record_lines(self._judged)
        self._record.show([_grid_row(place, one) for place, one in enumerate(self._lines)])
        self.show_heading()
        self._show_head()
        self._show_detail()

    def _show_head(self) -> None:
        judged, preview = self._judged, self._preview
        if judged is None or preview is None:
            return
        word, style = _MARKS[judged.fate]
        head: Line = ((f"row {self._row + 1:,}: ", "muted"), (word, style))
        if self._found is not None:
            head += ((f"   {summary_words(self._found)}", "muted"),)
        else:
            head += ((f"   judging {len(self._fates):,} of {self._count:,} rows", "running"),)
        lines = [head, *(line(text, "error") for text in judged.elsewhere)]
        if preview.left_out:
            rows = "row with a mistake is" if preview.left_out == 1 else "rows with a mistake are"
            lines.append(line(f"{preview.left_out:,} mapping {rows} left out", "warning"))
        self.query_one("#preview-head", TextView).show(lines)

    @on(Grid.Highlighted)
    def _highlighted(self, event: Grid.Highlighted) -> None:
        event.stop()
        self._show_detail()

    def _show_detail(self) -> None:
        self.query_one("#preview-detail", TextView).show(self._detail())

    def _detail(self) -> list[Line]:
        """The line under the cursor in full."""
        if self.has_class("-statistics"):
            one = self._statistic
            if one is None:
                return []
            count = counted(one.count, "row")
            return [line(f"{count}: {one.target}", "strong"), line(one.example)]
        key = self._record.cursor_key
        if key is None or int(key) >= len(self._lines):
            return []
        shown = self._lines[int(key)]
        if shown.field is None:
            return [line(shown.input or shown.record.strip() or shown.note)]
        row = shown.field.mapping
        head: Line = ((row.expression or row.source or "", "strong"), (" -> ", "muted"), (row.target, "strong"))
        made = as_json(shown.field.outcome.made)
        values: Line = (("in ", "muted"), (input_of(shown.field), ""), ("   out ", "muted"), (made, ""))
        note = note_of(shown.field)
        return [head, line(note, shown.style), values] if note else [head, values]

    @property
    def _statistic(self) -> Statistic | None:
        key = self.query_one("#preview-statistics", Grid).cursor_key
        return self._statistics[int(key)] if key is not None and int(key) < len(self._statistics) else None

    def copy_text(self) -> str:
        return as_json(self._judged.record, indent=2) if self._judged is not None else ""

    # Going

    def _go(self, row: int) -> None:
        if self.has_class("-statistics"):
            self.action_view("record")
        self._row = row % self._count
        self._show_row()

    def action_row(self, by: int) -> None:
        self._go(self._row + by)

    def action_problem(self) -> None:
        for step in range(1, self._count + 1):
            row = (self._row + step) % self._count
            if row < len(self._fates) and self._fates[row] != "whole":
                self._go(row)
                self._to_line(lambda one: one.style in ("error", "warning"))
                return
        more = "" if len(self._fates) == self._count else f" among the {len(self._fates):,} that are judged"
        self.notify(f"No row loses anything{more}.")

    def _to_line(self, wanted: Callable[[RecordLine], bool]) -> None:
        """Put the cursor on the first such line of the record."""
        place = next((place for place, one in enumerate(self._lines) if wanted(one)), None)
        if place is not None:
            self._record.move_to(str(place))

    def action_ask_row(self) -> None:
        from aeptui.ui.screens.ask import AskScreen

        count = self._count

        def check(text: str) -> str:
            right = text.strip().isdigit() and 1 <= int(text) <= count
            return "" if right or not text.strip() else f"A number from 1 to {count:,}."

        def answered(text: str | None) -> None:
            if text is not None and text.strip():
                self._go(int(text) - 1)

        self.app.push_screen(AskScreen(f"Which row, 1 to {count:,}", "", check=check), answered)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "view":
            return (parameters[0] == "statistics") is not self.has_class("-statistics")
        return super().check_action(action, parameters)

    def action_view(self, name: str) -> None:
        """The statistics, or the record again."""
        self.set_class(name == "statistics", "-statistics")
        self.refresh_bindings()
        self.query_one("#preview-statistics" if self.has_class("-statistics") else "#preview-record").focus()
        self._show_detail()

    @on(Grid.Opened, "#preview-statistics")
    def _statistic_opened(self, event: Grid.Opened) -> None:
        event.stop()
        one = self._statistic
        if one is None or self._preview is None:
            return
        first = one.first - 1 if one.first is not None else None
        if first is None and one.mapping is not None:
            first = self._preview.first_empty(one.mapping)
        if first is not None:
            self._go(first)
            self._to_line(lambda shown: shown.field is not None and shown.field.mapping == one.mapping)

    @on(Grid.Opened, "#preview-record")
    def _line_opened(self, event: Grid.Opened) -> None:
        event.stop()

    async def action_back(self) -> None:
        """Back to the mapping; the row shown last is the one it goes on with."""
        self.dismiss(self._row)

    def on_resize(self, event: Resize) -> None:
        self._show_detail()


def _grid_row(place: int, one: RecordLine) -> Row:
    return Row(str(place), (Cell(one.input, one.style), Cell(one.record, one.style), Cell(one.note, one.style)))
