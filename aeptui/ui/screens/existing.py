"""A dataflow has the pipeline's name already: change it, make another, or leave all as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aeptui.ui.screens.pick import PickScreen
from aeptui.ui.screens.starting import NEW
from aeptui.ui.widgets.grid import Column, Row

if TYPE_CHECKING:
    from aeptui.chain.update import Existing

_MOST = 6


def choice(name: str, there: Sequence[Existing]) -> PickScreen:
    """The question; its answer is the id of the dataflow to change, or NEW."""
    rows = [Row(one.live.flow_id, ("change it in place", _changes(one))) for one in there if one.can_update]
    rows.append(Row(NEW, ("make another one", "it reads the same files again, into the dataset the pipeline names")))
    return PickScreen(
        f"A dataflow named {name} is there already",
        (Column("what", "What to do", width=20), Column("why", "What that means", min_width=30)),
        rows,
        note="\n".join((*(_stands(one) for one in there), "esc leaves everything as it is.")),
    )


def _stands(one: Existing) -> str:
    if one.is_same:
        return f"{one.live.flow_id} is what the pipeline makes, and it is enabled: nothing is to be done."
    if one.refused:
        return f"{one.live.flow_id} is different, and cannot be changed in place: {'; '.join(one.refused)}."
    return f"{one.live.flow_id} is different."


def _changes(one: Existing) -> str:
    words = [f"{change.where} {change.live or '-'} to {change.file or '-'}" for change in one.changes[:_MOST]]
    if len(one.changes) > _MOST:
        words.append(f"{len(one.changes) - _MOST} more")
    if not one.live.is_enabled:
        words.append("enable it")
    return ", ".join(words)
