"""JSON Patch as the services use it: add, replace and remove, in any case. Pure; the document given is not changed."""

from __future__ import annotations

import copy
from typing import Any

from aeptui.emulator.bounds import MOST_DEEP, too_deep, whole_number


class PatchError(ValueError):
    """An instruction cannot be applied; `operation` says that its op is the reason, else its path is."""

    def __init__(self, message: str, *, operation: bool = False) -> None:
        super().__init__(message)
        self.operation = operation


def patch_paths(instructions: object) -> list[tuple[str, list[str], Any]]:
    """(op, path segments, value) of each instruction.

    Raises:
        PatchError: it is not an array of `{op, path, value}`.
    """
    if not isinstance(instructions, list) or not all(isinstance(item, dict) for item in instructions):
        raise PatchError("The body must be an array of {op, path, value}.", operation=True)
    found: list[tuple[str, list[str], Any]] = []
    for item in instructions:
        operation, path = str(item.get("op", "")).lower(), item.get("path")
        if operation not in ("add", "replace", "remove"):
            raise PatchError(f"The op {item.get('op')} is not supported: add, replace or remove.", operation=True)
        if not isinstance(path, str) or not path.startswith("/"):
            raise PatchError(f"The path {path} is not valid.")
        parts = [part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/")]
        found.append((operation, parts, item.get("value")))
    return found


def apply_patch(document: dict[str, Any], instructions: object) -> dict[str, Any]:
    """A changed copy of the document. `add` and `replace` make the objects on the way.

    Raises:
        PatchError: an instruction is wrong, leads nowhere, or makes the document deeper than it may be.
    """
    changed = copy.deepcopy(document)
    for operation, parts, value in patch_paths(instructions):
        shown = "/" + "/".join(parts)
        node: Any = changed
        for part in parts[:-1]:
            if isinstance(node, dict):
                node = node.get(part) if operation == "remove" else node.setdefault(part, {})
            else:
                node = _item(node, part, shown)
        _apply(node, parts[-1], operation, value, shown)
        if too_deep(changed):
            raise PatchError(f"The path {shown} makes more than {MOST_DEEP} levels.")
    return changed


def _place(part: str, last: int, shown: str) -> int:
    """An array's place, written in ASCII digits as RFC 6901 has it. Raises PatchError when it is none up to `last`."""
    place = whole_number(part)
    if place is not None and place <= last:
        return place
    raise PatchError(f"The path {shown} does not exist.")


def _item(node: Any, part: str, shown: str) -> Any:
    if isinstance(node, list):
        return node[_place(part, len(node) - 1, shown)]
    raise PatchError(f"The path {shown} does not exist.")


def _apply(node: Any, last: str, operation: str, value: Any, shown: str) -> None:
    if isinstance(node, dict):
        if operation != "remove":
            node[last] = value
        elif last in node:
            del node[last]
        else:
            raise PatchError(f"The path {shown} does not exist.")
    elif isinstance(node, list):
        if operation == "add":
            node.insert(len(node) if last == "-" else _place(last, len(node), shown), value)
            return
        place = _place(last, len(node) - 1, shown)
        if operation == "remove":
            del node[place]
        else:
            node[place] = value
    else:
        raise PatchError(f"The path {shown} does not exist.")
