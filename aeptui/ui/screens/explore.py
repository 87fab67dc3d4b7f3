"""The files of a base connection: folders, the first rows of a file, and picking what a pipeline reads.

It changes nothing: it dismisses with what was picked, and whoever opened it makes something of that.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from aeptui.errors import AeptuiError
from aeptui.ids import BaseConnectionId
from aeptui.ui.screens.ask import AskScreen
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.screens.explore_formats import format_choices, tidy, with_choice
from aeptui.ui.screens.explore_picking import (
    PickedPath,
    folder_above,
    format_for,
    pattern_problem,
    suggested_pattern,
)
from aeptui.ui.screens.pick import PickScreen
from aeptui.ui.widgets.cells import printable
from aeptui.ui.widgets.file_list import FileList
from aeptui.ui.widgets.file_preview import FilePreviewGrid, delimiter_of, delimiter_word, format_line
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.text_lines import line
from aeptui.ui.widgets.text_view import TextView
from aeptui.ui.widgets.trouble_line import TroubleLine

if TYPE_CHECKING:
    from aeptui.models.connections import ExploredItem, FileFormat, FilePreview
    from aeptui.session import Session

__all__ = ["ExploreScreen", "PickedPath"]

_SETTLE_S = 0.12
"""The cursor must rest this long on a file before it is read: holding a key down asks for nothing."""


class ExploreScreen(BaseScreen[PickedPath]):
    """Args:
    session: What reads the storage.
    base_connection_id: Whose storage.
    path: The folder to begin with; None is the root.
    name: What the base connection is called.
    """

    TITLE = "Explore"
    HELP = (
        "The files of a base connection. enter opens a folder, backspace or left goes up; the first rows of the file "
        "under the cursor are read as its format was detected.\n"
        "t, l, u and c change type, delimiter, encoding and compression when that was wrong.\n"
        "f picks the file, o the folder, g a pattern; R takes in sub-folders."
    )
    AUTO_FOCUS: ClassVar[str | None] = "#files"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
    DEFAULT_CSS = """
    ExploreScreen {
        #where, #picks { height: 1; padding: 0 1; background: $surface; }
        #picks { color: $text-muted; }
        #format { height: 1; }
        #panes { height: 1fr; layout: vertical; }
        #files { height: 40%; }
        #preview { height: 1fr; width: 1fr; }
        &.-wide #panes { layout: horizontal; }
        &.-wide #files { height: 1fr; width: 50; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "pick_file", "pick file", tooltip="Pick the file under the cursor"),
        Binding("o", "pick_folder", "pick folder", tooltip="Pick the folder under the cursor, else the one shown"),
        Binding("g", "pick_pattern", "pattern", tooltip="Pick all files of a pattern, such as *.csv"),
        Binding("R", "toggle_recursive", "sub-folders", tooltip="A picked folder or pattern takes in sub-folders"),
        Binding("tab", "app.focus_next", "other pane", show=False, tooltip="Between files and first rows"),
        Binding("backspace", "leave_folder", "up", show=False, tooltip="To the folder above"),
        Binding("t", "change('format')", "type", show=False, tooltip="Read the file as another type"),
        Binding("l", "change_delimiter", "delimiter", show=False, tooltip="Read it with another column delimiter"),
        Binding("u", "change('encoding')", "encoding", show=False, tooltip="Read it in another encoding"),
        Binding("c", "change('compression')", "compression", show=False, tooltip="Unpack it another way"),
        Binding("r", "refresh", "refresh", show=False, tooltip="List the folder again, and detect the format again"),
    ]

    def __init__(
        self, session: Session, base_connection_id: BaseConnectionId | str, path: str | None = None, *, name: str = ""
    ) -> None:
        super().__init__()
        self.session = session
        self.base_connection_id = str(base_connection_id)
        self.folder = path if path and path != "/" else None
        self._connection_name = name
        self._recursive = False
        self._listings: dict[str | None, tuple[ExploredItem, ...]] = {}
        self._detected: dict[str, FileFormat] = {}
        self._given: dict[str, FileFormat] = {}
        """Formats the user chose."""
        self._previews: dict[tuple[str, FileFormat], FilePreview] = {}

    @property
    def heading(self) -> str:
        return f"Explore {self._connection_name}" if self._connection_name else "Explore"

    def compose_body(self) -> ComposeResult:
        yield Static("", id="where")
        yield TroubleLine()
        with Container(id="panes"):
            yield FileList(id="files")
            with Vertical(id="preview"):
                yield TextView(id="format", can_focus=False)
                yield FilePreviewGrid(id="rows")
        yield Static("", id="picks")

    def on_mount(self) -> None:
        self._go(self.folder)

    # Folders

    def _go(self, folder: str | None, cursor: str = "") -> None:
        self.folder = folder
        files = self.query_one(FileList)
        files.filter_text = ""
        self.query_one("#where", Static).update(_breadcrumb(folder))
        known = self._listings.get(folder)
        files.loading_text = "" if known is not None else "Listing the folder ..."
        files.empty_text = "This folder is empty. backspace goes up."
        files.show_items(known or (), self.session.clock.now())
        if known is None:
            self._list(folder, cursor)
        else:
            files.move_to(cursor)
        self._show_entry()

    @work(group="list", exclusive=True)
    async def _list(self, folder: str | None, cursor: str) -> None:
        files = self.query_one(FileList)
        try:
            self._listings[folder] = await self.session.sources.explore(self.base_connection_id, folder)
        except AeptuiError as error:
            if self.query_one(TroubleLine).tell(error):
                self.report(error)
            files.loading_text = "This folder could not be listed. r tries again, backspace goes up."
            return
        self.query_one(TroubleLine).tell(None)
        files.loading_text = ""
        files.show_items(self._listings[folder], self.session.clock.now())
        files.move_to(cursor)
        self._show_entry()

    def action_refresh(self) -> None:
        """List and detect again."""
        item = self.query_one(FileList).highlighted
        self._listings.pop(self.folder, None)
        if item is not None:
            self._given.pop(item.path, None)
            self._detected.pop(item.path, None)
            self._previews = {key: found for key, found in self._previews.items() if key[0] != item.path}
        self._go(self.folder, item.path if item is not None else "")

    def action_leave_folder(self) -> None:
        """To the folder above; the cursor stands on the one that was left."""
        if self.folder is not None:
            self._go(folder_above(self.folder), self.folder)

    @on(FileList.LeaveRequested)
    def _on_leave_requested(self, message: FileList.LeaveRequested) -> None:
        message.stop()
        self.action_leave_folder()

    @on(Grid.Opened, "#files")
    def _on_opened(self, message: Grid.Opened) -> None:
        message.stop()
        item = self.query_one(FileList).highlighted
        if item is not None and item.is_folder:
            self._go(item.path)
        elif item is not None:
            self.query_one(FilePreviewGrid).focus()

    def action_back_to_files(self) -> None:
        """From the first rows to the files."""
        self.query_one(FileList).focus()

    # First rows

    @on(Grid.Highlighted, "#files")
    def _on_highlighted(self, message: Grid.Highlighted) -> None:
        message.stop()
        self._show_entry()

    def _show_entry(self) -> None:
        files = self.query_one_optional(FileList)
        if files is None:
            return  # a listing comes as the screen is being taken down
        self.refresh_bindings()
        self._show_picks()
        item = files.highlighted
        if item is not None and not item.is_folder:
            self._read(item.path)
            return
        self.workers.cancel_group(self, "preview")
        self._show_format(None)
        self.query_one(FilePreviewGrid).show_nothing("enter opens the folder." if item is not None else "")

    @work(group="preview", exclusive=True)
    async def _read(self, path: str) -> None:
        rows = self.query_one(FilePreviewGrid)
        known = self._given.get(path) or self._detected.get(path)
        if known is None or (path, known) not in self._previews:
            await asyncio.sleep(_SETTLE_S)
            self._show_format(None if known is None else path)
            rows.show_nothing("Reading the first rows ...")
        sources = self.session.sources
        try:
            if known is None:
                known = self._detected[path] = await sources.sniff(self.base_connection_id, path)
            if (path, known) not in self._previews:
                self._previews[path, known] = await sources.preview(self.base_connection_id, path, known)
        except AeptuiError as error:
            self._show_format(path)
            rows.show_nothing(error.in_full)
            self.report(error)
            return
        self._show_format(path)
        rows.show_preview(self._previews[path, known])

    def _show_format(self, path: str | None) -> None:
        view = self.query_one_optional("#format", TextView)
        if view is None:
            return  # what was read comes as the screen is being taken down
        if path is None:
            view.show([line("")])
            return
        found = self._format_of(path)
        preview = self._previews.get((path, found))
        detected = path not in self._given and path in self._detected
        view.show([format_line(found, detected=detected, rows=len(preview.rows) if preview is not None else None)])

    def _format_of(self, path: str) -> FileFormat:
        from aeptui.models.connections import FileFormat

        return self._given.get(path) or self._detected.get(path) or FileFormat()

    # Another format

    def _change_to(self, path: str, changed: FileFormat) -> None:
        self._given[path] = tidy(changed)
        self._show_entry()

    def action_change(self, what: str) -> None:
        """Choose another type, encoding or compression."""
        item = self.query_one(FileList).highlighted
        if item is None or item.is_folder:
            return
        path, found = item.path, self._format_of(item.path)
        words = format_choices(what)
        rows = [Row(word, (word, Cell(meaning, "muted"))) for word, meaning in words]
        columns = (Column("word", "Read it as", min_width=14), Column("meaning", "", min_width=20))
        now = str(getattr(found, what) or ("UTF-8" if what == "encoding" else "none"))

        def chosen(answer: tuple[str, ...] | None) -> None:
            if answer and answer[0] != now:
                self._change_to(path, with_choice(found, what, answer[0]))

        self.app.push_screen(PickScreen(f"Another {what}", columns, rows, chosen=(now,)), chosen)

    def action_change_delimiter(self) -> None:
        """Type another delimiter."""
        item = self.query_one(FileList).highlighted
        if item is None or item.is_folder:
            return
        path, found = item.path, self._format_of(item.path)

        def typed(text: str | None) -> None:
            if text is not None:
                self._change_to(path, replace(found, column_delimiter=delimiter_of(text)))

        question = AskScreen(
            "Column delimiter",
            delimiter_word(found.column_delimiter),
            note="One character, or one of: tab, comma, semicolon, pipe, space.",
            check=lambda text: "" if len(delimiter_of(text)) == 1 else "Exactly one character, or one of these words.",
        )
        self.app.push_screen(question, typed)

    # Picking

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        item = self.query_one(FileList).highlighted if self.is_mounted else None
        on_file = item is not None and not item.is_folder
        if action in {"pick_file", "change"}:
            return on_file
        if action == "change_delimiter":
            return on_file and item is not None and self._format_of(item.path).format == "delimited"
        return super().check_action(action, parameters)

    @property
    def _folder_to_pick(self) -> str:
        item = self.query_one(FileList).highlighted
        return item.path if item is not None and item.is_folder else self.folder or "/"

    def _show_picks(self) -> None:
        item = self.query_one(FileList).highlighted
        parts = [f"o picks {printable(self._folder_to_pick)}", f"R sub-folders: {'yes' if self._recursive else 'no'}"]
        if item is not None and not item.is_folder:
            parts.insert(0, f"f picks {printable(item.name)}")
        self.query_one("#picks", Static).update(Content("   ".join(parts)))

    def action_toggle_recursive(self) -> None:
        """Take in sub-folders, or not."""
        self._recursive = not self._recursive
        self._show_picks()

    def action_pick_file(self) -> None:
        """Pick the file under the cursor."""
        item = self.query_one(FileList).highlighted
        if item is not None and not item.is_folder:
            self._pick(item.path, "file")

    def action_pick_folder(self) -> None:
        """Pick the folder under the cursor, else the one that is shown."""
        self._pick(self._folder_to_pick, "folder")

    def action_pick_pattern(self) -> None:
        """Type a pattern; it begins with the ending of the file under the cursor."""
        item = self.query_one(FileList).highlighted
        files = [one for one in self.query_one(FileList).items if not one.is_folder]
        folder = item.path if item is not None and item.is_folder else self.folder
        if item is not None and not item.is_folder:
            begin = suggested_pattern(folder, item.name)
        else:
            begin = suggested_pattern(folder, files[0].name if files and folder == self.folder else "")

        def typed(text: str | None) -> None:
            if text is not None:
                self._pick(text.strip(), "folder")

        note = "* stands for any text, within one part of the path."
        self.app.push_screen(AskScreen("Pick all files of a pattern", begin, note=note, check=pattern_problem), typed)

    @work(group="pick", exclusive=True)
    async def _pick(self, path: str, kind: str) -> None:
        """Find out the format, unless it is known, and answer."""
        is_file = kind == "file"
        recursive = self._recursive and not is_file
        try:
            found = await format_for(
                path,
                is_file=is_file,
                known={**self._detected, **self._given},
                prefer=self._given,
                explore=lambda folder: self.session.sources.explore(self.base_connection_id, folder),
                sniff=lambda file: self.session.sources.sniff(self.base_connection_id, file),
            )
        except AeptuiError as error:
            # What is read is the user's decision; a format can still be chosen later.
            self.report(error)
            found = None
        self.dismiss(PickedPath(self.base_connection_id, path, "file" if is_file else "folder", recursive, found))

    def copy_text(self) -> str:
        item = self.query_one(FileList).highlighted
        return item.path if item is not None else self.folder or "/"


def _breadcrumb(folder: str | None) -> Content:
    """`/ web / visits`; the last part stands out."""
    parts = [printable(part) for part in (folder or "").split("/") if part]
    shown: list[str | tuple[str, str]] = [("/", "$text-muted" if parts else "bold")]
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        shown.append((f" {part}", "bold" if last else ""))
        if not last:
            shown.append((" /", "$text-muted"))
    return Content.assemble(*shown)
