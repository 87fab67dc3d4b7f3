"""Reads a pipeline file as far as it can be read: every key that does not fit becomes a problem and is left out.

What the values mean together is not judged here; `document_checks` does that.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, Literal

from aeptui.chain.pipeline import (
    COMPRESSIONS,
    ENCODINGS,
    FORMATS,
    FREQUENCIES,
    SOURCE_TYPES,
    STREAM_KEYS,
    DatasetChoice,
    MappingSetChoice,
    NewBaseConnection,
    Options,
    Pipeline,
    Schedule,
    SchemaChoice,
    Source,
)
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem, closest
from aeptui.chain.toml_lines import KeyPath
from aeptui.chain.toml_params import looks_secret, read_params
from aeptui.chain.variables import NAME, references, substitute

Kind = Literal["text", "flag", "integer", "number", "moment", "texts", "rows"] | tuple[str, ...]
"""What a key holds; `rows` are tables of their own; a tuple is the list of the words it may be."""

KEYS: Final[Mapping[str, Mapping[str, Kind]]] = {
    "": {"version": "integer", "name": "text"},
    "base_connection": {"name": "text", "connector": "text", "auth": "text"},
    "source": {
        "id": "text",
        "base_connection": "text",
        "path": "text",
        "type": SOURCE_TYPES,
        "recursive": "flag",
        "format": FORMATS,
        "column_delimiter": "text",
        "compression": COMPRESSIONS,
        "encoding": ENCODINGS,
        **dict.fromkeys(STREAM_KEYS, "text"),
    },
    "schema": {
        "id": "text",
        "title": "text",
        "description": "text",
        "class": "text",
        "field_groups": "texts",
        "new_field_group": "text",
        "field": "rows",
    },
    "schema.field": {"path": "text", "type": "text", "array": "flag", "title": "text", "description": "text"},
    "dataset": {"id": "text", "name": "text", "description": "text"},
    "mapping_set": {"id": "text", "version": "integer"},
    "mapping": {"source": "text", "expression": "text", "target": "text"},
    "schedule": {"frequency": FREQUENCIES, "interval": "integer", "start": "moment", "backfill": "flag"},
    "options": {"error_diagnostics": "flag", "partial_ingestion_percent": "number"},
}
_TOP: Final = (*KEYS[""], *(name for name in KEYS if name and "." not in name), "vars")
_NAMES: Final = {
    "text": "text",
    "flag": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "moment": "a date and time",
    "texts": "a list of texts",
    "rows": "tables",
}
_EXAMPLES: Final = {
    "text": '"..."',
    "flag": "true",
    "integer": "30",
    "number": "5",
    "moment": "2026-11-23T14:00:00Z",
    "texts": '["...", "..."]',
}
_ROWS: Final = {
    "mapping": ("mapping", '{ source = "...", target = "..." }'),
    "schema.field": ("field", '{ path = "_acme.loyalty.tier", type = "string" }'),
}
"""What one row of a list of tables is called, and what it looks like."""
_LARGEST: Final = 2**63
_BAD: Final = object()


def read_document(document: Mapping[str, object], places: Places, variables: Mapping[str, str]) -> Reader:
    """Read a parsed TOML document; the answer holds the pipeline, the problems, and what was left out."""
    reader = Reader(places, variables)
    reader.read(document)
    return reader


class Reader:
    """One reading of one document."""

    def __init__(self, places: Places, variables: Mapping[str, str]) -> None:
        self.pipeline = Pipeline()
        self.problems: list[Problem] = []
        self.spoiled: set[KeyPath] = set()
        self._places = places
        self._given = variables
        self._values: dict[str, str] = {}
        self._hidden: set[str] = set()
        """Declared variables that were refused; using one is not a second mistake."""
        self._used: set[str] = set()

    def read(self, document: Mapping[str, object]) -> None:
        """Fill in `pipeline`, `problems` and `spoiled`."""
        declared = self._vars(document.get("vars", {}))
        self._values = {**declared, **self._given}
        for key in document:
            if key not in _TOP:
                self._unknown((key,), _TOP, document)
        self.pipeline = Pipeline.model_validate(
            {
                **self._keys((), {key: document[key] for key in KEYS[""] if key in document}, KEYS[""]),
                "base_connection": self._base_connection(document),
                "source": Source.model_validate(self._table(document, "source")),
                "schema": SchemaChoice.model_validate(self._table(document, "schema")),
                "dataset": DatasetChoice.model_validate(self._table(document, "dataset")),
                "mapping_set": MappingSetChoice.model_validate(self._table(document, "mapping_set")),
                "mapping": self._rows(("mapping",), document.get("mapping", [])),
                "schedule": Schedule.model_validate(self._table(document, "schedule")),
                "options": Options.model_validate(self._table(document, "options")),
                "vars": declared,
            }
        )
        for name in self._given:
            if name not in self._used and name not in declared:
                near = closest(name, declared)
                fix = f"Did you mean {near}?" if near else "Check its name, or leave --var away."
                text = f"The variable {name} is given, but nothing uses ${{{name}}}"
                self.problems.append(Problem("warning", "[vars]", None, text, fix, "review"))

    def _problem(self, path: KeyPath, what: str, fix: str) -> None:
        self.spoiled.add(path)
        self.problems.append(self._places.problem(path, what, fix))

    def _vars(self, table: object) -> dict[str, str]:
        if not isinstance(table, dict):
            self._problem(("vars",), "This has to be a table", 'Write [vars] on its own line, then name = "value"')
            return {}
        declared: dict[str, str] = {}
        for name, value in table.items():
            path = ("vars", name)
            if looks_secret(name):
                self._hidden.add(name)
                self._secret(path, name)
            elif not NAME.fullmatch(name):
                self._problem(path, f"{name!r} is not a name for a variable", "Use letters, digits, _ and -")
            elif not isinstance(value, str):
                self._hidden.add(name)
                self._problem(path, f"A variable is text, not {_described(value)}", f'Put it in quotes: {name} = "..."')
            else:
                declared[name] = value
        return declared

    def _table(self, document: Mapping[str, object], name: str) -> dict[str, object]:
        table = document.get(name, {})
        if isinstance(table, list) and len(table) == 1 and isinstance(table[0], dict):
            self._problem((name,), "This table stands in double brackets", f"Write [{name}]")
            return {}
        if not isinstance(table, dict):
            self._problem(
                (name,), f"This has to be a table, not {_described(table)}", f"Write [{name}] on its own line"
            )
            return {}
        return self._keys((name,), table, KEYS[name])

    def _base_connection(self, document: Mapping[str, object]) -> NewBaseConnection | None:
        table = document.get("base_connection")
        if table is None:
            return None
        plain = {key: value for key, value in table.items() if key != "params"} if isinstance(table, dict) else table
        read = self._table({"base_connection": plain}, "base_connection")
        given = table.get("params", {}) if isinstance(table, dict) else {}
        params, secrets = read_params(given, self._problem, self._text)
        return NewBaseConnection.model_validate({**read, "params": params, "secrets": secrets})

    def _text(self, path: KeyPath, text: str) -> str:
        return str(self._value(path, str(path[-1]), text, "text"))

    def _rows(self, path: KeyPath, rows: object) -> tuple[dict[str, object], ...]:
        """A list of tables, such as the mappings, each as far as it can be read."""
        name = ".".join(map(str, path))
        one, example = _ROWS[name]
        if isinstance(rows, dict):
            self._problem(path, f"{one.capitalize()}s are a list of tables", f"Write [[{name}]], in double brackets")
            return (self._keys(path, rows, KEYS[name]),)
        if not isinstance(rows, list):
            what = f"{one.capitalize()}s are tables, not {_described(rows)}"
            self._problem(path, what, f"Write [[{name}]] for each")
            return ()
        read: list[dict[str, object]] = []
        for place, row in enumerate(rows):
            if isinstance(row, dict):
                kinds = KEYS[name]
                read.append(row if _is_plain(row, kinds) else self._keys((*path, place), row, kinds))
            else:
                self._problem((*path, place), f"A {one} is a table, not {_described(row)}", f"Write {example}")
                read.append({})
        return tuple(read)

    def _keys(self, path: KeyPath, table: Mapping[str, object], kinds: Mapping[str, Kind]) -> dict[str, object]:
        read: dict[str, object] = {}
        for key, value in table.items():
            if key not in kinds:
                self._unknown((*path, key), tuple(kinds), table)
            elif (found := self._value((*path, key), key, value, kinds[key])) is not _BAD:
                read[key] = found
        return read

    def _unknown(self, path: KeyPath, known: tuple[str, ...], table: Mapping[str, object]) -> None:
        key = str(path[-1])
        if looks_secret(key):
            self._secret(path, key)
            return
        near = closest(key, known)
        if near is not None:
            fix = f'Did you mean "{near}"?'
            if near not in table:  # misspelled, so it is not missing as well
                self.spoiled.add((*path[:-1], near))
        else:
            elsewhere = {name: section for section, keys in KEYS.items() if section in _TOP for name in keys}
            other = closest(key, elsewhere)
            fix = f"Known here: {', '.join(known)}."
            if other is not None:
                fix = f'Did you mean "{other}" under [{elsewhere[other]}]?'
        self._problem(path, f'There is no key "{key}"', fix)

    def _secret(self, path: KeyPath, key: str) -> None:
        what = f'"{key}" looks like a credential, and secrets never stand in a pipeline file'
        self._problem(path, what, "Delete the line; the base connection holds the credentials.")

    def _value(self, path: KeyPath, key: str, value: object, kind: Kind) -> object:
        if kind == "texts":
            return self._texts(path, key, value)
        if kind == "rows":
            return self._rows(path, value)
        if not isinstance(value, str):
            return self._typed(path, key, value, kind)
        text, undeclared = substitute(value, self._values, declared_only=path[0] == "mapping")
        self._used.update(references(value))
        unknown = [name for name in undeclared if name not in self._hidden]
        if unknown:
            self._undeclared(path, unknown[0])
        if undeclared:
            return text if kind == "text" else _BAD
        if kind == "text":
            return text
        if isinstance(kind, tuple):
            return self._word(path, key, text, kind)
        if references(value):
            found = _from_text(text, kind)
            if found is not None:
                return self._typed(path, key, found, kind)
        return self._wrong(path, key, value, kind)

    def _undeclared(self, path: KeyPath, name: str) -> None:
        near = closest(name, self._values)
        fix = f"Did you mean ${{{near}}}?" if near else f'Add {name} = "..." under [vars], or give --var {name}=...'
        # The text stays as it is; only what cannot hold text is left out.
        self._problem(path, f"The variable ${{{name}}} is not declared", fix)

    def _texts(self, path: KeyPath, key: str, value: object) -> object:
        if not isinstance(value, list):
            return self._wrong(path, key, value, "texts")
        texts = [self._value((*path, place), key, item, "text") for place, item in enumerate(value)]
        return tuple(text for text in texts if text is not _BAD)

    def _word(self, path: KeyPath, key: str, word: str, words: tuple[str, ...]) -> object:
        if word in words:
            return word
        near = closest(word, words)
        options = ", ".join(words)
        fix = f'Did you mean "{near}"? Possible: {options}.' if near else f"Possible: {options}."
        self._problem(path, f'"{word}" is not possible for {key}', fix)
        return _BAD

    def _typed(self, path: KeyPath, key: str, value: object, kind: Kind) -> object:
        """A value that is not text."""
        if kind == "flag" and isinstance(value, bool):
            return value
        if kind in ("integer", "number") and isinstance(value, int) and not isinstance(value, bool):
            if abs(value) < _LARGEST:
                return value
            self._problem(path, "The number is too large", f"Write {key} = {_EXAMPLES[kind]}")
            return _BAD
        if kind == "number" and isinstance(value, float):
            return value
        if kind == "moment" and isinstance(value, date):
            if isinstance(value, datetime) and value.tzinfo is not None:
                return value
            example = value.isoformat() if isinstance(value, datetime) else f"{value.isoformat()}T00:00:00"
            what = f"{key} has no {'timezone' if isinstance(value, datetime) else 'time of day and no timezone'}"
            self._problem(path, what, f"Write {key} = {example}Z for UTC, or an offset such as +01:00 for Z")
            return _BAD
        return self._wrong(path, key, value, kind)

    def _wrong(self, path: KeyPath, key: str, value: object, kind: Kind) -> object:
        if isinstance(kind, tuple):
            name, example = f"one of {', '.join(kind)}", f'"{kind[0]}"'
        else:
            name, example = _NAMES[kind], _EXAMPLES[kind]
        fix = f"Write {key} = {example}"
        if isinstance(value, str) and not isinstance(kind, tuple) and _from_text(value, kind) is not None:
            fix = f"Write it without quotes: {key} = {value.strip()}"
        elif kind == "text" and isinstance(value, int | float):
            fix = f'Put it in quotes: {key} = "{str(value).lower() if isinstance(value, bool) else value}"'
        elif kind == "texts" and isinstance(value, str):
            fix = f'Put it in brackets: {key} = ["{value}"]'
        self._problem(path, f"This is {_described(value)}, not {name}", fix)
        return _BAD


def _is_plain(row: Mapping[str, object], kinds: Mapping[str, Kind]) -> bool:
    """Does a row hold nothing but texts that say what they say? Of thousands almost all do."""
    return all(kinds.get(key) == "text" and type(value) is str and "${" not in value for key, value in row.items())


def _from_text(text: str, kind: str) -> object | None:
    """Text as another type, for values that come from a variable."""
    try:
        if kind == "flag":
            return {"true": True, "false": False}.get(text)
        if kind == "moment":
            return datetime.fromisoformat(text)
        if kind in ("integer", "number"):
            return int(text) if kind == "integer" or text.isdigit() else float(text)
    except ValueError:
        return None
    return None


def _described(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    for kind, name in (
        (str, "text"),
        (int, "a whole number"),
        (float, "a number"),
        (list, "a list"),
        (dict, "a table"),
    ):
        if isinstance(value, kind):
            return name
    return "a date or time"


def parse_toml(text: str) -> dict[str, object] | Problem:
    """The document, or the one problem of a text that is not TOML."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        return Problem("error", "", 1, "The file is nested too deeply", "A pipeline has tables one deep", "review")
    except ValueError as error:
        return _syntax_problem(str(error), text)


_AT: Final = re.compile(
    r"^(?P<what>.*?) ?\((?:at line (?P<line>\d+), column (?P<column>\d+)|at end of document)\)$", re.S
)


def _syntax_problem(message: str, text: str) -> Problem:
    match = _AT.match(message)
    line = int(match["line"]) if match and match["line"] else text.rstrip("\n").count("\n") + 1
    what = match["what"] if match else message
    column = f" at column {match['column']}" if match and match["column"] else ""
    fix = "Correct it there; text stands in quotes, and each key on a line of its own."
    if "twice" in what or "overwrite" in what:
        fix = "The same key or table stands twice; keep one of them."
    elif "escape" in what:
        fix = "Put text with backslashes in single quotes."
    return Problem("error", "", line, f"This is not valid TOML{column}: {what.rstrip('.')}", fix, "review")
