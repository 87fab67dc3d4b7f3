"""The editor of one pipeline document: source, target, mapping, schedule, review. Every edit is undoable and kept.

It edits a value and asks the session to keep it; parsing, checking and running are the session's and the chain's.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import Resize

from aeptui.errors import AeptuiError
from aeptui.ui.formatting import counted
from aeptui.ui.screens.pipeline_sections.base import (
    PipelineEdited,
    ReadAgainRequested,
    SampleRowRequested,
    Section,
    ServiceWordRequested,
)
from aeptui.ui.screens.pipeline_sections.bringing_back import brought_back
from aeptui.ui.screens.pipeline_sections.exchange_editor import ExchangingEditor
from aeptui.ui.screens.pipeline_sections.exploring import (
    base_connection_id,
    detect_format,
    folder_of,
    with_format,
    with_picked,
)
from aeptui.ui.screens.pipeline_sections.forecast_editor import ForecastingEditor
from aeptui.ui.screens.pipeline_sections.mapping.section import MappingSection
from aeptui.ui.screens.pipeline_sections.review import ReviewSection, home_of
from aeptui.ui.screens.pipeline_sections.schedule import ScheduleSection
from aeptui.ui.screens.pipeline_sections.source import SourceSection
from aeptui.ui.screens.pipeline_sections.state import (
    SECTION_NAMES,
    SectionName,
    is_complete,
    section_entries,
)
from aeptui.ui.screens.pipeline_sections.target import TargetSection
from aeptui.ui.screens.pipeline_sections.target_choices import read_choices, take_choice
from aeptui.ui.screens.starting import start_execution
from aeptui.ui.widgets.section_list import SectionList

if TYPE_CHECKING:
    from aeptui.session import Session

_SECTIONS: dict[SectionName, type[Section]] = {
    "source": SourceSection,
    "target": TargetSection,
    "mapping": MappingSection,
    "schedule": ScheduleSection,
    "review": ReviewSection,
}
_NARROW = 100


class PipelineScreen(ExchangingEditor, ForecastingEditor):
    """Sections at the side, or as tabs where it is narrow.

    Args:
        name: The saved pipeline's name.
        section: Where to begin; None: review when the document is complete, else source.
    """

    TITLE = "Pipeline"
    HELP = """A pipeline says which files to read, which dataset to fill, which column becomes which field, and when.

