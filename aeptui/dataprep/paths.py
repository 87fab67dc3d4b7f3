"""Source and destination paths: `a.b[0].c`, `a[*].b`, `${Any name}`, `name\\.withDot`.

A source path reads a row, a destination path says where a record is written. Neither knows types or the schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from .errors import PathError
from .lexer import is_name_part, is_name_start, is_plain_name

MAX_INDEX: Final = 9_999
"""The highest array index a path may name; gaps below it are filled with null."""
MAX_STARS: Final = 16
MAX_SEGMENTS: Final = 200
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*|\[(?:[0-9]{1,4}|\*)\]){0,250}")
_PARTS: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)|\[(?:([0-9]+)|\*)\]")


@dataclass(frozen=True, slots=True)
class EachElement:
    """The `[*]` of a path."""

    def __repr__(self) -> str:
        return "[*]"


EACH: Final = EachElement()
Segment = str | int | EachElement


@dataclass(frozen=True, slots=True)
class SourcePath:
    """Where a value stands in a source row."""

    text: str
    segments: tuple[Segment, ...]
    column: str
    """The whole path as one column name: a delimited file's header may contain dots."""

    @classmethod
    def parse(cls, text: str) -> SourcePath:
        """Parse a source path.

        Raises:
            PathError: with the position of the first character that does not fit.
        """
        return cls.of(text, _scan(text, strict=True))

    @classmethod
    def of(cls, text: str, segments: tuple[Segment, ...]) -> SourcePath:
        """A path from segments that are known already."""
        return cls(text, segments, path_text(segments))

    @property
    def stars(self) -> int:
        """How many `[*]` the path has."""
        return sum(segment is EACH for segment in self.segments)

    def get(self, row: Mapping[str, object]) -> object:
        """The value in the row; null when any part is absent. `[*]` gives the list of the values."""
        return self.reader()(row)

    def present(self, row: Mapping[str, object]) -> bool:
        """Whether the row has the path, even if its value is null."""
        if self.column in row:
            return True
        value: object = row
        for segment in self.segments:
            if isinstance(segment, str):
                if not isinstance(value, Mapping) or segment not in value:
                    return False
                value = value[segment]
                continue
            place = segment if isinstance(segment, int) else 0
            if not isinstance(value, (list, tuple)) or place >= len(value):
                return False
            value = value[place]
        return True

    def reader(self) -> Callable[[Mapping[str, object]], object]:
        """A closure that does what `get` does; make it once per column, not once per row."""
        column, segments = self.column, self.segments
        if len(segments) == 1:
            return lambda row: row.get(column)

        def read(row: Mapping[str, object]) -> object:
            if column in row:
                return row[column]
            return walk(row, segments)

        return read


