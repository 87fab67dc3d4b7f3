"""Parses Java regular expressions into a small tree; every leaf carries its Python source.

Supported: what mappings use. Refused with a clear message: class intersections and nested classes, the `x` flag, and
Java's rarer escapes. Classes such as `\\d` and `\\w` are ASCII, as in Java.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Final, Literal

from .regex_classes import HORIZONTAL, VERTICAL, PatternSyntaxError, property_class

UNBOUNDED: Final = 1_000_000_000
_MAX_PATTERN: Final = 2_000
_MAX_GROUPS: Final = 60
_DOT: Final = "[^\\n\\r\\u0085\\u2028\\u2029]"
_NO_START: Final = frozenset(("[", "[^", "-", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S"))
"""What no range of characters starts with: a hyphen behind it is one."""
_CONTROL: Final = {"t": "\\t", "n": "\\n", "r": "\\r", "f": "\\f", "a": "\\x07", "e": "\\x1b"}
_LAST_LINE: Final = "(?=(?:\\r\\n|(?<!\\r)\\n|[\\r\\u0085\\u2028\\u2029])?\\Z)"
_ASSERTIONS: Final = {
    "b": "(?u:\\b)",
    "B": "(?u:\\B)",
    "A": "\\A",
    "z": "\\Z",
    "Z": _LAST_LINE,
    "^": "\\A",
    "$": _LAST_LINE,
}
"""Java ends a line at more characters than Python, and never between the two of one end."""
_LINES: Final = {
    "^": "(?!\\Z)(?:\\A|(?<=[\\n\\r\\u0085\\u2028\\u2029])(?!(?<=\\r)\\n))",
    "$": "(?=\\r\\n|(?<!\\r)\\n|[\\r\\u0085\\u2028\\u2029]|\\Z)",
}
"""The same with the flag m."""


@dataclass(frozen=True, slots=True)
class Char:
    """Exactly one character; `source` is Python's spelling of the class."""

    source: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """A place: anchors, word boundaries, look-behind."""

    source: str


@dataclass(frozen=True, slots=True)
class Reference:
    """What a group has matched, once more."""

    group: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives, tried in order."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Parentheses. `number` is set for a capturing group."""

    kind: Literal["capture", "plain", "ahead", "not_ahead", "atomic"]
    body: Node
    number: int = 0


@dataclass(frozen=True, slots=True)
class Repeat:
    """A quantifier; `mode` is empty, `?` or `+`."""

    body: Node
    least: int
    most: int
    mode: str


