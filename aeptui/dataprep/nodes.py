"""The syntax tree of a calculated field: frozen, each node with its zero-based position in the text.

Two nodes are equal when they say the same; where they stand is not compared, so a printed tree parses to its equal.

Left-leaning chains (`a + b + c`, `a.b.c`) are kept flat, so that the depth of the tree is the depth of the brackets
the user typed and not the length of the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Literal:
    """Text, a number, true, false or null."""

    position: int = field(compare=False)
    value: object


@dataclass(frozen=True, slots=True)
class Name:
    """A source field. `parts` has more than one item for `${First.Name}`, which may be one column or a path."""

    position: int = field(compare=False)
    parts: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """`.name`"""

    position: int = field(compare=False)
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """`[index]`"""

    position: int = field(compare=False)
    index: Node


@dataclass(frozen=True, slots=True)
class Each:
    """`[*]`"""

    position: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Method:
    """`.name(arguments)`"""

    position: int = field(compare=False)
    name: str
    arguments: tuple[Node, ...]


Step = Member | Index | Each | Method


@dataclass(frozen=True, slots=True)
class Chain:
    """An operand followed by members, indexes and method calls, applied left to right."""

    position: int = field(compare=False)
    head: Node
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`"""

    position: int = field(compare=False)
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """A run of prefix operators, outermost first."""

    position: int = field(compare=False)
    operators: tuple[str, ...]
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Operands of one precedence level, joined left to right."""

    position: int = field(compare=False)
    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Ternary:
    """`condition ? then : otherwise`; `?:` and `??` come with `then` absent and their own operator."""

    position: int = field(compare=False)
    operator: str
    condition: Node
    then: Node | None
    otherwise: Node


@dataclass(frozen=True, slots=True)
class ArrayLiteral:
    """`[a, b]`"""

    position: int = field(compare=False)
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ObjectLiteral:
    """`{"k": v}`"""

    position: int = field(compare=False)
    items: tuple[tuple[Node, Node], ...]


Node = Literal | Name | Chain | Call | Unary | Binary | Ternary | ArrayLiteral | ObjectLiteral