def walk(value: object, segments: tuple[Segment, ...]) -> object:
    """Follow segments into nested objects and arrays; null as soon as one does not exist."""
    for place, segment in enumerate(segments):
        if isinstance(segment, str):
            if not isinstance(value, Mapping):
                return None
            value = value.get(segment)
        elif isinstance(segment, int):
            if not isinstance(value, (list, tuple)) or not 0 <= segment < len(value):
                return None
            value = value[segment]
        else:
            if not isinstance(value, (list, tuple)):
                return None
            rest = segments[place + 1 :]
            return [walk(item, rest) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class DestinationPath:
    """Where a value goes in an XDM record."""

    text: str
    segments: tuple[Segment, ...]

    @classmethod
    def parse(cls, text: str) -> DestinationPath:
        """Parse a destination path.

        Raises:
            PathError: with the position of the first character that does not fit.
        """
        return cls(text, _scan(text, strict=False))

    @property
    def stars(self) -> int:
        """How many `[*]` the path has."""
        return sum(segment is EACH for segment in self.segments)

    @property
    def field(self) -> str:
        """The path of the schema field, every index written `[*]`."""
        return path_text(tuple(EACH if isinstance(segment, int) else segment for segment in self.segments))


def quote_column(name: str) -> str:
    """A column's name as an expression or a source path must write it: as it is, or in `${...}`."""
    if is_plain_name(name):
        return name
    escaped = "".join("\\" + character if character in "\\.}" else character for character in name)
    return f"${{{escaped}}}"


def path_text(segments: tuple[Segment, ...]) -> str:
    """Segments joined again, without quoting."""
    parts: list[str] = []
    for segment in segments:
        if isinstance(segment, str):
            parts.append(f".{segment}" if parts else segment)
        else:
            parts.append("[*]" if isinstance(segment, EachElement) else f"[{segment}]")
    return "".join(parts)


def _scan(text: str, *, strict: bool) -> tuple[Segment, ...]:
    segments = _plain(text) or _read(text, strict=strict)
    if len(segments) > MAX_SEGMENTS:
        raise PathError(f"A path has at most {MAX_SEGMENTS} parts")
    if "*" in text and sum(segment is EACH for segment in segments) > MAX_STARS:
        raise PathError(f"A path has at most {MAX_STARS} [*]")
    return segments


def _plain(text: str) -> tuple[Segment, ...]:
    """The segments of a path of plain names, as almost all are, at a glance; empty for any other."""
    if not _PLAIN.fullmatch(text):
        return ()
    if "[" not in text:
        return tuple(text.split("."))
    return tuple(name or (int(index) if index else EACH) for name, index in _PARTS.findall(text))


def _read(text: str, *, strict: bool) -> tuple[Segment, ...]:
    if not text:
        raise PathError("The path is empty")
    segments: list[Segment] = []
    position = 0
    while position < len(text):
        if segments and text[position] == "[":
            segment, position = _bracket(text, position)
            segments.append(segment)
        else:
            if segments:
                if text[position] != ".":
                    raise PathError(f"A . or [ was expected, not {text[position]!r}", position)
                position += 1
            names, position = _name(text, position, strict=strict)
            segments.extend(names)
    return tuple(segments)


def _bracket(text: str, start: int) -> tuple[Segment, int]:
    end = text.find("]", start)
    if end < 0:
        raise PathError("The [ has no ]", start)
    inside = text[start + 1 : end].strip()
    if inside == "*":
        return EACH, end + 1
    if not (inside.isascii() and inside.isdigit()) or len(inside) > len(str(MAX_INDEX)):
        raise PathError(f"Between [ and ] stands * or a number up to {MAX_INDEX}", start + 1)
    return int(inside), end + 1


def _name(text: str, start: int, *, strict: bool) -> tuple[list[str], int]:
    if text.startswith("${", start):
        return _quoted(text, start)
    characters: list[str] = []
    position = start
    while position < len(text):
        character = text[position]
        if character == "\\" and position + 1 < len(text):
            characters.append(text[position + 1])
            position += 2
        elif character in ".[":
            break
        elif character.isspace() or character in "]{}`\"'()," or (strict and not is_name_part(character)):
            raise PathError(_unfit(text, character), position)
        else:
            characters.append(character)
            position += 1
    name = "".join(characters)
    if not name:
        raise PathError("A name is missing", start)
    if strict and not is_name_start(name[0]):
        raise PathError(f"A plain name does not start with {name[0]!r}; write {quote_column(name)}", start)
    return [name], position


def _unfit(text: str, character: str) -> str:
    hint = f"; if this is one column, write {quote_column(text)}" if "${" not in text and character != "`" else ""
    return f"{character!r} is not part of a plain name{hint}"


def _quoted(text: str, start: int) -> tuple[list[str], int]:
    names = [""]
    position = start + 2
    while position < len(text):
        character = text[position]
        if character == "\\" and position + 1 < len(text):
            names[-1] += text[position + 1]
            position += 2
            continue
        if character == "}":
            if "" in names:
                raise PathError("A name is missing in ${...}", start)
            return names, position + 1
        if character == ".":
            names.append("")
        else:
            names[-1] += character
        position += 1
    raise PathError("The ${ has no }", start)
