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
_KEYWORDS: Final[dict[str, tuple[type, ...]]] = {
    **dict.fromkeys(("title", "description", "format", "pattern", "$ref", "meta:status", "meta:xdmType"), (str,)),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), (int, float)),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), (int,)),
    **dict.fromkeys(("enum", "required", "allOf", "meta:immutableTags", "meta:extends", "examples"), (list,)),
    **dict.fromkeys(("properties", "definitions", "meta:enum"), (dict,)),
}
"""Of which type the value of a keyword is, wherever it stands."""
_OF_TEXTS: Final = ("required", "meta:immutableTags", "meta:extends")
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
    return next(_problems(document), None)


def _problems(document: JsonSchema) -> Iterator[str]:
    yield from _misused(document, "The resource")
    definitions, parts = document.get("definitions", {}), document.get("allOf", [])
    if not isinstance(definitions, dict) or not isinstance(parts, list):
        return  # told already
    for place, part in [*definitions.items(), *(("allOf", part) for part in parts)]:
        if not isinstance(part, dict):
            yield f"{place} must be an object."
            return
        yield from _misused(part, f"The definition {place}")
    for name, field in own_properties(document):
        yield from _wrong(name, field, name, 1)


def _misused(node: JsonSchema, what: str) -> Iterator[str]:
    """Keywords with values they cannot have."""
    for key, kinds in _KEYWORDS.items():
        if key in node and (not isinstance(node[key], kinds) or isinstance(node[key], bool)):
            yield f"{what} has {key} of a wrong type."
    for key in _OF_TEXTS:
        if isinstance(node.get(key), list) and not all(isinstance(item, str) for item in node[key]):
            yield f"{what} needs text in {key}."
    labels = node.get("meta:enum")
    if isinstance(labels, dict) and not all(isinstance(label, str) for label in labels.values()):
        yield f"{what} needs text in meta:enum."
    try:
        re.compile(str(node.get("pattern", "")))
    except re.error:
        yield f"{what} has a pattern that cannot be read."


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
    yield from _misused(field, f"The field {path}")
    kind = field.get("type")
    if kind is None and not _SAYS_TYPE & field.keys():
        yield f"The field {path} has no type."
    if kind is not None and (not isinstance(kind, str) or kind not in _TYPES):
        yield f"The type {kind} of the field {path} is not one of {', '.join(sorted(_TYPES))}."
    if kind == "array" and not isinstance(field.get("items"), Mapping):
        yield f"The array {path} needs items."
    below = field.get("properties")
    for inner, child in below.items() if isinstance(below, Mapping) else ():
        yield from _wrong(inner, child, f"{path}.{inner}", depth + 1)
    for key in ("items", "additionalProperties"):
        if isinstance(field.get(key), Mapping):
            yield from _wrong(name, field[key], path, depth + 1)
    parts = field.get("allOf")
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, Mapping):
            yield f"allOf of {path} must be a list of objects."
        else:
            yield from _misused(part, f"The field {path}")


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