Every edit, and what is being typed, is kept at once, whatever happens to the terminal; u undoes edits.
ctrl+s saves them under the pipeline's name.
[ and ] go from section to section, tab from pane to pane. Review lists every problem; enter goes where it is mended.
ctrl+r checks everything against the platform, then runs it. Nothing is created before the check is green."""
    DEFAULT_CSS = """
    PipelineScreen {
        #pipeline-body { layout: horizontal; height: 1fr; }
        #pipeline-section { height: 1fr; width: 1fr; padding: 0 0 0 1; }
        &.-narrow #pipeline-body { layout: vertical; }
        &.-narrow #pipeline-section { padding: 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "section(1)", "section", tooltip="The next section", key_display="[ ]"),
        Binding("ctrl+right", "section(1)", "next section", show=False, tooltip="The next section"),
        Binding(
            "left_square_bracket,ctrl+left", "section(-1)", "section before", show=False, tooltip="The section before"
        ),
        Binding("tab", "pane(1)", "next pane", show=False, tooltip="The next pane; after the last the next section"),
        Binding("shift+tab", "pane(-1)", "pane before", show=False, tooltip="The pane before"),
        Binding("ctrl+r", "run", "run", tooltip="Check it against the platform, then run it"),
        Binding("u", "undo", "undo", tooltip="Take the last edit back"),
        Binding("ctrl+s", "save", "save", tooltip="Save it under its name; drafts are kept without it"),
        Binding("U,ctrl+y", "redo", "redo", show=False, tooltip="Make the edit again that was taken back"),
    ]

    def __init__(self, session: Session, name: str, section: SectionName | None = None) -> None:
        super().__init__(session, name)
        self._section: SectionName | None = section

    @property
    def heading(self) -> str:
        return f"Pipeline {self.pipeline_name}"

    @property
    def takes_keys(self) -> bool:
        return self.focused is not None

    @property
    def section(self) -> SectionName | None:
        """The section shown now."""
        return self._section

    def compose_body(self) -> ComposeResult:
        with Container(id="pipeline-body"):
            yield SectionList()
            yield Container(id="pipeline-section")

    def on_mount(self) -> None:
        self._show_note("reading ...")
        self._work(self._load, "load")

    def on_screen_resume(self) -> None:
        self._checked()

    def on_resize(self, event: Resize) -> None:
        narrow = event.size.width < _NARROW
        self.set_class(narrow, "-narrow")
        self.query_one(SectionList).set_class(narrow, "-tabs")

    async def _load(self) -> None:
        state = await self._load_document()
        editing = self._editing
        if editing is None:
            return
        self._show_note("")
        if not editing.is_written or editing.brought.elsewhere is not None:
            self._note_edits()
        if editing.parsed.text.strip() and not editing.parsed.lines:
            self.notify("The file is not TOML. Editing here makes a new document.", severity="warning", timeout=8)
        typing = editing.brought.typing
        at = next((name for name in SECTION_NAMES if typing is not None and name == typing.section), self._section)
        await self._show_section(at or ("review" if is_complete(state) else "source"))
        self._read_everything()
        for text, severity in brought_back(editing.brought):
            self.notify(text, severity=severity, markup=False, timeout=10)
        if typing is not None and (self._shown is None or not self._shown.resume(typing)):
            text = " / ".join(typing.text.texts)
            self.notify(f"You were typing, for what is no longer there: {text}", markup=False, timeout=20)

    @on(ReadAgainRequested)
    def _read_again_requested(self, message: ReadAgainRequested) -> None:
        message.stop()
        if message.section == "review":
            self._work(self._check, "review")
        else:
            self._read_again(sample=message.section == "source", target=message.section == "target")
            self._work(self._read_base_connections, "base connections")

    # Showing

    def _show_note(self, text: str) -> None:
        super()._show_note(text)
        self.query_one(SectionList).note = text

    def _show(self) -> None:
        # While the app is being left, the children go first, and a worker may still bring something to show.
        sections = next(iter(self.query(SectionList)), None)
        if self._state is None or not self.is_mounted or sections is None:
            return
        sections.entries = section_entries(self._state)
        sections.chosen = self._section or ""
        for section in self.query(Section):
            if self._section == section.SECTION:
                section.show(self._state)

    async def _show_section(self, name: SectionName, *, check: bool = True) -> None:
        if self._state is None:
            return
        self._section = name
        body = self.query_one("#pipeline-section")
        shown = None
        for section in body.query_children(Section):
            section.display = name == section.SECTION
            if section.display:
                shown = section
        if shown is None:
            shown = _SECTIONS[name](self._state)
            await body.mount(shown)
        self._set(self._state)
        panes = shown.panes()
        if panes:
            panes[0].focus()
        if check and name == "review" and (self._state.review.state == "none" or self._state.review.stale):
            self._work(self._check, "review")

    @property
    def _shown(self) -> Section | None:
        return next((one for one in self.query(Section) if self._section == one.SECTION), None)

    @on(SectionList.Chosen)
    async def _section_chosen(self, message: SectionList.Chosen) -> None:
        message.stop()
        await self._show_section(next(name for name in SECTION_NAMES if name == message.key))

    async def action_section(self, by: int) -> None:
        """So many sections further."""
        if self._section is not None:
            at = SECTION_NAMES.index(self._section) + by
            await self._show_section(SECTION_NAMES[at % len(SECTION_NAMES)])

    async def action_pane(self, by: int) -> None:
        """The next pane of the section; after its last the next section."""
        shown = self._shown
        panes = list(shown.panes()) if shown is not None else []
        at = panes.index(self.focused) + by if self.focused in panes else 0
        if 0 <= at < len(panes):
            panes[at].focus()
        else:
            await self.action_section(by)

    def _shows_forecast(self) -> bool:
        return self._section == "mapping" and self.app.screen is self

    def copy_text(self) -> str:
        return self._shown.copy_text() if self._shown is not None else ""

    # Editing

    @on(PipelineEdited)
    def _edited(self, message: PipelineEdited) -> None:
        message.stop()
        self._edit(message.pipeline, message.what)

    def _checked(self) -> None:
        if self._section == "review" and self._state is not None and self._state.review.stale:
            self._work(self._check, "review")

    async def action_back(self) -> None:
        """Back; the draft is written first."""
        try:
            if self._editing is not None:
                await self._editing.keep()
        except AeptuiError as error:
            self.report(error)
            return
        await super().action_back()

    def action_save(self) -> None:
        self._work(self._save, "save")

    async def _save(self) -> None:
        editing = self._editing
        if editing is None:
            return
        from aeptui.session.saved_text import WouldReplace
        from aeptui.ui.screens.confirm import ConfirmScreen

        said = f"Saved as {self.pipeline_name}."
        try:
            await editing.save()
        except WouldReplace as error:
            sure = ConfirmScreen("Replace the saved file?", f"{error.title} {error.hint}", "Replace it", danger=True)
            if not await self.app.push_screen_wait(sure):
                return
            said += f" What stood there is in {await editing.keep_aside()}."
            await editing.save()
        if editing.is_written:
            self._show_note("saved")
        self.notify(said, markup=False)

    # What sections ask for

    @on(SampleRowRequested)
    def _sample_row(self, message: SampleRowRequested) -> None:
        message.stop()
        if self._state is not None and self._state.sample.preview is not None:
            count = max(1, len(self._state.sample.preview.rows))
            sample = self._state.sample
            self._update(sample=replace(sample, row=(sample.row + message.by) % count))

    @on(ServiceWordRequested)
    def _service_word_requested(self, message: ServiceWordRequested) -> None:
        message.stop()
        self._work(partial(self._ask_service, message), "service word")

    async def _ask_service(self, message: ServiceWordRequested) -> None:
        if message.row is None or self._state is None:
            return
        pipeline = self._state.pipeline
        try:
            word = await self.session.mappings.word(message.row, message.sample, pipeline.schema_, pipeline.dataset)
        except AeptuiError as error:
            message.then(error.title)
        else:
            message.then(word)

    @on(SourceSection.ExploreRequested)
    def _explore(self, message: SourceSection.ExploreRequested) -> None:
        message.stop()
        state = self._state
        identifier = base_connection_id(state) if state is not None else None
        if state is None or identifier is None:
            self.notify("Choose a base connection first; enter on its line shows them.", severity="warning")
            return
        from aeptui.ui.screens.explore import ExploreScreen

        def picked(answer: Any) -> None:
            if answer is not None and self._state is not None:
                self._edit(with_picked(self._state.pipeline, answer), "choose the path")

        name = next((one.name for one in state.base_connections or () if one.id == identifier), "")
        folder = folder_of(state.pipeline.source)
        self.app.push_screen(ExploreScreen(self.session, identifier, folder, name=name), picked)

    @on(SourceSection.DetectRequested)
    def _detect(self, message: SourceSection.DetectRequested) -> None:
        message.stop()
        self._work(self._detect_format, "detect")

    async def _detect_format(self) -> None:
        if self._state is not None:
            found = await detect_format(self.session, self._state)
            self._edit(with_format(self._state.pipeline, found), "detect the format")
            self.notify(f"The files are {found.format}.", timeout=3)

    @on(TargetSection.ChoiceRequested)
    def _choose(self, message: TargetSection.ChoiceRequested) -> None:
        message.stop()
        self._work(partial(self._choose_target, message), "choose")

    async def _choose_target(self, message: TargetSection.ChoiceRequested) -> None:
        if self._state is None:
            return
        from aeptui.ui.screens.pick import PickScreen

        found = await read_choices(self.session, message.choice, self._state.pipeline)
        self._update(names={**self._state.names, **{row.key: str(row.cells[0]) for row in found.rows}})

        def chosen(keys: tuple[str, ...] | None) -> None:
            if keys is not None and self._state is not None:
                what = message.choice.replace("_", " ")
                self._edit(take_choice(self._state.pipeline, message.choice, keys), f"choose the {what}")

        picker = PickScreen(
            found.title, found.columns, found.rows, chosen=found.chosen, many=found.many, note=found.note
        )
        self.app.push_screen(picker, chosen)

    @on(ReviewSection.ProblemOpened)
    async def _problem_opened(self, message: ReviewSection.ProblemOpened) -> None:
        message.stop()
        await self._show_section(home_of(message.problem))
        if self._shown is not None:
            self._shown.go_to(message.problem)

    # Checking and running

    @on(ReviewSection.RunRequested)
    def _run_requested(self, message: ReviewSection.RunRequested) -> None:
        message.stop()
        self.action_run()

    def action_run(self) -> None:
        self._work(self._run, "review")

    async def _run(self) -> None:
        if self._state is None:
            return
        if self._section != "review":
            await self._show_section("review", check=False)
        known = self._state.review
        green = known.state == "read" and not known.stale and known.plan is not None
        review = known if green else await self._check()
        parsed = await self._editing.keep() if self._editing is not None else None
        errors = [one for one in review.problems if one.severity == "error"]
        if errors or parsed is None:
            count = len(errors)
            text = f"{counted(count, 'problem')} before it can run; enter goes where it is mended."
            self.notify(text, severity="warning")
            return
        if review.state == "failed":
            raise AeptuiError("It could not be checked, so it was not run.", review.error)
        tracking = await start_execution(self, self.session, parsed)
        if tracking is not None:
            # What this run creates is there the next time: the plan has to be made again.
            self._update(review=replace(self._state.review, stale=True))
            self.open("execution", tracking.id)
