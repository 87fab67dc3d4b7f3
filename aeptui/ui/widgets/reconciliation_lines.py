"""The accounts of a flow run as lines to read: what came of it first, then the tables. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aeptui.ui.widgets.text_lines import Line, line

if TYPE_CHECKING:
    from aeptui.monitor.reconcile import Reconciliation

_STYLES = {"adds up": "ok", "does not add up": "error", "not known": "warning"}


def reconciliation_lines(found: Reconciliation) -> tuple[Line, ...]:
    """Whether it adds up, and why not; rows, files, empty fields; what was not looked at."""
    from aeptui.monitor.reconcile_words import headline, tables_of

    style = _STYLES[found.verdict]
    lines: list[Line] = [line(headline(found), style), *(line(words, style) for words in found.findings)]
    for title, (headings, *rows) in tables_of(found):
        lines += [(), line(title, "strong"), line(headings, "muted"), *map(line, rows)]
    if found.notes:
        lines += [(), *(line(words, "muted") for words in found.notes)]
    return tuple(lines)
