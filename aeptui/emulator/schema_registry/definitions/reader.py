"""Reads the short form and makes JSON Schema documents of it, with references kept, as the registry stores them.

A field is one line, `name type limits | label`, and stands below its object by two spaces of indentation.
"""

from __future__ import annotations

import functools
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


def humanized(name: str) -> str:
    """A title for a field without one: `birthDayAndMonth` is "Birth day and month"."""
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in _WORDS.findall(name)]
    text = " ".join(words) or name
    return text[0].upper() + text[1:]


def _content(file: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / file).read_text(encoding="utf-8"))


@functools.cache
def _words() -> dict[str, dict[str, str]]:
    """The lists of values: name -> value -> label."""
    pairs = {name: [line.partition(" ") for line in text.splitlines()] for name, text in _content("words.toml").items()}
    return {name: {value: label or humanized(value) for value, _, label in lines} for name, lines in pairs.items()}


def load(file: str) -> Iterator[tuple[str, JsonSchema]]:
    """(kind, document) of every resource in a definitions file."""
    types = short_names()
    for kind, entries in _content(file).items():
        for entry in entries:
            yield kind, _document(kind, entry, types)


def short_names() -> dict[str, str]:
    """The `@name` of each data type: name -> `$id`."""
    return {entry["short"]: entry["id"] for entry in _content("datatypes.toml")["datatypes"]}


def _document(kind: str, entry: dict[str, Any], types: dict[str, str]) -> JsonSchema:
    name = entry["id"].rpartition("/")[2]
    # Parts are definitions that only other resources refer to.
    parts = {part: _definition(text, types) for part, text in entry.get("parts", {}).items()}
    own = _definition(entry.get("fields", ""), types)
    if must := [*entry.get("required", []), *own.get("required", [])]:
        own["required"] = must
    extended = [{"$ref": id} for id in entry.get("extends", [])]
    document: JsonSchema = {
        "$id": entry["id"],
        "meta:resourceType": kind,
        "version": "1.0",
        "title": entry["title"],
        "type": "object",
        "description": entry["description"],
        "definitions": {**({name: own} if own else {}), **parts},
        "allOf": [*extended, *([{"$ref": f"#/definitions/{name}"}] if own else [])],
        "meta:extensible": True,
        "meta:abstract": kind != "datatypes",
        "meta:extends": [id.partition("#")[0] for id in entry.get("extends", [])],
        "meta:status": entry.get("status", "stable"),
    }
    if kind == "fieldgroups":
        document["meta:intendedToExtend"] = list(entry["intended"])
    return document


def _definition(text: str, types: dict[str, str]) -> JsonSchema:
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return {}
    properties, required = _fields(lines, types)
    return {"properties": properties, "required": required} if required else {"properties": properties}


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
        declared, _, label = line.partition(" | ")
        name, kind, *limits = declared.split()
        properties[name], must = _field(name, kind, limits, lines[place + 1 : end], types)
        if label or "$ref" not in properties[name]:  # a data type brings its own title
            properties[name] = {"title": label or humanized(name), **properties[name]}
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
        node.update(_limit(key, text))
    for wrap in re.findall(r"\[\]|\{\}", wraps):
        node = {"type": "array", "items": node} if wrap == "[]" else {"type": "object", "additionalProperties": node}
    return node, bool(must)


def _limit(key: str, text: str) -> JsonSchema:
    match key:
        case "only":
            return {"enum": list(_words()[text]), "meta:enum": dict(_words()[text])}
        case "words":
            return {"meta:enum": dict(_words()[text])}
        case "status":
            return {"meta:status": text}
        case "minimum" | "maximum" | "minLength" | "maxLength":
            return {key: int(text)}
        case "default" if text in ("true", "false"):
            return {key: text == "true"}
        case "default" | "pattern" | "format":
            return {key: text}
        case _:
            raise ValueError(f"{key} is not a limit of the short form")
