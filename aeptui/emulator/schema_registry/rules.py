"""What the registry asks of a resource's own fields, and which changes break a schema that is in use. Pure.

Sources: aep-api.md 3.3; the field rules and the evolution rules of Adobe's documentation as far as they are known:
names, types and custom fields under the tenant; nothing removed, renamed, retyped or newly required once data is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

JsonSchema = Mapping[str, Any]

_NAME: Final = re.compile(r"_?[A-Za-z0-9][A-Za-z0-9_-]*")
_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "object", "array"})
_SAYS_TYPE: Final = frozenset({"$ref", "allOf", "properties", "enum", "items", "additionalProperties"})
MAX_DEPTH: Final = 30
"""Ours: how deep fields may be nested; the real limit is not documented in the sources."""


def own_properties(document: JsonSchema) -> Iterator[tuple[str, Any]]:
    """(name, field) of everything a resource defines itself at its top level, in `definitions` or beside them."""
    definitions = document.get("definitions")
    parts = list(definitions.values()) if isinstance(definitions, Mapping) else []
    allof = document.get("allOf")
    parts += [part for part in allof if isinstance(part, Mapping)] if isinstance(allof, list) else []
    for part in (document, *parts):
        fields = part.get("properties") if isinstance(part, Mapping) else None
        if isinstance(fields, Mapping):
            yield from fields.items()


def problem(document: JsonSchema) -> str | None:
    """The first thing wrong with a resource's own fields, in words."""
    definitions = document.get("definitions", {})
    if not isinstance(definitions, Mapping) or not all(isinstance(part, Mapping) for part in definitions.values()):
        return "definitions must be an object of objects."
    for part in (document, *definitions.values()):
        if not isinstance(part.get("properties", {}), Mapping):
            return "properties must be an object."
    return next((found for name, field in own_properties(document) for found in _wrong(name, field, name, 1)), None)


def _wrong(name: str, field: Any, path: str, depth: int) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield f"The field name {path} may have letters, digits, _ and - only."
        return
    if depth > MAX_DEPTH:
        yield f"The field {path} is nested deeper than {MAX_DEPTH} levels."
        return
    if not isinstance(field, Mapping):
        yield f"The field {path} must be an object."
        return
    kind = field.get("type")
    if kind is None and not _SAYS_TYPE & field.keys():
        yield f"The field {path} has no type."
    if kind is not None and (not isinstance(kind, str) or kind not in _TYPES):
        yield f"The type {kind} of the field {path} is not one of {', '.join(sorted(_TYPES))}."
    if not isinstance(field.get("title", ""), str):
        yield f"The title of the field {path} must be text."
    if kind == "array" and not isinstance(field.get("items"), Mapping):
        yield f"The array {path} needs items."
    below = field.get("properties", {})
    if not isinstance(below, Mapping):
        yield f"The properties of {path} must be an object."
        return
    if not isinstance(field.get("required", []), list) or not all(
        isinstance(x, str) for x in field.get("required", [])
    ):
        yield f"required of {path} must be a list of names."
    for inner, child in below.items():
        yield from _wrong(inner, child, f"{path}.{inner}", depth + 1)
    for key in ("items", "additionalProperties"):
        if isinstance(field.get(key), Mapping):
            yield from _wrong(name, field[key], path, depth + 1)


def _places(node: JsonSchema, path: str = "") -> Iterator[tuple[str, str, frozenset[str]]]:
    """(path, type, its required fields) of everything in a resolved schema."""
    yield path, str(node.get("meta:xdmType", node.get("type"))), frozenset(node.get("required", ()))
    for name, child in node.get("properties", {}).items():
        yield from _places(child, f"{path}.{name}" if path else name)
    for key, word in (("items", "[*]"), ("additionalProperties", ".{key}")):
        if isinstance(node.get(key), Mapping):
            yield from _places(node[key], path + word)


def broken(before: JsonSchema, after: JsonSchema) -> str | None:
    """The first change between two resolved schemas that data of the first may not survive, in words."""
    old = {path: (kind, must) for path, kind, must in _places(before)}
    new = {path: (kind, must) for path, kind, must in _places(after)}
    for path, (kind, must) in old.items():
        if path not in new:
            return f"the field {path} would be removed"
        if new[path][0] != kind:
            return f"the field {path} would change from {kind} to {new[path][0]}"
        if more := sorted(new[path][1] - must):
            return f"{'.'.join(part for part in (path, more[0]) if part)} would become required"
    return None
