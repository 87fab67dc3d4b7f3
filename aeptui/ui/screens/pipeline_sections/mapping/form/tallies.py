"""One mapping row, run over all sampled rows: how often something comes out, and where nothing does. In process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal

from aeptui.chain.helpings import in_helpings
from aeptui.chain.mapping_checks import above, target_field
from aeptui.chain.mapping_rows import rule_of, source_text
from aeptui.dataprep import DataPrepError, Mapper, SourcePath, compile_mapping
from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow

_SCALARS = frozenset({"string", "boolean", "integer", "long", "short", "byte", "number", "date", "date-time"})

Outcome = Literal["made", "nothing", "nulled", "rejected"]
"""A value; null, as it should be; null because of an error; the row is lost."""


@dataclass(frozen=True)
class Tally:
    """How the sampled rows fared."""

    counts: Mapping[Outcome, int]
    failing: tuple[tuple[int, str], ...]
    """The rows where something went wrong, from 0, and what."""

    @classmethod
    def of(cls, found: Iterable[tuple[Outcome, str]]) -> Tally:
        """What became of each row, and why nothing did, counted."""
        told = list(found)
        failing = tuple((at, why) for at, (_, why) in enumerate(told) if why)
        return cls(Counter(outcome for outcome, _ in told), failing)

    def next_failing(self, after: int) -> int | None:
        """The next row where something goes wrong; after the last one the first again; None when there is none."""
        places = [at for at, _ in self.failing]
        return next((at for at in places if at > after), places[0] if places else None)

    def words(self) -> str:
        """`47 ok, 2 null, 1 rejected`."""
        names: dict[Outcome, str] = {
            "made": "ok",
            "nothing": "null",
            "nulled": "null by an error",
            "rejected": "rejected",
        }
        return ", ".join(f"{self.counts[key]:,} {name}" for key, name in names.items() if self.counts.get(key))


def mapper_of(row: MappingRow, trial: Trial) -> Mapper | None:
    """The row as ingestion would run it; None when it is not right enough to run."""
    if not source_text(row):
        return None
    target = row.target or "value"
    fields = _around(target, trial.types) if row.target else {}
    try:
        return compile_mapping([rule_of(row, target)], fields, trial.now)
    except DataPrepError:
        return None


def _around(target: str, types: Mapping[str, str]) -> dict[str, str]:
    """The fields that decide what becomes of a value: the target's, what it stands in, and what stands in it.

    The tree of thousands of fields takes longer to make than all rows take to run.
    """
    field = target_field(target)
    if types.get(field) in _SCALARS:
        return {field: types[field]}
    parents = [path for path in above(field) if path in types]
    root = field if field in types else parents[0] if parents else field.partition(".")[0].partition("[")[0]
    around = {path: types[path] for path in (root, *parents) if path in types}
    within: Iterator[tuple[str, str]] = (
        (path, kind) for path, kind in types.items() if path.startswith((f"{root}.", f"{root}["))
    )
    if types.get(root) == "object" and field not in types:
        # Its fields are known, and the target is none of them: one of them tells that as well as all do.
        within = islice(within, 1)
    return {**around, **dict(within)}


def outcomes(mapper: Mapper, rows: Sequence[Mapping[str, object]]) -> Iterator[tuple[Outcome, str]]:
    """What becomes of each row, and why nothing does."""
    for row in rows:
        mapped = mapper(row)
        if mapped.errors:
            yield "rejected", mapped.errors[0].message
        elif mapped.warnings:
            yield "nulled", mapped.warnings[0].message
        else:
            yield ("made" if mapped.record else "nothing"), ""


def found_of(row: MappingRow, trial: Trial, rows: Sequence[Mapping[str, object]]) -> Iterator[tuple[Outcome, str]]:
    """What becomes of each row, items of whole arrays looked at too; nothing when the mapping row cannot run."""
    mapper = mapper_of(row, trial)
    if mapper is None:
        return
    values = SourcePath.parse(row.target).reader() if target_field(row.target) in trial.items else None
    for given, (outcome, why) in zip(rows, outcomes(mapper, rows), strict=True):
        wrong = trial.misfit_in(row.target, values(mapper(given).record)) if values and outcome == "made" else ""
        yield ("rejected", wrong) if wrong else (outcome, why)


async def tallied(row: MappingRow, trial: Trial, rows: Sequence[Mapping[str, object]]) -> Tally | None:
    """Run the row over all sampled rows, in small helpings; None when it cannot run, or there are none."""
    mapper = mapper_of(row, trial)
    if mapper is None or not rows:
        return None
    return Tally.of(await in_helpings(found_of(row, trial, rows)))
