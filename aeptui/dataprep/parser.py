"""Parses a calculated field: a Pratt parser over the precedence table of JEXL expressions.

It refuses JEXL's script half (assignments, statements, lambdas, `new`): a calculated field is one expression. Whether
functions and columns exist is the compiler's question.
"""

from __future__ import annotations

from typing import Final, NoReturn

from .errors import ExpressionError
from .lexer import OPERATOR_WORDS, Token, tokenize
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

MAX_DEPTH: Final = 200
_MAX_FRAMES: Final = 280
"""Operators inside brackets recurse too; together they stay far from Python's own limit, whatever calls us."""

LEVELS: Final[dict[str, int]] = {
    "?": 1, "?:": 1, "??": 1,
    "||": 2, "&&": 3, "|": 4, "^": 5, "&": 6,
    "==": 7, "!=": 7,
    "<": 8, "<=": 8, ">": 8, ">=": 8, "=~": 8, "!~": 8, "=^": 8, "=$": 8, "!^": 8, "!$": 8,
    "+": 9, "-": 9, "*": 10, "/": 10, "%": 10,
}  # fmt: skip
"""Binding strength of the infix operators, loosest first."""

PREFIX: Final = frozenset("-+~!")
_NO_CHAINING: Final = frozenset((7, 8))
_ABOVE_TERNARY: Final = 2
_STATEMENTS: Final = frozenset(["if", "for", "while", "var", "return", "break", "continue", "else"])
_CONSTANTS: Final = {"true": True, "false": False, "null": None}