Node = Char | Assertion | Reference | Sequence | Choice | Group | Repeat


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed expression with its number of capturing groups."""

    node: Node
    groups: int
    may_prefer_nothing: bool
    """Whether it has parts that match nothing, rather than the something that they could match at the same place."""


def parse_regex(pattern: str) -> Parsed:
    """Parse a Java regular expression.

    Raises:
        PatternSyntaxError: it is not well formed, or not supported.
    """
    if len(pattern) > _MAX_PATTERN:
        raise PatternSyntaxError(f"a regular expression has at most {_MAX_PATTERN} characters")
    parser = _Parser(pattern)
    node = parser.choice("")
    if parser.at < len(pattern):
        raise PatternSyntaxError("a ) has no (")
    return Parsed(node, parser.groups, parser.may_prefer_nothing)


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.groups = 0
        self.names: dict[str, int] = {}
        self.depth = 0
        self.may_prefer_nothing = False

    def _take(self, text: str) -> bool:
        if self.pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def _until(self, end: str, what: str) -> str:
        close = self.pattern.find(end, self.at)
        if close < 0:
            raise PatternSyntaxError(f"{what} has no {end}")
        text = self.pattern[self.at : close]
        self.at = close + len(end)
        return text

    def choice(self, flags: str) -> Node:
        options: list[Node] = []
        parts: list[Node] = []
        while self.at < len(self.pattern) and self.pattern[self.at] != ")":
            if self._take("|"):
                options.append(Sequence(tuple(parts)))
                parts = []
                continue
            inline = re.compile(r"\(\?([imsu]+)\)").match(self.pattern, self.at)
            if inline:
                flags += inline[1]
                self.at = inline.end()
                continue
            parts.extend(self._quantified(flags))
        options.append(Sequence(tuple(parts)))
        self.may_prefer_nothing = self.may_prefer_nothing or len(options) > 1
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _quantified(self, flags: str) -> list[Node]:
        atoms = self._atom(flags)
        while atoms and self.at < len(self.pattern):
            found = re.compile(r"([*+?]|\{(\d{1,4})(,(\d{0,4}))?\})([?+]?)").match(self.pattern, self.at)
            if not found:
                break
            self.at = found.end()
            least, most = {"*": (0, UNBOUNDED), "+": (1, UNBOUNDED), "?": (0, 1)}.get(found[1], (0, 0))
            if found[2] is not None:
                least = int(found[2])
                most = least if found[3] is None else int(found[4]) if found[4] else UNBOUNDED
            if most < least or isinstance(atoms[-1], (Assertion, Repeat)):
                raise PatternSyntaxError(f"the quantifier {found[0]} has nothing to repeat")
            atoms[-1] = Repeat(atoms[-1], least, most, found[5])
            self.may_prefer_nothing = self.may_prefer_nothing or found[5] == "?"
        return atoms

    def _atom(self, flags: str) -> list[Node]:
        character = self.pattern[self.at]
        if character == "(":
            return [self._group(flags)]
        if character == "[":
            return [_char(self._class(), flags)]
        self.at += 1
        if character == "\\":
            return self._escape(flags)
        if character == ".":
            return [Char("(?s:.)" if "s" in flags else _DOT)]
        if character in "^$":
            return [Assertion((_LINES if "m" in flags else _ASSERTIONS)[character])]
        if character in "*+?{":
            raise PatternSyntaxError(f"the quantifier {character} has nothing to repeat")
        return [_char(re.escape(character), flags)]

    def _group(self, flags: str) -> Node:
        self.depth += 1
        if self.depth > _MAX_GROUPS:
            raise PatternSyntaxError("its groups are nested too deeply")
        start = self.at
        self.at += 1
        kind: Literal["capture", "plain", "ahead", "not_ahead", "atomic"] = "plain"
        number = 0
        behind = ""
        if not self._take("?"):
            kind, number = "capture", self._number()
        elif self._take("="):
            kind = "ahead"
        elif self._take("!"):
            kind = "not_ahead"
        elif self._take(">"):
            kind = "atomic"
        elif self._take("<=") or self._take("<!"):
            behind = self.pattern[start : self.at]
        elif self._take("<"):
            name = self._until(">", "a group's name")
            if name in self.names:
                raise PatternSyntaxError(f"two groups are named {name}")
            kind, number = "capture", self._number()
            self.names[name] = number
        else:
            flags += self._flags()
        body = self.choice(flags)
        if not self._take(")"):
            raise PatternSyntaxError("a ( has no )")
        self.depth -= 1
        if behind:
            return Assertion(f"{behind}{to_python(body)})")
        return Group(kind, body, number)

    def _flags(self) -> str:
        flags = self._until(":", "a group's flags")
        if not re.fullmatch(r"[imsu]*", flags):
            raise PatternSyntaxError(f"(?{flags}...) is not supported")
        return flags

    def _number(self) -> int:
        self.groups += 1
        if self.groups > _MAX_GROUPS:
            raise PatternSyntaxError("it has too many groups")
        return self.groups

    def _escape(self, flags: str) -> list[Node]:
        if self._take("Q"):
            end = self.pattern.find("\\E", self.at)
            text = self.pattern[self.at : end if end >= 0 else None]
            self.at = len(self.pattern) if end < 0 else end + 2
            return [_char(re.escape(character), flags) for character in text]
        if self.at >= len(self.pattern):
            raise PatternSyntaxError("it ends with a single \\")
        character = self.pattern[self.at]
        if character in "bBAzZ":
            self.at += 1
            return [Assertion(_ASSERTIONS[character])]
        if character == "R":
            self.at += 1
            return [Group("atomic", Choice((Sequence((Char("\\r"), Char("\\n"))), Char(f"[{VERTICAL}]"))))]
        if self._take("k<"):
            name = self._until(">", "a reference")
            if name not in self.names:
                raise PatternSyntaxError(f"there is no group {name}")
            return [Reference(self.names[name])]
        if character in "123456789":
            self.at += 1
            if int(character) > self.groups:
                raise PatternSyntaxError(f"there is no group {character}")
            return [Reference(int(character))]
        return [_char(self._member(), flags)]

    def _member(self) -> str:
        """After a backslash: Python's source for one character or class, fit for use inside brackets and outside."""
        character = self.pattern[self.at]
        self.at += 1
        if character in _CONTROL:
            return _CONTROL[character]
        if character in "dDwWsS":
            return "\\" + character
        if character in "hv":
            return f"[{HORIZONTAL if character == 'h' else VERTICAL}]"
        if character in "HV":
            return f"[^{HORIZONTAL if character == 'H' else VERTICAL}]"
        if character in "ux":
            return self._code_point(character)
        if character in "pP":
            name = self._until("}", "\\p{") if self._take("{") else self.pattern[self.at : self.at + 1]
            if not self.pattern.startswith("{", self.at) and len(name) == 1 and self.pattern[self.at - 1] != "}":
                self.at += 1
            return f"[{'^' if character == 'P' else ''}{property_class(name)}]"
        if character.isalnum():
            raise PatternSyntaxError(f"\\{character} is not supported")
        return re.escape(character)

    def _code_point(self, kind: str) -> str:
        digits = self._until("}", "\\x{") if self._take("{") else ""
        if not digits:
            length = 4 if kind == "u" else 2
            digits = self.pattern[self.at : self.at + length]
            self.at += length
        if not re.fullmatch(r"[0-9a-fA-F]{2,6}", digits) or int(digits, 16) > sys.maxunicode:
            raise PatternSyntaxError(f"\\{kind}{digits} is not a character")
        return f"\\U{int(digits, 16):08x}"

    def _class(self) -> str:
        self.at += 1
        parts = ["[^" if self._take("^") else "["]
        empty = True
        while True:
            if self.at >= len(self.pattern):
                raise PatternSyntaxError("a [ has no ]")
            character = self.pattern[self.at]
            if character == "]" and not empty:
                self.at += 1
                return "".join(parts) + "]"
            empty = False
            self.at += 1
            if character == "[" or self.pattern.startswith("&&", self.at - 1):
                raise PatternSyntaxError("classes in classes are not supported")
            if character == "\\":
                if self.at >= len(self.pattern):
                    raise PatternSyntaxError("a [ has no ]")
                member = self._member()
                if member.startswith("[^"):
                    raise PatternSyntaxError("a negated class in a class is not supported")
                parts.append(member[1:-1] if member.startswith("[") else member)
            elif character == "-" and parts[-1] not in _NO_START and not self.pattern.startswith("]", self.at):
                parts.append("-")
            else:
                parts.append(re.escape(character))


def _char(source: str, flags: str) -> Char:
    return Char(f"(?i:{source})" if "i" in flags else source)


def to_python(node: Node) -> str:
    """The tree as a Python regular expression, to be compiled with re.ASCII."""
    if isinstance(node, (Char, Assertion)):
        return node.source
    if isinstance(node, Reference):
        return f"(?:\\{node.group})"
    if isinstance(node, Sequence):
        return "".join(to_python(part) for part in node.parts)
    if isinstance(node, Choice):
        return "(?:" + "|".join(to_python(option) for option in node.options) + ")"
    if isinstance(node, Group):
        opening = {"capture": "(", "plain": "(?:", "ahead": "(?=", "not_ahead": "(?!", "atomic": "(?>"}[node.kind]
        return f"{opening}{to_python(node.body)})"
    body = to_python(node.body)
    if not isinstance(node.body, (Char, Group)):
        body = f"(?:{body})"
    most = "" if node.most == UNBOUNDED else str(node.most)
    return f"{body}{{{node.least},{most}}}{node.mode}"
