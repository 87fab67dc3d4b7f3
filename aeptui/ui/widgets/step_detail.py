"""One step whole: its own facts, then the request that did its work and the answer. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aeptui.ui.widgets.outcome_lines import step_lines
from aeptui.ui.widgets.request_list import SentRequest, request_lines, request_of_step, request_title
from aeptui.ui.widgets.text_lines import Line, line

if TYPE_CHECKING:
    from aeptui.chain.replay import StepRecord


def step_detail(step: StepRecord, requests: Sequence[SentRequest], *, is_live: bool) -> tuple[str, tuple[Line, ...]]:
    """A title, and what there is to read.

    Args:
        is_live: It runs in this process: what was not sent yet is not missing.
    """
    request = request_of_step(step.step, requests) if step.state != "pending" else None
    if request is not None:
        return request_title(request), (*step_lines(step), (), *request_lines(request))
    note = () if is_live or step.state == "pending" else ((), line("The request of this step was not kept.", "muted"))
    return "Request and answer", (*step_lines(step), *note)
