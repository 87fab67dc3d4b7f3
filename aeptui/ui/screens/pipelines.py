"""Saved pipelines and drafts. Lists, runs, copies and deletes them; the editor changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aeptui.errors import AeptuiError
from aeptui.ui.formatting import ago
from aeptui.ui.screens.ask import AskScreen
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.starting import pipeline_name_problem, start_execution
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.text_lines import line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from datetime import datetime

    from aeptui.session import SavedPipeline, Session

_READY = "loyalty"
"""The sample pipeline that runs as it is; the cursor stands on it at first."""


class PipelinesScreen(BaseScreen[None]):
    """Args:
    session: Where the pipelines are kept, and what runs them.
    """

    TITLE = "Pipelines"
    HELP = (
        "A pipeline says which files to read, how their columns map to a schema, and when.\n"
        "enter edits one, r runs it at once: every problem is found before anything is created.\n"
        "What is edited is kept as a draft until it is saved."
    )
    AUTO_FOCUS: ClassVar[str | None] = "#pipelines"
    DEFAULT_CSS = """
    PipelinesScreen {
        #problem { height: 2; display: none; }
        &.-failed #problem { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", "run", tooltip="Run this pipeline now: check it, create the dataflow, watch its first run"),
        Binding("n", "new", "new", tooltip="A new pipeline; asks for its name"),
        Binding("D", "duplicate", "duplicate", tooltip="Copy this pipeline; asks for a name"),
        Binding("d", "delete", "delete", tooltip="Delete this pipeline; asks first, u brings it back"),
        Binding("u", "undo", "undo delete", tooltip="Bring back the pipeline deleted last"),
        Binding("e", "edit", "edit", show=False, tooltip="Edit this pipeline"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._saved: dict[str, SavedPipeline] = {}
        self._deleted: list[tuple[str, str]] = []
        self._cursor_to = _READY
        """Where the cursor goes as soon as that is in the list."""
        self._starting = False

    def compose_body(self) -> ComposeResult:
        yield TextView(id="problem", can_focus=False)
        yield Grid(
            Column("name", "Name", min_width=10),
            Column("state", "State", width=13),
            Column("draft", "", width=5),
            Column("source", "Reads", min_width=16),
            Column("schedule", "Runs", min_width=12, priority=1),
            Column("title", "Title", min_width=12, priority=3),
            Column("modified", "Changed", width=14, priority=2),
            empty="No pipelines. n makes one.",
            id="pipelines",
        )

    def on_mount(self) -> None:
        self.query_one(Grid).loading_text = "Reading the pipelines ..."

    def on_screen_resume(self) -> None:
        self._load()

    @work(group="load", exclusive=True)
    async def _load(self) -> None:
        try:
            saved = await self.session.pipelines.list()
        except AeptuiError as error:
            self._fail(error)
            self.query_one(Grid).loading_text = "The pipelines could not be read."
            return
        self.remove_class("-failed")
        self._saved = {one.name: one for one in saved}
        grid = self.query_one(Grid)
        grid.loading_text = ""
        self._show_rows()
        if self._cursor_to and grid.move_to(self._cursor_to):
            self._cursor_to = ""

    def _show_rows(self) -> None:
        now = self.session.clock.now()
        self.query_one(Grid).show([_row(one, now) for one in self._saved.values()])
        self.refresh_bindings()

    def _fail(self, error: AeptuiError) -> None:
        self.report(error)
        self.query_one("#problem", TextView).show([line(error.title, "error"), line(error.hint)])
        self.add_class("-failed")

    # Keys

    @property
    def _chosen(self) -> str | None:
        return self.query_one(Grid).cursor_key if self.is_mounted else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"run", "duplicate", "delete", "edit"}:
            return self._chosen is not None
        if action == "undo":
            return bool(self._deleted)
        return super().check_action(action, parameters)

    @on(Grid.Highlighted)
    def _on_highlighted(self, message: Grid.Highlighted) -> None:
        message.stop()
        self.refresh_bindings()

    @on(Grid.Opened)
    def _on_opened(self, message: Grid.Opened) -> None:
        message.stop()
        self.open("pipeline", message.key)

    def action_edit(self) -> None:
        if self._chosen is not None:
            self.open("pipeline", self._chosen)

    def action_run(self) -> None:
        if self._chosen is not None and not self._starting:
            self._starting = True
            self._run(self._chosen)

    @work(group="start")
    async def _run(self, name: str) -> None:
        try:
            tracking = await start_execution(self, self.session, await self.session.pipelines.load(name))
        except AeptuiError as error:
            self._fail(error)
            return
        finally:
            self._starting = False
        if tracking is not None:
            self.open("execution", tracking.id)

    def action_new(self) -> None:
        question = AskScreen("Name of the new pipeline", note="Such as Loyalty members.", check=pipeline_name_problem)
        self.app.push_screen(question, self._new)

    def _new(self, title: str | None) -> None:
        if title and title.strip():
            self._write(title, None)

    def action_duplicate(self) -> None:
        name = self._chosen
        if name is not None:
            title = f"{self._saved[name].title or name} copy"
            question = AskScreen(f"Name of the copy of {name}", title, check=pipeline_name_problem)
            self.app.push_screen(question, lambda title: self._duplicate(name, title))

    def _duplicate(self, name: str, title: str | None) -> None:
        if title and title.strip():
            self._write(title, name)

    @work(group="write")
    async def _write(self, title: str, original: str | None) -> None:
        """Make a pipeline called `title`: a copy of `original`, or an empty draft that the editor opens."""
        from aeptui.chain.document import pipeline_to_toml
        from aeptui.chain.pipeline import new_pipeline

        pipelines = self.session.pipelines
        try:
            name = await pipelines.new_name(title)
            if original is None:
                await pipelines.save_draft(name, pipeline_to_toml(new_pipeline(title)))
                self._cursor_to = name
                self.open("pipeline", name)
                return
            parsed = await pipelines.load(original)
            copy = parsed.pipeline.model_copy(update={"name": title})
            await pipelines.save(name, pipeline_to_toml(copy, parsed.text))
        except AeptuiError as error:
            self._fail(error)
            return
        self._cursor_to = name
        self._load()

    def action_delete(self) -> None:
        name = self._chosen
        if name is not None:
            question = ConfirmScreen(
                f"Delete the pipeline {name}?",
                "Its file and its draft go. Dataflows made from it stay on the platform. u brings it back.",
                yes_label="Delete",
            )

            def answered(yes: bool | None) -> None:
                if yes:
                    self._delete(name)

            self.app.push_screen(question, answered)

    @work(group="write")
    async def _delete(self, name: str) -> None:
        try:
            self._deleted.append((name, await self.session.pipelines.delete(name)))
        except AeptuiError as error:
            self._fail(error)
            return
        self.notify(f"Deleted {name}. u brings it back.")
        self._load()

    def action_undo(self) -> None:
        self._undo()

    @work(group="write")
    async def _undo(self) -> None:
        if not self._deleted:
            return
        name, text = self._deleted.pop()
        try:
            now = await self.session.pipelines.bring_back(name, text)
        except AeptuiError as error:
            self._deleted.append((name, text))
            self._fail(error)
            return
        if now != name:
            self.notify(f"There is another {name} now, so it is {now}.")
        self._cursor_to = now
        self._load()

    def copy_text(self) -> str:
        name = self._chosen
        return str(self._saved[name].path) if name is not None else ""


def _row(saved: SavedPipeline, now: datetime) -> Row:
    from aeptui.chain.schedule import describe

    pipeline = saved.pipeline
    when = "not chosen" if pipeline is not None else ""
    if pipeline is not None and pipeline.schedule.frequency is not None:
        when = describe(pipeline.schedule)
        if pipeline.schedule.start is None:
            when = when.partition(" from ")[0]
    return Row(
        saved.name,
        (
            saved.name,
            _state(saved),
            Cell("draft" if saved.has_draft else "", "accent"),
            pipeline.source.path if pipeline is not None else "",
            Cell(when, "muted"),
            saved.title,
            Cell(ago(saved.modified_at, now), sort=saved.modified_at.timestamp()),
        ),
    )


def _state(saved: SavedPipeline) -> Cell:
    if saved.problems:
        words = "problem" if saved.problems == 1 else "problems"
        return Cell(f"{glyph('fail')} {saved.problems} {words}", "error", sort=saved.problems)
    return Cell(f"{glyph('ok')} ready", "ok", sort=0)
