"""JSON Patch as the services use it: add, replace and remove, in any case. Pure; the document given is not changed."""

from __future__ import annotations

import copy
from typing import Any


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
        PatchError: an instruction is wrong or leads nowhere.
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
    return changed


def _item(node: Any, part: str, shown: str) -> Any:
    if isinstance(node, list) and part.isdigit() and int(part) < len(node):
        return node[int(part)]
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
        if operation == "add" and (last == "-" or (last.isdigit() and int(last) <= len(node))):
            node.insert(len(node) if last == "-" else int(last), value)
            return
        _item(node, last, shown)
        if operation == "remove":
            del node[int(last)]
        else:
            node[int(last)] = value
    else:
        raise PatchError(f"The path {shown} does not exist.")
