"""On which line each key of a TOML text stands. `tomllib` gives values without places; this gives places only.

It trusts its input: call it with a text that `tomllib` has accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

KeyPath = tuple[str | int, ...]
"""Keys and, inside arrays, zero-based positions: `("mapping", 2, "target")`."""

_BLANK: Final = " \t\r"
_ENDS_BARE: Final = ",]}#\n"


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, counted from 1, of every table, key and array element of a TOML text."""
    return _Scanner(text).scan()


@dataclass(frozen=True)
class Scanned:
    """Where things stand in a TOML text."""

    lines: Mapping[KeyPath, int]
    """As `key_lines` tells them."""
    spans: Mapping[KeyPath, tuple[int, int]]
    """Of each key with a value the characters from its name to the end of its value."""
    comments: Sequence[tuple[int, int, str]]
    """Character, line and text of each comment."""


def scanned(text: str) -> Scanned:
    """Everything there is to know of a TOML text but its values."""
    scanner = _Scanner(text)
    return Scanned(scanner.scan(), scanner.spans, scanner.comments)


def header_lines(text: str) -> tuple[int, ...]:
    """The lines, counted from 1, on which a `[table]` or `[[table]]` header stands."""
    scanner = _Scanner(text)
    scanner.scan()
    return tuple(scanner.headers)


def path_name(path: KeyPath) -> str:
    """A key path as text: `mapping[2].target`."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._lines: dict[KeyPath, int] = {}
        self.headers: list[int] = []
        self.spans: dict[KeyPath, tuple[int, int]] = {}
        self.comments: list[tuple[int, int, str]] = []
        self._counts: dict[KeyPath, int] = {}
        """How many rows each array of tables has so far."""

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._skip_blank(newlines=True):
            if self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _peek(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def _advance(self, count: int = 1) -> None:
        self._line += self._text.count("\n", self._at, self._at + count)
        self._at += count

    def _skip_blank(self, *, newlines: bool) -> bool:
        """Go to the next character that means something; False at the end."""
        while character := self._peek():
            if character == "#":
                end = self._text.find("\n", self._at)
                end = len(self._text) if end < 0 else end
                self.comments.append((self._at, self._line, self._text[self._at : end].rstrip("\r")))
                self._at = end
            elif character in _BLANK or (newlines and character == "\n"):
                self._advance()
            else:
                return True
        return False

    def _note(self, path: KeyPath, line: int) -> None:
        """Keep the first line of a path; a table made by a dotted key stands where that key stands."""
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], line)

    def _header(self) -> KeyPath:
        line = self._line
        self.headers.append(line)
        is_row = self._text.startswith("[[", self._at)
        self._advance(2 if is_row else 1)
        names = self._dotted()
        self._advance(2 if is_row else 1)
        path: KeyPath = ()
        for place, name in enumerate(names):
            path = (*path, name)
            is_last = place == len(names) - 1
            if is_row and is_last:
                self._counts[path] = self._counts.get(path, 0) + 1
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        self._note(path, line)
        return path

    def _pair(self, table: KeyPath) -> None:
        line, start = self._line, self._at
        path = (*table, *self._dotted())
        self._note(path, line)
        self._advance()  # the equals sign
        self._value(path)
        self.spans.setdefault(path, (start, self._at))

    def _dotted(self) -> list[str]:
        names: list[str] = []
        while True:
            self._skip_blank(newlines=False)
            names.append(self._key())
            self._skip_blank(newlines=False)
            if self._peek() != ".":
                return names
            self._advance()

    def _key(self) -> str:
        quote = self._peek()
        if quote in ('"', "'"):
            start = self._at
            self._string()
            inside = self._text[start + 1 : self._at - 1]
            return inside if quote == "'" or "\\" not in inside else _unescaped(inside)
        start = self._at
        while self._peek() and (self._peek().isalnum() or self._peek() in "_-"):
            self._advance()
        return self._text[start : self._at]

    def _string(self) -> None:
        quote = self._peek()
        if self._text.startswith(quote * 3, self._at):
            self._advance(3)
            while not self._text.startswith(quote * 3, self._at):
                self._advance(2 if quote == '"' and self._peek() == "\\" else 1)
            self._advance(3)
            while self._peek() == quote:  # up to two quotes may stand before the closing three
                self._advance()
            return
        self._advance()
        while self._peek() != quote:
            self._advance(2 if quote == '"' and self._peek() == "\\" else 1)
        self._advance()

    def _value(self, path: KeyPath) -> None:
        self._skip_blank(newlines=False)
        character = self._peek()
        if character in ('"', "'"):
            self._string()
        elif character == "[":
            self._array(path)
        elif character == "{":
            self._inline_table(path)
        else:
            while self._peek() and self._peek() not in _ENDS_BARE:
                self._advance()

    def _array(self, path: KeyPath) -> None:
        self._advance()
        place = 0
        while self._skip_blank(newlines=True) and self._peek() != "]":
            if self._peek() == ",":
                self._advance()
                continue
            element = (*path, place)
            self._note(element, self._line)
            self._value(element)
            place += 1
        self._advance()

    def _inline_table(self, path: KeyPath) -> None:
        self._advance()
        while self._skip_blank(newlines=True) and self._peek() != "}":
            if self._peek() == ",":
                self._advance()
                continue
            self._pair(path)
        self._advance()


def _unescaped(inside: str) -> str:
    """A quoted key with escapes; rare enough to ask the real parser."""
    import tomllib

    return str(tomllib.loads(f'key = "{inside}"')["key"])
