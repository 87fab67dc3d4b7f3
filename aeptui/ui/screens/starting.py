"""Starting an execution from a screen: asks first where that creates something in a production sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aeptui.chain.document import ParsedPipeline
    from aeptui.session import Session, Tracking
    from aeptui.ui.screens.base import BaseScreen


async def start_execution(screen: BaseScreen[None], session: Session, parsed: ParsedPipeline) -> Tracking | None:
    """Start it; None when the user was asked and said no. Must run in a worker, because it may ask.

    Raises:
        AeptuiError: it could not be started.
    """
    facts = session.describe()
    if facts.production and not session.is_local:
        from aeptui.ui.screens.confirm import ConfirmScreen

        detail = f"It creates its resources in the PRODUCTION sandbox {facts.sandbox}."
        name = parsed.pipeline.name or "this pipeline"
        if not await screen.app.push_screen_wait(ConfirmScreen(f"Run {name}?", detail, "Run", danger=True)):
            return None
    return await session.executions.start(parsed)
