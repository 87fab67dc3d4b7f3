"""Resolves references and `allOf` into the full form: one tree of properties, each with its `meta:xdmType`.

Pure: documents in, a document out. What cannot be found stays out and is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

JsonSchema = dict[str, Any]
Find = Callable[[str], JsonSchema | None]
"""The document of a `$id`, or None."""

MAX_DEPTH: Final = 40
_STRUCTURE: Final = frozenset({"$ref", "allOf", "definitions", "properties", "required"})
_SHORT: Final = 2**15
_BYTE: Final = 2**7
_INTEGER: Final = 2**31


class UnresolvedReference(LookupError):
    """A `$ref` leads nowhere; its text is the argument."""


def references(node: object) -> Iterator[str]:
    """Every `$ref` below a node."""
    if isinstance(node, dict):
        found = node.get("$ref")
        if isinstance(found, str):
            yield found
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def full(document: JsonSchema, find: Find) -> JsonSchema:
    """The document with everything resolved; its top level keeps its own keys.

    Raises:
        UnresolvedReference: a `$ref` leads nowhere.
    """
    resolved = _resolve(document, document, find, 0)
    top = {key: value for key, value in document.items() if key not in _STRUCTURE}
    resolved = {**resolved, **top, "properties": resolved.get("properties", {})}
    resolved["meta:xdmType"] = "object"
    return resolved


def _target(reference: str, root: JsonSchema, find: Find) -> tuple[JsonSchema, JsonSchema]:
    """(node, the document it stands in)."""
    base, _, pointer = reference.partition("#")
    document = find(base) if base else root
    node: Any = document
    for part in pointer.strip("/").split("/") if pointer.strip("/") else []:
        node = node.get(part) if isinstance(node, dict) else None
    if not isinstance(node, dict) or document is None:
        raise UnresolvedReference(reference)
    return node, document


def _resolve(node: JsonSchema, root: JsonSchema, find: Find, depth: int) -> JsonSchema:
    if depth > MAX_DEPTH:
        raise UnresolvedReference(str(node.get("$ref", "a definition that contains itself")))
    merged: JsonSchema = {}
    if isinstance(node.get("$ref"), str):
        target, document = _target(node["$ref"], root, find)
        _merge(merged, _resolve(target, document, find, depth + 1))
        if document is not root:
            merged = {key: value for key, value in merged.items() if not key.startswith(("$", "meta:", "version"))}
            merged["meta:referencedFrom"] = node["$ref"]
    for part in node.get("allOf", []):
        if isinstance(part, dict):
            inherited = _resolve(part, root, find, depth + 1)
            inherited.pop("meta:referencedFrom", None)
            _merge(merged, inherited)
    own = {key: value for key, value in node.items() if key not in _STRUCTURE}
    if isinstance(own.get("items"), dict):
        own["items"] = _resolve(own["items"], root, find, depth + 1)
    if isinstance(own.get("additionalProperties"), dict):
        own["additionalProperties"] = _resolve(own["additionalProperties"], root, find, depth + 1)
    if isinstance(node.get("properties"), dict):
        own["properties"] = {
            name: _resolve(child, root, find, depth + 1)
            for name, child in node["properties"].items()
            if isinstance(child, dict)
        }
    if isinstance(node.get("required"), list):
        own["required"] = list(node["required"])
    _merge(merged, own)
    if "properties" in merged:
        merged.setdefault("type", "object")
    if "type" in merged:
        merged["meta:xdmType"] = xdm_type(merged)
    return merged


def _merge(into: JsonSchema, more: JsonSchema) -> None:
    for key, value in more.items():
        known = into.get(key)
        if key == "properties" and isinstance(known, dict):
            for name, child in value.items():
                if isinstance(known.get(name), dict) and "properties" in known[name] and "properties" in child:
                    _merge(known[name], child)
                else:
                    known[name] = child
        elif key == "required" and isinstance(known, list):
            into[key] = sorted({*known, *value})
        else:
            into[key] = value


def xdm_type(node: JsonSchema) -> str:
    """The XDM word for a node: limits tell the integers apart."""
    kind = node.get("type")
    if kind == "string" and node.get("format") in ("date", "date-time"):
        return str(node["format"])
    if kind == "object" and "properties" not in node and isinstance(node.get("additionalProperties"), dict):
        return "map"
    if kind == "integer" and isinstance(node.get("minimum"), int) and isinstance(node.get("maximum"), int):
        low, high = node["minimum"], node["maximum"]
        for word, size in (("byte", _BYTE), ("short", _SHORT), ("integer", _INTEGER)):
            if low >= -size and high < size:
                return word
        return "long"
    return str(kind)


def leaves(node: JsonSchema, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, XDM type) of every scalar; arrays are `name[*]`, maps `name.{key}`."""
    kind = node.get("meta:xdmType")
    if kind == "object":
        for name, child in node.get("properties", {}).items():
            yield from leaves(child, f"{path}.{name}" if path else name)
    elif kind == "array":
        yield from leaves(node.get("items", {}), f"{path}[*]")
    elif kind == "map":
        yield from leaves(node["additionalProperties"], f"{path}.{{key}}")
    else:
        yield path, str(kind)
