"""Reads a column's or a field's name as words: `FirstName`, `cust_first_nm`, `prénom` and `firstname` alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from aeptui.chain.automap_words import PHRASES, SAME

Words = tuple[str, ...]

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_CUSTOM_FIELD: Final = re.compile(r"__(?:c|pc|r)$")
"""What Salesforce puts behind the name of a field of one's own."""
_LONGEST_PHRASE: Final = max(len(phrase.split()) for phrase in PHRASES)
_SHORTEST_PART: Final = 2
_LONGEST_GLUED: Final = 40


def without_accents(text: str) -> str:
    """The letters alone, as those write them who leave accents away."""
    if text.isascii():
        return text
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def stem(word: str) -> str:
    """Without the ending of a plural or of a past form."""
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    for ending in ("ed", "d"):
        if len(word) > len(ending) + 2 and word.endswith(ending):
            return word.removesuffix(ending)
    return word


_SAME: Final = {name: tuple(map(stem, words)) for name, words in SAME.items()}
_PHRASES: Final = {tuple(map(stem, name.split())): tuple(map(stem, words)) for name, words in PHRASES.items()}
_STARTS: Final = frozenset(phrase[0] for phrase in _PHRASES)


class Reader:
    """Reads names; knows the words of a schema, and so can tell where `sitesection` and `homephone` come apart."""

    def __init__(self) -> None:
        self._words: dict[str, Words] = {}
        self._vocabulary = {word for word in SAME if len(word) > _SHORTEST_PART}
        self._vocabulary |= {word for words in SAME.values() for word in words if len(word) > _SHORTEST_PART}

    def learn(self, words: Iterable[str]) -> None:
        """Take these words, and those read so far, as known."""
        read = (*words, *self._words)
        self._vocabulary.update(word for word in read if len(word) > _SHORTEST_PART and not word.isdigit())
        self._words.clear()

    def words(self, name: str) -> Words:
        """A name's words, as every other way of writing it has them."""
        plain = without_accents(_CUSTOM_FIELD.sub("", name))
        found: list[str] = []
        for written in _WORD.findall(plain):
            word = written.casefold()
            meant = self._words.get(word)
            if meant is None:
                meant = self._words[word] = self._meant(word)
            found += meant
        if not _STARTS.isdisjoint(found):
            found = _joined(found)
        if "street" in found and not any(word.isdigit() for word in found):
            found.append("1")
        return tuple(dict.fromkeys(found))

    def _meant(self, word: str) -> Words:
        same = _SAME.get(word)
        if same is not None:
            return same
        if word in self._vocabulary:
            return (stem(word),)
        parts = self._parted(word) if len(word) <= _LONGEST_GLUED else None
        if parts is not None:
            return tuple(meant for part in parts for meant in _SAME.get(part, (stem(part),)))
        return (stem(word),)

    def _parted(self, word: str) -> list[str] | None:
        """The word as known words in a row, as few as possible; None when it is not made of them."""
        best: list[list[str] | None] = [[]] + [None] * len(word)
        for end in range(1, len(word) + 1):
            for start in range(end - 2):
                before = best[start]
                known = before is not None and word[start:end] in self._vocabulary
                if known and before is not None and (best[end] is None or len(before) + 1 < len(best[end] or ())):
                    best[end] = [*before, word[start:end]]
        return best[-1]


def _joined(found: list[str]) -> list[str]:
    """The words with known phrases replaced, longest first."""
    made: list[str] = []
    at = 0
    while at < len(found):
        if found[at] in _STARTS:
            for length in range(min(_LONGEST_PHRASE, len(found) - at), 1, -1):
                meant = _PHRASES.get(tuple(found[at : at + length]))
                if meant is not None:
                    made += meant
                    at += length
                    break
            else:
                made.append(found[at])
                at += 1
        else:
            made.append(found[at])
            at += 1
    return made
