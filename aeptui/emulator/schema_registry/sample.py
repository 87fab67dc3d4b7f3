"""A sample record of a schema: every field once, valid, and the same each time. Pure.

Source: Schema Registry, GET /rpc/sampledata/{id}. The real service's values are not documented; these are ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from zlib import crc32

Node = Mapping[str, Any]

_FORMATS: Final = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T09:30:00Z",
    "email": "name@example.com",
    "uri": "https://example.com/page",
    "uri-reference": "/uri-reference",
    "time": "09:30:00Z",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_TRIED: Final = ("US", "US-CA", "01", "1", "01-31", "a", "A", "abc", "ABC", "123", "2026-01-31", "a@example.com", "")
"""Texts that fit the usual patterns; a field whose pattern none of them fits stays out."""
_MISSING: Final = object()
MAX_DEPTH: Final = 40


def sample(schema: Node) -> dict[str, Any]:
    """A record of a resolved schema."""
    made = _value(schema, "", 0)
    return made if isinstance(made, dict) else {}


def _value(node: Node, path: str, depth: int) -> Any:
    """A value for a node, or `_MISSING` when none is known."""
    if depth > MAX_DEPTH:
        return _MISSING
    if isinstance(node.get("enum"), list) and node["enum"]:
        return node["enum"][0]
    if "default" in node:
        return node["default"]
    kind = node.get("type")
    if kind == "object":
        return _object(node, path, depth)
    if kind == "array":
        item = _value(node.get("items", {}), path, depth + 1)
        return _MISSING if item is _MISSING else [item]
    if kind == "boolean":
        return bool(crc32(path.encode()) % 2)
    if kind in ("integer", "number"):
        return _number(node, path, whole=kind == "integer")
    return _text(node, path)


def _object(node: Node, path: str, depth: int) -> Any:
    if "properties" not in node and isinstance(node.get("additionalProperties"), Mapping):
        inner = _value(node["additionalProperties"], path, depth + 1)
        return _MISSING if inner is _MISSING else {"key": inner}
    made = {name: _value(child, f"{path}.{name}", depth + 1) for name, child in node.get("properties", {}).items()}
    return {name: value for name, value in made.items() if value is not _MISSING}


def _number(node: Node, path: str, *, whole: bool) -> float:
    low = node.get("minimum", 0)
    high = node.get("maximum", low + 100)
    steps = max(0, int(min(high, low + 100) - low))
    number = low + crc32(path.encode()) % (steps + 1)
    return int(number) if whole else float(number)


def _text(node: Node, path: str) -> Any:
    name = path.rpartition(".")[2]
    words = node.get("meta:enum")
    first = next(iter(words), name) if isinstance(words, Mapping) else name
    candidates = [_FORMATS[node["format"]]] if node.get("format") in _FORMATS else [first, *_TRIED]
    least, most = node.get("minLength", 0), node.get("maxLength")
    if not node.get("pattern"):
        return candidates[0].ljust(least, "x")[:most]
    try:
        pattern = re.compile(str(node["pattern"]))
    except re.error:
        return _MISSING
    fits = (text for text in candidates if pattern.search(text) and least <= len(text) <= (most or len(text)))
    return next(fits, _MISSING)
