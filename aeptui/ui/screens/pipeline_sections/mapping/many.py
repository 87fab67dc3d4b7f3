"""One change for many mapping rows, seen on every one of them before it is made: what it makes, and what is wrong then.

It only computes; the caller makes one edit of the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from aeptui.chain.helpings import in_helpings
from aeptui.chain.mapping_rows import PLACEHOLDER, Change, common_object
from aeptui.chain.typed_text import Typed, TypedText, untold
from aeptui.dataprep import FUNCTIONS
from aeptui.ui.screens.dialog import DialogScreen
from aeptui.ui.screens.path import Completing
from aeptui.ui.screens.pipeline_sections.mapping.form.completion import word_before
from aeptui.ui.screens.pipeline_sections.mapping.many_changes import (
    KINDS,
    Asked,
    ChangedLines,
    Outcome,
    change_of,
    missing,
    said_places,
    twice,
    words_of,
)
from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial
from aeptui.ui.widgets.choice_line import ChoiceLine
from aeptui.ui.widgets.grid import Column, Grid

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow

Changed = tuple[str, "tuple[MappingRow, ...]"]
_COLUMNS = (
    Column("row", "Row", width=6, align="right"),
    Column("before", "Before", min_width=18),
    Column("after", "After", min_width=18),
    Column("state", "State", min_width=14),
)


class ChangeManyScreen(DialogScreen[Changed | None]):
    """Dismisses with what was done, in words, and the whole mapping; or None for no change.

    Args:
        rows: The whole mapping.
        places: Which of them are to be changed.
        which: How they were chosen: `selected`, or all that are `shown`.
        trial: What rows are tried against.
        fields: Paths of the target schema.
        typed: Is told at every key what stands there.
        resumed: What was typed here before; it goes on from there.
    """

    DEFAULT_CSS = """
    ChangeManyScreen {
        #many-box { width: 120; max-width: 98%; height: 94%; max-height: 38; padding: 1 1 0 1; }
        .dialog-title { padding: 0 1; height: 1; margin-bottom: 1; }
        Horizontal { height: 1; }
        Horizontal Static { width: 12; padding: 0 1; color: $text-muted; }
        Horizontal.-unused { display: none; }
        Input { width: 1fr; }
        #many-said { padding: 0 1; margin-top: 1; height: 1; }
        #many-grid { background: $panel; }
        .dialog-keys { padding: 0 1; height: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "cancel", "back", tooltip="Back; nothing is changed, and what was typed stays for the next time"
        ),
        Binding("enter", "next", "next", show=False, priority=True, tooltip="To the next line; from the last, do it"),
        Binding("tab", "complete", "complete", priority=True, tooltip="Take what is suggested, or to the next line"),
        Binding("shift+tab", "line(-1)", "line before", priority=True, tooltip="To the line before"),
        Binding("down", "scroll_rows(1)", "next row", show=False, tooltip="The next row of the preview"),
        Binding("up", "scroll_rows(-1)", "row before", show=False, tooltip="The row before"),
        Binding("pagedown", "scroll_rows(8)", "further on", show=False, tooltip="Eight rows further"),
        Binding("pageup", "scroll_rows(-8)", "further back", show=False, tooltip="Eight rows back"),
        Binding("ctrl+s", "apply", "do it", tooltip="Do it as it is shown, as one edit"),
    ]

    def __init__(
        self,
        rows: Sequence[MappingRow],
        places: Sequence[int],
        which: str,
        trial: Trial,
        fields: Sequence[str],
        *,
        typed: Typed = untold,
        resumed: TypedText | None = None,
    ) -> None:
        super().__init__()
        self._rows = rows
        self._places = places
        self._which = which
        self._trial = trial
        self._objects = _objects(fields)
        self._shared = common_object([rows[place] for place in places])
        self._outcome: Outcome | None = None
        self._typed = typed
        self._resumed = resumed if resumed is not None and resumed.kind in KINDS else None

    def compose(self) -> ComposeResult:
        count = len(self._places)
        title = f"Change {count:,} {self._which} mapping{'s' * (count != 1)} at once"
        with Vertical(id="many-box", classes="dialog"):
            yield Static(Content(title), id="many-title", classes="dialog-title")
            with Horizontal():
                yield Static(Content("What"))
                yield ChoiceLine({name: words for name, (words, *_) in KINDS.items()}, id="many-kind")
            for number in (1, 2):
                with Horizontal(id=f"many-line-{number}"):
                    yield Static("", id=f"many-label-{number}")
                    yield Input(id=f"many-text-{number}", select_on_focus=False, suggester=Completing(self._suggested))
            yield Static("", id="many-said")
            yield Grid(*_COLUMNS, empty="Nothing changes.", id="many-grid")
            yield Static("", id="many-keys", classes="dialog-keys")

    def on_mount(self) -> None:
        self.query_one("#many-grid", Grid).can_focus = False
        self.query_one("#many-kind").focus()
        line = self.query_one("#many-kind", ChoiceLine)
        if self._resumed is not None:
            line.value = self._resumed.kind
        self.watch(line, "value", self._kind_chosen)

    def learn(self, trial: Trial, fields: Sequence[str]) -> None:
        """Columns and fields that were read meanwhile."""
        if trial is not self._trial:
            self._trial, self._objects = trial, _objects(fields)
            if self.query("#many-kind") and self.query("#many-grid"):  # it may be on its way, or about to go
                self._judge_again()

    # What is asked for

    @property
    def _kind(self) -> str:
        return self.query_one("#many-kind", ChoiceLine).value

    def _text(self, number: int) -> Input:
        return self.query_one(f"#many-text-{number}", Input)

    @property
    def _asked(self) -> Asked:
        return self._kind, self._text(1).value, self._text(2).value

    def _kind_chosen(self, kind: str) -> None:
        for number, label in enumerate(KINDS[kind][1:], 1):
            self.query_one(f"#many-label-{number}", Static).update(Content(label))
            self.query_one(f"#many-line-{number}").set_class(not label, "-unused")
            self._text(number).placeholder = ""
            self._text(number).value = ""
        if kind == "wrap":
            self._text(1).placeholder = f"trim({PLACEHOLDER})   {PLACEHOLDER} is the source"
        elif kind == "move":
            self._text(1).value = self._shared
            self._text(2).placeholder = "such as _acme.loyalty"
        before, self._resumed = self._resumed, None
        if before is not None and kind == before.kind:
            for number, text in enumerate(before.texts[:2], 1):
                self._text(number).value = text
            if before.line:
                self._text(before.line).focus()
                self._text(before.line).cursor_position = before.caret
        self._judge_again()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        line = next((number for number in (1, 2) if self._text(number).has_focus), 0)
        if line:
            kind, first, second = self._asked
            rows = f"{self._which} {said_places(self._places)}"
            self._typed(TypedText((first, second, rows), line, self._text(line).cursor_position, kind))
        self._judge_again()

    async def _suggested(self, text: str) -> str:
        """How what is typed could go on: a function, or an object of the schema."""
        if self._kind == "wrap":
            word = word_before(text, len(text))
            name = next((name for name in sorted(FUNCTIONS) if word and name.startswith(word)), "")
            if not name:
                return ""
            return f"{text[: len(text) - len(word)]}{name}({'' if PLACEHOLDER in text else f'{PLACEHOLDER})'}"
        if self._kind == "move":
            return next((one for one in self._objects if one.startswith(text) and one != text), "")
        return ""

    # What comes of it

    @work(group="judge", exclusive=True)
    async def _judge_again(self) -> None:
        outcome = await self._judged(self._asked)
        self._outcome = outcome
        self._say(outcome)

    async def _judged(self, asked: Asked) -> Outcome:
        """Change and try every row, however many there are, and let the keys go first."""
        made = dict(await in_helpings(self._changes(change_of(*asked))))
        trial, doubles = self._trial.afresh(), twice(self._rows, made)
        self.query_one("#many-grid", Grid).show(ChangedLines(self._rows, made, trial, doubles))
        self.query_one("#many-said", Static).update(Content(f"{len(made):,} change; trying them"))
        wrong = dict(await in_helpings(self._mistakes(made, trial, doubles)))
        return Outcome(asked, made, wrong)

    def _changes(self, change: Change) -> Iterator[tuple[int, MappingRow] | None]:
        """Change the rows, one at each step; those that are other rows then, by place."""
        for place in self._places:
            row = change(self._rows[place])
            yield (place, row) if row != self._rows[place] else None

    def _mistakes(
        self, made: Mapping[int, MappingRow], trial: Trial, doubles: Mapping[int, str]
    ) -> Iterator[tuple[int, str] | None]:
        """Try the changed rows, one at each step; what is wrong with them and was not before, by place."""
        for place, row in made.items():
            tried = trial.of(row)
            reason = doubles.get(place) or (tried.reason if tried.state == "error" else "")
            yield (place, reason) if reason and self._trial.of(self._rows[place]).state != "error" else None

    def _say(self, outcome: Outcome) -> None:
        made, wrong = len(outcome.made), len(outcome.wrong)
        words: list[str | tuple[str, str]] = [(f"{made:,} change", "$text-success" if made else "$text-muted")]
        if made < len(self._places):
            words.append((f"   {len(self._places) - made:,} stay as they are", "$text-muted"))
        if wrong:
            words.append((f"   {wrong:,} would be wrong", "$text-error"))
        if needed := missing(outcome.asked):
            words = [(needed, "$text-muted")]
        self.query_one("#many-said", Static).update(Content.assemble(*words))
        keys = "left right what  enter next, do it  tab complete  f1 keys  esc back"
        self.query_one("#many-keys", Static).update(Content(keys))

    # Acting

    @property
    def _lines(self) -> list[ChoiceLine | Input]:
        """What takes keys now, in the order of the screen."""
        used = [self._text(number) for number, label in enumerate(KINDS[self._kind][1:], 1) if label]
        return [self.query_one("#many-kind", ChoiceLine), *used]

    def action_line(self, by: int) -> None:
        lines = self._lines
        at = next((at for at, one in enumerate(lines) if one is self.focused), 0)
        lines[(at + by) % len(lines)].focus()

    def action_complete(self) -> None:
        text = self.focused
        if isinstance(text, Input):
            # Through the line's own queue: on a slow line it may still have keys to take in.
            text.call_later(self._complete, text)
        else:
            self.action_line(1)

    def _complete(self, text: Input) -> None:
        before = text.value
        text.action_end()
        text.action_cursor_right()
        if text.value == before and self.focused is text:
            self.action_line(1)

    def action_next(self) -> None:
        """To the next line; from the last one, do it."""
        lines = self._lines
        if self.focused is not lines[-1]:
            self.action_line(1)
        else:
            lines[-1].call_later(self.action_apply)

    def action_scroll_rows(self, by: int) -> None:
        grid = self.query_one("#many-grid", Grid)
        for _ in range(abs(by)):
            grid.action_cursor_down() if by > 0 else grid.action_cursor_up()

    @work(group="apply", exclusive=True)
    async def action_apply(self) -> None:
        """Do it; asks first when some rows would be wrong then."""
        from aeptui.ui.screens.confirm import ConfirmScreen

        known = self._outcome
        outcome = known if known is not None and known.asked == self._asked else await self._judged(self._asked)
        if not outcome.made:
            self.app.bell()
            self.notify(missing(outcome.asked) or "None of these rows changes by that.", severity="warning")
            return
        if outcome.wrong:
            place, reason = next(iter(outcome.wrong.items()))
            count = len(outcome.wrong)
            question = (
                f"Change {len(outcome.made):,} mappings, {count:,} of which {'is' if count == 1 else 'are'} wrong then?"
            )
            sure = ConfirmScreen(question, f"Row {place + 1:,}: {reason}", "Change them", danger=True)
            if not await self.app.push_screen_wait(sure):
                return
        rows = tuple(outcome.made.get(place, row) for place, row in enumerate(self._rows))
        self.dismiss((words_of(outcome), rows))

    def action_cancel(self) -> None:
        self.dismiss(None)


def _objects(fields: Sequence[str]) -> list[str]:
    """The objects of a schema that have fields."""
    return sorted({path.rpartition(".")[0] for path in fields} - {""})
