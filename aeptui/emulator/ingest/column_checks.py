"""Finds the rows that the validator might refuse, looking at columns of values instead of records.

It may name a row that is fine and never misses one that is not: what is named is looked at by the validator itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from aeptui.dataprep import coercer
from aeptui.dataprep.coercion import Coercer
from aeptui.emulator.ingest.validate import Check, Violation, check_of, limits_of
from aeptui.emulator.ingest.xdm import MAX_DEPTH, Node, type_word

Values = Sequence[object]
Destination = tuple[tuple[str, ...], Coercer]
"""The path of a column's field, and what makes its values."""


class _Tree:
    """An object of the schema that mappings write into, with the columns that become its fields."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.leaves: dict[str, int] = {}
        self.trees: dict[str, _Tree] = {}
        self.required: tuple[str, ...] = tuple(node.get("required", ()))

    def places(self) -> Iterator[int]:
        """Every column below."""
        yield from self.leaves.values()
        for tree in self.trees.values():
            yield from tree.places()

    def of(self, name: str) -> list[int]:
        """The columns that make up one field."""
        if name in self.leaves:
            return [self.leaves[name]]
        return list(self.trees[name].places()) if name in self.trees else []


class ColumnChecks:
    """The checks of one schema for columns; call it with the columns of some rows."""

    def __init__(self, root: _Tree, checks: Sequence[tuple[int, Check, bool]]) -> None:
        self._root = root
        self._checks = checks
        self._demanding: list[_Tree] = []
        waiting = [root]
        while waiting:
            tree = waiting.pop()
            waiting += tree.trees.values()
            if tree.required:
                self._demanding.append(tree)

    @classmethod
    def of(cls, schema: Node, destinations: Sequence[Destination]) -> ColumnChecks | None:
        """The checks; None when a column goes elsewhere than into a field of plain objects, or no row can be right."""
        root = _Tree(schema)
        checks: list[tuple[int, Check, bool]] = []
        for place, (segments, convert) in enumerate(destinations):
            tree = root
            for name in segments[:-1]:
                child = _property(tree.node, name)
                if child is None or type_word(child) != "object":
                    return None
                tree = tree.trees.setdefault(name, _Tree(child))
            node = _property(tree.node, segments[-1])
            if node is None or len(segments) > MAX_DEPTH:
                return None
            tree.leaves[segments[-1]] = place
            word = type_word(node)
            typed = word not in ("object", "map", "array") and convert is coercer(word)
            if not typed or limits_of(node, word):
                checks.append((place, check_of(node, ".".join(segments), len(segments)), typed))
        return cls(root, checks) if all(root.of(name) for name in root.required) else None

    def __call__(self, columns: Sequence[Values], length: int) -> set[int]:
        """The places of the rows to look at."""
        odd: set[int] = set()
        for place, check, typed in self._checks:
            odd |= _breaking_once(check, columns[place]) if typed else _breaking(check, columns[place])
        for tree in self._demanding:
            for name in tree.required:
                parts = tree.of(name)
                if any(None not in columns[place] for place in parts):
                    continue
                missing = _all_null([columns[place] for place in parts], range(length))
                if tree is not self._root:  # an object that is not there needs no fields
                    missing -= _all_null([columns[place] for place in tree.places()], missing)
                odd |= missing
        return odd


def _property(node: Node, name: str) -> Node | None:
    found = node.get("properties", {}).get(name)
    return found if isinstance(found, Mapping) else None


def _all_null(columns: Sequence[Values], rows: Collection[int]) -> set[int]:
    """The rows, of those given, that are null in every column."""
    found = set(rows)
    for column in columns:
        found = {row for row in found if column[row] is None}
    return found


def _breaking(check: Check, column: Values) -> set[int]:
    """Where the values are that a check finds something about."""
    places: set[int] = set()
    found: list[Violation] = []
    for place, value in enumerate(column):
        if value is not None:
            check(value, found)
        if found:
            places.add(place)
            found.clear()
    return places


def _breaking_once(check: Check, column: Values) -> set[int]:
    """The same for scalars of one type: equal ones are checked once."""
    distinct = [value for value in set(column) if value is not None]
    broken = {distinct[place] for place in _breaking(check, distinct)}
    return {place for place, value in enumerate(column) if value in broken} if broken else set()
