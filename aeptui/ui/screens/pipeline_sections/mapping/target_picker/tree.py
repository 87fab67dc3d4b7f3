"""The fields of a schema as a tree: what stands in what, and which lines there are with some of the objects open. Pure.

An array has one child that stands for its items, written `[*]` as in the paths of the fields in them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from aeptui.chain.mapping_checks import target_field

if TYPE_CHECKING:
    from aeptui.models.schemas import SchemaField

EACH = "[*]"


class FieldTree:
    """Every node by its number. Nodes that no field describes (items, objects only named in paths) are there too."""

    def __init__(self, fields: Sequence[SchemaField]) -> None:
        self.paths: list[str] = []
        self.parents: list[int] = []
        """Number of the node above; -1 at the top."""
        self.depths: list[int] = []
        self.fields: list[SchemaField | None] = []
        self.children: list[list[int]] = []
        self.roots: list[int] = []
        self.numbers: dict[str, int] = {}
        for field in fields:
            number = self._node(field.path)
            self.fields[number] = field
            if field.type == "array":
                self._node(f"{field.path}{EACH}")
        self.needy: set[int] = set()
        """Objects that have a required field somewhere inside."""
        for number, field_ in enumerate(self.fields):
            if field_ is not None and field_.required:
                self.needy.update(self.above(number))

    def __len__(self) -> int:
        return len(self.paths)

    def _node(self, path: str) -> int:
        number = self.numbers.get(path)
        if number is not None:
            return number
        above = path[: -len(EACH)] if path.endswith(EACH) else path.rpartition(".")[0]
        parent = self._node(above) if above else -1
        number = self.numbers[path] = len(self.paths)
        self.paths.append(path)
        self.parents.append(parent)
        self.depths.append(self.depths[parent] + 1 if parent >= 0 else 0)
        self.fields.append(None)
        self.children.append([])
        (self.children[parent] if parent >= 0 else self.roots).append(number)
        return number

    def above(self, number: int) -> Iterator[int]:
        """What a node stands in, from the nearest up."""
        parent = self.parents[number]
        while parent >= 0:
            yield parent
            parent = self.parents[parent]

    def name(self, number: int) -> str:
        """The last part of its path."""
        path = self.paths[number]
        return EACH if path.endswith(EACH) else path.rpartition(".")[2]

    def kind(self, number: int) -> str:
        """The XDM word; of an array that of its items."""
        field = self.fields[number]
        if field is not None:
            return (field.item_type or "") if field.type == "array" else field.type
        above = self.fields[self.parents[number]] if self.paths[number].endswith(EACH) else None
        return (above.item_type if above is not None else None) or ("object" if self.children[number] else "")

    def is_array(self, number: int) -> bool:
        field = self.fields[number]
        return field is not None and field.type == "array"

    def type_words(self, number: int) -> str:
        """The type as it is shown: `string`, `object[]`."""
        return f"{self.kind(number)}[]" if self.is_array(number) else self.kind(number)

    def opens(self, number: int) -> bool:
        """Does enter look into it rather than take it? Into objects and arrays of them; a list of texts is a value."""
        below = self.children[number]
        if self.is_array(number):
            return any(self.children[one] for one in below)
        return bool(below)

    def object_around(self, number: int) -> str:
        """The path of the object that a new field beside this one would stand in: itself when it is one."""
        for one in (number, *self.above(number)):
            if self.kind(one) == "object":
                return f"{self.paths[one]}{EACH}" if self.is_array(one) else self.paths[one]
        return ""

    def visible(self, opened: Collection[int]) -> list[int]:
        """The nodes that show when these are open, from top to bottom."""
        found: list[int] = []
        stack = self.roots[::-1]
        while stack:
            number = stack.pop()
            found.append(number)
            if number in opened:
                stack += self.children[number][::-1]
        return found


class Mapped:
    """Which nodes are filled already, and by what.

    Args:
        taken: Target path to what fills it; an index in a path counts as the items it belongs to.
    """

    def __init__(self, tree: FieldTree, taken: Mapping[str, str]) -> None:
        self.by: dict[int, str] = {}
        self.inside: dict[int, int] = {}
        """Objects and arrays to how many of the fields in them are filled."""
        for path, source in taken.items():
            number = tree.numbers.get(target_field(path))
            if number is not None:
                self.by[number] = source
                for one in tree.above(number):
                    self.inside[one] = self.inside.get(one, 0) + 1
