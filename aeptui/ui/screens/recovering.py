"""Going on with an execution that stopped half way, and taking back what one created: what is asked before either."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType

from aeptui.errors import AeptuiError
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.pick import PickScreen
from aeptui.ui.screens.starting import belongs_here
from aeptui.ui.widgets.execution_words import short_id, step_word
from aeptui.ui.widgets.grid import Column, Row

if TYPE_CHECKING:
    from aeptui.chain.replay import ExecutionRecord, StepRecord
    from aeptui.chain.resume import Settle
    from aeptui.chain.undo import Undoable
    from aeptui.session import Session, Tracking

Recovery = Callable[[BaseScreen[None], "Session", "ExecutionRecord"], Awaitable[object]]
_ANEW = "anew"
_MOST_LISTED = 10


class RecoveringScreen(BaseScreen[None]):
    """A screen about executions: `o` goes on with the one that is chosen, `u` takes it back."""

    session: Session
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "go_on", "go on", tooltip="Go on where it stopped: use what is there, make what is missing"),
        Binding("u", "take_back", "undo", tooltip="Delete what it created; lists it first, and asks"),
    ]
    _recovering = False

    @property
    def chosen(self) -> ExecutionRecord | None:
        """The execution the keys are about."""
        return None

    def recovered(self, record: ExecutionRecord, error: AeptuiError | None) -> None:
        """It goes on, or is taken back; or could not be, and why."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action not in {"go_on", "take_back"}:
            return super().check_action(action, parameters)
        record = self.chosen if self.is_mounted else None
        if record is None or not belongs_here(self.session, record):
            return False
        return record.can_resume if action == "go_on" else record.can_undo and record.status != "undone"

    def action_go_on(self) -> None:
        self._begin(go_on)

    def action_take_back(self) -> None:
        self._begin(take_back)

    def _begin(self, how: Recovery) -> None:
        if self.chosen is not None and not self._recovering:
            self._recovering = True
            self._recover(how, self.chosen)

    @work(group="recover")
    async def _recover(self, how: Recovery, record: ExecutionRecord) -> None:
        try:
            if await how(self, self.session, record) is not None:
                self.recovered(record, None)
        except AeptuiError as error:
            self.recovered(record, error)
        finally:
            self._recovering = False


async def go_on(screen: BaseScreen[None], session: Session, record: ExecutionRecord) -> Tracking | None:
    """Go on with it; None when the user was asked and said no. Must run in a worker, because it may ask.

    Raises:
        AeptuiError: it cannot be gone on with.
    """
    risk = session.describe().risk
    if risk:
        detail = f"{risk} It creates what is missing there."
        question = ConfirmScreen(f"Go on with {record.pipeline_name}?", detail, "Go on", danger=True)
        if not await screen.app.push_screen_wait(question):
            return None
    settle = await _settled(screen, record)
    return None if settle is None else await session.executions.resume(record.id, settle=settle)


async def _settled(screen: BaseScreen[None], record: ExecutionRecord) -> Settle | None:
    """What the user decides about each step of which there are several; None: nothing, and nothing is done."""
    from aeptui.chain.resume import Settle

    settle = Settle()
    for step in record.steps:
        if not step.candidates:
            continue
        chosen = await screen.app.push_screen_wait(_choice(step))
        if chosen is None:
            return None
        if chosen[0] == _ANEW:
            settle = Settle(settle.adopt, settle.anew | {step.step})
        else:
            settle = Settle({**settle.adopt, step.step: chosen[0]}, settle.anew)
    return settle


def _choice(step: StepRecord) -> PickScreen:
    word = step_word(step.step)
    rows = [Row(id, (f"take this {word}", short_id(id))) for id in step.candidates]
    rows.append(Row(_ANEW, (f"make another {word}", "the others stay")))
    return PickScreen(
        f"{len(step.candidates)} of them carry the mark of this execution",
        (Column("what", "What to do", min_width=24), Column("id", "Id", min_width=20)),
        rows,
        note=f"An answer was lost, and more than one {word} was found. esc stops here; nothing is changed then.",
    )


async def take_back(screen: BaseScreen[None], session: Session, record: ExecutionRecord) -> ExecutionRecord | None:
    """Delete what it created, after the user has seen the list; None when the user said no.

    Raises:
        AeptuiError: the platform cannot be asked, or it cannot be undone.
    """
    items = await session.executions.survey(record.id)
    deleted = sum(one.action == "delete" for one in items)
    if not deleted:
        screen.notify(_words(items) or "Nothing is left of it.", severity="warning", markup=False)
    risk = session.describe().risk
    detail = "\n".join(filter(None, (risk, _words(items), "What was there before this execution is not touched.")))
    question = ConfirmScreen(f"Delete {deleted} resources?", detail, "Delete them", danger=True)
    if deleted and not await screen.app.push_screen_wait(question):
        return None
    return await session.executions.undo(record.id, items)


def _words(items: tuple[Undoable, ...]) -> str:
    """A line for each: what goes, and what stays and why."""
    lines = []
    for one in items[:_MOST_LISTED]:
        what = {"delete": "", "keep": f"  stays: {one.why}", "gone": "  is gone already"}[one.action]
        lines.append(f"{step_word(one.step):18} {short_id(one.id)}{what}")
    return "\n".join(lines)
