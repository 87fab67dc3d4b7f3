"""How an expression looks while it is typed: its parts, the bracket that belongs to the one at the caret. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from aeptui.dataprep import FUNCTIONS, METHODS, Token, tokens
from aeptui.ui.widgets.expression_input import Span

_OPENING = {"(": ")", "[": "]", "{": "}"}
_CLOSING = {closing: opening for opening, closing in _OPENING.items()}
_LOOKS = {"string": "string", "number": "number", "word": "keyword", "operator": "operator", "error": "error"}


class ColumnNames:
    """The columns of the file, to be looked up by any path that begins with one; None: the file is not known."""

    def __init__(self, columns: Iterable[str] | None) -> None:
        self._are_known = columns is not None
        self._all = frozenset(columns or ())
        self._roots = frozenset(name.partition(".")[0].partition("[")[0] for name in self._all)

    def has(self, path: str) -> bool:
        """May the file have this path? A path of a column's own inside is not known to be missing."""
        return not self._are_known or path in self._all or path.partition(".")[0] in self._roots


@lru_cache(maxsize=4)
def spans(text: str, names: ColumnNames) -> tuple[Span, ...]:
    """Every part of an expression and how it looks."""
    found = tokens(text)
    looks: list[Span] = []
    column = "column"
    for at, token in enumerate(found):
        look = _LOOKS.get(token.kind, "")
        if not look:
            is_call = at + 1 < len(found) and found[at + 1].text == "("
            is_inside = at > 0 and found[at - 1].text == "." and found[at - 1].kind == "operator"
            if is_call and token.kind == "name":
                look = "function" if token.text in (METHODS if is_inside else FUNCTIONS) else "unknown"
            elif is_inside:
                look = column
            else:
                look = column = "column" if names.has(_path(token)) else "unknown"
        looks.append(Span(token.position, token.position + len(token.text), look))
    return tuple(looks)


def _path(token: Token) -> str:
    return ".".join(token.value) if isinstance(token.value, tuple) else str(token.value)


def mistake(text: str, position: int | None) -> list[Span]:
    """The part of the text at the place of a mistake."""
    if position is None:
        return []
    end = next((one.position + len(one.text) for one in tokens(text) if one.position == position), position + 1)
    return [Span(position, end, "mistake")]


def brackets(text: str, caret: int) -> list[Span]:
    """The bracket before the caret, else the one at it, and its partner."""
    around = [at for at in (caret - 1, caret) if 0 <= at < len(text) and (text[at] in _OPENING or text[at] in _CLOSING)]
    if not around:
        return []
    partners = _partners(tokens(text))
    for at in around:
        if at in partners:
            return [Span(at, at + 1, "match"), Span(partners[at], partners[at] + 1, "match")]
    return []


def _partners(found: Sequence[Token]) -> dict[int, int]:
    opened: list[Token] = []
    partners: dict[int, int] = {}
    for token in found:
        if token.kind != "operator":
            continue
        if token.text in _OPENING:
            opened.append(token)
        elif token.text in _CLOSING and opened and opened[-1].text == _CLOSING[token.text]:
            partner = opened.pop().position
            partners[partner], partners[token.position] = token.position, partner
    return partners


def operand_end(text: str) -> int:
    """Where the value ends that a text begins with: a path, a text, a number, a call; 0 when it begins with none."""
    found = tokens(text)
    if not found or found[0].position or found[0].kind in {"operator", "error"}:
        return 0
    partners = _partners(found)
    end, at = len(found[0].text), 1
    while at < len(found) and found[at].kind == "operator":
        token = found[at]
        if token.text in ("(", "[") and token.position in partners:
            end = partners[token.position] + 1
            at = next((place for place, one in enumerate(found) if one.position >= end), len(found))
        elif token.text == "." and at + 1 < len(found) and found[at + 1].kind == "name":
            end = found[at + 1].position + len(found[at + 1].text)
            at += 2
        else:
            break
    return end


def has_partner(text: str, caret: int) -> bool:
    """Does the closing bracket at the caret belong to an opened one? One more typed before it would be too much."""
    return caret in _partners(tokens(text))
