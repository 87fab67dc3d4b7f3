"""Writes a pipeline as TOML: from nothing, or into a text that is there already, whose comments and order stay.

Only what changed is touched. Mapping rows are moved, changed and removed as whole blocks together with the comment
above them, which tomlkit alone does not do (to it a comment belongs to the row before). Lines whose key looks like a
credential are never written back.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from aeptui.chain.pipeline import MappingRow, Pipeline
from aeptui.chain.toml_lines import header_lines, key_lines
from aeptui.chain.toml_params import looks_secret, read_params
from aeptui.chain.toml_reading import KEYS
from aeptui.chain.variables import escape

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_PLACEHOLDER: Final = "aeptui-mapping-rows"
_ROW_HEADER: Final = re.compile(r"\s*\[\[\s*(?:mapping|\"mapping\"|'mapping')\s*\]\]")
_PLAIN: Final = re.compile(r"[^\x00-\x1f\x7f'\\\"]*")
_ESCAPES: Final = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
Wire = dict[str, Any]


def fresh_text(pipeline: Pipeline) -> str:
    """The pipeline as a new file, in the order of the documentation."""
    wire = _wire(pipeline)
    blocks = ["".join(_lines(wire[""]))]
    left_out = ("schedule", "options") if pipeline.source.is_stream else ()  # their headers would be mistakes there
    blocks += [_table(wire, name) for name in ("vars",) if wire[name]]
    blocks += _base_connection(pipeline, wire)
    blocks += [_table(wire, name) for name in ("source", "schema", "dataset", "mapping_set") if wire[name]]
    blocks += [_row_text(row, pipeline) for row in pipeline.mapping]
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
        None when the text cannot be edited, because it is not TOML or keeps its rows in another way.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    if pipeline.base_connection != previous.base_connection:
        return None
    text = previous_text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.endswith("\n"):
        text += "\n"
    try:
        tomllib.loads(text)
        head, blocks = _split_rows(text)
        if len(blocks) != len(previous.mapping):
            return None
        document = tomlkit.parse(head)
        _edit_tables(document, _wire(pipeline), _wire(previous))
        rest = tomlkit.dumps(document)
        rows = _arranged(pipeline, blocks, previous)
    except (TOMLKitError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # Valid TOML of unusual shape (dotted tables, for one) makes tomlkit itself fail. The caller writes a fresh
        # text then: a file that cannot be saved would be worse than a lost comment.
        return None
    return _joined(rest, rows)


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
        if table == "mapping" or (table == "base_connection" and pipeline.base_connection is None):
            continue
        part: Any = {"": pipeline, "schema": pipeline.schema_}.get(table) or getattr(pipeline, table)
        defaults = type(part)()
        tables[table] = {}
        for key in keys:
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


def _row_wire(row: MappingRow, pipeline: Pipeline) -> dict[str, str]:
    values = {"source": row.source, "expression": row.expression, "target": row.target or None}
    return {key: escape(value, pipeline.vars, declared_only=True) for key, value in values.items() if value is not None}


def _row_text(row: MappingRow, pipeline: Pipeline) -> str:
    return "[[mapping]]\n" + "".join(_lines(_row_wire(row, pipeline)))


def _split_rows(text: str) -> tuple[str, list[str]]:
    """Cut the mapping rows out of a text, each with the comment above it; a placeholder stands for all of them."""
    lines = [line + "\n" for line in text.split("\n")[:-1]]
    headers = [line - 1 for line in header_lines(text)]
    starts = [_with_comment(lines, header) for header in headers]
    blocks: list[str] = []
    rest: list[str] = []
    place: int | None = None
    cursor = 0
    for number, header in enumerate(headers):
        if not _ROW_HEADER.match(lines[header]):
            continue
        end = starts[number + 1] if number + 1 < len(headers) else len(lines)
        rest.extend(lines[cursor : starts[number]])
        if place is None:
            place = len(rest)
        blocks.append("".join(lines[starts[number] : end]))
        cursor = end
    rest.extend(lines[cursor:])
    if place is not None:
        rest.insert(place, f"[{_PLACEHOLDER}]\n")
    return "".join(rest), blocks


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


def _arranged(pipeline: Pipeline, blocks: Sequence[str], previous: Pipeline) -> list[str]:
    """The block of each row: its old one when there is one, else a new one."""
    free = dict(enumerate(previous.mapping))
    chosen: dict[int, int] = {}

    def claim(same: Any) -> None:
        for number, row in enumerate(pipeline.mapping):
            if number in chosen:
                continue
            match = next((old for old, old_row in free.items() if same(old_row, row)), None)
            if match is not None:
                chosen[number] = match
                del free[match]

    claim(lambda old, new: old == new)
    claim(lambda old, new: bool(new.target) and old.target == new.target)
    claim(
        lambda old, new: (
            (new.source is not None or new.expression is not None)
            and (old.source, old.expression) == (new.source, new.expression)
        )
    )
    arranged: list[str] = []
    for number, row in enumerate(pipeline.mapping):
        if number not in chosen:
            arranged.append(_row_text(row, pipeline))
            continue
        old = chosen[number]
        arranged.append(_edited_block(blocks[old], row, previous.mapping[old], pipeline))
    return arranged


def _edited_block(block: str, row: MappingRow, old: MappingRow, pipeline: Pipeline) -> str:
    import tomlkit

    if row == old and not _holds_secret(block):
        return block
    document = tomlkit.parse(block)
    table: Any = document["mapping"][0]
    for key in [key for key in table if looks_secret(str(key))]:
        del table[key]
    wanted = _row_wire(row, pipeline)
    for key in KEYS["mapping"]:
        if getattr(row, key) == getattr(old, key):
            continue
        if key not in wanted:
            table.pop(key, None)
        else:
            table[key] = tomlkit.value(toml_string(wanted[key]))
    return tomlkit.dumps(document)


def _holds_secret(block: str) -> bool:
    return any(looks_secret(str(path[-1])) for path in key_lines(block))


def _joined(rest: str, rows: Sequence[str]) -> str:
    """The text with the rows in the placeholder's place, or at the end; one blank line between rows."""
    body = "\n".join(row.rstrip("\n") + "\n" for row in rows)
    before, marker, after = rest.partition(f"[{_PLACEHOLDER}]\n")
    if not body:
        return (before.rstrip("\n") + "\n\n" + after.lstrip("\n")).rstrip("\n") + "\n" if marker else rest
    if marker:
        gap = "\n" if before and not before.endswith("\n\n") else ""
        return f"{before}{gap}{body}" + (f"\n{after.lstrip(chr(10))}" if after.strip() else "")
    return f"{rest.rstrip(chr(10))}\n\n{body}"
