"""An XDM JSON schema in the words of the mapping language: which field has which type. Reads resolved schemas only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

Node = Mapping[str, Any]

_WORDS: Final = {"int": "integer", "double": "number", "float": "number", "boolean": "boolean", "datetime": "date-time"}
_KNOWN: Final = frozenset(
    "string boolean integer long short byte number date date-time object array map".split()  # noqa: SIM905
)
_BITS: Final = (("byte", 7), ("short", 15), ("integer", 31))
MAX_DEPTH: Final = 40


def type_word(node: Node) -> str:
    """The XDM type of a schema node: `meta:xdmType` when it is there, else from type, format and limits."""
    declared = node.get("meta:xdmType")
    if isinstance(declared, str):
        word = _WORDS.get(declared, declared)
        if word in _KNOWN:
            return word
    kind = node.get("type")
    if isinstance(kind, list):
        kind = next((word for word in kind if word != "null"), "string")
    if kind == "string" or kind is None:
        if "properties" in node:
            return "object"
        if isinstance(node.get("additionalProperties"), Mapping):
            return "map"
        return node["format"] if node.get("format") in ("date", "date-time") else "string"
    if kind == "object":
        return "map" if "properties" not in node and isinstance(node.get("additionalProperties"), Mapping) else "object"
    if kind == "integer":
        low, high = node.get("minimum"), node.get("maximum")
        if isinstance(low, int | float) and isinstance(high, int | float):
            return next((word for word, bits in _BITS if low >= -(2**bits) and high <= 2**bits - 1), "long")
        return "integer"
    return kind if kind in _KNOWN else "string"


def _below(node: Node, path: str, depth: int) -> Iterator[tuple[str, str]]:
    word = type_word(node)
    if path:
        yield path, word
    if depth > MAX_DEPTH:
        return
    if word == "object":
        for name, child in node.get("properties", {}).items():
            yield from _below(child, f"{path}.{name}" if path else name, depth + 1)
    elif word == "array" and isinstance(node.get("items"), Mapping):
        yield from _below(node["items"], f"{path}[*]", depth + 1)
    elif word == "map":
        yield from _below(node["additionalProperties"], f"{path}[*]", depth + 1)


def field_types(schema: Node) -> dict[str, str]:
    """Every field by its path, with its type: `items` array, `items[*]` object, `items[*].sku` string.

    What a map holds is written `map[*]` too.
    """
    return dict(_below(schema, "", 0))
