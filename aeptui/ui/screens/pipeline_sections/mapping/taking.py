"""What was read from elsewhere, before it is taken: each line with what becomes of it, or why it is no row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from aeptui.chain.helpings import in_helpings
from aeptui.chain.mapping_exchange import Layout, Merged, ReadRow, ReadTable, Verdict, Way, merge
from aeptui.ui.screens.dialog import DialogScreen
from aeptui.ui.screens.pipeline_sections.mapping.rows import source_cell, target_cell
from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial, sentence
from aeptui.ui.widgets.cells import printable
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.grid_model import cell_text
from aeptui.ui.widgets.text_lines import Line, line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow

_COLUMNS = (
    Column("line", "Line", width=6, align="right"),
    Column("source", "Source or expression", min_width=18),
    Column("target", "Target", min_width=18),
    Column("fate", "What becomes of it", min_width=22),
)
_WAYS: dict[Way, str] = {
    "replace": "replace rows with the same target, add the others",
    "add": "add what fills a free field, keep what is mapped",
    "all": "replace the whole mapping",
}


class TakeScreen(DialogScreen[Merged | None]):
    """Dismisses with the mapping as it is to be, or None for no change.

    Args:
        title: Where it comes from.
        read: What was read.
        there: The mapping as it is.
        trial: What rows are tried against.
        reread: Reads it again with other columns; None: there is only one way to read it.
    """

    DEFAULT_CSS = """
    TakeScreen {
        #take-box { width: 120; max-width: 98%; height: 94%; max-height: 38; padding: 1 1 0 1; }
        .dialog-title { padding: 0 1; height: 1; }
        #take-how { padding: 0 1; height: auto; max-height: 5; color: $text-muted; }
        #take-said { padding: 0 1; height: 1; }
        #take-grid { margin-top: 1; background: $panel; }
        #take-detail { height: 3; background: $panel; }
        .dialog-keys { padding: 0 1; height: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", tooltip="Take nothing; what was pasted is still offered under import"),
        Binding("enter", "take", "take", tooltip="Take it, as one edit"),
        Binding("w", "way", "way", tooltip="Replace rows with the same target, or only add, or replace everything"),
        Binding("r", "read_as", "read as", tooltip="Read the columns in another way"),
        Binding("J,exclamation_mark", "jump", "next problem", tooltip="To the next line with a problem"),
    ]

    def __init__(
        self,
        title: str,
        read: ReadTable,
        there: Sequence[MappingRow],
        trial: Trial,
        reread: Callable[[Layout], ReadTable] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._read = read
        self._layouts = read.layouts
        self._there = there
        self._trial = trial.afresh()
        self._reread = reread
        self._way: Way = "replace"
        self._merged = merge(there, read.rows, self._way)
        self._lines = _Lines(read.rows, self._merged.verdicts, self._trial)
        self._wrong: dict[int, str] = {}
        self._tried = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="take-box", classes="dialog"):
            yield Static(Content(printable(self._title)), classes="dialog-title")
            yield Static("", id="take-how")
            yield Static("", id="take-said")
            yield TakeGrid(*_COLUMNS, empty="There is nothing in it.", id="take-grid")
            yield TextView(id="take-detail", can_focus=False)
            yield Static("", id="take-keys", classes="dialog-keys")

    def on_mount(self) -> None:
        self._show()
        self.query_one(TakeGrid).focus()

    def _show(self) -> None:
        how = [f"w  {_WAYS[self._way]}"] if self._there else []
        if len(self._layouts) > 1:
            from aeptui.chain.mapping_tables import layout_words

            how.append(f"r  columns read as: {layout_words(self._read.layout)}")
        how += [printable(note) for note in self._read.notes]
        self.query_one("#take-how", Static).update(Content("\n".join(how)))
        self._lines = _Lines(self._read.rows, self._merged.verdicts, self._trial)
        self.query_one(TakeGrid).show(self._lines)
        self._show_detail()
        self._wrong, self._tried = {}, 0
        self._say()
        self._try_all()

    @work(group="tries", exclusive=True)
    async def _try_all(self) -> None:
        """Look for mistakes in all the rows that would be taken, however many, and let the keys go first."""
        await in_helpings(self._tries(), lambda _gone: self._say())
        self._say()

    def _tries(self) -> Iterator[None]:
        for at, (one, verdict) in enumerate(zip(self._read.rows, self._merged.verdicts, strict=True)):
            if one.row is not None and verdict.is_taken:
                tried = self._trial.of(one.row)
                if tried.state == "error":
                    self._wrong[at] = sentence(tried)
            self._tried = at + 1
            yield

    def _say(self) -> None:
        count = self._merged.count
        parts = [
            (count("new"), "new", "$text-success"),
            (count("replaces"), "replacing", "$text-accent"),
            (count("same"), "there already", ""),
            (count("kept"), "left out, the field is mapped", "$text-warning"),
            (count("twice"), "left out, named twice", "$text-warning"),
            (count("none"), "no mapping", "$text-error"),
        ]
        words: list[tuple[str, str] | str] = []
        for number, word, style in parts:
            if number:
                words += ["   "] if words else []
                words.append((f"{number:,} {word}", style) if style else f"{number:,} {word}")
        gone = len(self._there) - len(self._merged.rows) if self._way == "all" else 0
        if gone > 0:
            words.append((f"   {gone:,} fewer rows than now", "$text-warning"))
        if self._wrong:
            words.append((f"   {len(self._wrong):,} with a mistake", "$text-error"))
        if self._tried < len(self._read.rows) and self._read.rows:
            words.append((f"   trying {self._tried:,} of {len(self._read.rows):,}", "$text-muted"))
        self.query_one("#take-said", Static).update(Content.assemble(*(words or ["Nothing was read."])))
        taken = count("new", "replaces")
        keys = "enter takes it" if self._merged.first is not None else "there is nothing to take"
        if taken:
            keys = f"enter takes {taken:,}"
        keys += "   w way" if self._there else ""
        keys += "   r read as" if len(self._layouts) > 1 else ""
        keys += "   J problem" if self._wrong or count("none", "kept", "twice") else ""
        self.query_one("#take-keys", Static).update(Content(f"{keys}   / filter   esc back"))

    @on(Grid.Highlighted)
    def _highlighted(self, event: Grid.Highlighted) -> None:
        event.stop()
        self._show_detail()

    def _show_detail(self) -> None:
        """The line under the cursor, with room for all of its words."""
        at = int(self.query_one(TakeGrid).cursor_key or -1)
        lines: list[Line] = []
        if 0 <= at < len(self._read.rows):
            one = self._read.rows[at]
            cells = self._lines.row(at).cells
            arrow = (" -> ", "muted")
            whole: Line = ((cell_text(cells[1]), "strong"), arrow, (cell_text(cells[2]), "strong"))
            fate = cells[3]
            text, style = cell_text(fate), fate.style if isinstance(fate, Cell) else ""
            if one.row is not None and self._merged.verdicts[at].is_taken:
                tried = self._trial.explained(one.row)
                text += f". {tried.fix}" if tried.state == "error" and tried.fix else ""
            lines = [whole if one.row is not None else line(one.text, "strong"), line(text, style)]
        self.query_one("#take-detail", TextView).show(lines)

    # Acting

    def action_way(self) -> None:
        """The next way to put it to what is there."""
        if not self._there:
            return
        ways = list(_WAYS)
        self._way = ways[(ways.index(self._way) + 1) % len(ways)]
        self._merged = merge(self._there, self._read.rows, self._way)
        self._show()

    def action_read_as(self) -> None:
        """The next way to read its columns."""
        if self._reread is None or len(self._layouts) < 2:
            return
        at = self._layouts.index(self._read.layout) + 1
        self._read = self._reread(self._layouts[at % len(self._layouts)])
        self._merged = merge(self._there, self._read.rows, self._way)
        self._show()

    def action_jump(self) -> None:
        """To the next line that is no row, is left out, or is wrong."""
        grid = self.query_one(TakeGrid)
        count = len(self._read.rows)
        start = int(grid.cursor_key or 0)
        for step in range(1, count + 1):
            at = (start + step) % count
            is_odd = at in self._wrong or self._merged.verdicts[at].fate in ("none", "kept", "twice")
            if is_odd and grid.move_to(str(at)):
                return
        self.notify("No line has a problem.")

    def action_take(self) -> None:
        """Take it; rows with a mistake too, they are shown as wrong in the table."""
        if self._merged.first is None:
            self.app.bell()
            reason = self._read.first_reason
            known = "The mapping says all of it already." if self._read.rows else "There is no row in it."
            self.notify(reason or known, severity="warning", markup=False)
            return
        self.dismiss(self._merged)

    def action_cancel(self) -> None:
        self.dismiss(None)


class TakeGrid(Grid):
    """The lines; enter takes all of them."""

    def action_open(self) -> None:
        screen = self.screen
        assert isinstance(screen, TakeScreen)  # noqa: S101  # it is only used there
        screen.action_take()


class _Lines:
    """Lines as grid rows, made and tried when they are looked at."""

    def __init__(self, rows: Sequence[ReadRow], verdicts: Sequence[Verdict], trial: Trial) -> None:
        self._rows = rows
        self._verdicts = verdicts
        self._trial = trial

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, index: int) -> Row:
        one, verdict = self._rows[index], self._verdicts[index]
        line = f"{one.line:,}"
        if one.row is None:
            words = f"{glyph('fail')} {one.reason}"
            return Row(str(index), (line, Cell(one.text, "muted"), Cell(""), Cell(words, "error")))
        cells = (line, source_cell(one.row), target_cell(one.row))
        return Row(str(index), (*cells, self._fate(one.row, one.reason, verdict)))

    def _fate(self, row: MappingRow, note: str, verdict: Verdict) -> Cell:
        about = verdict.about
        words = {
            "new": "new",
            "replaces": f"replaces {about}",
            "same": "is there already",
            "kept": f"left out: mapped from {about}",
            "twice": f"left out: {about} has this field already",
        }.get(verdict.fate, "")
        if note:
            words += f"; {note}"
        if not verdict.is_taken:
            return Cell(words, "muted" if verdict.fate == "same" else "warning")
        tried = self._trial.of(row)
        if tried.state == "error":
            return Cell(f"{glyph('fail')} {words}; {tried.reason}", "error")
        return Cell(words, "warning" if note else "ok" if verdict.fate == "new" else "accent")
