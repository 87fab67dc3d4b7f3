"""The syntax tree of a calculated field: frozen, each node with its zero-based position in the text.

Left-leaning chains (`a + b + c`, `a.b.c`) are kept flat, so that the depth of the tree is the depth of the brackets
the user typed and not the length of the text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """Text, a number, true, false or null."""

    position: int
    value: object


@dataclass(frozen=True, slots=True)
class Name:
    """A source field. `parts` has more than one item for `${First.Name}`, which may be one column or a path."""

    position: int
    parts: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """`.name`"""

    position: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Index:
    """`[index]`"""

    position: int
    index: Node


@dataclass(frozen=True, slots=True)
class Each:
    """`[*]`"""

    position: int


@dataclass(frozen=True, slots=True)
class Method:
    """`.name(arguments)`"""

    position: int
    name: str
    arguments: tuple[Node, ...]


Step = Member | Index | Each | Method


@dataclass(frozen=True, slots=True)
class Chain:
    """An operand followed by members, indexes and method calls, applied left to right."""

    position: int
    head: Node
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`"""

    position: int
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """A run of prefix operators, outermost first."""

    position: int
    operators: tuple[str, ...]
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Operands of one precedence level, joined left to right."""

    position: int
    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Ternary:
    """`condition ? then : otherwise`; `?:` and `??` come with `then` absent and their own operator."""

    position: int
    operator: str
    condition: Node
    then: Node | None
    otherwise: Node


@dataclass(frozen=True, slots=True)
class ArrayLiteral:
    """`[a, b]`"""

    position: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ObjectLiteral:
    """`{"k": v}`"""

    position: int
    items: tuple[tuple[Node, Node], ...]


Node = Literal | Name | Chain | Call | Unary | Binary | Ternary | ArrayLiteral | ObjectLiteral
