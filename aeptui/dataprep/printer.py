"""Writes a syntax tree as the text of a calculated field: one spelling, symbols for words, brackets only where needed.

The text parses to an equal tree. What was only a way of writing (words for operators, blanks, needless brackets, the
notation of a number) is not kept. It is for trees that come from a text: no text parses to a positive number under a
minus, for one.
"""

from __future__ import annotations

from typing import Final

from .lexer import is_plain_name
from .nodes import (
    ArrayLiteral,
    Binary,
    Call,
    Chain,
    Each,
    Index,
    Literal,
    Member,
    Method,
    Name,
    Node,
    ObjectLiteral,
    Step,
    Ternary,
    Unary,
)
from .parser import LEVELS
from .paths import quote_column

_PREFIX_LEVEL: Final = 11
_OPERAND_LEVEL: Final = 12
_NAMED: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_WORDS: Final = {None: "null", True: "true", False: "false"}


def to_expression(node: Node) -> str:
    """The text of a tree; parsing it gives an equal tree."""
    return _text(node, 0)


def _text(node: Node, least: int) -> str:
    """The text of a node, in brackets when it binds less tightly than `least`."""
    level, text = _written(node)
    return text if level >= least else f"({text})"


def _written(node: Node) -> tuple[int, str]:
    if isinstance(node, Literal):
        return _literal(node.value)
    if isinstance(node, Name):
        return _OPERAND_LEVEL, node.text if is_plain_name(node.text) else f"${{{node.text}}}"
    if isinstance(node, Chain):
        return _OPERAND_LEVEL, _head(node.head) + "".join([_step(step) for step in node.steps])
    if isinstance(node, Call):
        return _OPERAND_LEVEL, _call(node.name, node.arguments)
    if isinstance(node, Unary):
        # A negative number stands under a prefix operator without brackets: the parser reads its minus as part of it.
        least = _PREFIX_LEVEL if isinstance(node.operand, Literal) else _OPERAND_LEVEL
        return _PREFIX_LEVEL, "".join(node.operators) + _text(node.operand, least)
    if isinstance(node, Binary):
        level = LEVELS[node.rest[0][0]]
        rest = [f" {operator} {_text(operand, level + 1)}" for operator, operand in node.rest]
        return level, _text(node.first, level + 1) + "".join(rest)
    if isinstance(node, Ternary):
        condition, otherwise = _text(node.condition, 2), _text(node.otherwise, 1)
        between = node.operator if node.then is None else f"? {_text(node.then, 1)} :"
        return 1, f"{condition} {between} {otherwise}"
    if isinstance(node, ArrayLiteral):
        return _OPERAND_LEVEL, f"[{_listed(node.items)}]"
    return _OPERAND_LEVEL, _object(node)


def _literal(value: object) -> tuple[int, str]:
    if isinstance(value, str):
        return _OPERAND_LEVEL, f'"{"".join(map(_character, value))}"'
    if value is None or isinstance(value, bool):
        return _OPERAND_LEVEL, _WORDS[value]
    text = repr(value)
    return (_PREFIX_LEVEL if text.startswith("-") else _OPERAND_LEVEL), text


def _character(character: str) -> str:
    """As it is, when it can be seen; half of a surrogate pair, or a control character, by its number."""
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF and not character.isprintable() else character


def _head(node: Node) -> str:
    return f"({_text(node, 0)})" if isinstance(node, Chain) else _text(node, _OPERAND_LEVEL)


def _call(name: str, arguments: tuple[Node, ...]) -> str:
    return f"{name.replace('.', chr(92) + '.')}({_listed(arguments)})"


def _listed(nodes: tuple[Node, ...]) -> str:
    return ", ".join([_text(node, 0) for node in nodes])


def _step(step: Step) -> str:
    if isinstance(step, Member):
        return f".{quote_column(step.name)}"
    if isinstance(step, Method):
        return f".{_call(step.name, step.arguments)}"
    if isinstance(step, Index):
        return f"[{_text(step.index, 0)}]"
    assert isinstance(step, Each)  # noqa: S101  # the only other step
    return "[*]"


def _object(node: ObjectLiteral) -> str:
    if not node.items:
        return "{:}"
    return "{" + ", ".join([f"{_text(key, 2)}: {_text(value, 0)}" for key, value in node.items]) + "}"
