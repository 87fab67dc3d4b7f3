"""What a mapping row under edit comes to, on the sample rows and by the service; and what mends it.

The form on top has the lines that are typed into. Everything slower than a key waits for a rest, in small helpings.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets import Input

from aeptui.chain.mapping_rows import source_text
from aeptui.ui.screens.dialog import DialogScreen
from aeptui.ui.screens.pipeline_sections.mapping.form.fixes import Around, Fix, fix_of
from aeptui.ui.screens.pipeline_sections.mapping.form.service_words import verdict
from aeptui.ui.screens.pipeline_sections.mapping.form.signatures import call_at, signature
from aeptui.ui.screens.pipeline_sections.mapping.form.tallies import Tally, found_of, tallied
from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial, Tried, given_cell, sentence
from aeptui.ui.widgets.cells import cut, printable, width
from aeptui.ui.widgets.expression_input import ExpressionInput
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.key_line import key_name
from aeptui.ui.widgets.text_lines import Line, line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow
    from aeptui.session.mappings import ServiceWord

REST_S = 0.15
"""Without a key for so long, the other sample rows are run."""
SERVICE_REST_S = 0.6
"""And after so much more the service is asked."""
_MARKS = {"ok": "ok", "warning": "warning", "error": "fail", "unknown": "pending"}
_LABEL = 8
_PARTS = ("#form-source", "#form-target", "#form-live", "#form-list", "#form-service")

_HELP = """A column is copied; anything else is an expression, tried on the sample row while it is typed.

The mark below the text is at the mistake; ctrl+f mends it where a way is offered. Below it stands how all sample rows \
fare. Once typing rests the platform is asked too, and what it sees differently is shown."""

Answer = Callable[["ServiceWord | str"], None]
AskService = Callable[["MappingRow | None", "Mapping[str, object] | None", Answer], None]
"""Asks the service about a row on a sample row, and hands its word to the last argument, or why there is none.

Without a row what was asked is no longer waited for.
"""


def nobody(_row: MappingRow | None, _sample: Mapping[str, object] | None, _then: Answer) -> None:
    """There is no service to ask."""


Picked = Callable[["str | None"], None]
Pick = Callable[["MappingRow", Picked], None]
"""Lets a target be chosen in the schema's tree for a row, and tells the last argument which; None: no other one."""


def no_tree(_row: MappingRow, _then: Picked) -> None:
    """There is no schema to choose from."""


