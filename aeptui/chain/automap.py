"""Suggests which column goes to which field, from names and types. It suggests; a person decides.

Names are compared as words: case, separators and accents do not count, so `FirstName`, `first_name` and `PRÉNOM` are
read as a person would. No source is ever suggested twice, no target twice, and never an object.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from aeptui.chain.automap_words import BRANCHES, FILLERS, GENERIC, SYNONYMS, TECHNICAL
from aeptui.dataprep import PathError, SourcePath, quote_column

if TYPE_CHECKING:
    from aeptui.models.connections import FileColumn
    from aeptui.models.schemas import SchemaField

LEAST_SCORE: Final = 0.55
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_NUMBERS: Final = frozenset({"integer", "long", "short", "byte", "number"})
_TIMES: Final = frozenset({"date", "date-time"})
_TIME_WORDS: Final = frozenset({"date", "time", "on", "at", "day", "timestamp", "datetime"})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggested mapping."""

    source: str
    """As a mapping row writes it: `FirstName`, `${First Name}`, `customer.email`."""
    target: str
    score: float
    """0 to 1; below 0.55 nothing is suggested."""
    reason: str


class _Column(NamedTuple):
    text: str
    type: str | None
    segments: tuple[tuple[str, ...], ...]

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for segment in self.segments for word in segment)


class _Target(NamedTuple):
    path: str
    type: str
    segments: tuple[tuple[str, ...], ...]
    """Words of each part of the path, without a tenant's own branch."""

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for segment in self.segments for word in segment)

    @property
    def leaf(self) -> tuple[str, ...]:
        return self.segments[-1]


class _Match(NamedTuple):
    score: float
    reason: str


def words(name: str) -> tuple[str, ...]:
    """A name's words in lower case, without accents: `FirstName`, `first_name` and `First-Name` are the same."""
    plain = "".join(
        character for character in unicodedata.normalize("NFKD", name) if not unicodedata.combining(character)
    )
    return tuple(word.casefold() for word in _WORD.findall(plain))


def automap(
    columns: Sequence[FileColumn | str], fields: Sequence[SchemaField], taken: Collection[str]
) -> tuple[Suggestion, ...]:
    """Suggest a target for each column that has a likely one, in the order of the columns.

    Args:
        columns: A text is a column whose type is not known.
        fields: The schema's fields; objects among them are passed over.
        taken: Targets that are mapped already.
    """
    sources = list(_columns(columns))
    targets = [target for target in _targets(fields) if target.path not in taken]
    leaves = Counter("".join(target.leaf) for target in targets)
    found: list[tuple[float, int, int, str]] = []
    for place, column in enumerate(sources):
        for number, target in enumerate(targets):
            match = _match(column, target, leaves["".join(target.leaf)])
            if match is not None and match.score >= LEAST_SCORE:
                found.append((match.score, place, number, match.reason))
    # The best pair first; among equals the shorter path, then the order of file and schema.
    found.sort(key=lambda pair: (-pair[0], len(targets[pair[2]].segments), pair[1], pair[2]))
    chosen: dict[int, Suggestion] = {}
    used: set[int] = set()
    for score, place, number, reason in found:
        if place not in chosen and number not in used:
            used.add(number)
            path = targets[number].path
            chosen[place] = Suggestion(_as_source(sources[place].text), path, round(min(score, 1.0), 2), reason)
    return tuple(chosen[place] for place in sorted(chosen))


def _columns(columns: Iterable[FileColumn | str]) -> Iterable[_Column]:
    for column in columns:
        name, kind = (column, None) if isinstance(column, str) else (column.name, column.type)
        segments = tuple(part for part in map(words, name.split(".")) if part)
        if kind not in ("object", "map") and segments and "[" not in name:
            yield _Column(name, kind, segments)


def _targets(fields: Iterable[SchemaField]) -> Iterable[_Target]:
    for field in fields:
        parts = field.path.split(".")
        if field.type in ("object", "map") or "[" in field.path or any(part in TECHNICAL for part in parts):
            continue
        own = parts[1:] if len(parts) > 1 and parts[0].startswith("_") else parts
        segments = tuple(part for part in map(words, own) if part)
        if segments:
            yield _Target(field.path, field.type, segments)


