"""What becomes of sample rows: ingestion's own judgement, row by row. Reads and sends nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from aeptui.chain.mapping_rows import rule_of
from aeptui.dataprep import check_mapping
from aeptui.session.losses import Forecast, by_row, read_loss

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow
    from aeptui.emulator.ingest.blame import Outcome
    from aeptui.emulator.ingest.judge import Verdict
    from aeptui.models.base import Json


RowFate = Literal["whole", "nulls", "rejected"]
"""Nothing is lost; a null stands for a value that was lost; the row is not taken."""


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

    fate: RowFate
    values: Mapping[str, object]
    record: Mapping[str, object]
    """As far as it could be made, when the row is rejected."""
    fields: tuple[JudgedField, ...]
    elsewhere: tuple[str, ...]
    """Why it is rejected through no mapping's fault."""


class Preview:
    """Judges sample rows one by one, and keeps account.

    Args:
        rows: Of the mapping; those that are right are compiled, which takes a while when there are thousands.
        sample: The rows of the input, as the platform showed them.
        only_text: They are of a delimited file, in which a cell with nothing in it is null.
    """

    def __init__(
        self,
        rows: Sequence[MappingRow],
        schema: Json,
        now: datetime,
        sample: Sequence[Mapping[str, Any]],
        *,
        only_text: bool,
    ) -> None:
        from aeptui.emulator.ingest.judge import Judge
        from aeptui.emulator.ingest.losses import Losses

        self.sample = [_as_read(row) for row in sample] if only_text else list(sample)
        """The rows of the input as ingestion reads them."""
        self._rows = usable(rows, schema)
        self.left_out = len(rows) - len(self._rows)
        """Mapping rows with a mistake, which are not run."""
        self._judge = Judge([rule_of(row) for row in self._rows], schema, now)
        self._losses = Losses(self._judge.rules)
        self._taken = self._rejected = self._with_nulls = 0

    def take(self) -> RowFate:
        """Count the next row; what becomes of it. Raises IndexError after the last."""
        values = self.sample[self._taken]
        self._taken += 1
        verdict = self._judge(values)
        self._losses.row(values, verdict, "", "", self._taken)
        if verdict.reasons:
            self._losses.rejected(values, verdict.reasons, "", "", self._taken)
        fate = _fate(verdict)
        self._rejected += fate == "rejected"
        self._with_nulls += fate == "nulls"
        return fate

    def judged(self, place: int) -> JudgedRow:
        """One row in full; it is not counted."""
        values = self.sample[place]
        verdict, blame = self._judge(values), self._losses.blame
        outcomes = blame.outcomes(verdict, values)
        fields = tuple(
            JudgedField(row, tuple(reading.given(values)), outcome)
            for row, reading, outcome in zip(self._rows, blame.readings, outcomes, strict=True)
        )
        elsewhere = tuple(message for _, column, message in verdict.reasons if not blame.answerable(column))
        return JudgedRow(_fate(verdict), values, verdict.record, fields, elsewhere)

    def first_empty(self, mapping: MappingRow) -> int | None:
        """The place of the first row in which a mapping row is null, for what it reads is null."""
        place = self._rows.index(mapping)
        reading = self._losses.blame.readings[place]
        for number, values in enumerate(self.sample):
            if any(value is None for _, value in reading.given(values)):
                outcome = self._losses.blame.outcomes(self._judge(values), values)[place]
                if outcome.fate == "empty":
                    return number
        return None

    def statistics(self) -> Forecast:
        """Of the rows taken so far."""
        counted = self._losses.result()
        return Forecast(
            "", 0, self._taken, self._taken, self._rejected, self._with_nulls,
            by_row(self._rows, counted), read_loss(counted["elsewhere"]), left_out=self.left_out,
        )  # fmt: skip


def _as_read(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: None if value == "" else value for name, value in row.items()}


def _fate(verdict: Verdict) -> RowFate:
    return "rejected" if verdict.reasons else "nulls" if verdict.warnings else "whole"


def usable(rows: Sequence[MappingRow], schema: Json) -> tuple[MappingRow, ...]:
    """The mapping rows that can run: complete, right, and each into a field of the schema."""
    from aeptui.emulator.ingest.xdm import field_types

    fields = field_types(schema)
    return tuple(row for row in rows if check_mapping(rule_of(row), fields, None) is None)
