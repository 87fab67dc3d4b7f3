"""Where in the document a problem stands: in words, by line, and by the part of the editor that mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aeptui.chain.problems import Problem, Section, Severity
from aeptui.chain.toml_lines import KeyPath

_SECTIONS: Final[Mapping[str, Section]] = {
    "base_connection": "source",
    "source": "source",
    "schema": "target",
    "dataset": "target",
    "mapping_set": "mapping",
    "mapping": "mapping",
    "schedule": "schedule",
}
TABLES: Final = ("base_connection", "source", "schema", "dataset", "mapping_set", "schedule", "options", "vars")


def where(path: KeyPath) -> str:
    """A key path in words: `[schedule] interval`, `mapping 3: target`, `new field 2: type`."""
    if not path:
        return ""
    head = str(path[0])
    if head == "mapping":
        if len(path) == 1:
            return "[[mapping]]"
        return _where_in_rows("mapping", path[1:]) if isinstance(path[1], int) else f"[mapping] {path[1]}"
    if head not in TABLES:
        return head
    if path[:2] == ("schema", "field") and len(path) > 2:
        return _where_in_rows("new field", path[2:]) if isinstance(path[2], int) else f"[schema.field] {path[2]}"
    if head == "base_connection" and len(path) > 2:
        return f"[{head}.{path[1]}] {path[2]}"
    return f"[{head}] {path[1]}" if len(path) > 1 else f"[{head}]"


def _where_in_rows(one: str, path: KeyPath) -> str:
    """A path that begins with the number of a row."""
    row = f"{one} {int(path[0]) + 1}"
    return f"{row}: {path[1]}" if len(path) > 1 else row


def row_of(path: KeyPath) -> int | None:
    """The mapping row a path is in, counted from 0."""
    return path[1] if len(path) > 1 and path[0] == "mapping" and isinstance(path[1], int) else None


@dataclass(frozen=True, slots=True)
class Places:
    """What is known about the text a pipeline came from; empty for a pipeline that has no text."""

    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    spoiled: frozenset[KeyPath] = frozenset()
    """What stands in the text but could not be read: it is not missing, and has its own problem."""

    def line(self, path: KeyPath) -> int | None:
        """The line of a key; of what is missing the line of its table, of a missing table the first line."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1 if self.lines else None

    def is_spoiled(self, path: KeyPath) -> bool:
        """Whether the key, or anything it stands in, is there but unreadable."""
        return bool(self.spoiled) and any(path[:length] in self.spoiled for length in range(1, len(path) + 1))

    def problem(self, path: KeyPath, what: str, fix: str, severity: Severity = "error") -> Problem:
        """A problem with the key at this path."""
        section = _SECTIONS.get(str(path[0]), "review") if path else "review"
        return Problem(severity, where(path), self.line(path), what, fix, section, row_of(path))
