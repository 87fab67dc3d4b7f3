"""What mapping rows lose, as values: of a whole input, or of sample rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow

Document = dict[str, Any]


@dataclass(frozen=True)
class Where:
    """A row of the input."""

    path: str = ""
    member: str = ""
    """Its name inside an archive."""
    line: int = 0
    """Where it starts; of Parquet the row, of sample rows their number, both from 1."""


@dataclass(frozen=True)
class LostValue:
    """One input value, or some values together, that something was lost for."""

    value: str
    """Short, text in quotes."""
    count: int
    why: str
    is_exact: bool = True
    """False: it is at least so many; there were too many different values to count each."""
    first: Where = field(default_factory=Where)


@dataclass(frozen=True)
class Loss:
    """So many rows, and the values that are most frequent among them."""

    count: int = 0
    values: tuple[LostValue, ...] = ()
    first: Where = field(default_factory=Where)


@dataclass(frozen=True)
class MappingForecast:
    """What one mapping row does to the rows that can be read."""

    nulls: Loss = field(default_factory=Loss)
    """Its expression fails: null, and a warning at best."""
    rejected: Loss = field(default_factory=Loss)
    """The row is rejected because of it, perhaps of others too."""
    silent: Loss = field(default_factory=Loss)
    """Its expression answers null by itself, though it was given something."""
    empty: int = 0
    """What it reads is null already."""

    @property
    def loses(self) -> bool:
        """Whether something goes wrong on some row."""
        return bool(self.nulls.count or self.rejected.count)


@dataclass(frozen=True)
class Forecast:
    """What a run over the whole input would report, and what each mapping row would lose."""

    source: str
    """The path that was run, as the pipeline or the user wrote it."""
    files: int
    rows: int
    readable: int
    rejected: int
    with_nulls: int
    """Rows that are kept, with a null for which a value was lost."""
    mappings: Mapping[MappingRow, MappingForecast]
    elsewhere: Loss = field(default_factory=Loss)
    """Rows rejected through no mapping's fault: they cannot be read, or lack a required field that nothing fills."""
    codes: tuple[tuple[str, int, str], ...] = ()
    """(code, rows, what it means) of the rejected rows, each counted once."""
    left_out: int = 0
    """Mapping rows with a mistake; they were not run."""
    is_own_file: bool = False
    """A file the user named was run, not what the pipeline's source selects."""

    @property
    def whole(self) -> int:
        """Rows that lose nothing."""
        return max(0, self.rows - self.rejected - self.with_nulls)

    def fails_at(self, percent: float | None) -> bool:
        """Whether a run would fail and keep nothing, for more rows are rejected than partial ingestion allows.

        Args:
            percent: What the pipeline allows; None: no row.
        """
        return bool(self.rejected) if percent is None else self.rejected * 100 > percent * self.rows

    def to_json(self) -> Document:
        """All of it, the mapping rows in their order."""
        told = asdict(replace(self, mappings={}))
        rows = [{**row.model_dump(exclude_none=True), **asdict(found)} for row, found in self.mappings.items()]
        return {**told, "whole": self.whole, "mappings": rows}

    @property
    def loses(self) -> bool:
        """Whether any row loses anything."""
        return bool(self.rejected or self.with_nulls)


def read_forecast(
    source: str, rows: Sequence[MappingRow], result: Document, left_out: int, *, is_own_file: bool
) -> Forecast:
    """What the process of a forecast answered."""
    return Forecast(
        source,
        files=len(result["files"]),
        rows=result["input_records"],
        readable=result["readable_records"],
        rejected=result["failed_records"],
        with_nulls=result["warning_records"],
        mappings=by_row(rows, result),
        elsewhere=read_loss(result["elsewhere"]),
        codes=tuple((one["code"], one["recordCount"], one["message"]) for one in result["errors"][1:]),
        left_out=left_out,
        is_own_file=is_own_file,
    )


def by_row(rows: Sequence[MappingRow], counted: Document) -> dict[MappingRow, MappingForecast]:
    """What a count of losses says of each of the rows, which were counted in this order."""
    return {
        row: MappingForecast(
            read_loss(one["nulls"]), read_loss(one["rejected"]), read_loss(one["silent"]), one["empty"]
        )
        for row, one in zip(rows, counted["mappings"], strict=True)
    }


def read_loss(told: Document) -> Loss:
    """One kind of loss."""
    if not told["count"]:
        return Loss()
    values = tuple(
        LostValue(one["value"], one["count"], one["why"], one["is_exact"], Where(**one["first"]))
        for one in told["values"]
    )
    return Loss(told["count"], values, Where(**told["first"]))
