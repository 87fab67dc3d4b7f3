"""What every section of the editor has: it is shown a state, and posts what is to be changed. It does no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Vertical
from textual.message import Message

from aeptui.chain.typed_text import Typed, TypedText, Typing
from aeptui.ui.screens.pipeline_sections.state import EditorState, SectionName
from aeptui.ui.widgets.form import Form
from aeptui.ui.widgets.grid import Column, Row

if TYPE_CHECKING:
    from textual.widget import Widget

    from aeptui.chain.pipeline import MappingRow, Pipeline
    from aeptui.chain.problems import Problem
    from aeptui.session.mappings import ServiceWord


@dataclass
class PipelineEdited(Message):
    """The document is to become this; `what` names the edit, for undo."""

    pipeline: Pipeline
    what: str


@dataclass
class SampleRowRequested(Message):
    """Try the mapping on the sample row so many further on."""

    by: int


@dataclass
class PreviewRequested(Message):
    """Show the sample rows beside the records they become."""


@dataclass
class ReadAgainRequested(Message):
    """Read the sample, the fields or the live check again, as the section needs."""

    section: SectionName


@dataclass
class TextTyped(Message):
    """So much is typed by now into a form or a question, and not accepted yet."""

    typing: Typing


@dataclass
class TypingEnded(Message):
    """A form or a question was left. Comes before what is made of its answer, and once more behind it."""

    is_answered: bool


@dataclass
class ServiceWordRequested(Message):
    """Ask the mapping service about a row, tried on a sample row; `then` gets its word, or why there is none.

    Without a row: what was asked before is no longer waited for.
    """

    row: MappingRow | None
    sample: Mapping[str, object] | None
    then: Callable[[ServiceWord | str], None]


class Section(Vertical):
    """One section; `show` is called when it is visible and something changed."""

    SECTION: ClassVar[SectionName]
    DEFAULT_CSS = """
    Section { height: 1fr; width: 1fr; }
    """

    def __init__(self, state: EditorState) -> None:
        super().__init__(id=f"section-{self.SECTION}")
        self.state = state
        self._resumed: Typing | None = None
        self._asked = object()
        self._place = ""
        self._open: set[object] = set()
        """The forms and questions that were not answered yet."""
        self._left_texts: dict[str, TypedText] = {}
        """What stood in the forms that were left without an answer, by their places."""

    def on_mount(self) -> None:
        self.show(self.state)

    def show(self, state: EditorState) -> None:
        """Show this state."""
        self.state = state
        if self.is_mounted:
            self.show_state(state)

    def show_state(self, state: EditorState) -> None:
        """Bring the widgets in line; subclasses do."""

    def panes(self) -> Sequence[Widget]:
        """What takes the keyboard here, in the order of tab; the first one first."""
        return ()

    def copy_text(self) -> str:
        """What `y` copies."""
        return ""

    def go_to(self, problem: Problem) -> None:
        """Put the cursor where the problem can be mended."""

    def go_to_change(self, before: Pipeline) -> None:
        """Put the cursor on what an undo or a redo changed; subclasses do.

        Args:
            before: The document as it was.
        """

    # Changes

    def edit(self, what: str, **parts: object) -> None:
        """Ask for a change of whole parts of the document: `edit("change the path", source=...)`."""
        self.post_message(PipelineEdited(self.state.pipeline.model_copy(update=parts), what))

    def ask_service(
        self, row: MappingRow | None, sample: Mapping[str, object] | None, then: Callable[[ServiceWord | str], None]
    ) -> None:
        """Ask the mapping service about a row; see `ServiceWordRequested`."""
        self.post_message(ServiceWordRequested(row, sample, then))

    def ask(
        self,
        title: str,
        value: str,
        then: Callable[[str], None],
        *,
        place: str = "",
        note: str = "",
        check: Callable[[str], str] = lambda _text: "",
    ) -> None:
        """Let the user type one line; `then` is called only for a changed text.

        Args:
            place: The key of the setting, so that a text can be typed on after a crash.
        """
        from aeptui.ui.screens.ask import AskScreen

        def answered(text: str | None) -> None:
            if text is not None and text != value:
                then(text)

        screen = AskScreen(title, value, note, check, self.typed_at(place, title), self.take_resumed(place))
        self.app.push_screen(screen, self.ends_typing(answered))

    # Text that is typed and not accepted yet

    def typed_at(self, place: str, title: str) -> Typed:
        """What a form or a question tells at every key, so that the text is kept."""
        asked = self._asked = object()
        self._place = place
        self._open.add(asked)

        def typed(text: TypedText) -> None:
            # One that is going loses its focus, or learns a last thing, and tells so: it was answered already.
            if asked in self._open:
                self._left_texts[place] = text
                self.post_message(TextTyped(Typing(self.SECTION, place, title, text)))

        return typed

    def ends_typing(self, answered: Callable[[Any], None]) -> Callable[[Any], None]:
        """What is called with the answer of the form or the question that `typed_at` was asked for last."""
        asked, place = self._asked, self._place

        def ended(answer: Any) -> None:
            self._open.discard(asked)
            if answer is not None:
                self._left_texts.pop(place, None)
            self.post_message(TypingEnded(is_answered=False))
            answered(answer)
            self.post_message(TypingEnded(is_answered=True))

        return ended

    def take_resumed(self, place: str) -> TypedText | None:
        """What was typed in that place before, when it is to be gone on with now."""
        resumed, self._resumed = self._resumed, None
        return resumed.text if resumed is not None and resumed.place == place else None

    def left_at(self, place: str) -> TypedText | None:
        """What stood in that form when it was left without an answer, to be gone on with."""
        return self._left_texts.get(place)

    def resume(self, typing: Typing) -> bool:
        """Open again what was being typed, as it stood; False when it has no place any more."""
        for form in self.query(Form):
            if typing.place and form.field(typing.place) is not None:
                self._resumed = typing
                form.move_to(typing.place)
                form.post_message(Form.EditRequested(form, typing.place))
                return True
        return False

    def pick_one(
        self,
        title: str,
        columns: Sequence[Column],
        rows: Sequence[Row],
        chosen: str,
        then: Callable[[str], None],
        note: str = "",
    ) -> None:
        """Let the user choose one row; `then` gets its key."""
        from aeptui.ui.screens.pick import PickScreen

        def answered(keys: tuple[str, ...] | None) -> None:
            if keys and keys[0] != chosen:
                then(keys[0])

        self.app.push_screen(PickScreen(title, columns, rows, chosen=(chosen,) if chosen else (), note=note), answered)

    def pick_word(self, title: str, words: Sequence[tuple[str, str]], chosen: str, then: Callable[[str], None]) -> None:
        """Let the user choose one of a few words, each with what it means."""
        columns = (Column("word", "Value", min_width=12), Column("means", "Meaning", min_width=20))
        self.pick_one(title, columns, [Row(word, (word, means)) for word, means in words], chosen, then)
