"""Suggests which column goes to which field, from names, types and sample values. It suggests; a person decides.

Names are compared as words: case, separators, accents and the usual abbreviations do not count, so `FirstName`,
`cust_first_nm` and `PRÉNOM` are read as a person would. A word of a column that the field cannot explain
(`owner_email`, `warehouse_city`) keeps the pair below what is accepted unseen. No source is ever suggested twice, no
target twice, never an object, and never a field whose type the sample values cannot become.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from aeptui.chain.automap_fields import Target
from aeptui.chain.automap_names import Reader, Words
from aeptui.chain.automap_values import are_country_codes, evidence, known, type_evidence
from aeptui.chain.automap_words import BRANCHES, FILLERS, GENERIC, SYNONYMS, TECHNICAL
from aeptui.dataprep import PathError, SourcePath, quote_column

if TYPE_CHECKING:
    from aeptui.models.connections import FileColumn
    from aeptui.models.schemas import SchemaField

LEAST_SCORE: Final = 0.55
ACCEPTED: Final = 0.75
"""From this score on a suggestion is taken unless somebody objects; below it somebody has to agree."""
_FEW: Final = 12
"""So many fields of one name are looked at one by one."""
_AGREED: Final = 0.04
_DOUBTED: Final = 0.7
"""More than this no pair is worth that some of the values speak against."""
_PLATFORM: Final = 0.6
"""What the platform's word is worth when the names say nothing: to be looked at, never taken unseen."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggested mapping."""

    source: str
    """As a mapping row writes it: `FirstName`, `${First Name}`, `customer.email`."""
    target: str
    score: float
    """0 to 1; below 0.55 nothing is suggested."""
    reason: str

    @property
    def is_accepted(self) -> bool:
        """Is it sure enough to be taken unless somebody objects?"""
        return self.score >= ACCEPTED


class _Column(NamedTuple):
    text: str
    type: str | None
    segments: tuple[Words, ...]
    """Words of each part of a dotted name."""
    words: Words
    values: tuple[object, ...]


class _Match(NamedTuple):
    score: float
    reason: str
    is_explicit: bool = False
    """Does the column name the branch itself?"""


class _Found(NamedTuple):
    score: float
    place: int
    number: int
    reason: str


def automap(
    columns: Sequence[FileColumn | str],
    fields: Sequence[SchemaField],
    taken: Collection[str],
    *,
    rows: Sequence[Mapping[str, object]] = (),
    platform: Mapping[str, str] | None = None,
) -> tuple[Suggestion, ...]:
    """Suggest a target for each column that has a likely one, in the order of the columns.

    Args:
        columns: A text is a column whose type is not known.
        fields: The schema's fields; objects among them are passed over.
        taken: Targets that are mapped already.
        rows: Sample rows, by column name.
        platform: Column to target, as the platform itself suggests; evidence beside the names, no more.
    """
    return _Matching(columns, fields, taken, rows, platform or {}).suggestions()


