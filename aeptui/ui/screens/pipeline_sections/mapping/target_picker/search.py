"""Searches fields by path, title and description, best first, at every key. Pure; what it reads is prepared once.

Neither case nor separators count: `first name`, `FIRST_NAME` and `firstna` all find `person.name.firstName`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from aeptui.chain.automap_names import without_accents
from aeptui.chain.automap_words import HOLDERS

if TYPE_CHECKING:
    from aeptui.models.schemas import SchemaField

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_]+")
_SEPARATORS = re.compile(r"[\W_]+")


class FieldSearch:
    """Fields to search in; numbers are places in `fields`."""

    def __init__(self, fields: Sequence[SchemaField]) -> None:
        leaves = [field.path.rpartition(".")[2] for field in fields]
        named = [_with_holder(field.path, leaf) for field, leaf in zip(fields, leaves, strict=True)]
        self._leaf = [_plain(leaf) for leaf in leaves]
        self._words = [f" {' '.join(_WORD.findall(leaf)).casefold()} " for leaf in named]
        self._path = [_plain(field.path) for field in fields]
        self._title = [_plain(field.title) for field in fields]
        # A blank between them: no word that was typed goes across.
        self._all = [
            f"{path} {title} {_plain(field.description)}"
            for path, title, field in zip(self._path, self._title, fields, strict=True)
        ]
        # Ranks are parted in this order, so that no sorting is left to do at a key.
        self._order = sorted(
            range(len(fields)),
            key=lambda at: (
                not fields[at].required,
                fields[at].type == "object",
                fields[at].path.count("."),
                at,
            ),
        )
        self._last: tuple[list[str], list[int]] = [], self._order

    def __len__(self) -> int:
        return len(self._leaf)

    def find(self, text: str, mapped: Collection[int] = ()) -> list[int]:
        """Fields that have every word of the text somewhere.

        First those whose name is the text or begins with it, then those that have its last word whole, in the name, in
        the path, in the title, in the description; among equals those not mapped yet, then required ones, objects last.
        """
        terms = [term for term in map(_plain, text.split()) if term]
        if not terms:
            return [*range(len(self))]
        found = self._matching(terms)
        query, last = "".join(terms), terms[-1]
        leaf, words, path, title = self._leaf, self._words, self._path, self._title
        rest = found
        ranked: list[int] = []
        tests: tuple[Callable[[int], bool], ...] = (
            lambda at: leaf[at] == query,
            lambda at: leaf[at].startswith(query),
            lambda at: title[at] == query,
            lambda at: f" {last} " in words[at],
            lambda at: f" {last}" in words[at],
            lambda at: last in leaf[at],
            lambda at: last in path[at],
            lambda at: last in title[at],
        )
        for test in tests:
            if not rest:
                break
            fitting: list[int] = []
            others: list[int] = []
            for at in rest:
                (fitting if test(at) else others).append(at)
            ranked += _free_first(fitting, mapped)
            rest = others
        return ranked + _free_first(rest, mapped)

    def _matching(self, terms: list[str]) -> list[int]:
        before, held = self._last
        # What is typed at the end only narrows what was found.
        narrows = len(before) <= len(terms) and all(
            new.startswith(old) for old, new in zip(before, terms, strict=False)
        )
        found = held if narrows else self._order
        everything = self._all
        for term in terms:
            found = [at for at in found if term in everything[at]]
        self._last = terms, found
        return found


def _with_holder(path: str, leaf: str) -> str:
    """The last name of a path, with the one before when it only holds its value: `mobilePhone.number`."""
    return ".".join(path.split(".")[-2:]) if leaf in HOLDERS else leaf


def _free_first(found: list[int], mapped: Collection[int]) -> list[int]:
    if not mapped:
        return found
    return [at for at in found if at not in mapped] + [at for at in found if at in mapped]


def _plain(text: str) -> str:
    """Without case, accents and separators."""
    return _SEPARATORS.sub("", without_accents(text)).casefold()
