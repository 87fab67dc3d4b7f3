"""Writes a pipeline as TOML: from nothing, or into a text that is there already, whose comments and order stay.

Only what changed is touched. Mapping rows and new fields are moved, changed and removed as whole blocks together with
the comment above them, which tomlkit alone does not do (to it a comment belongs to the row before). Lines whose key
looks like a credential are never written back.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from aeptui.chain.pipeline import MappingRow, NewField, Pipeline
from aeptui.chain.problems import Problem
from aeptui.chain.toml_inline import as_tables, is_inline
from aeptui.chain.toml_lines import key_lines
from aeptui.chain.toml_params import looks_secret, read_params
from aeptui.chain.toml_reading import KEYS
from aeptui.chain.toml_rows import all_header_lines, is_plain_row, read_toml
from aeptui.chain.variables import escape

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_PLAIN: Final = re.compile(r"[^\x00-\x1f\x7f'\\\"]*")
_ESCAPES: Final = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
Wire = dict[str, Any]
_Row = MappingRow | NewField


@dataclass(frozen=True)
class _Rows:
    """A list of tables in the file."""

    table: str
    known_by: str
    """The key that tells a row from the others."""
    declared_only: bool
    """Whether only variables that are declared are variables in it."""

    @property
    def placeholder(self) -> str:
        """A header that stands for all rows while the rest is edited."""
        return f"[aeptui-rows-of-{self.table.replace('.', '-')}]\n"

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(KEYS[self.table])

    def of(self, pipeline: Pipeline) -> Sequence[_Row]:
        """The rows."""
        return pipeline.mapping if self.table == "mapping" else pipeline.schema_.fields

    def is_header(self, line: str) -> bool:
        """Whether a line begins a row."""
        if line == f"[[{self.table}]]\n":
            return True
        names = (f"(?:{name}|\"{name}\"|'{name}')" for name in self.table.split("."))
        return re.match(r"\s*\[\[\s*" + r"\s*\.\s*".join(names) + r"\s*\]\]", line) is not None

    def rest(self, row: _Row) -> tuple[object, ...]:
        """Everything in a row but what it is known by."""
        return tuple(getattr(row, key) for key in self.keys if key != self.known_by)


_MAPPINGS: Final = _Rows("mapping", "target", declared_only=True)
_FIELDS: Final = _Rows("schema.field", "path", declared_only=False)


def fresh_text(pipeline: Pipeline) -> str:
    """The pipeline as a new file, in the order of the documentation."""
    wire = _wire(pipeline)
    blocks = ["".join(_lines(wire[""]))]
    left_out = ("schedule", "options") if pipeline.source.is_stream else ()  # their headers would be mistakes there
    blocks += [_table(wire, name) for name in ("vars",) if wire[name]]
    blocks += _base_connection(pipeline, wire)
    blocks += [_table(wire, name) for name in ("source", "schema")]
    blocks += [_row_text(field, pipeline, _FIELDS) for field in pipeline.schema_.fields]
    blocks += [_table(wire, name) for name in ("dataset", "mapping_set") if wire[name]]
    blocks += [_row_text(row, pipeline, _MAPPINGS) for row in pipeline.mapping]
    blocks += [
        _table(wire, name)
        for name in ("schedule", "options")
        if name not in left_out or any(value is not None for value in wire[name].values())
    ]
    return "\n".join(blocks)


def edited_text(pipeline: Pipeline, previous_text: str, previous: Pipeline) -> str | None:
    """The pipeline written into the text it came from.

    Args:
        previous: What the previous text says.
    Returns:
        None when the text cannot be edited, because it is not TOML or keeps its rows in a way of its own.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    if pipeline.base_connection != previous.base_connection:
        return None
    text = previous_text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.endswith("\n"):
        text += "\n"
    try:
        if isinstance(read_toml(text), Problem):
            return None
        lists: list[tuple[_Rows, Sequence[_Row], Sequence[_Row], list[str]]] = []
        for kind in (_MAPPINGS, _FIELDS):
            rows, before = kind.of(pipeline), kind.of(previous)
            if is_inline(text, kind.table):
                if rows == before and not _holds_secret(text):
                    continue
                text = as_tables(text, kind.table)
            text, blocks = _split_rows(text, kind, has_rows=bool(rows))
            if len(blocks) != len(before):
                return None
            lists.append((kind, rows, before, blocks))
        document = tomlkit.parse(text)
        _edit_tables(document, _wire(pipeline), _wire(previous))
        rest = tomlkit.dumps(document)
        for kind, rows, before, blocks in reversed(lists):
            rest = _joined(rest, _arranged(rows, blocks, before, kind, pipeline), kind)
    except (TOMLKitError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # Valid TOML of unusual shape (dotted tables, for one) makes tomlkit itself fail. The caller writes a fresh
        # text then: a file that cannot be saved would be worse than a lost comment.
        return None
    return rest


def toml_string(text: str) -> str:
    """A text as TOML: single quotes where they save escapes, else double ones."""
    if ('"' in text or "\\" in text) and "'" not in text and _PLAIN.fullmatch(text.replace('"', "").replace("\\", "")):
        return f"'{text}'"
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\u{ord(character):04x}" if ord(character) < 0x20 or ord(character) == 0x7F else character


def _wire(pipeline: Pipeline) -> dict[str, Wire]:
    """Table to key to value, as they stand in a file; what equals its default is None."""
    tables: dict[str, Wire] = {"vars": dict(pipeline.vars)}
    for table, keys in KEYS.items():
        if table in (_MAPPINGS.table, _FIELDS.table) or (
            table == "base_connection" and pipeline.base_connection is None
        ):
            continue
        part: Any = {"": pipeline, "schema": pipeline.schema_}.get(table) or getattr(pipeline, table)
        defaults = type(part)()
        tables[table] = {}
        for key in (key for key, kind in keys.items() if kind != "rows"):
            name = _attribute(part, key)
            value = getattr(part, name)
            always = table == "" or key == "base_connection"
            says_files = not pipeline.source.is_stream and pipeline.source.id is None
            always |= key in ("type", "format", "path") and says_files
            is_default = value == getattr(defaults, name) and not (always and value != "")
            tables[table][key] = None if is_default else _outgoing(value, pipeline)
    return tables


def _attribute(part: Any, key: str) -> str:
    """What a key of the file is called in the pipeline."""
    fields = type(part).model_fields
    return key if key in fields else next(name for name, one in fields.items() if one.alias == key)


def _outgoing(value: Any, pipeline: Pipeline) -> Any:
    if isinstance(value, str):
        return escape(value, pipeline.vars, declared_only=False)
    if isinstance(value, tuple):
        return [escape(item, pipeline.vars, declared_only=False) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _lines(table: Wire) -> Iterator[str]:
    for key, value in table.items():
        if value is not None:
            yield f"{key} = {_literal(value)}\n"


def _base_connection(pipeline: Pipeline, wire: dict[str, Wire]) -> list[str]:
    declared = pipeline.base_connection
    if declared is None:
        return []
    lines = [f"{_key(key)} = {_literal(_outgoing(value, pipeline))}\n" for key, value in declared.params.items()]
    lines += [f"{_key(key)} = {{ secret = {toml_string(name)} }}\n" for key, name in declared.secrets.items()]
    return [_table(wire, "base_connection"), f"[base_connection.params]\n{''.join(lines)}"]


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else toml_string(text)


def _table(wire: dict[str, Wire], name: str) -> str:
    return f"[{name}]\n{''.join(_lines(wire[name]))}"


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return toml_string(value)
    if isinstance(value, datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, list):
        if len(value) < 2:
            return f"[{', '.join(map(_literal, value))}]"
        return "[\n" + "".join(f"  {_literal(item)},\n" for item in value) + "]"
    return str(value)


def _row_wire(row: _Row, pipeline: Pipeline, kind: _Rows) -> Wire:
    facts = type(row).model_fields
    values = {key: getattr(row, key) for key in kind.keys}
    return {
        key: escape(value, pipeline.vars, declared_only=kind.declared_only) if isinstance(value, str) else value
        for key, value in values.items()
        if value != facts[key].default
    }


def _row_text(row: _Row, pipeline: Pipeline, kind: _Rows) -> str:
    return f"[[{kind.table}]]\n" + "".join(_lines(_row_wire(row, pipeline, kind)))


def _split_rows(text: str, kind: _Rows, *, has_rows: bool) -> tuple[str, list[str]]:
    """Cut the rows out of a text, each with the comment above it; a placeholder stands for all of them.

    Args:
        has_rows: Rows will be put back, so that they need a place even when there were none.
    """
    lines = [line + "\n" for line in text.split("\n")[:-1]]
    headers = [line - 1 for line in all_header_lines(text)]
    starts = [*(_with_comment(lines, header) for header in headers), len(lines)]
    blocks: list[str] = []
    rest: list[str] = []
    place: int | None = None
    cursor = 0
    for number, header in enumerate(headers):
        if not kind.is_header(lines[header]):
            continue
        rest.extend(lines[cursor : starts[number]])
        if place is None:
            place = len(rest)
        blocks.append("".join(lines[starts[number] : starts[number + 1]]))
        cursor = starts[number + 1]
    rest.extend(lines[cursor:])
    if place is None and has_rows:
        place = _first_place(lines, headers, starts, kind)
    if place is not None:
        rest.insert(place, kind.placeholder)
    return "".join(rest), blocks


def _first_place(lines: Sequence[str], headers: Sequence[int], starts: Sequence[int], kind: _Rows) -> int:
    """Where rows go when there were none: behind the table they belong to, else at the end."""
    table = kind.table.partition(".")[0]
    for number, header in enumerate(headers):
        if re.match(rf"\s*\[\s*{table}\s*\]", lines[header]):
            return starts[number + 1]
    return len(lines)


def _with_comment(lines: Sequence[str], header: int) -> int:
    start = header
    while start > 0 and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return start


def _edit_tables(document: TOMLDocument, wanted: dict[str, Wire], before: dict[str, Wire]) -> None:
    import tomlkit

    for name in list(document):
        if looks_secret(name):
            del document[name]
    _drop_unread(document)
    for table, values in wanted.items():
        target: Any = document if table == "" else document.get(table)
        if isinstance(target, dict) and table:
            for key in [key for key in target if looks_secret(str(key)) and key not in KEYS.get(table, {})]:
                del target[key]
        changed = {key: value for key, value in values.items() if value != before.get(table, {}).get(key)}
        removed = [key for key in before.get(table, {}) if key not in values]
        if not changed and not removed:
            continue
        if not isinstance(target, dict):
            target = tomlkit.table()
            document[table] = target
        for key in removed:
            target.pop(key, None)
        for key, value in changed.items():
            if value is None:
                target.pop(key, None)
            else:  # tomlkit keeps the comment behind a key that is there already
                target[key] = tomlkit.value(_literal(value))


def _drop_unread(document: TOMLDocument) -> None:
    """Of a declared base connection only what is known is written back: the rest may be a credential."""
    table: Any = document.get("base_connection")
    if not isinstance(table, dict):
        document.pop("base_connection", None)
        return
    known = {*KEYS["base_connection"], "params"}
    for key in [key for key in table if key not in known]:
        del table[key]
    params = table.get("params")
    if isinstance(params, dict):
        plain, secrets = read_params(params, lambda *_: None, lambda _, text: text)
        for key in [key for key in params if key not in plain and key not in secrets]:
            del params[key]


def _arranged(
    rows: Sequence[_Row], blocks: Sequence[str], previous: Sequence[_Row], kind: _Rows, pipeline: Pipeline
) -> list[str]:
    """The block of each row: its old one when there is one, else a new one."""
    chosen: dict[int, int] = {}
    taken: set[int] = set()

    def claim(likeness: Callable[[_Row], object]) -> None:
        """Give every row that has no block yet the first free one whose row is alike; None is like nothing."""
        free: dict[object, deque[int]] = {}
        for place, row in enumerate(previous):
            if place not in taken and (like := likeness(row)) is not None:
                free.setdefault(like, deque()).append(place)
        for number, row in enumerate(rows):
            if number not in chosen and (like := likeness(row)) is not None and free.get(like):
                chosen[number] = free[like].popleft()
                taken.add(chosen[number])

    def rest(row: _Row) -> object:
        values = kind.rest(row)
        return values if any(one is not None for one in values) else None

    claim(lambda row: row)
    claim(lambda row: getattr(row, kind.known_by) or None)
    claim(rest)
    return [
        _edited_block(blocks[chosen[number]], row, previous[chosen[number]], kind, pipeline)
        if number in chosen
        else _row_text(row, pipeline, kind)
        for number, row in enumerate(rows)
    ]


def _edited_block(block: str, row: _Row, old: _Row, kind: _Rows, pipeline: Pipeline) -> str:
    plain = is_plain_row(block)
    if row == old and (plain or not _holds_secret(block)):
        return block
    own = _row_text(old, pipeline, kind).rstrip("\n")
    if plain and block.rstrip("\n").endswith(own):
        return block.rstrip("\n").removesuffix(own) + _row_text(row, pipeline, kind)
    import tomlkit

    document = tomlkit.parse(block)
    listed: Any = document
    for name in kind.table.split("."):
        listed = listed[name]
    table = listed[0]
    for key in [key for key in table if looks_secret(str(key))]:
        del table[key]
    wanted = _row_wire(row, pipeline, kind)
    for key in kind.keys:
        if getattr(row, key) == getattr(old, key):
            continue
        if key not in wanted:
            table.pop(key, None)
        else:
            table[key] = tomlkit.value(_literal(wanted[key]))
    return tomlkit.dumps(document)


def _holds_secret(block: str) -> bool:
    return any(looks_secret(str(path[-1])) for path in key_lines(block))


def _joined(rest: str, rows: Sequence[str], kind: _Rows) -> str:
    """The text with the rows in the placeholder's place; one blank line between rows."""
    body = "\n".join(row.rstrip("\n") + "\n" for row in rows)
    before, marker, after = rest.partition(kind.placeholder)
    if not marker:
        return rest
    if not body:
        return (before.rstrip("\n") + "\n\n" + after.lstrip("\n")).rstrip("\n") + "\n"
    gap = "\n" if before and not before.endswith("\n\n") else ""
    return f"{before}{gap}{body}" + (f"\n{after.lstrip(chr(10))}" if after.strip() else "")
