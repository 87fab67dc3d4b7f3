"""Mapping rows that came from elsewhere, and what they have to do with those that are there.

Reading (`mapping_tables`, `mapping_set_json`) answers every line it met, as a row or with the reason why it is none;
nothing is dropped in silence. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aeptui.chain.mapping_checks import target_segments
from aeptui.chain.mapping_rows import source_text
from aeptui.chain.pipeline import MappingRow
from aeptui.dataprep.paths import path_text

Role = Literal["source", "expression", "target", ""]
Layout = tuple[Role, ...]
"""What stands in each column of a table; an empty role is not read."""
Way = Literal["replace", "add", "all"]
"""Replace rows with the same target and add the others; add only what writes a free field; replace all rows."""
Fate = Literal["new", "replaces", "same", "kept", "twice", "none"]
"""What becomes of a line: a new row; one in the place of another; it is there already; the row that is there is kept;
another line writes the same field; it is no row."""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One line of what was read: a row, or why it is none."""

    line: int
    """Where it stands, counted from 1."""
    text: str
    """As it stands there, for showing."""
    row: MappingRow | None
    reason: str = ""
    """Why it is no row; of a row what it says that a pipeline does not keep."""


@dataclass(frozen=True)
class ReadTable:
    """Everything that was read."""

    rows: tuple[ReadRow, ...]
    layout: Layout = ()
    """How the columns were read; empty: this is no table."""
    layouts: tuple[Layout, ...] = ()
    """How else they could be read."""
    notes: tuple[str, ...] = ()
    """What is to be known of the whole, a sentence each."""

    @property
    def usable(self) -> int:
        """How many rows there are in it."""
        return sum(one.row is not None for one in self.rows)

    @property
    def first_reason(self) -> str:
        """Why the first line that is no row is none; empty when all are."""
        return next((one.reason for one in self.rows if one.row is None), "")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one line."""

    fate: Fate
    about: str = ""
    """The source that is replaced or kept, the line that writes it already, or why it is no row."""

    @property
    def is_taken(self) -> bool:
        """Does the mapping change by it?"""
        return self.fate in ("new", "replaces")


@dataclass(frozen=True)
class Merged:
    """The mapping as it would be."""

    rows: tuple[MappingRow, ...]
    verdicts: tuple[Verdict, ...]
    """One for each line that was read, in their order."""
    first: int | None
    """Place of the first row that is new or other; None when nothing changes."""

    def count(self, *fates: Fate) -> int:
        """How many lines have one of these fates."""
        return sum(one.fate in fates for one in self.verdicts)


def merge(there: Sequence[MappingRow], read: Sequence[ReadRow], way: Way) -> Merged:
    """Put rows that were read to those that are there.

    No two rows may write the same field: of two lines that do, the first one counts. A line without a source never
    takes the place of a row that has one. Where there is no row at all, nothing changes.
    """
    made = [] if way == "all" and any(one.row is not None for one in read) else list(there)
    place_of = {key: place for place, row in enumerate(made) if (key := target_key(row))}
    known = set(there)
    unaimed = {source_text(row) for row in made if not row.target}
    line_of: dict[str, int] = {}
    verdicts: list[Verdict] = []
    changed: list[int] = []
    for one in read:
        row = one.row
        if row is None:
            verdicts.append(Verdict("none", one.reason))
            continue
        key = target_key(row)
        if key in line_of:
            verdicts.append(Verdict("twice", f"line {line_of[key]:,}"))
            continue
        place = place_of.get(key) if key else None
        if key:
            line_of[key] = one.line
        elif source_text(row) in unaimed:
            verdicts.append(Verdict("same"))
            continue
        if place is None:
            changed.append(len(made))
            verdicts.append(Verdict("same" if row in known else "new"))
            made.append(row)
        elif made[place] == row:
            verdicts.append(Verdict("same"))
        elif way == "add" or not source_text(row):
            verdicts.append(Verdict("kept", source_text(made[place])))
        else:
            verdicts.append(Verdict("replaces", source_text(made[place])))
            changed.append(place)
            made[place] = row
    if tuple(made) == tuple(there):
        changed = []
    elif not changed:
        changed = [0]
    return Merged(tuple(made), tuple(verdicts), min(changed, default=None))


def target_key(row: MappingRow) -> str:
    """What is equal for two rows that write the same field; empty for a row that has no target yet."""
    target = row.target.strip()
    if "[" in target or "\\" in target or "${" in target:
        return path_text(target_segments(row)) or target
    return target
