"""An input row beside the record it becomes, line by line: what a mapping row read stands where it wrote.

Mapping rows keep their order, and a value that became null has a line of its own at its place, with the reason. So the
lines stay where they are from row to row. Pure: values in, lines out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import takewhile
from typing import TYPE_CHECKING

from aeptui.dataprep import DestinationPath
from aeptui.dataprep.errors import shown
from aeptui.dataprep.paths import Segment
from aeptui.ui.widgets.glyphs import glyph

if TYPE_CHECKING:
    from aeptui.session.preview import JudgedField, JudgedRow

_INPUT_CHARACTERS = 120
_STYLES = {"value": "", "empty": "muted", "silent": "muted", "null": "warning", "rejected": "error"}
_MARKS = {"null": ("warning", "null"), "rejected": ("fail", "rejected")}
_NOTES = {"empty": "null in the input", "silent": "null by its own answer"}
EVERY = "*"
"""An index, or every one, in a path that is compared."""

Path = tuple[str, ...]


@dataclass(frozen=True)
class RecordLine:
    """One line: what was read, what stands in the record, and what is to be said of it."""

    input: str
    record: str
    note: str = ""
    style: str = ""
    field: JudgedField | None = None


@dataclass
class _Node:
    """A place in the record that mapping rows write at or below."""

    children: dict[str, _Node] = field(default_factory=dict)
    fields: list[JudgedField] = field(default_factory=list)
    deep: dict[Path, list[JudgedField]] = field(default_factory=dict)
    """Those that write into arrays below, by the rest of their paths."""


def record_lines(judged: JudgedRow) -> list[RecordLine]:
    """The record with what made it; then the columns of the row that no mapping reads."""
    root = _Node()
    for one in judged.fields:
        segments = DestinationPath.parse(one.mapping.target).segments
        names = [str(name) for name in takewhile(lambda segment: isinstance(segment, str), segments)]
        node = root
        for name in names:
            node = node.children.setdefault(name, _Node())
        rest = tuple(_name(segment) for segment in segments[len(names) :])
        if rest:
            node.deep.setdefault(rest, []).append(one)
        else:
            node.fields.append(one)
    lines = list(_node(root, judged.record, "", 0))
    unread = _unread(judged)
    if unread:
        lines.append(RecordLine("", "", "no mapping reads these columns", "muted"))
        lines += [RecordLine(f"{name}  {shown(value, _INPUT_CHARACTERS)}", "", "", "muted") for name, value in unread]
    return lines


def input_of(one: JudgedField) -> str:
    """What a mapping row reads, by name."""
    return ", ".join(f"{name}  {shown(value, _INPUT_CHARACTERS)}" for name, value in one.given)


def note_of(one: JudgedField) -> str:
    """What became of its value; empty when nothing is to be said."""
    fate, why = one.outcome.fate, one.outcome.why
    if fate == "rejected":
        return f"rejected: {why}"
    if fate == "null":
        return f"null: {why}"
    return _NOTES.get(fate, "")


def as_json(value: object, indent: int | None = None) -> str:
    """A value of a record as JSON; dates are text there."""
    return json.dumps(value, ensure_ascii=False, default=_plain, indent=indent)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else str(value)


def _name(segment: Segment) -> str:
    return segment if isinstance(segment, str) else EVERY


def _unread(judged: JudgedRow) -> list[tuple[str, object]]:
    read = {name for one in judged.fields for name, _ in one.given}
    roots = {name.partition(".")[0].partition("[")[0] for name in read}
    return [(name, value) for name, value in judged.values.items() if name not in read and name not in roots]


def _line(text: str, depth: int, fields: list[JudgedField]) -> Iterator[RecordLine]:
    """One line of the record with the first mapping row that made it, and a line for each other one."""
    indented = f"{'  ' * depth}{text}"
    if not fields:
        yield RecordLine("", indented)
    for place, one in enumerate(fields):
        fate = one.outcome.fate
        text = indented if not place else ""
        if fate in _MARKS:
            mark, word = _MARKS[fate]
            text += f"  {glyph(mark)} {word}"
        yield RecordLine(input_of(one), text, note_of(one), _STYLES[fate], one)


def _node(node: _Node, value: object, name: str, depth: int) -> Iterator[RecordLine]:
    key = f"{json.dumps(name, ensure_ascii=False)}: " if depth else ""
    if node.children and (value is None or isinstance(value, Mapping)):
        known: Mapping[str, object] = value if isinstance(value, Mapping) else {}
        yield from _line(f"{key}{{", depth, node.fields)
        for child, below in node.children.items():
            yield from _node(below, known.get(child), child, depth + 1)
        for other, item in known.items():
            if other not in node.children:
                yield from _value(item, f"{json.dumps(other, ensure_ascii=False)}: ", depth + 1, (), {}, [])
        yield RecordLine("", f"{'  ' * depth}}}")
    else:
        yield from _value(value, key, depth, (), node.deep, node.fields)
        lost = [one for deep in node.deep.values() for one in deep if one.outcome.fate != "value"]
        for one in lost:
            path = one.mapping.target.rpartition(".")[2]
            yield from _line(f"{json.dumps(path, ensure_ascii=False)}: null", depth + 1, [one])


def _value(
    value: object,
    key: str,
    depth: int,
    path: Path,
    deep: Mapping[Path, list[JudgedField]],
    fields: list[JudgedField],
) -> Iterator[RecordLine]:
    """A value as it is; `deep` are the mapping rows that wrote inside of it."""
    fields = [*fields, *(one for one in deep.get(path, ()) if one.outcome.fate == "value")]
    if isinstance(value, Mapping) and value:
        yield from _line(f"{key}{{", depth, fields)
        for name, item in value.items():
            yield from _value(item, f"{json.dumps(name, ensure_ascii=False)}: ", depth + 1, (*path, name), deep, [])
        yield RecordLine("", f"{'  ' * depth}}}")
    elif isinstance(value, list) and value:
        yield from _line(f"{key}[", depth, fields)
        for item in value:
            yield from _value(item, "", depth + 1, (*path, EVERY), deep, [])
        yield RecordLine("", f"{'  ' * depth}]")
    else:
        yield from _line(f"{key}{as_json(value)}", depth, fields)
