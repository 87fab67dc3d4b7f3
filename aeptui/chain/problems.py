"""One thing that is wrong with a pipeline: where, what, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Severity = Literal["error", "warning"]
Section = Literal["source", "target", "mapping", "schedule", "review"]
"""The part of the pipeline editor that mends it; `review` is what belongs to no other part."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. An error stops the pipeline; a warning does not."""

    severity: Severity
    where: str
    """The place in words, for example `[schedule] interval` or `mapping 3: target`."""
    line: int | None
    """Counted from 1 in the pipeline file; None when there is no file, or no such line."""
    what: str
    fix: str
    section: Section
    row: int | None = None
    """The mapping row, counted from 0; None for anything else."""

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line is not None else ""
        where = f"{self.where}: " if self.where else ""
        end = "" if self.what.endswith((".", "?", "!")) else "."
        return " ".join(f"{place}{where}{self.what}{end} {self.fix}".split())


def by_line(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems in the order of the file, those without a line last; equal ones once."""
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda problem: (problem.line is None, problem.line or 0)))


def closest(wanted: str, known: Iterable[str]) -> str | None:
    """The known word a user most likely meant, or None when nothing is near."""
    candidates = list(dict.fromkeys(known))
    lowered = wanted.casefold()
    for candidate in candidates:
        if candidate.casefold() == lowered:
            return candidate
    found = get_close_matches(wanted, candidates, n=1, cutoff=0.55)
    return found[0] if found else None
