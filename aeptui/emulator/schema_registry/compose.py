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
MAX_PARTS: Final = 50_000
"""Fields and definitions of one resolved schema: small data types that hold each other often grow without end."""
_STRUCTURE: Final = frozenset({"$ref", "allOf", "definitions", "properties", "required"})
_SHORT: Final = 2**15
_BYTE: Final = 2**7
_INTEGER: Final = 2**31


class UnresolvedReference(LookupError):
    """A `$ref` leads nowhere, or back to itself, or to too much; says which, in a sentence."""


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
        UnresolvedReference: a `$ref` leads nowhere, back to itself, or to too much.
    """
    resolved = _Resolver(find).resolve(document, document)
    top = {key: value for key, value in document.items() if key not in _STRUCTURE}
    resolved = {**resolved, **top, "properties": resolved.get("properties", {})}
    resolved["meta:xdmType"] = "object"
    return resolved


class _Resolver:
    """Resolves one document; counts, so that it ends."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._parts = 0
        self._open: list[str] = []
        """The references that are being resolved, each inside the one before."""
        self._found: dict[str, JsonSchema | None] = {}

    def resolve(self, node: JsonSchema, root: JsonSchema, depth: int = 0) -> JsonSchema:
        """A node of a document with everything resolved."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise UnresolvedReference(f"The schema has more than {MAX_PARTS} fields.")
        if depth > MAX_DEPTH:
            raise UnresolvedReference(f"The schema is nested deeper than {MAX_DEPTH} levels.")
        merged: JsonSchema = {}
        if isinstance(node.get("$ref"), str):
            merged = self._referenced(node["$ref"], root, depth)
        for part in node.get("allOf", []):
            if isinstance(part, dict):
                inherited = self.resolve(part, root, depth + 1)
                inherited.pop("meta:referencedFrom", None)
                _merge(merged, inherited)
        own = {key: value for key, value in node.items() if key not in _STRUCTURE}
        for key in ("items", "additionalProperties"):
            if isinstance(own.get(key), dict):
                own[key] = self.resolve(own[key], root, depth + 1)
        if isinstance(node.get("properties"), dict):
            own["properties"] = {
                name: self.resolve(child, root, depth + 1)
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

    def _referenced(self, reference: str, root: JsonSchema, depth: int) -> JsonSchema:
        opened = f"{root.get('$id', '')}{reference}" if reference.startswith("#") else reference
        if opened in self._open:
            raise UnresolvedReference(f"The reference {reference} leads back to itself.")
        target, document = self._target(reference, root)
        self._open.append(opened)
        merged = self.resolve(target, document, depth + 1)
        self._open.pop()
        if document is root:
            return merged
        kept = {
            key: value
            for key, value in merged.items()
            if key == "meta:enum" or not key.startswith(("$", "meta:", "version"))
        }
        return {**kept, "meta:referencedFrom": reference}

    def _target(self, reference: str, root: JsonSchema) -> tuple[JsonSchema, JsonSchema]:
        """(node, the document it stands in)."""
        base, _, pointer = reference.partition("#")
        if base and base not in self._found:
            self._found[base] = self._find(base)
        document = self._found[base] if base else root
        node: Any = document
        for part in pointer.strip("/").split("/") if pointer.strip("/") else []:
            node = node.get(part) if isinstance(node, dict) else None
        if not isinstance(node, dict) or document is None:
            raise UnresolvedReference(f"The reference {reference} leads nowhere.")
        return node, document


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
            if low >= -size and high <= size:  # Adobe's own table of types has both limits at the power of two
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
