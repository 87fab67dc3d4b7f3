"""Reads the mapping rows of a long pipeline file quickly: those in the plain form in which this program writes them.

A run of plain rows is taken out of the text but for its last row, and what is left, a short text, is read as TOML. So
only one reader knows what TOML is; this one knows a form of which nothing but one meaning is possible, and leaves
everything else alone. It says the same as reading the whole text, in a tenth of the time.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from aeptui.chain.problems import Problem
from aeptui.chain.toml_lines import KeyPath, header_lines, key_lines
from aeptui.chain.toml_reading import parse_toml

_COMMENT: Final = r"(?:#[^\x00-\x08\x0a-\x1f\x7f]*+)?+"
_END: Final = rf"[ \t]*+{_COMMENT}\n"
_TEXT: Final = r"""("(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*+"|'[^'\x00-\x1f\x7f]*+')"""
_KEYS: Final = ("source", "expression", "target")
_ROW: Final = rf"\[\[mapping\]\]{_END}" + "".join(rf"(?:{key} = {_TEXT}{_END})?+" for key in _KEYS)
_ONE: Final = re.compile(rf"^{_ROW}", re.MULTILINE)
_RUN: Final = re.compile(rf"^{_ROW}(?:(?:{_END})*+{_ROW})++", re.MULTILINE)
_BLOCK: Final = re.compile(rf"(?:{_END})*+{_ROW}(?:{_END})*+")
_HEADER: Final = "\n[[mapping]]"


@dataclass(frozen=True)
class _Run:
    """Plain rows that were taken out, one after the other."""

    text: str
    rows: list[dict[str, Any]]
    line: int
    """Of the first of them, in the whole text."""
    kept: int
    """The line, in the text that is left, of the row after them."""

    @cached_property
    def headers(self) -> list[int]:
        """The line of each row in the whole text."""
        found, line, end = [], self.line, 0
        for match in _ONE.finditer(self.text):
            line += self.text.count("\n", end, match.start())
            found.append(line)
            line += self.text.count("\n", match.start(), match.end())
            end = match.end()
        return found

    @property
    def height(self) -> int:
        """How many lines were taken out."""
        return self.text.count("\n")


class RowLines(Mapping[KeyPath, int]):
    """What `key_lines` says of the whole text, worked out for the rows one asks for."""

    def __init__(self, rest: Mapping[KeyPath, int], runs: list[tuple[int, _Run]]) -> None:
        self._rest = rest
        self._runs = runs
        self._firsts: list[int] = []
        """The number of the first row of each run, among all rows."""
        self._kept: list[int] = []
        self._heights: list[int] = [0]
        taken = 0
        for place, run in runs:
            self._firsts.append(place + taken)
            self._kept.append(run.kept)
            taken += len(run.rows)
            self._heights.append(self._heights[-1] + run.height)
        self._taken = taken

    def __getitem__(self, path: KeyPath) -> int:
        path, run = self._find(path)
        if run is None:
            line = self._rest[path]
            if path == ("mapping",) and line == self._kept[0]:
                return self._runs[0][1].line
            return line + self._heights[bisect_right(self._kept, line)]
        number, keys = int(path[1]), path[2:]
        if not keys:
            return run.headers[number]
        return run.headers[number] + 1 + list(run.rows[number]).index(str(keys[0]))

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, tuple):
            return False
        path, run = self._find(path)
        if run is None:
            return path in self._rest
        return len(path) == 2 or (len(path) == 3 and path[2] in run.rows[int(path[1])])

    def __iter__(self) -> Iterator[KeyPath]:
        for place, (_, run) in enumerate(self._runs):
            for number, row in enumerate(run.rows, self._firsts[place]):
                yield "mapping", number
                for key in row:
                    yield "mapping", number, key
        for path in self._rest:
            if len(path) > 1 and path[0] == "mapping":
                number = int(path[1])
                before = sum(len(run.rows) for at, run in self._runs if at <= number)
                yield "mapping", number + before, *path[2:]
            else:
                yield path

    def __len__(self) -> int:
        return len(self._rest) + self._taken + sum(len(row) for _, run in self._runs for row in run.rows)

    def _find(self, path: KeyPath) -> tuple[KeyPath, _Run | None]:
        """The path as the text that is left, or the run, knows it."""
        if len(path) < 2 or path[0] != "mapping" or not isinstance(path[1], int) or path[1] < 0:
            return path, None
        number, before = path[1], 0
        for first, (_, run) in zip(self._firsts, self._runs, strict=True):
            if number < first:
                break
            if number < first + len(run.rows):
                return ("mapping", number - first, *path[2:]), run
            before += len(run.rows)
        return ("mapping", number - before, *path[2:]), None