class _Matching:
    """One run: fields by their words, so that a column meets only the fields that share its words."""

    def __init__(
        self,
        columns: Sequence[FileColumn | str],
        fields: Sequence[SchemaField],
        taken: Collection[str],
        rows: Sequence[Mapping[str, object]],
        platform: Mapping[str, str],
    ) -> None:
        self._reader = Reader()
        self._targets = list(self._read_targets(fields))
        self._reader.learn(word for target in self._targets for word in target.words)
        self._columns = list(self._read_columns(columns, rows))
        self._taken = frozenset(taken)
        self._platform = platform
        self._by_path = {target.field.path: number for number, target in enumerate(self._targets)}
        self._by_end: dict[str, list[int]] = defaultdict(list)
        self._members: dict[frozenset[str], list[int]] = defaultdict(list)
        self._cores: dict[str, list[frozenset[str]]] = defaultdict(list)
        self._tellers: dict[frozenset[str], dict[str, set[int]]] = {}
        common = Counter(word for target in self._targets for word in target.core)
        for number, target in enumerate(self._targets):
            parts = target.field.path.split(".")
            for start in range(len(parts)):
                self._by_end[".".join(parts[start:])].append(number)
            self._members[target.core].append(number)
        for core in self._members:
            # Its rarest word finds it: a column that may mean it has to have every one of them.
            self._cores[min(sorted(core), key=lambda word: common[word])].append(core)
        self._synonyms = {
            frozenset(self._reader.words(name)): paths for name, paths in reversed(list(SYNONYMS.items()))
        }
        self._known: dict[tuple[Words, ...], list[tuple[int, _Match]]] = {}

    def _read_targets(self, fields: Iterable[SchemaField]) -> Iterable[Target]:
        for field in fields:
            parts = field.path.split(".")
            if (
                field.type in ("object", "map")
                or "[" in field.path
                or "/" in field.path
                or any(part in TECHNICAL for part in parts)
            ):
                continue
            own = parts[1:] if len(parts) > 1 and parts[0].startswith("_") else parts
            segments = tuple(part for part in map(self._reader.words, own) if part)
            if segments:
                yield Target(field, segments)

    def _read_columns(
        self, columns: Iterable[FileColumn | str], rows: Sequence[Mapping[str, object]]
    ) -> Iterable[_Column]:
        for column in columns:
            name, kind = (column, None) if isinstance(column, str) else (column.name, column.type)
            segments = tuple(part for part in map(self._reader.words, name.split(".")) if part)
            if kind in ("object", "map") or not segments or "[" in name:
                continue
            values = known([row.get(name) for row in rows])
            words = self._reader.words(name)
            yield _Column(name, kind, segments, words, values)

    def suggestions(self) -> tuple[Suggestion, ...]:
        matched = [self._matches(column) for column in self._columns]
        # A branch of addresses that other columns name (home_city) is not what a bare `Region` beside them means.
        named = {
            self._targets[number].head
            for matches in matched
            for number, match in matches
            if match.is_explicit and "address" in self._targets[number].segments[0]
        }
        found: list[_Found] = []
        for place, (column, matches) in enumerate(zip(self._columns, matched, strict=True)):
            agreed = self._by_path.get(self._platform.get(column.text, ""))
            if agreed is not None and all(number != agreed for number, _ in matches):
                matches = [*matches, (agreed, _Match(_PLATFORM - _AGREED, "the platform suggests it"))]
            for number, match in matches:
                judged = self._judged(column, self._targets[number], match, named)
                if judged is None or self._targets[number].field.path in self._taken:
                    continue
                score, reason = judged
                if number == agreed:
                    score += _AGREED
                    reason = reason if "the platform" in reason else f"{reason}; the platform suggests it too"
                if score >= LEAST_SCORE:
                    found.append(_Found(score, place, number, reason))
        return tuple(self._chosen(found))

    def _chosen(self, found: list[_Found]) -> Iterable[Suggestion]:
        # The best pair first; among equals the shorter path, then the order of file and schema.
        found.sort(key=lambda one: (-one.score, len(self._targets[one.number].segments), one.place, one.number))
        chosen: dict[int, Suggestion] = {}
        used: set[int] = set()
        for score, place, number, reason in found:
            if place not in chosen and number not in used:
                used.add(number)
                source, path = _as_source(self._columns[place].text), self._targets[number].field.path
                chosen[place] = Suggestion(source, path, round(min(score, 1.0), 2), reason)
        return [chosen[place] for place in sorted(chosen)]

    # Values and types

    def _judged(
        self, column: _Column, target: Target, match: _Match, named: Collection[str]
    ) -> tuple[float, str] | None:
        fits = type_evidence(column.type, target.field.type)
        shown = evidence(column.values, target.field, target.meaning)
        if fits is None or shown is None:
            return None
        score, reason = match.score + fits + shown[0], match.reason
        if shown[0] < 0:
            score = min(score, _DOUBTED)
        if not match.is_explicit and target.head in named and score < 0.9:
            score, reason = min(score, 0.68), f"{reason}, but other columns name that branch"
        if target.segments[-1] == ("country",) and are_country_codes(column.values):
            score -= 0.03
        return score, f"{reason}; {shown[1]}" if shown[1] else reason

    # Names

    def _matches(self, column: _Column) -> list[tuple[int, _Match]]:
        found = self._named(column.segments, column.words)
        exact = self._by_path.get(column.text)
        if exact is not None:
            found = [*((number, match) for number, match in found if number != exact)]
            found.append((exact, _Match(0.97, "the same name", is_explicit=True)))
        if "country" in column.words and "code" not in column.words and are_country_codes(column.values):
            seen = {number for number, _ in found}
            coded = self._named((*column.segments[:-1], (*column.segments[-1], "code")), (*column.words, "code"))
            found = [*found, *(one for one in coded if one[0] not in seen)]
        return found

    def _named(self, segments: tuple[Words, ...], words: Words) -> list[tuple[int, _Match]]:
        key = (*segments, words)
        held = self._known.get(key)
        if held is None:
            best: dict[int, _Match] = {}
            for number, match in (*self._by_words(frozenset(words)), *self._by_synonym(segments, words)):
                if number not in best or best[number].score < match.score:
                    best[number] = match
            held = self._known[key] = list(best.items())
        return held

    def _by_synonym(self, segments: tuple[Words, ...], words: Words) -> Iterable[tuple[int, _Match]]:
        whole = frozenset(words)
        last = frozenset(segments[-1]) if segments else whole
        readings = ((whole, 0.84), (whole - FILLERS, 0.8), (last, 0.74))
        for name, worth in readings:
            paths = self._synonyms.get(name)
            if not paths or (len(name) == 1 and name <= GENERIC and name != whole):
                continue
            rank = 0
            for path in paths:
                numbers = self._by_end.get(path, [])
                own = self._by_path.get(path)
                if own is not None or len(numbers) == 1:
                    number = own if own is not None else numbers[0]
                    yield (
                        number,
                        _Match(worth - rank * 0.12 + (0.02 if own is not None else 0), f"usually means {path}"),
                    )
                    rank += 1
            return

    def _by_words(self, words: frozenset[str]) -> Iterable[tuple[int, _Match]]:
        fitting = self._fitting(words)
        if not fitting:
            return
        # The best say most of the column's words, and then leave least of their own path unsaid.
        ranks = [(len(words & target.words), -len(target.telling - words)) for _, target in fitting]
        best = max(ranks)
        rivals = ranks.count(best)
        for (number, target), rank in zip(fitting, ranks, strict=True):
            match = self._match(words, target, rivals if rank == best else 0)
            if match is not None:
                yield number, match

    def _fitting(self, words: frozenset[str]) -> list[tuple[int, Target]]:
        """The fields of whose core the column has every word; of many namesakes, those whose paths say most of it."""
        found: list[int] = []
        for word in words:
            for core in self._cores.get(word, ()):
                if core <= words:
                    found += self._closest(core, words)
        return [(number, self._targets[number]) for number in found]

    def _closest(self, core: frozenset[str], words: frozenset[str]) -> Sequence[int]:
        members = self._members[core]
        if len(members) <= _FEW:
            return members
        by_word = self._tellers.get(core)
        if by_word is None:
            by_word = self._tellers[core] = defaultdict(set)
            for number in members:
                for word in self._targets[number].words - core:
                    by_word[word].add(number)
        left: set[int] = set()
        for said in sorted((by_word[word] for word in words - core if word in by_word), key=len):
            left = (left & said or left) if left else said
        return sorted(left)[:_FEW] if left else members[:_FEW]

    def _match(self, words: frozenset[str], target: Target, rivals: int) -> _Match | None:
        """What the words say of this field.

        Args:
            rivals: How many fields are as likely, itself among them; 0 when another is likelier.
        """
        unexplained = words - target.words
        rest = unexplained - FILLERS
        if target.field.type == "string":
            # `Loyalty Program Name` is the program.
            rest -= {"name"}
        if len(rest) > 1 or (rest and rivals != 1):
            return None
        named = words & target.telling
        alone = rivals == 1
        branch = 0.1 - BRANCHES.index(target.head) * 0.01 if target.head in BRANCHES else 0.0
        explicit = bool(named)
        if rest:
            # A word too many: `Sales Channel` may be the channel, `owner_email` is not the customer's.
            if named or not target.is_generic:
                return _Match(0.56 + branch / 10, f"the field has no {next(iter(rest))}, but all other words", explicit)
            return None
        namesakes = len(self._members[target.core])
        missing = target.telling - words
        if target.is_generic and not named and len(target.segments) > 1:
            if namesakes > 1 or unexplained:
                return None
            # Of a tenant's own few fields `Status` means this one; of the standard ones it may be anything.
            return _Match(0.76 if target.is_own else 0.7, "the only field with this name")
        if target.is_generic and (unexplained or (target.describes_address and "address" not in words)):
            return None if not named else _Match(0.7, "its words are in the path", explicit)
        if not unexplained and not missing:
            return _Match(0.95, "the same name, written differently", explicit)
        if alone and named:
            return _Match(0.9 - 0.02 * len(missing) - 0.02 * bool(unexplained), "its words are all in the path", True)
        if namesakes == 1:
            return _Match(0.86 - 0.03 * bool(unexplained), "the path ends with this name")
        if not rivals:
            return None
        return _Match(0.57 + branch, f"the path ends with this name, as {namesakes} do")


def _as_source(column: str) -> str:
    try:
        return column if SourcePath.parse(column).column == column else quote_column(column)
    except PathError:
        return quote_column(column)