class JudgedForm(DialogScreen["MappingRow | None"]):
    """Tries the row that its subclass holds.

    Args:
        trial: What the row is tried against, on the sample row `at`.
        around: What else it is judged by.
        ask: Asks the service.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n,ctrl+down", "sample_row(1)", "next row", show=False, tooltip="Try it on the next sample row"),
        Binding("ctrl+l,ctrl+up", "sample_row(-1)", "row before", show=False, tooltip="Try it on the row before"),
        Binding(
            "ctrl+x",
            "failing_row",
            "failing",
            show=False,
            priority=True,
            tooltip="To the mistake, or the next row that fails",
        ),
        Binding("f1,ctrl+g", "help", "keys", show=False, tooltip="All keys of this form"),
        Binding("ctrl+f", "mend", "fix", show=False, tooltip="Mend the mistake the way that is offered"),
    ]

    def __init__(
        self,
        trial: Trial,
        around: Around,
        at: int,
        ask: AskService,
    ) -> None:
        super().__init__()
        self._trial = trial
        self._around = around
        self._at = at % max(1, len(around.rows))
        self._ask = ask
        self._tally: tuple[MappingRow, Tally | None] | None = None
        self._fix: tuple[MappingRow, Fix | None] | None = None
        self._word: ServiceWord | str | None = None
        self._asked: tuple[MappingRow, int] | None = None
        self._looked: tuple[MappingRow, int] | None = None

    @property
    def row(self) -> MappingRow:
        """The row as typed so far."""
        raise NotImplementedError

    @property
    def _judged(self) -> MappingRow:
        """The row to judge: without a target that is only begun."""
        row = self.row
        return row.model_copy(update={"target": ""}) if self._offered_target() else row

    @property
    def _source(self) -> ExpressionInput:
        return self.query_one("#form-source", ExpressionInput)

    @property
    def _target(self) -> Input:
        return self.query_one("#form-target", Input)

    def _show(self) -> None:
        """Show everything; the form does."""

    def _put_row(self, row: MappingRow) -> None:
        """Let this stand in the lines; the form does."""

    def _offered_target(self) -> str:
        """The field that enter would take in place of what is typed of it; empty when it takes what stands there."""
        return ""

    # Showing

    def _judge(self) -> None:
        """Show what comes of the row now, and look further once typing rests."""
        row = self._judged
        if self._looked != (row, self._at):
            self._looked = (row, self._at)
            self._forget_service()
            self._look_further()
        self._show_judgement(row)

    def _show_judgement(self, row: MappingRow) -> None:
        if not self.is_attached:
            return  # the form was left while somebody looked further
        self.query_one("#form-live", TextView).show(self._live(row))
        self.query_one("#form-service", TextView).show([line(*self._service_line(row))])

    def _live(self, row: MappingRow) -> list[Line]:
        if not source_text(row):
            return [line("A column is copied; anything else is an expression: lower(Email)", "muted")]
        tried = self._trial.of(row)
        lines = self._places(tried)
        if tried.position is None:
            lines.append(_result(row, tried, self.query_one("#form-live").size.width - 3))
        lines.append(self._verdict(row, tried))
        if self._fix is not None and self._fix[0] == row and self._fix[1] is not None:
            lines.append(_offer(self._fix[1]))
        if self._tally is not None and self._tally[0] == row and self._tally[1] is not None:
            lines.append(self._tally_line(self._tally[1]))
        return lines

    def _verdict(self, row: MappingRow, tried: Tried) -> Line:
        if row.target in self._around.taken and tried.position is None:
            return line(f"{glyph('fail')} {row.target} is mapped already", "error")
        if tried.position is None and (offered := self._offered_target()):
            return (("enter", "accent"), (f" takes {offered}", "muted"))
        if not row.target and tried.position is None:
            tally = self._tally[1] if self._tally is not None and self._tally[0] == row else None
            why = next((why for at, why in tally.failing if at == self._at), "") if tally is not None else ""
            return line(f"{glyph('warning')} {why}", "warning") if why else line("no target yet", "muted")
        style = tried.state if tried.state != "unknown" else "muted"
        return line(f"{glyph(_MARKS[tried.state])} {sentence(tried) or 'ok'}", style)

    def _places(self, tried: Tried) -> list[Line]:
        """The mark below the mistake, and the form of the call around the caret."""
        source = self._source
        lines: list[Line] = []
        if tried.position is not None:
            at, cell = source.line_of(min(tried.position, len(source.value)))
            # The mark belongs to the line right above it; in the text itself the place is underlined.
            if at == source.shown_lines - 1:
                lines.append(line(" " * max(0, _LABEL - 2 + cell) + "^", "error"))
        call = call_at(source.value, source.cursor_position) if source.has_focus else None
        if call is not None:
            lines.append(signature(call, self.query_one("#form-live").size.width - 3))
        return lines

    def _tally_line(self, tally: Tally) -> Line:
        where = (f"row {self._at + 1} of {len(self._around.rows):,}; all: ", "muted")
        said: Line = (where, (tally.words(), "warning" if tally.failing else "ok"))
        if not tally.failing or [at for at, _ in tally.failing] == [self._at]:
            return said
        return (*said, ("   ctrl+x", "accent"), (" goes to one", "muted"))

    def _service_line(self, row: MappingRow) -> tuple[str, str]:
        if not source_text(row) or self._ask is nobody:
            return "", ""
        return verdict(row, self._trial, self._word)

    # Looking further

    def _is_open(self) -> bool:
        """Is there still something to show it in? Work may outlive the lines for a moment."""
        return len(self.query(", ".join(_PARTS))) == len(_PARTS)

    @work(group="further", exclusive=True)
    async def _look_further(self) -> None:
        await asyncio.sleep(REST_S)
        if not self._is_open():
            return
        row, trial = self._judged, self._trial
        if not source_text(row):
            return
        self._tally = (row, await tallied(row, trial, self._around.rows))
        if trial.of(row).state != "ok" or (self._tally[1] and self._tally[1].failing):
            # Looking for near names among thousands takes a while.
            await asyncio.to_thread(trial.explained, row)
            self._fix = (row, await asyncio.to_thread(fix_of, row, trial, self._around))
        if not self._is_open():
            return
        self._show_judgement(row)
        if self._offered_target():
            return
        await asyncio.sleep(SERVICE_REST_S)
        self._asked = asked = (row, self._at)

        def answered(word: ServiceWord | str) -> None:
            if self._asked == asked and self._is_open():
                self._word = word
                self._show_judgement(self._judged)

        self._ask(row, trial.row, answered)

    def _forget_service(self) -> None:
        if self._asked is not None:
            self._ask(None, None, lambda _word: None)
        self._asked = self._word = None

    def on_unmount(self) -> None:
        self._forget_service()

    # Acting

    def action_sample_row(self, by: int) -> None:
        """Try it on another of the sampled rows."""
        if self._around.rows:
            self._go_to_row((self._at + by) % len(self._around.rows))

    def _go_to_row(self, at: int) -> None:
        self._at = at
        self._trial = replace(self._trial.afresh(), row=self._around.rows[at])
        self._show()

    def action_failing_row(self) -> None:
        """To where it goes wrong: the mistake in the text, else the next sample row that fails."""
        position = self._trial.of(self._judged).position
        if position is not None and source_text(self.row):
            self._source.focus()
            self._source.cursor_position = position
            return
        at = Tally.of(found_of(self.row, self._trial, self._around.rows)).next_failing(self._at)
        if at is None:
            self.notify(f"It fails on none of the {len(self._around.rows):,} sample rows.", timeout=3)
        else:
            self._go_to_row(at)

    def action_help(self) -> None:
        """All keys of this form, before those of any line that is typed into."""
        from aeptui.ui.screens.help import HelpScreen, active_keys

        keys: dict[str, list[str]] = {}
        for kind in type(self).__mro__:
            if issubclass(kind, JudgedForm):
                # Also those that a line's own hide, and leave to the form when there is nothing to scroll.
                for binding in Binding.make_bindings(kind.__dict__.get("BINDINGS", ())):
                    keys.setdefault(binding.tooltip, []).append(key_name(binding))
        own = [(" ".join(names), text) for text, names in keys.items()]
        rest = [one for one in active_keys(self) if one[1] not in keys and not one[1].startswith(("Scroll", "Page"))]
        self.app.push_screen(HelpScreen("One mapping", _HELP, (*own, *rest)))

    def action_mend(self) -> None:
        """Do what mends the row, once the keys typed before have arrived."""
        self._source.call_later(lambda: self._target.call_later(self._mend))

    def _mend(self) -> None:
        row = self.row
        fix = self._fix[1] if self._fix is not None and self._fix[0] == row else fix_of(row, self._trial, self._around)
        if fix is None or fix.row is None:
            said = fix.what if fix is not None else "There is nothing that is sure to mend it."
            self.notify(said, markup=False, timeout=4, severity="warning")
        else:
            self._put_row(fix.row)


def _result(row: MappingRow, tried: Tried, cells: int) -> Line:
    kind = ("calculates  " if row.expression is not None else "copies  ", "muted")
    if not tried.has_value:
        return (kind, ("no sample row to try it on", "muted"))
    made = "null" if tried.made is None else json.dumps(tried.made, ensure_ascii=False, default=str)
    room = max(20, cells - len(kind[0]) - len(tried.type) - 6)
    made = cut(printable(made), room - min(width(printable(given_cell(tried).text)), room // 3))
    given = cut(printable(given_cell(tried).text), room - width(made))
    return (kind, (f"{given} ", ""), ("-> ", "muted"), (made, "strong"), (f"  {tried.type}", "muted"))


def _offer(fix: Fix) -> Line:
    if fix.row is None:
        return line(fix.what, "warning")
    return (("ctrl+f", "accent"), (f"  {fix.what}", "strong"), (f"   {fix.why}" if fix.why else "", "muted"))