def read_toml(text: str) -> tuple[dict[str, object], Mapping[KeyPath, int]] | Problem:
    """The document and the line of each of its keys; or the one problem of a text that is not TOML."""
    plain = text.replace("\r\n", "\n")
    # Of \r\r\n a \r is left, which is not TOML; replaced once more, it would be.
    quick = _read_short(plain) if "\r" not in plain else None
    if quick is not None:
        return quick
    document = parse_toml(text)
    return document if isinstance(document, Problem) else (document, key_lines(text))


def all_header_lines(text: str) -> tuple[int, ...]:
    """The same as `header_lines`, of a text that is TOML."""
    text = text.replace("\r\n", "\n")
    try:
        rest, runs = ("", []) if _may_hide_rows(text) else _taken_out(text)
    except ValueError:
        runs = []
    if not runs:
        return header_lines(text)
    left = header_lines(rest)
    if not {run.kept for run in runs} <= set(left):
        return header_lines(text)
    found: list[int] = []
    rows, height = iter(runs), 0
    run = next(rows, None)
    for line in left:
        if run is not None and line == run.kept:
            found += run.headers
            height += run.height
            run = next(rows, None)
        found.append(line + height)
    return tuple(found)


def is_plain_row(block: str) -> bool:
    """Is this one row in the plain form, with nothing but comments around it?"""
    return bool(_BLOCK.fullmatch(block))


def _may_hide_rows(text: str) -> bool:
    """May what looks like a row stand in a text of many lines?"""
    return '"""' in text or "'''" in text


def _read_short(text: str) -> tuple[dict[str, object], Mapping[KeyPath, int]] | None:
    """The same for a text with plain rows; None when it has none, or when anything about it is out of the ordinary."""
    if _may_hide_rows(text):
        return None
    try:
        rest, runs = _taken_out(text)
        if not runs:
            return None
        document: dict[str, Any] = tomllib.loads(rest)
    except (ValueError, RecursionError):
        return None
    lines = key_lines(rest)
    rows = document.get("mapping")
    numbers = {lines.get(("mapping", number)): number for number in range(len(rows) if isinstance(rows, list) else 0)}
    whole: list[object] = []
    placed: list[tuple[int, _Run]] = []
    cursor = 0
    for run in runs:
        number = numbers.get(run.kept)
        if number is None or not isinstance(rows, list):
            return None
        whole += rows[cursor:number]
        whole += run.rows
        placed.append((number, run))
        cursor = number
    document["mapping"] = [*whole, *(rows or ())[cursor:]]
    return document, RowLines(lines, placed)


def _taken_out(text: str) -> tuple[str, list[_Run]]:
    """The text without its plain rows, the last one of each run excepted, and what was taken out.

    Raises:
        ValueError: a text in it is not TOML.
    """
    rest: list[str] = []
    runs: list[_Run] = []
    cursor, line, short = 0, 1, 1
    for match in _RUN.finditer(text):
        before, found = text[cursor : match.start()], match[0]
        last = found.rindex(_HEADER) + 1
        out = found[:last]
        rows = [_row(texts) for texts in _ONE.findall(out)]
        height = before.count("\n")
        line, short = line + height, short + height
        runs.append(_Run(out, rows, line, short))
        rest += (before, found[last:])
        kept = found.count("\n", last)
        line, short = line + out.count("\n") + kept, short + kept
        cursor = match.end()
    rest.append(text[cursor:])
    return "".join(rest), runs


def _row(texts: tuple[str, str, str]) -> dict[str, Any]:
    return {key: _plain(text) for key, text in zip(_KEYS, texts, strict=True) if text}


def _plain(text: str) -> str:
    if "\\" in text and text[0] == '"':
        return str(tomllib.loads(f"text = {text}")["text"])
    return text[1:-1]
