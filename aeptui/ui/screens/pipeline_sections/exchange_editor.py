"""Mapping rows into and out of the editor: reads where they come from, has them judged, makes one edit of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from textual import on

from aeptui.chain.typed_text import TypedText, Typing
from aeptui.errors import AeptuiError
from aeptui.ui.formatting import counted
from aeptui.ui.screens.pipeline_sections.editor import PipelineEditor
from aeptui.ui.screens.pipeline_sections.mapping.exchanging import PASTED, Exchanging
from aeptui.ui.widgets.grid import Cell, Column, Row

if TYPE_CHECKING:
    from datetime import datetime

    from aeptui.chain.mapping_exchange import Layout, Merged, ReadTable
    from aeptui.chain.mapping_tables import Surroundings
    from aeptui.ui.screens.wait import Say


T = TypeVar("T")

_LOOK_S = 0.05
_LOOKS = 100
_ORIGINS = (
    ("file", "a file", "CSV, or a mapping set in JSON"),
    ("set", "a mapping set", "of this sandbox"),
    ("dataflow", "a dataflow", "of this sandbox: the mapping set it uses"),
    ("pipeline", "another pipeline", "saved here"),
)
_ORIGIN_COLUMNS = (Column("from", "From", min_width=20), Column("means", "", min_width=20))
_SET_COLUMNS = (
    Column("name", "Name", min_width=24),
    Column("count", "Mappings", width=9, align="right"),
    Column("changed", "Changed (UTC)", width=16),
)
_FLOW_COLUMNS = (Column("name", "Name", min_width=24), Column("made", "Created (UTC)", width=16))


class ExchangingEditor(PipelineEditor):
    """What the mapping section asks for when rows come from elsewhere, or go there."""

    _pasted = ""
    """The text pasted last: it stays offered under import."""
    _exported = ""
    """The file to write that was named last: offered again, also when nothing could be written there."""
    _imported = ""
    """And the one to read."""

    @on(Exchanging.Pasted)
    def _rows_pasted(self, message: Exchanging.Pasted) -> None:
        message.stop()
        self._pasted = as_lines(message.text)
        self._work(self._take_pasted, "exchange")

    # Import

    @on(Exchanging.ImportRequested)
    def _import_requested(self, message: Exchanging.ImportRequested) -> None:
        message.stop()
        self._work(self._import, "exchange")

    async def _import(self) -> None:
        origins = [Row(key, (word, means)) for key, word, means in _ORIGINS]
        if self._pasted:
            lines = self._pasted.count("\n") + 1
            origins.append(Row("pasted", ("what was pasted last", counted(lines, "line"))))
        note = "Rows copied in a spreadsheet need no import: paste them on the table."
        origin = await self._picked("Import mappings from", _ORIGIN_COLUMNS, origins, note)
        match origin:
            case "file":
                await self._import_file()
            case "set":
                await self._import_set()
            case "dataflow":
                await self._import_flow()
            case "pipeline":
                await self._import_pipeline()
            case "pasted":
                await self._take_pasted()

    async def _import_file(self) -> None:
        from aeptui.ui.screens.path import PathScreen

        exchange = self.session.mapping_exchange
        note = "A CSV file, or a mapping set in JSON."
        asked = PathScreen("Import mappings from the file", self._imported, note, exchange.complete)
        name = await self.app.push_screen_wait(asked)
        if name:
            self._imported = name
            text = await self._waited(f"Reading {name}", lambda _say: exchange.read_file(name))
            if text is not None:
                await self._take_text(f"Rows of {name}", text, "import", is_file=True)

    async def _import_set(self) -> None:
        exchange = self.session.mapping_exchange
        found = await self._waited("Reading the mapping sets", exchange.sets)
        if found is None:
            return
        rows = [Row(one.id, (one.name or one.id, *_count_and_moment(one.mappings, one.changed_at))) for one in found]
        chosen = await self._picked("Import the mappings of a mapping set", _SET_COLUMNS, rows)
        if chosen:
            await self._import_read(
                next(one.name or one.id for one in found if one.id == chosen), exchange.of_set, chosen
            )

    async def _import_flow(self) -> None:
        flows = await self._waited("Reading the dataflows", lambda _say: self.session.flows.list())
        if flows is None:
            return
        rows = [
            Row(one.flow.id, (one.flow.name or one.flow.id, *_count_and_moment(None, one.flow.created_at)[1:]))
            for one in flows
        ]
        chosen = await self._picked("Import the mappings of a dataflow", _FLOW_COLUMNS, rows)
        if chosen:
            name = next(one.flow.name or one.flow.id for one in flows if one.flow.id == chosen)
            await self._import_read(name, self.session.mapping_exchange.of_flow, chosen)

    async def _import_pipeline(self) -> None:
        saved = await self._waited("Reading the pipelines", lambda _say: self.session.pipelines.list())
        if saved is None:
            return
        rows = [
            Row(one.name, (one.name, *_count_and_moment(len(one.pipeline.mapping), one.modified_at)))
            for one in saved
            if one.name != self.pipeline_name and one.pipeline is not None
        ]
        chosen = await self._picked("Import the mappings of a pipeline", _SET_COLUMNS, rows)
        if chosen:
            await self._import_read(chosen, self._rows_of_pipeline, chosen)

    async def _rows_of_pipeline(self, name: str) -> ReadTable:
        """The rows of another pipeline, or of the mapping set it uses."""
        from aeptui.chain.mapping_exchange import ReadRow, ReadTable

        pipeline = (await self.session.pipelines.load(name)).pipeline
        if pipeline.mapping_set.id is not None:
            return await self.session.mapping_exchange.of_set(pipeline.mapping_set.id)
        return ReadTable(tuple(ReadRow(line, "", row) for line, row in enumerate(pipeline.mapping, 1)))

    async def _import_read(self, name: str, read: Callable[[str], Awaitable[ReadTable]], identifier: str) -> None:
        table = await self._waited(f"Reading {name}", lambda _say: read(identifier))
        await self._take(f"Rows of {name}", table, "import")

    async def _picked(self, title: str, columns: Sequence[Column], rows: Sequence[Row], note: str = "") -> str:
        from aeptui.ui.screens.pick import PickScreen

        empty = "There is none."
        keys = await self.app.push_screen_wait(PickScreen(title, columns, rows, note=note, empty=empty))
        return keys[0] if keys else ""

    # Export

    @on(Exchanging.ExportRequested)
    def _export_requested(self, message: Exchanging.ExportRequested) -> None:
        message.stop()
        self._work(partial(self._export, message), "exchange")

    async def _export(self, wish: Exchanging.ExportRequested) -> None:
        from aeptui.session.mapping_exchange import FileThere
        from aeptui.ui.screens.confirm import ConfirmScreen
        from aeptui.ui.screens.path import PathScreen

        exchange, state = self.session.mapping_exchange, self._state
        if state is None:
            return
        count = len(wish.rows)
        title = f"Export {'' if wish.all else 'the '}{count:,}{' ' if wish.all else ' selected '}mappings to the file"
        note = ".csv for spreadsheets, .tsv for lines with tabs, .json as the platform's own mapping set."
        suggested = self._exported or f"{self.pipeline_name}-mapping.csv"
        name = await self.app.push_screen_wait(PathScreen(title, suggested, note, exchange.complete))
        if not name:
            return
        self._exported = name
        about = (wish.rows, state.pipeline.name or self.pipeline_name, state.pipeline.schema_.id)
        try:
            path = await self._waited(f"Writing {name}", lambda _say: exchange.write_file(name, *about))
        except FileThere as there:
            sure = ConfirmScreen("Replace the file?", there.title, yes_label="Replace it", danger=True)
            if not await self.app.push_screen_wait(sure):
                return
            path = await self._waited(f"Writing {name}", lambda _say: exchange.replace_file(name, *about))
        if path is not None:
            self.notify(f"{counted(count, 'mapping')} written to {path}.", markup=False, timeout=8)

    # Judging

    async def _take_pasted(self) -> None:
        # Kept like text that is being typed: it was much to copy, and is not taken yet.
        self._keep_typing(Typing("mapping", PASTED, "the rows you pasted", TypedText((self._pasted,))))
        await self._take_text("Rows from the clipboard", self._pasted, "paste")

    async def _take_text(self, title: str, text: str, verb: str, *, is_file: bool = False) -> None:
        from aeptui.session.mapping_exchange import read_rows

        def read(layout: Layout | None = None) -> ReadTable:
            return read_rows(text, self._surroundings(), layout, is_file=is_file)

        async def reading(say: Say) -> ReadTable:
            await self._read_columns(say)
            return await asyncio.to_thread(read)

        await self._take(title, await self._waited("Reading the rows", reading), verb, reread=read)

    async def _read_columns(self, say: Say) -> None:
        """Wait for the columns and fields that are being read; not for long, as rows can be read without them."""
        say("waiting for the columns of the source")
        for _ in range(_LOOKS):
            state = self._state
            if state is None or "reading" not in (state.sample.state, state.target.state):
                break
            await asyncio.sleep(_LOOK_S)
        say("")

    async def _take(
        self, title: str, table: ReadTable | None, verb: str, reread: Callable[[Layout], ReadTable] | None = None
    ) -> None:
        """Show what was read, and make one edit of what is taken."""
        from aeptui.ui.screens.pipeline_sections.mapping.taking import TakeScreen

        merged: Merged | None = None
        if table is not None and self._state is not None and self._state.trial is not None:
            screen = TakeScreen(title, table, self._state.pipeline.mapping, self._state.trial, reread)
            merged = await self.app.push_screen_wait(screen)
        section = self.query_one("#section-mapping", Exchanging)
        section.ends_typing(lambda taken: section.take(verb, taken))(merged)

    def _surroundings(self) -> Surroundings:
        from aeptui.chain.mapping_tables import Surroundings

        state = self._state
        columns = state.sample.columns if state is not None else None
        types = state.target.types if state is not None else {}
        return Surroundings(None if columns is None else frozenset(columns), types)

    async def _waited(self, title: str, work: Callable[[Say], Awaitable[T]]) -> T | None:
        """Do it with a word and a way out when it takes long; None when it was stopped.

        Raises:
            AeptuiError: what the work ended with.
        """
        from aeptui.ui.screens.wait import WaitScreen

        answer = await self.app.push_screen_wait(WaitScreen(title, work))
        if isinstance(answer, AeptuiError):
            raise answer
        return answer


def as_lines(pasted: str) -> str:
    """A paste with line feeds: terminals send a carriage return for a line feed, so two for what ended in both."""
    text = pasted.replace("\r\n", "\n")
    if "\r\r" in text and "\r" not in text.replace("\r\r", ""):
        text = text.replace("\r\r", "\n")
    return text.replace("\r", "\n")


def _count_and_moment(count: int | None, moment: datetime | None) -> tuple[Cell, Cell]:
    number = Cell(f"{count:,}" if count is not None else "-", sort=float(count or 0))
    shown = f"{moment:%Y-%m-%d %H:%M}" if moment is not None else "-"
    return number, Cell(shown, "muted", sort=moment.timestamp() if moment is not None else 0.0)
