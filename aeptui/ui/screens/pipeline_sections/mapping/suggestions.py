"""What auto-map suggests, to be judged: the doubtful pairs first, one key each; the sure ones are chosen already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from aeptui.ui.screens.pick import PickScreen
from aeptui.ui.widgets.grid import Cell, Column, Row

if TYPE_CHECKING:
    from aeptui.chain.automap import Suggestion

_COLUMNS = (
    Column("source", "Column", min_width=14),
    Column("target", "Field", min_width=20),
    Column("score", "Match", width=6, align="right"),
    Column("reason", "Because", min_width=14, priority=1),
)


class SuggestionScreen(PickScreen):
    """Dismisses with the places of the pairs that were taken, or None for no change.

    Args:
        found: The suggestions, at least one; a key is the place of one among them.
        free: How many columns nothing is mapped from yet.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "judge(True)", "take", tooltip="Take this pair, and go to the next one"),
        Binding("n", "judge(False)", "leave", tooltip="Leave this pair out, and go to the next one"),
    ]

    def __init__(self, found: Sequence[Suggestion], free: int) -> None:
        from aeptui.chain.automap import ACCEPTED

        doubtful = [at for at, one in enumerate(found) if not one.is_accepted]
        sure = [at for at, one in enumerate(found) if one.is_accepted]
        # The likeliest of the doubtful ones first: who stops on the way has missed least.
        doubtful.sort(key=lambda at: -found[at].score)
        rows = [_row(at, found[at]) for at in (*doubtful, *sure)]
        count = f"{len(sure):,} of {len(found):,} suggestions for {free:,} free columns match by {ACCEPTED:.0%} or more"
        rest = ", and are chosen; y or n judges each of the others." if doubtful else ", and are chosen."
        chosen = [str(at) for at in sure]
        super().__init__("Auto-map", _COLUMNS, rows, chosen=chosen, start=rows[0].key, many=True, note=f"{count}{rest}")

    def _show_keys(self) -> None:
        count = len(self._grid.selected_keys)
        words = f"{count:,} chosen   y take   n leave   enter takes them   / filter   esc back"
        self.query_one("#pick-keys", Static).update(Content(words))

    def action_judge(self, take: bool) -> None:
        """Take or leave the pair under the cursor, and go to the next one."""
        key = self._grid.cursor_key
        if key is None:
            return
        kept = [one for one in self._grid.selected_keys if one != key]
        self._grid.choose([*kept, key] if take else kept)
        self._grid.action_cursor_down()


def _row(at: int, one: Suggestion) -> Row:
    style = "ok" if one.is_accepted else "warning"
    score = Cell(f"{one.score:.0%}", style, sort=one.score)
    return Row(str(at), (one.source, one.target, score, Cell(one.reason, "muted")))
