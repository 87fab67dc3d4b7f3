"""The rows a run refused, and why: one reason with its count instead of a thousand lines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.models.data_access import FailedRow
    from aeptui.models.flow_runs import FlowRun

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


@dataclass(frozen=True)
class Reason:
    """Why some rows were refused."""

    code: str
    message: str
    """Of the first such row."""
    count: int
    example: FailedRow


async def failed_rows(client: AepClient, run: FlowRun, limit: int = 200) -> tuple[FailedRow, ...]:
    """At most `limit` refused rows; none when the run wrote no batch or diagnostics were off."""
    if run.batch_id is None:
        return ()
    return tuple(await client.data_access.failed_rows(run.batch_id, limit=limit))


def reasons(rows: Iterable[FailedRow]) -> tuple[Reason, ...]:
    """The reasons of refused rows, the most frequent first. Values in a message do not make it another reason."""
    found: dict[tuple[str, str, str | None], Reason] = {}
    for row in rows:
        first = row.errors[0] if row.errors else None
        code, message = (first.code, first.message) if first is not None else ("", "no reason was given")
        key = (code, _QUOTED.sub("''", message), row.column)
        known = found.get(key)
        found[key] = replace(known, count=known.count + 1) if known else Reason(code, message, 1, row)
    return tuple(sorted(found.values(), key=lambda reason: -reason.count))
