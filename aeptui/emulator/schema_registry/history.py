"""What one change did to a resource, as the audit log tells it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

_NOT_TOLD: Final = frozenset({"meta:registryMetadata", "version"})
"""Every change changes these."""


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`{action, path, value}` of everything that differs; `{}` before is a creation and `{}` after a deletion."""
    if not before or not after:
        action = "add" if after else "remove"
        return [{"action": action, "path": "/", "value": (after or before).get("title", "")}]
    kept = [{key: value for key, value in side.items() if key not in _NOT_TOLD} for side in (before, after)]
    return list(_changes(kept[0], kept[1], ""))


def _changes(before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> Iterator[dict[str, Any]]:
    for key in (*before, *(key for key in after if key not in before)):
        place = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
        if key not in after:
            yield {"action": "remove", "path": place, "value": before[key]}
        elif key not in before:
            yield {"action": "add", "path": place, "value": after[key]}
        elif isinstance(before[key], Mapping) and isinstance(after[key], Mapping):
            yield from _changes(before[key], after[key], place)
        elif before[key] != after[key]:
            yield {"action": "replace", "path": place, "value": after[key]}