def _as_source(column: str) -> str:
    try:
        return column if SourcePath.parse(column).column == column else quote_column(column)
    except PathError:
        return quote_column(column)


def _match(column: _Column, target: _Target, namesakes: int) -> _Match | None:
    fits = _type_evidence(column.type, target.type)
    if fits is None:
        return None
    match = _name_evidence(column, target, namesakes)
    return None if match is None else _Match(match.score + fits, match.reason)


def _type_evidence(source: str | None, target: str) -> float | None:
    """What the types add to the score; None when the value cannot fit."""
    if (source == "array") != (target == "array"):
        return None if source is not None or target == "array" else 0.0
    if source is None or source == "string":
        return 0.0
    if source == target:
        return 0.03
    if target == "string":
        return -0.02
    if source in _NUMBERS and target in _NUMBERS:
        return 0.02
    if source in _TIMES and target in _TIMES:
        return 0.02
    return None


def _name_evidence(column: _Column, target: _Target, namesakes: int) -> _Match | None:
    name = "".join(column.words)
    if column.text == target.path:
        return _Match(0.97, "the same name")
    if name == "".join(target.words):
        return _Match(0.95, "the same name, written differently")
    for length in range(len(target.segments) - 1, 1, -1):
        if name == "".join("".join(part) for part in target.segments[-length:]):
            return _Match(0.9, "the same name as the end of the path")
    synonym = _synonym(column, target)
    leaf = "".join(target.leaf)
    generic = leaf in GENERIC
    branch = _branch(target)
    if name == leaf:
        if namesakes == 1:
            return _Match(
                max(0.75 if generic else 0.86, synonym.score if synonym else 0), "the path ends with this name"
            )
        if synonym is not None:
            return synonym
        return None if generic else _Match(0.6 + branch, f"the path ends with this name, as {namesakes} do")
    return synonym or _partial(column, target, generic=generic, branch=branch) or _time(column, target, branch)


def _branch(target: _Target) -> float:
    """A small plus for the branches where a shared name most likely belongs."""
    head = target.path.partition(".")[0]
    return 0.1 - BRANCHES.index(head) * 0.01 if head in BRANCHES else 0.0


def _synonym(column: _Column, target: _Target) -> _Match | None:
    # Of a nested column the last part may be the word that is known: customer.email.
    for name, worth in (("".join(column.words), 0.84), ("".join(column.segments[-1]), 0.74)):
        for rank, path in enumerate(SYNONYMS.get(name, ())):
            if target.path == path or target.path.endswith(f".{path}"):
                own = 0.02 if target.path == path else 0.0
                return _Match(worth + own - rank * 0.04, f"{column.text} usually means {path}")
    return None


def _partial(column: _Column, target: _Target, *, generic: bool, branch: float) -> _Match | None:
    """The end of the column is the last name, and what stands before it is in the path, or says nothing."""
    leaf, all_words = target.leaf, column.words
    if all_words[-len(leaf) :] != leaf or len(all_words) == len(leaf):
        return None
    before = all_words[: -len(leaf)]
    above = {word for segment in target.segments[:-1] for word in segment}
    telling = [word for word in before if word not in FILLERS or word in above]
    if telling and all(word in above for word in telling):
        return _Match(0.72 + 0.02 * len(telling) + branch / 10, "its words are all in the path")
    if not telling and not generic:
        return _Match(0.56 + branch, f"the path ends with this name, without {' '.join(before)}")
    return None


def _time(column: _Column, target: _Target, branch: float) -> _Match | None:
    """`JoinedOn` and `joinDate`: the same moment under another name."""
    if target.type not in _TIMES or column.type in _NUMBERS:
        return None
    core = [_stem(word) for word in column.segments[-1] if word not in _TIME_WORDS]
    wanted = [_stem(word) for word in target.leaf if word not in _TIME_WORDS]
    if core and core == wanted and len(core) < len(column.segments[-1]):
        return _Match(0.68 + branch, "the same moment in other words")
    return None


def _stem(word: str) -> str:
    for ending in ("ed", "d"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word.removesuffix(ending)
    return word
