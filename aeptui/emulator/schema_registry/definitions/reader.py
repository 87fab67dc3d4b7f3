"""Reads the short form and makes JSON Schema documents of it, with references kept, as the registry stores them.

A field is one line, `name type limits`, and stands below its object by two spaces of indentation.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

JsonSchema = dict[str, Any]

_HERE: Final = Path(__file__).parent
_WORDS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_TYPE: Final = re.compile(r"^(@?[a-zA-Z-]+)((?:\[\]|\{\})*)(!?)$")
_SCALARS: Final[dict[str, JsonSchema]] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "short": {"type": "integer", "minimum": -32768, "maximum": 32767},
    "long": {"type": "integer", "minimum": -(2**53) + 1, "maximum": 2**53 - 1},
    "number": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "date-time": {"type": "string", "format": "date-time"},
}
_NUMBERS: Final = ("minimum", "maximum", "minLength", "maxLength")


def humanized(name: str) -> str:
    """A title for a field without one: `birthDayAndMonth` is "Birth day and month"."""
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in _WORDS.findall(name)]
    text = " ".join(words) or name
    return text[0].upper() + text[1:]


def load(file: str) -> Iterator[tuple[str, JsonSchema]]:
    """(kind, document) of every resource in a definitions file."""
    content = tomllib.loads((_HERE / file).read_text(encoding="utf-8"))
    types = short_names()
    for kind, entries in content.items():
        for entry in entries:
            yield kind, _document(kind, entry, types)


def short_names() -> dict[str, str]:
    """The `@name` of each data type: name -> `$id`."""
    content = tomllib.loads((_HERE / "datatypes.toml").read_text(encoding="utf-8"))
    return {entry["short"]: entry["id"] for entry in content["datatypes"]}


def _document(kind: str, entry: dict[str, Any], types: dict[str, str]) -> JsonSchema:
    lines = [line for line in entry["fields"].splitlines() if line.strip()]
    properties, required = _fields(lines, types)
    name = entry["id"].rpartition("/")[2]
    own: JsonSchema = {"properties": properties}
    if required:
        own["required"] = required
    document: JsonSchema = {
        "$id": entry["id"],
        "meta:resourceType": kind,
        "version": "1.0",
        "title": entry["title"],
        "type": "object",
        "description": entry["description"],
        "definitions": {name: own},
        "allOf": [*({"$ref": id} for id in entry.get("extends", [])), {"$ref": f"#/definitions/{name}"}],
        "meta:extensible": True,
        "meta:abstract": kind != "datatypes",
        "meta:extends": list(entry.get("extends", [])),
    }
    if kind == "fieldgroups":
        document["meta:intendedToExtend"] = list(entry["intended"])
    return document


def _fields(lines: list[str], types: dict[str, str]) -> tuple[dict[str, JsonSchema], list[str]]:
    properties: dict[str, JsonSchema] = {}
    required: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        depth = len(line) - len(line.lstrip())
        end = place + 1
        while end < len(lines) and len(lines[end]) - len(lines[end].lstrip()) > depth:
            end += 1
        name, kind, *limits = line.split()
        properties[name], must = _field(name, kind, limits, lines[place + 1 : end], types)
        if must:
            required.append(name)
        place = end
    return properties, required


def _field(name: str, kind: str, limits: list[str], below: list[str], types: dict[str, str]) -> tuple[JsonSchema, bool]:
    match = _TYPE.match(kind)
    if match is None:
        raise ValueError(f"{name}: {kind} is not a type of the short form")
    word, wraps, must = match.groups()
    node: JsonSchema
    if word.startswith("@"):
        node = {"$ref": types[word[1:]], "type": "object"}
    elif word == "object":
        properties, required = _fields(below, types)
        node = {"type": "object", "properties": properties}
        if required:
            node["required"] = required
    else:
        node = dict(_SCALARS[word])
    for limit in limits:
        key, _, text = limit.partition("=")
        node[key] = text.split(",") if key == "enum" else int(text) if key in _NUMBERS else text
    for wrap in re.findall(r"\[\]|\{\}", wraps):
        node = {"type": "array", "items": node} if wrap == "[]" else {"type": "object", "additionalProperties": node}
    return {"title": humanized(name), **node}, bool(must)
