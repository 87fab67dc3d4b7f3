"""What becomes of sample rows: ingestion's own judgement, row by row. Reads and sends nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from aeptui.dataprep import MappingRule, check_mapping
from aeptui.session.losses import Forecast, by_row, read_loss

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow
    from aeptui.emulator.ingest.blame import Outcome
    from aeptui.models.base import Json


@dataclass(frozen=True)
class JudgedField:
    """What one mapping row makes of one row of the input."""

    mapping: MappingRow
    given: tuple[tuple[str, object], ...]
    """What it reads, by name."""
    outcome: Outcome


@dataclass(frozen=True)
class JudgedRow:
    """What becomes of one row: as ingestion would have it."""

    record: Mapping[str, object]
    fields: tuple[JudgedField, ...]
    reasons: tuple[str, ...]
    """Why it is rejected; empty: it is not."""


class Preview:
    """Judges sample rows one by one, and keeps account. Reads nothing: give it the rows."""

    def __init__(self, rows: Sequence[MappingRow], schema: Json, now: datetime) -> None:
        """Compiles the mapping rows that are right, which takes a while when there are thousands."""
        from aeptui.emulator.ingest.judge import Judge
        from aeptui.emulator.ingest.losses import Losses

        self._rows = usable(rows, schema)
        self._left_out = len(rows) - len(self._rows)
        self._judge = Judge([rule_of(row) for row in self._rows], schema, now)
        self._losses = Losses(self._judge.rules)
        self._taken = self._rejected = self._with_nulls = 0

    def take(self, values: Mapping[str, Any]) -> Literal["whole", "nulls", "rejected"]:
        """Count the next row; what becomes of it."""
        self._taken += 1
        verdict = self._judge(values)
        self._losses.row(values, verdict, "", "", self._taken)
        if verdict.reasons:
            self._losses.rejected(values, verdict.reasons, "", "", self._taken)
            self._rejected += 1
            return "rejected"
        self._with_nulls += bool(verdict.warnings)
        return "nulls" if verdict.warnings else "whole"

    def judged(self, values: Mapping[str, Any]) -> JudgedRow:
        """One row in full; it is not counted."""
        verdict, blame = self._judge(values), self._losses.blame
        outcomes = blame.outcomes(verdict, values)
        fields = tuple(
            JudgedField(row, tuple(reading.given(values)), outcome)
            for row, reading, outcome in zip(self._rows, blame.readings, outcomes, strict=True)
        )
        return JudgedRow(verdict.record, fields, tuple(message for _, _, message in verdict.reasons))

    def statistics(self) -> Forecast:
        """Of the rows taken so far."""
        counted = self._losses.result()
        return Forecast(
            "", 0, self._taken, self._taken, self._rejected, self._with_nulls,
            by_row(self._rows, counted), read_loss(counted["elsewhere"]), left_out=self._left_out,
        )  # fmt: skip


def usable(rows: Sequence[MappingRow], schema: Json) -> tuple[MappingRow, ...]:
    """The mapping rows that can run: complete, right, and each into a field of the schema."""
    from aeptui.emulator.ingest.xdm import field_types

    fields = field_types(schema)
    return tuple(row for row in rows if check_mapping(rule_of(row), fields, None) is None)


def rule_of(row: MappingRow) -> MappingRule:
    """The row as the mapping language knows it."""
    if row.expression is not None:
        return MappingRule("EXPRESSION", row.expression, row.target)
    return MappingRule("ATTRIBUTE", row.source or "", row.target)
