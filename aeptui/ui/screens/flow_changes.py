"""Enabling, disabling and deleting dataflows, each after a question. Called from workers, because they ask and wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aeptui.errors import AeptuiError
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.widgets.cells import printable

if TYPE_CHECKING:
    from aeptui.models.flows import Flow
    from aeptui.session import Session
    from aeptui.ui.screens.base import BaseScreen

_NAMED = 5


async def toggle_enabled(screen: BaseScreen[Any], session: Session, flows: Sequence[Flow]) -> bool:
    """Disable these dataflows, or enable those that are not, when any is not. True when something was tried."""
    sleeping = [flow for flow in flows if not flow.is_enabled]
    changing = sleeping or list(flows)
    if not changing:
        return False
    if sleeping:
        verb, done = "Enable", "Enabled"
        detail = "It runs again by its schedule." if len(changing) == 1 else "They run again by their schedules."
    else:
        verb, done = "Disable", "Disabled"
        detail = "No new run starts until it is enabled again. A run that is going on ends as it would."
    if not await _agreed(screen, session, verb, changing, detail):
        return False
    for flow in changing:
        try:
            await session.flows.set_enabled(flow.id, bool(sleeping))
        except AeptuiError as error:
            screen.report(error)
        else:
            screen.notify(f"{done} {_named(flow)}.", markup=False, timeout=4)
    return True


async def delete_flows(screen: BaseScreen[Any], session: Session, flows: Sequence[Flow]) -> bool:
    """Delete these dataflows. True when at least one is gone."""
    detail = "No run starts any more. The dataset and the rows in it stay. This cannot be undone."
    if not flows or not await _agreed(screen, session, "Delete", flows, detail, danger=True):
        return False
    gone = False
    for flow in flows:
        try:
            await session.flows.delete(flow.id)
        except AeptuiError as error:
            screen.report(error)
        else:
            gone = True
            screen.notify(f"Deleted {_named(flow)}.", markup=False, timeout=4)
    return gone


async def _agreed(
    screen: BaseScreen[Any], session: Session, verb: str, flows: Sequence[Flow], detail: str, *, danger: bool = False
) -> bool:
    what = _named(flows[0]) if len(flows) == 1 else f"{len(flows)} dataflows"
    lines = [detail]
    if len(flows) > 1:
        lines.append(", ".join(_named(flow) for flow in flows[:_NAMED]))
        if len(flows) > _NAMED:
            lines.append(f"and {len(flows) - _NAMED} more")
    risk = session.describe().risk
    if risk:
        lines.append(risk)
        danger = True
    question = ConfirmScreen(f"{verb} {what}?", "\n".join(lines), yes_label=verb, danger=danger)
    answer = await screen.app.push_screen_wait(question)
    return bool(answer)


def _named(flow: Flow) -> str:
    return printable(flow.name or flow.id)