def parse(text: str) -> Node:
    """Parse one expression.

    Raises:
        ExpressionError: with the position of the first character that does not fit.
    """
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._at = 0
        self._depth = 0
        self._frames = 0

    def parse(self) -> Node:
        if self._peek().kind == "end":
            raise ExpressionError("The expression is empty", 0, "Write a field's name or a function")
        node = self._expression(0)
        token = self._peek()
        if token.kind != "end":
            self._unexpected(token)
        return node

    # -- tokens

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def _operator(self, token: Token) -> str:
        if token.kind == "operator":
            return token.text
        return OPERATOR_WORDS.get(token.text, "") if token.kind == "word" else ""

    def _accept(self, operator: str) -> bool:
        token = self._peek()
        if token.kind == "operator" and token.text == operator:
            self._at += 1
            return True
        return False

    def _expect(self, operator: str, opened: Token, what: str) -> None:
        if self._accept(operator):
            return
        token = self._peek()
        if token.kind == "end":
            raise ExpressionError(f"{what} opened here has no closing {operator}", opened.position, f"Add {operator}")
        self._unexpected(token, f"or {operator}" if operator != ":" else "")

    def _unexpected(self, token: Token, also: str = "") -> NoReturn:
        if token.kind == "end":
            raise ExpressionError("The expression ends too early", token.position, "A value is missing at the end")
        if token.text == "=":
            raise ExpressionError("A calculated field assigns nothing", token.position, "To compare, write ==")
        if token.text == ";":
            raise ExpressionError(
                "A calculated field is one expression, not statements", token.position, "Remove the ;"
            )
        if token.text in ("->", "=>"):
            raise ExpressionError("Lambdas are not part of calculated fields", token.position)
        if token.kind == "word" and token.text in _STATEMENTS:
            hint = "Write iif(condition, a, b) or condition ? a : b" if token.text in ("if", "else") else ""
            self._reserved(token, f"Statements such as {token.text} are not part of calculated fields", hint)
        if token.kind == "word" and token.text not in OPERATOR_WORDS:
            self._reserved(token, f"{token.text} is a reserved word and does not fit here", "")
        hint = "An operator or a comma is missing before it" if token.kind not in ("operator", "word") else ""
        if token.kind == "word":
            hint = f"It is an operator. A field of that name is written ${{{token.text}}}"
        elif spaced := self._name_with_spaces(token):
            hint = f"{hint}. A field's name with spaces is written ${{{spaced}}}"
        expected = f"An operator {also} was expected" if also else "It does not fit here"
        raise ExpressionError(f"{token.text} was not expected", token.position, hint or expected)

    def _name_with_spaces(self, token: Token) -> str:
        """The names that end with this one, when nothing but spaces stands between them."""
        at = self._tokens.index(token)
        first = at
        while first > 0 and token.kind == "name" and self._tokens[first - 1].kind == "name":
            first -= 1
        while at > first and self._tokens[at + 1].kind in ("name", "number"):
            at += 1
        last = self._tokens[at]
        spaced = self._text[self._tokens[first].position : last.position + len(last.text)]
        return spaced if at > first else ""

    def _reserved(self, token: Token, message: str, hint: str) -> NoReturn:
        field = f"A field of that name is written ${{{token.text}}}"
        raise ExpressionError(message, token.position, f"{hint}. {field}" if hint else field)

    # -- grammar

    def _enter(self, opened: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"Nested more than {MAX_DEPTH} deep", opened.position, "Split the mapping")

    def _expression(self, minimum: int) -> Node:
        """Parse operands and every infix operator that binds at least as tightly as `minimum`."""
        self._frames += 1
        if self._frames > _MAX_FRAMES:
            raise ExpressionError(f"Nested more than {MAX_DEPTH} deep", self._peek().position, "Split the mapping")
        left = self._operand()
        while True:
            token = self._peek()
            operator = self._operator(token)
            level = LEVELS.get(operator, 0)
            if level == 0 or level < minimum:
                break
            self._at += 1
            if level == 1:
                left = self._conditional(left, operator, token)
                continue
            rest: list[tuple[str, Node]] = []
            while True:
                rest.append((operator, self._expression(level + 1)))
                following = self._peek()
                operator = self._operator(following)
                if LEVELS.get(operator) != level:
                    break
                if level in _NO_CHAINING:
                    raise ExpressionError(
                        f"{following.text} cannot follow another comparison",
                        following.position,
                        "Use parentheses or &&",
                    )
                self._at += 1
            left = Binary(token.position, left, tuple(rest))
        self._frames -= 1
        return left

    def _conditional(self, condition: Node, operator: str, token: Token) -> Node:
        then: Node | None = None
        if operator == "?":
            then = self._expression(1)
            if not self._accept(":"):
                following = self._peek()
                if following.kind != "end":
                    self._unexpected(following)
                raise ExpressionError("This ? has no :", token.position, "Write condition ? a : b")
        return Ternary(token.position, operator, condition, then, self._expression(1))

    def _operand(self) -> Node:
        prefixes: list[str] = []
        first = self._peek()
        while (operator := self._operator(self._peek())) in PREFIX and operator:
            prefixes.append(operator)
            self._at += 1
        token = self._next()
        node = self._primary(token)
        steps = self._steps()
        if steps:
            node = Chain(token.position, node, steps)
        if not prefixes:
            return node
        # There is no whole number -0, so that one keeps its sign apart.
        if (
            prefixes[-1] == "-"
            and isinstance(node, Literal)
            and type(node.value) in (int, float)
            and str(node.value) != "0"
        ):
            node = Literal(token.position, -node.value)  # type: ignore[operator]  # the test above narrows the value
            prefixes.pop()
        return Unary(first.position, tuple(prefixes), node) if prefixes else node

    def _primary(self, token: Token) -> Node:
        if token.kind in ("string", "number"):
            return Literal(token.position, token.value)
        if token.kind == "name":
            opened = self._peek()
            if self._accept("("):
                return Call(token.position, str(token.value), self._arguments(opened, ")", "The argument list"))
            return Name(token.position, (str(token.value),), token.text)
        if token.kind == "quoted_name" and isinstance(token.value, tuple):
            return Name(token.position, token.value, token.text[2:-1])
        if token.kind == "word" and token.text in _CONSTANTS:
            return Literal(token.position, _CONSTANTS[token.text])
        if token.text == "new" and token.kind == "word":
            self._reserved(token, "Objects are not made with new in a calculated field", 'Write {"key": value}')
        if token.kind == "operator" and token.text == "(":
            self._enter(token)
            node = self._expression(0)
            self._expect(")", token, "The parenthesis")
            self._depth -= 1
            return node
        if token.kind == "operator" and token.text == "[":
            return ArrayLiteral(token.position, self._arguments(token, "]", "The array"))
        if token.kind == "operator" and token.text == "{":
            return self._object(token)
        if token.kind == "operator" and token.text in (")", "]", "}", ","):
            raise ExpressionError(f"A value is missing before {token.text}", token.position, "Write one, or remove it")
        return self._unexpected(token)

    def _arguments(self, opened: Token, closing: str, what: str) -> tuple[Node, ...]:
        self._enter(opened)
        items: list[Node] = []
        if not self._accept(closing):
            items.append(self._expression(0))
            while self._accept(","):
                items.append(self._expression(0))
            self._expect(closing, opened, what)
        self._depth -= 1
        return tuple(items)

    def _object(self, opened: Token) -> Node:
        self._enter(opened)
        items: list[tuple[Node, Node]] = []
        if self._accept(":"):  # {:} is the empty map
            self._expect("}", opened, "The object")
        elif not self._accept("}"):
            while True:
                # A key stops before ?: so that its own colon is found.
                key = self._expression(_ABOVE_TERNARY)
                if not self._accept(":"):
                    self._unexpected(self._peek(), "or :")
                items.append((key, self._expression(0)))
                if not self._accept(","):
                    break
            self._expect("}", opened, "The object")
        self._depth -= 1
        return ObjectLiteral(opened.position, tuple(items))

    def _steps(self) -> tuple[Step, ...]:
        steps: list[Step] = []
        while True:
            token = self._peek()
            if self._accept("."):
                steps.append(self._member())
            elif self._accept("["):
                star = self._peek()
                if star.text == "*" and self._tokens[self._at + 1].text == "]":
                    self._at += 2
                    steps.append(Each(token.position))
                    continue
                self._enter(token)
                steps.append(Index(token.position, self._expression(0)))
                self._expect("]", token, "The index")
                self._depth -= 1
            else:
                return tuple(steps)

    def _member(self) -> Step:
        token = self._next()
        if token.kind == "name":
            opened = self._peek()
            if self._accept("("):
                return Method(token.position, str(token.value), self._arguments(opened, ")", "The argument list"))
            return Member(token.position, str(token.value))
        if token.kind == "quoted_name" and isinstance(token.value, tuple):
            return Member(token.position, ".".join(token.value))
        if token.kind == "word":
            self._reserved(token, f"{token.text} is a reserved word", "")
        if token.kind == "end":
            raise ExpressionError("A name is missing after the .", token.position)
        raise ExpressionError(
            f"A name must follow the ., not {token.text}", token.position, "Put other names in ${...}"
        )
